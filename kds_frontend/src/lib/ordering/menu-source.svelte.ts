import type { Api } from '$lib/api/client';
import type { Source } from '$lib/live/channel';
import type { Change, Standing } from '$lib/live/follower';
import type { AvailabilityChange, Menu } from '$lib/types';
import { withAvailability } from './menu';

/** The menu, held equal to the server's: by its ETag, and by what the socket says of single dishes. */
export class MenuSource implements Source {
  menu = $state.raw<Menu | null>(null);
  fault = $state.raw<unknown>(null);
  /** The ETag of `menu`, as long as nothing was changed in it. */
  private etag = '';

  constructor(private readonly api: Pick<Api, 'changed'>) {}

  async prove(): Promise<void> {
    try {
      const { data, headers } = await this.api.changed('/api/menu', this.etag);
      if (data) this.menu = data;
      this.etag = headers.get('ETag') ?? '';
      this.fault = null;
    } catch (error) {
      this.fault = error;
      throw error;
    }
  }

  onChange(change: Change): Standing {
    const { item_id, available, remaining, choices_changed } = change.data as Partial<AvailabilityChange>;
    if (!item_id || available === undefined || choices_changed) return 'lost';
    this.setAvailable(item_id, available, remaining);
    return 'unknown';
  }

  setAvailable(item_id: string, available: boolean, remaining?: number | null): void {
    if (!this.menu) return;
    this.menu = withAvailability(this.menu, { item_id, available, remaining });
    this.etag = '';
  }
}
