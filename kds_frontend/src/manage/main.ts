import { startScreen } from '$lib/screen';
import './page.css';
import App from './App.svelte';

startScreen(App);
