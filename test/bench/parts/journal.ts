// What a promise costs: an entry of the journal on disk, against the bare write and fdatasync of
// as many bytes.
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { instantOf } from '../../../core/base/instant.ts';
import { memberIdOf } from '../../../core/base/member-id.ts';
import { encodeEntries } from '../../../core/io/journal-format.ts';
import type { DurableJournal } from '../../../core/io/journal.ts';
import { nodeFiles } from '../../../core/io/node-files.ts';
import { openJournal } from '../../../core/io/open-journal.ts';
import type { JournalEntry } from '../../../core/member/ports.ts';
import { ticketEntry } from '../../../core/member/remember.ts';
import { makeTemporaryDirectory } from '../../support/temporary-directory.ts';
import { compareTails } from '../measure.ts';
import type { Part } from '../part.ts';

const bare = 'write + fdatasync';

export const journalPart: Part = {
  name: 'journal',
  title: 'Journal, in the folder for temporary files',
  needs: [],
  limitSecs: { full: 30, quick: 12 },
  run: async (context) => {
    const folder = await makeTemporaryDirectory('bench-journal', { mode: 0o700 });
    context.onEnd(() => folder.remove());
    const opened = await openJournal({
      dir: join(folder.path, 'state'),
      files: nodeFiles,
      snapshot: () => [entryOf(0)],
    });
    if (!opened.ok) throw new Error(opened.error.message);
    const { journal } = opened.value;
    context.onEnd(() => journal.close());
    const file = await open(join(folder.path, 'bare'), 'a');
    context.onEnd(() => file.close());

    const ours: number[] = [];
    const reference: number[] = [];
    const rounds = context.isQuick ? 300 : 1500;
    for (let round = 0; round < rounds; round += 1) {
      ours.push(await timeOf(() => append(journal, entryOf(round))));
      const bytes = encodeEntries(round, [entryOf(round)]);
      reference.push(
        await timeOf(async () => {
          await file.write(bytes);
          await file.datasync();
        }),
      );
    }
    context.report(
      ...compareTails({
        what: 'one entry on disk',
        unit: 'ms',
        geobooth: ours,
        reference: { what: bare, samples: reference },
      }),
    );

    const together = context.isQuick ? 1000 : 10_000;
    const tookMs = await timeOf(() =>
      Promise.all(Array.from({ length: together }, (_, index) => append(journal, entryOf(index)))),
    );
    context.report({
      what: 'entries handed over at once',
      unit: '1/s',
      geobooth: (together / tookMs) * 1000,
      reference: null,
      samples: together,
      note: 'in one group commit or a few',
    });
  },
};

const timeOf = async (run: () => Promise<unknown>): Promise<number> => {
  const beganAt = performance.now();
  await run();
  return performance.now() - beganAt;
};

const append = (journal: DurableJournal, entry: JournalEntry): Promise<void> =>
  new Promise((resolve, reject) => {
    journal.append([entry], (failure) => {
      if (failure === null) resolve();
      else reject(new Error(failure.message));
    });
  });

/** What a member writes at each renewal. */
const entryOf = (index: number): JournalEntry => {
  const holder = memberIdOf(0x12345678);
  return ticketEntry(`ticket-${String(index % 1000)}`, {
    term: index,
    vote: { term: index, candidate: holder },
    holder: { kind: 'member', id: holder, term: index, isReleased: false },
    promise: { to: holder, term: index, until: instantOf(1e8 + index), spanMs: 600_000 },
    lease: { term: index, until: instantOf(1e8 + index) },
    drainUntil: null,
    abstainUntil: null,
  });
};
