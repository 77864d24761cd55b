/** What guests must not eat: chosen for the whole party or for who eats a line, from the menu's allergens. Pure. */
import type { Bill, Order } from '$lib/types';
import { isStopped } from './progress';

export const ALLERGENS = [
  'celery',
  'crustaceans',
  'egg',
  'fish',
  'gluten',
  'lupin',
  'milk',
  'molluscs',
  'mustard',
  'nuts',
  'peanuts',
  'sesame',
  'soya',
  'sulphites',
] as const;

export type Allergen = (typeof ALLERGENS)[number];

/** What one device was told for a party: what it chose, and what it took back of what the bills say already. */
export interface Told {
  chosen: Allergen[];
  declined: Allergen[];
}

export const NOTHING_TOLD: Told = { chosen: [], declined: [] };

export function isAllergen(code: string): code is Allergen {
  return (ALLERGENS as readonly string[]).includes(code);
}

/** Each once, in the server's order. */
export function sorted(codes: readonly string[]): Allergen[] {
  return ALLERGENS.filter((code) => codes.includes(code));
}

export function turn(codes: readonly Allergen[], code: Allergen): Allergen[] {
  return codes.includes(code) ? codes.filter((known) => known !== code) : sorted([...codes, code]);
}

/** What the orders of a party's bills that count say of all of it. */
export function ofBills(bills: readonly Bill[]): Allergen[] {
  const orders = bills.flatMap((bill) => bill.orders).filter((order) => !isStopped(order));
  return sorted(orders.flatMap((order) => order.allergies));
}

/** What the next order says of its party: what was chosen here, and what the bills say unless it was taken back here. */
export function ofParty(told: Told, known: readonly Allergen[]): Allergen[] {
  return sorted([...told.chosen, ...known.filter((code) => !told.declined.includes(code))]);
}

/** The device's own part after the party became `wanted`: what only the bills say isn't the device's own. */
export function tell(before: Told, wanted: readonly Allergen[], known: readonly Allergen[]): Told {
  return {
    chosen: sorted(wanted.filter((code) => before.chosen.includes(code) || !known.includes(code))),
    declined: known.filter((code) => !wanted.includes(code)),
  };
}

/** Those of a dish's allergens that who eats it must not eat. */
export function clash(allergens: readonly string[], ...allergies: (readonly string[])[]): string[] {
  const forbidden = new Set(allergies.flat());
  return allergens.filter((code) => forbidden.has(code));
}

/** "Milk, nuts". */
export function spoken(codes: readonly string[]): string {
  const text = codes.join(', ');
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** Everything that must be kept from an order's dishes: the party's, and each line's. */
export function ofOrder(order: Pick<Order, 'allergies' | 'lines'>): string[] {
  return [...new Set([order.allergies, ...order.lines.map((line) => line.allergies)].flat())].sort();
}
