// Mutants of good inputs: bytes and numbers changed, pieces cut, doubled, moved and put together.
import type { Random } from '../../core/base/random.ts';
import { bytesOfText } from './target.ts';

/** Larger mutants are cut: what is read is bounded by the readers themselves, and tested there. */
export const MUTANT_BYTES_MAX = 16 << 10;
const STEPS_MAX = 6;

const extremes = [0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fffffff, 0x80000000];
const largest = [0xfffffffe, 0xffffffff];

export const below = (random: Random, limit: number): number => Math.floor(random.next() * limit);

export const pick = <T>(random: Random, from: readonly [T, ...T[]]): T =>
  from[below(random, from.length)] ?? from[0];

export interface MutationSource {
  readonly corpus: readonly [Uint8Array, ...Uint8Array[]];
  readonly words: readonly string[];
}

/** One to six steps away from an input of the corpus. */
export function mutant(random: Random, { corpus, words }: MutationSource): Uint8Array {
  let bytes: Uint8Array = Uint8Array.from(pick(random, corpus));
  const steps = 1 + below(random, STEPS_MAX);
  for (let step = 0; step < steps; step += 1) {
    const other = pick(random, corpus);
    bytes = pick(random, mutations)(bytes, { random, other, words });
    if (bytes.length > MUTANT_BYTES_MAX) bytes = bytes.subarray(0, MUTANT_BYTES_MAX);
  }
  return bytes;
}

interface Step {
  readonly random: Random;
  readonly other: Uint8Array;
  readonly words: readonly string[];
}

type Mutation = (bytes: Uint8Array, step: Step) => Uint8Array;

const flipBit: Mutation = (bytes, { random }) => {
  const at = below(random, bytes.length);
  if (bytes.length > 0) bytes[at] = (bytes[at] ?? 0) ^ (1 << below(random, 8));
  return bytes;
};

const setByte: Mutation = (bytes, { random }) => {
  if (bytes.length > 0) bytes[below(random, bytes.length)] = below(random, 256);
  return bytes;
};

const setNumber: Mutation = (bytes, { random }) => {
  if (bytes.length < 4) return bytes;
  const at = 4 * below(random, bytes.length >> 2);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const near = view.getUint32(at) + below(random, 3) - 1;
  view.setUint32(at, random.next() < 0.5 ? near : pick(random, [0, ...extremes, ...largest]));
  return bytes;
};

const cut: Mutation = (bytes, { random }) => bytes.slice(0, below(random, bytes.length + 1));

const removePiece: Mutation = (bytes, { random }) => {
  const { from, to } = piece(random, bytes);
  return joined(bytes.subarray(0, from), bytes.subarray(to));
};

const repeatPiece: Mutation = (bytes, { random }) => {
  const { from, to } = piece(random, bytes);
  const times = 1 + below(random, random.next() < 0.1 ? 200 : 3);
  const copies = Array.from({ length: times }, () => bytes.subarray(from, to));
  return joined(bytes.subarray(0, to), ...copies, bytes.subarray(to));
};

const movePiece: Mutation = (bytes, { random }) => {
  const { from, to } = piece(random, bytes);
  const rest = joined(bytes.subarray(0, from), bytes.subarray(to));
  const at = below(random, rest.length + 1);
  return joined(rest.subarray(0, at), bytes.subarray(from, to), rest.subarray(at));
};

const insertOther: Mutation = (bytes, { random, other }) => {
  const { from, to } = piece(random, other);
  const at = below(random, bytes.length + 1);
  return joined(bytes.subarray(0, at), other.subarray(from, to), bytes.subarray(at));
};

const splice: Mutation = (bytes, { random, other }) =>
  joined(
    bytes.subarray(0, below(random, bytes.length + 1)),
    other.subarray(below(random, other.length + 1)),
  );

const insertWord: Mutation = (bytes, { random, words }) => {
  const word = bytesOfText(words[below(random, words.length)] ?? '');
  const at = below(random, bytes.length + 1);
  return joined(bytes.subarray(0, at), word, bytes.subarray(at));
};

const insertNoise: Mutation = (bytes, { random }) => {
  const noise = Uint8Array.from({ length: below(random, 40) }, () => below(random, 256));
  const at = below(random, bytes.length + 1);
  return joined(bytes.subarray(0, at), noise, bytes.subarray(at));
};

const zeros: Mutation = (bytes, { random }) => {
  const { from, to } = piece(random, bytes);
  return bytes.fill(0, from, to);
};

const mutations: readonly [Mutation, ...Mutation[]] = [
  ...([flipBit, setByte, setNumber, cut, removePiece, repeatPiece] as const),
  ...([movePiece, insertOther, splice, insertWord, insertWord, insertNoise, zeros] as const),
];

/** Short pieces more often than long ones. */
function piece(random: Random, bytes: Uint8Array): { from: number; to: number } {
  const from = below(random, bytes.length + 1);
  const most = random.next() < 0.7 ? 16 : bytes.length;
  return { from, to: Math.min(bytes.length, from + below(random, most + 1)) };
}

function joined(...pieces: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const one of pieces) {
    whole.set(one, at);
    at += one.length;
  }
  return whole;
}
