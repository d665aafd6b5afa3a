// A small language for scheduler tests: what is configured, what happened, what is planned.
import type { HistoryEntry } from '../../../core/cib/model.ts';
import { operationKey } from '../../../core/cib/patch-history.ts';
import { readCib } from '../../../core/cib/read.ts';
import type { Cib } from '../../../core/cib/model.ts';
import type { Transition } from '../../../core/scheduler/plan.ts';
import type { InFlight, TicketDoubt } from '../../../core/scheduler/scene.ts';
import { schedule } from '../../../core/scheduler/schedule.ts';
import { cibDocument } from '../cib/cib-text.ts';

export interface Site {
  /** Ids of primitives, or `GROUP: a b c`. */
  readonly resources: readonly string[];
  /** `TICKET RESOURCE [ROLE] [POLICY]`, RESOURCE may be several joined by `+`: a resource set. */
  readonly tickets?: readonly string[];
  /** `TICKET granted|standby|revoked`. */
  readonly states?: readonly string[];
  /** By resource, oldest first: `start`, `stop=1`, `monitor` (10 s), `monitor=7`, `probe=0`. */
  readonly history?: Readonly<Record<string, string>>;
  /** Meta-attributes by resource or group, `name=value …`. */
  readonly meta?: Readonly<Record<string, string>>;
  /** Cluster properties, `name=value …`. */
  readonly options?: string;
  /** Attributes of operations by resource: `monitor on-fail=block`. */
  readonly operations?: Readonly<Record<string, string>>;
  /** Transient node attributes, `name=value …`. */
  readonly transient?: string;
  readonly nodeAttributes?: string;
  readonly inFlight?: readonly InFlight[];
  readonly nowEpochS?: number;
  /** By ticket. */
  readonly doubts?: Readonly<Record<string, TicketDoubt>>;
}

/** Runs the scheduler on the described site; operations in the history happened at second 1000. */
export const planned = (site: Site): Transition =>
  schedule(cibOf(site), {
    nowEpochS: site.nowEpochS ?? 1001,
    node: 'alpha',
    inFlight: site.inFlight ?? [],
    doubts: new Map(Object.entries(site.doubts ?? {})),
  });

export const cibOf = (site: Site): Cib =>
  readCib(
    cibDocument({
      options: pairs(site.options ?? ''),
      nodes: `<node id="1" uname="alpha"><instance_attributes id="na">${pairs(site.nodeAttributes ?? '')}</instance_attributes></node>`,
      resources: site.resources.map((text) => resource(text, site)).join(''),
      constraints: (site.tickets ?? []).map(constraint).join(''),
      status: `<node_state id="1" uname="alpha" in_ccm="true" crmd="online" join="member" expected="member">
        <transient_attributes id="1"><instance_attributes id="s">${pairs(site.transient ?? '')}</instance_attributes></transient_attributes>
        <lrm id="1"><lrm_resources>${Object.entries(site.history ?? {})
          .map(history)
          .join('')}</lrm_resources></lrm></node_state>
        <tickets>${(site.states ?? []).map(ticketState).join('')}</tickets>`,
    }),
  ).cib;

/** `start a; start b after start a; …` in order, without recurring monitors. */
export const steps = (transition: Transition): string =>
  transition.actions
    .filter(({ kind }) => kind !== 'monitor')
    .map(({ kind, resource: id, after }) => {
      const waits = after.map((key) =>
        key.replace(/^(.+)_(\w+)_0$/, '$2 $1').replace(/^monitor/, 'probe'),
      );
      return `${kind} ${id}${waits.length === 0 ? '' : ` after ${waits.join(' + ')}`}`;
    })
    .join('; ');

/** The reason of the plan for one resource. */
export const reasonFor = (transition: Transition, id: string): string =>
  transition.resources.find(({ resource: name }) => name === id)?.reason ?? 'no such resource';

const words = (text: string): readonly string[] => text.split(/\s+/).filter((word) => word !== '');

