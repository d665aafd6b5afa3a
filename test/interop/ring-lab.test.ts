// The lab itself: what every other test in namespaces relies on.
import { afterEach, expect, it } from 'vitest';
import { existsSync } from 'node:fs';
import { createLab, type Lab } from '../lab/ring-lab.ts';
import { findHandovers, grantedSpans, readTicketAttributes } from '../lab/cluster-shim.ts';
import { readTicketCalls } from '../lab/cluster-shim.ts';
import { describeWith } from '../support/requirements.ts';
import { waitUntil } from '../support/wait-until.ts';

const plans = [
  { name: 'site1', address: '10.77.0.1' },
  { name: 'site2', address: '10.77.0.2' },
];

/** Sends one datagram a call to a listener that echoes what it heard. */
const listener =
  "require('dgram').createSocket('udp4').on('message', (m) => console.log('heard ' + m)).bind(9929, '0.0.0.0', () => console.log('bound'))";
const sender = (address: string, text: string): string =>
  `const s = require('dgram').createSocket('udp4'); s.send('${text}', 9929, '${address}', () => s.close())`;

describeWith(['linux', 'root', 'namespaces', 'nft'], 'the lab', () => {
  let lab: Lab | undefined;
  afterEach(async () => {
    await lab?.dispose();
    lab = undefined;
  });

  it('cuts a host off, one direction or a pair, and heals', async () => {
    lab = await createLab({ hosts: plans });
    const current = lab;
    const { host } = current;
    const ears = {
      site1: await host('site1').spawn(process.execPath, ['-e', listener]),
      site2: await host('site2').spawn(process.execPath, ['-e', listener]),
    };
    await Promise.all([ears.site1.waitForOutput(/bound/), ears.site2.waitForOutput(/bound/)]);

    let count = 0;
    /** True when site `to` hears what the other one sends; a marker from itself says when to stop listening. */
    const isHeard = async (to: 'site1' | 'site2'): Promise<boolean> => {
      const from = to === 'site1' ? 'site2' : 'site1';
      count += 1;
      const text = `probe-${String(count)}.`;
      const marker = `marker-${String(count)}.`;
      await host(from).exec(process.execPath, ['-e', sender(host(to).address, text)]);
      await host(to).exec(process.execPath, ['-e', sender('127.0.0.1', marker)]);
      await ears[to].waitForOutput(new RegExp(`heard ${marker}`));
      return ears[to].output().includes(`heard ${text}`);
    };
    const bothWays = async (): Promise<readonly boolean[]> => [
      await isHeard('site1'),
      await isHeard('site2'),
    ];

    await waitUntil('the first datagram', () => isHeard('site2'));
    expect(await bothWays()).toEqual([true, true]);
    await current.cutOneWay('site1', 'site2');
    expect(await bothWays()).toEqual([true, false]);
    await current.cutPair('site1', 'site2');
    expect(await bothWays()).toEqual([false, false]);
    await current.healAll();
    expect(await bothWays()).toEqual([true, true]);
    await host('site1').cutOff();
    expect(await bothWays()).toEqual([false, false]);
    await host('site1').heal();
    expect(await bothWays()).toEqual([true, true]);
  });

  it('leaves no process and no folder behind', async () => {
    lab = await createLab({ hosts: plans });
    const sleeper = await lab.host('site1').spawn('sleep', ['600']);
    const { folder } = lab.host('site1');
    expect(existsSync(`/proc/${String(sleeper.pid)}`)).toBe(true);
    await lab.dispose();
    await sleeper.ended;
    expect(existsSync(`/proc/${String(sleeper.pid)}`)).toBe(false);
    expect(existsSync(folder)).toBe(false);
  });

  it('keeps tickets as crm_ticket does and says who called when', async () => {
    lab = await createLab({ hosts: plans });
    const site = lab.host('site1');
    const crmTicket = async (...args: string[]): Promise<number | null> =>
      (await site.exec('crm_ticket', args)).code;

    expect(await crmTicket('-g', '-t', 'any-ticket-name')).toBe(4);
    expect(await crmTicket('-t', 'db/1', '-q')).toBe(105);
    expect(await crmTicket('-t', 'db/1', '-g', '--force', '-S', 'owner', '-v-1')).toBe(0);
    expect(await crmTicket('-t', 'db/1', '-S', 'term', '--attr-value=7')).toBe(0);
    const attributes = await readTicketAttributes(site.clusterFolder, 'db/1');
    expect(attributes?.get('granted')).toBe('true');
    expect(attributes?.get('owner')).toBe('-1');
    const query = await site.exec('crm_ticket', ['-t', 'db/1', '-q']);
    expect(query.stdout.split('\n').slice(0, 2)).toEqual(['State XML:', '']);
    expect(query.stdout.split('\n')[2]).toMatch(/^<ticket_state id="db\/1" (\S+="\S*" ?)+\/>$/);
    expect(await crmTicket('-t', 'db/1', '-D', 'term')).toBe(0);
    expect(await crmTicket('-t', 'db/1', '-G', 'term')).toBe(105);
    expect(await crmTicket('-t', 'db/1', '-r', '--force')).toBe(0);

    const spans = grantedSpans(await readTicketCalls(site.clusterFolder));
    expect(spans).toHaveLength(1);
    const [span] = spans;
    expect(span?.endedAt).toBeGreaterThan(span?.beganAt ?? Infinity);
  });
});

describeWith([], 'the check for two holders', () => {
  const span = (ticket: string, beganAt: number, endedAt: number | null) => ({
    ticket,
    beganAt,
    endedAt,
  });

  it('finds a holder that kept a ticket too long and says by how much', () => {
    const handovers = findHandovers(
      [
        { site: 'a', spans: [span('t', 0, 110), span('u', 0, null)] },
        { site: 'b', spans: [span('t', 100, 200), span('u', 400, null)] },
      ],
      1000,
    );
    expect(handovers).toEqual([
      { ticket: 't', from: 'a', to: 'b', gapMs: -10 },
      { ticket: 'u', from: 'a', to: 'b', gapMs: -600 },
    ]);
  });

  it('counts a short second holder within the span of the first', () => {
    const sites = [
      { site: 'a', spans: [span('t', 0, 500)] },
      { site: 'b', spans: [span('t', 100, 130)] },
    ];
    expect(findHandovers(sites, 1000)).toEqual([{ ticket: 't', from: 'a', to: 'b', gapMs: -30 }]);
  });

  it('is content with tickets that were handed over in time', () => {
    const sites = [
      { site: 'a', spans: [span('t', 0, 100), span('u', 0, 50)] },
      { site: 'b', spans: [span('t', 104, 300), span('v', 0, 500)] },
    ];
    expect(findHandovers(sites, 1000)).toEqual([{ ticket: 't', from: 'a', to: 'b', gapMs: 4 }]);
  });
});
