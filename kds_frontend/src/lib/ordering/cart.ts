/** The cart's rules: pure, no I/O. Money is integer paise. */
import type { Menu, MenuItem, NewLine, Variant } from '$lib/types';
import { itemFault, unitPrice } from './choices';
import type { Allergen } from './allergies';
import { items } from './menu';

export interface CartLine {
  key: string;
  item_id: string;
  /** What it was called when it was chosen: it may be gone from the menu since. */
  name: string;
  variant_id: string;
  modifiers: string[];
  quantity: number;
  /** Of who eats it. */
  allergies: Allergen[];
  note: string;
  course: number;
}

export interface Priced {
  line: CartLine;
  item: MenuItem | null;
  variant: Variant | null;
  labels: string[];
  unit_paise: number;
  total_paise: number;
  /** Why the line can't be ordered now, in the guest's words; null when it can. */
  fault: string | null;
}

export const MAX_QUANTITY = 99;
export const MAX_NOTE = 200;

export type Choice = Omit<CartLine, 'key'>;

/** Two additions are the same line when nothing the kitchen reads differs. */
export function lineKey(line: Choice): string {
  const chosen = [...line.modifiers].sort().join(',');
  return [line.variant_id, chosen, line.course, line.allergies.join(','), line.note.trim()].join('|');
}

function clamp(quantity: number): number {
  return Math.max(1, Math.min(MAX_QUANTITY, Math.trunc(quantity)));
}

export function add(lines: CartLine[], fresh: Choice): CartLine[] {
  const note = fresh.note.trim().slice(0, MAX_NOTE);
  const line = { ...fresh, note, modifiers: [...fresh.modifiers].sort() };
  const key = lineKey(line);
  if (lines.some((known) => known.key === key)) {
    return lines.map((known) =>
      known.key === key ? { ...known, quantity: clamp(known.quantity + line.quantity) } : known,
    );
  }
  return [...lines, { ...line, key, quantity: clamp(line.quantity) }];
}

/** Nought or less takes the line out. */
export function setQuantity(lines: CartLine[], key: string, quantity: number): CartLine[] {
  if (quantity <= 0) return lines.filter((line) => line.key !== key);
  return lines.map((line) => (line.key === key ? { ...line, quantity: clamp(quantity) } : line));
}

/** An edited line takes the old one's place, or joins a line that is now the same. */
export function replace(lines: CartLine[], key: string, fresh: Choice): CartLine[] {
  const at = lines.findIndex((line) => line.key === key);
  const rest = lines.filter((line) => line.key !== key);
  const merged = add(rest, fresh);
  if (at < 0 || merged.length === rest.length) return merged;
  const added = merged[merged.length - 1];
  return added ? [...rest.slice(0, at), added, ...rest.slice(at)] : merged;
}

export function count(lines: CartLine[]): number {
  return lines.reduce((sum, line) => sum + line.quantity, 0);
}

export function countOf(lines: CartLine[], itemId: string): number {
  return count(lines.filter((line) => line.item_id === itemId));
}

/** Lines with the menu's names and prices; taxes come from the server's quote. */
export function price(lines: CartLine[], menu: Menu): Priced[] {
  const known = new Map(items(menu).map((item) => [item.id, item]));
  return lines.map((line) => {
    const item = known.get(line.item_id) ?? null;
    const variant = item?.variants.find((candidate) => candidate.id === line.variant_id) ?? null;
    if (!item || !variant) {
      const fault = 'No longer on the menu';
      return { line, item, variant, labels: [], unit_paise: 0, total_paise: 0, fault };
    }
    const chosen = new Set(line.modifiers);
    const labels = item.modifier_groups
      .flatMap((group) => group.modifiers)
      .filter((modifier) => chosen.has(modifier.id))
      .map((modifier) => modifier.name);
    const unit = unitPrice(item, variant, chosen);
    const fault = itemFault(item, chosen) ?? shortage(item, lines);
    return { line, item, variant, labels, unit_paise: unit, total_paise: unit * line.quantity, fault };
  });
}

function shortage(item: MenuItem, lines: CartLine[]): string | null {
  if (item.remaining === null || countOf(lines, item.id) <= item.remaining) return null;
  return `Only ${item.remaining} left`;
}

export function subtotal(priced: Priced[]): number {
  return priced.reduce((sum, entry) => sum + entry.total_paise, 0);
}

/** The lines as `POST /api/orders` wants them. */
export function requestLines(lines: CartLine[]): NewLine[] {
  return lines.map((line) => ({
    variant_id: line.variant_id,
    quantity: line.quantity,
    modifiers: line.modifiers,
    course: line.course,
    ...(line.allergies.length ? { allergies: line.allergies } : {}),
    ...(line.note ? { note: line.note } : {}),
  }));
}
