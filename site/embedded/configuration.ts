/** The configuration changes under a running cluster, or an operator cleans up. */
import { adoptConfiguration } from '../../core/cib/adopt.ts';
import { withFailuresCleared } from '../../core/cib/fail-count.ts';
import { withoutResourceHistory } from '../../core/cib/patch-history.ts';
import { versionText } from '../../core/cib/version.ts';
import { nodeStateOf } from '../../core/cib/query.ts';
import { readCib } from '../../core/cib/read.ts';
import type { XmlElement } from '../../core/xml/element.ts';
import { updateDoubts } from './doubts.ts';
import { rereadResource } from './history.ts';
import { indexOf } from './state.ts';
import type { Turn } from './turn.ts';
import { changeDocument, changeStatus, emit, log, markDrains } from './turn.ts';

/** Takes over the configuration of a document that somebody else wrote; our status stays. */
export function adoptForeign(turn: Turn, foreign: XmlElement): void {
  const { state, moment } = turn;
  const adoption = adoptConfiguration(state.document, foreign, moment.epochMs);
  for (const { severity, code, message } of adoption.kind === 'unchanged'
    ? []
    : adoption.problems) {
    log(turn, severity, code, { message });
  }
  if (adoption.kind !== 'adopted') return;
  changeDocument(turn, adoption.root);
  turn.isWriteUrgent = true;
  const { cib } = readCib(adoption.root);
  const index = indexOf(cib);
  const recurring = [...state.recurring].filter(([, { resource }]) => index.members.has(resource));
  turn.state = {
    ...turn.state,
    cib,
    ...index,
    basis: state.basis + 1,
    recurring: new Map(recurring),
  };
  turn.isPlanStale = true;
  turn.staleDrains = 'all';
  updateDoubts(turn);
  emit(turn, { kind: 'change', change: { kind: 'configuration' } });
  const message = `configuration ${versionText(cib.version)} was taken over from the cib file`;
  log(turn, 'info', 'configuration-changed', { message });
}

/** Forgets what was recorded of a resource, so that it is looked at again and blocked no longer. */
export function cleanUp(turn: Turn, resource: string): void {
  const { node, document, cib, recurring } = turn.state;
  const at = { node, state: nodeStateOf(cib, node.name) };
  const forgotten = withoutResourceHistory(document, node, resource);
  changeStatus(turn, withFailuresCleared(forgotten, at, resource));
  rereadResource(turn, resource);
  turn.state = {
    ...turn.state,
    recurring: new Map([...recurring].filter(([, one]) => one.resource !== resource)),
  };
  turn.isPlanStale = true;
  markDrains(turn, resource);
}
