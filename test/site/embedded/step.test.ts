import { describe, expect, it } from 'vitest';
import { after } from '../../../core/base/instant.ts';
import { readCib } from '../../../core/cib/read.ts';
import type { XmlElement } from '../../../core/xml/element.ts';
import { drainOf } from '../../../site/embedded/drain.ts';
import { resourceViews } from '../../../site/embedded/views.ts';
import { cibDocument } from '../../core/cib/cib-text.ts';
import type { Host } from './host.ts';
import { boot, commit, finish, finishWrites, give, pass } from './host.ts';

const primitive = (id: string, more = ''): string =>
  `<primitive id="${id}" class="ocf" provider="geobooth" type="dummy"><operations>
    <op id="${id}-m" name="monitor" interval="10s"/></operations>${more}</primitive>`;
const groupOf = (...ids: readonly string[]): string =>
  `<group id="web">${ids.map((id) => primitive(id)).join('')}</group>`;
const ticketOn = (resource: string, ticket = 'T'): string =>
  `<rsc_ticket id="c-${ticket}" ticket="${ticket}" rsc="${resource}" loss-policy="stop"/>`;

const gated = (state = ''): XmlElement =>
  cibDocument({
    resources: groupOf('ip', 'httpd'),
    constraints: ticketOn('web'),
    status: `<tickets>${state}</tickets>`,
  });
const grantedState = '<ticket_state id="T" granted="true" owner="42" term="2"/>';
const free = (id: string, more = ''): XmlElement => cibDocument({ resources: primitive(id, more) });

const isGrantedOnDisk = (host: Host, ticket = 'T'): boolean => {
  const last = host.disk.at(-1);
  if (last === undefined) throw new Error('nothing is on disk');
  return readCib(last).cib.tickets.get(ticket)?.isGranted === true;
};
const failureOf = (host: Host, request: number): string | null | undefined => {
  const outcome = host.commits.get(request)?.[0];
  return outcome === undefined ? undefined : (outcome.failure?.message ?? null);
};
const viewOf = (host: Host, id: string) =>
  resourceViews(host.state, 0).find((view) => view.id === id);

