/**
 * A trace as short as its story: of a stretch of renewals only the last of each kind is shown,
 * because that is what everything later rests on.
 */

export interface TraceLine {
  readonly text: string;
  readonly isRoutine: boolean;
}

/** The lines, each stretch of renewals cut down to its last ones, and a line that says so. */
export function foldTrace(lines: readonly TraceLine[]): string[] {
  const folded: string[] = [];
  let stretch: string[] = [];
  const end = (): void => {
    folded.push(...foldStretch(stretch));
    stretch = [];
  };
  for (const { text, isRoutine } of lines) {
    if (isRoutine) stretch.push(text);
    else {
      end();
      folded.push(text);
    }
  }
  end();
  return folded;
}

function foldStretch(stretch: readonly string[]): string[] {
  const lastOf = new Map(stretch.map((text, index) => [kindOf(text), index]));
  const kept = stretch.filter((text, index) => lastOf.get(kindOf(text)) === index);
  const left = stretch.length - kept.length;
  const since = stretch[0]?.trim().split(' ')[0] ?? '';
  return left === 0
    ? kept
    : [`         ... ${String(left)} lines of renewals since ${since}`, ...kept];
}

/** Who does what; not when, nor in numbers. */
const kindOf = (text: string): string => text.trim().replace(/^\S+/, '').replaceAll(/\d+/g, '');
