/**
 * One call of a resource agent, ready to be run by anybody: the daemon, or the guard when the
 * daemon is gone. Plain data, so that it can be handed to another process.
 */
export interface AgentOperation {
  readonly resource: string;
  readonly agent: AgentName;
  /** The agent's argument: `start`, `stop`, `monitor`, `meta-data`, … */
  readonly action: string;
  /** 0 for what does not recur. */
  readonly intervalMs: number;
  /** More than 0. */
  readonly timeoutMs: number;
  /** All that the agent is promised (commands 9.3) apart from OCF_ROOT and the search path. */
  readonly environment: Readonly<Record<string, string>>;
}

export interface AgentName {
  /** `ocf`, `systemd`, … */
  readonly class: string;
  /** Only for class `ocf`. */
  readonly provider: string | null;
  readonly type: string;
}

/** How an operation ended. */
export interface OperationOutcome {
  /**
   * `done`: the agent answered, `returnCode` decides. `timeout`: it was ended because it took too
   * long. `cancelled`: it was ended because nobody wanted to know any more. `error`: it was ended
   * by a signal, or could not be run.
   */
  readonly status: 'done' | 'timeout' | 'cancelled' | 'error';
  /** OCF return code (commands 9.1), 0–255. */
  readonly returnCode: number;
  /** What the agent wrote after `ocf-exit-reason:`, or what kept it from running; bounded. */
  readonly exitReason: string;
  /** The end of its standard output and standard error; bounded. */
  readonly output: string;
  readonly execMs: number;
}

/** `ocf:heartbeat:IPaddr2`, `systemd:nginx`. */
export const agentText = (agent: AgentName): string =>
  [agent.class, agent.provider, agent.type].filter((part) => part !== null).join(':');