describe('a ticket', () => {
  it('starts its group in order when granted, and stops it in reverse when revoked', () => {
    const host = boot(gated());
    expect(host.calls).toEqual([]);
    commit(host, 'T', true);
    expect(host.calls).toEqual(['start ip', 'start httpd']);
    expect(isGrantedOnDisk(host)).toBe(true);
    host.calls.length = 0;
    pass(host, 1500);
    commit(host, 'T', false);
    expect(host.calls).toEqual(['stop httpd', 'stop ip']);
    expect(isGrantedOnDisk(host)).toBe(false);
    expect(host.running.size).toBe(0);
  });

  it('is committed when it is on disk, and does not wait for resources (R13)', () => {
    const host = boot(gated(), { hanging: ['start ip', 'stop ip'] });
    host.isDiskSlow = true;
    const grant = commit(host, 'T', true);
    expect(failureOf(host, grant)).toBe(undefined);
    expect(host.calls).toEqual([]);
    finishWrites(host);
    expect(failureOf(host, grant)).toBe(null);
    expect(host.calls).toEqual(['start ip']);
    const revoke = commit(host, 'T', false);
    expect(failureOf(host, revoke)).toBe(null);
    expect(isGrantedOnDisk(host)).toBe(false);
    expect(drainOf(host.state, 'T', 0)).toMatchObject({ isDrained: false, waitingFor: ['ip'] });
  });

  it('lost while a resource starts: the start ends, then all that started is stopped', () => {
    const host = boot(gated(), { hanging: ['start httpd'] });
    commit(host, 'T', true);
    commit(host, 'T', false);
    expect(host.calls).toEqual(['start ip', 'start httpd']);
    finish(host, 'start httpd');
    expect(host.calls).toEqual(['start ip', 'start httpd', 'stop httpd', 'stop ip']);
    expect(drainOf(host.state, 'T', 0)).toEqual({ isDrained: true });
  });

  it('begins to stop its resources before the revoke is on disk', () => {
    const host = boot(gated());
    commit(host, 'T', true);
    host.isDiskSlow = true;
    const revoke = commit(host, 'T', false);
    expect(host.calls.slice(-2)).toEqual(['stop httpd', 'stop ip']);
    expect(failureOf(host, revoke)).toBe(undefined);
    finishWrites(host);
    expect(failureOf(host, revoke)).toBe(null);
  });

  it('kept over a restart: its group is taken over whichever member is looked at first', () => {
    const host = boot(gated(grantedState), { running: ['ip', 'httpd'], hanging: ['monitor ip'] });
    commit(host, 'T', true);
    finish(host, 'monitor ip');
    expect(host.calls).toEqual([]);
    expect([...host.running]).toEqual(['ip', 'httpd']);
  });

  it('reports once when it has been let go of, and how long that took', () => {
    const host = boot(gated(), { hanging: ['stop ip'] });
    commit(host, 'T', true);
    commit(host, 'T', false);
    host.now = after(host.now, 700);
    finish(host, 'stop ip');
    const drained = host.changes.filter(({ kind }) => kind === 'drained');
    expect(drained).toEqual([{ kind: 'drained', ticket: 'T', tookMs: 700 }]);
  });

  it('that cannot be written is not granted, starts nothing, and can be tried again', () => {
    const host = boot(gated());
    host.diskFailure = true;
    const failed = commit(host, 'T', true);
    expect(failureOf(host, failed)).toBe('no space left on device');
    expect(host.calls).toEqual([]);
    expect(host.state.cib.tickets.get('T')?.isGranted).toBe(false);
    host.diskFailure = false;
    const again = commit(host, 'T', true);
    expect(failureOf(host, again)).toBe(null);
    expect(host.calls).toEqual(['start ip', 'start httpd']);
  });

  it('whose revoke cannot be written fails the commit but stops the resources', () => {
    const host = boot(gated());
    commit(host, 'T', true);
    host.diskFailure = true;
    const revoke = commit(host, 'T', false);
    expect(failureOf(host, revoke)).toBe('no space left on device');
    expect(host.calls.slice(-2)).toEqual(['stop httpd', 'stop ip']);
    host.diskFailure = false;
    pass(host, 1100);
    expect(isGrantedOnDisk(host)).toBe(false);
    expect(failureOf(host, commit(host, 'T', false))).toBe(null);
  });

  it('renewed costs neither a plan nor a wait for the disk', () => {
    const host = boot(gated());
    commit(host, 'T', true);
    pass(host, 2000);
    host.isDiskSlow = true;
    const { transition } = host.state;
    const renewal = commit(host, 'T', true, { expiresEpochSecs: 1_900_000_000 });
    expect(failureOf(host, renewal)).toBe(null);
    expect(host.state.transition).toBe(transition);
    expect(host.writes).toEqual([]);
    host.isDiskSlow = false;
    pass(host, 1100);
    const onDisk = host.disk.at(-1);
    expect(onDisk === undefined ? null : readCib(onDisk).cib.tickets.get('T')?.expires).toBe(
      '1900000000',
    );
  });

  it('does not wait for the operations of another', () => {
    const document = cibDocument({
      resources: primitive('a') + primitive('b'),
      constraints: ticketOn('a', 'T') + ticketOn('b', 'U'),
    });
    const host = boot(document, { hanging: ['start a'] });
    commit(host, 'T', true);
    commit(host, 'U', true);
    commit(host, 'U', false);
    expect(host.calls).toEqual(['start a', 'start b', 'stop b']);
  });

  it('has its geo attributes stored durably', () => {
    const host = boot(gated());
    give(host, { kind: 'attribute', request: 7, ticket: 'T', name: 'colour', value: 'blue' });
    expect(host.attributes.get(7)).toBe(null);
    const stored = host.disk.at(-1);
    const attributes = stored && readCib(stored).cib.tickets.get('T')?.attributes;
    expect(attributes?.get('colour')).toBe('blue');
    give(host, { kind: 'attribute', request: 8, ticket: 'T', name: 'a b', value: 'x' });
    expect(host.attributes.get(8)?.code).toBe('cib-bad-ticket-attribute');
  });
});

describe('a restarted daemon', () => {
  it('adopts what runs under a granted ticket, and starts nothing until the ring confirms it (R8)', () => {
    const host = boot(gated(grantedState), { running: ['ip'] });
    expect(host.calls).toEqual([]);
    expect(viewOf(host, 'httpd')?.reason).toBe('ticket T is granted here but not confirmed yet');
    commit(host, 'T', true);
    expect(host.calls).toEqual(['start httpd']);
  });

  it('goes on without touching anything when all is as it should be', () => {
    const host = boot(gated(grantedState), { running: ['ip', 'httpd'] });
    commit(host, 'T', true);
    pass(host, 60_000);
    expect(host.calls).toEqual([]);
    expect(viewOf(host, 'ip')).toMatchObject({ role: 'started', isFailed: false });
  });

  it('stops what runs without its ticket, in reverse order', () => {
    const host = boot(gated(), { running: ['ip', 'httpd'] });
    expect(host.calls).toEqual(['stop httpd', 'stop ip']);
    expect(drainOf(host.state, 'T', 0)).toEqual({ isDrained: true });
  });

  it('does not report letting go of a ticket under which nothing ran', () => {
    expect(boot(gated()).changes).toEqual([]);
  });
});

