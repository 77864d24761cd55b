import { percent, rupeesShort } from '$lib';
import type { OfferTerms } from '$lib/types';

export const DAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];

/** What an offer gives, in words; `names` are those of categories and dishes by their ids. */
export function gives(terms: OfferTerms, names: Map<string, string>): string {
  const on = [...(terms.category_ids ?? []), ...(terms.item_ids ?? [])].map((id) => names.get(id) ?? 'something else');
  const parts = [
    terms.kind === 'percent'
      ? `${percent(terms.percent_bp ?? 0)} off`
      : terms.kind === 'amount'
        ? `${rupeesShort(terms.amount_paise ?? 0)} off`
        : `Buy ${terms.buy}, get ${terms.get} free`,
    on.length ? on.join(', ') : 'the whole order',
  ];
  if (terms.min_spend_paise) parts.push(`from ${rupeesShort(terms.min_spend_paise)}`);
  if (terms.cap_paise) parts.push(`up to ${rupeesShort(terms.cap_paise)}`);
  return parts.join(' · ');
}

/** When an offer holds, in words. */
export function holds(terms: OfferTerms): string {
  const { days = [], order_types: types = [] } = terms;
  const parts = [
    days.length
      ? [...days]
          .sort()
          .map((day) => DAYS[day - 1])
          .join(', ')
      : 'Every day',
  ];
  if (terms.from_minute != null && terms.to_minute != null)
    parts.push(`${clock(terms.from_minute)} to ${clock(terms.to_minute)}`);
  if (terms.first_day) parts.push(`from ${terms.first_day}`);
  if (terms.last_day) parts.push(`until ${terms.last_day}`);
  if (types.length === 1) parts.push(types[0] === 'dine_in' ? 'to eat here' : 'to take away');
  return parts.join(' · ');
}

/** Minutes since midnight as `22:05`. */
export function clock(minute: number): string {
  return [Math.floor(minute / 60), minute % 60].map((part) => String(part).padStart(2, '0')).join(':');
}

/** `22:05` as minutes since midnight; null when it is no time. */
export function minuteOf(text: string): number | null {
  const match = /^([01]\d|2[0-3]):([0-5]\d)/.exec(text);
  return match ? Number(match[1]) * 60 + Number(match[2]) : null;
}
