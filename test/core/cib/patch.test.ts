import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { adoptConfiguration } from '../../../core/cib/adopt.ts';
import { emptyCib } from '../../../core/cib/empty.ts';
import {
  failCount,
  lastFailureEpochS,
  withFailureCounted,
  withFailuresCleared,
} from '../../../core/cib/fail-count.ts';
import type { OperationResult } from '../../../core/cib/patch-history.ts';
import {
  OP_STATUS,
  withNodeHistoryForgotten,
  withOperationResult,
  withoutOperation,
  withoutResourceHistory,
} from '../../../core/cib/patch-history.ts';
import { withNodeState, withTransientAttribute } from '../../../core/cib/patch-node.ts';
import { withTickets } from '../../../core/cib/patch-ticket.ts';
import { historyOf, nodeStateOf } from '../../../core/cib/query.ts';
import { readCib } from '../../../core/cib/read.ts';
import {
  readVersion,
  versionText,
  withConfigurationChange,
  withStatusChange,
} from '../../../core/cib/version.ts';
import type { XmlElement } from '../../../core/xml/element.ts';
import { attribute, childNamed, descendantsNamed, findById } from '../../../core/xml/element.ts';
import { formatXml, writeXml } from '../../../core/xml/write.ts';
import { cibDocument, lines, webServer, xml } from './cib-text.ts';

const nowEpochMs = 1_795_178_304_693;
const node = { id: '1', name: 'alpha' };
const web = { id: 'web', class: 'ocf', provider: 'heartbeat', type: 'apache' };

const ticketsOf = (root: XmlElement): string => {
  const [tickets] = descendantsNamed(root, 'tickets');
  return tickets === undefined ? '' : writeXml(tickets);
};

const changed = (
  root: XmlElement,
  ticket: string,
  attributes: Record<string, string | null>,
): XmlElement => {
  const result = withTickets(root, [{ ticket, attributes }], nowEpochMs);
  if (!result.ok) throw new Error(result.error.message);
  return result.value;
};

describe('tickets', () => {
  test('the first change makes the section and the state, with the time of the grant', () => {
    expect(ticketsOf(changed(cibDocument({}), 'T1', { granted: 'true' }))).toBe(
      '<tickets><ticket_state id="T1" granted="true" last-granted="1795178304"/></tickets>',
    );
  });

  test.each([
    [
      'a grant while granted keeps the time',
      { granted: 'true', 'last-granted': '5' },
      { granted: 'true' },
      'granted="true" last-granted="5"',
    ],
    [
      'a revoke keeps the time',
      { granted: 'true', 'last-granted': '5' },
      { granted: 'false' },
      'granted="false" last-granted="5"',
    ],
    [
      'another grant sets it',
      { granted: 'false', 'last-granted': '5' },
      { granted: 'yes' },
      'granted="yes" last-granted="1795178304"',
    ],
    [
      'a time that is given counts',
      {},
      { granted: 'true', 'last-granted': '7' },
      'granted="true" last-granted="7"',
    ],
    [
      'others are merged',
      { granted: 'true', colour: 'red' },
      { owner: '-1', term: '3' },
      'granted="true" colour="red" owner="-1" term="3"',
    ],
    ['null removes', { granted: 'true', owner: '4' }, { granted: null }, 'owner="4"'],
    ['an unknown ticket is made', null, { standby: 'true' }, 'standby="true"'],
  ])('%s', (_, before, change, after) => {
    const stored = Object.entries(before ?? {})
      .map(([name, value]) => `${name}="${value}"`)
      .join(' ');
    const root = cibDocument({
      status: before === null ? '' : `<tickets><ticket_state id="T" ${stored}/></tickets>`,
    });
    expect(ticketsOf(changed(root, 'T', change))).toBe(
      `<tickets><ticket_state id="T" ${after}/></tickets>`,
    );
  });

  test('many change at once, in order', () => {
    const result = withTickets(
      cibDocument({}),
      [
        { ticket: 'A', attributes: { granted: 'true' } },
        { ticket: 'B', attributes: { granted: 'false' } },
        { ticket: 'A', attributes: { granted: 'false' } },
      ],
      nowEpochMs,
    );
    expect(result.ok && ticketsOf(result.value)).toBe(
      '<tickets><ticket_state id="A" granted="false" last-granted="1795178304"/><ticket_state id="B" granted="false"/></tickets>',
    );
  });

  test.each([
    ['a name with a blank', 'T', { 'my colour': 'red' }],
    ['an empty name', 'T', { '': 'red' }],
    ['the id', 'T', { id: 'U' }],
    ['a control character in the value', 'T', { colour: '\u001b' }],
    ['an empty ticket name', '', { colour: 'red' }],
    ['a ticket name with a control character', 'T\u0000', { colour: 'red' }],
  ])('%s is refused, and nothing changes', (_, ticket, attributes) => {
    const good = { ticket: 'A', attributes: { granted: 'true' } };
    expect(withTickets(cibDocument({}), [good, { ticket, attributes }], nowEpochMs)).toMatchObject({
      ok: false,
      error: { code: 'cib-bad-ticket-attribute' },
    });
  });
});

