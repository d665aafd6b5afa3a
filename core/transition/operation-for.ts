/** An action of the plan as the call of an agent, with everything the agent is promised. */
import { operationTimeoutMs } from '../cib/query.ts';
import type { Cib } from '../cib/model.ts';
import type { Member } from '../scheduler/scene.ts';
import { parametersOfMember } from '../scheduler/scene.ts';
import { agentEnvironment } from './agent-environment.ts';
import type { Asked } from './judge.ts';
import type { AgentOperation } from './operation.ts';

export function operationFor(
  cib: Cib,
  member: Member,
  asked: Asked,
  node: { readonly id: string; readonly name: string },
): AgentOperation {
  const { primitive } = member;
  const configured = primitive.operations.find(
    ({ name, intervalMs }) => name === asked.operation && intervalMs === asked.intervalMs,
  );
  const call = {
    resource: primitive.id,
    agent: { class: primitive.class, provider: primitive.provider, type: primitive.type },
    action: asked.operation,
    intervalMs: asked.intervalMs,
    timeoutMs: Math.max(
      1,
      operationTimeoutMs(cib, primitive, { name: asked.operation, intervalMs: asked.intervalMs }),
    ),
  };
  return {
    ...call,
    environment: agentEnvironment({
      ...call,
      parameters: parametersOfMember(member),
      operationParameters: configured?.instanceAttributes ?? new Map(),
      node: node.name,
      nodeId: node.id,
    }),
  };
}
