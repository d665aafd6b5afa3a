// What can be seen of a ring from outside, with the time it happened: milliseconds since the epoch by the clock of
// the machine, which all hosts of a lab share. Wall-clock steps of a daemon do not touch it.

/** The ticket as a state of the site's cluster on disk has it; one for each state in which anything of it changed. */
export interface StoredTicket {
  readonly atMs: number;
  readonly isGranted: boolean;
  /** Attributes as stored; for people who read a failure. */
  readonly text: string;
}

/** What was done to a daemon. `run`: it was started, or goes on after a stop. */
export interface LifeEvent {
  readonly atMs: number;
  readonly kind: 'run' | 'killed' | 'stopped';
}

/** A line of the ledger agent. */
export interface LedgerLine {
  readonly atMs: number;
  readonly action: 'start' | 'stop';
  readonly edge: 'begin' | 'end';
  readonly resource: string;
}

/** All that is known of one site. Each list is in order of time. */
export interface SiteEvidence {
  readonly site: string;
  readonly stored: readonly StoredTicket[];
  readonly life: readonly LifeEvent[];
  readonly ledger: readonly LedgerLine[];
}

/** A request of an operator. `done` and `refused` were told to him; `unknown`: nobody told him what became of it. */
export interface OperatorRequest {
  readonly verb: 'grant' | 'revoke';
  /** The site to be granted to, or the one asked to revoke. */
  readonly site: string;
  readonly beganAtMs: number;
  readonly endedAtMs: number;
  readonly outcome: 'done' | 'refused' | 'unknown';
  readonly text: string;
}

/** Spans of the ring's ticket that the rules of the checker need. */
export interface RingTimings {
  readonly expireMs: number;
  readonly acquireAfterMs: number;
}

/** Everything of one run. */
export interface Evidence {
  readonly timings: RingTimings;
  readonly sites: readonly SiteEvidence[];
  readonly requests: readonly OperatorRequest[];
}

/** Reads a ledger; a line that is not whole yet is left out. */
export const readLedger = (text: string): readonly LedgerLine[] =>
  text
    .slice(0, text.lastIndexOf('\n') + 1)
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [time = '', action, edge, resource = ''] = line.split(' ');
      if ((action !== 'start' && action !== 'stop') || (edge !== 'begin' && edge !== 'end')) {
        throw new Error(`not a line of a ledger: "${line}"`);
      }
      return { atMs: Number(time) * 1000, action, edge, resource };
    });
