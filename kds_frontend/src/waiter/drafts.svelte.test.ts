// @vitest-environment jsdom
import { expect, it } from 'vitest';
import type { DraftContext } from './draft-order.svelte';
import { Drafts } from './drafts.svelte';

it('keeps a table’s draft alive when the component that first asked for it is gone', () => {
  const drafts = new Drafts({ menu: null, sender: () => 'ravi' } as unknown as DraftContext);
  const leave = $effect.root(() => {
    $effect(() => void drafts.of('t1').count);
    drafts.of('t1');
  });
  leave();
  const draft = drafts.of('t1');
  for (const many of [1, 2]) {
    draft.add({
      ...{ item_id: 'naan', name: 'Naan', variant_id: 'v', modifiers: [], quantity: 1 },
      ...{ allergies: [], note: '', course: 1 },
    });
    expect(draft.count).toBe(many);
  }
});
