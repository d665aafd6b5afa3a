import { expect, test } from 'vitest';
import { hasErrors, renderProblem } from '../../../core/base/problem.ts';
import { configCodes } from '../../../core/config/problem-codes.ts';
import { parseConfig } from '../../../core/config/parse.ts';
import { printConfig } from '../../../core/config/print.ts';
import { confCases } from './conf-cases.ts';

const source = { path: '/etc/booth/booth.conf', resolve: () => null };

test.each(confCases)('$title is judged as booth-conf says', ({ bytes, errors }) => {
  const { config, problems } = parseConfig(bytes, source);
  const found = problems.filter(({ severity }) => severity === 'error').map(({ code }) => code);
  expect(found).toEqual(errors);
  expect(config === null).toBe(errors.length > 0);
  expect(hasErrors(problems)).toBe(errors.length > 0);
});

test.each(confCases)(
  'every problem of $title is one line that names file and code',
  ({ bytes }) => {
    for (const found of parseConfig(bytes, source).problems) {
      expect(configCodes).toHaveProperty(found.code);
      expect(renderProblem(found)).toMatch(
        /^\/etc\/booth\/booth\.conf:(\d+:\d+:)? (error|warning): /,
      );
      expect(found.message).toMatch(/^[^\p{Cc}\p{Cf}]+$/u);
      expect(found.message.length).toBeLessThan(400);
    }
  },
);

test.each(confCases.filter(({ errors }) => errors.length === 0))(
  'printing $title gives an equal configuration',
  ({ bytes }) => {
    const { config } = parseConfig(bytes, source);
    expect.assert(config !== null);
    const printed = printConfig(config);
    expect(parseConfig(new TextEncoder().encode(printed), source).config).toEqual(config);
  },
);

test('what booth accepts and we refuse is marked in the table of codes', () => {
  const differing = confCases.filter(
    ({ booth, errors }) => booth === 'accepts' && errors.length > 0,
  );
  expect(differing.length).toBeGreaterThan(15);
  for (const code of differing.flatMap(({ errors }) => errors)) {
    expect(configCodes[code]).toContain('Differs from booth:');
  }
});
