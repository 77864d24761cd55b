import { describe, expect, it } from 'vitest';
import type { Bill } from '$lib/types';
import {
  ALLERGENS,
  clash,
  isAllergen,
  NOTHING_TOLD,
  ofBills,
  ofOrder,
  ofParty,
  sorted,
  spoken,
  tell,
  turn,
  type Allergen,
} from './allergies';

const bill = (...orders: [string, string[]][]): Bill =>
  ({ orders: orders.map(([status, allergies]) => ({ status, allergies })) }) as Bill;

describe('choosing', () => {
  it('keeps each once, in the order of the list', () => {
    expect(sorted(['soya', 'egg', 'soya', 'gold'])).toEqual(['egg', 'soya']);
    expect([...ALLERGENS].sort()).toEqual(ALLERGENS);
    expect(['nuts', 'Nuts', 'gold', ''].map(isAllergen)).toEqual([true, false, false, false]);
  });

  it('turns one on and off', () => {
    expect(turn(['nuts'], 'egg')).toEqual(['egg', 'nuts']);
    expect(turn(['egg', 'nuts'], 'egg')).toEqual(['nuts']);
  });
});

describe('the party', () => {
  it('is what was chosen here and what the orders that count have said', () => {
    const known = ofBills([bill(['served', ['nuts']], ['cancelled', ['egg']]), bill(['placed', ['milk', 'nuts']])]);
    expect(known).toEqual(['milk', 'nuts']);
    expect(ofBills([])).toEqual([]);
    expect(ofParty(NOTHING_TOLD, known)).toEqual(['milk', 'nuts']);
    expect(ofParty({ chosen: ['fish'], declined: [] }, known)).toEqual(['fish', 'milk', 'nuts']);
  });

  it('becomes what is wanted, whatever the bill says', () => {
    const known: Allergen[] = ['milk', 'nuts'];
    for (const wanted of [[], ['nuts'], ['egg'], ['egg', 'milk', 'nuts']] as Allergen[][]) {
      for (const chosen of [[], ['nuts'], ['egg', 'soya']] as Allergen[][]) {
        expect(ofParty(tell({ chosen, declined: [] }, wanted, known), known)).toEqual(wanted);
      }
    }
    expect(tell(NOTHING_TOLD, ['nuts'], known)).toEqual({ chosen: [], declined: ['milk'] });
    expect(tell(NOTHING_TOLD, ['nuts'], [])).toEqual({ chosen: ['nuts'], declined: [] });
  });

  it('leaves to the bill what others of the table said, and keeps what this phone did', () => {
    const own = { chosen: ['nuts'] as Allergen[], declined: [] };
    expect(tell(own, ['egg', 'milk', 'nuts'], ['milk', 'nuts']).chosen).toEqual(['egg', 'nuts']);
  });
});

describe('a dish', () => {
  it('clashes with what anybody who eats it must not eat', () => {
    expect(clash(['gluten', 'milk'], ['nuts'], ['milk'])).toEqual(['milk']);
    expect(clash(['gluten'], ['nuts'])).toEqual([]);
    expect(clash([], ['nuts'])).toEqual([]);
    expect(clash(['nuts'])).toEqual([]);
  });

  it('is told in words', () => {
    expect(spoken(['milk', 'nuts'])).toBe('Milk, nuts');
    expect(spoken([])).toBe('');
  });

  it('is of an order that may say more of its lines', () => {
    const lines = [{ allergies: ['soya', 'egg'] }, { allergies: [] }, { allergies: ['egg'] }];
    expect(ofOrder({ allergies: ['nuts'], lines } as never)).toEqual(['egg', 'nuts', 'soya']);
  });
});
