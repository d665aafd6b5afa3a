import { describe, expect, it } from 'vitest';
import { stillActive, ticketDependents } from '../../../core/scheduler/dependents.ts';
import { sceneOf } from '../../../core/scheduler/scene.ts';
import type { Site } from './site.ts';
import { cibOf, planned, reasonFor, steps } from './site.ts';

/** A group of three gated by a ticket, all running. */
const running = {
  resources: ['web: ip fs httpd'],
  tickets: ['T web'],
  states: ['T granted'],
  history: { ip: 'start monitor', fs: 'start monitor', httpd: 'start monitor' },
} satisfies Site;
const stopped = {
  ...running,
  history: { ip: 'probe=7', fs: 'probe=7', httpd: 'probe=7' },
} satisfies Site;
const stopsAll = 'stop httpd; stop fs after stop httpd; stop ip after stop fs + stop httpd';
const one = { resources: ['web'], history: { web: 'start monitor' } } satisfies Site;

type Row = readonly [title: string, site: Site, steps: string];

describe('a fresh host', () => {
  it.each<Row>([
    [
      'looks first whether resources run, and starts members in order',
      { ...running, history: {} },
      'probe ip; probe fs; probe httpd; start ip after probe ip; start fs after probe fs + probe ip + start ip; ' +
        'start httpd after probe httpd + probe ip + start ip + probe fs + start fs',
    ],
    [
      'only looks when the ticket is not granted',
      { ...running, states: [], history: {} },
      'probe ip; probe fs; probe httpd',
    ],
    ['adopts what is found running', { ...one, history: { web: 'probe=0' } }, ''],
    [
      'stops what runs without its ticket, once it is known whether what stands on it runs too',
      { ...running, states: [], history: { ip: 'probe=0' } },
      'probe fs; probe httpd; stop ip after probe fs + probe httpd',
    ],
    [
      'restarts nothing before it is known whether the members before it run',
      { ...running, history: { httpd: 'probe=0' } },
      'probe ip; probe fs; stop httpd after probe ip + probe fs; start ip after probe ip + stop httpd; ' +
        'start fs after probe fs + probe ip + start ip + stop httpd; ' +
        'start httpd after stop httpd + probe ip + start ip + probe fs + start fs',
    ],
    [
      'does not look with enable-startup-probes=false',
      { ...one, history: {}, options: 'enable-startup-probes=false' },
      'start web',
    ],
    [
      'looks at what is unmanaged or disabled as well',
      { ...one, history: {}, meta: { web: 'is-managed=false' } },
      'probe web',
    ],
    ['does not start what is not installed', { ...one, history: { web: 'probe=5' } }, ''],
    [
      'recovers what is found failed',
      { ...one, history: { web: 'probe=1' } },
      'stop web; start web after stop web',
    ],
  ])('%s', (_, site, expected) => {
    expect(steps(planned(site))).toBe(expected);
  });

  it('schedules a monitor for what it adopts', () => {
    const { actions } = planned({ ...one, history: { web: 'probe=0' } });
    expect(actions).toMatchObject([{ key: 'web_monitor_10000', kind: 'monitor', after: [] }]);
  });
});

