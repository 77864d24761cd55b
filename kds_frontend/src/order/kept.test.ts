import { describe, expect, it } from 'vitest';
import { NOTHING, read, write } from './kept';

class Memory {
  private readonly items = new Map<string, string>();
  full = false;

  getItem(key: string): string | null {
    return this.items.get(key) ?? null;
  }

  setItem(key: string, value: string): void {
    if (this.full) throw new Error('quota');
    this.items.set(key, value);
  }
}

describe('what a visit keeps', () => {
  it('comes back after a reload', () => {
    const store = new Memory();
    const kept = { ...NOTHING, name: 'Asha', billId: 'b', payments: ['p'] };
    write(store, 'k', kept);
    expect(read(store, 'k')).toEqual(kept);
  });

  it('counts damage as nothing, and a full phone as no reason to fail', () => {
    const store = new Memory();
    store.setItem('k', '{"lines": 7');
    expect(read(store, 'k')).toEqual(NOTHING);
    store.setItem('k', '{"lines": 7, "note": "x"}');
    expect(read(store, 'k')).toEqual({ ...NOTHING, note: 'x' });
    store.full = true;
    expect(() => write(store, 'k', NOTHING)).not.toThrow();
  });
});
