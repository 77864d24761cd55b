import type * as ours from '../types';
import type { components } from './schema';

type Wire = components['schemas'];

/** The fields that the screens read and the server doesn't send. */
type Missing<Ours, Theirs> = Exclude<keyof Ours, keyof Theirs>;
type None<T extends never> = T;

/** Doesn't compile when `types.ts` reads a field that the server's description (`npm run api`) lacks. */
export type NoDrift = [
  None<Missing<ours.SessionReply, Wire['Session']>>,
  None<Missing<ours.StaffPerson, Wire['Person']>>,
  None<Missing<ours.Outlet, Wire['Outlet']>>,
  None<Missing<ours.AuditEntry, Wire['AuditEntry']>>,
  None<Missing<ours.Menu, Wire['MenuView']>>,
  None<Missing<ours.MenuCategory, Wire['CategoryView']>>,
  None<Missing<ours.MenuItem, Wire['ItemView']>>,
  None<Missing<ours.ModifierGroup, Wire['GroupView']>>,
  None<Missing<ours.Modifier, Wire['ModifierView']>>,
  None<Missing<ours.StockItem, Wire['StockView']>>,
  None<Missing<ours.StockMovement, Wire['MovementView']>>,
  None<Missing<ours.Order, Wire['Order']>>,
  None<Missing<ours.OrderLine, Wire['Line']>>,
  None<Missing<ours.OrderTotals, Wire['orders_schemas_Totals']>>,
  None<Missing<ours.NewOrder, Wire['PlaceRequest']>>,
  None<Missing<ours.NewLine, Wire['LineRequest']>>,
  None<Missing<ours.Quote, Wire['Quote']>>,
  None<Missing<ours.Bill, Wire['BillView']>>,
  None<Missing<ours.Table, Wire['Table']>>,
  None<Missing<ours.GuestSessionReply, Wire['GuestSession']>>,
  None<Missing<ours.Payment, Wire['Payment']>>,
  None<Missing<ours.PaymentAttempt, Wire['Attempt']>>,
  None<Missing<ours.Refund, Wire['Refund']>>,
  None<Missing<ours.Checkout, Wire['Checkout']>>,
  None<Missing<ours.DailyStats, Wire['DailyStats']>>,
  None<Missing<ours.SalesReport, Wire['SalesReport']>>,
  None<Missing<ours.SalesSums, Wire['SalesSums']>>,
  None<Missing<ours.ItemSales, Wire['ItemSales']>>,
  None<Missing<ours.TimesReport, Wire['TimesReport']>>,
  None<Missing<ours.StationTimes, Wire['StationTimes']>>,
  None<Missing<ours.Board, Wire['BoardView']>>,
  None<Missing<ours.Ticket, Wire['TicketState']>>,
  None<Missing<ours.TicketItem, Wire['TicketItemState']>>,
  None<Missing<ours.Station, Wire['Station']>>,
  None<Missing<ours.KitchenAction, Wire['Action']>>,
  None<Missing<ours.KitchenActionResult, Wire['ActionResult']>>,
  None<Missing<ours.Notification, Wire['Notification']>>,
];
