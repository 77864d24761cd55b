import { describe, expect, it, vi } from 'vitest';
import { toasts } from '$lib';
import { GuestNotifications } from './notifications';

const MINE = 'my-session';

function phone() {
  const post = vi.fn(() => Promise.resolve({}));
  const show = vi.spyOn(toasts, 'show').mockImplementation(() => undefined as never);
  show.mockClear();
  const api = { post } as unknown as ConstructorParameters<typeof GuestNotifications>[0];
  const notifications = new GuestNotifications(
    api,
    () => false,
    () => MINE,
  );
  const told = (session_id: string | null, id = 'n1') =>
    notifications.show({ notification_id: id, title: 'Ready', text: 'Order 7 is ready.', state: 'sent', session_id });
  return { post, show, told };
}

describe('a message on the channel of a shared bill', () => {
  it('is shown and reported by the phone that it is for, once', () => {
    const { post, show, told } = phone();
    told(MINE);
    told(MINE);
    expect(show).toHaveBeenCalledTimes(1);
    expect(post).toHaveBeenCalledTimes(1);
  });

  it('is left to the other phone of the table that it is for', () => {
    const { post, show, told } = phone();
    told('another-session');
    expect(show).not.toHaveBeenCalled();
    expect(post).not.toHaveBeenCalled();
  });

  it('is for every phone where it names none', () => {
    const { post, told } = phone();
    told(null);
    expect(post).toHaveBeenCalledTimes(1);
  });
});
