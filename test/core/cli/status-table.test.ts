import { describe, expect, test } from 'vitest';
import { renderStatus } from '../../../core/cli/render/status-table.ts';
import type { ClusterState } from '../../../core/cli/commands/cluster-state.ts';
import type { ShownRing } from '../../../core/cli/commands/shown-status.ts';

const ring: ShownRing = {
  name: 'ring',
  server: '192.0.2.1',
  tickets: [
    {
      ticket: 'web',
      state: 'granted',
      leader: '192.0.2.1',
      expires: '2026-11-20 12:57:35',
      commitPendingUntil: '2026-11-20 12:57:32',
      mode: 'automatic',
    },
    {
      ticket: 'man',
      state: 'granted',
      leader: '192.0.2.2',
      expires: null,
      commitPendingUntil: null,
      mode: 'manual',
    },
    {
      ticket: 'db',
      state: 'unknown',
      leader: null,
      expires: null,
      commitPendingUntil: null,
      mode: 'automatic',
    },
  ],
  warnings: [{ ticket: 'man', sites: ['192.0.2.1', '192.0.2.2'] }],
  peers: [
    {
      role: 'arbitrator',
      address: '192.0.2.3',
      lastReceived: '1970-01-01 00:00:00',
      sent: { packets: 4, errors: 1, resends: 0 },
      received: { packets: 0, errors: 0, authenticationFailures: 0, invalid: 0 },
    },
  ],
  holdsUsualLock: false,
};

const cluster: ClusterState = {
  path: '/var/lib/geobooth/ring/cib.xml',
  guardTrouble: null,
  resources: [
    {
      id: 'ip',
      agent: 'ocf:heartbeat:Dummy',
      group: null,
      tickets: ['web'],
      state: 'failed',
      node: 'alpha',
      reason: 'bad \u001b[2J thing',
    },
  ],
};

describe('the page of geo status', () => {
  test('reads as a person would want it', () => {
    expect(renderStatus({ ring, cluster }, { isColoured: false })).toBe(
      [
        'Ring ring, as 192.0.2.1 sees it; daemon answers, but nobody holds its usual lock file',
        '',
        'Ticket  Held by    Expires              Mode',
        'web     192.0.2.1  2026-11-20 12:57:35  automatic  commit pending until 2026-11-20 12:57:32',
        'man     192.0.2.2  never                manual',
        'db      unknown                         automatic',
        '',
        'ticket man is granted to 192.0.2.1 and 192.0.2.2: revoke one of them',
        '',
        'Peer       Role        Last heard  Sent / received  Errors',
        '192.0.2.3  arbitrator  never       4 / 0            1',
        '',
        'Resource  Agent                State                               Ticket',
        'ip        ocf:heartbeat:Dummy  failed on alpha: bad \\x1b[2J thing  web',
        '',
      ].join('\n'),
    );
  });

  test('has colours only where they are wanted', () => {
    const page = renderStatus({ ring, cluster }, { isColoured: true });
    expect(page).toContain('\u001b[32m192.0.2.1\u001b[0m');
    expect(page).toContain('\u001b[31mfailed\u001b[0m');
  });

  test('says why there is no guard', () => {
    const troubled = { ...cluster, guardTrouble: 'the watchdog\u0007 is busy' };
    const page = renderStatus({ ring, cluster: troubled }, { isColoured: false });
    expect(page).toContain('\nno guard to rely on: the watchdog\\x07 is busy\n\nResource');
  });

  test('says in words that there is nothing', () => {
    const page = renderStatus(
      { ring: { ...ring, tickets: [], warnings: [], peers: [] }, cluster: null },
      { isColoured: false },
    );
    expect(page).toMatch(/Tickets: none configured\n\nPeers: none\n\nCluster: none embedded/);
  });
});
