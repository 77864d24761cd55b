import { deviceStorage, tabStorage } from './storage.svelte';

export type AlertKind = 'new' | 'changed' | 'cancelled';

const REPEAT_MS = 8000;
const ONE_TOUCH_MS = 1000;
const TUNES: Record<AlertKind, { wave: OscillatorType; notes: [hertz: number, atS: number, forS: number][] }> = {
  new: {
    wave: 'triangle',
    notes: [
      [784, 0, 0.16],
      [1175, 0.17, 0.3],
    ],
  },
  changed: {
    wave: 'triangle',
    notes: [
      [880, 0, 0.12],
      [880, 0.2, 0.12],
    ],
  },
  cancelled: {
    wave: 'square',
    notes: [
      [523, 0, 0.2],
      [392, 0.24, 0.2],
      [294, 0.48, 0.4],
    ],
  },
};

/** A screen's bell: repeats until someone answers, and knows when the browser doesn't let it ring. */
export class Bell {
  muted = $state(false);
  /** The browser lets it ring: from a touch or key on, until a reload or the device takes the sound away. */
  unlocked = $state(false);
  private unlockedAt = -Infinity;
  private audio: AudioContext | null = null;
  private waiting: AlertKind | null = null;
  private timer: ReturnType<typeof setInterval> | undefined;

  constructor(private readonly screen: string) {
    this.muted = deviceStorage.getItem(`rasoi.${screen}.muted`) === 'yes';
    // a page that reloads by itself may go on ringing
    if (tabStorage.getItem(`rasoi.${screen}.rang`)) this.unlock();
  }

  /** To be called on every touch and key: browsers allow sound only from one on, and take it away at times. */
  unlock(): void {
    if (this.unlocked) return;
    if (!this.audio || this.audio.state === 'closed') {
      this.audio = new AudioContext();
      this.audio.addEventListener('statechange', () => this.onState());
    }
    void this.audio.resume().catch(() => undefined);
    this.onState();
  }

  /** The touch that lets a silent bell ring again does not mute it. */
  toggle(): void {
    const justUnlocked = performance.now() - this.unlockedAt < ONE_TOUCH_MS;
    if (this.muted || (this.unlocked && !justUnlocked)) {
      this.muted = !this.muted;
      deviceStorage.setItem(`rasoi.${this.screen}.muted`, this.muted ? 'yes' : 'no');
    }
    this.unlock();
    this.play('changed');
  }

  /** Rings now, and again until `stop`. A cancellation outranks the rest. */
  ring(kind: AlertKind): void {
    if (this.waiting !== 'cancelled') this.waiting = kind;
    this.play(kind);
    clearInterval(this.timer);
    this.timer = setInterval(() => this.waiting && this.play(this.waiting), REPEAT_MS);
  }

  stop(): void {
    this.waiting = null;
    clearInterval(this.timer);
  }

  /** What could not be heard rings as soon as it can. */
  private onState(): void {
    const could = this.unlocked;
    this.unlocked = this.audio?.state === 'running';
    if (!this.unlocked || could) return;
    this.unlockedAt = performance.now();
    tabStorage.setItem(`rasoi.${this.screen}.rang`, 'yes');
    if (this.waiting) this.play(this.waiting);
  }

  private play(kind: AlertKind): void {
    const audio = this.audio;
    if (!audio || this.muted || audio.state !== 'running') return;
    const { wave, notes } = TUNES[kind];
    for (const [hertz, at, length] of notes) {
      const start = audio.currentTime + at;
      const tone = new OscillatorNode(audio, { type: wave, frequency: hertz });
      const volume = new GainNode(audio, { gain: 0 });
      volume.gain.setValueAtTime(0, start);
      volume.gain.linearRampToValueAtTime(wave === 'square' ? 0.16 : 0.4, start + 0.015);
      volume.gain.exponentialRampToValueAtTime(0.001, start + length);
      tone.connect(volume).connect(audio.destination);
      tone.start(start);
      tone.stop(start + length + 0.02);
    }
  }
}
