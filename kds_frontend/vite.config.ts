import { svelte } from '@sveltejs/vite-plugin-svelte';
import { svelteTesting } from '@testing-library/svelte/vite';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { eachPageByItself, rupeeFont, usedHere, websocketOnly } from './vite-plugins.ts';

const backend = process.env.RASOI_URL ?? 'http://127.0.0.1:8000';
const pages = ['index', 'order', 'kitchen', 'expo', 'pickup', 'waiter', 'manage', 'setup'];

export default defineConfig({
  base: './',
  plugins: [eachPageByItself(pages), rupeeFont(), websocketOnly(), usedHere(), svelte(), svelteTesting()],
  resolve: { alias: { $lib: fileURLToPath(new URL('./src/lib', import.meta.url)) } },
  build: {
    target: 'es2022',
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    reportCompressedSize: false, // sizes.ts weighs them
    rolldownOptions: { checks: { pluginTimings: false } },
  },
  server: {
    proxy: { '/api': backend, '/documents': backend, '/socket.io': { target: backend, ws: true } },
  },
  test: { include: ['tests/**/*.test.ts', 'src/**/*.test.ts'], environment: 'node' },
});
