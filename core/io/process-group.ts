/** Signals for a program and everything it has started. */

/** Signals the group that `pid` leads (it was spawned detached); one that has gone is no error. */
export function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // ESRCH: nothing is left of it.
  }
}
