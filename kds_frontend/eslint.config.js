import { readdirSync } from 'node:fs';
import js from '@eslint/js';
import svelte from 'eslint-plugin-svelte';
import globals from 'globals';
import ts from 'typescript-eslint';
import svelteConfig from './svelte.config.js';

/** Each folder beside lib is one screen, with an entry of its own. */
const screens = readdirSync(new URL('./src', import.meta.url), { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && entry.name !== 'lib')
  .map((entry) => entry.name);

/** Only $lib is shared: neither another screen nor, from lib, any screen may be imported. */
const borders = [...screens, 'lib'].map((folder) => ({
  files: [`src/${folder}/**`],
  rules: {
    'no-restricted-imports': [
      'error',
      {
        patterns: screens
          .filter((screen) => screen !== folder)
          .map((screen) => ({
            group: [`../${screen}/*`, `**/../${screen}/*`, `**/src/${screen}/*`],
            message: `${folder} imports from the ${screen} screen: what both need belongs in $lib.`,
          })),
      },
    ],
  },
}));

/** A browser may forbid them, or have no room: only one file uses them, which survives both. */
const message = 'Use deviceStorage or tabStorage of $lib/storage.svelte.';
const stores = ['localStorage', 'sessionStorage', 'indexedDB', 'caches', 'cookieStore'];
const storage = stores.map((name) => ({ name, message }));
const ofWindow = ['window', 'globalThis', 'self'].flatMap((object) =>
  stores.map((property) => ({ object, property, message })),
);

export default ts.config(
  { ignores: ['.svelte-kit/', 'dist/', 'src/lib/api/schema.d.ts'] },
  js.configs.recommended,
  ts.configs.strict,
  svelte.configs.recommended,
  svelte.configs.prettier,
  {
    languageOptions: { globals: { ...globals.browser, ...globals.node } },
    rules: {
      'no-undef': 'off', // TypeScript's own check
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'svelte/no-unused-props': 'off', // the pages of a screen share one shape
      'svelte/prefer-svelte-reactivity': 'off', // a Map or Set in a state is replaced, never changed
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
    },
  },
  {
    files: ['src/**/*.ts', 'src/**/*.svelte', 'tests/**/*.ts'],
    languageOptions: {
      parserOptions: { projectService: true, extraFileExtensions: ['.svelte'], svelteConfig },
    },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/await-thenable': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
    },
  },
  {
    files: ['src/**'],
    ignores: ['src/lib/storage.svelte.ts'],
    rules: { 'no-restricted-globals': ['error', ...storage], 'no-restricted-properties': ['error', ...ofWindow] },
  },
  { files: ['**/*.svelte', '**/*.svelte.ts'], languageOptions: { parserOptions: { parser: ts.parser } } },
  borders,
);
