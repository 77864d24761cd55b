import { describe, expect, it } from 'vitest';
import type { NewOrder } from '$lib/types';
import { prepare, isFinalRefusal } from './sending';

const body = (total: number): NewOrder => ({ type: 'dine_in', lines: [], expected_total_paise: total });

describe('sending an order', () => {
  it('repeats the very same body and key while the answer is unknown', () => {
    let made = 0;
    const key = () => `key-${(made += 1)}`;
    const first = prepare(null, body(100), key, 1);
    expect(prepare(first, body(200), key, 2)).toBe(first);
    expect(prepare(null, body(200), key, 3).key).toBe('key-2');
  });

  it('takes a refusal that says why as final, and nothing else', () => {
    expect(isFinalRefusal(422, 'invalid')).toBe(true);
    expect(isFinalRefusal(409, 'sold-out')).toBe(true);
    expect(isFinalRefusal(409, 'in-progress')).toBe(false);
    for (const status of [0, 408, 429, 500, 503]) expect(isFinalRefusal(status, '')).toBe(false);
  });
});
