import { describe, expect, it } from 'vitest';
import type { AuditEntry } from '$lib';
import { actionOf, detailOf } from './audit-words';

const entry = (action: string, detail: Record<string, unknown> = {}): AuditEntry => ({
  id: '01998000-0000-7000-8000-000000000001',
  at: '2026-11-30T10:00:00Z',
  actor_id: null,
  actor_name: 'Meera',
  action,
  subject: 'outlet:1',
  detail,
});

describe('an entry of the audit log', () => {
  it('says what was done in words, also where it has none for it', () => {
    expect(actionOf(entry('payment.refund'))).toBe('Refunded a payment');
    expect(actionOf(entry('loyalty.new_card'))).toBe('loyalty new card');
  });

  it('says amounts, quantities, times, choices and lists as a person does, and no id', () => {
    const detail = {
      amount_paise: 125_050,
      quantity_milli: 1_250,
      amber_s: 600,
      red_s: 930,
      late_grace_s: 30,
      available: false,
      changed: ['pin', 'role'],
      order_id: '01998000-0000-7000-8000-000000000002',
      reason: 'spilled',
      note: null,
    };
    expect(detailOf(entry('x', detail))).toBe(
      'amount ₹1,250.50, quantity 1.25, amber 10 min, red 15.5 min, late grace 30 s, available no, changed pin and role, reason spilled',
    );
  });

  it('says from what to what, and of a group only what differs', () => {
    const detail = {
      phone: { from: null, to: '080 1234' },
      explicit_start: { from: false, to: true },
      guest_limits: { from: { order_paise: 500_000, table_phones: 8 }, to: { order_paise: 600_000, table_phones: 8 } },
    };
    expect(detailOf(entry('outlet.changed', detail))).toBe(
      'phone from nothing to 080 1234, explicit start from no to yes, guest limits order from ₹5,000.00 to ₹6,000.00',
    );
  });
});
