/** What may be chosen with a dish, and what it costs then: pure. */
import type { MenuItem, ModifierGroup, Variant } from '$lib/types';

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

export function itemFault(item: MenuItem, chosen: ReadonlySet<string>): string | null {
  if (!isOrderable(item)) return 'Sold out';
  const offered = new Set(item.modifier_groups.flatMap((group) => group.modifiers.map((modifier) => modifier.id)));
  if ([...chosen].some((id) => !offered.has(id))) return 'That choice is no longer offered';
  for (const group of item.modifier_groups) {
    const fault = groupFault(group, chosen);
    if (fault) return `${group.name}: ${fault}`;
  }
  return null;
}

/** Whether the dish can be had at all: a required choice that is wholly sold out takes it off, too. */
export function isOrderable(item: MenuItem): boolean {
  return item.available && isChoosable(item);
}

/** Whether enough is left to choose from in each of its groups. */
export function isChoosable(item: MenuItem): boolean {
  return item.modifier_groups.every((group) => left(group) >= group.min);
}

function left(group: ModifierGroup): number {
  return group.modifiers.filter((modifier) => modifier.available).length;
}
