import { afterEach, describe, expect, it, vi } from 'vitest';
import { Api } from '../src/lib/api/client';

afterEach(() => vi.unstubAllGlobals());

/** The headers of what was asked. */
function server(): Record<string, string>[] {
  const asked: Record<string, string>[] = [];
  vi.stubGlobal('fetch', (_: string, request: { headers: Record<string, string> }) => {
    asked.push(request.headers);
    return Promise.resolve(new Response('{}'));
  });
  return asked;
}

describe('traceparent', () => {
  it('begins a trace of its own with each change that is asked for', async () => {
    const asked = server();
    const api = new Api();
    await api.post('/api/orders', {});
    await api.delete('/api/bills/1/attention');
    const given = asked.map((headers) => headers['traceparent']);
    for (const each of given) expect(each).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/);
    expect(new Set(given).size).toBe(2);
  });

  it('leaves reading alone', async () => {
    const asked = server();
    await new Api().get('/api/menu');
    expect(asked[0]).not.toHaveProperty('traceparent');
  });
});
