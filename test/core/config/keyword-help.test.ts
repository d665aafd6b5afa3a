import { expect, test } from 'vitest';
import { keywordHelp, keywordMarkdown } from '../../../core/config/keyword-help.ts';
import { keywordNames } from '../../../core/config/keywords.ts';

test.each([
  ['expire', 'ticket', 'seconds, or NUMBERms; above 0', '600s'],
  ['acquire-after', 'ticket', 'seconds, or NUMBERms', '0s'],
  ['renewal-freq', 'ticket', 'seconds, or NUMBERms; above 0', ''],
  ['retries', 'ticket', '3 to 100', '10'],
  ['port', 'global', '1 to 65535', '9929'],
  ['maxtimeskew', 'global', 'number, at least 1', '600'],
  ['debug', 'global', 'number', '0'],
  ['transport', 'global', 'UDP', 'UDP'],
  ['mode', 'ticket', 'automatic, manual', 'automatic'],
  ['site', 'global', 'address or host name', ''],
])('%s is a %s key that accepts %s, by default %s', (key, scope, accepts, byDefault) => {
  const row = keywordHelp().find((one) => one.key === key);
  expect(row).toMatchObject({ scope, accepts, byDefault });
});

test('every key has a line in the manual', () => {
  const rows = keywordMarkdown().trimEnd().split('\n');
  expect(rows).toHaveLength(keywordNames.length + 2);
  expect(rows[2]).toBe(
    '| `transport` | global | UDP | UDP | how members talk to each other; clients always use TCP |',
  );
  // A bar of a value must not end a cell.
  for (const row of rows) expect(row.split(/(?<!\\)\|/)).toHaveLength(7);
});
