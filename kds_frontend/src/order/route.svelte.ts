export type View = 'menu' | 'cart' | 'order';

/** The view stands in the address's hash, so that the phone's back key works. */
class Route {
  view = $state<View>(here());

  constructor() {
    window.addEventListener('hashchange', () => {
      this.view = here();
      window.scrollTo(0, 0);
    });
  }

  go(view: View): void {
    if (view !== this.view) location.hash = view === 'menu' ? '' : view;
  }

  /** A sent cart isn't a place to go back to: its order takes its place, unless the guest has left it meanwhile. */
  ordered(): void {
    if (this.view !== 'cart') return;
    history.replaceState(null, '', '#order');
    this.view = 'order';
    window.scrollTo(0, 0);
  }
}

function here(): View {
  const name = location.hash.slice(1);
  return name === 'cart' || name === 'order' ? name : 'menu';
}

export const route = new Route();
