import { expect, it } from 'vitest';
import type { OfferTerms } from '$lib/types';
import { clock, gives, holds, minuteOf } from './offers';

const names = new Map([['a', 'Drinks']]);
const ten: OfferTerms = { name: 'Ten off', kind: 'percent', percent_bp: 1000 };

it('says what an offer gives', () => {
  expect(gives(ten, names)).toBe('10% off · the whole order');
  expect(gives({ ...ten, category_ids: ['a'], min_spend_paise: 50000, cap_paise: 10000 }, names)).toBe(
    '10% off · Drinks · from ₹500 · up to ₹100',
  );
  expect(gives({ name: 'x', kind: 'amount', amount_paise: 7550 }, names)).toBe('₹75.50 off · the whole order');
  expect(gives({ name: 'x', kind: 'buy_get', buy: 2, get: 1, item_ids: ['gone'] }, names)).toBe(
    'Buy 2, get 1 free · something else',
  );
});

it('says when it holds', () => {
  expect(holds(ten)).toBe('Every day');
  const night = { days: [6, 5], from_minute: 1320, to_minute: 125, last_day: '2026-12-31' };
  expect(holds({ ...ten, ...night, order_types: ['takeaway'] })).toBe(
    'Fri, Sat · 22:00 to 02:05 · until 2026-12-31 · to take away',
  );
});

it('reads a time as it writes it', () => {
  for (const minute of [0, 65, 1439]) expect(minuteOf(clock(minute))).toBe(minute);
  expect(minuteOf('')).toBeNull();
  expect(minuteOf('24:00')).toBeNull();
});
