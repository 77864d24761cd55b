import { parseRupees } from '$lib/money';
import type { components } from '$lib/api/schema';

type Schemas = components['schemas'];
export type RightsTable = Schemas['RightsView'];
export type NewRight = Schemas['NewRight'];
export const ROLES = ['manager', 'waiter', 'kitchen'] as const;
export type RightsRole = (typeof ROLES)[number];

/** One cell as it is edited; an empty limit is none. */
export interface Cell {
  allowed: boolean;
  limit: string;
}
export type Cells = Record<string, Cell>;

export const keyOf = (role: string, permission: string): string => `${role} ${permission}`;

export function cellsOf(table: RightsTable): Cells {
  return Object.fromEntries(
    table.rights.map(({ role, permission, allowed, limit_paise }) => [
      keyOf(role, permission),
      { allowed, limit: limit_paise === null ? '' : String(limit_paise / 100) },
    ]),
  );
}

/** What is typed for a limit is neither empty nor an amount. */
export function isFaulty({ allowed, limit }: Cell): boolean {
  return allowed && limit.trim() !== '' && parseRupees(limit) === null;
}

/** The whole table as it is sent: a limit counts where the act is allowed. */
export function rightsOf(table: RightsTable, cells: Cells): NewRight[] {
  return table.rights.map(({ role, permission }) => {
    const { allowed, limit } = cells[keyOf(role, permission)] ?? { allowed: false, limit: '' };
    return {
      role: role as RightsRole,
      permission,
      allowed,
      limit_paise: allowed && limit.trim() ? parseRupees(limit) : null,
    };
  });
}

/** How many cells would be another once saved. */
export function changesOf(table: RightsTable, cells: Cells): number {
  const after = rightsOf(table, cells);
  return table.rights.filter(
    (before, index) => before.allowed !== after[index]?.allowed || before.limit_paise !== after[index]?.limit_paise,
  ).length;
}
