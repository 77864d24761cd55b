import { describe, expect, it } from 'vitest';
import { EMPTY, readGuest, writeGuest } from './storage';

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
    const stored = { ...EMPTY, name: 'Asha', billId: 'b', payments: ['p'] };
    writeGuest(store, 'k', stored);
    expect(readGuest(store, 'k')).toEqual(stored);
  });

  it('counts damage as nothing, and a full phone as no reason to fail', () => {
    const store = new Memory();
    store.setItem('k', '{"lines": 7');
    expect(readGuest(store, 'k')).toEqual(EMPTY);
    store.setItem('k', '{"lines": 7, "note": "x"}');
    expect(readGuest(store, 'k')).toEqual({ ...EMPTY, note: 'x' });
    store.full = true;
    expect(() => writeGuest(store, 'k', EMPTY)).not.toThrow();
  });
});
