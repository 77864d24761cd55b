/** The wire shapes of the HTTP interface under the names that the screens use; all are generated from OpenAPI. */
import type { components } from './api/schema';

type Schemas = components['schemas'];

/* staff */
export type Build = Schemas['BuildView'];
export type Person = Schemas['NamedPerson'];
export type Role = Person['role'];
export type StaffPerson = Schemas['Person'];
export type OutletBrief = Schemas['staff_schemas_NamedOutlet'];
export type AtDevice = Schemas['AtDevice'];
export type HouseDevice = Schemas['Device'];
export type SignInEntry = Schemas['SignIn'];
export type AuthenticatorState = Schemas['AuthenticatorState'];
export type NewAuthenticator = Schemas['NewAuthenticator'];
export type Passkey = Schemas['Passkey'];
export type NewPasskeyChallenge = Schemas['NewPasskeyChallenge'];
export type PasskeyChallenge = Schemas['PasskeyChallenge'];
export type PasskeyLogin = Schemas['PasskeyLogin'];
export type ServiceToken = Schemas['ServiceToken'];
export type NewServiceToken = Schemas['NewServiceToken'];
export type SessionReply = Schemas['Session'];
export type Outlet = Schemas['Outlet'];
export type Workplace = Schemas['Workplace'];
export type AuditEntry = Schemas['AuditEntry'];
export type AuditLog = Schemas['AuditLog'];

/* menu */
export type Menu = Schemas['MenuView'];
export type MenuCategory = Schemas['CategoryView'];
export type MenuItem = Schemas['ItemView'];
export type Diet = MenuItem['diet'];
export type Variant = Schemas['VariantView'];
export type ModifierGroup = Schemas['GroupView'];

/* offers */
export type Offer = Schemas['OfferView'];
export type OfferTerms = Schemas['Terms'];

/* inventory */
export type StockItem = Schemas['StockView'];
export type StockMovement = Schemas['MovementView'];

/* orders */
export type Order = Schemas['Order'];
/** With what stands against bringing it back, in the counter's list. */
export type ListedOrder = Schemas['ListedOrder'];
export type OrderType = Order['type'];
export type OrderStatus = Order['status'];
export type Tax = Schemas['TaxState'];
export type NewLine = Schemas['LineRequest'];
export type NewOrder = Schemas['PlaceRequest'];
export type QuoteRequest = Schemas['QuoteRequest'];
export type Quote = Schemas['Quote'];
export type Bill = Schemas['BillView'];
export type BillPaymentStatus = Bill['payment_status'];
export type BillDocument = Schemas['BillDocument'];
export type DocumentKind = BillDocument['kind'];
export type ListedDocument = Schemas['ListedDocument'];
export type Table = Schemas['Table'];
export type GuestSessionReply = Schemas['GuestSession'];
export type Visit = Schemas['SessionView'];

/* payments */
export type Payment = Schemas['Payment'];
export type PaymentStatus = Payment['status'];
export type PaymentMethod = NonNullable<Payment['method']>;
export type PaymentAttempt = Schemas['Attempt'];
export type Refund = Schemas['Refund'];
export type RefundTask = Schemas['RefundTask'];
export type OpenWebhook = Schemas['OpenWebhook'];
export type UnmatchedMoney = Schemas['Unmatched'];
export type Checkout = Schemas['Checkout'];
export type MethodTotals = Schemas['payments_schemas_Totals'];
export type DailyStats = Schemas['DailyStats'];
export type ListedRefund = Schemas['ListedRefund'];

/* reports */
export type SalesReport = Schemas['SalesReport'];
export type TimesReport = Schemas['TimesReport'];
export type StationTimes = Schemas['StationTimes'];

/* kitchen */
export type Board = Schemas['BoardView'];
export type Pass = Schemas['PassView'];
export type Station = Schemas['Station'];
export type Ticket = Schemas['TicketState'];
export type TicketState = Ticket['state'];
export type TicketItem = Schemas['TicketItemState'];
export type KitchenAction = Schemas['Action'];
export type KitchenActionName = KitchenAction['action'];
export type KitchenActionResult = Schemas['ActionResult'];

/* notifications */

/* what sockets carry and a screen applies as it comes */
export type BoardStep = Schemas['BoardStep'];
export type FloorTicket = Schemas['FloorTicket'];
export type AvailabilityChange = Schemas['ItemAvailability'];
