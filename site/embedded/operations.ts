/** Agent calls of this host: with the configuration a resource was started with, until it stopped. */
import { operationDigest } from '../../core/cib/digest.ts';
import type { Member } from '../../core/scheduler/scene.ts';
import { parametersOfMember } from '../../core/scheduler/scene.ts';
import type { Asked } from '../../core/transition/judge.ts';
import type { AgentOperation } from '../../core/transition/operation.ts';
import { agentText } from '../../core/transition/operation.ts';
import { operationFor } from '../../core/transition/operation-for.ts';
import type { EmbeddedState } from './state.ts';

/**
 * What is stopped is stopped the way it was started: an address that was changed in the
 * configuration must still be taken down under its old value.
 */
export const operationOf = (state: EmbeddedState, member: Member, asked: Asked): AgentOperation =>
  operationFor(state.cib, memberFor(state, member, asked), asked, state.node);

/** The member as it was started where that differs from how it is configured. */
export function memberFor(state: EmbeddedState, member: Member, asked: Asked): Member {
  const started = state.startedAs.get(member.primitive.id);
  if (asked.operation !== 'stop' || started === undefined) return member;
  return isSameService(started, member) ? member : started;
}

function isSameService(a: Member, b: Member): boolean {
  const isSameAgent = agentText(a.primitive) === agentText(b.primitive);
  return isSameAgent && parametersDigest(a) === parametersDigest(b);
}

const parametersDigest = (member: Member): string => operationDigest(parametersOfMember(member));
