import { expect, it } from 'vitest';
import type { Order } from '../types';
import { discountRows } from './discounts';

type Given = Order['lines'][number]['discounts'][number];

const given = (id: string, name: string, paise: number, kind: Given['kind'] = 'offer') =>
  ({ id, name, paise, kind }) as Given;

it('says one by its name with its sum over all lines, several by their number, none not at all', () => {
  const hour = { discounts: [given('a', 'Happy hour', 4000)] };
  expect(discountRows([{ discounts: [] }])).toEqual([]);
  expect(discountRows([hour, hour, { discounts: [] }])).toEqual([{ label: 'Happy hour', paise: -8000 }]);
  expect(discountRows([hour, { discounts: [given('b', 'Diwali', 400)] }])).toEqual([
    { label: '2 offers applied', paise: -4400 },
  ]);
  expect(discountRows([hour, { discounts: [given('c', 'Sorry', 100, 'manual')] }])).toEqual([
    { label: '2 discounts', paise: -4100 },
  ]);
});
