/** Directed plans around leases: late acks, clocks that differ, a long stop. */
import { LEASE_MS, cut, grant, host, mute, planOf, slowLinks } from './plan-of.ts';
import type { Scenario } from './scenario.ts';

const LONG_MS = 2 * LEASE_MS;

export const leaseScenarios: readonly Scenario[] = [
  {
    name: 'late-acks',
    story:
      'The acks to one renewal take 12 s; its repetition after 10 s, and all that the holder says ' +
      'from then on, is lost; then it is cut off. The others wait for the promise they gave, and the holder must have ' +
      'given up by then.',
    rows: ['9.2.1'],
    plan: planOf({
      ticket: { expireMs: LONG_MS, timeoutMs: 10_000, renewalMs: LONG_MS / 2 },
      items: [
        grant('A'),
        slowLinks('BC', 12_000, 60_500, 2000),
        mute('A', 'BC', 63_000, 2 * LONG_MS),
        cut('A', 'BC', 74_000, 2 * LONG_MS),
      ],
    }),
  },
  {
    name: 'slow-clock',
    story:
      "The holder's clock is slow, the others' are fast, by as much as is allowed; the holder is " +
      'cut off. It must give up, by its own clock, before the others take over by theirs.',
    plan: planOf({
      ticket: { expireMs: 300_000, timeoutMs: 5000, renewalMs: 150_000 },
      hosts: [
        host('A', 'site', 0.9951),
        host('B', 'site', 1.0049),
        host('C', 'arbitrator', 1.0049),
      ],
      faultsUntilMs: 1_200_000,
      items: [grant('A'), cut('A', 'BC', 160_000, 600_000)],
    }),
  },
  {
    name: 'long-stop',
    story:
      'The holder is stopped just as a renewal is out, for longer than its old lease; the acks wait ' +
      'in its socket. It must revoke before it looks at them.',
    plan: planOf({
      items: [
        grant('A'),
        slowLinks('BC', 500, 30_900, 400),
        { atMs: 31_200, kind: 'pause', host: 'A', forMs: LEASE_MS * 0.7 },
      ],
    }),
  },
];
