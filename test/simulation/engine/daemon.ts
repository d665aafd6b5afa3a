/**
 * A daemon's life on its host, as `core/cli/daemon/run-daemon` leads it: open the journal, read the
 * cluster, run the member over the ports; die, stop, continue, come back after a reboot.
 */
import { instantOf } from '../../../core/base/instant.ts';
import type { DurableJournal } from '../../../core/io/journal.ts';
import { openJournal } from '../../../core/io/open-journal.ts';
import type { RunningMember } from '../../../core/io/run-member.ts';
import { runMember } from '../../../core/io/run-member.ts';
import type { Recollection } from '../../../core/member/model.ts';
import type {
  Clock,
  ClusterTicket,
  Handlers,
  Journal,
  MemberPorts,
} from '../../../core/member/ports.ts';
import { remember } from '../../../core/member/remember.ts';
import type { Due } from './events.ts';
import type { Host } from './host.ts';
import { HEALTHY_HANDLER_MS, bootMs, reach, trueMsOf, worst } from './host.ts';
import type { Ring } from './ring.ts';
import { stream } from './streams.ts';

export const STATE_DIR = '/var/lib/geobooth/sim';
export const EPOCH_MS = Date.UTC(2026, 10, 20, 12, 0, 0);
/** More than the arithmetic of a clock's rate loses, so that no alarm comes too early for ever. */
const ROUNDING_MS = 1e-5;
/** systemd starts a daemon again that ended by itself. */
const RESTART_MS = 1000;

/** What the wall clock of the host shows. */
export const wallMs = ({ clock }: Host, trueMs: number): number =>
  EPOCH_MS + trueMs * clock.rate + clock.wallOffsetMs;

/** Starts the daemon, unless it is up or something keeps it down. */
export function startDaemon(ring: Ring, host: Host): void {
  if (host.isUp || host.downs > 0) return;
  host.isUp = true;
  host.run += 1;
  ring.isSettling = true;
  ring.observe({ kind: 'process', host: host.name, what: 'starting', why: '' });
  const { run } = host;
  bringUp(ring, host).catch((thrown: unknown) => {
    if (host.run === run) crash(ring, host, thrown);
  });
}

/** The process is gone at once, its half-done write with it. */
export function endDaemon(ring: Ring, host: Host, tornRate: number, why: string): void {
  if (!host.isUp) return;
  host.running?.stop();
  host.running = null;
  host.isUp = false;
  host.paused = null;
  host.pauses = 0;
  host.run += 1;
  host.disk.loseProcess(tornRate);
  ring.observe({ kind: 'process', host: host.name, what: 'ended', why });
}

export function stopProcess(ring: Ring, host: Host): void {
  host.pauses += 1;
  if (host.pauses > 1) return;
  host.paused = [];
  ring.observe({ kind: 'process', host: host.name, what: 'stopped', why: '' });
}

export function continueProcess(ring: Ring, host: Host): void {
  host.pauses -= 1;
  if (host.pauses > 0) return;
  const waiting = host.paused ?? [];
  host.paused = null;
  ring.observe({ kind: 'process', host: host.name, what: 'continued', why: '' });
  for (const call of waiting) call();
}

/** What arrives at the host's sockets goes to the process that runs now. */
export function hand(ring: Ring, host: Host, call: (running: RunningMember) => void): void {
  reach(host, host.run, () => {
    guard(ring, host, () => {
      if (host.running !== null) call(host.running);
    });
  });
}

/** An assertion that fails ends the daemon; nothing else may throw. */
export function crash(ring: Ring, host: Host, thrown: unknown): void {
  const why = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
  ring.observe({ kind: 'process', host: host.name, what: 'crashed', why });
  endDaemon(ring, host, 1, 'crashed');
  ring.time.after(RESTART_MS, () => {
    startDaemon(ring, host);
  });
}

async function bringUp(ring: Ring, host: Host): Promise<void> {
  const { run } = host;
  const reply = (call: () => void): void => {
    reach(host, run, () => {
      guard(ring, host, call);
    });
  };
  let snapshot: RunningMember['snapshot'] = () => [];
  const opened = await openJournal({
    dir: STATE_DIR,
    files: host.disk.open(reply),
    snapshot: () => snapshot(),
    maxBytes: ring.options.journalBytes,
    monotonicMs: () => bootMs(host, ring.time.nowMs()),
    epochMs: () => Math.floor(wallMs(host, ring.time.nowMs())),
  });
  if (!opened.ok) {
    if (host.run !== run) return;
    const why = opened.error.message;
    ring.observe({ kind: 'process', host: host.name, what: 'refused', why });
    endDaemon(ring, host, 1, 'its disk is not usable');
    ring.time.after(RESTART_MS, () => {
      startDaemon(ring, host);
    });
    return;
  }
  const { journal, entries, isComplete, findings } = opened.value;
  for (const { code, severity, message } of findings) {
    const event = { level: severity, event: code, message, fields: {} };
    ring.observe({ kind: 'logged', host: host.name, event });
  }
  const remembered = remember(entries, host.bootId);
  const recollection = {
    tickets: remembered?.tickets ?? new Map<string, never>(),
    isSameBoot: remembered?.isSameBoot ?? false,
    isMemoryComplete: isComplete && remembered !== null,
  };
  loadCluster(host, reply, (cluster) => {
    const running = runDaemon(ring, host, { journal, recollection: { ...recollection, cluster } });
    snapshot = running.snapshot;
    journal.declareComplete(() => undefined);
    ring.isSettling = true;
  });
}

