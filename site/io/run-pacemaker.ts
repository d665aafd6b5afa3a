/**
 * A site's real Pacemaker cluster behind the ring's port, driven through `crm_ticket`. Tickets
 * are written side by side, the commits of one ticket one after another: a slow one delays
 * nobody else (R13). A revoke waits for nothing: it calls off what is under way or queued for its
 * ticket, whose outcome no longer matters, and runs beside whatever else hangs (R6).
 */
import { err, ok } from '../../core/base/result.ts';
import type {
  ClusterPort,
  ClusterTicket,
  CommitOutcome,
  TicketCommit,
} from '../../core/member/ports.ts';
import {
  attributeArguments,
  commitArguments,
  failureOf,
  queryArguments,
  readQuery,
} from '../pacemaker/crm-ticket.ts';
import { runTool } from './tool.ts';

export interface PacemakerOptions {
  /** `crm_ticket`, found on PATH, or its path. */
  readonly program: string;
  readonly timeoutMs: number;
  /** Tools running at once, revokes not counted. */
  readonly parallel: number;
}

/** `crm_ticket` from PATH, 20 s for each run of it. */
export const defaultPacemakerOptions: PacemakerOptions = {
  program: 'crm_ticket',
  timeoutMs: 20_000,
  parallel: 8,
};

/** The port; it opens nothing and needs no closing. */
export function runPacemaker(options: PacemakerOptions = defaultPacemakerOptions): ClusterPort {
  const { program, timeoutMs } = options;
  const lanes = createLanes(options.parallel);
  /** What a revoke of the ticket calls off. */
  const grants = new Map<string, AbortController>();
  const run = (ticket: string, args: readonly string[]) =>
    lanes.run({ lane: ticket, isUrgent: false }, () => runTool({ program, args, timeoutMs }));
  const store = (change: TicketCommit) => {
    const { ticket, granted } = change;
    if (!granted) {
      grants.get(ticket)?.abort('called off by a revoke');
      grants.delete(ticket);
    } else if (!grants.has(ticket)) grants.set(ticket, new AbortController());
    const signal = grants.get(ticket)?.signal;
    const called = { program, args: commitArguments(change), timeoutMs };
    return lanes.run({ lane: ticket, isUrgent: !granted }, () =>
      runTool(signal === undefined ? called : { ...called, signal }),
    );
  };
  const commit = async (change: TicketCommit): Promise<CommitOutcome> => {
    const exit = await store(change);
    const verb = change.granted ? '-g' : '-r';
    const failure =
      exit.code === 0 ? null : failureOf(`crm_ticket -t ${change.ticket} ${verb}`, exit);
    return { ticket: change.ticket, failure };
  };
  return {
    load: (tickets, done) => {
      const queries = tickets.map(async (ticket) => ({
        ticket,
        answer: readQuery(ticket, await run(ticket, queryArguments(ticket))),
      }));
      void Promise.all(queries).then((answers) => {
        const loaded = new Map<string, ClusterTicket>();
        for (const { ticket, answer } of answers) {
          if (!answer.ok) return done(err(answer.error));
          if (answer.value !== null) loaded.set(ticket, answer.value);
        }
        done(ok(loaded));
      });
    },
    commit: (changes, done) => {
      // Each outcome is told as soon as it is known: tickets do not wait for each other (R13).
      for (const change of changes)
        void commit(change).then((outcome) => {
          done([outcome]);
        });
    },
    setAttribute: ({ ticket, name, value }, done) => {
      void run(ticket, attributeArguments(ticket, name, value)).then((exit) => {
        done(exit.code === 0 ? null : failureOf(`crm_ticket -t ${ticket} -S ${name}`, exit));
      });
    },
  };
}

interface Lanes {
  /** Urgent jobs begin at once and are not counted; what comes later in their lane waits for them. */
  run<T>(place: { lane: string; isUrgent: boolean }, job: () => Promise<T>): Promise<T>;
}

/** Jobs of one lane in order, different lanes side by side, at most `parallel` at once. */
function createLanes(parallel: number): Lanes {
  const tails = new Map<string, Promise<unknown>>();
  const waiting: (() => void)[] = [];
  let running = 0;
  const enter = (): Promise<void> =>
    running < parallel
      ? Promise.resolve(void (running += 1))
      : new Promise((resolve) => waiting.push(resolve));
  const leave = (): void => {
    const next = waiting.shift();
    if (next === undefined) running -= 1;
    else next();
  };
  return {
    run: ({ lane, isUrgent }, job) => {
      const before = tails.get(lane) ?? Promise.resolve();
      const mine = isUrgent ? job() : before.then(enter).then(job).finally(leave);
      const tail = Promise.allSettled([before, mine]);
      tails.set(lane, tail);
      void tail.then(() => {
        if (tails.get(lane) === tail) tails.delete(lane);
      });
      return mine;
    },
  };
}
