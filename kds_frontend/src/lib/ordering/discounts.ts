import type { Order } from '../types';

/** What makes the lines cheaper, as a row of totals: by its name, or as how many there are; none without any. */
export function discountRows(lines: Pick<Order['lines'][number], 'discounts'>[]): { label: string; paise: number }[] {
  const given = lines.flatMap((line) => line.discounts).filter((each) => each.paise > 0);
  if (!given.length) return [];
  const names = new Map(given.map((each) => [each.id, each.name]));
  const [only] = names.values();
  const word = given.every(({ kind }) => kind === 'offer') ? 'offers applied' : 'discounts';
  const label = names.size === 1 && only ? only : `${names.size} ${word}`;
  return [{ label, paise: -given.reduce((sum, each) => sum + each.paise, 0) }];
}
