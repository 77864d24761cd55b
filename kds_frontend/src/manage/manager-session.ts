import { Api, StaffSession } from '$lib';
import { usePasskey } from './passkeys';

/** Of somebody who may work at several outlets: signed in at one of them at a time. */
export class ManagerSession extends StaffSession {
  /** Goes on at another outlet; throws where that is refused. */
  async goTo(outletId: number): Promise<void> {
    this.save(await this.api.post('/api/staff/switch', { body: { outlet_id: outletId } }));
  }

  /** Throws where no passkey of this device signs anybody in here. */
  async loginByPasskey(): Promise<void> {
    const anonymous = new Api();
    const body = await usePasskey(await anonymous.post('/api/staff/login/passkey/challenge'));
    this.save(await anonymous.post('/api/staff/login/passkey', { body }));
  }
}
