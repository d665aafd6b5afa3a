import { parseInteger } from './number.ts';

/** Which action of which transition an operation belongs to, and what was expected of it. */
export interface TransitionKey {
  readonly action: number;
  readonly transition: number;
  readonly expectedReturnCode: number;
  /** Names the run of the engine that made the transition; no `:` in it. */
  readonly run: string;
}

/** Reads `ACTION:TRANSITION:EXPECTED-RC:RUN`; null for anything else. */
export function readTransitionKey(text: string | null): TransitionKey | null {
  const fields = text?.split(':') ?? [];
  const [action, transition, expectedReturnCode] = fields
    .slice(0, 3)
    .map((field) => parseInteger(field));
  const run = fields[3];
  if (fields.length !== 4 || run === undefined) return null;
  if (typeof action !== 'number' || typeof transition !== 'number') return null;
  if (typeof expectedReturnCode !== 'number') return null;
  return { action, transition, expectedReturnCode, run };
}

/** The key as it is stored. */
export const transitionKeyText = (key: TransitionKey): string =>
  `${key.action}:${key.transition}:${key.expectedReturnCode}:${key.run}`;
