// What happened, in order, for people who look into a failure.
import type { ChaosMember } from './chaos-ring.ts';
import { clockText } from './checker.ts';
import type { Evidence } from './evidence.ts';

interface Entry {
  readonly atMs: number;
  readonly text: string;
}

/** One line an event: what was done, what was stored, what agents did, and what daemons logged. */
export const printTimeline = (
  evidence: Evidence,
  members: readonly Pick<ChaosMember, 'name' | 'log'>[],
): readonly string[] => {
  const seen = evidence.sites.flatMap(({ site, stored, life, ledger }): readonly Entry[] => [
    ...stored.map(({ atMs, text }) => ({ atMs, text: `${site}: stored ${text}` })),
    ...ledger.map(({ atMs, action, edge, resource }) => ({
      atMs,
      text: `${site}: ${action} of ${resource} ${edge}s`,
    })),
    ...life.map(({ atMs, kind }) => ({ atMs, text: `${site}: ${kind}` })),
  ]);
  const asked = evidence.requests.flatMap(({ verb, site, beganAtMs, endedAtMs, outcome, text }) => [
    { atMs: beganAtMs, text: `operator: ${verb} ${site}` },
    { atMs: endedAtMs, text: `operator: ${verb} ${site} ended: ${outcome}, ${text}` },
  ]);
  const logged = members.flatMap(({ name, log }) => logEntries(name, log()));
  return [...seen, ...asked, ...logged]
    .toSorted((a, b) => a.atMs - b.atMs)
    .map(({ atMs, text }) => `${clockText(atMs)} ${text}`);
};

/** Their own clock, which may have been stepped. */
const logEntries = (name: string, log: string): readonly Entry[] =>
  log.split('\n').flatMap((line) => {
    const [, time] = /"time":"([^"]*)"/.exec(line) ?? [];
    const [, message] = /"message":"((?:[^"\\]|\\.)*)"/.exec(line) ?? [];
    return time === undefined || message === undefined
      ? []
      : [{ atMs: Date.parse(time), text: `${name} says: ${message}` }];
  });
