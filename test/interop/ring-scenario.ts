// What every ring is taken through, in this order. The steps ask only what an operator can see: exit codes, printed
// text, what the sites' clusters were told and when.
import { expect } from 'vitest';
import {
  changeOf,
  findHandovers,
  grantedSpans,
  readTicketCalls,
  ticketOf,
} from '../lab/cluster-shim.ts';
import { readList, waitUntilServing, waitUntilVoting } from '../lab/members.ts';
import type { ProgramKind } from '../lab/members.ts';
import { waitUntil } from '../support/wait-until.ts';
import {
  expireMs,
  grantedBy,
  hostNames,
  longLived,
  memberIdOf,
  neverGranted,
  otherSite,
  siteNames,
  timeoutMs,
  waitForGranted,
  waitForLeader,
} from './mixed-ring.ts';
import type { MixedRing, SiteName } from './mixed-ring.ts';

/** One step: its name in the report and what it does. */
export interface ScenarioStep {
  readonly title: string;
  run(ring: MixedRing): Promise<void>;
}

/** Longest time from the loss of a holder to the grant elsewhere: its lease, an election that waits for it, and reserve. */
const failoverLimitMs = expireMs + 3 * timeoutMs + 4_000;
/** A cut-off holder has had its last renewal at most this long before its lease ends. C daemons notice up to one timeout late. */
const ownLossLimitMs = expireMs + timeoutMs + 2_000;

const leases = 3;

interface GrantPlan {
  readonly ticket: string;
  readonly site: SiteName;
  readonly client: ProgramKind;
  /** What the client is told besides who and what; `-w` where nothing stands. */
  readonly flags?: readonly string[];
}

/** Tickets that are granted in the second step, each at its site through its client. */
const grantPlans = ({ mix }: MixedRing): readonly GrantPlan[] => {
  const [firstClient = 'c'] = mix.clients;
  return siteNames.flatMap((site) => [
    { ticket: longLived(site), site, client: firstClient, flags: ['-C'] },
    ...mix.clients.map((client) => ({ ticket: grantedBy(client, site), site, client })),
  ]);
};

/** A moment as `booth list` prints it. Renewals move it between two questions, so only its form is compared. */
const maskMoments = (text: string): string =>
  text.replaceAll(/, expires: \d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/gm, ', expires: MOMENT');

/** Runs `command` with every client; all must exit 0 and print the same, save the moments of a list. Returns one text. */
const sameFromAllClients = async (
  ring: MixedRing,
  command: readonly ['booth' | 'geostore', ...string[]],
): Promise<string> => {
  const texts: string[] = [];
  for (const client of ring.mix.clients) {
    const { code, stdout, stderr } = await ring.run(client, 'site1', command);
    expect(code, `${client}: ${command.join(' ')}: ${stderr}`).toBe(0);
    texts.push(stdout);
  }
  const [text = '', ...others] = texts;
  for (const other of others) expect(maskMoments(other), command.join(' ')).toBe(maskMoments(text));
  return text;
};

const start: ScenarioStep = {
  title: 'starts, and every member answers both clients alike',
  run: async (ring) => {
    const members = hostNames.map((name) => ring.member(name));
    await Promise.all(members.map((member) => waitUntilServing(member)));
    await Promise.all(
      members.map((member) =>
        waitUntilVoting(member, { ticketCount: ring.tickets.length, expireMs }),
      ),
    );
    for (const name of hostNames) {
      const text = await sameFromAllClients(ring, ['booth', 'list', '-s', ring.address(name)]);
      const listed = readList(text);
      expect(listed.map(({ ticket }) => ticket)).toEqual(ring.tickets);
      for (const { leader, expires } of listed) {
        expect(['none', 'NONE']).toContain(leader);
        expect(expires).toBeNull();
      }
    }
  },
};

