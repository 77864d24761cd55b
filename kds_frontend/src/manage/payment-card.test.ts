// @vitest-environment jsdom
import { cleanup, render, screen } from '@testing-library/svelte';
import { beforeEach, expect, it } from 'vitest';
import type { Payment, StaffSession } from '$lib';
import PaymentCard from './PaymentCard.svelte';

beforeEach(() => cleanup());

/** What the manager reads of a payment's refunds. */
function refundsOf(...kinds: Payment['refunds'][number]['kind'][]): string[] {
  const at = '2026-11-21T10:00:00Z';
  const refunds = kinds.map((kind, n) => ({
    ...{ id: `r${n}`, kind, amount_paise: 1000, status: 'processed', method: 'upi', reason: 'cold', settled_at: at },
    ...{ created_at: at, handed_by: null, requested_by: null, error: null },
  }));
  const payment = { id: 'p1', status: 'completed', method: 'upi', amount_paise: 6300, attempts: [], refunds };
  render(PaymentCard, {
    session: { outlet: { timezone: 'Asia/Kolkata' } } as unknown as StaffSession,
    payment: { ...payment, captured_paise: 6300, refunded_paise: 1000 } as unknown as Payment,
    onchange: () => undefined,
  });
  return screen.getAllByRole('listitem').map((item) => (item.textContent ?? '').replace(/\s+/g, ' '));
}

it('says which money the house gave back, and which a bank took after a dispute', () => {
  const [ours, theirs] = refundsOf('refund', 'dispute');
  expect(ours).toContain('refund: given back');
  expect(theirs).toContain('returned by the bank after a dispute');
  expect(theirs).not.toMatch(/refund|given back/);
});
