/** The table of a mutant run: mutant, rule, where it was caught, by which checker. */
import type { HuntReport } from './hunt.ts';

export const isCaught = ({ caught }: HuntReport): boolean => caught !== null;

const RULE_WIDTH = 8;
const NAME_WIDTH = 36;
const WHERE_WIDTH = 32;
const CHECKER_WIDTH = 18;

/** A row, as soon as its mutant's hunt is over. */
export function reportLine({ mutant, caught, failure, tookMs }: HuntReport): string {
  const head = `${mutant.rule.padEnd(RULE_WIDTH)} ${mutant.name.padEnd(NAME_WIDTH)} `;
  const took = `${(tookMs / 1000).toFixed(1)} s`;
  if (failure !== null) return `${head}NOT RUN: ${failure}`;
  if (caught === null) return `${head}SURVIVED ${told(mutant)} ${took}`;
  const { where, violation } = caught;
  return `${head}${where.padEnd(WHERE_WIDTH)} ${violation.checker.padEnd(CHECKER_WIDTH)} ${took}`;
}

const told = ({ scenarios = [], seeds }: HuntReport['mutant']): string =>
  `${String(scenarios.length)} scenarios and ${String(seeds)} seeds,`;

export const traceText = ({ caught }: HuntReport): string =>
  (caught?.trace ?? []).map((line) => `  ${line}\n`).join('');

export function summaryLine(reports: readonly HuntReport[], wallMs: number): string {
  const caught = reports.filter(isCaught).length;
  const lost = reports.filter((report) => !isCaught(report)).map(({ mutant }) => mutant.name);
  const rest = lost.length === 0 ? '' : `; not caught: ${lost.join(', ')}`;
  return `${String(caught)} of ${String(reports.length)} mutants caught in ${(wallMs / 1000).toFixed(0)} s${rest}\n`;
}

export function reportJson(reports: readonly HuntReport[], wallMs: number): string {
  const mutants = reports.map(({ mutant, caught, failure, tookMs }) => ({
    name: mutant.name,
    rule: mutant.rule,
    recreates: mutant.recreates,
    isCaught: caught !== null,
    where: caught?.where ?? null,
    runsBefore: caught?.runsBefore ?? null,
    checker: caught?.violation.checker ?? null,
    violation: caught?.violation.text ?? null,
    failure,
    tookMs: Math.round(tookMs),
  }));
  return `${JSON.stringify({ mutants, wallMs: Math.round(wallMs) })}\n`;
}
