import type { Build } from '../types';
import { Api } from '../api/client';
import { steady } from '../steady';
import { tabStorage } from '../storage.svelte';

const TOUCHED_MS = 3000;
/** How often a screen of the demo asks whether it still is one. */
const DEMO_MS = 10_000;

/** Knows which build this screen is, and reloads it when the server has another. */
class Builds {
  info = $state<Build | null>(null);
  own: string | null = null;
  /** Screens with unsent work say so, and reload later. */
  busy: () => boolean = () => false;
  private asking: Promise<Build | null> | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private newer: string | null = null;
  private touchedAt = -Infinity;
  /** The fields that were typed into since the page changed. */
  private typed: Element[] = [];

  constructor() {
    if (typeof window !== 'undefined') this.watchHands();
  }

  /** Asks for the build and the outlet's name until they are known; called by each screen at its start. */
  load(): Promise<Build | null> {
    return (this.asking ??= this.ask());
  }

  private async ask(): Promise<Build | null> {
    try {
      this.info = await new Api().get('/api/build');
      this.onServerBuild(this.info.build);
      if (this.info.demo) this.askAgain(DEMO_MS);
    } catch {
      this.asking = null;
      this.askAgain(3000);
    }
    return this.info;
  }

  private askAgain(inMs: number): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void (this.asking = this.ask()), inMs);
  }

  /** The server's build, from a handshake or a snapshot. */
  onServerBuild(build: string): void {
    this.own ??= build;
    if (build === this.own || this.newer === build) return;
    this.newer = build;
    this.reloadWhenIdle();
  }

  private reloadWhenIdle(): void {
    if (tabStorage.getItem('rasoi.reloaded-for') === this.newer) return;
    if (this.busy() || this.inHand()) {
      setTimeout(() => this.reloadWhenIdle(), 2000);
      return;
    }
    tabStorage.setItem('rasoi.reloaded-for', this.newer ?? '');
    location.reload();
  }

  /** Somebody is at it: has just touched it, has something open over the page, or has typed into this page. */
  private inHand(): boolean {
    this.typed = this.typed.filter((field) => field.isConnected);
    const open = document.querySelector('dialog[open]') !== null;
    return steady() - this.touchedAt < TOUCHED_MS || this.typed.length > 0 || open;
  }

  private watchHands(): void {
    const touched = (): void => void (this.touchedAt = steady());
    window.addEventListener('pointerdown', touched);
    window.addEventListener('keydown', touched);
    window.addEventListener('input', ({ target }) => {
      if (target instanceof Element && !this.typed.includes(target)) this.typed.push(target);
    });
    window.addEventListener('hashchange', () => (this.typed = []));
  }
}

export const builds = new Builds();
