import { TicketFeed, type Live, type Pass, type StaffSession, type Ticket } from '$lib';
import { compareTickets, isAtPass } from './orders';

export type PassFeed = TicketFeed<Pass>;

/** Everything that is not served yet, kept equal to the server's: a sequence for each station, and one hash over all. */
export function followPass(
  session: StaffSession,
  live: Live,
  onTicket?: (before: Ticket | undefined, after: Ticket | null) => void,
  onAnswer?: () => void,
): PassFeed {
  return new TicketFeed<Pass>(live, {
    channel: `pass:${session.outlet?.id ?? 0}`,
    load: async (hash) => {
      const { api } = session;
      const pass =
        hash === null
          ? await api.get('/api/kitchen/pass')
          : (await api.changed('/api/kitchen/pass', `"${hash}"`, {})).data;
      onAnswer?.();
      return pass;
    },
    isVisible: isAtPass,
    compare: compareTickets,
    hashed: false,
    ...(onTicket ? { onTicket } : {}),
  });
}
