/**
 * Stops the program when one of its own assumptions is wrong. A crashed member is covered by the
 * lease; a member with a wrong state is covered by nothing.
 */
export function assert(condition: boolean, claim: string): asserts condition {
  if (!condition) throw new AssertionFailure(claim);
}

/** Ends an exhaustive switch: reaching it means a closed set has grown without this place. */
export function unreachable(value: never): never {
  throw new AssertionFailure(`unhandled case ${JSON.stringify(value)}`);
}

/** A broken assumption of the program itself, never a fault of its input. */
export class AssertionFailure extends Error {
  constructor(claim: string) {
    super(`assertion failed: ${claim}`);
    this.name = 'AssertionFailure';
  }
}
