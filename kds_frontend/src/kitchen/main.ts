import { startScreen } from '$lib/screen';
import './kitchen.css';
import App from './App.svelte';

startScreen(App);
