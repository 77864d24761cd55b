import { StaffSession } from '$lib';

/** Of somebody who may work at several outlets: signed in at one of them at a time. */
export class ManagerSession extends StaffSession {
  /** Goes on at another outlet; throws where that is refused. */
  async goTo(outletId: number): Promise<void> {
    this.save(await this.api.post('/api/staff/switch', { body: { outlet_id: outletId } }));
  }
}
