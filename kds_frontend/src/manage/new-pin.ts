/** Four digits that nobody chose: a PIN is guessed as rarely as it can be, and setting one tells nothing of others'. */
export function newPin(): string {
  const [drawn = 0] = crypto.getRandomValues(new Uint32Array(1));
  return String(drawn % 10_000).padStart(4, '0');
}
