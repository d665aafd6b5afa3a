/**
 * Talks to systemd (sd_notify): ready, status, stopping, watchdog. Node has no datagram sockets of
 * the Unix kind, so systemd's own `systemd-notify` is run for each message; without systemd, or
 * without that program, nothing is sent and the daemon works the same.
 *
 * What the unit needs: `Type=notify` and, for a daemon that runs as root, `NotifyAccess=main` (the
 * default): the program then speaks in the name of its parent. Without root systemd sees the
 * message come from a process of the service that is not its main one: set `NotifyAccess=all`.
 * `WatchdogSec=` of 10 s or more: each message costs a process.
 */
import { spawn } from 'node:child_process';
import type { Log } from '../member/ports.ts';

export interface Service {
  /** After the sockets are open and the tickets are known. */
  readonly ready: (status: string) => void;
  /** One line for `systemctl status`. */
  readonly status: (text: string) => void;
  /** Before the first step of the end; also ends the watchdog. */
  readonly stopping: () => void;
  /** From now on, as long as `isHealthy` says so and the program is not stuck. */
  readonly startWatchdog: (isHealthy: () => boolean) => void;
  /** Resolves when messages under way have been taken; each has 2 s. */
  readonly flush: () => Promise<void>;
}

export interface ServiceOptions {
  /** systemd's variables are taken out of it, so that handlers and agents do not speak for us. */
  readonly environment: NodeJS.ProcessEnv;
  readonly log: Log;
  /** The program to run; given by tests. */
  readonly program?: string;
}

const MESSAGE_MS = 2000;
const MAX_STATUS_CHARS = 200;

/** Takes systemd's variables out of the environment and speaks to it from then on. */
export function systemdService({ environment, log, program }: ServiceOptions): Service {
  const told = takeVariables(environment);
  const send = messenger({ log, program: program ?? 'systemd-notify', variables: told.variables });
  let timer: NodeJS.Timeout | undefined;
  return {
    ready: (status) => void send.message(['READY=1', statusLine(status)]),
    status: (text) => void send.message([statusLine(text)]),
    stopping: () => {
      clearInterval(timer);
      void send.message(['STOPPING=1']);
    },
    startWatchdog: (isHealthy) => {
      if (told.watchdogMs === null) return;
      clearInterval(timer);
      let isQueued = false;
      const beat = (): void => {
        if (isQueued || !isHealthy()) return;
        isQueued = true;
        void send.message(['WATCHDOG=1']).then(() => (isQueued = false));
      };
      timer = setInterval(beat, told.watchdogMs / 2);
      timer.unref();
      beat();
    },
    flush: send.flush,
  };
}

const statusLine = (text: string): string =>
  `STATUS=${text.replaceAll(/[\p{Cc}\s]+/gu, ' ').slice(0, MAX_STATUS_CHARS)}`;

interface Told {
  /** For the program that sends; null: not started by systemd. */
  readonly variables: NodeJS.ProcessEnv | null;
  /** The longest silence systemd allows; null: no watchdog. */
  readonly watchdogMs: number | null;
}

function takeVariables(environment: NodeJS.ProcessEnv): Told {
  const { NOTIFY_SOCKET, WATCHDOG_USEC, WATCHDOG_PID, PATH } = environment;
  delete environment['NOTIFY_SOCKET'];
  delete environment['WATCHDOG_USEC'];
  delete environment['WATCHDOG_PID'];
  const isSocket = NOTIFY_SOCKET !== undefined && /^[/@]/.test(NOTIFY_SOCKET);
  const isOurs = WATCHDOG_PID === undefined || WATCHDOG_PID === String(process.pid);
  const watchdogMs = Number(WATCHDOG_USEC) / 1000;
  return {
    variables: isSocket ? { NOTIFY_SOCKET, PATH } : null,
    watchdogMs: isSocket && isOurs && watchdogMs >= 1 ? watchdogMs : null,
  };
}

/** One message at a time and in order; each resolves when it was taken or given up. */
function messenger(from: {
  readonly log: Log;
  readonly program: string;
  readonly variables: NodeJS.ProcessEnv | null;
}): { message: (words: readonly string[]) => Promise<void>; flush: () => Promise<void> } {
  let last: Promise<void> = Promise.resolve();
  let isBroken = from.variables === null;
  const run = (words: readonly string[]): Promise<void> =>
    new Promise((resolve) => {
      if (isBroken) {
        resolve();
        return;
      }
      const child = spawn(from.program, words, {
        env: from.variables ?? {},
        stdio: 'ignore',
        timeout: MESSAGE_MS,
        killSignal: 'SIGKILL',
      });
      child.once('error', (thrown) => {
        isBroken = true;
        from.log.write({
          level: 'debug',
          event: 'systemd-notify-missing',
          message: `systemd is told nothing: cannot run ${from.program}: ${thrown.message}`,
          fields: {},
        });
        resolve();
      });
      child.once('exit', () => resolve());
    });
  return {
    message: (words) => (last = last.then(() => run(words))),
    flush: () => last,
  };
}