describe('a failure', () => {
  it('found by the recurring monitor restarts the resource and those behind it', () => {
    const host = boot(gated());
    commit(host, 'T', true);
    host.calls.length = 0;
    host.running.delete('ip');
    pass(host, 10_500);
    expect(host.calls).toEqual(['stop httpd', 'stop ip', 'start ip', 'start httpd']);
    expect(host.changes).toContainEqual({
      kind: 'failure',
      resource: 'ip',
      reason: 'monitor answered 7',
    });
    host.calls.length = 0;
    host.running.delete('httpd');
    pass(host, 10_500);
    expect(host.calls).toEqual(['stop httpd', 'start httpd']);
  });

  it('to start is final by default, and a cleanup tries again', () => {
    const host = boot(free('a'), { answers: { 'start a': 1 } });
    expect(host.calls).toEqual(['start a', 'stop a']);
    expect(viewOf(host, 'a')?.reason).toMatch(/clean it up/);
    host.answers.clear();
    give(host, { kind: 'cleanup', resource: 'a' });
    expect(host.calls).toEqual(['start a', 'stop a', 'start a']);
  });

  it('to stop blocks, keeps the ticket undrained, and a cleanup tries again', () => {
    const host = boot(gated(), { answers: { 'stop ip': 1 } });
    commit(host, 'T', true);
    commit(host, 'T', false);
    pass(host, 60_000);
    expect(host.calls.filter((call) => call === 'stop ip')).toEqual(['stop ip']);
    expect(drainOf(host.state, 'T', 0)).toMatchObject({ isDrained: false, waitingFor: ['ip'] });
    expect(viewOf(host, 'ip')).toMatchObject({ isBlocked: true, isManaged: false });
    host.answers.clear();
    give(host, { kind: 'cleanup', resource: 'ip' });
    expect(drainOf(host.state, 'T', 0)).toEqual({ isDrained: true });
  });

  it('is forgotten after failure-timeout', () => {
    const meta =
      '<meta_attributes id="m"><nvpair id="n1" name="failure-timeout" value="60s"/><nvpair id="n2" name="migration-threshold" value="1"/></meta_attributes>';
    const host = boot(free('a', meta));
    host.running.delete('a');
    pass(host, 11_000);
    expect(host.calls).toEqual(['start a', 'stop a']);
    pass(host, 61_000);
    expect(host.calls).toEqual(['start a', 'stop a', 'start a']);
  });
});

describe('a recurring monitor', () => {
  it('is written to the CIB once, and interrupted when its resource has to stop', () => {
    const host = boot(gated());
    commit(host, 'T', true);
    pass(host, 5000);
    const { revision } = host.state.disk;
    pass(host, 30_000);
    expect(host.state.disk.revision).toBe(revision);
    host.hanging.add('monitor httpd');
    pass(host, 10_000);
    expect(host.pending.size).toBe(1);
    commit(host, 'T', false);
    expect(host.calls.slice(-2)).toEqual(['stop httpd', 'stop ip']);
    expect(host.pending.size).toBe(0);
  });
});

describe('a changed configuration', () => {
  it('starts what is new and stops what is removed', () => {
    const host = boot(free('a'));
    give(host, { kind: 'configuration', foreign: free('b') });
    expect(host.calls.toSorted()).toEqual(['start a', 'start b', 'stop a']);
    expect(host.state.cib.nodeStates[0]?.history.map(({ resource }) => resource)).toEqual(['b']);
    pass(host, 30_000);
    expect(host.running).toEqual(new Set(['b']));
  });

  it('is refused when it has errors', () => {
    const host = boot(free('a'));
    give(host, { kind: 'configuration', foreign: { ...free('b'), name: 'bic' } });
    expect(host.calls).toEqual(['start a']);
    expect(host.logs.some(({ level }) => level === 'error')).toBe(true);
  });

  it('restarts a resource whose parameters changed, stopping it with the old ones', () => {
    const withState = (state: string): XmlElement =>
      free(
        'a',
        `<instance_attributes id="i"><nvpair id="p" name="state" value="${state}"/></instance_attributes>`,
      );
    const host = boot(withState('/old'), { hanging: ['stop a'] });
    give(host, { kind: 'configuration', foreign: withState('/new') });
    const [stop] = [...host.pending.values()];
    expect(stop?.environment['OCF_RESKEY_state']).toBe('/old');
    finish(host, 'stop a');
    expect(host.calls).toEqual(['start a', 'stop a', 'start a']);
  });
});

describe('an orderly stop', () => {
  it('leaves resources running and waits for what is under way', () => {
    const host = boot(gated(), { hanging: ['start ip'] });
    commit(host, 'T', true);
    give(host, { kind: 'stop', stopResources: false });
    expect(host.isStopped).toBe(false);
    finish(host, 'start ip');
    expect(host.isStopped).toBe(true);
    expect(host.calls).toEqual(['start ip']);
  });

  it('with stopResources stops all of them first', () => {
    const host = boot(gated(), { hanging: ['stop ip'] });
    commit(host, 'T', true);
    give(host, { kind: 'stop', stopResources: true });
    expect(host.isStopped).toBe(false);
    finish(host, 'stop ip');
    expect(host.isStopped).toBe(true);
    expect(host.calls.slice(-2)).toEqual(['stop httpd', 'stop ip']);
  });
});