describe('a ticket', () => {
  it.each<Row>([
    [
      'that is granted starts the group in order',
      stopped,
      'start ip; start fs after start ip; start httpd after start ip + start fs',
    ],
    ['that is revoked stops it in reverse', { ...running, states: ['T revoked'] }, stopsAll],
    ['that is unknown counts as revoked', { ...running, states: [] }, stopsAll],
    [
      'that is granted but in standby stops it as well',
      { ...running, states: ['T standby'] },
      stopsAll,
    ],
    [
      'with loss-policy demote stops',
      { ...running, tickets: ['T web demote'], states: [] },
      stopsAll,
    ],
    [
      'with loss-policy fence stops where there is no fencing',
      { ...running, tickets: ['T web fence'], states: [] },
      stopsAll,
    ],
    [
      'with loss-policy freeze leaves alone what runs',
      { ...running, tickets: ['T web freeze'], states: [] },
      '',
    ],
    [
      'with loss-policy freeze does not start',
      { ...stopped, tickets: ['T web freeze'], states: [] },
      '',
    ],
    [
      'with loss-policy freeze stops in standby',
      { ...running, tickets: ['T web freeze'], states: ['T standby'] },
      stopsAll,
    ],
    [
      'for role Promoted does not concern what is never promoted',
      { ...running, tickets: ['T web Promoted'], states: [] },
      '',
    ],
    [
      'for role Promoted with policy stop does',
      { ...running, tickets: ['T web Promoted stop'], states: [] },
      stopsAll,
    ],
    [
      'for role Stopped with policy freeze leaves running',
      { ...running, tickets: ['T web Stopped freeze'], states: [] },
      '',
    ],
    [
      'on a group member stops it and what stands on it',
      { ...running, tickets: ['T fs'], states: [] },
      'stop httpd; stop fs after stop httpd',
    ],
    ['of two has to be there with the other', { ...stopped, tickets: ['T web', 'U web'] }, ''],
    [
      'of two stops alone',
      { ...running, tickets: ['T web', 'U ip'], states: ['T granted'] },
      stopsAll,
    ],
    [
      'with freeze hides the loss of another with stop',
      { ...running, tickets: ['T web freeze', 'U web'], states: [] },
      '',
    ],
    [
      'in a resource set concerns each of its members',
      {
        resources: ['a', 'b', 'c'],
        tickets: ['T a+c'],
        states: [],
        history: { a: 'start', b: 'start monitor', c: 'start' },
      },
      'stop a; stop c',
    ],
    [
      'lost does not touch what needs another',
      {
        resources: ['a', 'b'],
        tickets: ['T a', 'U b'],
        states: ['U granted'],
        history: { a: 'start', b: 'start monitor' },
      },
      'stop a',
    ],
    [
      'has no effect in maintenance-mode',
      { ...running, states: [], options: 'maintenance-mode=true' },
      'cancel ip; cancel fs; cancel httpd',
    ],
  ])('%s', (_, site, expected) => {
    expect(steps(planned(site))).toBe(expected);
  });

  it.each([
    [{ ...stopped, states: ['T granted'] }, 'ticket T is granted here'],
    [{ ...running, states: ['T revoked'] }, 'ticket T is not granted here'],
    [{ ...running, states: ['T standby'] }, 'ticket T is in standby here'],
    [
      { ...running, tickets: ['T web freeze'], states: [] },
      'ticket T is not granted here, left running (loss-policy freeze)',
    ],
  ])('is the reason given: %#', (site, reason) => {
    expect(reasonFor(planned(site), 'ip')).toBe(reason);
  });

  it('names what depends on it, with the successors in a group', () => {
    const cib = cibOf({
      resources: ['web: ip fs httpd', 'db', 'log'],
      tickets: ['T fs', 'T db', 'T log freeze'],
    });
    const names = ticketDependents(cib, 'T').map((chain) =>
      chain.map(({ primitive }) => primitive.id),
    );
    expect(names).toEqual([['fs', 'httpd'], ['db']]);
    expect(ticketDependents(cib, 'U')).toEqual([]);
  });

  it('is let go of only when everything is known to be stopped', () => {
    const context = { nowEpochS: 1001, node: 'alpha', inFlight: [] };
    const left = (history: Readonly<Record<string, string>>) => {
      const cib = cibOf({ ...running, states: [], history });
      return stillActive(sceneOf(cib, context), ticketDependents(cib, 'T'));
    };
    expect(left({ ip: 'start', fs: 'start', httpd: 'start stop' })).toEqual(['fs', 'ip']);
    expect(left({ ip: 'probe=7', httpd: 'probe=7' })).toEqual(['fs']);
    expect(left({ ip: 'start stop=1', fs: 'probe=7', httpd: 'probe=7' })).toEqual(['ip']);
    expect(left({ ip: 'probe=7', fs: 'start stop', httpd: 'probe=7' })).toEqual([]);
  });
});

describe('a grant that nobody vouches for', () => {
  const unconfirmed = { T: 'unconfirmed' } as const;
  const monitored = { fs: 'start monitor', httpd: 'start monitor' };
  it.each<Row>([
    ['leaves running what runs', { ...running, doubts: unconfirmed }, ''],
    ['starts nothing', { ...stopped, doubts: unconfirmed }, ''],
    [
      'does not even recover',
      { ...running, history: { ...monitored, ip: 'start monitor=7' }, doubts: unconfirmed },
      '',
    ],
    [
      'does not hide the loss of another ticket',
      { ...running, tickets: ['T web', 'U web'], doubts: unconfirmed },
      stopsAll,
    ],
    ['stops in standby', { ...running, states: ['T standby'], doubts: unconfirmed }, stopsAll],
    ['stops all once its lease is over', { ...running, doubts: { T: 'lapsed' } }, stopsAll],
    [
      'leaves running with freeze when its lease is over',
      { ...running, tickets: ['T web freeze'], doubts: { T: 'lapsed' } },
      '',
    ],
  ])('%s', (_, site, expected) => {
    expect(steps(planned(site))).toBe(expected);
  });

  it('is the reason given', () => {
    const reason = (doubt: 'unconfirmed' | 'lapsed') =>
      reasonFor(planned({ ...running, doubts: { T: doubt } }), 'ip');
    expect(reason('unconfirmed')).toBe('ticket T is granted here but not confirmed yet');
    expect(reason('lapsed')).toBe('the lease of ticket T has ended here');
  });
});

