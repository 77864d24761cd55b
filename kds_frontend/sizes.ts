/** What a built page weighs on its first load, and what it may. `node sizes.ts` prints it, and fails where one is too heavy. */
import { readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync } from 'node:zlib';

/** KiB of brotli: the HTML, scripts and styles, each file by itself, without fonts and images. */
export const LIMITS: Record<string, number> = { order: 66, kitchen: 59, waiter: 84, manage: 105 };

const NAMED = /(?:src|href)="([^"]+\.(?:js|css))"/g;
/** Imported at the start or later: a page is whole once it is loaded, so both count. */
const IMPORTED = /(?:\bfrom|\bimport)\s*\(?\s*["'`](\.[^"'`]+\.js)["'`]/g;

/** The files that a page needs, itself first. */
export function filesOf(dist: string, page: string): string[] {
  const files = new Set([page]);
  for (const file of files) {
    const pattern = file.endsWith('.html') ? NAMED : file.endsWith('.js') ? IMPORTED : null;
    if (!pattern) continue;
    const text = readFileSync(join(dist, file), 'utf8');
    for (const [, found = ''] of text.matchAll(pattern)) files.add(posix.join(posix.dirname(file), found));
  }
  return [...files];
}

export function kibOf(dist: string, page: string): number {
  const packed = filesOf(dist, page).map((file) => brotliCompressSync(readFileSync(join(dist, file))).length);
  return packed.reduce((sum, bytes) => sum + bytes, 0) / 1024;
}

interface Weighed {
  page: string;
  kib: number;
  limit: number;
}

export function weigh(dist: string, limits = LIMITS): Weighed[] {
  return Object.entries(limits).map(([page, limit]) => ({ page, kib: kibOf(dist, `${page}.html`), limit }));
}

/** One line for each page, and for each that is too heavy. */
export function told(pages: Weighed[]): { sizes: string[]; faults: string[] } {
  return {
    sizes: pages.map(({ page, kib, limit }) => `${page.padEnd(8)} ${kib.toFixed(1).padStart(5)} of ${limit} KiB`),
    faults: pages.filter(({ kib, limit }) => kib > limit).map(({ page }) => `${page} is too heavy`),
  };
}

if (import.meta.main) {
  const { sizes, faults } = told(weigh(fileURLToPath(new URL('./dist', import.meta.url))));
  console.log([...sizes, ...faults].join('\n'));
  process.exitCode = faults.length ? 1 : 0;
}
