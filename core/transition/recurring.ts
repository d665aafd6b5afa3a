/** Recurring monitors: the next one is due an interval after the last one ended. */
import type { Instant } from '../base/instant.ts';
import { after, earliest } from '../base/instant.ts';
import { operationKey } from '../cib/patch-history.ts';

export interface RecurringMonitor {
  readonly resource: string;
  readonly intervalMs: number;
  readonly dueAt: Instant;
}

/** By `RESOURCE_monitor_INTERVAL`. */
export type Recurring = ReadonlyMap<string, RecurringMonitor>;

/** Nothing is looked at again. */
export const noMonitors: Recurring = new Map();

/** Sets when the monitor is due next, counted from `now`. */
export const withMonitor = (
  recurring: Recurring,
  monitor: { readonly resource: string; readonly intervalMs: number },
  now: Instant,
): Recurring =>
  new Map([
    ...recurring,
    [
      operationKey(monitor.resource, 'monitor', monitor.intervalMs),
      { ...monitor, dueAt: after(now, monitor.intervalMs) },
    ],
  ]);

export const withoutMonitor = (
  recurring: Recurring,
  resource: string,
  intervalMs: number,
): Recurring =>
  without(recurring, (one) => one.resource === resource && one.intervalMs === intervalMs);

/** Without all monitors of the resource. */
export const withoutMonitors = (recurring: Recurring, resource: string): Recurring =>
  without(recurring, (one) => one.resource === resource);

export const dueMonitors = (recurring: Recurring, now: Instant): readonly RecurringMonitor[] =>
  [...recurring.values()].filter(({ dueAt }) => dueAt <= now);

/** When the next one is due that does not wait for anything else; null when there is none. */
export const nextDueAt = (
  recurring: Recurring,
  isWaiting: (resource: string) => boolean,
): Instant | null =>
  earliest(
    [...recurring.values()].map(({ dueAt, resource }) => (isWaiting(resource) ? null : dueAt)),
  );

function without(recurring: Recurring, isGone: (one: RecurringMonitor) => boolean): Recurring {
  const kept = [...recurring].filter(([, one]) => !isGone(one));
  return kept.length === recurring.size ? recurring : new Map(kept);
}
