// Runs a target in a worker of this very program, watched from here: an input that is never done
// with would otherwise hang the fuzzer instead of being told.
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { fuzz, seedFor, type FuzzOutcome } from './fuzz.ts';
import { MUTANT_BYTES_MAX } from './mutate.ts';
import { targetNamed } from './targets/all.ts';

/** Far beyond what a slow input takes, minimising included. */
const HUNG_AFTER_MS = 20_000;
const LOOK_EVERY_MS = 500;

interface Order {
  readonly target: string;
  readonly seed: number;
  readonly spanMs: number;
  /** What is being read: number of inputs so far, size of this one, whether to stop, its bytes. */
  readonly shared: SharedArrayBuffer;
}

const HEAD_BYTES = 12;
const viewsOf = (shared: SharedArrayBuffer) => ({
  head: new Int32Array(shared, 0, 3),
  bytes: new Uint8Array(shared, HEAD_BYTES),
});

export const isWorker = !isMainThread;

/** The life of a worker. */
export async function serveOrder(): Promise<void> {
  const order = workerData as Order;
  const target = targetNamed(order.target);
  if (target === null) return;
  const { head, bytes } = viewsOf(order.shared);
  const outcome = await fuzz(target, {
    seed: seedFor(target.name, order.seed),
    inputsMax: Infinity,
    spanMs: order.spanMs,
    isAsked: () => Atomics.load(head, 2) !== 0,
    onInput: (input) => {
      bytes.set(input.subarray(0, bytes.length));
      Atomics.store(head, 1, input.length);
      Atomics.add(head, 0, 1);
    },
  });
  await target.close?.();
  parentPort?.postMessage(outcome);
}

export interface GuardedRun {
  readonly target: string;
  readonly seed: number;
  readonly spanMs: number;
  readonly isAsked: () => boolean;
}

/** Resolves with what the worker came to, or with the input it hangs at. */
export function guardedRun(run: GuardedRun): Promise<FuzzOutcome> {
  const shared = new SharedArrayBuffer(HEAD_BYTES + 4 * MUTANT_BYTES_MAX);
  const { head, bytes } = viewsOf(shared);
  const { target, seed, spanMs } = run;
  const order: Order = { target, seed, spanMs, shared };
  const worker = new Worker(process.argv[1] ?? '', { workerData: order });
  const startedAtMs = performance.now();
  const broken = (kind: 'threw' | 'slow', message: string): FuzzOutcome => ({
    target,
    inputs: Atomics.load(head, 0),
    tookMs: performance.now() - startedAtMs,
    ...{ words: {}, slowestMs: 0, growthMb: 0 },
    failure: { kind, message, input: bytes.slice(0, Atomics.load(head, 1)) },
  });
  return new Promise((resolve) => {
    let lastCount = -1;
    let movedAtMs = startedAtMs;
    const watch = setInterval(() => {
      const count = Atomics.load(head, 0);
      if (run.isAsked()) Atomics.store(head, 2, 1);
      if (count !== lastCount) movedAtMs = performance.now();
      lastCount = count;
      if (performance.now() - movedAtMs > HUNG_AFTER_MS) {
        end(broken('slow', `not done after ${String(HUNG_AFTER_MS / 1000)} s; not minimised`));
      }
    }, LOOK_EVERY_MS);
    const end = (outcome: FuzzOutcome): void => {
      clearInterval(watch);
      void worker.terminate().then(() => resolve(outcome));
    };
    worker.on('message', (outcome: FuzzOutcome) => end(outcome));
    worker.on('error', (thrown) => end(broken('threw', String(thrown))));
  });
}
