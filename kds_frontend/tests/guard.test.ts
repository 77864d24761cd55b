import { describe, expect, it } from 'vitest';
import { Guard } from '../src/kitchen/guard';

function guarded(): { guard: Guard; at: (ms: number) => void } {
  let now = 0;
  return { guard: new Guard(() => now), at: (ms) => (now = ms) };
}
const means = (what: Record<string, string>): Map<string, string> => new Map(Object.entries(what));

describe('a tap', () => {
  it('does not count on what has only just come', () => {
    const { guard, at } = guarded();
    guard.note(means({ a: '0/0 bump' }));
    at(499);
    expect(guard.allows('a')).toBe(false);
    at(500);
    expect(guard.allows('a')).toBe(true);
  });

  it('does not count on what has only just changed its meaning or its place', () => {
    const { guard, at } = guarded();
    guard.note(means({ a: '0/0 start', b: '0/1 bump' }));
    at(1000);
    guard.note(means({ a: '0/0 bump', b: '0/1 bump' }));
    expect([guard.allows('a'), guard.allows('b')]).toEqual([false, true]);
    at(1500);
    guard.note(means({ a: '0/0 bump', b: '0/2 bump' }));
    expect([guard.allows('a'), guard.allows('b')]).toEqual([true, false]);
  });

  it('is judged by when the finger came down, however long it stays', () => {
    const { guard, at } = guarded();
    guard.note(means({ a: 'start' }));
    at(1000);
    guard.note(means({ a: 'bump' }));
    at(3000);
    expect(guard.allows('a', 990)).toBe(false);
    expect(guard.allows('a', 1600)).toBe(true);
  });

  it('does not count on what is not there', () => {
    const { guard, at } = guarded();
    guard.note(means({ a: 'bump' }));
    at(1000);
    guard.note(means({}));
    expect(guard.allows('a')).toBe(false);
    guard.note(means({ a: 'bump' }));
    expect(guard.allows('a')).toBe(false);
  });
});
