// A member's journal in a process that kills itself at its n-th change of the disk: before it, after
// it, or half-way through a write. It tells what is acknowledged as soon as it is.
// Arguments: state directory, n (0: never), `before`, `half` or `after`, rounds.
import { writeSync } from 'node:fs';
import type { Files, WritableFile } from '../../../core/io/files.ts';
import { nodeFiles } from '../../../core/io/node-files.ts';
import { openJournal } from '../../../core/io/open-journal.ts';
import type { JournalEntry } from '../../../core/member/ports.ts';

const [dir = '', stopAt = '0', when = 'before', rounds = '12'] = process.argv.slice(2);
const say = (line: string): number => writeSync(1, `${line}\n`);
const die = (): true => process.kill(process.pid, 'SIGKILL');

let count = 0;
const isDue = (): boolean => count === Number(stopAt);

async function dying<T>(change: () => Promise<T>): Promise<T> {
  count += 1;
  if (isDue() && when !== 'after') die();
  const outcome = await change();
  if (isDue() && when === 'after') die();
  return outcome;
}

const dyingFile = (file: WritableFile): WritableFile => ({
  append: async (bytes) => {
    if (count + 1 === Number(stopAt) && when === 'half') {
      await file.append(bytes.subarray(0, bytes.length >> 1));
    }
    await dying(() => file.append(bytes));
  },
  sync: () => dying(() => file.sync()),
  close: () => file.close(),
});

const dyingFiles: Files = {
  ...nodeFiles,
  create: async (path) => dyingFile(await dying(() => nodeFiles.create(path))),
  rename: (from, to) => dying(() => nodeFiles.rename(from, to)),
  remove: (path) => dying(() => nodeFiles.remove(path)),
  syncDirectory: (path) => dying(() => nodeFiles.syncDirectory(path)),
};

async function live(): Promise<void> {
  const state: JournalEntry[] = [];
  const opened = await openJournal({
    dir,
    files: dyingFiles,
    snapshot: () => state,
    maxBytes: 500,
  });
  if (!opened.ok) throw new Error(opened.error.message);
  const { journal, entries, isComplete, findings } = opened.value;
  state.push(...entries);
  const isInOrder = entries.every((entry, index) => entry['number'] === index);
  say(`found ${String(entries.length)} ${String(isInOrder)} ${String(isComplete)}`);
  for (const { code } of findings) say(`finding ${code}`);
  await new Promise<void>((resolve) => {
    journal.declareComplete((failure) => {
      say(failure === null ? 'complete' : `failed ${failure.message}`);
      resolve();
    });
  });
  const append = (): Promise<void> => {
    state.push({ number: state.length, text: 'x'.repeat(40) });
    const size = state.length;
    return new Promise((resolve) => {
      journal.append(state.slice(size - 1), (failure) => {
        say(failure === null ? `acknowledged ${String(size)}` : `failed ${failure.message}`);
        resolve();
      });
    });
  };
  for (let round = 0; round < Number(rounds); round += 1) {
    await Promise.all(Array.from({ length: 1 + (round % 3) }, append));
  }
  await journal.close();
  say('done');
}

void live();
