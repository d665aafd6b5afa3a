import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  clusterFlag,
  historyOf,
  lossPolicyFor,
  nodeStateOf,
  operationTimeoutMs,
} from '../../../core/cib/query.ts';
import { readCib } from '../../../core/cib/read.ts';
import { readXml } from '../../../core/xml/read.ts';
import { xmlTree } from '../xml/arbitrary.ts';
import { cibDocument, lines, read, webServer, xml } from './cib-text.ts';

const dummy = (id: string, inside = ''): string =>
  `<primitive id="${id}" class="ocf" provider="pacemaker" type="Dummy">${inside}</primitive>`;
const meta = (id: string, pairs: Record<string, string>): string =>
  `<meta_attributes id="${id}">${Object.entries(pairs)
    .map(([name, value]) => `<nvpair id="${id}-${name}" name="${name}" value="${value}"/>`)
    .join('')}</meta_attributes>`;

describe('resources', () => {
  test('a primitive with its agent, parameters and operations', () => {
    const { cib, problems } = read({ resources: webServer });
    expect(problems).toEqual([]);
    expect(cib.resources).toEqual([
      {
        kind: 'primitive',
        id: 'web',
        class: 'ocf',
        provider: 'heartbeat',
        type: 'apache',
        instanceAttributes: new Map([['port', '8080']]),
        metaAttributes: new Map(),
        operations: [
          expect.objectContaining({
            name: 'monitor',
            intervalMs: 10_000,
            timeoutMs: 5000,
            onFail: 'restart',
          }),
          expect.objectContaining({
            name: 'start',
            intervalMs: 0,
            timeoutMs: 60_000,
            onFail: null,
          }),
        ],
      },
    ]);
  });

  test('timeouts: the operation, its meta-attributes, the defaults, 20 s', () => {
    const ops = `<operations><op id="m" name="monitor" interval="10s">${meta('m-m', { timeout: '7s' })}</op>
      <op id="s" name="start" interval="0"/></operations>`;
    const { cib } = read({
      resources: dummy('a', ops),
      more: `<op_defaults>${meta('od', { timeout: '33s' })}</op_defaults>`,
    });
    const [a] = cib.resources;
    if (a?.kind !== 'primitive') throw new Error('the primitive is missing');
    expect(a.operations.map(({ timeoutMs }) => timeoutMs)).toEqual([7000, 33_000]);
    expect(operationTimeoutMs(cib, a, { name: 'monitor', intervalMs: 10_000 })).toBe(7000);
    expect(operationTimeoutMs(cib, a, { name: 'stop', intervalMs: 0 })).toBe(33_000);
    expect(operationTimeoutMs(read({}).cib, a, { name: 'stop', intervalMs: 0 })).toBe(20_000);
  });

  test('option blocks: falling score, the first value of a name, references followed', () => {
    const { cib, problems } = read({
      resources: `${dummy(
        'a',
        `<instance_attributes id="low" score="1"><nvpair id="l1" name="x" value="low"/><nvpair id="l2" name="y" value="low"/></instance_attributes>
        <instance_attributes id="high" score="INFINITY"><nvpair id="h1" name="x" value="high"/></instance_attributes>`,
      )}
        ${dummy('b', '<instance_attributes id-ref="low"/><instance_attributes id="own"><nvpair id-ref="h1" name="z"/></instance_attributes>')}`,
    });
    expect(problems).toEqual([]);
    expect(
      cib.resources.map((found) => found.kind === 'primitive' && found.instanceAttributes),
    ).toEqual(
      [
        new Map([
          ['x', 'high'],
          ['y', 'low'],
        ]),
        new Map([
          ['z', 'high'],
          ['x', 'low'],
          ['y', 'low'],
        ]),
      ].map(
        (expected) => expect.toSatisfy((actual: unknown) => sameMap(actual, expected)) as unknown,
      ),
    );
  });

  test('the bootstrap options win whatever the scores, and older names are found', () => {
    const { cib } = readCib(
      xml(`<cib><configuration><crm_config>
        <cluster_property_set id="other" score="1000"><nvpair id="a" name="stonith-enabled" value="true"/></cluster_property_set>
        <cluster_property_set id="cib-bootstrap-options"><nvpair id="b" name="stonith-enabled" value="off"/></cluster_property_set>
      </crm_config></configuration></cib>`),
    );
    expect(clusterFlag(cib, 'fencing-enabled', true)).toBe(false);
    expect(clusterFlag(cib, 'maintenance-mode', false)).toBe(false);
  });

  test.each([
    ['a clone', `<clone id="c">${dummy('a')}</clone>`, 'clone "c"'],
    ['a bundle', '<bundle id="c"/>', 'bundle "c"'],
    ['an old promotable clone', `<master id="c">${dummy('a')}</master>`, 'master "c"'],
    ['a template', '<template id="c" class="ocf" provider="p" type="t"/>', 'template "c"'],
    [
      'a primitive from a template',
      '<primitive id="c" template="t"/>',
      'primitive "c" is made from a template, which',
    ],
    ['utilization', dummy('a', '<utilization id="u"/>'), 'utilization of primitive "a"'],
    [
      'parameters that depend on a rule',
      dummy(
        'a',
        '<instance_attributes id="i"><rule id="r" score="1"/><nvpair id="n" name="x" value="1"/></instance_attributes>',
      ),
      'instance_attributes "i" depends on a rule, which',
    ],
  ])('%s is not understood, and that is said', (_, resources, what) => {
    const { problems } = read({ resources });
    expect(lines(problems)).toEqual([
      `warning cib-unsupported: ${what} is not understood by this version and ignored`,
    ]);
  });

  test('a group with a member that is not understood is ignored as a whole', () => {
    const { cib, problems } = read({
      resources: `<group id="g">${dummy('a')}<primitive id="b" template="t"/></group>`,
    });
    expect(cib.resources).toEqual([]);
    expect(lines(problems)).toContain(
      'warning cib-unsupported: group "g" has a member that is not understood; the whole group is not understood by this version and ignored',
    );
  });

  test.each([
    ['a group without members', '<group id="g"/>', 'cib-missing-attribute'],
    ['a primitive without class', '<primitive id="a" type="t"/>', 'cib-missing-attribute'],
    [
      'class ocf without provider',
      '<primitive id="a" class="ocf" type="t"/>',
      'cib-missing-attribute',
    ],
    [
      'an agent that is a path',
      '<primitive id="a" class="ocf" provider="../.." type="t"/>',
      'cib-bad-agent',
    ],
    [
      'an agent type that is a path',
      '<primitive id="a" class="ocf" provider="p" type="x/y"/>',
      'cib-bad-agent',
    ],
    [
      'a fence agent above its folder',
      '<primitive id="a" class="stonith" type="external/../x"/>',
      'cib-bad-agent',
    ],
    ['an id used twice', dummy('a') + dummy('a'), 'cib-duplicate-id'],
    [
      'a bad interval',
      dummy('a', '<operations><op id="o" name="monitor" interval="soon"/></operations>'),
      'cib-bad-duration',
    ],
    [
      'a bad timeout',
      dummy('a', '<operations><op id="o" name="start" interval="0" timeout="-1s"/></operations>'),
      'cib-bad-duration',
    ],
    [
      'a bad on-fail',
      dummy('a', '<operations><op id="o" name="start" interval="0" on-fail="pray"/></operations>'),
      'cib-bad-value',
    ],
    [
      'a bad enabled',
      dummy(
        'a',
        '<operations><op id="o" name="start" interval="0" enabled="perhaps"/></operations>',
      ),
      'cib-bad-value',
    ],
    [
      'an operation without a name',
      dummy('a', '<operations><op id="o" interval="0"/></operations>'),
      'cib-missing-attribute',
    ],
    [
      'an operation configured twice',
      dummy(
        'a',
        '<operations><op id="o" name="monitor" interval="10"/><op id="p" name="monitor" interval="10s"/></operations>',
      ),
      'cib-duplicate-operation',
    ],
    [
      'a reference to nothing',
      dummy('a', '<meta_attributes id-ref="nowhere"/>'),
      'cib-missing-reference',
    ],
    ['a score that is none', dummy('a', '<meta_attributes id="m" score="high"/>'), 'cib-bad-score'],
    [
      'an option without a name',
      dummy('a', '<meta_attributes id="m"><nvpair id="n" value="1"/></meta_attributes>'),
      'cib-missing-attribute',
    ],
  ])('%s is an error', (_, resources, code) => {
    const { problems } = read({ resources });
    expect(problems.map((found) => [found.severity, found.code])).toContainEqual(['error', code]);
  });
});

