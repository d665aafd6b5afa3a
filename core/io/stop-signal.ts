/** The operator's wish to stop: SIGTERM or SIGINT. */

/**
 * Resolves at the first of them. The second one ends the process at once, for when stopping in
 * order hangs; its exit code says so (128 + signal).
 */
export function stopSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let isTold = false;
    const hear = (signal: NodeJS.Signals, code: number): void => {
      if (isTold) process.exit(128 + code);
      isTold = true;
      resolve(signal);
    };
    process.on('SIGTERM', () => {
      hear('SIGTERM', 15);
    });
    process.on('SIGINT', () => {
      hear('SIGINT', 2);
    });
  });
}
