/** A random UUID; `crypto.randomUUID` is missing on plain-HTTP addresses of the local network. */
export function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = hexOf(bytes);
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

/** W3C's name for a trace that begins here; whether it is recorded is the server's to decide. */
export function newTraceparent(): string {
  const hex = hexOf(crypto.getRandomValues(new Uint8Array(24)));
  return `00-${hex.slice(0, 32)}-${hex.slice(32)}-00`;
}

function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
