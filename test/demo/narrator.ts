// Tells the story as it happens: one block a step, a moving line for what is waited for, and what
// the members say of themselves. Colours and motion only on a terminal.
import { styleText } from 'node:util';

export interface Narrator {
  line(text: string): void;
  /** A step begins: what, and why it is worth watching. */
  begin(step: { readonly title: string; readonly why: string }, place: string): void;
  /** What is waited for, looked up anew whenever the line is drawn. */
  waitFor(text: () => string): void;
  /** Something a member did. */
  news(who: string, text: string): void;
  end(outcome: { readonly ok: boolean; readonly ms: number; readonly detail: string }): void;
  /** Takes the moving line away. */
  close(): void;
}

export type Colour = 'bold' | 'dim' | 'green' | 'red' | 'cyan' | 'yellow';

export interface Stage {
  readonly stream: NodeJS.WriteStream;
  /** A person watches: the moving line is drawn. */
  readonly isLive: boolean;
  readonly isColoured: boolean;
}

/** Where the story is told; a stream that is no terminal gets plain lines (https://no-color.org). */
export const stageOf = (stream: NodeJS.WriteStream): Stage => ({
  stream,
  isLive: stream.isTTY,
  isColoured: stream.isTTY && (process.env['NO_COLOR'] ?? '') === '',
});

const frames = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const FRAME_MS = 100;

/** For runs whose story nobody reads. */
export const silentNarrator: Narrator = {
  line: () => undefined,
  begin: () => undefined,
  waitFor: () => undefined,
  news: () => undefined,
  end: () => undefined,
  close: () => undefined,
};

/** Tells it on a stage. */
export function openNarrator({ stream, isLive, isColoured }: Stage): Narrator {
  const paint = (colour: Colour, text: string): string =>
    isColoured ? styleText(colour, text, { validateStream: false }) : text;
  let waiting: { readonly text: () => string; readonly since: number } | null = null;
  let begunAt = performance.now();
  let frame = 0;
  const erase = (): void => {
    if (isLive) stream.write('\r\u001b[2K');
  };
  const draw = (): void => {
    if (!isLive || waiting === null) return;
    frame = (frame + 1) % frames.length;
    const time = seconds(performance.now() - waiting.since).padStart(7);
    // Some terminals do not tell their width.
    const width = stream.columns > 0 ? stream.columns : 80;
    const clipped = `${time}  ${waiting.text()}`.slice(0, width - 4);
    stream.write(`\r\u001b[2K${paint('cyan', frames[frame] ?? '')} ${clipped}`);
  };
  const timer = isLive ? setInterval(draw, FRAME_MS) : null;
  const print = (text: string): void => {
    erase();
    stream.write(`${text}\n`);
    draw();
  };
  return {
    line: print,
    begin: ({ title, why }, place) => {
      begunAt = performance.now();
      print(`\n${paint('bold', `${place}  ${title}`)}`);
      for (const line of wrap(why, 76)) print(paint('dim', `  ${line}`));
    },
    waitFor: (text) => {
      waiting = { text, since: performance.now() };
      draw();
    },
    news: (who, text) => {
      const at = seconds(performance.now() - begunAt).padStart(7);
      print(`  ${paint('dim', at)}  ${who.padEnd(10)}  ${paint('dim', text)}`);
    },
    end: ({ ok, ms, detail }) => {
      waiting = null;
      const mark = ok ? paint('green', '✓') : paint('red', '✗');
      print(`  ${mark} ${detail} ${paint('dim', `(${seconds(ms)})`)}`);
    },
    close: () => {
      waiting = null;
      erase();
      if (timer !== null) clearInterval(timer);
    },
  };
}

/** `3.4 s`. */
export const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

/** Lines of at most `width` characters, broken at spaces. */
function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
