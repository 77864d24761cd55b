import { describe, expect, it } from 'vitest';
import type { StaffSession } from '$lib';
import { firstSteps, isNew } from './first-steps';

/** A server of which this is known. */
function house(known: Record<string, unknown>): StaffSession {
  const nothing = { items: [], categories: [] };
  return { api: { get: (path: string) => Promise.resolve(known[path] ?? nothing) } } as unknown as StaffSession;
}

const done = async (known: Record<string, unknown>): Promise<string[]> =>
  (await firstSteps(house(known))).filter((step) => step.done).map((step) => step.name);

const READY = {
  '/api/menu': { categories: [{ items: [{}] }] },
  '/api/tables': { items: [{}] },
  '/api/staff/people': { items: [{}, {}] },
};

describe('first steps', () => {
  it('are all open in an empty house with its owner', async () => {
    const known = { '/api/staff/people': { items: [{}] }, '/api/menu': { categories: [{ items: [] }] } };
    expect(await done(known)).toEqual([]);
    expect(isNew(await firstSteps(house(known)))).toBe(true);
  });

  it('are done one by one', async () => {
    expect(await done(READY)).toEqual(['Menu', 'Tables', 'People']);
    const devices = (state: string): unknown => ({ '/api/staff/devices': { items: [{ state }] } });
    expect(await done(devices('waiting') as Record<string, unknown>)).toEqual([]);
    expect(await done(devices('paired') as Record<string, unknown>)).toEqual(['Devices']);
    expect(await done({ '/api/orders': { items: [{}] } })).toEqual(['A test order']);
  });

  it('are for a house that lacks menu, tables or people', async () => {
    expect(isNew(await firstSteps(house(READY)))).toBe(false);
    for (const missing of Object.keys(READY)) {
      expect(isNew(await firstSteps(house({ ...READY, [missing]: undefined })))).toBe(true);
    }
  });
});
