import { vitePreprocess } from '@sveltejs/vite-plugin-svelte';
import { readdirSync } from 'node:fs';
import { join, relative } from 'node:path';

const source = join(import.meta.dirname, 'src');
const components = readdirSync(source, { recursive: true })
  .filter((file) => file.endsWith('.svelte'))
  .sort();

export default {
  preprocess: vitePreprocess(),
  compilerOptions: {
    runes: true, // so the runtime's older mode stays out of the bundles
    discloseVersion: false,
    // a component's class by its place in the list: a hash of it doesn't compress, and each stands in many places
    cssHash: ({ filename, hash }) => {
      const place = components.indexOf(relative(source, filename));
      return `s-${place < 0 ? hash(filename) : place.toString(36)}`;
    },
  },
};
