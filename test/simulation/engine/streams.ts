/**
 * Independent streams of random numbers from one seed, each named for what draws from it: taking
 * a fault out of a plan leaves what everything else draws as it was.
 */
import { crc32 } from '../../../core/base/member-id.ts';
import type { Random } from '../../../core/base/random.ts';
import { seededRandom } from '../../../core/base/random.ts';
import { assert } from '../../../core/base/assert.ts';

const encoder = new TextEncoder();

/** The stream of that name; the same seed and name give the same numbers on every machine. */
export const stream = (seed: number, name: string): Random =>
  seededRandom(crc32(encoder.encode(`${String(seed)} ${name}`)));

export function pick<T>(random: Random, from: readonly T[]): T {
  const picked = from[Math.floor(random.next() * from.length)];
  assert(picked !== undefined, 'there is something to pick from');
  return picked;
}

export const chance = (random: Random, rate: number): boolean => random.next() < rate;

export const between = (random: Random, low: number, high: number): number =>
  low + random.next() * (high - low);

/** Whole, and as often between 1 and 2 as between 8 and 16: no logarithm that machines disagree on. */
export function skewed(random: Random, low: number, high: number): number {
  let doublings = 0;
  for (let reach = low; reach * 2 <= high; reach *= 2) doublings += 1;
  let base = low;
  const chosen = Math.floor(random.next() * (doublings + 1));
  for (let step = 0; step < chosen; step += 1) base *= 2;
  return Math.round(Math.min(high, base * (1 + random.next())));
}

/** Some of them, each as likely as `rate` says. */
export const some = <T>(random: Random, from: readonly T[], rate: number): T[] =>
  from.filter(() => random.next() < rate);
