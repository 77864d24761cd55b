export type Command =
  | { kind: 'select'; place: number }
  | { kind: 'move'; by: 1 | -1 }
  | { kind: 'page'; by: 1 | -1 }
  | { kind: 'hand_over' | 'rush' | 'fire' | 'clear' | 'undo' | 'quiet' | 'sound' | 'help' | 'none' };

/** The keys, in the order in which the help lists them. */
export const KEYS: { keys: string; text: string }[] = [
  { keys: '1 … 9, 0', text: 'Select the order in that place' },
  { keys: '← →', text: 'Select the order before or after' },
  { keys: 'Enter, Space', text: 'Hand over what is ready of the order' },
  { keys: 'F', text: 'Rush the order, or no longer' },
  { keys: 'H', text: 'Fire its next course on hold' },
  { keys: 'C', text: 'Clear a cancelled order away' },
  { keys: 'U', text: 'Undo the last hand-over' },
  { keys: 'Page Up, Page Down', text: 'More orders to the left or right' },
  { keys: 'A', text: 'Silence the bell' },
  { keys: 'M', text: 'Sound on or off' },
  { keys: 'Esc', text: 'Select nothing, close what is open' },
  { keys: '?', text: 'These keys' },
];

const PLAIN: Record<string, Command> = {
  Enter: { kind: 'hand_over' },
  ' ': { kind: 'hand_over' },
  ArrowLeft: { kind: 'move', by: -1 },
  ArrowRight: { kind: 'move', by: 1 },
  PageUp: { kind: 'page', by: -1 },
  PageDown: { kind: 'page', by: 1 },
  Escape: { kind: 'none' },
  '?': { kind: 'help' },
  f: { kind: 'rush' },
  h: { kind: 'fire' },
  c: { kind: 'clear' },
  u: { kind: 'undo' },
  a: { kind: 'quiet' },
  m: { kind: 'sound' },
};

/** What a key of a keyboard or bump bar means. */
export function command(key: string): Command | null {
  if (/^[0-9]$/.test(key)) return { kind: 'select', place: key === '0' ? 9 : Number(key) - 1 };
  return PLAIN[key] ?? PLAIN[key.toLowerCase()] ?? null;
}
