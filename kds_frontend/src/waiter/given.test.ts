import { describe, expect, it } from 'vitest';
import type { Bill, Order } from '$lib/types';
import { canTakeBack, givenOn, offOf, paidPortions, parsePercent, taxOnTop, worth } from './given';

type Line = Order['lines'][number];
type Discount = Line['discounts'][number];

const off = (id: string, paise: number, kind: Discount['kind'] = 'manual') => ({ id, paise, kind }) as Discount;
const line = (quantity: number, ...discounts: Discount[]) =>
  ({ name: 'Dal', status: 'active', quantity, unit_price_paise: 10_000, discounts, total_paise: 0 }) as unknown as Line;
const bill = (...orders: [Order['status'], Line[]][]) =>
  ({
    status: 'open',
    payment: 'pay_later',
    paid_paise: 0,
    orders: orders.map(([status, lines]) => ({ status, lines })),
  }) as unknown as Bill;

describe('given by hand', () => {
  it('tells what is left of a line, and how many of it are paid for', () => {
    expect(worth(line(3, off('a', 500, 'offer'), off('b', 10_000, 'complimentary')))).toBe(19_500);
    expect(paidPortions(line(3, off('a', 500, 'offer'), off('b', 10_000, 'complimentary')))).toBe(2);
    expect(paidPortions({ ...line(3), unit_price_paise: 0 })).toBe(0);
  });
  it('rounds a percentage as the server does, and gives portions at their full price', () => {
    expect(offOf({ percent_bp: 1_000 }, 24_995)).toBe(2_500);
    expect(offOf({ percent_bp: 1_000 }, 24_994)).toBe(2_499);
    expect(offOf({ amount_paise: 5_000 }, 24_995)).toBe(5_000);
    expect(offOf({ quantity: 2 }, 24_995, 10_000)).toBe(20_000);
  });
  it('knows whether tax comes on top', () => {
    expect(taxOnTop([{ ...line(2, off('a', 500)), total_paise: 19_500 }])).toBe(false);
    expect(taxOnTop([{ ...line(2, off('a', 500)), total_paise: 20_475 }])).toBe(true);
  });
  it('takes a percentage from 0.01 to 100', () => {
    expect(['12.5', '100', '0.01', '15 %'].map(parsePercent)).toEqual([1_250, 10_000, 1, 1_500]);
    expect(['0', '100.01', '', '-5', '1.234', 'x'].map(parsePercent)).toEqual([null, null, null, null, null, null]);
  });
  it('lists what staff gave once, with its sum over what is owed, and no offers', () => {
    const found = givenOn(
      bill(
        ['confirmed', [line(1, off('a', 100), off('o', 700, 'offer')), line(1, off('a', 150))]],
        ['served', [line(2, off('b', 10_000, 'complimentary'))]],
        ['cancelled', [line(1, off('c', 900))]],
      ),
    );
    expect(found.map(({ id, paise, dishes }) => [id, paise, dishes.length])).toEqual([
      ['a', 250, 2],
      ['b', 10_000, 1],
    ]);
  });
  it('takes back until a part is paid, and of a prepaid bill until the kitchen has it', () => {
    const open = bill(['served', []]);
    expect(canTakeBack(open)).toBe(true);
    expect(canTakeBack({ ...open, paid_paise: 1 })).toBe(false);
    expect(canTakeBack({ ...open, status: 'closed' })).toBe(false);
    expect(canTakeBack({ ...open, payment: 'prepaid' })).toBe(false);
    expect(canTakeBack({ ...bill(['awaiting_payment', []], ['cancelled', []]), payment: 'prepaid' })).toBe(true);
  });
});
