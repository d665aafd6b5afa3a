// A part of the bench: what it needs, how long it may take, and how it is run so that whatever
// happens all it opened is taken down again.
import { setTimeout as sleep } from 'node:timers/promises';
import { unmetRequirements, type Requirement } from '../support/machine.ts';
import type { Measure } from './measure.ts';

/** What a part is given. */
export interface PartContext {
  readonly isQuick: boolean;
  /** Takes results as they come, so that a part that is cut short has not measured for nothing. */
  report(...measures: readonly Measure[]): void;
  /** Called in reverse order when the part has ended, however it did. */
  onEnd(release: () => Promise<unknown>): void;
}

export interface Part {
  readonly name: string;
  /** For people. */
  readonly title: string;
  readonly needs: readonly Requirement[];
  /** Seconds after which it is cut short. */
  readonly limitSecs: { readonly full: number; readonly quick: number };
  run(context: PartContext): Promise<void>;
}

export interface PartResult extends Pick<Part, 'name' | 'title'> {
  /** Why it was not run; null: it was. */
  readonly skipped: string | null;
  /** Why not all of it was measured; null: it was. */
  readonly failure: string | null;
  readonly elapsedMs: number;
  readonly measures: readonly Measure[];
}

const interruption = 'interrupted';

/** Runs a part within its time; `interrupted` resolving ends it early. Never rejects. */
export async function runPart(
  part: Part,
  isQuick: boolean,
  interrupted: Promise<unknown>,
): Promise<PartResult> {
  const { name, title } = part;
  const unmet = unmetRequirements(part.needs);
  const nothing = { name, title, skipped: null, failure: null, elapsedMs: 0, measures: [] };
  if (unmet.length > 0) return { ...nothing, skipped: unmet.join('; ') };
  const beganAt = performance.now();
  const measures: Measure[] = [];
  const releases: (() => Promise<unknown>)[] = [];
  const limitSecs = isQuick ? part.limitSecs.quick : part.limitSecs.full;
  const timer = new AbortController();
  const running = part
    .run({
      isQuick,
      report: (...found) => void measures.push(...found),
      onEnd: (release) => void releases.push(release),
    })
    .then(() => null, reasonOf);
  const failure = await Promise.race([
    running,
    sleep(limitSecs * 1000, `cut short after ${String(limitSecs)} s`, timer).catch(reasonOf),
    interrupted.then(() => interruption),
  ]);
  timer.abort();
  const problems = await releaseAll(releases);
  const elapsedMs = performance.now() - beganAt;
  return { ...nothing, failure: failure ?? problems, elapsedMs, measures };
}

/** Everything is released, also after something could not be; null, or what could not. */
async function releaseAll(releases: readonly (() => Promise<unknown>)[]): Promise<string | null> {
  const problems: string[] = [];
  for (const release of releases.toReversed()) {
    const problem = await release().then(() => null, reasonOf);
    if (problem !== null) problems.push(problem);
  }
  return problems.length === 0 ? null : problems.join('; ');
}

const reasonOf = (thrown: unknown): string =>
  thrown instanceof Error ? thrown.message : String(thrown);
