import './tokens.css';
import { mount, type Component } from 'svelte';
import DemoNote from './components/DemoNote.svelte';
import { surviveTranslation } from './translation';

/** Puts a screen's App into its page, and over it the word that it is the demo's while it is. */
export function startScreen(App: Component): void {
  const target = document.getElementById('app');
  if (!target) return;
  surviveTranslation();
  mount(App, { target });
  mount(DemoNote, { target });
}
