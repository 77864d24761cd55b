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

/**
 * Each page is bundled alone, out of nothing but what it uses: few open more than one of them on a device, and what they
 * would share carries everybody's parts.
 */
export function eachPageByItself(pages: string[]): Plugin {
  const input = (page: string): string => fileURLToPath(new URL(`./${page}.html`, import.meta.url));
  return {
    name: 'each-page-by-itself',
    apply: 'build',
    config: () => ({
      environments: Object.fromEntries(
        pages.map((page, index) => [
          page,
          { consumer: 'client', build: { emptyOutDir: index === 0, rolldownOptions: { input: input(page) } } },
        ]),
      ),
      builder: {
        async buildApp(builder) {
          for (const page of pages) {
            const environment = builder.environments[page];
            if (environment) await builder.build(environment);
          }
        },
      },
    }),
  };
}

/** Svelte's switches for what these pages never do, made constants so that the code behind them can go. */
const SWITCHES: Record<string, string[]> = {
  'client/dom/hydration.js': ['hydrating'], // no page was rendered by a server
  'flags/index.js': ['async_mode_flag', 'legacy_mode_flag', 'tracing_mode_flag'],
  'client/dom/elements/custom-element.js': [],
};

/** Leaves out of Svelte's runtime what serves rendered pages, custom elements, its older mode and experiments. */
export function usedHere(): Plugin {
  return {
    name: 'used-here',
    apply: 'build',
    enforce: 'pre',
    async load(id) {
      const [, file = ''] = /\/svelte\/src\/internal\/(.*\.js)$/.exec(id.replaceAll('\\', '/')) ?? [];
      const switches = SWITCHES[file];
      if (!switches) return null;
      let code = await readFile(id, 'utf8');
      for (const name of switches) {
        const declared = `export let ${name} = false;`;
        if (!code.includes(declared)) this.error(`Svelte's ${file} doesn't say "${declared}" any more`);
        code = code
          .replaceAll(new RegExp(`^\\s+${name} = .*;$`, 'gm'), '')
          .replace(declared, `export const ${name} = false;`);
      }
      return { code, moduleSideEffects: false };
    },
  };
}
