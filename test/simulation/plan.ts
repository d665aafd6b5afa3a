/**
 * What a seed stands for, as plain data: the ring, its timings and clocks, and a list of everything
 * that will befall it. Each item carries its own end, so that leaving one out leaves the others as
 * they were; a plan can be printed, shortened and run again.
 */
import type { RingMessage } from '../../core/wire/message.ts';

export interface Plan {
  readonly seed: number;
  /** The kinds of faults this seed has at all. */
  readonly faultKinds: readonly string[];
  /** The shapes in which several faults come together in this seed. */
  readonly recipes: readonly string[];
  /** Sites first, in the order of booth.conf. */
  readonly hosts: readonly HostPlan[];
  readonly tickets: readonly TicketPlan[];
  readonly hasKey: boolean;
  readonly latencyMs: number;
  readonly journalBytes: number;
  /** Faults strike until then. */
  readonly faultsUntilMs: number;
  /** By then everything must have come to rest. */
  readonly endsAtMs: number;
  readonly items: readonly PlanItem[];
}

export interface HostPlan {
  /** A, B, C… */
  readonly name: string;
  readonly role: 'site' | 'arbitrator';
  readonly clockRate: number;
  readonly wallOffsetMs: number;
  /** What its boot clock shows when the run begins. */
  readonly uptimeMs: number;
  /** How long resources take to stop there. */
  readonly stopMs: number;
}

/** What booth.conf says of a ticket's timing. */
export interface TicketValues {
  readonly expireMs: number;
  readonly timeoutMs: number;
  readonly retries: number;
  readonly renewalMs: number;
  readonly acquireAfterMs: number;
}

export interface TicketPlan extends TicketValues {
  readonly name: string;
  readonly mode: 'automatic' | 'manual';
  readonly hasHandler: boolean;
  /** `attr-prereq` on the attribute `ready`, or none. */
  readonly prerequisite: 'auto' | 'manual' | null;
}

/** In a fault: the site that has the first ticket granted when it strikes, else the first site. */
export const HOLDER = 'holder';
/** In a cut: everybody but the holder. */
export const OTHERS = 'others';

/** Something that happens at `atMs`; a fault is over `forMs` later. */
export type PlanItem = { readonly atMs: number } & (Fault | OperatorAct);

export type Fault = { readonly forMs: number } & (
  | {
      readonly kind: 'weather';
      readonly hosts: readonly string[];
      readonly latencyMs: number;
      readonly jitterMs: number;
      readonly lossRate: number;
      readonly doubleRate: number;
    }
  | {
      readonly kind: 'cut';
      readonly from: readonly string[];
      readonly to: readonly string[];
      readonly isOneWay: boolean;
    }
  | { readonly kind: 'pause'; readonly host: string }
  /** Down for as long as it lasts. `tornRate` of a write that was under way got through. */
  | { readonly kind: 'kill'; readonly host: string; readonly tornRate: number }
  | { readonly kind: 'reboot'; readonly host: string }
  | { readonly kind: 'power-loss'; readonly host: string; readonly draw: number }
  /** Dead, and back without its state. */
  | { readonly kind: 'forget'; readonly host: string }
  /** Dead, and back with a byte of its journal changed. */
  | { readonly kind: 'damage'; readonly host: string; readonly draw: number }
  | { readonly kind: 'slow-disk'; readonly host: string; readonly fsyncMs: number }
  | { readonly kind: 'full-disk'; readonly host: string }
  | { readonly kind: 'failing-disk'; readonly host: string }
  | {
      readonly kind: 'slow-commits';
      readonly host: string;
      readonly commitMs: number;
      /** null: of every ticket. */
      readonly ticket: string | null;
    }
  | {
      readonly kind: 'failing-commits';
      readonly host: string;
      readonly failure: 'before' | 'after';
      readonly ticket: string | null;
    }
  | { readonly kind: 'handler-refuses'; readonly host: string }
  | { readonly kind: 'handler-hangs'; readonly host: string; readonly handlerMs: number }
  | { readonly kind: 'wall-step'; readonly host: string; readonly byMs: number }
  /** The daemon ends, and starts again with other values in its booth.conf, which stay. */
  | {
      readonly kind: 'reconfigure';
      readonly host: string;
      readonly ticket: string;
      readonly values: TicketValues;
    }
);

/** What strikes out of the blue. */
export type FaultKind = Exclude<Fault['kind'], 'reconfigure'>;

export type OperatorAct =
  | {
      readonly kind: 'grant';
      readonly host: string;
      readonly ticket: string;
      readonly isForced: boolean;
      readonly isWaitingForCommit: boolean;
      /** The client closes its connection so long after it asked, unless it has its answer. */
      readonly hangsUpAfterMs?: number;
    }
  | {
      readonly kind: 'revoke';
      readonly host: string;
      readonly ticket: string;
      readonly hangsUpAfterMs?: number;
    }
  /** A revoke asked for at one site, and on success a grant at the other. */
  | {
      readonly kind: 'move';
      readonly host: string;
      readonly ticket: string;
      readonly to: string;
    }
  /** A message in the name of `host` that it never sent; only directed plans have it. */
  | {
      readonly kind: 'forge';
      readonly host: string;
      readonly ticket: string;
      readonly to: readonly string[];
      readonly message: ForgedMessage;
      /** What stands where the message should be signed; `right`: what its member would put there. */
      readonly trailer: 'right' | 'none' | 'wrong-key' | 'unknown-hash';
    }
  | {
      readonly kind: 'set-ready';
      readonly host: string;
      readonly ticket: string;
      readonly value: string;
    };

export interface ForgedMessage {
  readonly command: RingMessage['command'];
  readonly request?: RingMessage['command'];
  readonly reason?: RingMessage['reason'];
  readonly result?: RingMessage['result'];
  readonly term: number;
  /** A host; null: nobody. */
  readonly leader: string | null;
  readonly validForMs?: number;
}

export const isFault = (item: PlanItem): item is { readonly atMs: number } & Fault =>
  'forMs' in item;

/** All values that a ticket has anywhere in the ring in the course of the plan. */
export const valuesIn = ({ tickets, items }: Plan, ticket: string): readonly TicketValues[] => [
  ...tickets.filter(({ name }) => name === ticket),
  ...items.flatMap((item) =>
    item.kind === 'reconfigure' && item.ticket === ticket ? [item.values] : [],
  ),
];

/** The item in a few words, for a person. */
export function describeItem(item: PlanItem): string {
  const { atMs, kind, ...rest } = item;
  const words = Object.entries(rest).map(([name, value]) => `${name}=${shown(value)}`);
  return `${(atMs / 1000).toFixed(3)} ${kind} ${words.join(' ')}`.trimEnd();
}

function shown(value: unknown): string {
  if (Array.isArray(value)) return value.join('+');
  if (typeof value === 'object' && value !== null) return JSON.stringify(value);
  return typeof value === 'number' ? String(Math.round(value * 1000) / 1000) : String(value);
}
