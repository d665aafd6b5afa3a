// How long a ticket is with nobody when its site dies: from the end of the dead holder's lease to
// the grant in the other site's cluster. Rings of both kinds run side by side.
import { readTicketCalls, changeOf, ticketOf, type TicketCall } from '../../lab/cluster-shim.ts';
import type { LabHost } from '../../lab/ring-lab.ts';
import { waitUntil } from '../../support/wait-until.ts';
import { quantile } from '../measure.ts';
import type { Part, PartContext } from '../part.ts';
import { runProbe } from '../probe.ts';
import {
  addressOf,
  availableKinds,
  missingReference,
  startBenchRing,
  stockBooth,
} from '../ring.ts';
import type { BenchRing } from '../ring.ts';

const timings = { expireSeconds: 10, timeoutSeconds: 1, retries: 3 };
const expireMs = timings.expireSeconds * 1000;
/** A lease, an election, and reserve for a slow machine. */
const FAILOVER_LIMIT_MS = 3 * expireMs;
const PROBE_LIMIT_MS = 30_000;

export const failoverPart: Part = {
  name: 'failover',
  title: 'The holder is killed',
  needs: ['linux', 'root', 'namespaces', 'geobooth-build'],
  limitSecs: { full: 75, quick: 40 },
  run: async (context) => {
    const deaths = context.isQuick ? 1 : 4;
    const runs = availableKinds().flatMap((kind) =>
      Array.from({ length: deaths }, async () => ({ kind, ms: await measureOne(context, kind) })),
    );
    const outcomes = await Promise.all(runs);
    const msOf = (kind: BenchRing['kind']): readonly number[] =>
      outcomes.filter((outcome) => outcome.kind === kind).map(({ ms }) => ms);
    const [ours, theirs] = [msOf('geobooth'), msOf('c')];
    for (const [what, share] of [
      ['grant at the other site, after the lease, median', 0.5],
      ['  the slowest', 1],
    ] as const) {
      context.report({
        what,
        unit: 'ms',
        geobooth: quantile(ours, share),
        reference:
          theirs.length === 0 ? null : { what: stockBooth, value: quantile(theirs, share) },
        samples: ours.length,
        note: missingReference() || `expire ${String(timings.expireSeconds)}, timeout 1`,
      });
    }
  },
};

/** Milliseconds that one failover took beyond the lease. */
async function measureOne(context: PartContext, kind: BenchRing['kind']): Promise<number> {
  const ring = await startBenchRing(context, {
    kind,
    ticketCount: 1,
    timings,
    cluster: 'recording',
  });
  const [ticket = ''] = ring.tickets;
  const [site1, site2] = [ring.host('site1'), ring.host('site2')];
  const grant = {
    kind: 'grant-all',
    address: addressOf.site1,
    tickets: [ticket],
    atOnce: 1,
  } as const;
  await runProbe(site1, grant, PROBE_LIMIT_MS);
  await waitUntil(
    'the holder to renew',
    async () => (await callsThatGrant(site1, ticket)).length >= 2,
    { timeoutMs: expireMs, everyMs: 20 },
  );
  await ring.member('site1').process.kill();
  const lastRenewal = (await callsThatGrant(site1, ticket)).at(-1);
  const takeOver = await waitUntil(
    `the other site of ${kind} to be granted the ticket`,
    async () => (await callsThatGrant(site2, ticket))[0],
    { timeoutMs: FAILOVER_LIMIT_MS, everyMs: 50 },
  );
  // A renewal is told to the cluster as soon as a quorum stands behind it, which is when its lease began.
  return takeOver.beganAt - ((lastRenewal?.beganAt ?? Number.NaN) + expireMs);
}

const callsThatGrant = async (host: LabHost, ticket: string): Promise<readonly TicketCall[]> => {
  const calls = await readTicketCalls(host.clusterFolder);
  return calls.filter((call) => ticketOf(call) === ticket && changeOf(call) === 'grant');
};
