/** A directed plan: the story that random seeds tell too rarely. */
import type { Plan } from '../plan.ts';

export interface Scenario {
  /** Kebab case. */
  readonly name: string;
  /** What happens in it, and what must not come of it. */
  readonly story: string;
  /** The rows of booth-protocol 9.2 and 9.3 that it tells anew. */
  readonly rows?: readonly string[];
  readonly plan: Plan;
}