/** What the cluster was told at the grant: a whole lease, begun no earlier than the request. */
const expectWholeLease = async (
  ring: MixedRing,
  { ticket, site, askedAt }: Pick<GrantPlan, 'ticket' | 'site'> & { readonly askedAt: number },
): Promise<void> => {
  const calls = await readTicketCalls(ring.host(site).clusterFolder);
  const call = calls.find((each) => ticketOf(each) === ticket && changeOf(each) === 'grant');
  const index = call?.args.indexOf('expires') ?? -1;
  const value = (call?.args[index + 1] ?? '').replace(/^(?:--attr-value=|-v)/, '');
  const endsAt = Number(value) * 1000;
  const roundingMs = 1_000;
  expect(endsAt, `${ticket} at ${site}: ${String(call?.args)}`).toBeGreaterThan(
    askedAt + 0.99 * expireMs - roundingMs,
  );
  expect(endsAt).toBeLessThan((call?.beganAt ?? 0) + expireMs + roundingMs);
};

/**
 * Grants and sees it granted. With `-w` alone the client is content with an election won: where a
 * site is slow to answer, the commit follows as soon as it has (booth-protocol 4.3, `Pend`).
 */
const grantFrom = async (
  ring: MixedRing,
  { ticket, site, client, flags = ['-w'], at }: GrantPlan & { readonly at: SiteName },
): Promise<{ readonly askedAt: number }> => {
  const askedAt = Date.now();
  const command = ['booth', 'grant', ...flags, '-s', ring.address(site), ticket] as const;
  const outcome = await ring.run(client, at, command);
  expect(outcome, `${client} grants ${ticket}`).toMatchObject({ code: 0, stdout: '' });
  await waitForGranted(ring, site, ticket, { isGranted: true, timeoutMs: expireMs });
  return { askedAt };
};

const grant: ScenarioStep = {
  title: 'grants at either site through either client',
  run: async (ring) => {
    for (const plan of grantPlans(ring)) {
      const { ticket, site } = plan;
      const { askedAt } = await grantFrom(ring, { ...plan, at: otherSite(site) });
      expect(await ring.attribute(site, ticket, 'owner')).toBe(memberIdOf(site));
      await expectWholeLease(ring, { ticket, site, askedAt });
    }
  },
};

const list: ScenarioStep = {
  title: 'lists the same leaders at every member from both clients',
  run: async (ring) => {
    for (const { ticket, site } of grantPlans(ring)) {
      await waitForLeader(ring, ticket, ring.address(site));
    }
    for (const name of hostNames) {
      const text = await sameFromAllClients(ring, ['booth', 'list', '-s', ring.address(name)]);
      for (const { ticket, expires, leader } of readList(text)) {
        if (ticket === neverGranted) {
          expect(['none', 'NONE']).toContain(leader);
          continue;
        }
        expect(expires).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/);
        const leftMs = new Date(expires ?? '').getTime() - Date.now();
        expect(leftMs, `${ticket} at ${name}`).toBeGreaterThan(0);
        expect(leftMs, `${ticket} at ${name}`).toBeLessThan(expireMs + 1_000);
      }
    }
  },
};

const peerBlock =
  /^(site {9}|arbitrator {3})(\S+), last recv: \d{4}-\d\d-\d\d \d\d:\d\d:\d\d\n\tSent pkts:\d+ error:0 resends:\d+\n\tRecv pkts:[1-9]\d* error:0 authfail:0 invalid:0\n\n/gm;

/** Every member has heard of both others, and has refused nothing they sent. */
const expectCleanPeers = async (ring: MixedRing): Promise<void> => {
  for (const name of hostNames) {
    for (const client of ring.mix.clients) {
      const command = ['booth', 'peers', '-s', ring.address(name)] as const;
      const { code, stdout } = await ring.run(client, name, command);
      expect(code).toBe(0);
      expect(stdout.replaceAll(peerBlock, ''), `${name} through ${client}`).toBe('');
      const seen = [...stdout.matchAll(peerBlock)].map((block) => block[2]);
      const others = hostNames.filter((other) => other !== name).map(ring.address);
      expect(seen.sort()).toEqual(others.sort());
    }
  }
};

const peers: ScenarioStep = {
  title: 'shows peers that hear each other and refuse nothing',
  run: expectCleanPeers,
};

const overgrant: ScenarioStep = {
  title: 'refuses to grant a granted ticket, at its site and at the other',
  run: async (ring) => {
    for (const site of siteNames) {
      const ticket = longLived(site);
      for (const client of ring.mix.clients) {
        for (const at of siteNames) {
          const command = ['booth', 'grant', '-w', '-s', ring.address(at), ticket] as const;
          const { code } = await ring.run(client, at, command);
          expect(code, `${client} grants ${ticket} again, at ${at}`).toBe(1);
        }
      }
      expect(await ring.isGranted(site, ticket)).toBe(true);
      expect(await ring.isGranted(otherSite(site), ticket)).toBe(false);
    }
    for (const { ticket, site } of grantPlans(ring)) {
      await waitForLeader(ring, ticket, ring.address(site));
    }
  },
};

