// House rules that a linter can hold. The borders between folders (who may import whom, no cycles)
// are in test/tidy.test.ts, which reads the whole import graph.
import tseslint from 'typescript-eslint';

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
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              regex: '^node:(?!crypto$)',
              message: 'pure code imports no node: module but node:crypto',
            },
            { regex: '/io/|/cli/', message: 'pure code never imports io' },
          ],
        },
      ],
    },
  },
  {
    files: ['test/**/*.ts', 'vitest.config.mts'],
    rules: {
      'max-lines-per-function': 'off',
      'no-restricted-exports': 'off',
      'max-lines': ['error', { max: 600 }],
    },
  },
);
