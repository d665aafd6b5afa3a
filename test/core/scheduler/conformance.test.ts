// Pacemaker's own regression suite, as far as it concerns what is understood so far: primitives,
// groups and tickets, each resource looked at on the node it is on or goes to.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readCib } from '../../../core/cib/read.ts';
import type { ResourcePlan } from '../../../core/scheduler/plan.ts';
import { schedule } from '../../../core/scheduler/schedule.ts';
import { readXml } from '../../../core/xml/read.ts';

/** Data of the suite; not part of this repository. */
const folder = join(import.meta.dirname, '../../../../shared/conformance/scheduler');
const skipped = existsSync(folder) ? '' : ' (skipped: the conformance data are not here)';

interface Case {
  readonly case: string;
  readonly tier: string;
  readonly features: readonly string[];
}

interface Expected {
  readonly current: {
    readonly resources: readonly { readonly id: string; readonly node: string | null }[];
  };
  readonly actions: readonly {
    readonly action: string;
    readonly resource?: string;
    readonly to?: string | null;
    readonly blocked?: boolean;
  }[];
}

const read = (path: string): string => readFileSync(join(folder, path), 'utf8');

/** What the cases may contain; each word is a feature of the suite's index. */
const understood =
  /^(primitive|group|ticket.*|template|tags|resource-set|fencing-disabled|fencing-enabled|stonith-device|no-quorum|op-digest|plan:(start|stop|restart|recover|blocked|fence)|recurring-monitor|target-role.*|failcount|failed-op|migration-threshold|rsc-defaults|state:.*|unexpected-rc|unmanaged|is-managed.*|exec:(fence|cancel)|tag|restart-digest|stopped-monitor|id-ref|maintenance.*|loss-policy.*|role.*|on-fail=(ignore|stop|restart|block)|failure-timeout|stickiness|standby)$/;

const cases: readonly Case[] =
  skipped === ''
    ? (JSON.parse(read('index.json')) as { cases: readonly Case[] }).cases.filter(
        ({ tier, features }) =>
          tier !== '6' && features.every((feature) => understood.test(feature)),
      )
    : [];

/** Cases with at least one resource that stays on one node; where it goes is not decided yet. */
const compared = cases.filter(({ case: name }) => compare(name).expected.length > 0);

it.each(compared.map(({ case: name }) => name))('%s', (name) => {
  const { seen, expected } = compare(name);
  expect(seen).toEqual(expected);
});

it.skipIf(skipped !== '')(`compares at least as many cases as it did${skipped}`, () => {
  expect(compared.length).toBeGreaterThanOrEqual(51);
  expect(compared.filter(({ tier }) => tier === 'T').length).toBeGreaterThanOrEqual(28);
});

/** One line a resource that stays on its node: the entry of the summary. */
function compare(name: string): { seen: readonly string[]; expected: readonly string[] } {
  const document = readXml(read(`xml/${name}.xml`), name);
  if (!document.ok) throw new Error(document.error.message);
  const { cib } = readCib(document.value);
  const { current, actions } = JSON.parse(read(`expected/${name}.json`)) as Expected;
  const plansOf = (node: string): readonly ResourcePlan[] =>
    schedule(cib, { nowEpochS: 2e9, node, inFlight: [] }).resources;
  const seen: string[] = [];
  const expected: string[] = [];
  for (const { id, node } of current.resources) {
    const action = actions.find(({ resource }) => resource === id);
    const place = node ?? action?.to ?? null;
    const isMoving = node !== null && action !== undefined && (action.to ?? node) !== node;
    const isOnce = current.resources.filter((other) => other.id === id).length === 1;
    const plan = place === null ? undefined : plansOf(place).find((one) => one.resource === id);
    if (plan === undefined || isMoving || !isOnce) continue;
    expected.push(entry(id, action?.action ?? null, action?.blocked === true));
    seen.push(entry(id, plan.verb, plan.isVerbBlocked));
  }
  return { seen, expected };
}

function entry(id: string, verb: string | null, isBlocked: boolean): string {
  return `${id}: ${verb ?? 'leave'}${isBlocked ? ' (blocked)' : ''}`;
}
