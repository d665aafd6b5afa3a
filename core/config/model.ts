/** booth.conf as typed values, defaults filled in (booth-conf sections 3 to 6). */
import type { IpAddress } from '../base/address.ts';
import type { MemberId } from '../base/member-id.ts';
import type { MemberRole } from '../base/role.ts';

/** The whole ring as one file describes it. */
export interface RingConfig {
  /** Configuration name: the `name` key, else the file's name without folder and extension. */
  readonly name: string;
  /** Absolute or as given; handed to handlers as BOOTH_CONF_PATH. */
  readonly path: string;
  readonly transport: 'UDP';
  /** The last `port` of the file; each member has the port in force at its own line. */
  readonly port: number;
  /** null: no authentication. Relative paths are relative to the working directory. */
  readonly authFile: string | null;
  /** Seconds. */
  readonly maxTimeSkewSecs: number;
  readonly debugLevel: number;
  /** In the order of the file: 1 to 16. */
  readonly members: readonly RingMember[];
  /** In the order of the file, `__defaults__` folded in. */
  readonly tickets: readonly TicketConfig[];
  /**
   * The unit of `validFor` on the wire: milliseconds as soon as any duration of the file is not a
   * whole number of seconds (booth-conf section 4).
   */
  readonly leaseUnit: 's' | 'ms';
}

export interface RingMember {
  readonly id: MemberId;
  readonly role: MemberRole;
  readonly address: IpAddress;
  /** UDP and TCP. */
  readonly port: number;
}

export interface TicketConfig {
  /** 1…63 characters: letters, digits, `-`, `/`. */
  readonly name: string;
  /** The lease, D in the design. */
  readonly expireMs: number;
  /** Wait for answers; length of an election with a missing member. */
  readonly timeoutMs: number;
  readonly retries: number;
  readonly renewalMs: number;
  /** Extra wait after a lost lease before another site may commit. */
  readonly acquireAfterMs: number;
  readonly mode: 'automatic' | 'manual';
  readonly handler: TicketHandler | null;
  readonly prerequisites: readonly AttributePrerequisite[];
  /** One number per site in the order of the file; booth parses and ignores them. */
  readonly weights: readonly number[];
}

/** A program, or a folder of programs, asked before the ticket is acquired or renewed. */
export interface TicketHandler {
  readonly path: string;
  /** At most 14. */
  readonly args: readonly string[];
}

export interface AttributePrerequisite {
  /** `auto`: elections after a loss; `manual`: client grants. */
  readonly grantType: 'auto' | 'manual';
  readonly attribute: string;
  readonly operator: 'eq' | 'ne';
  readonly value: string;
}

/** geobooth's own settings of one host: `NAME.local.conf` beside booth.conf, or flags. */
export interface LocalConfig {
  /** The address of this member, as in booth.conf; null: search the local addresses. */
  readonly self: string | null;
  readonly cluster: 'embedded' | 'pacemaker' | 'none';
  /** null: /var/lib/geobooth/NAME. */
  readonly stateDir: string | null;
  /** Address to bind instead of the member's own (for address translation); null: the member's. */
  readonly listen: string | null;
  /** Watchdog device that the guard keeps from firing; null: none. */
  readonly watchdog: string | null;
  /** Program and arguments that stop this host when nothing else can; null: none. */
  readonly selfFence: readonly string[] | null;
}
