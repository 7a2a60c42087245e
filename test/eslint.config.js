/**
 * What the linter asks. Formatting is prettier's business, layers are dependency-cruiser's.
 *
 * Run from the top of the project: `eslint --config test/eslint.config.js .`
 */
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'eslint/config';
import tsdoc from 'eslint-plugin-tsdoc';
import tseslint from 'typescript-eslint';
import { mustUseResult } from './lint/must-use-result.js';

const top = fileURLToPath(new URL('..', import.meta.url));

/** Whatever makes two runs of one seed differ. src/cli alone may look at a clock, for progress. */
const nondeterminism = {
  globals: ['performance', 'crypto', 'setTimeout', 'setInterval', 'queueMicrotask'],
  syntax: [
    {
      selector: "MemberExpression[object.name='Math'][property.name='random']",
      what: 'Math.random',
    },
    { selector: "NewExpression[callee.name='Date']", what: 'new Date' },
    { selector: "CallExpression[callee.name='Date']", what: 'Date()' },
    { selector: "MemberExpression[object.name='Date']", what: 'Date' },
    { selector: "MemberExpression[object.name='process']", what: 'process' },
    {
      selector: "MemberExpression[object.name='globalThis']",
      what: 'globalThis',
    },
  ],
};

const house = [
  {
    selector: 'ExportDefaultDeclaration',
    message: 'No default exports: a thing has one name.',
  },
  {
    selector: 'TSEnumDeclaration',
    message: 'No enums: a const object with the header numbers.',
  },
];

const topLevel = ':matches(Program, Program > ExportNamedDeclaration)';

const moduleState = [
  {
    selector: `${topLevel} > VariableDeclaration[kind=/^(let|var)$/]`,
    message: 'No state at module level: it belongs to a machine.',
  },
  {
    // A module-level Map is state unless its type says that nobody writes to it.
    selector:
      `${topLevel} > VariableDeclaration > ` +
      'VariableDeclarator:not([id.typeAnnotation.typeAnnotation.typeName.name=/^Readonly/]) > ' +
      'NewExpression[callee.name=/^(Weak)?(Map|Set)$/]',
    message: 'No state at module level: declare it ReadonlyMap or ReadonlySet, or move it.',
  },
];

export const config = defineConfig(
  { ignores: ['dist/', 'docs/', 'coverage/', '.cache/'] },
  {
    files: ['**/*.ts', '**/*.js', '**/*.cjs'],
    extends: [tseslint.configs.strictTypeChecked],
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    languageOptions: {
      parserOptions: { project: ['./tsconfig.json'], tsconfigRootDir: top },
    },
    plugins: { house: { rules: { 'must-use-result': mustUseResult } } },
    rules: {
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'house/must-use-result': 'error',
      'no-restricted-syntax': ['error', ...house],
      '@typescript-eslint/consistent-type-imports': 'error',
      // A wait ticket is a thenable, no Promise: dropping one is as wrong. `void` is no excuse.
      '@typescript-eslint/no-floating-promises': [
        'error',
        { checkThenables: true, ignoreVoid: false },
      ],
      // mutex_enter() returns a wait or nothing, and `await` serves both; a driver's entry points
      // may be async and need not wait.
      '@typescript-eslint/await-thenable': 'off',
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/no-invalid-void-type': 'off',
      // What a caller may get wrong is checked although its type says that he cannot.
      '@typescript-eslint/no-unnecessary-condition': 'off',
      '@typescript-eslint/no-unnecessary-type-conversion': 'off',
      // Handles are opaque types outside and classes inside; the casts at the border are checked.
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      // A call the pages call obsolete is modelled and tested like any other.
      '@typescript-eslint/no-deprecated': 'off',
      // Overloads and type parameters follow the pages, a parameter each.
      '@typescript-eslint/unified-signatures': 'off',
      '@typescript-eslint/no-unnecessary-type-parameters': 'off',
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/no-unused-vars': [
        'error',
        {
          args: 'after-used',
          argsIgnorePattern: '^_',
          varsIgnorePattern: '^_',
        },
      ],
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
    },
  },
  {
    files: ['src/**/*.ts'],
    plugins: { tsdoc },
    rules: {
      'tsdoc/syntax': 'error',
      'no-restricted-syntax': ['error', ...house, ...moduleState],
    },
  },
  {
    files: ['src/**/*.ts'],
    ignores: ['src/cli/**'],
    rules: {
      'no-console': 'error',
      'no-restricted-globals': [
        'error',
        ...nondeterminism.globals.map((name) => ({
          name,
          message: 'The model knows virtual time and machine.choose() only.',
        })),
      ],
      'no-restricted-syntax': [
        'error',
        ...house,
        ...moduleState,
        ...nondeterminism.syntax.map(({ selector, what }) => ({
          selector,
          message: `${what}: the model knows virtual time and machine.choose() only.`,
        })),
      ],
    },
  },
  {
    // Ours and the twin are made from one text, so that only what is measured differs.
    files: ['test/bench/**/*.ts'],
    rules: { '@typescript-eslint/no-implied-eval': 'off' },
  },
  {
    files: ['**/*.js', '**/*.cjs'],
    extends: [tseslint.configs.disableTypeChecked],
    rules: { 'house/must-use-result': 'off' },
  },
);

// eslint-disable-next-line no-restricted-syntax -- the linter reads the default export only
export default config;
