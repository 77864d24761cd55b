/** Notes and coins of a drawer, in paise, the largest first. */
export const DENOMINATIONS = [200000, 50000, 20000, 10000, 5000, 2000, 1000, 500, 200, 100] as const;
export type Denomination = (typeof DENOMINATIONS)[number];
export type Counts = Partial<Record<Denomination, number>>;

/** No drawer has more of one denomination. */
export const MOST = 100_000;

/** What a count comes to, in paise. */
export function totalOf(counts: Counts): number {
  return DENOMINATIONS.reduce((sum, paise) => sum + paise * (counts[paise] ?? 0), 0);
}

/** What a person typed, as a number of pieces: only its digits count, nothing is none. */
export function pieces(typed: string): number {
  return Math.min(MOST, Number(typed.replace(/\D/g, '')));
}

/** The count as it is sent: what is not there is left out. */
export function countsOf(counts: Counts): { denomination_paise: Denomination; quantity: number }[] {
  return DENOMINATIONS.flatMap((paise) => {
    const quantity = counts[paise] ?? 0;
    return quantity > 0 ? [{ denomination_paise: paise, quantity }] : [];
  });
}

/** How a difference is said: `Exact`, `₹20.00 too little`. */
export function differenceSaid(paise: number, rupees: (paise: number) => string): string {
  if (paise === 0) return 'Exact';
  return `${rupees(Math.abs(paise))} too ${paise < 0 ? 'little' : 'much'}`;
}
