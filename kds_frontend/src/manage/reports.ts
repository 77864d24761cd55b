import type { SalesReport, StationTimes } from '$lib';
import { daysUpTo } from './labels';

export type Span = 'today' | 'yesterday' | 'week';

export const SPANS: Record<Span, string> = { today: 'Today', yesterday: 'Yesterday', week: '7 days' };

/** The first and last business day of a span that ends today, or yesterday. */
export function rangeOf(span: Span, today: string): { from: string; to: string } {
  const days = daysUpTo(today, span === 'today' ? 1 : span === 'yesterday' ? 2 : 7);
  const from = days[0] ?? today;
  return { from, to: span === 'yesterday' ? from : today };
}

/** An hour of the clock as `7 pm`. */
export function hourName(hour: number): string {
  return `${hour % 12 || 12} ${hour < 12 ? 'am' : 'pm'}`;
}

/** Takings from the first to the last hour with any, in the business day's own order: after midnight comes last. */
export function hoursInOrder(hours: SalesReport['hours'], cutoffMinutes: number): { hour: number; paise: number }[] {
  const start = Math.floor(cutoffMinutes / 60);
  const taken = new Map(hours.map((each) => [(each.hour - start + 24) % 24, each.total_paise]));
  const first = Math.min(...taken.keys());
  const last = Math.max(...taken.keys());
  return Array.from({ length: taken.size ? last - first + 1 : 0 }, (_, index) => ({
    hour: (first + index + start) % 24,
    paise: taken.get(first + index) ?? 0,
  }));
}

/** The hour in which nine of ten tickets took longest; null where there is nothing to compare. */
export function slowestHour(station: StationTimes): StationTimes['hours'][number] | null {
  if (station.hours.length < 2) return null;
  return station.hours.reduce((slowest, each) => (each.p90_s > slowest.p90_s ? each : slowest));
}

/** A station's code as a name. */
export function stationName(code: string): string {
  return code.charAt(0).toUpperCase() + code.slice(1).replace(/[-_]/g, ' ');
}
