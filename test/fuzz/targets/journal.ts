// The journal's file: whatever is on the disk, what is believed was written by us.
import { isDeepStrictEqual } from 'node:util';
import { instantOf } from '../../../core/base/instant.ts';
import { crc32, memberIdOf } from '../../../core/base/member-id.ts';
import {
  encodeEntries,
  encodeHeader,
  readJournal,
  type ReadJournal,
} from '../../../core/io/journal-format.ts';
import type { JournalEntry } from '../../../core/member/ports.ts';
import { bootEntry, remember, ticketEntry } from '../../../core/member/remember.ts';
import { bytesOfText, hold, type FuzzTarget } from '../target.ts';

const owner = memberIdOf(7);

const entries = [
  bootEntry('a-boot', 1_700_000_000_000),
  ticketEntry('db8', {
    term: 4,
    vote: { term: 4, candidate: owner },
    holder: { kind: 'member', id: owner, term: 4, isReleased: false },
    promise: { to: owner, term: 4, until: instantOf(900), spanMs: 600 },
    lease: { term: 4, until: instantOf(890) },
    drainUntil: instantOf(99),
    abstainUntil: null,
  }),
];

const file = (): Uint8Array =>
  Buffer.concat([
    encodeHeader({ isComplete: true }),
    encodeEntries(1, entries),
    encodeEntries(2, entries.slice(1)),
    encodeEntries(3, [{ long: 'x'.repeat(900) }]),
  ]);

/** The checksums of all lines set right: what is behind them is read as well. */
function resealed(bytes: Uint8Array): Uint8Array {
  const lines = Buffer.from(bytes).toString('latin1').split('\n');
  const sealed = lines.map((line) => {
    const found = /^.{8} (\d+) \d+ /s.exec(line);
    if (found === null) return line;
    const text = Buffer.from(line.slice(found[0].length), 'latin1');
    const head = Buffer.from(`${found[1] ?? ''} ${String(text.length)} `);
    const crc = crc32(Buffer.concat([head, text]))
      .toString(16)
      .padStart(8, '0');
    return `${crc} ${head.toString('latin1')}${text.toString('latin1')}`;
  });
  return Buffer.from(sealed.join('\n'), 'latin1');
}

/** JSON has no infinity and no -0: we write other numbers, and read what we wrote. */
const asWritten = ({ header, entries }: ReadJournal): Pick<ReadJournal, 'header' | 'entries'> =>
  JSON.parse(JSON.stringify({ header, entries }));

export const journalTarget: FuzzTarget = {
  name: 'journal',
  about: "a member's journal, as found on its disk",
  seeds: () => [file(), encodeHeader({ isComplete: false }), new Uint8Array(0)],
  words: [
    ...['\n', '\0', '0 ', '1 ', '[]', '[{}]', '{"kind":"ticket"}', 'null', '-1', '1e999', '0.5'],
    ...['"isComplete":true', '"version":2', '"term":', '"lease":', '"__proto__":', '\\u0000'],
  ],
  repair: resealed,
  check: (bytes) => {
    const read = readJournal(bytes);
    const { end } = read;
    const again = readJournal(
      Buffer.concat([encodeHeader(read.header), encodeEntries(1, read.entries)]),
    );
    hold(
      isDeepStrictEqual(again, { ...asWritten(read), end: { kind: 'whole' } }),
      'a rewrite reads otherwise',
    );
    if (end.kind === 'torn') hold(end.lostBytes <= bytes.length, 'lost more than there was');
    if (end.kind === 'corrupt') hold(end.atByte <= bytes.length, 'damaged beyond its end');
    const shorter = readJournal(bytes.subarray(0, crc32(bytes) % (bytes.length + 1)));
    const start = read.entries.slice(0, shorter.entries.length);
    hold(isDeepStrictEqual(shorter.entries, start), 'a part of the file gives other entries');
    const known = remember(read.entries, 'a-boot');
    return `${end.kind} ${known === null ? 'not understood' : 'understood'}`;
  },
};

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

const isEntries = (json: unknown): json is readonly JournalEntry[] =>
  Array.isArray(json) &&
  json.every((one) => typeof one === 'object' && one !== null && !Array.isArray(one));

export const recordTarget: FuzzTarget = {
  name: 'record',
  about: "entries of a whole journal, as a ticket's memory",
  seeds: () => [bytesOfText(JSON.stringify(entries)), bytesOfText('[]')],
  words: [
    ...['{}', '[]', '[{}]', 'null', 'true', '-1', '0.5', '1e999', '4294967296', '"kind":"ticket"'],
    ...['"ticket":', '"term":', '"vote":', '"holder":', '"promise":', '"lease":', '"__proto__":'],
    ...['"kind":"member"', '"kind":"nobody"', '"kind":"unknown"', '"until":', ',', '"', '\\ud800'],
  ],
  check: (bytes) => {
    const json = jsonOf(Buffer.from(bytes).toString('utf8'));
    if (!isEntries(json)) return 'no entries';
    const read = readJournal(
      Buffer.concat([encodeHeader({ isComplete: true }), encodeEntries(1, json)]),
    );
    hold(read.end.kind === 'whole', 'entries written by us are not read');
    const known = remember(read.entries, 'a-boot');
    if (known === null) return 'not understood';
    const written = [...known.tickets].map(([ticket, record]) => ticketEntry(ticket, record));
    const again = remember([bootEntry('a-boot', 1), ...written], 'a-boot');
    hold(isDeepStrictEqual(again?.tickets, known.tickets), 'a rewritten record reads otherwise');
    return `understood ${String(known.tickets.size)} ${String(known.isSameBoot)}`;
  },
};
