import { describe, expect, it } from 'vitest';
import { after } from '../../../core/base/instant.ts';
import type { XmlElement } from '../../../core/xml/element.ts';
import type { GuardWord } from '../../../site/embedded/contract.ts';
import { cibDocument } from '../../core/cib/cib-text.ts';
import type { Host } from './host.ts';
import { boot, commit, finish, give, pass } from './host.ts';

const site = (status = ''): XmlElement =>
  cibDocument({
    resources: `<group id="web"><primitive id="ip" class="ocf" provider="geobooth" type="dummy"/>
      <primitive id="httpd" class="ocf" provider="geobooth" type="dummy"/></group>`,
    constraints: '<rsc_ticket id="c" ticket="T" rsc="web" loss-policy="stop"/>',
    status,
  });

const guarded = (options: Parameters<typeof boot>[1] = {}, status = ''): Host => {
  const host = boot(site(status), { ...options, isGuarded: true });
  give(host, { kind: 'guard-there', owed: [] });
  return host;
};

/** `owe T in 5000: httpd,ip`, `clear T`, … */
const told = (host: Host): readonly string[] =>
  host.words.map((word: GuardWord) => {
    if (word.kind === 'farewell') return 'farewell';
    if (word.kind === 'clear') return `clear ${word.ticket}`;
    const lists = word.stops?.map((stops) => stops.map(({ resource }) => resource).join(',')) ?? [];
    const drain = word.isDraining ? ' draining' : '';
    return `owe ${word.ticket} in ${word.actAt - host.now}${drain}: ${lists.join(' | ')}`;
  });

const leaseOf = (host: Host, spanMs: number) => ({ leaseUntil: after(host.now, spanMs) });

describe('the guard (R14)', () => {
  it('knows the deadline and what to stop before anything is started', () => {
    const host = guarded();
    host.isGuardListening = false;
    commit(host, 'T', true, leaseOf(host, 10_000));
    expect(told(host)).toEqual(['owe T in 10000: httpd,ip']);
    expect(host.calls).toEqual([]);
    give(host, { kind: 'guard-heard', word: 1 });
    expect(host.calls).toEqual(['start ip', 'start httpd']);
  });

  it('hears of each renewal, without the list', () => {
    const host = guarded();
    commit(host, 'T', true, leaseOf(host, 10_000));
    host.words.length = 0;
    pass(host, 4000);
    commit(host, 'T', true, leaseOf(host, 10_000));
    expect(told(host)).toEqual(['owe T in 10000: ']);
    expect(host.calls).toEqual(['start ip', 'start httpd']);
  });

  it('hears signs while resources are being stopped, then that nothing is owed', () => {
    const host = guarded({ hanging: ['stop ip'] });
    commit(host, 'T', true, leaseOf(host, 2000));
    host.words.length = 0;
    commit(host, 'T', false);
    expect(told(host)).toEqual(['owe T in 3000 draining: ']);
    host.words.length = 0;
    pass(host, 2500);
    expect(host.words.map((word) => word.kind)).toEqual(['owe', 'owe']);
    host.words.length = 0;
    finish(host, 'stop ip');
    expect(told(host)).toEqual(['clear T']);
  });

  it('hears no more signs once stopping has taken longer than it may', () => {
    const host = guarded({ hanging: ['stop httpd'] });
    commit(host, 'T', true, leaseOf(host, 2000));
    const lostAt = host.now;
    commit(host, 'T', false);
    pass(host, 120_000);
    const last = host.words.at(-1);
    expect(last?.kind === 'owe' ? last.actAt - lostAt : null).toBe(42_000);
  });

  it('is not owed anything for a ticket without a lease', () => {
    const host = guarded();
    commit(host, 'T', true, { leaseUntil: null });
    expect(told(host)).toEqual([]);
    expect(host.calls).toEqual(['start ip', 'start httpd']);
  });

  it('that is gone is told everything again when it is back; nothing is started meanwhile', () => {
    const host = guarded({ hanging: ['start ip'] });
    commit(host, 'T', true, leaseOf(host, 10_000));
    give(host, { kind: 'guard-gone' });
    finish(host, 'start ip');
    expect(host.calls).toEqual(['start ip']);
    host.words.length = 0;
    give(host, { kind: 'guard-there', owed: [] });
    expect(told(host)).toEqual(['owe T in 10000: httpd,ip']);
    expect(host.calls).toEqual(['start ip', 'start httpd']);
  });

  it('that has come after another one is waited for: its watchdog may be none', () => {
    const host = guarded({ hanging: ['start ip'] });
    commit(host, 'T', true, leaseOf(host, 10_000));
    give(host, { kind: 'guard-gone' });
    finish(host, 'start ip');
    host.isGuardListening = false;
    give(host, { kind: 'guard-there', owed: [] });
    expect(host.calls).toEqual(['start ip']);
    give(host, { kind: 'guard-heard', word: host.state.guard.lastWord });
    expect(host.calls).toEqual(['start ip', 'start httpd']);
  });

  it('that does not come back has the tickets given away, and keeps new ones from being taken', () => {
    const host = guarded();
    commit(host, 'T', true, leaseOf(host, 10_000));
    give(host, { kind: 'guard-gone' });
    pass(host, 1900);
    // Another one that could not be used either does not begin the wait anew.
    give(host, { kind: 'guard-gone' });
    pass(host, 1000);
    expect(host.givenUp).toEqual([]);
    pass(host, 200);
    expect(host.givenUp).toEqual([['T']]);
    commit(host, 'T', false);
    pass(host, 10_000);
    expect(host.givenUp).toEqual([['T']]);
    const refused = commit(host, 'T', true, leaseOf(host, 10_000));
    expect(host.commits.get(refused)?.[0]?.failure?.code).toBe('guard-not-there');
    give(host, { kind: 'guard-there', owed: [] });
    const taken = commit(host, 'T', true, leaseOf(host, 10_000));
    expect(host.commits.get(taken)?.[0]?.failure).toBe(null);
    pass(host, 9000);
    expect(host.givenUp).toHaveLength(1);
  });

  it('that is back in time is as if it had never been gone', () => {
    const host = guarded();
    commit(host, 'T', true, leaseOf(host, 10_000));
    give(host, { kind: 'guard-gone' });
    pass(host, 2000);
    give(host, { kind: 'guard-there', owed: [] });
    pass(host, 7000);
    expect(host.givenUp).toEqual([]);
  });

  it('of an earlier daemon is cleared of what has been let go of, or is not known any more', () => {
    const host = boot(site(), { isGuarded: true, running: ['ip'], hanging: ['stop ip'] });
    give(host, { kind: 'guard-there', owed: ['T', 'gone'] });
    expect(told(host)).toEqual(['owe T in 3000 draining: httpd,ip', 'clear gone']);
    finish(host, 'stop ip');
    expect(told(host).at(-1)).toBe('clear T');
  });

  it('of an earlier daemon keeps its deadline until the ring speaks of the ticket', () => {
    const status = '<tickets><ticket_state id="T" granted="true"/></tickets>';
    const host = boot(site(status), { isGuarded: true, running: ['ip', 'httpd'] });
    give(host, { kind: 'guard-there', owed: ['T'] });
    expect(told(host)).toEqual([]);
    commit(host, 'T', true, leaseOf(host, 5000));
    expect(told(host)).toEqual(['owe T in 5000: httpd,ip']);
    expect(host.calls).toEqual([]);
  });

  it('that acted has everything looked at again', () => {
    const host = guarded();
    commit(host, 'T', true, leaseOf(host, 10_000));
    host.running.clear();
    commit(host, 'T', true, leaseOf(host, 20_000));
    give(host, { kind: 'guard-acted', ticket: 'T', detail: 'stopped httpd, ip' });
    expect(host.calls).toEqual(['start ip', 'start httpd', 'start ip', 'start httpd']);
    expect(host.logs.some(({ event }) => event === 'guard-acted')).toBe(true);
  });

  it('is bidden farewell', () => {
    const host = guarded();
    give(host, { kind: 'stop', stopResources: true });
    expect(told(host)).toEqual(['farewell']);
  });
});

