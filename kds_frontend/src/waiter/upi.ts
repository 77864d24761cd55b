/** What a UPI app opens with: NPCI's link for paying an amount to an address, without a payment provider. */
export function upiLink(address: string, name: string, paise: number, note: string): string {
  const parts = { pa: address, pn: name, am: (paise / 100).toFixed(2), cu: 'INR', tn: note };
  const query = Object.entries(parts).map(([key, value]) => `${key}=${encodeURIComponent(value)}`);
  return `upi://pay?${query.join('&')}`;
}