const geostore: ScenarioStep = {
  title: 'keeps attributes of a ticket at each site, through either client',
  run: async (ring) => {
    const ticket = longLived('site1');
    for (const site of siteNames) {
      const place = ['-s', ring.address(site), '-t', ticket] as const;
      for (const client of ring.mix.clients) {
        const name = `colour-${client}`;
        const value = `green at ${site}, it's <${client}>`.replace("'", '');
        const set = await ring.run(client, 'site1', ['geostore', 'set', ...place, name, value]);
        expect(set, `${client} sets at ${site}`).toMatchObject({ code: 0, stdout: '' });
        const text = await sameFromAllClients(ring, ['geostore', 'get', ...place, name]);
        expect(text).toBe(`${value}\n`);
        expect(await ring.attribute(site, ticket, name)).toBe(value);
      }
      const listed = await sameFromAllClients(ring, ['geostore', 'list', ...place]);
      const names = listed.split('\n').flatMap((line) => line.split(' ').slice(0, 1));
      expect(names.filter((name) => name !== '').sort()).toEqual(
        ring.mix.clients.map((client) => `colour-${client}`).sort(),
      );
      for (const client of ring.mix.clients) {
        const name = `colour-${client}`;
        const remove = await ring.run(client, 'site1', ['geostore', 'delete', ...place, name]);
        expect(remove, `${client} deletes at ${site}`).toMatchObject({ code: 0, stdout: '' });
        const get = await ring.run(client, 'site1', ['geostore', 'get', ...place, name]);
        expect(get).toMatchObject({ code: 1, stdout: '' });
        expect(await ring.attribute(site, ticket, name)).toBeUndefined();
      }
    }
  },
};

const expectRevoked = async (ring: MixedRing, ticket: string): Promise<void> => {
  await Promise.all(
    siteNames.map((site) =>
      waitForGranted(ring, site, ticket, { isGranted: false, timeoutMs: 3_000 }),
    ),
  );
  await waitForLeader(ring, ticket, 'none');
};

const redirect: ScenarioStep = {
  title: 'revokes by way of the wrong site, which redirects either client',
  run: async (ring) => {
    for (const site of siteNames) {
      for (const client of ring.mix.clients) {
        const ticket = grantedBy(client, site);
        const wrong = otherSite(site);
        const command = ['booth', 'revoke', '-w', '-s', ring.address(wrong), ticket] as const;
        const outcome = await ring.run(client, wrong, command);
        expect(outcome, `${client} revokes ${ticket} at ${wrong}`).toMatchObject({
          code: 0,
          stdout: '',
        });
        expect(await ring.isGranted(site, ticket)).toBe(false);
        await expectRevoked(ring, ticket);
        const again = await ring.run(client, site, command);
        expect(again.code, `${client} revokes ${ticket} again`).toBe(0);
      }
    }
  },
};

const regrant: ScenarioStep = {
  title: 'moves a revoked ticket to the other site in a higher term',
  run: async (ring) => {
    for (const site of siteNames) {
      const target = otherSite(site);
      for (const client of ring.mix.clients) {
        const ticket = grantedBy(client, site);
        const before = Number(await ring.attribute(site, ticket, 'term'));
        await grantFrom(ring, { ticket, site: target, client, flags: ['-F', '-w'], at: target });
        expect(await ring.isGranted(site, ticket)).toBe(false);
        expect(Number(await ring.attribute(target, ticket, 'term'))).toBeGreaterThan(before);
        await waitForLeader(ring, ticket, ring.address(target));
        const revoke = ['booth', 'revoke', '-s', ring.address(target), ticket] as const;
        expect((await ring.run(client, target, revoke)).code).toBe(0);
        await expectRevoked(ring, ticket);
      }
    }
  },
};

