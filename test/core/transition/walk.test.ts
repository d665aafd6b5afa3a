import { describe, expect, it } from 'vitest';
import { instantOf } from '../../../core/base/instant.ts';
import type { InFlight } from '../../../core/scheduler/scene.ts';
import {
  expectedReturnCode,
  isCountedFailure,
  isExpected,
} from '../../../core/transition/judge.ts';
import type { OperationOutcome } from '../../../core/transition/operation.ts';
import { operationFor } from '../../../core/transition/operation-for.ts';
import {
  dueMonitors,
  nextDueAt,
  noMonitors,
  withMonitor,
  withoutMonitor,
  withoutMonitors,
} from '../../../core/transition/recurring.ts';
import type { Walk } from '../../../core/transition/walk.ts';
import {
  beginWalk,
  isComplete,
  isStopAhead,
  nextSteps,
  withDone,
} from '../../../core/transition/walk.ts';
import type { Site } from '../scheduler/site.ts';
import { cibOf, planned } from '../scheduler/site.ts';

const group = {
  resources: ['web: ip fs', 'db'],
  tickets: ['T web'],
  states: ['T granted'],
} satisfies Site;

const next = (walk: Walk, inFlight: readonly InFlight[] = [], limit = 8): string =>
  nextSteps(walk, inFlight, limit)
    .run.map(({ kind, resource }) => `${kind} ${resource}`)
    .join(', ');
const underWay = (
  resource: string,
  operation: InFlight['operation'],
  intervalMs = 0,
): InFlight => ({ resource, operation, intervalMs });

describe('walking a transition', () => {
  it('runs side by side what does not wait for another, and the rest in order', () => {
    let walk = beginWalk(
      planned({ ...group, history: { ip: 'probe=7', fs: 'probe=7', db: 'probe=7' } }),
    );
    expect(next(walk)).toBe('start ip, start db');
    const starting = [underWay('ip', 'start'), underWay('db', 'start')];
    expect(next(walk, starting)).toBe('');
    walk = withDone(walk, 'ip_start_0');
    expect(next(walk, [underWay('db', 'start')])).toBe('start fs, monitor ip');
    for (const key of ['fs_start_0', 'db_start_0', 'ip_monitor_10000', 'fs_monitor_10000']) {
      walk = withDone(walk, key);
      expect(isComplete(walk)).toBe(false);
    }
    expect(next(walk)).toBe('monitor db');
    expect(isComplete(withDone(walk, 'db_monitor_10000'))).toBe(true);
  });

  it('is bounded, but stops are not', () => {
    const fresh = beginWalk(planned({ ...group, history: {} }));
    expect(next(fresh, [], 2)).toBe('probe ip, probe fs');
    expect(next(fresh, [underWay('ip', 'monitor')], 2)).toBe('probe fs');
    const lost = beginWalk(
      planned({ ...group, states: [], history: { fs: 'start monitor', db: 'probe=7' } }),
    );
    const others = [underWay('x', 'start'), underWay('y', 'start'), underWay('ip', 'monitor')];
    expect(next(withDone(lost, 'ip_monitor_0'), others, 2)).toBe('stop fs');
  });

  it('interrupts a monitor that is in the way of a stop, and waits for a start that is', () => {
    const history = { ip: 'start monitor', fs: 'probe=7', db: 'start monitor' };
    const site = { ...group, states: [], history };
    const walk = beginWalk(planned(site));
    const monitoring = [underWay('ip', 'monitor', 10_000)];
    expect(nextSteps(walk, monitoring, 8)).toEqual({ run: [], cancel: [], interrupt: ['ip'] });
    expect(isStopAhead(walk, 'ip')).toBe(true);
    expect(isStopAhead(withDone(walk, 'ip_stop_0'), 'ip')).toBe(false);
    const starting = [underWay('ip', 'start')];
    const replanned = beginWalk(planned({ ...site, inFlight: starting }));
    expect(nextSteps(replanned, starting, 8)).toEqual({ run: [], cancel: [], interrupt: [] });
    expect(next(replanned)).toBe('stop ip');
  });

  it('goes on with an operation that was under way before it was planned', () => {
    const starting = [underWay('ip', 'start')];
    const history = { ip: 'probe=7', fs: 'probe=7', db: 'start monitor' };
    const walk = beginWalk(planned({ ...group, history, inFlight: starting }));
    expect(next(walk, starting)).toBe('');
    expect(next(withDone(walk, 'ip_start_0'))).toBe('start fs, monitor ip');
  });

  it('cancels monitors at once', () => {
    const site = { resources: ['db'], options: 'maintenance-mode=true' };
    const walk = beginWalk(planned({ ...site, history: { db: 'start monitor' } }));
    expect(nextSteps(walk, [], 8).cancel).toMatchObject([{ resource: 'db', intervalMs: 10_000 }]);
  });
});

