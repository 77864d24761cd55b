import { expect, test } from 'vitest';
import { countsOf, differenceSaid, MOST, pieces, totalOf } from '../src/lib/drawer/count';
import { named, taxName } from '../src/manage/day-checks';
import { rupees } from '../src/lib/money';

test('a count comes to its notes and coins, and sends only what is there', () => {
  const counts = { 50000: 3, 10000: 0, 100: 7 };
  expect(totalOf(counts)).toBe(150700);
  expect(countsOf(counts)).toEqual([
    { denomination_paise: 50000, quantity: 3 },
    { denomination_paise: 100, quantity: 7 },
  ]);
  expect([totalOf({}), countsOf({})]).toEqual([0, []]);
});

test('what is typed is a number of pieces', () => {
  expect(['', '12', '-3', '1.5', 'x', '999999999'].map(pieces)).toEqual([0, 12, 3, 15, 0, MOST]);
});

test('a difference is said in words', () => {
  expect([0, -2000, 550].map((paise) => differenceSaid(paise, rupees))).toEqual([
    'Exact',
    '₹20.00 too little',
    '₹5.50 too much',
  ]);
});

test('many names are cut short, and a rate is a percentage', () => {
  const items = ['A', 'B', 'C'].map((label) => ({ label }));
  expect([named(items), named(items, 2), named([])]).toEqual(['A, B, C', 'A, B and 1 more', '']);
  expect(taxName('CGST', 250)).toBe('CGST 2.5%');
});
