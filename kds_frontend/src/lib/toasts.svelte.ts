export type ToastKind = 'info' | 'good' | 'warn' | 'bad';

export interface Toast {
  id: number;
  kind: ToastKind;
  text: string;
  action?: { label: string; run: () => void };
}

class Toasts {
  items = $state<Toast[]>([]);
  private next = 1;

  /** Shows a message for some seconds; an action (as Undo) gives it a button and more time. */
  show(text: string, kind: ToastKind = 'info', action?: Toast['action']): number {
    const id = this.next++;
    this.items = [...this.items.slice(-3), { id, kind, text, ...(action ? { action } : {}) }];
    setTimeout(() => this.dismiss(id), action || kind === 'bad' ? 8000 : 4000);
    return id;
  }

  good(text: string): void {
    this.show(text, 'good');
  }

  bad(text: string): void {
    this.show(text, 'bad');
  }

  undo(text: string, run: () => void): number {
    return this.show(text, 'info', { label: 'Undo', run });
  }

  dismiss(id: number): void {
    this.items = this.items.filter((toast) => toast.id !== id);
  }
}

export const toasts = new Toasts();
