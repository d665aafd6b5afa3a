import { expect, test } from 'vitest';
import { memberIdOf } from '../../../core/base/member-id.ts';
import { instantOf } from '../../../core/base/instant.ts';
import { bootEntry, ticketEntry } from '../../../core/member/remember.ts';
import { initialDurable, type DurableTicket } from '../../../core/ticket/state.ts';
import { objection } from './journal-prefixes.ts';

const [one, two] = [memberIdOf(1), memberIdOf(2)];
const voted = (term: number, candidate: typeof one | null, more: Partial<DurableTicket> = {}) => ({
  ...initialDurable,
  term,
  vote: { term, candidate },
  ...more,
});

const judge = (...states: readonly DurableTicket[]): string | null => {
  const entries = [bootEntry('boot-1', 1), ...states.map((state) => ticketEntry('db', state))];
  return objection(JSON.parse(JSON.stringify(entries)) as typeof entries, new Set(['db']));
};

test.each([
  ['a term that went back', [voted(3, one), voted(2, one)], 'from term 3 back to 2'],
  ['a second vote in a term', [voted(3, one), voted(3, two)], 'another vote in term 3'],
  ['a vote that is gone', [voted(3, one), { ...voted(3, one), vote: null }], 'of term 3 gone'],
  [
    'a vote of a term to come',
    [voted(3, one, { vote: { term: 4, candidate: one } })],
    'word of term 4 in term 3',
  ],
  [
    'a lease of a term to come',
    [voted(3, one, { lease: { term: 4, until: instantOf(9) } })],
    'word of term 4 in term 3',
  ],
])('%s is found', (_what, states, told) => {
  expect(judge(...states)).toContain(told);
});

test('an entry that says nothing is found', () => {
  expect(objection([{ kind: 'wish' }], new Set())).toBe('entry 0 cannot be understood');
});

test('what a member may have written is borne', () => {
  expect(judge(initialDurable, voted(1, one), voted(1, one), voted(2, two))).toBeNull();
  // Whom a vote went to is forgotten, and votes of terms heard of are taken for given.
  expect(judge(voted(3, one), voted(3, null))).toBeNull();
  expect(judge(voted(3, one, { vote: { term: 5, candidate: null } }))).toBeNull();
  expect(judge()).toBeNull();
});
