/** Arithmetic of taking cash: pure, integer paise. */
import { parseRupees } from '$lib/money';
import type { Bill } from '$lib/types';

const ROUNDINGS = [1_000, 5_000, 10_000, 20_000, 50_000, 100_000];

/** Exact, then the sums that people hand over: the next ten, fifty, hundred, … rupees. */
export function tenders(due: number, most = 5): number[] {
  const next = ROUNDINGS.map((step) => Math.ceil(due / step) * step);
  return [...new Set([due, ...next])].sort((a, b) => a - b).slice(0, most);
}

export type Tender = { enough: true; change: number } | { enough: false; short: number };

export function tender(due: number, tendered: number): Tender {
  return tendered >= due ? { enough: true, change: tendered - due } : { enough: false, short: due - tendered };
}

/** What is to be taken: what is due, or what brings back an order that ran out of time. */
export function toTake(bill: Pick<Bill, 'due_paise' | 'counter_due_paise'>): number {
  return Math.max(0, bill.due_paise) || bill.counter_due_paise;
}

/** One key of the pad on what is typed so far. */
export function press(typed: string, key: string): string {
  if (key === 'clear') return '';
  if (key === 'back') return typed.slice(0, -1);
  if (key === '.' && typed.includes('.')) return typed;
  const next = typed === '0' && key !== '.' ? key : typed + key;
  return parseRupees(next.replace(/\.$/, '')) === null ? typed : next;
}

/** Notes and coins that make up the change, largest first: what the hand takes from the drawer. */
export function breakdown(change: number): { note: number; count: number }[] {
  const parts: { note: number; count: number }[] = [];
  let rest = change;
  for (const note of [50_000, 20_000, 10_000, 5_000, 2_000, 1_000, 500, 200, 100]) {
    const many = Math.floor(rest / note);
    if (many) parts.push({ note, count: many });
    rest -= many * note;
  }
  return parts;
}
