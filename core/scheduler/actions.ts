/** The actions a decided chain needs, with the order among them (pacemaker-scheduler 11, 15). */
import { operationKey } from '../cib/patch-history.ts';
import type { Chain, Decision } from './group.ts';
import { monitorsOf } from './monitors.ts';
import type { Action } from './plan.ts';
import { needsProbe } from './probes.ts';
import type { Scene } from './scene.ts';

/** What one member needs done; keys of what it does not need are null. */
interface Needs {
  readonly decision: Decision;
  readonly probe: string | null;
  readonly stop: string | null;
  readonly start: string | null;
}

/** Actions of a chain; each stands after those it waits for. */
export function actionsOf(
  scene: Scene,
  chain: Chain,
  decisions: readonly Decision[],
): readonly Action[] {
  const needs = decisions.map((decision) => needsOf(scene, decision));
  const before = (index: number): readonly Needs[] =>
    chain.isOrdered ? needs.slice(0, index) : [];
  const behind = (index: number): readonly Needs[] =>
    chain.isOrdered ? needs.slice(index + 1) : [];
  const probes = needs.flatMap((need) => probeAction(need));
  const stops = needs
    .flatMap((need, index) => stopAction(need, before(index), behind(index)))
    .toReversed();
  const starts = needs.flatMap((need, index) => startAction(need, before(index), behind(index)));
  return [...probes, ...stops, ...starts, ...needs.flatMap(monitorActions)];
}

function needsOf(scene: Scene, decision: Decision): Needs {
  const { id } = decision.assignment.member.primitive;
  const isStopping = decision.isStopping && !decision.isStopBlocked;
  const isStarting = decision.isStarting && !decision.isStartBlocked;
  return {
    decision,
    probe: needsProbe(scene, decision.assignment) ? operationKey(id, 'monitor', 0) : null,
    stop: isStopping ? operationKey(id, 'stop', 0) : null,
    start: isStarting ? operationKey(id, 'start', 0) : null,
  };
}

const base = ({ decision }: Needs): { readonly resource: string; readonly reason: string } => ({
  resource: decision.assignment.member.primitive.id,
  reason: decision.reason,
});

const probeAction = (need: Needs): readonly Action[] =>
  need.probe === null
    ? []
    : [
        {
          ...base(need),
          key: need.probe,
          kind: 'probe',
          operation: 'monitor',
          intervalMs: 0,
          after: [],
          reason: 'not known whether it runs here',
        },
      ];

/**
 * Behind the stops of later members, and behind finding out whether they run at all. A restart that
 * an earlier member's start would force waits until it is known whether that one runs already.
 */
const stopAction = (
  need: Needs,
  before: readonly Needs[],
  behind: readonly Needs[],
): readonly Action[] =>
  need.stop === null
    ? []
    : [
        {
          ...base(need),
          key: need.stop,
          kind: 'stop',
          operation: 'stop',
          intervalMs: 0,
          after: keys([
            ...(need.start === null ? [] : before.map(({ probe }) => probe)),
            ...behind.flatMap(({ stop, probe }) => [stop, probe]),
          ]),
        },
      ];

/** Behind the starts of earlier members, all their probes, and every stop that makes room for it. */
const startAction = (
  need: Needs,
  before: readonly Needs[],
  behind: readonly Needs[],
): readonly Action[] =>
  need.start === null
    ? []
    : [
        {
          ...base(need),
          key: need.start,
          kind: 'start',
          operation: 'start',
          intervalMs: 0,
          after: keys([
            need.probe,
            need.stop,
            ...before.flatMap(({ probe, start }) => [probe, start]),
            ...behind.map(({ stop }) => stop),
          ]),
        },
      ];

function monitorActions(need: Needs): readonly Action[] {
  const { scheduled, cancelled } = monitorsOf(need.decision);
  const { id } = need.decision.assignment.member.primitive;
  const action = (kind: 'monitor' | 'cancel', intervalMs: number): Action => ({
    ...base(need),
    key: `${operationKey(id, kind === 'cancel' ? 'cancel' : 'monitor', intervalMs)}`,
    kind,
    operation: 'monitor',
    intervalMs,
    after: kind === 'cancel' ? [] : keys([need.start]),
  });
  return [
    ...cancelled.map((intervalMs) => action('cancel', intervalMs)),
    ...scheduled.map((intervalMs) => action('monitor', intervalMs)),
  ];
}

const keys = (found: readonly (string | null)[]): readonly string[] =>
  found.filter((key) => key !== null);
