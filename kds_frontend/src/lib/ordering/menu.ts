/** Finding one's way in the menu: pure. */
import type { Menu, MenuItem } from '$lib/types';

export function items(menu: Menu): MenuItem[] {
  return menu.categories.flatMap((category) => category.items);
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
