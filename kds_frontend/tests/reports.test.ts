import { describe, expect, it } from 'vitest';
import type { SalesReport, StationTimes } from '../src/lib/types';
import { hourName, hoursInOrder, rangeOf, slowestHour, stationName } from '../src/manage/reports';

const at = (hour: number, total_paise: number): SalesReport['hours'][number] => ({
  hour,
  total_paise,
  orders: 1,
  quantity: 1,
  taxable_paise: total_paise,
  average_paise: total_paise,
});
const took = (...hours: [number, number][]): StationTimes => ({
  station: 'tandoor',
  tickets: 1,
  p50_s: 1,
  p90_s: 1,
  longest_s: 1,
  hours: hours.map(([hour, p90_s]) => ({ hour, p90_s, tickets: 1, p50_s: 1, longest_s: 1 })),
});

describe('ranges', () => {
  it('end today, or are yesterday alone', () => {
    expect(rangeOf('today', '2026-03-01')).toEqual({ from: '2026-03-01', to: '2026-03-01' });
    expect(rangeOf('yesterday', '2026-03-01')).toEqual({ from: '2026-02-28', to: '2026-02-28' });
    expect(rangeOf('week', '2026-03-01')).toEqual({ from: '2026-02-23', to: '2026-03-01' });
  });
});

describe('hours', () => {
  it('follow the business day past midnight, with the gaps between', () => {
    expect(hoursInOrder([at(0, 3), at(21, 1), at(23, 2)], 240)).toEqual([
      { hour: 21, paise: 1 },
      { hour: 22, paise: 0 },
      { hour: 23, paise: 2 },
      { hour: 0, paise: 3 },
    ]);
    expect(hoursInOrder([at(0, 3), at(2, 1)], 0).map((each) => each.hour)).toEqual([0, 1, 2]);
    expect(hoursInOrder([], 240)).toEqual([]);
  });

  it('are named as on a clock', () => {
    expect([0, 9, 12, 23].map(hourName)).toEqual(['12 am', '9 am', '12 pm', '11 pm']);
  });
});

describe('stations', () => {
  it('tell their slowest hour only among several', () => {
    expect(slowestHour(took([19, 300], [20, 500], [21, 400]))?.hour).toBe(20);
    expect(slowestHour(took([19, 300]))).toBeNull();
  });

  it('have names', () => {
    expect(stationName('cold_bar')).toBe('Cold bar');
  });
});
