/** The environment an OCF agent is promised (commands 9.3, taken from running agents). */
import { CRM_FEATURE_SET } from '../cib/empty.ts';
import type { AgentName } from './operation.ts';

export interface AgentCall {
  readonly resource: string;
  readonly agent: AgentName;
  readonly action: string;
  readonly intervalMs: number;
  readonly timeoutMs: number;
  /** Instance attributes in effect; the agent's own defaults are not among them. */
  readonly parameters: ReadonlyMap<string, string>;
  /** What only this operation is given, `OCF_CHECK_LEVEL` for example. */
  readonly operationParameters: ReadonlyMap<string, string>;
  readonly node: string;
  readonly nodeId: string;
}

/** All variables of the contract except OCF_ROOT, which depends on where agents are installed. */
export function agentEnvironment(call: AgentCall): Readonly<Record<string, string>> {
  const isProbe = call.action === 'monitor' && call.intervalMs === 0;
  return {
    OCF_RA_VERSION_MAJOR: '1',
    OCF_RA_VERSION_MINOR: '1',
    OCF_RESOURCE_INSTANCE: call.resource,
    OCF_RESOURCE_TYPE: call.agent.type,
    ...(call.agent.provider === null ? {} : { OCF_RESOURCE_PROVIDER: call.agent.provider }),
    OCF_EXIT_REASON_PREFIX: 'ocf-exit-reason:',
    OCF_OUTPUT_FORMAT: 'text',
    HA_debug: '0',
    ...parameterVariables(call.parameters),
    ...parameterVariables(call.operationParameters),
    OCF_RESKEY_crm_feature_set: CRM_FEATURE_SET,
    ...(isProbe ? {} : { OCF_RESKEY_CRM_meta_name: call.action }),
    ...(call.intervalMs === 0
      ? {}
      : { OCF_RESKEY_CRM_meta_interval: String(Math.round(call.intervalMs)) }),
    OCF_RESKEY_CRM_meta_timeout: String(Math.round(call.timeoutMs)),
    OCF_RESKEY_CRM_meta_on_node: call.node,
    OCF_RESKEY_CRM_meta_on_node_uuid: call.nodeId,
  };
}

/** A parameter that carries the name of an OCF variable already is passed under that name. */
function parameterVariables(parameters: ReadonlyMap<string, string>): Record<string, string> {
  const variables: Record<string, string> = {};
  for (const [name, value] of parameters) {
    if (!isVariableName(name) || value.includes('\0')) continue;
    variables[name === 'OCF_CHECK_LEVEL' ? name : `OCF_RESKEY_${name}`] = value;
  }
  return variables;
}

/** The environment holds `name=value`; a name with `=` would become another variable. */
const isVariableName = (name: string): boolean => /^[^=\0\s]{1,256}$/.test(name);
