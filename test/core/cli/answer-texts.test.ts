import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseAttributeList } from '../../../core/cli/answer/attribute-list.ts';
import { parseStatusLine, renderStatusLine } from '../../../core/cli/answer/daemon-status-line.ts';
import { parsePeerList } from '../../../core/cli/answer/peer-list.ts';
import { parseTicketList } from '../../../core/cli/answer/ticket-list.ts';

const unheld = {
  state: 'nobody',
  leader: null,
  expires: null,
  commitPendingUntil: null,
  mode: 'automatic',
};

describe('the answer to list', () => {
  test.each([
    ['ticket: ticket-web, leader: none', { ticket: 'ticket-web', ...unheld }],
    ['ticket: t/1, leader: NONE', { ticket: 't/1', ...unheld, state: 'unknown' }],
    [
      'ticket: t, leader: NONE [manual mode]',
      { ticket: 't', ...unheld, state: 'unknown', mode: 'manual' },
    ],
    [
      'ticket: t, leader: 192.0.2.11, expires: 2026-11-20 12:57:35',
      {
        ...unheld,
        ticket: 't',
        state: 'granted',
        leader: '192.0.2.11',
        expires: '2026-11-20 12:57:35',
      },
    ],
    [
      'ticket: t, leader: 2001:db8::11, expires: 2026-11-20 12:57:35 (commit pending until 2026-11-20 12:57:32)',
      {
        ...unheld,
        ticket: 't',
        state: 'granted',
        leader: '2001:db8::11',
        expires: '2026-11-20 12:57:35',
        commitPendingUntil: '2026-11-20 12:57:32',
      },
    ],
    [
      'ticket: t, leader: 192.0.2.11, expires: INF [manual mode]',
      { ...unheld, ticket: 't', state: 'granted', leader: '192.0.2.11', mode: 'manual' },
    ],
  ])('%s', (line, ticket) => {
    expect(parseTicketList(`${line}\n`)).toEqual({
      ok: true,
      value: { tickets: [ticket], warnings: [] },
    });
  });

  test('may be empty, and names manual tickets granted twice', () => {
    expect(parseTicketList('')).toEqual({ ok: true, value: { tickets: [], warnings: [] } });
    const text =
      'ticket: m, leader: none\n\nWARNING: The ticket m is granted to multiple sites: 192.0.2.11, 192.0.2.12. Revoke the ticket from the faulty sites.\n';
    expect(parseTicketList(text)).toMatchObject({
      value: { warnings: [{ ticket: 'm', sites: ['192.0.2.11', '192.0.2.12'] }] },
    });
  });

  test.each([
    'ticket: t',
    'ticket: t, leader: 192.0.2.11',
    'ticket: t, leader: none, expires: INF',
    'ticket: t, leader: none [Manual mode]',
    'ticket: t_1, leader: none',
    ' ticket: t, leader: none',
    'ticket: t, leader: 192.0.2.11, expires: soon',
    'ticket: t, leader: \u001b[31m, expires: INF x',
    'WARNING: something else',
  ])('is refused with the line %j', (line) => {
    const text = `ticket: a, leader: none\n${line}\n`;
    expect(parseTicketList(text)).toMatchObject({
      ok: false,
      error: { code: 'unexpected-answer', message: expect.stringContaining('line 2') },
    });
  });
});

const block = [
  'site         192.0.2.12, last recv: 2026-11-20 12:55:58',
  '\tSent pkts:10 error:1 resends:2',
  '\tRecv pkts:5 error:3 authfail:4 invalid:6',
  '',
];

describe('the answer to peers', () => {
  test('is one block a member', () => {
    const text = [...block, 'arbitrator   ::1, last recv: 1970-01-01 00:00:00', ...block.slice(1)];
    expect(parsePeerList(`${text.join('\n')}\n`)).toMatchObject({
      value: [
        {
          role: 'site',
          address: '192.0.2.12',
          lastReceived: '2026-11-20 12:55:58',
          sent: { packets: 10, errors: 1, resends: 2 },
          received: { packets: 5, errors: 3, authenticationFailures: 4, invalid: 6 },
        },
        { role: 'arbitrator', address: '::1' },
      ],
    });
    expect(parsePeerList('')).toEqual({ ok: true, value: [] });
  });

  test('is refused when a block is cut or foreign', () => {
    expect(parsePeerList(block.slice(0, 2).join('\n'))).toMatchObject({ ok: false });
    expect(parsePeerList('hello\n')).toMatchObject({ ok: false });
  });
});

describe('the answer to geostore list', () => {
  test('is name, value with blanks, and time or nothing', () => {
    const text = 'b  2026-11-21 09:16:36\na x y 2026-11-21 09:16:36\nc v \n';
    expect(parseAttributeList(text)).toEqual({
      ok: true,
      value: [
        { name: 'b', value: '', setAt: '2026-11-21 09:16:36' },
        { name: 'a', value: 'x y', setAt: '2026-11-21 09:16:36' },
        { name: 'c', value: 'v', setAt: null },
      ],
    });
    expect(parseAttributeList('junk\n')).toMatchObject({ ok: false });
  });
});

describe('the line of status', () => {
  const content =
    "booth_pid=7 booth_state=started booth_type=site booth_cfg_name='b' booth_id=11 booth_addr_string='192.0.2.1' booth_port=9929";

  test('is the lock and what the daemon wrote', () => {
    const line = renderStatusLine({ pid: 7, path: '/run/b.pid' }, content);
    expect(line).toBe(`booth_lockpid=7 booth_lockfile='/run/b.pid' ${content}`);
    expect(parseStatusLine(line)).toMatchObject({
      booth_lockfile: '/run/b.pid',
      booth_cfg_name: 'b',
      booth_port: '9929',
    });
  });

  test('survives a quote in the path', () => {
    const line = renderStatusLine({ pid: 7, path: "/run/it's.pid" }, 'booth_pid=7');
    expect(line).toBe(String.raw`booth_lockpid=7 booth_lockfile='/run/it'\''s.pid' booth_pid=7`);
    expect(parseStatusLine(line)).toMatchObject({ booth_lockfile: "/run/it's.pid" });
  });

  test('is no record when a word is no assignment', () => {
    expect(parseStatusLine('booth_pid=1 rm -rf')).toBeNull();
  });
});

const vectors = join(import.meta.dirname, '../../../../shared/vectors/booth-packets.json');

describe.skipIf(!existsSync(vectors))('texts captured from C daemons (needs the vectors)', () => {
  const texts = existsSync(vectors) ? capturedTexts(readFileSync(vectors, 'utf8')) : [];

  test('every list and peers text is understood', () => {
    expect(texts.filter((text) => text.startsWith('ticket: ')).length).toBeGreaterThan(10);
    for (const text of texts) {
      const parsed = /^(site|arbitrator) /.test(text) ? parsePeerList(text) : parseTicketList(text);
      expect(parsed, text).toMatchObject({ ok: true });
    }
  });
});

/** Texts of list and peers answers, found by their first words in the packets' bytes. */
function capturedTexts(json: string): readonly string[] {
  return [...json.matchAll(/"([0-9a-f]{100,})"/g)].flatMap((match) => {
    const bytes = Buffer.from(match[1] ?? '', 'hex');
    if (bytes.readUInt32BE(28) !== 0x524c7374) return [];
    const text = bytes.subarray(bytes.readUInt32BE(0) & 1 ? 76 : 48).toString('latin1');
    return text === '' ? [] : [text];
  });
}
