// The checker itself, on evidence made up: what it must find, and what it must not.
import { describe, expect, test } from 'vitest';
import { findViolations } from './checker.ts';
import type { Evidence, LedgerLine, LifeEvent, OperatorRequest, SiteEvidence } from './evidence.ts';
import { readLedger } from './evidence.ts';
import { tenuresOf } from './tenure.ts';

const stored = (...changes: readonly (readonly [atMs: number, isGranted: boolean])[]) =>
  changes.map(([atMs, isGranted]) => ({ atMs, isGranted, text: `granted=${String(isGranted)}` }));

const ledger = (...lines: readonly (readonly [atMs: number, words: string])[]) =>
  lines.map(([atMs, words]): LedgerLine => {
    const [line] = readLedger(`${String(atMs / 1000)} ${words} web\n`);
    if (line === undefined) throw new Error('a line');
    return line;
  });

const life = (...events: readonly (readonly [atMs: number, kind: LifeEvent['kind']])[]) =>
  events.map(([atMs, kind]) => ({ atMs, kind }));

const site = (name: string, more: Partial<SiteEvidence>): SiteEvidence => ({
  site: name,
  stored: [],
  life: [],
  ledger: [],
  ...more,
});

const request = (
  verb: 'grant' | 'revoke',
  [beganAtMs, endedAtMs]: readonly [number, number],
  outcome: OperatorRequest['outcome'] = 'done',
): OperatorRequest => ({ verb, site: 'a', beganAtMs, endedAtMs, outcome, text: '' });

const verdictOn = (
  sites: readonly SiteEvidence[],
  { acquireAfterMs = 0, requests = [] as readonly OperatorRequest[] } = {},
): readonly string[] => {
  const evidence: Evidence = { timings: { expireMs: 2000, acquireAfterMs }, sites, requests };
  return findViolations(evidence).map((text) => text.replace(/:.*/, ''));
};

describe('the checker', () => {
  const before = site('a', { stored: stored([1000, true], [5000, false]) });

  test('finds two holders, were it for the blink of an eye', () => {
    expect(verdictOn([before, site('b', { stored: stored([4980, true]) })])).toEqual([
      'held at two sites',
    ]);
    expect(verdictOn([before, site('b', { stored: stored([5000, true]) })])).toEqual([]);
  });

  test('finds acquire-after cut short', () => {
    const after = (atMs: number) => [before, site('b', { stored: stored([atMs, true]) })];
    expect(verdictOn(after(5400), { acquireAfterMs: 500 })).toEqual([
      'acquire-after was not waited for',
    ]);
    expect(verdictOn(after(5500), { acquireAfterMs: 500 })).toEqual([]);
  });

  test('bears resources that overlap while they stop, for no longer than acquire-after leaves', () => {
    const overlap = (acquireAfterMs: number, startMs: number) => {
      const old = ledger([1010, 'start begin'], [5010, 'stop begin'], [5800, 'stop end']);
      const young = ledger([startMs, 'start begin']);
      const from = 5000 + acquireAfterMs;
      return verdictOn(
        [
          site('a', { stored: before.stored, ledger: old }),
          site('b', { stored: stored([from, true]), ledger: young }),
        ],
        { acquireAfterMs },
      );
    };
    expect(overlap(0, 5010)).toEqual([]);
    expect(overlap(500, 5510)).toEqual([]);
    expect(overlap(1000, 6010)).toEqual([]);
    expect(overlap(500, 5480)).toEqual([
      'resources ran at two sites for 320 ms',
      'started out of turn',
    ]);
  });

  test('finds a start out of turn', () => {
    const early = site('b', { ledger: ledger([4000, 'start begin'], [4100, 'stop end']) });
    expect(verdictOn([before, early])).toEqual(['started out of turn']);
  });

  test('a dead daemon has the ticket until its guard stops what runs', () => {
    const dead = site('a', {
      stored: stored([1000, true], [9000, false]),
      life: life([0, 'run'], [2000, 'killed'], [8000, 'run']),
      ledger: ledger([1010, 'start begin'], [3000, 'stop begin'], [3100, 'stop end']),
    });
    expect(tenuresOf(dead)).toEqual([{ site: 'a', fromMs: 1000, toMs: 3000, endedBy: 'guard' }]);
    expect(verdictOn([dead, site('b', { stored: stored([3000, true]) })])).toEqual([]);
    expect(verdictOn([dead, site('b', { stored: stored([2500, true]) })])).toEqual([
      'held at two sites',
    ]);
  });

  test('a stopped daemon with nothing running has no use of what is stored', () => {
    const stopped = site('a', {
      stored: stored([1000, true], [9000, false]),
      life: life([0, 'run'], [2000, 'stopped'], [8000, 'run']),
    });
    expect(tenuresOf(stopped).map(({ endedBy }) => endedBy)).toEqual(['death']);
  });

  test('a daemon that comes back within its lease goes on', () => {
    const back = site('a', {
      stored: stored([1000, true], [4000, true], [9000, false]),
      life: life([0, 'run'], [2000, 'killed'], [2500, 'run']),
      ledger: ledger([1010, 'start begin']),
    });
    expect(tenuresOf(back)).toEqual([{ site: 'a', fromMs: 1000, toMs: 9000, endedBy: 'revoke' }]);
  });

  test('finds a word that was not kept', () => {
    const requests = [request('grant', [500, 900])];
    expect(verdictOn([before], { requests })).toEqual(['told granted, but it never was']);
    expect(verdictOn([before], { requests: [request('grant', [500, 1100])] })).toEqual([]);
  });

  test('finds a ticket granted again after a revoke, unless somebody may have asked for it', () => {
    const again = [
      site('a', { stored: stored([1000, true], [2000, false]) }),
      site('b', { stored: stored([30_000, true]) }),
    ];
    const told = [request('grant', [900, 1100]), request('revoke', [1900, 2100])];
    expect(verdictOn(again, { requests: told })).toHaveLength(1);
    const asked = [...told, request('grant', [29_000, 31_000], 'refused')];
    expect(verdictOn(again, { requests: asked })).toEqual([]);
    const open = [request('grant', [900, 1100], 'unknown'), request('revoke', [1900, 2100])];
    expect(verdictOn(again, { requests: open })).toEqual([]);
  });
});