describe('versions', () => {
  test('a status change counts updates, a configuration change starts them again', () => {
    const root = cibDocument({});
    expect(versionText(readVersion(withStatusChange(root)))).toBe('0.4.8');
    const configured = withConfigurationChange(withStatusChange(root), nowEpochMs);
    expect(versionText(readVersion(configured))).toBe('0.5.0');
    expect(attribute(configured, 'cib-last-written')).toBe('Fri Nov 20 12:38:24 2026');
    expect(attribute(withStatusChange(root), 'cib-last-written')).toBeNull();
  });
});

const result: OperationResult = {
  operation: 'start',
  intervalMs: 0,
  key: { action: 6, transition: 2, expectedReturnCode: 0, run: 'run-1' },
  callId: 10,
  returnCode: 0,
  status: OP_STATUS.done,
  changedEpochMs: nowEpochMs,
  execMs: 11.4,
  queueMs: 0,
  exitReason: '',
  digest: 'f2317cad3d54cec5d7d7aa7d0bf35cf8',
};
const failedMonitor: OperationResult = {
  ...result,
  operation: 'monitor',
  intervalMs: 10_000,
  callId: 12,
  returnCode: 7,
  exitReason: 'gone "away"\u0000',
};

const recorded = (...results: readonly OperationResult[]): XmlElement =>
  results.reduce(
    (root, one) => withOperationResult(root, node, web, one),
    cibDocument({ resources: webServer }),
  );

