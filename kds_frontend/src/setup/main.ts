import { startScreen } from '$lib/screen';
import App from './App.svelte';

startScreen(App);
