import type { AlertKind } from './tickets';

const REPEAT_MS = 8000;
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

/** The kitchen's bell: silent until unlocked by a touch, and repeating until someone answers. */
export class Bell {
  muted = $state(localStorage.getItem('rasoi.kitchen.muted') === 'yes');
  unlocked = $state(false);
  private audio: AudioContext | null = null;
  private waiting: AlertKind | null = null;
  private timer: ReturnType<typeof setInterval> | undefined;

  /** Browsers allow sound only from a touch or key on. */
  async unlock(): Promise<void> {
    this.audio ??= new AudioContext();
    await this.audio.resume().catch(() => undefined);
    this.unlocked = this.audio.state === 'running';
  }

  toggle(): void {
    this.muted = !this.muted;
    localStorage.setItem('rasoi.kitchen.muted', this.muted ? 'yes' : 'no');
    void this.unlock().then(() => this.play('changed'));
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
