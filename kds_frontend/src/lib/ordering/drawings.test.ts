import { describe, expect, it } from 'vitest';
import { drawing, turn } from './drawings';

describe('drawings', () => {
  it('follow the category, and the item within drinks and sweets', () => {
    expect(drawing('Paneer Tikka', 'From the Tandoor')).toBe('skewer');
    expect(drawing('Paneer Butter Masala', 'Vegetarian Curries')).toBe('curry');
    expect(drawing('Masala Chai', 'Tea and Coolers')).toBe('cup');
    expect(drawing('Sweet Lassi', 'Tea and Coolers')).toBe('glass');
    expect(drawing('Malai Kulfi', 'Desserts')).toBe('icecream');
    expect(drawing('Gulab Jamun', 'Desserts')).toBe('sweet');
    expect(drawing('Mineral Water 1 l', 'Bottled Drinks')).toBe('bottle');
    expect(drawing('Something', 'Else')).toBe('thali');
  });

  it('turn the same way at every visit', () => {
    expect(turn('Naan')).toBe(turn('Naan'));
  });
});
