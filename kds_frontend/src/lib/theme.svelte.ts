import { deviceStorage } from './storage.svelte';

export type ThemeName = 'light' | 'dark';

/** The screen's theme, kept per screen on this device. */
export class Theme {
  name = $state<ThemeName>('light');

  constructor(
    private readonly screen: string,
    preferred: ThemeName,
  ) {
    const kept = deviceStorage.getItem(`rasoi.${screen}.theme`);
    this.set(kept === 'light' || kept === 'dark' ? kept : preferred);
  }

  toggle(): void {
    this.set(this.name === 'dark' ? 'light' : 'dark');
    deviceStorage.setItem(`rasoi.${this.screen}.theme`, this.name);
  }

  private set(name: ThemeName): void {
    this.name = name;
    document.documentElement.dataset['theme'] = name;
  }
}

export function systemTheme(): ThemeName {
  return matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
}