describe('ticket constraints', () => {
  const resources = `${webServer}<group id="g">${dummy('a')}${dummy('b')}</group>`;
  const constraint = (text: string): ReturnType<typeof read> =>
    read({ resources, constraints: text });

  test('on one resource', () => {
    const { cib, problems } = constraint(
      '<rsc_ticket id="t" ticket="apacheticket" rsc="g" loss-policy="stop"/>',
    );
    expect(problems).toEqual([]);
    expect(cib.constraints).toEqual([
      {
        kind: 'ticket',
        id: 't',
        ticket: 'apacheticket',
        targets: [{ resource: 'g', role: null }],
        lossPolicy: 'stop',
      },
    ]);
    expect(cib.tickets.get('apacheticket')).toMatchObject({ isGranted: false, isStandby: false });
  });

  test('on sets, each with its role, and on a tag', () => {
    const { cib } = read({
      resources,
      constraints: `<rsc_ticket id="t" ticket="T"><resource_set id="s1" role="Master"><resource_ref id="a"/><resource_ref id="b"/></resource_set>
        <resource_set id="s2"><resource_ref id="all"/></resource_set></rsc_ticket>`,
      more: '<tags><tag id="all"><obj_ref id="web"/><obj_ref id="g"/></tag></tags>',
    });
    expect(cib.constraints[0]?.targets).toEqual([
      { resource: 'a', role: 'Promoted' },
      { resource: 'b', role: 'Promoted' },
      { resource: 'web', role: null },
      { resource: 'g', role: null },
    ]);
  });

  test('without a policy stop, or demote for the promoted role', () => {
    const { cib } = constraint('<rsc_ticket id="t" ticket="T" rsc="web"/>');
    const [found] = cib.constraints;
    if (found === undefined) throw new Error('the constraint is missing');
    expect([
      lossPolicyFor(found, null),
      lossPolicyFor(found, 'Started'),
      lossPolicyFor(found, 'Promoted'),
    ]).toEqual(['stop', 'stop', 'demote']);
    expect(lossPolicyFor({ ...found, lossPolicy: 'freeze' }, 'Promoted')).toBe('freeze');
  });

  test('policy fence without fencing is said to act as stop', () => {
    const { problems } = constraint(
      '<rsc_ticket id="t" ticket="T" rsc="web" loss-policy="fence"/>',
    );
    expect(lines(problems)).toEqual([
      'warning cib-fence-without-fencing: rsc_ticket "t": loss-policy "fence" acts as "stop" because fencing is not enabled',
    ]);
  });

  test.each([
    ['an unknown policy', '<rsc_ticket id="t" ticket="T" rsc="web" loss-policy="pray"/>'],
    ['an unknown role', '<rsc_ticket id="t" ticket="T" rsc="web" rsc-role="King"/>'],
    ['an unknown attribute', '<rsc_ticket id="t" ticket="T" rsc="web" if="monday"/>'],
    ['no ticket', '<rsc_ticket id="t" rsc="web"/>'],
    ['an empty ticket', '<rsc_ticket id="t" ticket="" rsc="web"/>'],
    ['a rule inside', '<rsc_ticket id="t" ticket="T" rsc="web"><rule id="r"/></rsc_ticket>'],
    [
      'both ways to name a resource',
      '<rsc_ticket id="t" ticket="T" rsc="web"><resource_set id="s"><resource_ref id="a"/></resource_set></rsc_ticket>',
    ],
    [
      'a set with an unknown role',
      '<rsc_ticket id="t" ticket="T"><resource_set id="s" role="King"><resource_ref id="web"/></resource_set></rsc_ticket>',
    ],
  ])('with %s: an error, and the resource is unsafe', (_, text) => {
    const { cib, problems } = constraint(text);
    expect(problems[0]).toMatchObject({ severity: 'error', code: 'cib-ticket-constraint' });
    expect(cib.unsafe.get('web')).toContain('ticket constraint "t" is not understood');
    expect(cib.constraints).toEqual([]);
  });

  test('with a set of another constraint whose role is unknown: the members are unsafe', () => {
    const { cib, problems } = constraint(
      `<rsc_colocation id="c"><resource_set id="s" role="King"><resource_ref id="web"/></resource_set></rsc_colocation>
       <rsc_ticket id="t" ticket="T"><resource_set id-ref="s"/></rsc_ticket>`,
    );
    expect(problems[0]).toMatchObject({ severity: 'error', code: 'cib-ticket-constraint' });
    expect([...cib.unsafe.keys()]).toEqual(['web']);
  });

  test('on nothing, or on what does not exist: an error', () => {
    expect(constraint('<rsc_ticket id="t" ticket="T"/>').problems[0]?.code).toBe(
      'cib-ticket-constraint',
    );
    expect(lines(constraint('<rsc_ticket id="t" ticket="T" rsc="ghost"/>').problems)).toEqual([
      'error cib-missing-resource: rsc_ticket "t" names resource "ghost", which does not exist, add it or remove the constraint',
    ]);
  });

  test('on a resource that is ignored: said so, with the constraint', () => {
    const { problems } = read({
      resources: `<clone id="c">${dummy('a')}</clone>`,
      constraints: '<rsc_ticket id="t" ticket="T" rsc="c"/>',
    });
    expect(lines(problems)).toContain(
      'warning cib-unsupported: rsc_ticket "t": resource "c" is not understood by this version and ignored',
    );
  });

  test('other constraints are not understood, and what they name must exist', () => {
    const { problems } = constraint(
      '<rsc_location id="l" rsc="web" node="alpha" score="1"/><rsc_order id="o" first="web" then="ghost"/>',
    );
    expect(lines(problems)).toEqual([
      'error cib-missing-resource: rsc_order "o" names resource "ghost", which does not exist, add it or remove the constraint',
      'warning cib-unsupported: rsc_location "l" is not understood by this version and ignored',
      'warning cib-unsupported: rsc_order "o" is not understood by this version and ignored',
    ]);
  });
});

