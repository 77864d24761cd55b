import { describe, expect, it } from 'vitest';
import * as cart from './cart';
import * as menus from './menu';
import * as choices from './choices';
import type { Menu, MenuItem } from '$lib/types';

const spice = {
  id: 'g1',
  name: 'Spice',
  min: 1,
  max: 1,
  modifiers: [
    { id: 'mild', name: 'Mild', price_paise: 0, available: true },
    { id: 'hot', name: 'Hot', price_paise: 0, available: true },
  ],
};
const extras = {
  id: 'g2',
  name: 'Extras',
  min: 0,
  max: 2,
  modifiers: ['cheese', 'butter', 'egg'].map((id) => ({ id, name: id, price_paise: 3000, available: id !== 'egg' })),
};
const paneer = {
  id: 'i1',
  code: 'paneer',
  name: 'Paneer Tikka',
  description: 'Smoky',
  diet: 'veg',
  allergens: ['milk'],
  station: 'tandoor',
  available: true,
  remaining: 5,
  photo_url: null,
  prices_include_tax: false,
  tax_rate_bp: 500,
  variants: [
    { id: 'half', name: 'Half', price_paise: 18000 },
    { id: 'full', name: 'Full', price_paise: 32000 },
  ],
  modifier_groups: [spice, extras],
} as MenuItem;
const chicken = {
  ...paneer,
  id: 'i2',
  name: 'Chicken Tikka',
  diet: 'non_veg',
  remaining: null,
  modifier_groups: [],
  variants: [{ id: 'c', name: 'Regular', price_paise: 30000 }],
} as MenuItem;
const menu = {
  outlet: { id: 1, name: 'R' },
  version: 1,
  stations: [],
  tax_note: '',
  categories: [{ id: 'c1', code: 'tandoor', name: 'Tandoor तंदूर', items: [paneer, chicken] }],
} as unknown as Menu;
const line = (more = {}) => ({
  item_id: 'i1',
  name: 'Paneer Tikka',
  variant_id: 'half',
  modifiers: ['mild'],
  quantity: 1,
  allergies: [],
  note: '',
  course: 1,
  ...more,
});

describe('lines', () => {
  it('merges what the kitchen would read alike, whatever the order of modifiers', () => {
    const one = cart.add([], line({ modifiers: ['mild', 'cheese'] }));
    const two = cart.add(one, line({ modifiers: ['cheese', 'mild'], note: '  ', quantity: 2 }));
    expect(two).toHaveLength(1);
    expect(cart.count(two)).toBe(3);
  });
  it('keeps notes, variants, courses and allergies apart', () => {
    let lines = cart.add([], line());
    for (const more of [{ note: 'no onion' }, { variant_id: 'full' }, { course: 2 }, { allergies: ['nuts'] }])
      lines = cart.add(lines, line(more));
    expect(lines).toHaveLength(5);
  });
  it('never passes 99 and leaves at nought', () => {
    const lines = cart.add(cart.add([], line({ quantity: 60 })), line({ quantity: 60 }));
    expect(lines[0]?.quantity).toBe(99);
    expect(cart.setQuantity(lines, lines[0]?.key ?? '', 0)).toEqual([]);
  });
  it('replaces in place, and joins a twin', () => {
    let lines = cart.add(cart.add([], line()), line({ variant_id: 'full' }));
    const first = lines[0]?.key ?? '';
    lines = cart.replace(lines, first, line({ note: 'less oil' }));
    expect(lines.map((entry) => entry.note)).toEqual(['less oil', '']);
    lines = cart.replace(lines, lines[0]?.key ?? '', line({ variant_id: 'full', quantity: 2 }));
    expect(lines).toHaveLength(1);
    expect(lines[0]?.quantity).toBe(3);
  });
});

describe('modifier groups', () => {
  it('says what is missing', () => {
    expect(choices.groupFault(spice, new Set())).toBe('Please choose one.');
    expect(choices.groupFault(spice, new Set(['hot']))).toBeNull();
    expect(choices.groupFault({ ...extras, min: 2 }, new Set(['cheese']))).toBe('Please choose 1 more.');
  });
  it('says what is too many or gone', () => {
    expect(choices.groupFault({ ...extras, max: 1 }, new Set(['cheese', 'butter']))).toBe('At most 1, please.');
    expect(choices.groupFault(extras, new Set(['egg']))).toContain('sold out');
  });
  it('swaps in a pick-one group and stops at the maximum', () => {
    expect([...choices.toggle(spice, new Set(['mild']), 'hot')]).toEqual(['hot']);
    expect([...choices.toggle(spice, new Set(['mild']), 'mild')]).toEqual(['mild']);
    expect(choices.toggle({ ...extras, max: 2 }, new Set(['cheese', 'butter']), 'egg').has('egg')).toBe(false);
  });
  it('words the rule', () => {
    expect(choices.groupRule(spice)).toBe('Choose one');
    expect(choices.groupRule(extras)).toBe('Optional, up to 2');
    expect(choices.groupRule({ ...extras, min: 1 })).toBe('Choose 1 to 2');
  });
});