describe('judging an outcome', () => {
  const outcome = (returnCode: number, status: OperationOutcome['status'] = 'done') => ({
    status,
    returnCode,
    exitReason: '',
    output: '',
    execMs: 1,
  });
  const probe = { operation: 'monitor', intervalMs: 0 } as const;
  const monitor = { operation: 'monitor', intervalMs: 10_000 } as const;
  const start = { operation: 'start', intervalMs: 0 } as const;

  it.each([
    ['a probe that finds nothing', probe, outcome(7), 'expected'],
    ['a probe that finds it running', probe, outcome(0), 'unexpected'],
    ['a probe that fails', probe, outcome(1), 'unexpected'],
    ['a monitor that finds it running', monitor, outcome(0), 'expected'],
    ['a monitor that finds it degraded', monitor, outcome(190), 'expected'],
    ['a monitor that finds it stopped', monitor, outcome(7), 'failure'],
    ['a monitor that was cancelled', monitor, outcome(1, 'cancelled'), 'unexpected'],
    ['a start', start, outcome(0), 'expected'],
    ['a start that is degraded', start, outcome(190), 'failure'],
    ['a start that timed out', start, outcome(1, 'timeout'), 'failure'],
  ] as const)('%s', (_, asked, result, verdict) => {
    expect(isExpected(asked, result)).toBe(verdict === 'expected');
    expect(isCountedFailure(asked, result)).toBe(verdict === 'failure');
  });

  it('expects a probe to find nothing', () => {
    expect([probe, monitor, start].map(expectedReturnCode)).toEqual([7, 0, 0]);
  });
});

describe('recurring monitors', () => {
  const at = instantOf;
  it('are due an interval after the last one, and forgotten with the resource', () => {
    const one = withMonitor(noMonitors, { resource: 'a', intervalMs: 100 }, at(1000));
    const two = withMonitor(one, { resource: 'a', intervalMs: 500 }, at(1000));
    const all = withMonitor(two, { resource: 'b', intervalMs: 200 }, at(1000));
    expect(dueMonitors(all, at(1099))).toEqual([]);
    expect(dueMonitors(all, at(1200)).map(({ resource }) => resource)).toEqual(['a', 'b']);
    expect(nextDueAt(all, () => false)).toBe(1100);
    expect(nextDueAt(all, (resource) => resource === 'a')).toBe(1200);
    expect(nextDueAt(withoutMonitor(all, 'a', 100), () => false)).toBe(1200);
    expect([...withoutMonitors(all, 'a').keys()]).toEqual(['b_monitor_200']);
  });
});

describe('calling an agent', () => {
  it('gives the parameters of the group and of the operation, and the configured timeout', () => {
    const cib = cibOf({ resources: ['web: ip'], operations: { ip: 'stop timeout=7s' } });
    const group = cib.resources[0];
    if (group?.kind !== 'group' || group.members[0] === undefined) throw new Error('no group');
    const shared = { ...group, instanceAttributes: new Map([['dir', '/srv']]) };
    const operation = operationFor(
      cib,
      { primitive: group.members[0], group: shared },
      { operation: 'stop', intervalMs: 0 },
      { id: '1', name: 'alpha' },
    );
    expect(operation).toMatchObject({
      resource: 'ip',
      agent: { class: 'ocf', provider: 'geobooth', type: 'dummy' },
      action: 'stop',
      timeoutMs: 7000,
      environment: { OCF_RESKEY_dir: '/srv', OCF_RESKEY_CRM_meta_timeout: '7000' },
    });
  });
});
