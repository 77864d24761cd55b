/** What the build does besides bundling. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import subsetFont from 'subset-font';
import type { Plugin } from 'vite';

const place = (path: string): string => fileURLToPath(new URL(`./node_modules/${path}`, import.meta.url));
const WHOLE = place('@fontsource-variable/inter/files/inter-latin-ext-wght-normal.woff2');

/** The rupee sign alone, out of the 85 KB of Inter's extended Latin: no other sign of that file is in our texts. */
export function rupeeFont(): Plugin {
  return {
    name: 'rupee-font',
    async configResolved() {
      const font = await subsetFont(await readFile(WHOLE), '₹', { targetFormat: 'woff2' });
      await mkdir(place('.rasoi-fonts'), { recursive: true });
      await writeFile(place('.rasoi-fonts/inter-rupee.woff2'), font);
    },
  };
}

/** The bridge speaks WebSocket only, so the client's other transports stay out of the bundles. */
export function websocketOnly(): Plugin {
  return {
    name: 'websocket-only',
    enforce: 'pre',
    async load(id) {
      const [, file] = /engine\.io-client\/build\/esm\/transports\/(.*)\.js$/.exec(id.replaceAll('\\', '/')) ?? [];
      if (file === undefined || file === 'websocket') return null;
      const code =
        file === 'index'
          ? "import { WS } from './websocket.js';\nexport const transports = { websocket: WS };\n"
          : await readFile(id, 'utf8');
      return { code, moduleSideEffects: false }; // the others are named by the package's index only
    },
  };
}
