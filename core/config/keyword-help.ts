/** The keyword table as text for `--help` and the README. */
import { formatSpan } from './duration.ts';
import { keywordNames, keywords, type ValueRule } from './keywords.ts';

/** One line a key: name, scope, accepted values, default, what it is for. */
export interface KeywordHelp {
  readonly key: string;
  readonly scope: 'global' | 'ticket';
  readonly accepts: string;
  /** Empty when there is none. */
  readonly byDefault: string;
  readonly help: string;
}

/** Every key of booth.conf, global ones first. */
export const keywordHelp = (): readonly KeywordHelp[] =>
  keywordNames.map((key) => {
    const { scope, value, help } = keywords[key];
    return { key, scope, accepts: acceptsOf(value), byDefault: defaultOf(value), help };
  });

/** The table in Markdown, as the README shows it. */
export function keywordMarkdown(): string {
  const rows = keywordHelp().map(
    ({ key, scope, accepts, byDefault, help }) =>
      `| \`${key}\` | ${scope} | ${accepts.replaceAll('|', '\\|')} | ${byDefault} | ${help} |`,
  );
  return [
    '| key | scope | accepts | default | meaning |',
    '|---|---|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}

function acceptsOf(value: ValueRule): string {
  switch (value.kind) {
    case 'words':
      return value.words.join(', ');
    case 'integer':
      return value.max < 2147483647
        ? `${String(value.min)} to ${String(value.max)}`
        : value.min > 0
          ? `number, at least ${String(value.min)}`
          : 'number';
    case 'span':
      return value.minMs === 0 ? 'seconds, or NUMBERms' : 'seconds, or NUMBERms; above 0';
    case 'text':
      return value.form;
  }
}

function defaultOf(value: ValueRule): string {
  switch (value.kind) {
    case 'words':
      return value.byDefault;
    case 'integer':
      return String(value.byDefault);
    case 'span':
      return value.defaultMs === null ? '' : formatSpan(value.defaultMs);
    case 'text':
      return '';
  }
}
