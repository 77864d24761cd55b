// @vitest-environment jsdom
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Pairing } from '../src/lib/api/pairing.svelte';

const KEY = 'rasoi.device';
const HERE = { id: 'd1', name: 'Tablet', outlet: {}, people: [{ id: 'p1', name: 'Asha', role: 'kitchen' }] };

/** A server that knows some tokens, gives codes, and says what became of them. */
let known: Set<string>;
let verdict: { state: string; token?: string };
let away: boolean;
let asked: string[];
let codes: number;

function answer(request: Request): Response {
  const { pathname, search } = new URL(request.url);
  asked.push(pathname + search);
  if (pathname === '/api/build') return Response.json({ build: 'b7', outlet_name: 'Rasoi', razorpay_simulated: true });
  if (pathname === '/api/staff/devices/code') {
    codes += 1;
    return Response.json({ code: `CODE${codes}`, device_code: `secret${codes}`, expires_in: 600, interval: 3 });
  }
  if (pathname === '/api/staff/devices/token') return Response.json(verdict);
  if (known.has(request.headers.get('X-Device-Token') ?? '')) return Response.json(HERE);
  const problem = { type: '/problems/unknown-device', title: 'Unknown', status: 401, detail: 'Not paired.' };
  return Response.json(problem, { status: 401, headers: { 'Content-Type': 'application/problem+json' } });
}

let opened: Pairing[] = [];

async function open(): Promise<Pairing> {
  const pairing = new Pairing();
  opened.push(pairing);
  await passed(10);
  return pairing;
}

const passed = (ms: number): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);
const people = (): number => asked.filter((path) => path.startsWith('/api/staff/login/people')).length;

function otherTab(token: string | null): void {
  if (token) localStorage.setItem(KEY, token);
  else localStorage.removeItem(KEY);
  window.dispatchEvent(new StorageEvent('storage', { key: KEY, storageArea: localStorage }));
}

beforeEach(() => {
  vi.useFakeTimers();
  localStorage.clear();
  [known, verdict, away, asked, codes, opened] = [new Set(['good']), { state: 'waiting' }, false, [], 0, []];
  vi.stubGlobal('fetch', (request: Request) =>
    away ? Promise.reject(new TypeError('offline')) : Promise.resolve(answer(request)),
  );
});
afterEach(() => {
  for (const pairing of opened) pairing.close();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

it('shows a code until it is let in, and keeps the token', async () => {
  const pairing = await open();
  expect([pairing.code, pairing.here, pairing.revoked]).toEqual(['CODE1', null, false]);
  verdict = { state: 'paired', token: 'good' };
  await passed(3000);
  expect([pairing.code, pairing.here?.name]).toEqual([null, 'Tablet']);
  expect(localStorage.getItem(KEY)).toBe('good');
});

it('asks for another code when one is over', async () => {
  const pairing = await open();
  verdict = { state: 'over' };
  await passed(3000 + 3 * 1000);
  expect(codes).toBeLessThan(6);
  verdict = { state: 'waiting' };
  await passed(1000);
  expect(pairing.code).toBe(`CODE${codes}`);
  expect(codes).toBeGreaterThan(1);
});

it('says which build it is, and asks again each minute', async () => {
  localStorage.setItem(KEY, 'good');
  const pairing = await open();
  expect(pairing.here?.people).toHaveLength(1);
  expect(asked).toContain('/api/staff/login/people?build=b7');
  expect(people()).toBe(1);
  await passed(60_000);
  expect(people()).toBe(2);
  known.clear();
  await passed(60_000);
  expect([pairing.here, pairing.revoked, pairing.code]).toEqual([null, true, 'CODE1']);
  expect(localStorage.getItem(KEY)).toBeNull();
});

it('knows at the start that it was shut out', async () => {
  localStorage.setItem(KEY, 'old');
  const pairing = await open();
  expect([pairing.here, pairing.revoked, pairing.code]).toEqual([null, true, 'CODE1']);
});

it('hears from another tab that it is paired, and that it no longer is', async () => {
  const pairing = await open();
  otherTab('good');
  await passed(10);
  expect([pairing.here?.name, pairing.code, pairing.revoked]).toEqual(['Tablet', null, false]);
  otherTab(null);
  await passed(10);
  expect([pairing.here, pairing.revoked, pairing.code]).toEqual([null, true, 'CODE2']);
});

it('keeps its people while nobody answers, and its token', async () => {
  localStorage.setItem(KEY, 'good');
  const pairing = await open();
  away = true;
  await passed(60_000);
  expect([pairing.here?.name, pairing.fault === null]).toEqual(['Tablet', false]);
  away = false;
  await passed(5000);
  expect([pairing.here?.name, pairing.fault, localStorage.getItem(KEY)]).toEqual(['Tablet', null, 'good']);
});

it('asks nothing more once it is closed', async () => {
  const pairing = await open();
  pairing.close();
  const before = asked.length;
  otherTab('good');
  await pairing.load();
  await passed(120_000);
  expect([asked.length, pairing.here]).toEqual([before, null]);
});