describe('a dish', () => {
  it('can be had with the choices that its groups ask for', () => {
    expect(choices.itemFault(paneer, new Set(['mild', 'cheese']))).toBeNull();
  });
  it('names the group whose choice is missing', () => {
    expect(choices.itemFault(paneer, new Set(['cheese']))).toBe('Spice: Please choose one.');
  });
  it('can not be had with a choice that it does not offer', () => {
    expect(choices.itemFault(paneer, new Set(['mild', 'none such']))).toBe('That choice is no longer offered');
  });
});

describe('a dish whose required choice is wholly sold out', () => {
  const soldOut = (group: typeof spice) => ({
    ...group,
    modifiers: group.modifiers.map((modifier) => ({ ...modifier, available: false })),
  });
  it('is off, as if it were sold out itself', () => {
    const off = { ...paneer, modifier_groups: [soldOut(spice), extras] };
    expect(choices.isOrderable(paneer)).toBe(true);
    expect(choices.isOrderable(off)).toBe(false);
    expect(choices.itemFault(off, new Set(['mild']))).toBe('Sold out');
  });
  it('stays on sale when the choice is optional', () => {
    const plain = { ...extras, modifiers: extras.modifiers.map((modifier) => ({ ...modifier, available: false })) };
    expect(choices.isOrderable({ ...paneer, modifier_groups: [spice, plain] })).toBe(true);
  });
});

describe('price', () => {
  it('adds variant and modifiers times the quantity', () => {
    const priced = cart.price(cart.add([], line({ modifiers: ['mild', 'cheese'], quantity: 2 })), menu);
    expect(cart.subtotal(priced)).toBe(42000);
    expect(priced[0]?.labels).toEqual(['Mild', 'cheese']);
    expect(priced[0]?.fault).toBeNull();
  });
  it('names what can not be had', () => {
    const lines = cart.add(cart.add([], line({ quantity: 6 })), line({ item_id: 'nope', variant_id: 'x' }));
    expect(cart.price(lines, menu).map((entry) => entry.fault)).toEqual(['Only 5 left', 'No longer on the menu']);
    const gone = menus.withAvailability(menu, { item_id: 'i1', available: false, remaining: 0 });
    expect(cart.price(lines, gone)[0]?.fault).toBe('Sold out');
  });
  it('builds the request without empty notes', () => {
    expect(cart.requestLines(cart.add([], line()))).toEqual([
      { variant_id: 'half', quantity: 1, modifiers: ['mild'], course: 1 },
    ]);
  });
});

describe('the menu', () => {
  it('is searched by every word, and by diet', () => {
    expect(menus.search(menu, 'tikka chick', false)[0]?.items.map((item) => item.id)).toEqual(['i2']);
    expect(menus.search(menu, '', true)[0]?.items.map((item) => item.id)).toEqual(['i1']);
    expect(menus.search(menu, 'pizza', false)).toEqual([]);
  });
  it('is found by its Hindi names too', () => {
    const hindi = { ...menu, categories: menu.categories.map((category) => ({ ...category, name_hi: 'तंदूर से' })) };
    expect(menus.search(hindi, 'तंदूर', false)).toHaveLength(1);
    expect(menus.names({ name: 'Soups', name_hi: 'सूप' })).toEqual({ main: 'Soups', hindi: 'सूप' });
    expect(menus.names({ name: 'Soups' }).hindi).toBe('');
  });
});

