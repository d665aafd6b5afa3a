// House rules that a linter can hold. Who may import whom is in test/import-borders.json; that there
// are no cycles is held by test/tidy.test.ts, which reads the whole import graph.
import { readFileSync } from 'node:fs';
import tseslint from 'typescript-eslint';

const { layers, shells } = JSON.parse(
  readFileSync(new URL('test/import-borders.json', import.meta.url), 'utf8'),
);

const pure = [
  'core/{base,wire,config,ticket,member,xml,cib,scheduler,transition,api,metrics}/**/*.ts',
  'site/{cluster,embedded,pacemaker}/**/*.ts',
];
const impureGlobals = [
  'process',
  'console',
  'setTimeout',
  'setInterval',
  'setImmediate',
  'queueMicrotask',
  'fetch',
  'performance',
  'crypto',
  'navigator',
  'localStorage',
].map((name) => ({ name, message: 'pure code gets the world as input and returns effects' }));

const pureFolders = new Set([
  ...['base', 'wire', 'config', 'ticket', 'member', 'xml', 'cib', 'scheduler', 'transition'],
  ...['api', 'metrics', 'cluster', 'embedded', 'pacemaker'],
]);
const purePatterns = [
  {
    regex: '^node:(?!crypto$)',
    message: 'pure code imports no node: module but node:crypto',
  },
  { regex: '/io/|/cli/', message: 'pure code never imports io' },
];

/** Imports of the files in `folder`, or one level below it, that lead to a folder not in the table. */
function borderOf(folder, allowed, depth) {
  const [side, own] = folder.split('/');
  const up = '\\.\\./'.repeat(depth);
  const namesOn = (wanted) =>
    allowed.filter((one) => one.startsWith(`${wanted}/`)).map((one) => one.split('/')[1]);
  const near = [own, ...namesOn(side)].join('|');
  const far = side === 'core' ? '(?!)' : `core/(?:${namesOn('core').join('|')})/`;
  const message = `${folder} imports only ${['itself', ...allowed].join(', ')}`;
  return {
    files: [depth === 1 ? `${folder}/*.ts` : `${folder}/*/*.ts`],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            { regex: `^${up}(?!(?:${near})/|\\.\\./)`, message },
            { regex: `^${up}\\.\\./(?!${far})`, message },
            ...(pureFolders.has(own) ? purePatterns : []),
          ],
        },
      ],
    },
  };
}

const borders = Object.entries(layers).flatMap(([folder, allowed]) => [
  borderOf(folder, allowed, 1),
  borderOf(folder, allowed, 2),
]);
const shellBorders = Object.entries(shells).map(([folder, allowed]) => ({
  files: [`${folder}/*.ts`],
  rules: {
    'no-restricted-imports': [
      'error',
      {
        patterns: ['core/', 'site/', 'arbitrator/']
          .filter((side) => !allowed.includes(side))
          .map((side) => ({
            regex: `^(\\.\\./)+${side}`,
            message: `${folder} never imports ${side}`,
          })),
      },
    ],
  },
}));

export default tseslint.config(
  { ignores: ['dist/**', 'node_modules/**', 'coverage/**'] },
  {
    files: ['**/*.ts', '**/*.mts'],
    extends: [tseslint.configs.base],
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      'no-var': 'error',
      'prefer-const': 'error',
      eqeqeq: 'error',
      complexity: ['error', { max: 16, variant: 'modified' }],
      'max-depth': ['error', 3],
      'max-params': ['error', 4],
      'max-lines': ['error', { max: 400 }],
      'max-lines-per-function': ['error', { max: 70, skipComments: true, skipBlankLines: true }],
      'no-restricted-exports': ['error', { restrictDefaultExports: { direct: true } }],
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/await-thenable': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-unnecessary-condition': 'error',
      '@typescript-eslint/no-unnecessary-type-assertion': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      '@typescript-eslint/ban-ts-comment': 'error',
      '@typescript-eslint/no-enum': 'off',
      '@typescript-eslint/only-throw-error': 'error',
    },
  },
  {
    files: pure,
    rules: {
      'no-restricted-globals': ['error', ...impureGlobals],
      'no-restricted-properties': [
        'error',
        { object: 'Math', property: 'random', message: 'randomness comes in with the context' },
        { object: 'Date', property: 'now', message: 'the time comes in with the context' },
      ],
    },
  },
  ...borders,
  ...shellBorders,
  {
    files: ['test/**/*.ts', 'vitest.config.mts'],
    rules: {
      'max-lines-per-function': 'off',
      'no-restricted-exports': 'off',
      'max-lines': ['error', { max: 600 }],
    },
  },
);
