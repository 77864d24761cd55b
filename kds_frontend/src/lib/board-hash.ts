import type { Ticket } from './types';

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value >>> 0;
});

/** CRC-32 (IEEE) of an ASCII text, unsigned. */
export function crc32(text: string): number {
  let crc = 0xffffffff;
  for (let index = 0; index < text.length; index++) {
    crc = (crc >>> 8) ^ (TABLE[(crc ^ text.charCodeAt(index)) & 0xff] ?? 0);
  }
  return (crc ^ 0xffffffff) >>> 0;
}

/** The board's checksum: the sum modulo 2^32 of CRC-32 of `id:version` over the visible tickets. */
export function boardHash(tickets: Iterable<Pick<Ticket, 'id' | 'version'>>): number {
  let sum = 0;
  for (const ticket of tickets) sum = (sum + crc32(`${ticket.id}:${ticket.version}`)) >>> 0;
  return sum;
}