describe('lines of the cart', () => {
  const [half] = cart.add([], line());
  const two = cart.add(cart.add([], line()), line({ variant_id: 'full' }));
  const keys = two.map((each) => each.key);

  it('are the same line when the kitchen reads the same', () => {
    const [first, second] = [
      line({ modifiers: ['hot', 'cheese'], note: ' mild please ' }),
      line({ modifiers: ['cheese', 'hot'], note: 'mild please' }),
    ];
    expect(cart.lineKey(first)).toBe(cart.lineKey(second));
    const others = [
      line({ modifiers: ['hot'] }),
      line({ course: 2 }),
      line({ note: 'x' }),
      line({ variant_id: 'full' }),
    ];
    expect(new Set([line({ modifiers: ['mild'] }), ...others].map(cart.lineKey)).size).toBe(5);
  });

  it('keep a note short and trimmed, and the choices in order', () => {
    const [kept] = cart.add([], line({ note: `  ${'x'.repeat(300)} `, modifiers: ['hot', 'cheese'] }));
    expect(kept?.note).toBe('x'.repeat(cart.MAX_NOTE));
    expect(kept?.modifiers).toEqual(['cheese', 'hot']);
  });

  it('change their number alone', () => {
    expect(cart.setQuantity(two, keys[1] ?? '', 4).map((each) => each.quantity)).toEqual([half?.quantity, 4]);
    expect(cart.setQuantity(two, keys[1] ?? '', 4)[1]).toEqual({ ...two[1], quantity: 4 });
    expect(cart.setQuantity(two, keys[0] ?? '', 0)).toEqual([two[1]]);
    expect(cart.setQuantity(two, keys[0] ?? '', -1)).toEqual([two[1]]);
    expect(cart.setQuantity(two, keys[0] ?? '', 1000)[0]?.quantity).toBe(cart.MAX_QUANTITY);
  });

  it('add to the one that is the same and leave the other', () => {
    expect(cart.add(two, line({ variant_id: 'full', quantity: 3 })).map((each) => each.quantity)).toEqual([
      two[0]?.quantity,
      4,
    ]);
  });

  it('are edited in their place', () => {
    const three = cart.add(two, line({ variant_id: 'full', course: 2 }));
    const edited = cart.replace(three, three[1]?.key ?? '', line({ note: 'well done' }));
    expect(edited.map((each) => [each.variant_id, each.note, each.course])).toEqual([
      ['half', '', 1],
      ['half', 'well done', 1],
      ['full', '', 2],
    ]);
    const joined = cart.replace(three, three[1]?.key ?? '', line());
    expect(joined.map((each) => each.variant_id)).toEqual(['half', 'full']);
    expect(cart.replace(two, 'no such key', line({ course: 3 })).map((each) => each.course)).toEqual([1, 1, 3]);
  });

  it('are counted by dish', () => {
    const lines = cart.add(two, line({ item_id: 'i2', variant_id: 'c', quantity: 5 }));
    expect(cart.countOf(lines, 'i2')).toBe(5);
    expect(cart.countOf(lines, 'i1')).toBe(cart.count(two));
  });

  it('name what is no longer on the menu, and no price', () => {
    const gone = cart.add(cart.add([], line({ item_id: 'none' })), line({ variant_id: 'none' }));
    for (const entry of cart.price(gone, menu)) {
      expect(entry).toMatchObject({ labels: [], unit_paise: 0, total_paise: 0, fault: 'No longer on the menu' });
    }
  });

  it('are short only of what is counted, and only beyond the last', () => {
    const of = (item_id: string, variant_id: string, quantity: number, modifiers: string[] = []) =>
      cart.price(cart.add([], line({ item_id, variant_id, quantity, modifiers })), menu)[0]?.fault;
    expect(of('i1', 'half', 5, ['mild'])).toBe(null);
    expect(of('i1', 'half', 6, ['mild'])).toBe('Only 5 left');
    expect(of('i2', 'c', 99)).toBe(null);
  });

  it('are sent with a note only where there is one', () => {
    const [plain] = cart.requestLines(cart.add([], line({ note: '' })));
    const [noted] = cart.requestLines(cart.add([], line({ note: 'no ice' })));
    expect(plain && 'note' in plain).toBe(false);
    expect(noted?.note).toBe('no ice');
  });
});

describe('choices', () => {
  const group = (min: number, max: number) => ({ ...extras, min, max });
  const toggled = (of: Parameters<typeof choices.toggle>[0], chosen: string[], id: string) =>
    [...choices.toggle(of, new Set(chosen), id)].sort();

  it('say how many are asked for', () => {
    expect(choices.groupFault(group(1, 2), new Set())).toBe('Please choose one.');
    expect(choices.groupFault(group(2, 3), new Set())).toBe('Please choose 2.');
    expect(choices.groupFault(group(2, 3), new Set(['butter']))).toBe('Please choose 1 more.');
  });

  it('have their rule in words', () => {
    const rules = [group(1, 1), group(2, 2), group(0, 3), group(0, 4), group(0, 2), group(1, 2), group(0, 1)];
    expect(rules.map(choices.groupRule)).toEqual([
      'Choose one',
      'Choose 2',
      'Optional',
      'Optional',
      'Optional, up to 2',
      'Choose 1 to 2',
      'Optional, up to 1',
    ]);
  });

  it('are taken back where one may have none or several, and not where there must be one', () => {
    expect(toggled(spice, ['mild'], 'mild')).toEqual(['mild']);
    expect(toggled(group(0, 1), ['butter'], 'butter')).toEqual([]);
    expect(toggled(group(1, 2), ['butter', 'cheese'], 'butter')).toEqual(['cheese']);
    expect(toggled(group(0, 2), ['butter'], 'butter')).toEqual([]);
  });

  it('replace in a pick-one group only that group’s', () => {
    expect(toggled(spice, ['mild', 'cheese'], 'hot')).toEqual(['cheese', 'hot']);
    expect(toggled(group(0, 2), ['hot', 'butter'], 'cheese')).toEqual(['butter', 'cheese', 'hot']);
    expect(toggled(group(0, 2), ['cheese', 'butter'], 'egg')).toEqual(['butter', 'cheese']);
  });
});
