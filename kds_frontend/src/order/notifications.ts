import { toasts, type Api } from '$lib';

interface Shown {
  id?: string;
  notification_id?: string;
  /** Whose it is; none: everybody's on the bill. */
  session_id?: string | null;
  title: string;
  text: string;
  state: string;
}

/** Messages to the guest: shown once, where the page doesn't say the same already, and reported as delivered. */
export class GuestNotifications {
  private readonly seen = new Set<string>();

  /** `told`: the order and its bill are on the screen. What is another phone's of the table is left to it. */
  constructor(
    private readonly api: Pick<Api, 'post'>,
    private readonly told: () => boolean,
    private readonly me: () => string | null,
  ) {}

  show(raw: unknown): void {
    const notice = raw as Shown;
    const id = notice.id ?? notice.notification_id;
    if (notice.session_id && notice.session_id !== this.me()) return;
    if (!id || this.seen.has(id) || notice.state === 'delivered' || notice.state === 'read') return;
    this.seen.add(id);
    if (!this.told()) toasts.show(notice.text || notice.title);
    void this.api
      .post('/api/notifications/{message_id}/delivered', { params: { path: { message_id: id } } })
      .catch(() => undefined);
  }
}
