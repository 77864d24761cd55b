export type Command =
  | { kind: 'select'; place: number }
  | { kind: 'move'; by: 'left' | 'right' | 'up' | 'down' }
  | { kind: 'page' | 'size'; by: 1 | -1 }
  | { kind: (typeof LETTERS)[keyof typeof LETTERS] | 'bump' | 'help' | 'clear' };

const LETTERS = {
  s: 'start',
  u: 'undo',
  r: 'recall',
  a: 'seen',
  l: 'look',
  v: 'view',
  f: 'rush',
  y: 'accept',
  n: 'refuse',
  d: 'counts',
  m: 'sound',
  t: 'theme',
  w: 'screen',
  o: 'leave',
} as const;

/** The keys, in the order in which the help lists them. */
export const KEYS: { keys: string; text: string }[] = [
  { keys: '1 … 9, 0', text: 'Select a ticket by its digit' },
  { keys: '← →', text: 'Select the ticket before or after' },
  { keys: '↑ ↓', text: 'Select a line of the ticket' },
  { keys: 'Enter, Space', text: 'Bump the ticket, or the selected line' },
  { keys: 'S', text: 'Start the ticket' },
  { keys: 'V', text: 'View the whole ticket' },
  { keys: 'U', text: 'Undo the last bump' },
  { keys: 'R', text: 'Recall: show what was bumped lately' },
  { keys: 'Page Up, Page Down', text: 'Previous or next page' },
  { keys: 'L', text: 'Look at news on another page' },
  { keys: 'A', text: 'Acknowledge the news on this page' },
  { keys: 'F', text: 'Rush the ticket’s order' },
  { keys: 'Y, N', text: 'Accept or refuse a request to cancel' },
  { keys: 'D', text: 'All-day counts on or off' },
  { keys: '+ −', text: 'Larger or smaller letters' },
  { keys: 'M', text: 'Sound on or off' },
  { keys: 'T', text: 'Dark or light' },
  { keys: 'W', text: 'Whole screen' },
  { keys: 'O', text: 'Other station' },
  { keys: 'Esc', text: 'Select nothing, close what is open' },
  { keys: '?', text: 'These keys' },
];

const MOVES = { ArrowLeft: 'left', ArrowRight: 'right', ArrowUp: 'up', ArrowDown: 'down' } as const;

/** What a key of a keyboard or bump bar means. */
export function command(key: string): Command | null {
  if (/^[0-9]$/.test(key)) return { kind: 'select', place: key === '0' ? 9 : Number(key) - 1 };
  if (key === 'Enter' || key === ' ') return { kind: 'bump' };
  if (key === 'PageUp') return { kind: 'page', by: -1 };
  if (key === 'PageDown') return { kind: 'page', by: 1 };
  if (key === '+' || key === '=') return { kind: 'size', by: 1 };
  if (key === '-') return { kind: 'size', by: -1 };
  if (key === 'Escape') return { kind: 'clear' };
  if (key === '?') return { kind: 'help' };
  const move = MOVES[key as keyof typeof MOVES];
  if (move) return { kind: 'move', by: move };
  const letter = LETTERS[key.toLowerCase() as keyof typeof LETTERS];
  return letter ? { kind: letter } : null;
}
