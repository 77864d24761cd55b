/** Arithmetic of what is given by hand: pure, integer paise, before tax where prices are. The server decides; this is what
 * the sheet shows beforehand. */
import { parseRupees } from '$lib/money';
import { isStopped } from '$lib/ordering/progress';
import type { Bill, Order } from '$lib/types';

type Line = Order['lines'][number];
type Discount = Line['discounts'][number];
type Priced = Pick<Line, 'quantity' | 'unit_price_paise' | 'discounts'>;

export type Gift = { percent_bp: number } | { amount_paise: number } | { quantity: number };

/** What staff gave on a bill, once, over however many lines it is spread. */
export interface Given extends Discount {
  dishes: string[];
}

/** What a line costs with what was taken off it. */
export function worth(line: Priced): number {
  return line.discounts.reduce((left, each) => left - each.paise, line.unit_price_paise * line.quantity);
}

/** How many of a line are not on the house. */
export function paidPortions(line: Priced): number {
  const free = line.discounts.filter(({ kind }) => kind === 'complimentary').reduce((sum, each) => sum + each.paise, 0);
  return line.unit_price_paise ? line.quantity - free / line.unit_price_paise : 0;
}

/** The lines of a bill that are owed. */
export function owedLines(bill: Pick<Bill, 'orders'>): Line[] {
  return bill.orders
    .filter((order) => !isStopped(order))
    .flatMap((order) => order.lines)
    .filter((line) => line.status === 'active');
}

/** What a gift takes off what is worth so much; of portions, `unit` each. */
export function offOf(gift: Gift, most: number, unit = 0): number {
  if ('quantity' in gift) return gift.quantity * unit;
  return 'percent_bp' in gift ? Math.floor((most * gift.percent_bp + 5_000) / 10_000) : gift.amount_paise;
}

/** Whether the price that is left is the whole one, or tax comes on top. */
export function taxOnTop(lines: (Priced & Pick<Line, 'total_paise'>)[]): boolean {
  return lines.some((line) => line.total_paise !== worth(line));
}

/** A typed percentage in hundredths, null when it is none from 0.01 to 100. */
export function parsePercent(text: string): number | null {
  const found = parseRupees(text.replace('%', ''));
  return found !== null && found > 0 && found <= 10_000 ? found : null;
}

/** All that staff gave on a bill, and what it comes to. */
export function givenOn(bill: Pick<Bill, 'orders'>): Given[] {
  const found = new Map<string, Given>();
  for (const line of owedLines(bill)) {
    for (const each of line.discounts) {
      if (each.kind !== 'manual' && each.kind !== 'complimentary') continue;
      const before = found.get(each.id);
      const dishes = [...(before?.dishes ?? []), line.name];
      found.set(each.id, { ...each, paise: each.paise + (before?.paise ?? 0), dishes });
    }
  }
  return [...found.values()];
}

/** Nobody was told yet what it comes to, and a prepaid order waits for its money. */
export function canTakeBack(bill: Pick<Bill, 'status' | 'payment' | 'paid_paise' | 'orders'>): boolean {
  const waits = (order: Order) => order.status === 'placed' || order.status === 'awaiting_payment';
  const asked = bill.payment === 'pay_later' || bill.orders.every((order) => isStopped(order) || waits(order));
  return bill.status === 'open' && !bill.paid_paise && asked;
}
