import { deviceStorage } from '$lib/storage.svelte';
import { DENSITIES, geometry, type Density } from './geometry';

const DENSITY = 'rasoi.kitchen.density';
const RAIL = 'rasoi.kitchen.rail';

/** The board in this window, with what the cook chose on this device. */
export class Layout {
  width = $state(1920);
  height = $state(1080);
  density = $state<Density>(DENSITIES.find((each) => each === deviceStorage.getItem(DENSITY)) ?? 'medium');
  private railWanted = $state<boolean | null>(wanted(deviceStorage.getItem(RAIL)));

  readonly grid = $derived(geometry(this.width, this.height, { density: this.density, rail: this.railWanted }));

  setDensity(density: Density): void {
    this.density = density;
    deviceStorage.setItem(DENSITY, density);
  }

  /** One step larger or smaller. */
  resize(by: 1 | -1): void {
    const next = DENSITIES[DENSITIES.indexOf(this.density) + by];
    if (next) this.setDensity(next);
  }

  toggleRail(): void {
    this.railWanted = this.grid.rail === 0;
    deviceStorage.setItem(RAIL, this.railWanted ? 'yes' : 'no');
  }
}

function wanted(kept: string | null): boolean | null {
  return kept === null ? null : kept === 'yes';
}
