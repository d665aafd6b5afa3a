/** Every directed plan. */
import { assert } from '../../../core/base/assert.ts';
import { flipScenarios } from './flips.ts';
import { hazardScenarios } from './hazards.ts';
import { leaseScenarios } from './leases.ts';
import { operatorScenarios } from './operators.ts';
import { ringScenarios } from './ring.ts';
import { rolloutScenarios } from './rollouts.ts';
import type { Scenario } from './scenario.ts';

export const allScenarios: readonly Scenario[] = [
  ...leaseScenarios,
  ...flipScenarios,
  ...ringScenarios,
  ...operatorScenarios,
  ...hazardScenarios,
  ...rolloutScenarios,
];

export function scenarioNamed(name: string): Scenario {
  const found = allScenarios.find((scenario) => scenario.name === name);
  assert(found !== undefined, `there is a scenario ${name}`);
  return found;
}
