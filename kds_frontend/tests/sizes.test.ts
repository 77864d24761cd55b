import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { filesOf, told, weigh } from '../sizes';

let dist = '';
beforeEach(() => (dist = mkdtempSync(join(tmpdir(), 'rasoi-sizes-'))));
afterEach(() => rmSync(dist, { recursive: true }));

function write(files: Record<string, string>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(dist, path)), { recursive: true });
    writeFileSync(join(dist, path), text);
  }
}

/** Letters that brotli can't shorten much: about three quarters of them. */
function noise(letters: number): string {
  let seed = 7;
  const next = (): number => (seed = (seed * 48271) % 2147483647);
  return Array.from({ length: letters }, () => String.fromCharCode(48 + (next() % 64))).join('');
}

const PAGE = `<link rel="icon" href="./assets/mark.svg" /><script type="module" crossorigin src="./assets/order.js"></script>
<link rel="modulepreload" crossorigin href="./assets/core.js"><link rel="stylesheet" crossorigin href="./assets/order.css">`;

describe('the size of a page', () => {
  it('counts what is named, imported and loaded later, each once, and no image or font', () => {
    write({
      'order.html': PAGE,
      'assets/order.js': 'import{a as b}from"./core.js";import"./side.js";const c=()=>import(`./later.js`);b(c)',
      'assets/core.js': 'export*from"./deep.js"',
      'assets/side.js': '',
      'assets/later.js': 'import"./core.js"',
      'assets/deep.js': '',
      'assets/order.css': '@font-face{src:url(./inter.woff2)}',
      'assets/other.js': 'import"./core.js"',
      'assets/mark.svg': '<svg/>',
    });
    const loaded = ['core.js', 'deep.js', 'later.js', 'order.css', 'order.js', 'side.js'];
    expect(filesOf(dist, 'order.html').sort()).toEqual([...loaded.map((name) => `assets/${name}`), 'order.html']);
  });

  it('says which page is over its limit', () => {
    write({ 'order.html': '', 'waiter.html': '<script src="./w.js"></script>', 'w.js': noise(20_000) });
    const [order, waiter] = weigh(dist, { order: 1, waiter: 13 });
    expect(waiter?.kib).toBeGreaterThan(13);
    expect(waiter?.kib).toBeLessThan(20);
    expect(told(weigh(dist, { order: 1, waiter: 13 })).faults).toEqual(['waiter is too heavy']);
    expect(told(weigh(dist, { order: 1, waiter: 20 })).faults).toEqual([]);
    expect(order?.kib).toBeLessThan(1);
  });
});
