import './tokens.css';
import { mount, type Component } from 'svelte';
import { surviveTranslation } from './translation';

/** Puts a screen's App into its page. */
export function startScreen(App: Component): void {
  const target = document.getElementById('app');
  if (!target) return;
  surviveTranslation();
  mount(App, { target });
}