describe('history', () => {
  test('a start as Pacemaker records it', () => {
    const [resource] = descendantsNamed(recorded(result), 'lrm_resource');
    expect(resource === undefined ? '' : writeXml(resource)).toBe(
      '<lrm_resource id="web" type="apache" class="ocf" provider="heartbeat">' +
        '<lrm_rsc_op id="web_last_0" operation_key="web_start_0" operation="start" crm-debug-origin="geobooth"' +
        ' crm_feature_set="3.16.1" transition-key="6:2:0:run-1" transition-magic="0:0;6:2:0:run-1" exit-reason=""' +
        ' on_node="alpha" call-id="10" rc-code="0" op-status="0" interval="0" last-rc-change="1795178304"' +
        ' exec-time="11" queue-time="0" op-digest="f2317cad3d54cec5d7d7aa7d0bf35cf8"/></lrm_resource>',
    );
  });

  test('is read back as it was recorded', () => {
    const { cib } = readCib(recorded(result));
    expect(historyOf(cib, 'alpha', 'web')).toEqual({
      resource: 'web',
      class: 'ocf',
      provider: 'heartbeat',
      type: 'apache',
      operations: [
        {
          id: 'web_last_0',
          operation: 'start',
          intervalMs: 0,
          callId: 10,
          returnCode: 0,
          expectedReturnCode: 0,
          status: 0,
          transitionKey: '6:2:0:run-1',
          lastChangeEpochS: 1_795_178_304,
          execMs: 11,
          queueMs: 0,
          exitReason: '',
          digest: result.digest,
        },
      ],
    });
  });

  test('actions share one entry, recurring ones have their own, a failure is kept twice', () => {
    const stop = { ...result, operation: 'stop', callId: 13 };
    const { cib } = readCib(
      recorded(result, { ...failedMonitor, returnCode: 0 }, failedMonitor, stop),
    );
    expect(
      historyOf(cib, 'alpha', 'web')?.operations.map(({ id, callId, returnCode }) => [
        id,
        callId,
        returnCode,
      ]),
    ).toEqual([
      ['web_monitor_10000', 12, 7],
      ['web_last_failure_0', 12, 7],
      ['web_last_0', 13, 0],
    ]);
    expect(historyOf(cib, 'alpha', 'web')?.operations[0]?.exitReason).toBe('gone "away"\ufffd');
  });

  test.each([
    ['as expected', result, false],
    [
      'a probe that found it stopped, as expected',
      { ...result, returnCode: 7, key: { ...result.key, expectedReturnCode: 7 } },
      false,
    ],
    ['another return code', { ...result, returnCode: 1 }, true],
    ['a timeout', { ...result, status: OP_STATUS.timeout }, true],
    ['pending', { ...result, status: OP_STATUS.pending, returnCode: 193 }, false],
    ['cancelled', { ...result, status: OP_STATUS.cancelled, returnCode: 1 }, false],
  ])('%s: kept as a failure %s', (_, one, expected) => {
    const ids = descendantsNamed(recorded(one), 'lrm_rsc_op').map((entry) =>
      attribute(entry, 'id'),
    );
    expect(ids.includes('web_last_failure_0')).toBe(expected);
  });

  test('one recurring operation, a resource, or a node is forgotten', () => {
    const root = recorded(result, { ...failedMonitor, returnCode: 0 });
    const names = (of: XmlElement): readonly string[] =>
      descendantsNamed(of, 'lrm_rsc_op').map((entry) => attribute(entry, 'id') ?? '');
    const recurring = { operation: 'monitor', intervalMs: 10_000 };
    expect(names(withoutOperation(root, node, 'web', recurring))).toEqual(['web_last_0']);
    expect(descendantsNamed(withoutResourceHistory(root, node, 'web'), 'lrm_resource')).toEqual([]);
    expect(withoutResourceHistory(root, node, 'ghost')).toBe(root);
    expect(withoutResourceHistory(xml('<cib/>'), node, 'web')).toEqual(xml('<cib/>'));
    expect(descendantsNamed(withNodeHistoryForgotten(root, node), 'lrm')).toEqual([]);
  });
});

describe('node states', () => {
  test('are made and changed', () => {
    const online = withNodeState(cibDocument({}), node, {
      in_ccm: 'true',
      crmd: 'online',
      join: 'member',
    });
    const down = withNodeState(online, node, { crmd: 'offline', join: null });
    expect(nodeStateOf(readCib(online).cib, 'alpha')).toMatchObject({
      isMember: true,
      isControllerOnline: true,
    });
    expect(nodeStateOf(readCib(down).cib, 'alpha')).toMatchObject({
      isControllerOnline: false,
      join: null,
    });
  });

  test('transient attributes come and go', () => {
    const set = withTransientAttribute(cibDocument({}), node, 'fail-count-web#monitor_10000', '1');
    expect(descendantsNamed(set, 'nvpair').at(-1)?.attributes).toEqual([
      ['id', 'status-1-fail-count-web.monitor_10000'],
      ['name', 'fail-count-web#monitor_10000'],
      ['value', '1'],
    ]);
    const twice = withTransientAttribute(set, node, 'fail-count-web#monitor_10000', '2');
    expect(nodeStateOf(readCib(twice).cib, 'alpha')?.attributes).toEqual(
      new Map([['fail-count-web#monitor_10000', '2']]),
    );
    const gone = withTransientAttribute(twice, node, 'fail-count-web#monitor_10000', null);
    expect(nodeStateOf(readCib(gone).cib, 'alpha')?.attributes.size).toBe(0);
  });

  test('failures are counted by operation, summed by resource, and cleared', () => {
    const monitor = { resource: 'web', operation: 'monitor', intervalMs: 10_000, isFatal: false };
    const start = { resource: 'web', operation: 'start', intervalMs: 0, isFatal: true };
    const other = { ...monitor, resource: 'web2' };
    const at = (root: XmlElement) => ({ node, state: nodeStateOf(readCib(root).cib, 'alpha') });
    let root = cibDocument({});
    for (const failed of [monitor, monitor, other])
      root = withFailureCounted(root, at(root), failed, nowEpochMs);
    const state = at(root).state;
    if (state === null) throw new Error('the node state is missing');
    expect([failCount(state, 'web'), failCount(state, 'web2'), failCount(state, 'we')]).toEqual([
      2, 1, 0,
    ]);
    expect([lastFailureEpochS(state, 'web'), lastFailureEpochS(state, 'x')]).toEqual([
      1_795_178_304,
      null,
    ]);
    root = withFailureCounted(root, at(root), start, nowEpochMs);
    expect(at(root).state?.attributes.get('fail-count-web#start_0')).toBe('INFINITY');
    root = withFailuresCleared(root, at(root), 'web');
    expect([...(at(root).state?.attributes.keys() ?? [])]).toEqual([
      'fail-count-web2#monitor_10000',
      'last-failure-web2#monitor_10000',
    ]);
  });
});

