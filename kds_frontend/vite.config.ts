import { svelte } from '@sveltejs/vite-plugin-svelte';
import { svelteTesting } from '@testing-library/svelte/vite';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { rupeeFont, websocketOnly } from './vite-plugins';

const page = (name: string): string => fileURLToPath(new URL(`./${name}.html`, import.meta.url));
const backend = process.env.RASOI_URL ?? 'http://127.0.0.1:8000';

export default defineConfig({
  base: './',
  plugins: [rupeeFont(), websocketOnly(), svelte(), svelteTesting()],
  resolve: { alias: { $lib: fileURLToPath(new URL('./src/lib', import.meta.url)) } },
  build: {
    target: 'es2022',
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    rollupOptions: {
      input: {
        index: page('index'),
        order: page('order'),
        kitchen: page('kitchen'),
        expo: page('expo'),
        pickup: page('pickup'),
        waiter: page('waiter'),
        manage: page('manage'),
      },
      // few files: each is packed by itself
      output: { codeSplitting: { groups: [{ name: 'core', minShareCount: 4 }] } },
    },
  },
  server: {
    proxy: { '/api': backend, '/documents': backend, '/socket.io': { target: backend, ws: true } },
  },
  test: { include: ['tests/**/*.test.ts', 'src/**/*.test.ts'], environment: 'node' },
});
