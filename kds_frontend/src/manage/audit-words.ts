import { milli, rupees, type AuditEntry } from '$lib';
import { inMinutes } from './labels';

/** What was done, as a person says it. Every action that the platform records stands here. */
export const ACTIONS: Record<string, string> = {
  'authenticator.removed': 'Removed an authenticator app',
  'authenticator.set_up': 'Set up an authenticator app',
  'bill.discount': 'Gave a discount on a bill',
  'bill.take_back_discount': 'Took a discount back',
  'bill.write_off': 'Wrote off a bill',
  'device.let_in': 'Let a device in',
  'device.paired': 'A device was paired',
  'device.revoked': 'Shut out a device',
  'document.reprint': 'Printed a document again',
  'inventory.count': 'Counted stock',
  'inventory.receipt': 'Received stock',
  'inventory.waste': 'Threw stock away',
  'keys.rotated': 'Changed the signing key',
  'kitchen.close_day': 'Closed the kitchen’s day',
  'lift.given': 'Approved an act by PIN',
  'menu.availability': 'Changed what can be ordered',
  'menu.category': 'Added a category',
  'menu.item': 'Changed a dish',
  'menu.item_added': 'Added a dish',
  'menu.price': 'Changed a price',
  'offer.changed': 'Changed an offer',
  'offer.ended': 'Ended an offer',
  'offer.made': 'Made an offer',
  'offer.paused': 'Paused an offer',
  'offer.resumed': 'Resumed an offer',
  'order.accept_cancel': 'Cancelled an order as asked',
  'order.refuse_cancel': 'Refused to cancel an order',
  'order.cancel': 'Cancelled an order',
  'order.complimentary': 'Gave something on the house',
  'order.discount': 'Gave a discount on a line',
  'order.reject': 'Rejected an order',
  'outlet.added': 'Added the outlet',
  'order.void_line': 'Took something off an order',
  'outlet.changed': 'Changed settings',
  'outlet.closed': 'Closed the outlet',
  'outlet.reopened': 'Opened the outlet again',
  'outlet.set_up': 'Set up the outlet',
  'passkey.made': 'Made a passkey',
  'passkey.removed': 'Removed a passkey',
  'payment.cash': 'Took cash',
  'payment.refund': 'Refunded a payment',
  'payment.refund_handed_out': 'Handed out a refund',
  'payment.tender': 'Took a payment by card machine, UPI or voucher',
  'payment.unmatched_settled': 'Settled money without an order',
  'person.added': 'Added a person',
  'person.changed': 'Changed a person',
  'person.password_reset': 'Set a new password',
  'recovery_code.used': 'Signed in with a recovery code',
  'recovery_codes.made': 'Made new recovery codes',
  'rights.changed': 'Changed what roles may do',
  'service_token.made': 'Made a service token',
  'service_token.revoked': 'Revoked a service token',
  'session.switched': 'Went on at another outlet',
  'day.closed': 'Closed the day',
  'shift.approved': 'Approved a shift',
  'shift.cash_in': 'Put cash into a drawer',
  'shift.cash_out': 'Took cash out of a drawer',
  'shift.counted': 'Counted a drawer',
  'shift.opened': 'Started a shift',
  'sitting.admitted': 'Let a guest join a table',
  'sitting.clear': 'Cleared a table',
  'sitting.move': 'Moved a party to another table',
  'sitting.undo_move': 'Undid the move of a party',
  'sitting.refused': 'Kept a guest from joining a table',
  'sitting.walk_out': 'Marked a party as left',
  'table.added': 'Added a table',
  'table.changed': 'Changed a table',
  'table.removed': 'Removed a table',
  'table.new_code': 'Made a new table code',
  'webhook.dismiss': 'Dismissed a webhook',
  'webhook.replay': 'Applied a webhook again',
};

const ID = /^[0-9a-f]{8}-[0-9a-f-]{27}$/;

export function actionOf(entry: AuditEntry): string {
  return ACTIONS[entry.action] ?? words(entry.action.replaceAll('.', ' '));
}

/** The details of an entry in a line, without ids: they stand in its title. */
export function detailOf(entry: AuditEntry): string {
  return pairs(entry.detail).join(', ');
}

function pairs(detail: Record<string, unknown>): string[] {
  return Object.entries(detail)
    .filter(([, value]) => value !== null && !(typeof value === 'string' && ID.test(value)))
    .map(([field, value]) => `${nameOf(field)} ${spoken(field, value)}`);
}

/** A field as a person says it, without its unit. */
function nameOf(field: string): string {
  return words(field.replace(/_(paise|milli|s)$/, ''));
}

function words(name: string): string {
  return name.replaceAll('_', ' ');
}

function spoken(field: string, value: unknown): string {
  if (Array.isArray(value)) return value.map((each) => words(spoken(field, each))).join(' and ');
  if (typeof value === 'object' && value) {
    const change = value as { from?: unknown; to?: unknown };
    if ('from' in change && 'to' in change) return changed(field, change.from, change.to);
    return pairs(value as Record<string, unknown>).join(', ');
  }
  if (value === null || value === '') return 'nothing';
  if (typeof value === 'number' && field.endsWith('_paise')) return rupees(value);
  if (typeof value === 'number' && field.endsWith('_milli')) return milli(value);
  if (typeof value === 'number' && field.endsWith('_s')) return minutes(value);
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  return String(value);
}

/** What was changed: of a group of values only those that differ. */
function changed(field: string, from: unknown, to: unknown): string {
  if (isGroup(from) && isGroup(to))
    return Object.keys(to)
      .filter((name) => from[name] !== to[name])
      .map((name) => `${nameOf(name)} ${changed(name, from[name], to[name])}`)
      .join(', ');
  return `from ${spoken(field, from ?? null)} to ${spoken(field, to)}`;
}

function isGroup(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function minutes(seconds: number): string {
  return seconds < 60 ? `${seconds} s` : `${inMinutes(seconds)} min`;
}
