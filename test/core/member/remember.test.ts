/** The journal's entries: what was remembered comes back; half of it is never believed (R7). */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { instantOf } from '../../../core/base/instant.ts';
import { memberIdOf } from '../../../core/base/member-id.ts';
import type { JournalEntry } from '../../../core/member/ports.ts';
import { bootEntry, remember, ticketEntry } from '../../../core/member/remember.ts';
import type { DurableTicket, Holder } from '../../../core/ticket/state.ts';
import { initialDurable } from '../../../core/ticket/state.ts';

const term = fc.nat(0xffff_ffff);
const id = fc.nat(0x7fff_ffff).map(memberIdOf);
const instant = fc
  .double({ min: 0, max: 1e12, noNaN: true, noDefaultInfinity: true })
  .map(instantOf);
const holder: fc.Arbitrary<Holder> = fc.oneof(
  fc.constant({ kind: 'unknown' } as const),
  fc.record({ kind: fc.constant('nobody' as const), term }),
  fc.record({ kind: fc.constant('member' as const), id, term, isReleased: fc.boolean() }),
);
const records: fc.Arbitrary<DurableTicket> = fc.record({
  term,
  vote: fc.option(fc.record({ term, candidate: fc.option(id) })),
  holder,
  promise: fc.option(fc.record({ to: id, term, until: instant, spanMs: fc.nat(1e7) })),
  lease: fc.option(fc.record({ term, until: instant })),
  drainUntil: fc.option(instant),
  abstainUntil: fc.option(instant),
});

const boot = bootEntry('boot-1', 1);
const onDisk = (entries: readonly JournalEntry[]): JournalEntry[] =>
  JSON.parse(JSON.stringify(entries)) as JournalEntry[];

test('what was written comes back from the disk, the last record of each ticket', () => {
  fc.assert(
    fc.property(records, records, records, (older, newer, other) => {
      const entries = [
        boot,
        ticketEntry('a', older),
        ticketEntry('b', other),
        ticketEntry('a', newer),
      ];
      const remembered = remember(onDisk(entries), 'boot-1');
      expect(remembered?.tickets).toEqual(
        new Map([
          ['a', JSON.parse(JSON.stringify(newer))],
          ['b', JSON.parse(JSON.stringify(other))],
        ]),
      );
      expect(remembered?.isSameBoot).toBe(true);
    }),
  );
});

test.each([
  ['another boot', [bootEntry('boot-0', 1), ticketEntry('a', initialDurable)], 'boot-1', false],
  ['a boot that is not known', [boot, ticketEntry('a', initialDurable)], null, false],
  [
    'one ticket of an older boot',
    [
      bootEntry('boot-0', 1),
      ticketEntry('a', initialDurable),
      boot,
      ticketEntry('b', initialDurable),
    ],
    'boot-1',
    false,
  ],
  [
    'a ticket written again since the boot',
    [
      bootEntry('boot-0', 1),
      ticketEntry('a', initialDurable),
      boot,
      ticketEntry('a', initialDurable),
    ],
    'boot-1',
    true,
  ],
  ['no boot entry at all', [ticketEntry('a', initialDurable)], 'boot-1', false],
] as const)('instants of %s', (_what, entries, bootId, isSameBoot) => {
  expect(remember(entries, bootId)?.isSameBoot).toBe(isSameBoot);
});

test('nothing written is nothing remembered, of this boot', () => {
  expect(remember([], 'boot-1')).toEqual({ tickets: new Map(), isSameBoot: true });
});

const full = ticketEntry('a', {
  term: 3,
  vote: { term: 3, candidate: memberIdOf(5) },
  holder: { kind: 'member', id: memberIdOf(5), term: 3, isReleased: false },
  promise: { to: memberIdOf(5), term: 3, until: instantOf(9), spanMs: 10 },
  lease: { term: 3, until: instantOf(8) },
  drainUntil: instantOf(7),
  abstainUntil: instantOf(6),
});

test.each(
  Object.keys(full).flatMap((field) => [
    [`${field} missing`, Object.fromEntries(Object.entries(full).filter(([key]) => key !== field))],
    [`${field} of a wrong type`, { ...full, [field]: [1] }],
    [`${field} with nothing in it`, { ...full, [field]: {} }],
  ]),
)('an entry with %s is damage: nothing is believed', (_what, entry) => {
  expect(remember([boot, ticketEntry('b', initialDurable), entry], 'boot-1')).toBeNull();
});

test.each([
  ['vote', { term: 3, candidate: 'x' }],
  ['vote', { candidate: 5 }],
  ['holder', { kind: 'nobody' }],
  ['holder', { kind: 'member', id: 5, term: 3 }],
  ['holder', { kind: 'somebody' }],
  ['promise', { to: 5, term: 3, until: 9 }],
  ['lease', { term: 3 }],
  ['drainUntil', 'soon'],
] as const)('a damaged %s is damage of the whole: %j', (field, value) => {
  expect(remember([boot, { ...full, [field]: value }], 'boot-1')).toBeNull();
});

test('any JSON as entries: an answer, never an exception', () => {
  fc.assert(
    fc.property(fc.array(fc.dictionary(fc.string(), fc.jsonValue())), (entries) => {
      remember(entries as JournalEntry[], 'boot-1');
    }),
  );
  fc.assert(
    fc.property(
      fc.constantFrom(...Object.keys(full)),
      fc.jsonValue(),
      fc.constantFrom(...Object.keys(full)),
      (field, value, other) => {
        const entry = { ...full, [field]: value, [other]: null } as JournalEntry;
        const remembered = remember([boot, entry], 'boot-1');
        const found = remembered?.tickets.get('a');
        if (found !== undefined) expect(Number.isFinite(found.term)).toBe(true);
      },
    ),
  );
});
