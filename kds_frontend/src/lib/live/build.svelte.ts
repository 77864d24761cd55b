import type { Build } from '../types';
import { Api } from '../api/client';

/** Knows which build this screen is, and reloads it when the server has another. */
class Builds {
  info = $state<Build | null>(null);
  own: string | null = null;
  /** Screens with unsent work say so, and reload later. */
  busy: () => boolean = () => false;
  private newer: string | null = null;

  /** Asks once for the build and the outlet's name; called by each screen at its start. */
  async load(): Promise<Build | null> {
    try {
      this.info = await new Api().get('/api/build');
      this.onServerBuild(this.info.build);
    } catch {
      setTimeout(() => void this.load(), 3000);
    }
    return this.info;
  }

  /** The server's build, from a handshake or a snapshot. */
  onServerBuild(build: string): void {
    this.own ??= build;
    if (build === this.own || this.newer === build) return;
    this.newer = build;
    this.reloadWhenIdle();
  }

  private reloadWhenIdle(): void {
    if (sessionStorage.getItem('rasoi.reloaded-for') === this.newer) return;
    if (this.busy()) {
      setTimeout(() => this.reloadWhenIdle(), 2000);
      return;
    }
    sessionStorage.setItem('rasoi.reloaded-for', this.newer ?? '');
    location.reload();
  }
}

export const builds = new Builds();