const renew: ScenarioStep = {
  title: `renews over ${String(leases)} leases without a gap`,
  run: async (ring) => {
    const beganAt = Date.now();
    const goalAt = beganAt + leases * expireMs;
    await waitUntil(
      'the leases to reach past the third',
      async () => {
        for (const site of siteNames) {
          for (const at of hostNames) {
            const found = (await ring.list(at)).find(({ ticket }) => ticket === longLived(site));
            if (found?.leader !== ring.address(site)) return { lostBy: `${site} at ${at}` };
          }
        }
        const ends = await Promise.all(
          siteNames.map((site) => ring.attribute(site, longLived(site), 'expires')),
        );
        return ends.every((end) => Number(end) * 1000 >= goalAt) ? { lostBy: null } : null;
      },
      { timeoutMs: leases * expireMs + 5_000, everyMs: 500 },
    ).then(({ lostBy }) => {
      expect(lostBy).toBeNull();
    });
    for (const site of siteNames) {
      const calls = await readTicketCalls(ring.host(site).clusterFolder);
      const during = calls.filter(
        (call) => ticketOf(call) === longLived(site) && call.beganAt >= beganAt,
      );
      expect(during.filter(({ args }) => args.includes('-r'))).toEqual([]);
      expect(during.length).toBeGreaterThanOrEqual(2 * leases - 2);
    }
  },
};

const restart: ScenarioStep = {
  title: 'takes a crashed daemon back within its lease, each in turn',
  run: async (ring) => {
    for (const name of hostNames) {
      const crashedAt = Date.now();
      await waitUntilServing(await ring.crashAndRestart(name));
      for (const site of siteNames) {
        const ticket = longLived(site);
        await waitForLeader(ring, ticket, ring.address(site), { timeoutMs: expireMs });
        await waitUntil(
          `${ticket} to be renewed at ${site} after the crash of ${name}`,
          async () => {
            const end = Number(await ring.attribute(site, ticket, 'expires')) * 1000;
            return end >= crashedAt + expireMs + timeoutMs;
          },
          { timeoutMs: expireMs },
        );
        expect(await ring.isGranted(site, ticket)).toBe(true);
        expect(await ring.isGranted(otherSite(site), ticket)).toBe(false);
      }
    }
  },
};

/** Cuts the site off and sees its tickets at the other one, given up at home, and followed when the network is back. */
const failover = (from: SiteName): ScenarioStep => {
  const to = otherSite(from);
  return {
    title: `fails over from ${from} to ${to} and back into the ring`,
    run: async (ring) => {
      const moving: string[] = [];
      for (const site of siteNames) {
        if (await ring.isGranted(from, longLived(site))) moving.push(longLived(site));
      }
      expect(moving).toContain(longLived(from));
      await ring.host(from).cutOff();
      await Promise.all(
        moving.flatMap((ticket) => [
          waitForGranted(ring, to, ticket, { isGranted: true, timeoutMs: failoverLimitMs }),
          waitForGranted(ring, from, ticket, { isGranted: false, timeoutMs: ownLossLimitMs }),
        ]),
      );
      for (const ticket of moving) {
        await waitForLeader(ring, ticket, ring.address(to), { at: [to, 'arbitrator'] });
      }
      await ring.host(from).heal();
      for (const ticket of moving) {
        await waitForLeader(ring, ticket, ring.address(to), { timeoutMs: expireMs });
        expect(await ring.isGranted(from, ticket)).toBe(false);
      }
    },
  };
};

/**
 * Two C sites that have just come together again may refer the client to each other for a while;
 * where a site is geobooth's, the first word counts.
 */
const revokeAfterFailovers = async (
  ring: MixedRing,
  client: ProgramKind,
  ticket: string,
): Promise<void> => {
  const command = ['booth', 'revoke', '-w', '-s', ring.address('site2'), ticket] as const;
  const isSure = siteNames.some((site) => ring.mix[site] === 'geobooth');
  await waitUntil(
    `${client} to revoke ${ticket}`,
    async () => {
      const { code, stderr } = await ring.run(client, 'site1', command);
      if (code !== 0) throw new Error(stderr);
      return true;
    },
    { timeoutMs: isSure ? 0 : expireMs, everyMs: 500 },
  );
};