describe('status', () => {
  test('tickets as booth and crm_ticket write them', () => {
    const { cib } = read({
      status: `<tickets><ticket_state id="T" granted="yes" last-granted="1795178304" standby="false" owner="-1"
        expires="1795178365" term="3" booth-cfg-name="booth" colour="red"/><ticket_state id="U" granted="perhaps"/></tickets>`,
    });
    expect(cib.tickets.get('T')).toEqual({
      id: 'T',
      isGranted: true,
      isStandby: false,
      lastGrantedEpochS: 1_795_178_304,
      owner: '-1',
      expires: '1795178365',
      term: '3',
      attributes: new Map([
        ['booth-cfg-name', 'booth'],
        ['colour', 'red'],
      ]),
    });
    expect(cib.tickets.get('U')?.isGranted).toBe(false);
  });

  test('nodes in the older words and the newer times, with transient attributes', () => {
    const { cib } = read({
      status: `<node_state id="1" uname="alpha" in_ccm="true" crmd="online" join="member" expected="member">
          <transient_attributes id="1"><instance_attributes id="status-1"><nvpair id="status-1-s" name="shutdown" value="5"/></instance_attributes></transient_attributes>
        </node_state>
        <node_state id="2" uname="beta" in_ccm="1795178304" crmd="0"/><node_state id="3" uname="gamma"/>`,
    });
    expect(
      cib.nodeStates.map(({ isMember, isControllerOnline }) => [isMember, isControllerOnline]),
    ).toEqual([
      [true, true],
      [true, false],
      [false, false],
    ]);
    expect(nodeStateOf(cib, 'alpha')?.attributes.get('shutdown')).toBe('5');
    expect(nodeStateOf(cib, 'delta')).toBeNull();
  });

  test('history by call id, pending last, whatever the order in the file', () => {
    const entry = (id: string, callId: number, more = ''): string =>
      `<lrm_rsc_op id="${id}" operation="monitor" call-id="${callId}" rc-code="0" op-status="0" interval="0" ${more}/>`;
    const { cib, problems } = read({
      status: `<node_state id="1" uname="alpha"><lrm id="1"><lrm_resources><lrm_resource id="web" class="ocf" provider="heartbeat" type="apache">
        ${entry('pending', -1)}${entry('third', 30, 'last-rc-change="9"')}${entry('second', 30, 'last-rc-change="8"')}
        ${entry('first', 4, 'transition-magic="0:7;3:1:7:run"')}<lrm_rsc_op id="broken"/></lrm_resource></lrm_resources></lrm></node_state>`,
    });
    const history = historyOf(cib, 'alpha', 'web');
    expect(history?.operations.map(({ id }) => id)).toEqual([
      'first',
      'second',
      'third',
      'pending',
    ]);
    expect(history?.operations[0]).toMatchObject({
      expectedReturnCode: 7,
      transitionKey: '3:1:7:run',
    });
    expect(problems.map(({ message }) => message)).toEqual([
      'history entry "broken" (it lacks operation or rc-code) is not understood by this version and ignored',
    ]);
  });
});

