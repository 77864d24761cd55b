import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Api } from '../src/lib/api/client';

beforeEach(() => vi.stubGlobal('location', { origin: 'http://rasoi.test' }));
afterEach(() => vi.unstubAllGlobals());

/** The requests that were made. */
function server(): Request[] {
  const asked: Request[] = [];
  vi.stubGlobal('fetch', (request: Request) => {
    asked.push(request);
    return Promise.resolve(new Response('{}'));
  });
  return asked;
}

describe('traceparent', () => {
  it('begins a trace of its own with each change that is asked for', async () => {
    const asked = server();
    const api = new Api();
    await api.post('/api/staff/login', { body: { username: 'asha', password: 'secret' } });
    await api.delete('/api/bills/{bill_id}/attention', { params: { path: { bill_id: '1' } } });
    expect(asked.map((request) => request.url)).toContain('http://rasoi.test/api/bills/1/attention');
    const given = asked.map((request) => request.headers.get('traceparent'));
    for (const each of given) expect(each).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/);
    expect(new Set(given).size).toBe(2);
  });

  it('leaves reading alone', async () => {
    const asked = server();
    await new Api().get('/api/menu');
    expect(asked[0]?.headers.get('traceparent')).toBeNull();
  });
});
