import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ApiError } from '$lib/api/error';
import type { Bill, Payment } from '$lib/types';
import { TabStorage } from '../../tests/tabs';
import { CounterPayment } from './counter-payment.svelte';

const bill = (due_paise: number, id = 'b1'): Bill => ({ id, due_paise }) as Bill;
const paid = (change_paise: number): Payment =>
  ({ attempts: [{ method: 'cash', change_paise }] }) as unknown as Payment;

/** A server that gives these answers in turn, and what it was asked. */
function server(...answers: (Payment | ApiError)[]) {
  const asked: { body: unknown; key: string | undefined }[] = [];
  const post = vi.fn((_path: string, { body, key }: { body: unknown; key?: string }) => {
    asked.push({ body, key });
    const answer = answers.shift();
    return answer instanceof ApiError ? Promise.reject(answer) : Promise.resolve(answer);
  });
  return { asked, api: { post } as unknown as ConstructorParameters<typeof CounterPayment>[0] };
}

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

describe('taking cash', () => {
  it('gives the change that the server recorded, and forgets the receipt', async () => {
    const { api, asked } = server(paid(5700));
    const storage = new TabStorage();
    const cash = new CounterPayment(api, bill(74300), 'cash', storage);
    await cash.confirm(bill(74300), { tendered_paise: 80000 });
    expect([cash.state, cash.change, storage.length]).toEqual(['done', 5700, 0]);
    expect(asked[0]?.body).toEqual({ bill_id: 'b1', amount_paise: 74300, tendered_paise: 80000 });
  });

  it('asks again by itself, for the same sum under the same key, while the answer is unknown', async () => {
    const { api, asked } = server(ApiError.offline(null), ApiError.offline(null), paid(0));
    const cash = new CounterPayment(api, bill(100), 'cash', new TabStorage());
    await cash.confirm(bill(100), { tendered_paise: 100 });
    expect(cash.state).toBe('unknown');
    await cash.confirm(bill(900), { tendered_paise: 900 });
    await vi.advanceTimersByTimeAsync(3000);
    expect(cash.state).toBe('done');
    expect(new Set(asked.map((each) => JSON.stringify(each))).size).toBe(1);
    expect(asked).toHaveLength(3);
  });

  it('counts again after a refusal, under a new key', async () => {
    const { api, asked } = server(new ApiError(409, 'amount-changed', '', 'The bill changed.'), paid(0));
    const storage = new TabStorage();
    const cash = new CounterPayment(api, bill(100), 'cash', storage);
    await cash.confirm(bill(100), { tendered_paise: 100 });
    expect([cash.state, cash.trouble, cash.receipt, storage.length]).toEqual([
      'counting',
      'The bill changed.',
      null,
      0,
    ]);
    await cash.confirm(bill(200), { tendered_paise: 200 });
    expect(asked[1]?.key).not.toBe(asked[0]?.key);
  });

  it('goes on after a reload with what had no answer, bill by bill', async () => {
    const storage = new TabStorage();
    const before = server(ApiError.offline(null));
    const first = new CounterPayment(before.api, bill(100), 'cash', storage);
    await first.confirm(bill(100), { tendered_paise: 500 });
    first.close();
    const other = server(paid(0));
    expect(new CounterPayment(other.api, bill(100, 'b2'), 'cash', storage).state).toBe('counting');
    const after = server(paid(400));
    const cash = new CounterPayment(after.api, bill(100), 'cash', storage);
    await vi.advanceTimersByTimeAsync(0);
    expect([cash.state, cash.change, other.asked]).toEqual(['done', 400, []]);
    expect(after.asked[0]?.key).toBe(before.asked[0]?.key);
  });

  it('sends another tender with its reference, apart from cash', async () => {
    const { api, asked } = server(ApiError.offline(null));
    const storage = new TabStorage();
    const payment = new CounterPayment(api, bill(100), 'tender', storage);
    await payment.confirm(bill(100), { tender: 'voucher', reference: 'DIWALI-77' });
    payment.close();
    expect(api.post).toHaveBeenCalledWith('/api/payments/confirm-tender', expect.anything());
    expect(asked[0]?.body).toEqual({ bill_id: 'b1', amount_paise: 100, tender: 'voucher', reference: 'DIWALI-77' });
    expect(new CounterPayment(api, bill(100), 'cash', storage).state).toBe('counting');
  });
});