describe('a foreign edit', () => {
  const ours = recorded(result);
  const edited = (text: string): XmlElement =>
    xml(writeXml(ours).replace('epoch="4"', 'epoch="9"').replace('value="8080"', text));

  test('only its configuration is taken over, under a higher version', () => {
    const adoption = adoptConfiguration(ours, edited('value="9090"'), nowEpochMs);
    if (adoption.kind !== 'adopted') throw new Error(adoption.kind);
    expect(attribute(findById(adoption.root, 'web-i-port') ?? ours, 'value')).toBe('9090');
    expect(childNamed(adoption.root, 'status')).toBe(childNamed(ours, 'status'));
    expect(versionText(readVersion(adoption.root))).toBe('0.10.0');
  });

  test('of status or layout only, is none', () => {
    const foreign = xml(formatXml(ours).replace('rc-code="0"', 'rc-code="7"'));
    expect(adoptConfiguration(ours, foreign, nowEpochMs)).toEqual({ kind: 'unchanged' });
  });

  test('with errors is refused with all of them', () => {
    const adoption = adoptConfiguration(ours, edited('value="1"/><nvpair id="web"'), nowEpochMs);
    expect(adoption.kind).toBe('refused');
    expect(adoption.kind === 'refused' && lines(adoption.problems)[0]).toContain(
      'id "web" is used by',
    );
    expect(adoptConfiguration(ours, xml('<html/>'), nowEpochMs).kind).toBe('refused');
  });
});

describe('what we make', () => {
  const hasCrmVerify = spawnSync('crm_verify', ['--version']).error === undefined;

  test('a fresh cib has its node online and no problem', () => {
    const { cib, problems } = readCib(emptyCib(node, nowEpochMs));
    expect(problems).toEqual([]);
    expect(nodeStateOf(cib, 'alpha')).toMatchObject({ isMember: true, isControllerOnline: true });
    expect(cib.hasQuorum).toBe(true);
  });

  test.skipIf(!hasCrmVerify)(
    `is accepted by Pacemaker's crm_verify${hasCrmVerify ? '' : ' (skipped: crm_verify is not installed)'}`,
    () => {
      const folder = mkdtempSync(join(tmpdir(), 'cib-'));
      try {
        const fresh = emptyCib(node, nowEpochMs);
        const granted = changed(fresh, 'T', { granted: 'true', owner: '-1' });
        const full = [result, failedMonitor].reduce(
          (root, one) => withOperationResult(root, node, web, one),
          withStatusChange(granted),
        );
        const adopted = adoptConfiguration(
          full,
          cibDocument({
            resources: webServer,
            constraints: '<rsc_ticket id="t" ticket="T" rsc="web" loss-policy="stop"/>',
          }),
          nowEpochMs,
        );
        if (adopted.kind !== 'adopted') throw new Error(adopted.kind);
        for (const root of [fresh, granted, adopted.root]) {
          const file = join(folder, 'cib.xml');
          writeFileSync(file, formatXml(root));
          const { status, stderr } = spawnSync('crm_verify', ['-V', '-x', file], {
            encoding: 'utf8',
          });
          expect([status, stderr.includes('error')]).toEqual([0, false]);
        }
      } finally {
        rmSync(folder, { recursive: true });
      }
    },
  );
});
