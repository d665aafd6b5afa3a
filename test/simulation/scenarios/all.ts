/** Every directed plan. */
import { assert } from '../../../core/base/assert.ts';
import { flipScenarios } from './flips.ts';
import { leaseScenarios } from './leases.ts';
import { operatorScenarios } from './operators.ts';
import { ringScenarios } from './ring.ts';
import type { Scenario } from './scenario.ts';

export const allScenarios: readonly Scenario[] = [
  ...leaseScenarios,
  ...flipScenarios,
  ...ringScenarios,
  ...operatorScenarios,
];

export function scenarioNamed(name: string): Scenario {
  const found = allScenarios.find((scenario) => scenario.name === name);
  assert(found !== undefined, `there is a scenario ${name}`);
  return found;
}
