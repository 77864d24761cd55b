import { expect, test, vi } from 'vitest';
import { newPin } from './new-pin';

test('a PIN is four digits, and another one each time', () => {
  const drawn = Array.from({ length: 1000 }, newPin);
  for (const pin of drawn) expect(pin).toMatch(/^\d{4}$/);
  expect(new Set(drawn).size).toBeGreaterThan(850);
});

test('a small number keeps its zeros', () => {
  vi.spyOn(crypto, 'getRandomValues').mockImplementation((into) => into);
  expect(newPin()).toBe('0000');
  vi.restoreAllMocks();
});