describe('what an operator sets', () => {
  it.each<Row>([
    ['target-role=Stopped stops', { ...one, meta: { web: 'target-role=stopped' } }, 'stop web'],
    [
      'target-role=Stopped on a group is overridden by a member',
      { ...stopped, meta: { web: 'target-role=Stopped', ip: 'target-role=Started' } },
      'start ip',
    ],
    [
      'target-role=Stopped of a member stops it and its successors',
      { ...running, meta: { fs: 'target-role=Stopped' } },
      'stop httpd; stop fs after stop httpd',
    ],
    [
      'is-managed=false neither stops',
      { ...one, meta: { web: 'is-managed=false target-role=Stopped' } },
      '',
    ],
    [
      'is-managed=false nor starts',
      { ...one, history: { web: 'probe=7' }, meta: { web: 'is-managed=false' } },
      '',
    ],
    [
      'an unmanaged stopped member keeps its successors from starting',
      { ...stopped, meta: { ip: 'is-managed=false' } },
      '',
    ],
    [
      'a member that is left alone keeps those before it from stopping',
      { ...running, states: [], meta: { httpd: 'is-managed=false' } },
      '',
    ],
    ['stop-all-resources stops all', { ...running, options: 'stop-all-resources=true' }, stopsAll],
    ['standby of the node stops all', { ...running, nodeAttributes: 'standby=on' }, stopsAll],
    [
      'maintenance of the node stops monitors only',
      { ...one, nodeAttributes: 'maintenance=true' },
      'cancel web',
    ],
    [
      'a group with ordered=false starts all at once',
      { ...stopped, meta: { web: 'ordered=false' } },
      'start ip; start fs; start httpd',
    ],
    [
      'a resource that was removed is stopped',
      { resources: ['a'], history: { a: 'start monitor', web: 'start' } },
      'stop web',
    ],
    [
      'a removed resource stays with stop-removed-resources=false',
      {
        resources: ['a'],
        history: { a: 'start monitor', web: 'start' },
        options: 'stop-removed-resources=false',
      },
      '',
    ],
    [
      'a member added in front restarts those behind it',
      { ...running, resources: ['web: new ip'], history: { new: 'probe=7', ip: 'start monitor' } },
      'stop ip; start new after stop ip; start ip after stop ip + start new',
    ],
  ])('%s', (_, site, expected) => {
    expect(steps(planned(site))).toBe(expected);
  });

  it('a monitor with a changed interval replaces the old one', () => {
    const { actions } = planned({ ...one, operations: { web: 'monitor enabled=false' } });
    expect(actions).toMatchObject([
      { kind: 'cancel', key: 'web_cancel_10000', intervalMs: 10_000 },
    ]);
  });
});

