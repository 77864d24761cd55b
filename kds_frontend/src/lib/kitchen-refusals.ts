import type { KitchenActionResult } from './types';

/** Why an action on a ticket was not applied, in words for whoever tapped; null where nobody has to know. */
export function actionRefusal(result: KitchenActionResult): string | null {
  if (result.applied || result.reason === 'already-so') return null;
  return result.detail ?? 'That was not possible.';
}
