/**
 * The orderly end of a daemon: TERM or INT runs the steps one after the other, each with a bound of
 * its own, so that one that hangs keeps no later one from its work. A second signal ends at once.
 */
import type { Log } from '../member/ports.ts';

export interface ShutdownStep {
  /** For the log, as in `stopping: NAME`. */
  readonly name: string;
  readonly boundMs: number;
  readonly run: () => Promise<void>;
}

export interface ShutdownOptions {
  /** Asked for when the end begins, so that steps may be added until then. */
  readonly steps: () => readonly ShutdownStep[];
  readonly log: Log;
  /** Ends the process; given by tests. */
  readonly exit?: (code: number) => void;
}

export interface Shutdown {
  /** Ends as a signal does, with this exit code if every step succeeds. */
  readonly begin: (reason: string, code: number) => void;
  readonly isStopping: () => boolean;
  /** Takes the signal handlers away again. */
  readonly uninstall: () => void;
}

/** A step failed, took too long, or a second signal came. */
const UNCLEAN = 1;
const signals = ['SIGTERM', 'SIGINT'] as const;

/** TERM and INT end the process in order from now on. */
export function installShutdown(options: ShutdownOptions): Shutdown {
  const exit = options.exit ?? ((code: number): void => process.exit(code));
  let isStopping = false;
  const begin = (reason: string, code: number): void => {
    if (isStopping) return;
    isStopping = true;
    tell(options.log, 'info', `stopping: ${reason}`);
    void runSteps(options).then((isClean) => exit(isClean ? code : UNCLEAN));
  };
  const onSignal = (signal: NodeJS.Signals): void => {
    if (!isStopping) {
      begin(signal, 0);
      return;
    }
    tell(options.log, 'warning', `${signal} again: ending at once`);
    exit(UNCLEAN);
  };
  for (const signal of signals) process.on(signal, onSignal);
  return {
    begin,
    isStopping: () => isStopping,
    uninstall: () => {
      for (const signal of signals) process.off(signal, onSignal);
    },
  };
}

/** Takes down what is open, within the bounds; true when every step ended well. Never rejects. */
export async function runSteps({
  steps,
  log,
}: Pick<ShutdownOptions, 'steps' | 'log'>): Promise<boolean> {
  let isClean = true;
  for (const step of steps()) {
    const failure = await runStep(step);
    if (failure === null) continue;
    isClean = false;
    tell(log, 'warning', `stopping: ${step.name}: ${failure}`);
  }
  return isClean;
}

/** Why the step did not end well, or null. */
async function runStep(step: ShutdownStep): Promise<string | null> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve(`not done in ${step.boundMs / 1000} s`), step.boundMs);
  });
  const done = Promise.resolve()
    .then(step.run)
    .then(
      () => null,
      (thrown: unknown) => (thrown instanceof Error ? thrown.message : String(thrown)),
    );
  const outcome = await Promise.race([done, tooLate]);
  clearTimeout(timer);
  return outcome;
}

const tell = (log: Log, level: 'info' | 'warning', message: string): void =>
  log.write({ level, event: 'stopping', message, fields: {} });