describe('a failure', () => {
  const failedMonitor = { web: 'start monitor=7' };
  it.each<Row>([
    [
      'of a monitor restarts',
      { ...one, history: failedMonitor },
      'stop web; start web after stop web',
    ],
    [
      'that timed out restarts',
      { ...one, history: { web: 'start monitor=timeout' } },
      'stop web; start web after stop web',
    ],
    [
      'of a group member restarts those behind it',
      {
        ...running,
        history: { ip: 'start monitor', fs: 'start monitor=1', httpd: 'start monitor' },
      },
      'stop httpd; stop fs after stop httpd; start fs after stop fs + stop httpd; start httpd after stop httpd + start fs',
    ],
    [
      'with on-fail=ignore changes nothing',
      { ...one, history: failedMonitor, operations: { web: 'monitor on-fail=ignore' } },
      '',
    ],
    [
      'with on-fail=block leaves it alone',
      { ...one, history: failedMonitor, operations: { web: 'monitor on-fail=block' } },
      '',
    ],
    [
      'with on-fail=stop stops it',
      { ...one, history: failedMonitor, operations: { web: 'monitor on-fail=stop' } },
      'stop web',
    ],
    [
      'with on-fail=fence stops it where there is no fencing',
      { ...one, history: failedMonitor, operations: { web: 'monitor on-fail=fence' } },
      'stop web',
    ],
    [
      'with on-fail=standby empties the host',
      {
        resources: ['web', 'db'],
        history: { ...failedMonitor, db: 'start monitor' },
        operations: { web: 'monitor on-fail=standby' },
      },
      'stop web; stop db',
    ],
    [
      'with a hard code stops it for good',
      { ...one, history: { web: 'start monitor=5' } },
      'stop web',
    ],
    ['of a stop blocks', { ...one, history: { web: 'start stop=1' } }, ''],
    [
      'of a stop blocks although the ticket is lost',
      { ...one, tickets: ['T web'], history: { web: 'start stop=1' } },
      '',
    ],
    [
      'of a stop with on-fail=ignore counts as stopped',
      { ...one, history: { web: 'start stop=1' }, operations: { web: 'stop on-fail=ignore' } },
      'start web',
    ],
    [
      'of a start is tried again',
      { ...one, history: { web: 'start=1' } },
      'stop web; start web after stop web',
    ],
    [
      'of a start that counted as final is not',
      { ...one, history: { web: 'start=1' }, transient: 'fail-count-web#start_0=INFINITY' },
      'stop web',
    ],
    [
      'of a start for lack of the program is not',
      { ...one, history: { web: 'start=5' } },
      'stop web',
    ],
    [
      'one short of migration-threshold restarts',
      {
        ...one,
        history: failedMonitor,
        meta: { web: 'migration-threshold=3' },
        transient: 'fail-count-web#monitor_10000=2',
      },
      'stop web; start web after stop web',
    ],
    [
      'that reaches migration-threshold stops',
      {
        ...one,
        history: failedMonitor,
        meta: { web: 'migration-threshold=3' },
        transient: 'fail-count-web#monitor_10000=3',
      },
      'stop web',
    ],
    [
      'that is old enough is forgotten',
      { ...one, history: failedMonitor, meta: { web: 'failure-timeout=60s' }, nowEpochS: 1060 },
      '',
    ],
    [
      'that is not old enough is not',
      { ...one, history: failedMonitor, meta: { web: 'failure-timeout=60s' }, nowEpochS: 1059 },
      'stop web; start web after stop web',
    ],
    [
      'of a stop is never forgotten',
      {
        ...one,
        history: { web: 'start stop=1' },
        meta: { web: 'failure-timeout=60s' },
        nowEpochS: 9999,
      },
      '',
    ],
    [
      'before a later successful start is over',
      { ...one, history: { web: 'start monitor=7 stop start monitor' } },
      '',
    ],
  ])('%s', (_, site, expected) => {
    expect(steps(planned(site))).toBe(expected);
  });

  it('tells when it will be forgotten, and that it is', () => {
    const site = {
      ...one,
      history: { web: 'start monitor=7 stop' },
      meta: { web: 'failure-timeout=60s migration-threshold=1' },
      transient: 'fail-count-web#monitor_10000=1 last-failure-web#monitor_10000=1000',
    };
    expect(planned(site)).toMatchObject({ actions: [], expired: [], recheckAtEpochS: 1060 });
    const later = planned({ ...site, nowEpochS: 1060 });
    expect(later).toMatchObject({ expired: ['web'], recheckAtEpochS: null });
    expect(steps(later)).toBe('start web');
  });

  it('is named in the reason', () => {
    expect(reasonFor(planned({ ...one, history: failedMonitor }), 'web')).toBe(
      'monitor failed (code 7, not running)',
    );
    expect(reasonFor(planned({ ...one, history: { web: 'start stop=timeout' } }), 'web')).toBe(
      'blocked: stop timed out',
    );
  });
});

describe('an operation under way', () => {
  const starting = [{ resource: 'ip', operation: 'start', intervalMs: 0 }] as const;
  it('that starts is carried on with, and its successors wait for it', () => {
    expect(steps(planned({ ...stopped, inFlight: starting }))).toBe(
      'start ip; start fs after start ip; start httpd after start ip + start fs',
    );
  });
  it('that starts what has lost its ticket is followed by a stop', () => {
    expect(steps(planned({ ...stopped, states: [], inFlight: starting }))).toBe('stop ip');
  });
  it('that stops what is wanted again is followed by a start', () => {
    const stopping = [{ resource: 'web', operation: 'stop', intervalMs: 0 }] as const;
    expect(steps(planned({ ...one, inFlight: stopping }))).toBe(
      'stop web; start web after stop web',
    );
  });
  it('that is a recurring monitor changes nothing', () => {
    const monitor = [{ resource: 'web', operation: 'monitor', intervalMs: 10_000 }] as const;
    expect(planned({ ...one, inFlight: monitor }).actions).toEqual([]);
  });
});

it('every action stands behind all it waits for', () => {
  const { actions } = planned({
    ...running,
    history: { ip: 'start monitor=1', fs: 'start', httpd: 'probe=7' },
  });
  const seen = new Set<string>();
  for (const { key, after } of actions) {
    expect(after.filter((needed) => !seen.has(needed))).toEqual([]);
    seen.add(key);
  }
  expect(seen.size).toBeGreaterThan(4);
});
