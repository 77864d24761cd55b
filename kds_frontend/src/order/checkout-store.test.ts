import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ApiError } from '$lib/api/error';
import { clock } from '$lib/clock.svelte';
import { SharedValue } from '$lib/shared-value.svelte';
import type { Bill, Payment, Checkout } from '$lib/types';
import { TabStorage } from '../../tests/tabs';
import { CheckoutStore, type CheckoutContext } from './checkout-store.svelte';
import type { Outcome, PaymentWindow } from './payment-windows';
import { emptyGuest } from './stored-guest';

const bill = (due_paise: number): Bill => ({ id: 'b1', due_paise, table: { id: 't', name: 'Table 4' } }) as Bill;
const reply = { razorpay_payment_id: 'pay_1', razorpay_order_id: 'order_1', razorpay_signature: 'sig' };
const PAID: Outcome = { kind: 'paid', reply };
const CREATE = '/api/payments/checkout';
const LOOK = '/api/payments/{payment_id}/look';
const NOTHING = { id: 'p1', status: 'processing', refunds: [] };

type Answer = unknown;

/** A guest's phone: a server with these answers by path, and a payment window with these outcomes. */
function phone(answers: Record<string, Answer[]>, outcomes: Outcome[], storage = new TabStorage()) {
  const asked: { path: string; key?: string }[] = [];
  let made = 0;
  const post = (path: string, options: { key?: string }): Promise<unknown> => {
    asked.push({ path, ...(options.key ? { key: options.key } : {}) });
    const answer = answers[path]?.shift();
    if (answer) return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
    const expires_at = new Date(Date.now() + 600_000).toISOString();
    if (path === CREATE) return Promise.resolve({ payment_id: `p${(made += 1)}`, expires_at } as Checkout);
    if (path === LOOK) return Promise.resolve({ ...NOTHING, awaits_bank: false } as unknown as Payment);
    return Promise.resolve({ id: 'p1', status: 'completed', refunds: [] } as unknown as Payment);
  };
  const guest: CheckoutContext = {
    api: { post } as unknown as CheckoutContext['api'],
    stored: new SharedValue('guest', { empty: emptyGuest, storage }),
    name: 'Asha',
    refreshBill: () => Promise.resolve(),
  };
  const opened: string[] = [];
  const open: PaymentWindow = (checkout, _about, onfailed) => {
    opened.push(checkout.payment_id);
    onfailed('The bank said no.');
    return Promise.resolve(outcomes.shift() ?? { kind: 'closed' });
  };
  const checkout = new CheckoutStore(guest, open);
  const keys = (): (string | undefined)[] => asked.filter((each) => each.path === CREATE).map((each) => each.key);
  return { checkout, guest, asked, opened, keys };
}

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal('document', { documentElement: {} });
  vi.stubGlobal('getComputedStyle', () => ({ getPropertyValue: () => '#000' }));
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe('paying online', () => {
  it('opens one checkout for one amount due, closed and opened again', async () => {
    const { checkout, opened, keys } = phone({}, []);
    await checkout.online(bill(500));
    expect([checkout.state, checkout.closed, checkout.trouble]).toEqual(['idle', true, 'The bank said no.']);
    await checkout.online(bill(500));
    expect(opened).toEqual(['p1', 'p1']);
    expect(keys()).toHaveLength(1);
  });

  it('asks for another checkout when the amount is another, or the old one is about to end', async () => {
    const { checkout, opened, keys } = phone({}, []);
    await checkout.online(bill(500));
    await checkout.online(bill(700));
    clock.now += 590_000;
    await checkout.online(bill(700));
    expect(opened).toEqual(['p1', 'p2', 'p3']);
    expect(new Set(keys()).size).toBe(3);
  });

  it('asks again under the same key when the answer was lost, also after a reload', async () => {
    const storage = new TabStorage();
    const before = phone({ [CREATE]: [ApiError.offline(null)] }, [], storage);
    await before.checkout.online(bill(500));
    expect(before.checkout.trouble).toContain('can’t be reached');
    const after = phone({}, [], storage);
    await after.checkout.online(bill(500));
    expect(after.keys()).toEqual(before.keys());
  });

  it('asks under a new key after a refusal', async () => {
    const { checkout, keys } = phone({ [CREATE]: [new ApiError(422, 'nothing-due', '', 'Nothing is due.')] }, []);
    await checkout.online(bill(500));
    await checkout.online(bill(500));
    expect(new Set(keys()).size).toBe(2);
  });

  it('keeps what the checkout signed until the platform has confirmed it', async () => {
    const verify = '/api/payments/verify';
    const { checkout, guest, asked } = phone({ [verify]: [ApiError.offline(null)] }, [PAID]);
    await checkout.online(bill(500));
    expect(guest.stored.value.signed).toEqual({ payment_id: 'p1', reply });
    expect(checkout.trouble).toContain('not confirmed yet');
    await vi.advanceTimersByTimeAsync(3000);
    expect(asked.filter((each) => each.path === verify)).toHaveLength(2);
    expect([guest.stored.value.signed, guest.stored.value.intent, checkout.trouble]).toEqual([null, null, '']);
    expect(guest.stored.value.payments).toEqual(['p1']);
  });

  it('stops asking when another tab has had the answer', async () => {
    const verify = '/api/payments/verify';
    const { checkout, guest, asked } = phone({ [verify]: [ApiError.offline(null)] }, [PAID]);
    await checkout.online(bill(500));
    guest.stored.change((stored) => ({ ...stored, signed: null }));
    await vi.advanceTimersByTimeAsync(3000);
    expect(asked.filter((each) => each.path === verify)).toHaveLength(1);
    expect(checkout.trouble).toBe('');
  });

  it('gives up what the platform refuses for good', async () => {
    const refused = new ApiError(422, 'bad-signature', '', 'The signature is wrong.');
    const { checkout, guest } = phone({ '/api/payments/verify': [refused] }, [PAID]);
    await checkout.online(bill(500));
    expect([guest.stored.value.signed, checkout.state]).toEqual([null, 'idle']);
  });
});

describe('a window that was closed', () => {
  it('says that nothing was charged only once the provider was asked', async () => {
    const { checkout, asked } = phone({}, []);
    await checkout.online(bill(500));
    expect(asked.map((each) => each.path)).toContain(LOOK);
    expect([checkout.closed, checkout.awaitsBank, checkout.state]).toEqual([true, false, 'idle']);
  });

  it('waits for the bank while it is at it, and Pay rests', async () => {
    const answers = {
      [LOOK]: [
        { ...NOTHING, awaits_bank: true },
        { ...NOTHING, status: 'completed', awaits_bank: false },
      ],
    };
    const { checkout, opened } = phone(answers, []);
    await checkout.online(bill(500));
    expect([checkout.closed, checkout.awaitsBank, checkout.state]).toEqual([false, true, 'waiting']);
    await checkout.online(bill(500));
    expect(opened).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(4000);
    expect([checkout.closed, checkout.awaitsBank, checkout.state, checkout.trouble]).toEqual([
      false,
      false,
      'idle',
      '',
    ]);
  });

  it('waits as well while nobody can be asked', async () => {
    const { checkout } = phone({ [LOOK]: [new TypeError('no network')] }, []);
    await checkout.online(bill(500));
    expect([checkout.closed, checkout.awaitsBank]).toEqual([false, true]);
    await vi.advanceTimersByTimeAsync(4000);
    expect([checkout.closed, checkout.awaitsBank, checkout.state]).toEqual([true, false, 'idle']);
  });
});
