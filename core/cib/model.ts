/**
 * The cluster's configuration and status as the scheduler sees them: typed, with references
 * resolved, options merged and defaults filled in. `read.ts` makes it from the CIB document; the
 * document stays the truth and is what edits (`patch.ts`) change. Vocabulary and rules are
 * Pacemaker's (Pacemaker Explained; pacemaker-scheduler sections 1, 5, 6).
 */
export interface Cib {
  readonly version: CibVersion;
  /** `validate-with`, for example `pacemaker-3.9`; null when absent. */
  readonly schema: string | null;
  readonly hasQuorum: boolean;
  /** `crm_config`, merged; older option names stay as written (see `clusterOption`). */
  readonly properties: Options;
  readonly nodes: readonly ClusterNode[];
  /** Top-level resources in document order; group members are inside their group. */
  readonly resources: readonly Resource[];
  readonly constraints: readonly Constraint[];
  readonly resourceDefaults: Options;
  readonly operationDefaults: Options;
  readonly tickets: ReadonlyMap<string, TicketState>;
  readonly nodeStates: readonly NodeState[];
  /**
   * Resources (primitives or groups) that must not run because something that restrains them, a
   * ticket constraint for example, is not understood; the value is the reason. Each one is also
   * reported as an error.
   */
  readonly unsafe: ReadonlyMap<string, string>;
}

/** Names and values of one kind of option, merged from all its blocks. */
export type Options = ReadonlyMap<string, string>;

/** The version of the document, compared field by field in this order. */
export interface CibVersion {
  readonly adminEpoch: number;
  readonly epoch: number;
  readonly numUpdates: number;
}

export interface ClusterNode {
  readonly id: string;
  /** `uname`. */
  readonly name: string;
  readonly kind: 'member' | 'remote' | 'ping';
  /** Permanent node attributes. */
  readonly attributes: Options;
}

export type Resource = Primitive | Group;

export interface Primitive {
  readonly kind: 'primitive';
  readonly id: string;
  /** `ocf`, `systemd`, `lsb`, `service`, `stonith`. */
  readonly class: string;
  /** Only for class `ocf`. */
  readonly provider: string | null;
  readonly type: string;
  readonly instanceAttributes: Options;
  /** The primitive's own; `metaOf` of the scheduler adds the group's and the defaults. */
  readonly metaAttributes: Options;
  readonly operations: readonly Operation[];
}

/** Members start in order and stop in reverse, all on one node. */
export interface Group {
  readonly kind: 'group';
  readonly id: string;
  /** At least one. */
  readonly members: readonly Primitive[];
  readonly metaAttributes: Options;
  /** Given to every member that does not set the name itself. */
  readonly instanceAttributes: Options;
}

/** A configured operation of a primitive (`op`). */
export interface Operation {
  readonly id: string;
  /** `monitor`, `start`, `stop`, … */
  readonly name: string;
  /** 0 for operations that do not recur. */
  readonly intervalMs: number;
  /** The operation's own, else `op_defaults`, else 20 s. */
  readonly timeoutMs: number;
  readonly startDelayMs: number;
  /** Null when not configured: Pacemaker's default for the operation applies. */
  readonly onFail: OnFail | null;
  readonly isEnabled: boolean;
  readonly role: ResourceRole | null;
  /** Parameters that only this operation gets. */
  readonly instanceAttributes: Options;
}

export type OnFail =
  'ignore' | 'block' | 'stop' | 'restart' | 'fence' | 'standby' | 'demote' | 'restart-container';

/** `Master` and `Slave` are read as `Promoted` and `Unpromoted`. */
export type ResourceRole = 'Stopped' | 'Started' | 'Unpromoted' | 'Promoted';

/** Grows by location, colocation and ordering. */
export type Constraint = TicketConstraint;

/** `rsc_ticket` (pacemaker-tickets 1.2): what the resources may do while the ticket is not held. */
export interface TicketConstraint {
  readonly kind: 'ticket';
  readonly id: string;
  readonly ticket: string;
  /** One for `rsc`, or every member of every set; each stands alone. Never empty. */
  readonly targets: readonly TicketTarget[];
  /** As configured; null means `demote` for targets of role Promoted and `stop` for all others. */
  readonly lossPolicy: LossPolicy | null;
}

export interface TicketTarget {
  /** Id of a primitive or group of this model. */
  readonly resource: string;
  /** Null means the same as Started. */
  readonly role: ResourceRole | null;
}

export type LossPolicy = 'stop' | 'demote' | 'fence' | 'freeze';

/** `ticket_state` (pacemaker-tickets 1.1). The scheduler looks at the first two fields only. */
export interface TicketState {
  readonly id: string;
  readonly isGranted: boolean;
  readonly isStandby: boolean;
  /** Epoch seconds, as stored; null when absent or not a number. */
  readonly lastGrantedEpochS: number | null;
  /** Node id of the leader as signed decimal, as stored. */
  readonly owner: string | null;
  readonly expires: string | null;
  readonly term: string | null;
  /** Everything else but `id`, as stored: geo attributes and `booth-cfg-name`. */
  readonly attributes: Options;
}

/** `node_state`: whether a node is there, and what ran on it. */
export interface NodeState {
  readonly id: string;
  readonly name: string;
  /** `in_ccm`: true, or an epoch time other than 0. */
  readonly isMember: boolean;
  /** `crmd` is `online`, or an epoch time other than 0. */
  readonly isControllerOnline: boolean;
  readonly join: string | null;
  readonly expected: string | null;
  /** Transient node attributes: fail counts, `shutdown`, `standby`, … */
  readonly attributes: Options;
  readonly history: readonly ResourceHistory[];
}

/** `lrm_resource`: the operations recorded of one resource on one node. */
export interface ResourceHistory {
  readonly resource: string;
  readonly class: string;
  readonly provider: string | null;
  readonly type: string;
  /** By call id; pending entries (call id -1) last; equal ids by time. */
  readonly operations: readonly HistoryEntry[];
}

/** `lrm_rsc_op`: the last result of one operation. */
export interface HistoryEntry {
  /** `RSC_OPERATION_INTERVALms`, `RSC_last_0` or `RSC_last_failure_0`. */
  readonly id: string;
  readonly operation: string;
  readonly intervalMs: number;
  readonly callId: number;
  /** OCF return code, 0–255 (193 while pending). */
  readonly returnCode: number;
  /** The third field of the transition key; null when there is no readable key. */
  readonly expectedReturnCode: number | null;
  /** `op-status`: -1 pending, 0 done, 1 cancelled, 2 timeout, 4 error, … */
  readonly status: number;
  readonly transitionKey: string | null;
  /** `last-rc-change`; null when absent. */
  readonly lastChangeEpochS: number | null;
  readonly execMs: number;
  readonly queueMs: number;
  readonly exitReason: string;
  /** `op-digest`, of the parameters the operation ran with. */
  readonly digest: string | null;
}
