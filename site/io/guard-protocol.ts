/** What daemon and guard say to each other over the guard's socket: one JSON value a line. */
import { join } from 'node:path';
import type { GuardWord } from '../embedded/contract.ts';
import type { AgentFolders } from './ocf-agent.ts';

/** Both sides are of one release; a guard that speaks another number is replaced. */
export const GUARD_PROTOCOL = 3;

/** How a guard is called among the processes. */
export const GUARD_TITLE = 'geobooth-guard';
/** The whole of it: one host may have several. */
export const guardTitle = (stateDir: string): string => `${GUARD_TITLE} ${stateDir}`;

export type ToGuard =
  | {
      readonly kind: 'hello';
      readonly folders: AgentFolders;
      /** Program and arguments that take this host out of service; null: there is none. */
      readonly selfFence: readonly string[] | null;
      /** Device that fires unless it is fed; null: there is none. */
      readonly watchdog: string | null;
    }
  | { readonly kind: 'words'; readonly words: readonly GuardWord[] }
  /** Wants an answer at once: a guard that has hung gives none. */
  | { readonly kind: 'ask' };

export type FromGuard =
  | {
      readonly kind: 'hello';
      readonly protocol: number;
      readonly pid: number;
      /** Tickets it has deadlines of, from an earlier daemon. */
      readonly owed: readonly string[];
    }
  | { readonly kind: 'heard'; readonly word: number }
  | { readonly kind: 'acted'; readonly report: GuardReport }
  /** To each `ask`, in their order. */
  | { readonly kind: 'answer' }
  /** The watchdog cannot be used: this guard is none until it says `fit`. */
  | { readonly kind: 'unfit'; readonly message: string }
  | { readonly kind: 'fit'; readonly owed: readonly string[] };

/** What the guard did about one ticket. */
export interface GuardReport {
  readonly ticket: string;
  readonly atEpochMs: number;
  readonly stopped: readonly string[];
  readonly failed: readonly string[];
  readonly isFenced: boolean;
}

/** Where the guard listens; only its user may connect. */
export const guardSocketPath = (stateDir: string): string => join(stateDir, 'guard.sock');
/** What the guard did while no daemon was there. */
export const guardReportPath = (stateDir: string): string => join(stateDir, 'guard-report.json');
/** What the guard says. */
export const guardLogPath = (stateDir: string): string => join(stateDir, 'guard.log');
/** Notes of operations under way. */
export const operationsPath = (stateDir: string): string => join(stateDir, 'operations');

/** One line for people. */
export function reportText(report: GuardReport): string {
  const stopped = report.stopped.length === 0 ? 'nothing' : report.stopped.join(', ');
  const failed = report.failed.length === 0 ? '' : `, could not stop ${report.failed.join(', ')}`;
  const fence = report.isFenced ? ', ran the self-fence command' : '';
  return `stopped ${stopped}${failed}${fence} at ${new Date(report.atEpochMs).toISOString()}`;
}