function loadCluster(
  host: Host,
  reply: (call: () => void) => void,
  done: (stored: ReadonlyMap<string, ClusterTicket> | null) => void,
): void {
  if (host.cluster === null) {
    done(new Map());
    return;
  }
  const port = host.cluster.port({ trueMsOf: (at) => trueMsOf(host, at), reply });
  port.load(
    host.config.tickets.map(({ name }) => name),
    (loaded) => {
      done(loaded.ok ? loaded.value : null);
    },
  );
}

function runDaemon(
  ring: Ring,
  host: Host,
  memory: { readonly journal: DurableJournal; readonly recollection: Recollection },
): RunningMember {
  const { key, seed } = ring.options;
  const { run, name, config } = host;
  const random = stream(seed, `member ${name} ${String(run)}`);
  ring.observe({ kind: 'process', host: name, what: 'started', why: '' });
  const running = runMember(
    {
      setup: {
        config,
        self: host.member,
        key,
        random,
        formatTime: (epochMs) => new Date(epochMs).toISOString().slice(0, 19).replace('T', ' '),
      },
      ports: portsOf(ring, host, memory.journal),
      bootId: host.bootId,
      defer: (afterMs, call) => {
        later(ring, host, afterMs, call);
      },
    },
    memory.recollection,
  );
  // A start may end in a crash of its own making.
  if (host.run === run) host.running = running;
  return running;
}

function guard(ring: Ring, host: Host, call: () => void): void {
  try {
    call();
  } catch (thrown) {
    crash(ring, host, thrown);
  }
}

/** Something that comes back to this run of the process, or not at all. */
function later(ring: Ring, host: Host, afterMs: number, call: () => void): Due {
  const { run } = host;
  return ring.time.after(afterMs, () => {
    reach(host, run, () => {
      guard(ring, host, call);
    });
  });
}

function portsOf(ring: Ring, host: Host, journal: DurableJournal): MemberPorts {
  const { run, name } = host;
  return {
    clock: clockOf(ring, host),
    random: stream(ring.options.seed, `ports ${name} ${String(run)}`),
    datagrams: {
      send: (to, bytes) => {
        if (host.run === run) ring.links.send(name, to, bytes);
      },
    },
    clients: {
      answer: (connection, bytes, isFinal) => {
        if (host.run === run) ring.onAnswer(name, connection, bytes, isFinal);
      },
    },
    journal: journalOf(ring, host, journal),
    cluster:
      host.cluster?.port({
        trueMsOf: (at) => trueMsOf(host, at),
        reply: (call) => {
          reach(host, run, () => {
            guard(ring, host, call);
          });
        },
      }) ?? null,
    handlers: handlersOf(ring, host),
    log: {
      write: (event) => {
        ring.observe({ kind: 'logged', host: name, event });
      },
    },
  };
}

/** The journal's `done` runs where a throw would be lost. */
function journalOf(ring: Ring, host: Host, journal: DurableJournal): Journal {
  const { run } = host;
  return {
    append: (entries, done) => {
      ring.isSettling = true;
      journal.append(entries, (failure) => {
        if (host.run !== run) return;
        guard(ring, host, () => {
          done(failure);
        });
      });
    },
  };
}

/** One planned wake-up, moved only when the alarm comes to lie before it. */
function clockOf(ring: Ring, host: Host): Clock {
  const { time } = ring;
  let wanted: { readonly atMs: number; readonly call: () => void } | null = null;
  let planned: Due | null = null;
  const plan = (): void => {
    if (wanted === null || (planned !== null && planned.atMs <= wanted.atMs)) return;
    if (planned !== null) time.cancel(planned);
    planned = later(ring, host, wanted.atMs - time.nowMs(), () => {
      planned = null;
      if (wanted === null) return;
      if (wanted.atMs > time.nowMs()) return plan();
      const { call } = wanted;
      wanted = null;
      call();
    });
  };
  return {
    now: () => instantOf(bootMs(host, time.nowMs())),
    epochMs: () => wallMs(host, time.nowMs()),
    setAlarm: (at, call) => {
      wanted = at === null ? null : { atMs: trueMsOf(host, at) + ROUNDING_MS, call };
      plan();
    },
  };
}

function handlersOf(ring: Ring, host: Host): Handlers {
  const stops = new Map<string, () => void>();
  return {
    start: ({ ticket }, done) => {
      const code = worst(host, 'handlerCode', 0);
      const tookMs = worst(host, 'handlerMs', HEALTHY_HANDLER_MS);
      const due = later(ring, host, tookMs, () => {
        stops.delete(ticket);
        done({ code, detail: `exit code ${String(code)}` });
      });
      stops.set(ticket, () => {
        ring.time.cancel(due);
        stops.delete(ticket);
        later(ring, host, 1, () => {
          done({ code: null, detail: 'ended by a signal' });
        });
      });
    },
    stop: (ticket) => {
      stops.get(ticket)?.();
    },
  };
}
