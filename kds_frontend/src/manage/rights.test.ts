import { describe, expect, it } from 'vitest';
import { cellsOf, changesOf, isFaulty, rightsOf, type RightsTable } from './rights';

const table: RightsTable = {
  version: 3,
  permissions: [
    { name: 'refund', words: 'give money back', roles: ['manager', 'waiter'], limited: true },
    { name: 'take_cash', words: 'take cash', roles: ['manager', 'waiter'], limited: false },
  ],
  rights: [
    { role: 'manager', permission: 'refund', allowed: true, limit_paise: null },
    { role: 'waiter', permission: 'refund', allowed: true, limit_paise: 50_050 },
    { role: 'waiter', permission: 'take_cash', allowed: false, limit_paise: null },
  ],
};

describe('the table of rights', () => {
  it('comes back as it was read', () => {
    const cells = cellsOf(table);
    expect(rightsOf(table, cells)).toEqual(table.rights);
    expect(changesOf(table, cells)).toBe(0);
    expect(cells['waiter refund']).toEqual({ allowed: true, limit: '500.5' });
  });

  it('counts what would be another', () => {
    const cells = cellsOf(table);
    cells['waiter refund'] = { allowed: true, limit: '1,000' };
    cells['waiter take_cash'] = { allowed: true, limit: '' };
    expect(changesOf(table, cells)).toBe(2);
    expect(rightsOf(table, cells)[1]).toEqual({
      role: 'waiter',
      permission: 'refund',
      allowed: true,
      limit_paise: 100_000,
    });
  });

  it('has no limit where the act is not allowed, or none was typed', () => {
    const cells = cellsOf(table);
    cells['waiter refund'] = { allowed: false, limit: '500' };
    cells['manager refund'] = { allowed: true, limit: ' ' };
    expect(rightsOf(table, cells).map((right) => right.limit_paise)).toEqual([null, null, null]);
    expect(changesOf(table, cells)).toBe(1);
  });

  it('knows an amount from what is none', () => {
    expect(isFaulty({ allowed: true, limit: '' })).toBe(false);
    expect(isFaulty({ allowed: true, limit: '₹500' })).toBe(false);
    expect(isFaulty({ allowed: true, limit: 'a lot' })).toBe(true);
    expect(isFaulty({ allowed: true, limit: '-1' })).toBe(true);
    expect(isFaulty({ allowed: false, limit: 'a lot' })).toBe(false);
  });
});
