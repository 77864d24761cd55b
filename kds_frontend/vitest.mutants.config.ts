/** What Stryker runs in its sandbox: the tests of the mutated rules, without those that mount components. */
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  plugins: [svelte()],
  resolve: { alias: { $lib: fileURLToPath(new URL('./src/lib', import.meta.url)) } },
  test: {
    include: [
      'tests/{money,tickets,vectors}.test.ts',
      'src/lib/ordering/{cart,sending,refusals}.test.ts',
      'src/waiter/cash.test.ts',
    ],
    environment: 'node',
  },
});
