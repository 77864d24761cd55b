import { onWake } from './wake';

const ASK_AGAIN_MS = 5000;

interface Battery extends EventTarget {
  level: number;
  charging: boolean;
}

/** What this tablet can tell about itself; what it can't tell stays null. */
export class Device {
  battery = $state<{ percent: number; charging: boolean } | null>(null);
  awake = $state(false);
  private lock: WakeLockSentinel | null = null;

  constructor() {
    void this.watchBattery();
    void this.stayAwake();
    onWake(() => void this.stayAwake());
  }

  /** Holds the screen on; a plain-HTTP address offers no wake lock. */
  async stayAwake(): Promise<void> {
    if (!('wakeLock' in navigator) || document.visibilityState !== 'visible') return;
    if (this.lock && !this.lock.released) return;
    try {
      this.lock = await navigator.wakeLock.request('screen');
      this.awake = true;
      this.lock.addEventListener('release', () => {
        this.awake = false;
        setTimeout(() => void this.stayAwake(), ASK_AGAIN_MS);
      });
    } catch {
      this.awake = false;
    }
  }

  private async watchBattery(): Promise<void> {
    const source = navigator as Navigator & { getBattery?: () => Promise<Battery> };
    const battery = await source.getBattery?.().catch(() => null);
    if (!battery) return;
    const read = (): void => {
      this.battery = { percent: Math.round(battery.level * 100), charging: battery.charging };
    };
    read();
    battery.addEventListener('levelchange', read);
    battery.addEventListener('chargingchange', read);
  }
}