const revoke: ScenarioStep = {
  title: 'revokes where the tickets went, and nobody acquires them again',
  run: async (ring) => {
    const [client = 'c'] = [...ring.mix.clients].reverse();
    for (const ticket of siteNames.map(longLived)) {
      await revokeAfterFailovers(ring, client, ticket);
      await expectRevoked(ring, ticket);
    }
    for (const name of hostNames) {
      for (const { ticket, leader } of await ring.list(name)) {
        expect(['none', 'NONE'], `${ticket} at ${name}`).toContain(leader);
      }
    }
  },
};

/**
 * A C daemon notices the end of its own lease up to `timeout` late (its timer runs every `timeout` while answers are
 * missing) and polls every 100 ms. Geobooth's waits are meant to cover that, C's own only just do; a holder that is
 * geobooth's is allowed nothing.
 */
const allowedOverlapMs = (earlier: ProgramKind): number => (earlier === 'c' ? timeoutMs + 200 : 0);

const exclusive: ScenarioStep = {
  title: 'had every ticket granted at one site at a time',
  run: async (ring) => {
    const sites = await Promise.all(
      siteNames.map(async (site) => ({
        site,
        spans: grantedSpans(await readTicketCalls(ring.host(site).clusterFolder)),
      })),
    );
    const spans = sites.flatMap((each) => each.spans);
    expect(spans.length).toBeGreaterThanOrEqual(ring.tickets.length - 1 + siteNames.length);
    expect(spans.filter(({ ticket }) => ticket === neverGranted)).toEqual([]);
    const handovers = findHandovers(sites, Date.now());
    const seen = handovers.map(({ ticket, from, to, gapMs }) => {
      const kinds = [from, to].map((name) => ring.mix[name === 'site1' ? 'site1' : 'site2']);
      const [holder = 'c', heir = 'c'] = kinds;
      const text = `${ticket}: ${to} (${heir}) had it ${gapMs.toFixed(0)} ms after ${from} (${holder}) had not`;
      return { text, gapMs, allowedMs: allowedOverlapMs(holder) };
    });
    const closest = seen.toSorted((a, b) => a.gapMs - b.gapMs).slice(0, 3);
    console.info([ring.mix.title, ...closest.map(({ text }) => text)].join('\n  '));
    for (const { text, gapMs, allowedMs } of seen) {
      expect(gapMs, text).toBeGreaterThanOrEqual(-allowedMs);
    }
    const failovers = handovers.filter(({ ticket }) => siteNames.map(longLived).includes(ticket));
    expect(failovers.length).toBeGreaterThanOrEqual(siteNames.length);
  },
};

/** What C daemons call an error in a ring of their own kind too: the sandbox, tickets the cluster does not know yet. */
const ordinaryErrors =
  /setrlimit failed|crm_ticket xml output empty|exit code 105|error storing attribute owner/;

/** C daemons send times that step back by up to a second and warn of each other's; geobooth's never step back. */
const olderPacket = /WARN: (\S+): packet timestamp older than previous one/;

const complaints: ScenarioStep = {
  title: 'gave no C daemon cause to complain of geobooth',
  run: (ring) => {
    const ours = hostNames.filter((name) => ring.mix[name] === 'geobooth').map(ring.address);
    for (const member of hostNames.map(ring.member).filter(({ kind }) => kind === 'c')) {
      const lines = member.log().split('\n');
      expect(lines.some((line) => line.includes('daemon started'))).toBe(true);
      const errors = lines.filter((line) => /ERROR:|crit:/.test(line));
      expect(errors.filter((line) => !ordinaryErrors.test(line))).toEqual([]);
      const older = lines.flatMap((line) => olderPacket.exec(line)?.slice(1) ?? []);
      expect(older.filter((address) => ours.includes(address))).toEqual([]);
    }
    return Promise.resolve();
  },
};

const stop: ScenarioStep = {
  title: 'stops in order when asked to',
  run: async (ring) => {
    await expectCleanPeers(ring);
    for (const name of hostNames) {
      const { process } = ring.member(name);
      expect(process.end(), `the member at ${name} still runs`).toBeUndefined();
      expect(await process.stop(), name).toEqual({ code: 0, signal: null });
    }
  },
};

/** The whole scenario. */
export const scenario: readonly ScenarioStep[] = [
  start,
  grant,
  list,
  peers,
  overgrant,
  geostore,
  redirect,
  regrant,
  renew,
  restart,
  failover('site1'),
  failover('site2'),
  revoke,
  exclusive,
  complaints,
  stop,
];
