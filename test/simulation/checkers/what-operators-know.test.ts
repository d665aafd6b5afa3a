/** Whom a promise is not given to, and what is known to be held: what checkers look away from, and when. */
import { expect, test } from 'vitest';
import type { ResultCode } from '../../../core/wire/message.ts';
import type { Asked, Observation } from '../observation.ts';
import { createForcedGrants } from './forced-grants.ts';
import { createOperatorBook } from './operator-book.ts';

const asked = (request: number, more: Partial<Asked> = {}): Observation => ({
  ...{ kind: 'asked', host: 'A', ticket: 'db', verb: 'grant', isForced: false, request },
  ...more,
});

const told = (
  request: number,
  result: ResultCode,
  more: Partial<Asked & { readonly isFinal: boolean }> = {},
): Observation => ({
  ...{ kind: 'answered', host: 'A', ticket: 'db', verb: 'grant', isForced: false, request },
  ...{ result, isFinal: true, isHeard: true, askedAtMs: 5 },
  ...more,
});

const more = (request: number): Observation => told(request, 'more', { isFinal: false });

const stored = {
  ...{ configName: 'sim', ticket: 'db', owner: 1, expiresEpochSecs: 0, term: 1 },
  leaseUntil: null,
};
const written = (granted: boolean): Observation => ({
  ...{ kind: 'written', host: 'A', ticket: 'db', wasGranted: !granted },
  change: { ...stored, granted },
});

const force = asked(1, { isForced: true });
const revoke = { verb: 'revoke' } as const;

test.each([
  ['asked for', [force], true],
  ['refused at once', [force, told(1, 'overgrant')], false],
  [
    'refused at once, another one open',
    [force, asked(2, { isForced: true }), told(1, 'failed')],
    true,
  ],
  ['accepted, and refused by the handler', [force, more(1), told(1, 'handler-failed')], false],
  ['accepted, and failed: it may yet be stored', [force, more(1), told(1, 'failed')], true],
  ['granted', [force, more(1), written(true), told(1, 'success')], true],
  [
    'granted and revoked',
    [force, more(1), written(true), told(1, 'success'), written(false)],
    false,
  ],
  ['granted before, and refused', [written(true), force, told(1, 'overgrant')], false],
  ['not forced at all', [asked(1), more(1), written(true)], false],
])('a forced grant that was %s', (_what, story, isForced) => {
  const forced = createForcedGrants();
  for (const seen of story) forced.observe(seen);
  expect(forced.isForced('db', 'A')).toBe(isForced);
  expect(forced.isForced('db', 'B')).toBe(false);
});

const held = [asked(1), more(1), told(1, 'success')];

test.each([
  ['granted', held, 'held'],
  ['asked for once more', [...held, asked(2)], null],
  ['refused to somebody else', [...held, asked(2), told(2, 'overgrant')], 'held'],
  [
    'refused to two',
    [...held, asked(2), asked(3), told(2, 'overgrant'), told(3, 'failed')],
    'held',
  ],
  ['accepted for somebody else, who failed', [...held, asked(2), more(2), told(2, 'failed')], null],
  ['refused where nothing is known', [asked(1), told(1, 'overgrant')], null],
  ['revoked', [...held, asked(2, revoke), told(2, 'success', revoke)], 'revoked'],
  ['revoked in vain', [...held, asked(2, revoke), told(2, 'failed', revoke)], null],
  [
    'perhaps revoked, and then refused',
    [...held, asked(2, revoke), told(2, 'failed', revoke), asked(3), told(3, 'overgrant')],
    null,
  ],
  [
    'asked for at a daemon that died',
    [
      ...held,
      asked(2),
      { kind: 'process', host: 'A', what: 'ended', why: '' } as const,
      asked(3),
      told(3, 'overgrant'),
    ],
    null,
  ],
])('a ticket that was %s', (_what, story, belief) => {
  const book = createOperatorBook(() => 0, {});
  for (const seen of story) book.observe(seen);
  expect(book.belief('db')).toBe(belief);
});
