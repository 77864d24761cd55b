import { describe, expect, it } from 'vitest';
import { hashOf, viewOf, type View } from './view';

describe('the address of a view', () => {
  it('leads back to the same view', () => {
    const views: View[] = [
      { kind: 'tables' },
      { kind: 'takeaway' },
      { kind: 'menu' },
      { kind: 'bill', tableId: 't1', billId: null },
      { kind: 'bill', tableId: null, billId: 'b1' },
      { kind: 'order', tableId: null, billId: null },
      { kind: 'order', tableId: 't1', billId: 'b1' },
    ];
    for (const view of views) expect(viewOf(`#${hashOf(view)}`)).toEqual(view);
  });

  it('is the tables where it says nothing known', () => {
    for (const hash of ['', '#', '#nonsense', '#bill', '#order/t1']) expect(viewOf(hash)).toEqual({ kind: 'tables' });
  });
});
