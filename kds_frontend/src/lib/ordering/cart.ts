/** The cart's rules: pure, no I/O. Money is integer paise. */
import type { Menu, MenuItem, ModifierGroup, NewLine, Variant } from '$lib/types';

export interface CartLine {
  key: string;
  item_id: string;
  variant_id: string;
  modifiers: string[];
  quantity: number;
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
  return [line.variant_id, chosen, line.course, line.note.trim()].join('|');
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

/** What is still wrong with the choice made in one group; null when nothing is. */
export function groupFault(group: ModifierGroup, chosen: ReadonlySet<string>): string | null {
  const picked = group.modifiers.filter((modifier) => chosen.has(modifier.id));
  const gone = picked.find((modifier) => !modifier.available);
  if (gone) return `${gone.name} is sold out. Please choose another.`;
  if (picked.length < group.min) {
    const missing = group.min - picked.length;
    if (picked.length) return `Please choose ${missing} more.`;
    return group.min === 1 ? 'Please choose one.' : `Please choose ${group.min}.`;
  }
  if (picked.length > group.max) return `At most ${group.max}, please.`;
  return null;
}

/** The rule of a group in words, shown under its name. */
export function groupRule(group: ModifierGroup): string {
  const { min, max } = group;
  if (min === 1 && max === 1) return 'Choose one';
  if (min === max) return `Choose ${min}`;
  if (min === 0) return max >= group.modifiers.length ? 'Optional' : `Optional, up to ${max}`;
  return `Choose ${min} to ${max}`;
}

/** Choosing in a pick-one group replaces; in a full group it does nothing. */
export function toggle(group: ModifierGroup, chosen: ReadonlySet<string>, id: string): Set<string> {
  const next = new Set(chosen);
  if (next.has(id)) {
    if (!(group.min === 1 && group.max === 1)) next.delete(id);
    return next;
  }
  const picked = group.modifiers.filter((modifier) => next.has(modifier.id));
  if (group.max === 1) picked.forEach((modifier) => next.delete(modifier.id));
  else if (picked.length >= group.max) return next;
  next.add(id);
  return next;
}

export function unitPrice(item: MenuItem, variant: Variant, chosen: ReadonlySet<string>): number {
  const extras = item.modifier_groups
    .flatMap((group) => group.modifiers)
    .filter((modifier) => chosen.has(modifier.id))
    .reduce((sum, modifier) => sum + modifier.price_paise, 0);
  return variant.price_paise + extras;
}

export function items(menu: Menu): MenuItem[] {
  return menu.categories.flatMap((category) => category.items);
}

export function itemFault(item: MenuItem, chosen: ReadonlySet<string>): string | null {
  if (!item.available) return 'Sold out';
  for (const group of item.modifier_groups) {
    const fault = groupFault(group, chosen);
    if (fault) return `${group.name}: ${fault}`;
  }
  return null;
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
    ...(line.note ? { note: line.note } : {}),
  }));
}

/** What a dish or category is called: the menu may add a Hindi name. */
export interface Named {
  name: string;
  name_hi?: string | null;
}

export function names(named: Named): { main: string; hindi: string } {
  return { main: named.name, hindi: named.name_hi ?? '' };
}

/** Items that match every word typed, in name, description or category. */
export function search(menu: Menu, words: string, vegOnly: boolean): Menu['categories'] {
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
  const fits = (item: MenuItem, category: Named): boolean => {
    if (vegOnly && item.diet !== 'veg') return false;
    const parts = [item.name, names(item).hindi, item.description ?? '', category.name, names(category).hindi];
    const text = parts.join(' ').toLowerCase();
    return wanted.every((word) => text.includes(word));
  };
  return menu.categories
    .map((category) => ({
      ...category,
      items: category.items.filter((item) => fits(item, category)),
    }))
    .filter((category) => category.items.length > 0);
}

/** A live availability message, applied to the menu in place of a refetch. */
export function withAvailability(
  menu: Menu,
  change: { item_id: string; available: boolean; remaining?: number | null },
): Menu {
  const turn = (item: MenuItem): MenuItem =>
    item.id === change.item_id ? { ...item, available: change.available, remaining: change.remaining ?? null } : item;
  return {
    ...menu,
    categories: menu.categories.map((category) => ({ ...category, items: category.items.map(turn) })),
  };
}
