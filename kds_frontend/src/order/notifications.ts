import { toasts, type Api } from '$lib';

interface Shown {
  id?: string;
  notification_id?: string;
  title: string;
  text: string;
  state: string;
}

/** Messages to the guest: shown once, and reported as delivered. */
export class GuestNotifications {
  private readonly seen = new Set<string>();

  constructor(private readonly api: Api) {}

  show(raw: unknown): void {
    const notice = raw as Shown;
    const id = notice.id ?? notice.notification_id;
    if (!id || this.seen.has(id) || notice.state === 'delivered' || notice.state === 'read') return;
    this.seen.add(id);
    toasts.show(notice.text || notice.title);
    void this.api
      .post('/api/notifications/{message_id}/delivered', { params: { path: { message_id: id } } })
      .catch(() => undefined);
  }
}
