import { afterEach, expect, test, vi } from 'vitest';
import { bytes, passkeysWork, text } from './passkeys';

afterEach(() => vi.unstubAllGlobals());

test('bytes and base64url are the same, of every length', () => {
  for (let length = 0; length < 70; length += 1) {
    const given = Uint8Array.from({ length }, (_, n) => (n * 37 + 251) % 256);
    const said = text(given.buffer);
    expect(said).toMatch(/^[A-Za-z0-9_-]*$/);
    expect(bytes(said)).toEqual(given);
  }
  expect(text(Uint8Array.of(251, 255, 191).buffer)).toBe('-_-_');
  expect(text(null)).toBe('');
});

test('passkeys are offered where browsers have them', () => {
  const at = (url: string) => passkeysWork(new URL(url) as unknown as Location);
  vi.stubGlobal('window', { PublicKeyCredential: {} });
  expect(at('https://order.example.in/manage')).toBe(true);
  expect(at('http://localhost:8000/manage')).toBe(true);
  for (const url of ['http://order.example.in', 'http://127.0.0.1:8000', 'https://10.0.0.7', 'https://[::1]'])
    expect(at(url), url).toBe(false);
  vi.stubGlobal('window', {});
  expect(at('https://order.example.in')).toBe(false);
});
