// @vitest-environment jsdom
import { cleanup, render, screen } from '@testing-library/svelte';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Bill, Refund } from '$lib/types';
import BillCard from './BillCard.svelte';

beforeEach(() => cleanup());

const refund = (id: string, kind: Refund['kind'], amount_paise: number): Refund =>
  ({ id, kind, amount_paise, status: 'processed', method: 'upi' }) as Refund;

/** The text of a bill of ₹63 of which this went back, and of each refund on it. */
function shown(payment_status: Bill['payment_status'], refunds: Refund[]): { bill: string; refunds: string[] } {
  const line = {
    discounts: [],
    id: 'l1',
    name: 'Naan',
    variant: '',
    quantity: 1,
    status: 'active',
    modifiers: [],
    allergies: [],
  };
  const bill = {
    ...{ id: 'b1', status: 'closed', payment_status, documents: [], allergies: [], due_paise: 0, paid_paise: 6300 },
    refunded_paise: refunds.reduce((total, each) => total + each.amount_paise, 0),
    seller: { name: 'Rasoi', address: [] },
    orders: [{ id: 'o1', status: 'served', lines: [line], voids: [] }],
    totals: { lines_paise: 6000, taxes: [], total_paise: 6300, round_off_paise: 0 },
  };
  render(BillCard, { bill: bill as unknown as Bill, refunds });
  const text = (of: HTMLElement) => (of.textContent ?? '').replace(/\s+/g, ' ').trim();
  return { bill: text(screen.getByTestId('bill')), refunds: screen.getAllByTestId('refund').map(text) };
}

describe('what the guest’s bank took back after a dispute', () => {
  it('is not called a refund of the house’s', () => {
    const { bill, refunds } = shown('refunded', [refund('r1', 'dispute', 6300)]);
    expect(refunds).toEqual(['Returned by the bank ₹63.00 After a dispute about this payment.']);
    expect(bill).not.toMatch(/refund|given back|working days/i);
  });

  it('is told as a part, where it was one', () => {
    const { bill } = shown('partly_refunded', [refund('r1', 'dispute', 2000)]);
    expect(bill).toContain('Paid, partly returned');
    expect(bill).not.toMatch(/refund/i);
  });

  it('stands beside what the house gave back', () => {
    const { bill, refunds } = shown('refunded', [refund('r1', 'refund', 2000), refund('r2', 'dispute', 4300)]);
    expect(refunds[0]).toBe('Given back ₹20.00 Banks take 5 to 7 working days.');
    expect(refunds[1]).toContain('Returned by the bank');
    expect(bill).toContain('Refunded');
  });
});
