import js from '@eslint/js';
import { configs as regexp } from 'eslint-plugin-regexp';
import tseslint from 'typescript-eslint';

export default tseslint.config(
  {
    // AssemblyScript (assembly/) has types of its own, which its compiler checks.
    ignores: [
      '**/assembly/',
      '**/dist/',
      '**/node_modules/',
      '**/.turbo/',
      '**/coverage/',
      '**/.venv/',
      '**/generated/',
      'docs/api/',
    ],
  },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  js.configs.recommended,
  tseslint.configs.strictTypeChecked,
  tseslint.configs.stylisticTypeChecked,
  regexp['flat/recommended'],
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      // isolatedDeclarations wants the type on the left.
      '@typescript-eslint/consistent-generic-constructors': ['error', 'type-annotation'],
      '@typescript-eslint/consistent-type-exports': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      'no-console': 'error',
    },
  },
  {
    files: [
      'apps/cli/src/**',
      'scripts/**',
      'bench/**',
      'test/browser/run.ts',
      'examples/**',
      'packages/*/fuzz/**',
      'packages/*/tools/**',
      'packages/*/bench/**',
    ],
    rules: { 'no-console': 'off' },
  },
  {
    // Their tests take real configs; they themselves read recipes of any.
    files: ['packages/dialects/src/**', 'packages/recipe-lint/src/**'],
    rules: { 'no-restricted-imports': ['error', { patterns: ['@fewbit/*', '!@fewbit/core', '!@fewbit/python-re'] }] },
  },
  {
    files: ['**/*.js', '**/*.mjs'],
    extends: [tseslint.configs.disableTypeChecked],
    languageOptions: { globals: { process: 'readonly', console: 'readonly', URL: 'readonly' } },
  },
);
