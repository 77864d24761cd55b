const full = new Intl.NumberFormat('en-IN', { style: 'currency', currency: 'INR', minimumFractionDigits: 2 });
const whole = new Intl.NumberFormat('en-IN', { style: 'currency', currency: 'INR', maximumFractionDigits: 0 });

/** Paise as `₹1,23,456.50`. */
export function rupees(paise: number): string {
  return full.format(paise / 100);
}

/** Paise as `₹250`, with the paise only when there are some: for menus and buttons. */
export function rupeesShort(paise: number): string {
  return paise % 100 === 0 ? whole.format(paise / 100) : full.format(paise / 100);
}

/** What a person typed, as paise; null when it isn't an amount with at most two decimals. */
export function parseRupees(text: string): number | null {
  const clean = text.replace(/[₹,\s]/g, '');
  const match = /^(\d{1,9})(?:\.(\d{1,2}))?$/.exec(clean);
  if (!match) return null;
  return Number(match[1]) * 100 + Number((match[2] ?? '').padEnd(2, '0'));
}

/** Thousandths as a short decimal: 1500 is `1.5`. */
export function milli(quantity: number): string {
  return new Intl.NumberFormat('en-IN', { maximumFractionDigits: 3 }).format(quantity / 1000);
}

/** A typed quantity as thousandths, or null. */
export function parseMilli(text: string): number | null {
  const match = /^(-?)(\d{1,9})(?:\.(\d{1,3}))?$/.exec(text.replace(/[,\s]/g, ''));
  if (!match) return null;
  const size = Number(match[2]) * 1000 + Number((match[3] ?? '').padEnd(3, '0'));
  return match[1] ? -size : size;
}

/** Basis points as `2.5%`. */
export function percent(basisPoints: number): string {
  return `${basisPoints / 100}%`;
}
