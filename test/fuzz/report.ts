// What a run of a target came to, for people and for scripts.
import type { Failure, FuzzOutcome } from './fuzz.ts';

const TEXT_CHARACTERS_MAX = 400;

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

export function outcomeText(outcome: FuzzOutcome): string {
  const { target, inputs, tookMs, words, slowestMs, growthMb, failure } = outcome;
  const line = [
    `${target.padEnd(13)}${String(inputs).padStart(9)} inputs in ${(tookMs / 1000).toFixed(1)} s`,
    `${String(Object.keys(words).length)} outcomes`,
    `slowest ${slowestMs.toFixed(1)} ms`,
    `memory ${growthMb >= 0 ? '+' : ''}${growthMb.toFixed(1)} MB`,
  ].join(', ');
  return failure === null ? line : `${line}\n${failureText(target, failure)}`;
}

function failureText(target: string, { kind, message, input }: Failure): string {
  const told = `FAILED (${kind}): ${message}`;
  if (input === null) return told;
  const size = `with ${String(input.length)} bytes: ${JSON.stringify(Buffer.from(input).toString('latin1')).slice(0, TEXT_CHARACTERS_MAX)}`;
  return `${told}\n${size}\nagain: npm run fuzz -- --target ${target} --input ${hex(input)}`;
}

export const outcomeJson = ({ failure, ...outcome }: FuzzOutcome) => ({
  ...outcome,
  failure:
    failure === null
      ? null
      : { ...failure, input: failure.input === null ? null : hex(failure.input) },
});
