// One target under mutants until its time or number is up, or something does not hold.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { seededRandom, type Random } from '../../core/base/random.ts';
import { minimise } from './minimise.ts';
import { mutant } from './mutate.ts';
import { bytesOfText, type FuzzTarget } from './target.ts';

/** For one input; a slower one is read again, since a busy machine is slow as well. */
const INPUT_MS_MAX = 500;
const RETRIES = 4;
/** Live memory may grow by this between two looks: what is kept of the corpus is far less. */
export const GROWTH_MB_MAX = 16;
const LOOK_EVERY_INPUTS = 20_000;
const CORPUS_MAX = 400;
/** Inputs are read without a turn of the event loop for so long, so that Ctrl-C is heard. */
const STRETCH_MS = 50;

export interface Failure {
  readonly kind: 'threw' | 'slow' | 'memory';
  readonly message: string;
  /** Minimised; null: no single input is to blame. */
  readonly input: Uint8Array | null;
}

export interface FuzzOutcome {
  readonly target: string;
  readonly inputs: number;
  readonly tookMs: number;
  /** The different words `check` gave, with how often. */
  readonly words: Readonly<Record<string, number>>;
  readonly slowestMs: number;
  /** Between the first look after the warm-up and the last one. */
  readonly growthMb: number;
  readonly failure: Failure | null;
}

export interface FuzzLimits {
  readonly seed: number;
  readonly inputsMax: number;
  readonly spanMs: number;
  readonly isAsked: () => boolean;
  /** For the search of the shortest input; default 10 s. */
  readonly minimiseMs?: number;
  /** Told of each input before it is read. */
  readonly onInput?: (bytes: Uint8Array) => void;
}

/** Same seed, same inputs in the same order, however many there is time for. */
export async function fuzz(target: FuzzTarget, limits: FuzzLimits): Promise<FuzzOutcome> {
  const random = seededRandom(limits.seed);
  const run = newRun(target, limits);
  const { corpus } = run;
  for (const seed of target.seeds()) await run.read(seed);
  const [first = new Uint8Array(0), ...more] = target.seeds();
  corpus.push(first, ...more);
  while (!run.isOver()) {
    const source = { corpus: [first, ...corpus] as const, words: target.words };
    for (let count = 0; count < 100 && !run.isOver(); count += 1) {
      await run.read(repaired(target, mutant(random, source), random));
    }
  }
  return run.close();
}

/** Half of the mutants are read as they came out. */
const repaired = (target: FuzzTarget, bytes: Uint8Array, random: Random): Uint8Array =>
  target.repair === undefined || random.next() < 0.5 ? bytes : target.repair(bytes, random);

interface Run {
  readonly corpus: Uint8Array[];
  readonly read: (bytes: Uint8Array) => Promise<void>;
  readonly isOver: () => boolean;
  readonly close: () => FuzzOutcome;
}

function newRun(target: FuzzTarget, limits: FuzzLimits): Run {
  const corpus: Uint8Array[] = [];
  const words: Record<string, number> = {};
  const startedAtMs = performance.now();
  const memory = memoryWatch();
  let [inputs, slowestMs, turnedAtMs] = [0, 0, startedAtMs];
  let failure: Failure | null = null;

  const read = async (bytes: Uint8Array): Promise<void> => {
    limits.onInput?.(bytes);
    const { word, tookMs, failed } = await tryOnce(target, bytes);
    inputs += 1;
    slowestMs = Math.max(slowestMs, tookMs);
    if (word !== null) {
      const isNew = words[word] === undefined;
      words[word] = (words[word] ?? 0) + 1;
      if (isNew && corpus.length < CORPUS_MAX) corpus.push(bytes.slice());
    }
    failure ??= await confirmed(target, bytes, { failed, minimiseMs: limits.minimiseMs });
    if (inputs % LOOK_EVERY_INPUTS === 0) failure ??= memory.look();
    if (performance.now() - turnedAtMs < STRETCH_MS) return;
    await new Promise((resolve) => setImmediate(resolve));
    turnedAtMs = performance.now();
  };
  return {
    corpus,
    read,
    isOver: () =>
      failure !== null ||
      inputs >= limits.inputsMax ||
      limits.isAsked() ||
      performance.now() - startedAtMs >= limits.spanMs,
    close: () => {
      failure ??= memory.look();
      const tookMs = performance.now() - startedAtMs;
      const growthMb = memory.growthMb();
      return { target: target.name, inputs, tookMs, words, slowestMs, growthMb, failure };
    },
  };
}

interface Trial {
  readonly word: string | null;
  readonly tookMs: number;
  readonly failed: Pick<Failure, 'kind' | 'message'> | null;
}

/** Reads one input; null in `failed`: everything held. */
export async function tryOnce(target: FuzzTarget, bytes: Uint8Array): Promise<Trial> {
  const startedAtMs = performance.now();
  try {
    const outcome = target.check(bytes);
    const word = typeof outcome === 'string' ? outcome : await outcome;
    const tookMs = performance.now() - startedAtMs;
    const message = `took ${tookMs.toFixed(0)} ms for ${String(bytes.length)} bytes`;
    return { word, tookMs, failed: tookMs > INPUT_MS_MAX ? { kind: 'slow', message } : null };
  } catch (thrown) {
    const message = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
    return {
      word: null,
      tookMs: performance.now() - startedAtMs,
      failed: { kind: 'threw', message },
    };
  }
}

/** What is slow only once is not the input's fault; what threw once is told in any case. */
async function confirmed(
  target: FuzzTarget,
  bytes: Uint8Array,
  { failed, minimiseMs }: Pick<Trial, 'failed'> & { readonly minimiseMs: number | undefined },
): Promise<Failure | null> {
  if (failed === null) return null;
  const failsSo = async (candidate: Uint8Array): Promise<boolean> =>
    (await tryOnce(target, candidate)).failed?.kind === failed.kind;
  for (let retry = 0; retry < (failed.kind === 'slow' ? RETRIES : 1); retry += 1) {
    if (await failsSo(bytes)) continue;
    const message = `${failed.message}\n(it did not happen again with the same input)`;
    return failed.kind === 'slow' ? null : { ...failed, message, input: Uint8Array.from(bytes) };
  }
  const input = await minimise(Uint8Array.from(bytes), failsSo, minimiseMs);
  const message = (await tryOnce(target, input)).failed?.message ?? failed.message;
  return { kind: failed.kind, message, input };
}

/** Compares what is alive after a full collection; the first look is the warm-up. */
function memoryWatch(): { look: () => Failure | null; growthMb: () => number } {
  let firstMb: number | null = null;
  let lastMb = 0;
  const growthMb = (): number => (firstMb === null ? 0 : lastMb - firstMb);
  return {
    growthMb,
    look: () => {
      lastMb = liveMb();
      firstMb ??= lastMb;
      if (growthMb() <= GROWTH_MB_MAX) return null;
      const message = `${growthMb().toFixed(1)} MB more are alive than after the warm-up`;
      return { kind: 'memory', message, input: null };
    },
  };
}

function exposedCollector(): unknown {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc');
}
let collect: unknown = null;

function liveMb(): number {
  collect ??= exposedCollector();
  if (typeof collect === 'function') collect();
  const { heapUsed, external } = process.memoryUsage();
  return (heapUsed + external) / (1 << 20);
}

/** A number of its own for each target, so that one alone replays what it got among all. */
export const seedFor = (target: string, seed: number): number =>
  bytesOfText(target).reduce((mixed, byte) => (Math.imul(mixed, 31) + byte) >>> 0, seed >>> 0);