const pairs = (text: string): string =>
  words(text)
    .map((word, index) => {
      const [name = '', value = ''] = word.split('=');
      return `<nvpair id="p${index}-${name.replaceAll('#', '.')}" name="${name}" value="${value}"/>`;
    })
    .join('');

function resource(text: string, site: Site): string {
  const [head = '', members] = text.split(':');
  if (members === undefined) return primitive(head, site);
  const inner = words(members).map((id) => primitive(id, site));
  return `<group id="${head}">${metaBlock(head, site)}${inner.join('')}</group>`;
}

function primitive(id: string, site: Site): string {
  const [name = 'monitor', ...attributes] = words(site.operations?.[id] ?? '');
  const configured = attributes.map((word) => word.replace('=', '="') + '"').join(' ');
  const monitor = name === 'monitor' ? configured : '';
  const other =
    name === 'monitor' ? '' : `<op id="${id}-${name}" name="${name}" interval="0" ${configured}/>`;
  return `<primitive id="${id}" class="ocf" provider="geobooth" type="dummy">${metaBlock(id, site)}
    <operations><op id="${id}-monitor" name="monitor" interval="10s" ${monitor}/>${other}</operations></primitive>`;
}

const metaBlock = (id: string, site: Site): string =>
  `<meta_attributes id="${id}-meta">${pairs(site.meta?.[id] ?? '')}</meta_attributes>`;

function constraint(text: string, index: number): string {
  const [ticket = '', target = '', ...rest] = words(text);
  const role = rest.find((word) => /^[A-Z]/.test(word));
  const policy = rest.find((word) => /^[a-z]/.test(word));
  const loss = policy === undefined ? '' : ` loss-policy="${policy}"`;
  const ids = target.split('+');
  if (ids.length === 1) {
    const rscRole = role === undefined ? '' : ` rsc-role="${role}"`;
    return `<rsc_ticket id="t${index}" ticket="${ticket}" rsc="${target}"${rscRole}${loss}/>`;
  }
  const references = ids.map((id) => `<resource_ref id="${id}"/>`).join('');
  return `<rsc_ticket id="t${index}" ticket="${ticket}"${loss}><resource_set id="t${index}-set">${references}</resource_set></rsc_ticket>`;
}

function ticketState(text: string): string {
  const [id = '', state = ''] = words(text);
  const isGranted = state === 'granted' || state === 'standby';
  return `<ticket_state id="${id}" granted="${isGranted}" standby="${state === 'standby'}"/>`;
}

function history([id, operations]: readonly [string, string]): string {
  const entries = words(operations).map((word, index) => entry(id, word, index + 1));
  return `<lrm_resource id="${id}" class="ocf" provider="geobooth" type="dummy">${entries.join('')}</lrm_resource>`;
}

/** Each operation keeps an entry of its own here, so that nothing hides what came before. */
function entry(id: string, word: string, callId: number): string {
  const [name = '', code = '0'] = word.split('=');
  const operation = name === 'probe' ? 'monitor' : name;
  const interval: HistoryEntry['intervalMs'] = name === 'monitor' ? 10_000 : 0;
  const isTimeout = code === 'timeout';
  const digest = interval === 0 ? noParameters : monitorWithDefaultTimeout;
  return `<lrm_rsc_op id="${id}-${callId}" operation_key="${operationKey(id, operation, interval)}" operation="${operation}"
    interval="${interval}" call-id="${callId}" rc-code="${isTimeout ? 1 : code}" op-status="${isTimeout ? 2 : 0}"
    transition-key="1:1:0:run" last-rc-change="1000" op-digest="${digest}"/>`;
}

/** Digests of an operation without parameters, as Pacemaker computes them (pacemaker-scheduler 20). */
const noParameters = 'f2317cad3d54cec5d7d7aa7d0bf35cf8';
const monitorWithDefaultTimeout = '4811cef7f7f94e3a35a70be7916cb2fd';
