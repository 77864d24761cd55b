import { describe, expect, it } from 'vitest';
import { PATIENCE_MS, POLLED_TRUST_MS, stateOf, TRUST_MS, type Facts } from '../src/lib/live/trust';

const WELL: Facts = {
  proven: true,
  failed: false,
  ageMs: 1000,
  followed: true,
  polled: false,
  briefly: false,
  before: 'live',
  unsureMs: 0,
};
const state = (facts: Partial<Facts>) => stateOf({ ...WELL, ...facts });

describe('a screen', () => {
  it('is live while it is proven, and told of changes', () => {
    expect(state({})).toBe('live');
    expect(state({ ageMs: TRUST_MS - 1 })).toBe('live');
  });

  it('is not live by its socket alone', () => {
    expect(state({ ageMs: TRUST_MS })).toBe('reconnecting');
    expect(state({ failed: true })).toBe('reconnecting');
    expect(state({ proven: false })).toBe('connecting');
  });

  it('polls where HTTP answers and no socket tells', () => {
    expect(state({ followed: false, polled: true })).toBe('polling');
    expect(state({ followed: false, polled: true, ageMs: POLLED_TRUST_MS - 1 })).toBe('polling');
    expect(state({ followed: false, polled: true, ageMs: POLLED_TRUST_MS })).toBe('reconnecting');
    expect(state({ followed: false })).toBe('reconnecting');
    expect(state({ followed: false, polled: true, failed: true })).toBe('reconnecting');
  });

  it('does not flicker over a socket that is back at once', () => {
    expect(state({ followed: false, polled: true, briefly: true })).toBe('live');
    expect(state({ followed: false, briefly: true, before: 'connecting' })).toBe('connecting');
    expect(state({ followed: false, briefly: true, failed: true })).toBe('reconnecting');
  });

  it('says aloud that it isn’t live once it has tried for a while', () => {
    expect(state({ failed: true, unsureMs: PATIENCE_MS - 1 })).toBe('reconnecting');
    expect(state({ failed: true, unsureMs: PATIENCE_MS })).toBe('stale');
    expect(state({ proven: false, unsureMs: PATIENCE_MS })).toBe('stale');
  });
});
