/** A directed plan: the story that random seeds tell too rarely. */
import type { Plan } from '../plan.ts';

export interface Scenario {
  /** Kebab case. */
  readonly name: string;
  /** What happens in it, and what must not come of it. */
  readonly story: string;
  readonly plan: Plan;
}