describe('a daemon that is stopped while there is no guard', () => {
  const stop = { kind: 'stop', stopResources: false } as const;
  const unguarded = (options: Parameters<typeof boot>[1] = {}): Host => {
    const host = guarded(options);
    commit(host, 'T', true, leaseOf(host, 10_000));
    give(host, { kind: 'guard-gone' });
    host.words.length = 0;
    return host;
  };

  it('waits for one, which is told all, and leaves everything running', () => {
    const host = unguarded();
    give(host, stop);
    pass(host, 2900);
    expect(host.isStopped).toBe(false);
    give(host, { kind: 'guard-there', owed: [] });
    expect(host.isStopped).toBe(true);
    expect(told(host)).toEqual(['owe T in 7100: httpd,ip', 'farewell']);
    expect(host.calls).toEqual(['start ip', 'start httpd']);
  });

  it('stops everything where none comes: nobody would at the end of the lease', () => {
    const host = unguarded();
    give(host, stop);
    pass(host, 3000);
    expect(host.calls.slice(2)).toEqual(['stop httpd', 'stop ip']);
    expect(host.isStopped).toBe(true);
    expect(host.logs.some(({ event }) => event === 'unguarded')).toBe(true);
  });

  it('goes on stopping what a lost ticket has left running', () => {
    const host = unguarded({ hanging: ['stop httpd'] });
    commit(host, 'T', false);
    give(host, stop);
    finish(host, 'stop httpd');
    expect(host.calls.slice(2)).toEqual(['stop httpd', 'stop ip']);
    expect(host.isStopped).toBe(true);
  });

  it('ends at once when nothing is held', () => {
    const host = guarded();
    give(host, { kind: 'guard-gone' });
    give(host, stop);
    expect(host.isStopped).toBe(true);
  });
});

describe('a lease that ends unnoticed', () => {
  it('stops the resources without a word from the ring', () => {
    const host = guarded();
    commit(host, 'T', true, leaseOf(host, 10_000));
    pass(host, 9_949);
    expect(host.calls).toEqual(['start ip', 'start httpd']);
    pass(host, 1);
    expect(host.calls.slice(-2)).toEqual(['stop httpd', 'stop ip']);
    expect(host.logs.some(({ event }) => event === 'lease-lapsed')).toBe(true);
  });

  it('is noticed before anything else that has queued up while the daemon was paused', () => {
    const host = guarded({ hanging: ['start ip'] });
    commit(host, 'T', true, leaseOf(host, 10_000));
    host.now = after(host.now, 60_000);
    finish(host, 'start ip');
    expect(host.calls).toEqual(['start ip', 'stop ip']);
  });

  it('starts them again when it is renewed after all', () => {
    const host = guarded();
    commit(host, 'T', true, leaseOf(host, 10_000));
    pass(host, 11_000);
    commit(host, 'T', true, leaseOf(host, 10_000));
    expect(host.calls.slice(-2)).toEqual(['start ip', 'start httpd']);
  });
});
