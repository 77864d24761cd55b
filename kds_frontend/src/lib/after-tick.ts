import { tick } from 'svelte';

/** Runs once what changed has been drawn; for an effect, which ends it with what is returned: a view that has gone runs nothing. */
export function afterTick(run: () => void): () => void {
  let here = true;
  void tick().then(() => here && run());
  return () => {
    here = false;
  };
}