describe('the document as a whole', () => {
  test.each([
    ['another root', '<html/>', 'cib-wrong-root'],
    ['no configuration', '<cib/>', 'cib-missing-section'],
    ['two configurations', '<cib><configuration/><configuration/></cib>', 'cib-duplicate-section'],
    [
      'two sections of a name',
      '<cib><configuration><nodes/><nodes/></configuration></cib>',
      'cib-duplicate-section',
    ],
    [
      'two nodes of a name',
      '<cib><configuration><nodes><node id="1" uname="a"/><node id="2" uname="a"/></nodes></configuration></cib>',
      'cib-duplicate-id',
    ],
    [
      'a node without name',
      '<cib><configuration><nodes><node id="1"/></nodes></configuration></cib>',
      'cib-missing-attribute',
    ],
  ])('%s is an error', (_, text, code) => {
    expect(readCib(xml(text)).problems.map((found) => found.code)).toContain(code);
  });

  test('a section that is not understood is named', () => {
    expect(lines(read({ more: '<acls><acl_role id="r"/></acls>' }).problems)).toEqual([
      'warning cib-unsupported: configuration section acls is not understood by this version and ignored',
    ]);
  });

  test('version, schema and quorum', () => {
    const { cib } = readCib({
      ...cibDocument({}),
      attributes: [...cibDocument({}).attributes, ['have-quorum', '1']],
    });
    expect(cib).toMatchObject({
      version: { adminEpoch: 0, epoch: 4, numUpdates: 7 },
      schema: 'pacemaker-3.9',
      hasQuorum: true,
    });
  });

  test('any tree is read without a throw', () => {
    fc.assert(
      fc.property(
        xmlTree,
        fc.constantFrom('resources', 'constraints', 'nodes', 'crm_config'),
        (tree, name) => {
          const section = { ...tree, name };
          const root = {
            ...tree,
            name: 'cib',
            children: [{ ...tree, name: 'configuration', children: [section] }],
          };
          expect(readCib(tree).problems.length).toBeGreaterThan(0);
          expect(readCib(root).cib.resources).toEqual([]);
        },
      ),
    );
  });

  const folder = join(import.meta.dirname, '../../../../shared/conformance/scheduler/xml');
  const isHere = existsSync(folder);
  test.skipIf(!isHere)(
    `every scheduler CIB has a model without errors${isHere ? '' : ' (skipped: the conformance data are not here)'}`,
    () => {
      const errors = readdirSync(folder).flatMap((name) => {
        const document = readXml(readFileSync(join(folder, name), 'utf8'));
        if (!document.ok) return [`${name}: ${document.error.message}`];
        return lines(readCib(document.value).problems)
          .filter((line) => line.startsWith('error'))
          .map((line) => `${name}: ${line}`);
      });
      expect(errors).toEqual([]);
    },
  );
});

const sameMap = (actual: unknown, expected: ReadonlyMap<string, string>): boolean =>
  actual instanceof Map &&
  actual.size === expected.size &&
  [...expected].every(([name, value]) => actual.get(name) === value);
