/** The wire shapes of the HTTP interface, as the screens read them. */

export type Uuid = string;
export type Timestamp = string;

export interface Page<T> {
  items: T[];
  next: string | null;
}

export interface Build {
  build: string;
  razorpay_simulated: boolean;
  outlet_name: string;
}

/* staff */
export type Role = 'owner' | 'manager' | 'waiter' | 'kitchen';

export interface Person {
  id: Uuid;
  name: string;
  role: Role;
}

export interface StaffPerson extends Person {
  username: string | null;
  active: boolean;
  has_password: boolean;
  has_pin: boolean;
  version: number;
  created_at: Timestamp;
}

export interface OutletBrief {
  id: number;
  name: string;
  timezone: string;
  currency: string;
}

export interface SessionReply {
  access_token: string;
  expires_in: number;
  refresh_token: string;
  person: Person;
  outlet: OutletBrief;
}

export type PaymentTiming = 'pay_later' | 'prepaid';

export interface Outlet extends OutletBrief {
  legal_name: string | null;
  gstin: string | null;
  gst_regime: 'regular' | 'composition' | 'none';
  fssai: string | null;
  state_code: string | null;
  address: string | null;
  phone: string | null;
  day_cutoff_minutes: number;
  dine_in_payment: PaymentTiming;
  takeaway_payment: PaymentTiming;
  approve_first_order: boolean;
  payment_timeout_s: number;
  late_grace_s: number;
  amber_s: number;
  red_s: number;
  version: number;
}

export interface AuditEntry {
  id: Uuid;
  at: Timestamp;
  actor_id: Uuid | null;
  actor_name: string | null;
  action: string;
  subject: string;
  detail: Record<string, unknown>;
}

/* menu */
export type Diet = 'veg' | 'non_veg' | 'egg';

export interface Modifier {
  id: Uuid;
  name: string;
  price_paise: number;
  available: boolean;
}

export interface ModifierGroup {
  id: Uuid;
  name: string;
  min: number;
  max: number;
  modifiers: Modifier[];
}

export interface Variant {
  id: Uuid;
  name: string;
  price_paise: number;
}

export interface MenuItem {
  id: Uuid;
  code: string;
  name: string;
  name_hi?: string | null;
  description: string | null;
  diet: Diet;
  allergens: string[];
  station: string;
  available: boolean;
  remaining: number | null;
  photo_url: string | null;
  prices_include_tax: boolean;
  tax_code?: string;
  tax_rate_bp: number;
  variants: Variant[];
  modifier_groups: ModifierGroup[];
}

export interface MenuCategory {
  id: Uuid;
  code: string;
  name: string;
  name_hi?: string | null;
  items: MenuItem[];
}

export interface Menu {
  outlet: { id: number; name: string };
  version: number;
  stations: { code: string; name: string }[];
  tax_note: string | null;
  categories: MenuCategory[];
}

export interface AvailabilityChange {
  item_id: Uuid;
  available: boolean;
  remaining: number | null;
}

/* inventory */
export interface StockItem {
  id: Uuid;
  code: string;
  name: string;
  kind: 'counted' | 'estimated';
  unit: string;
  on_hand_milli: number;
  reserved_milli: number;
  available_milli: number;
  reorder_level_milli: number;
  low: boolean;
  version: number;
}

export interface StockMovement {
  id: Uuid;
  kind: string;
  quantity_milli: number;
  portions: number | null;
  order_id: Uuid | null;
  reason: string | null;
  actor_name: string | null;
  created_at: Timestamp;
}

/* orders */
export type OrderType = 'dine_in' | 'takeaway';
export type OrderStatus =
  | 'placed'
  | 'awaiting_payment'
  | 'confirmed'
  | 'preparing'
  | 'ready'
  | 'served'
  | 'completed'
  | 'rejected'
  | 'expired'
  | 'cancelled';
export type BillPaymentStatus = 'unpaid' | 'partly_paid' | 'paid' | 'overpaid';

export interface Tax {
  name: string;
  rate_bp: number;
  paise: number;
}

export interface OrderTotals {
  subtotal_paise: number;
  discount_paise: number;
  taxable_paise: number;
  taxes: Tax[];
  total_paise: number;
}

export interface OrderLine {
  id: Uuid;
  item_id: Uuid;
  variant_id: Uuid;
  name: string;
  variant: string | null;
  quantity: number;
  modifiers: { id: Uuid; name: string; price_paise: number }[];
  note: string | null;
  course: number;
  station: string;
  unit_price_paise: number;
  taxable_paise: number;
  taxes: Tax[];
  total_paise: number;
  status: 'active' | 'voided';
}

export interface Order {
  id: Uuid;
  number: number;
  /** What a takeaway guest is called by: `T12`. */
  token: string | null;
  bill_id: Uuid;
  outlet_id: number;
  type: OrderType;
  status: OrderStatus;
  table: { id: Uuid; name: string } | null;
  customer_name: string | null;
  note: string | null;
  business_day: string;
  placed_at: Timestamp;
  confirmed_at: Timestamp | null;
  ready_at: Timestamp | null;
  served_at: Timestamp | null;
  completed_at: Timestamp | null;
  payment: PaymentTiming;
  payment_status: BillPaymentStatus;
  expires_at: Timestamp | null;
  cancel_requested: boolean;
  lines: OrderLine[];
  totals: OrderTotals;
  progress: { station: string; ticket_id: Uuid; state: TicketState }[];
  version: number;
}

export interface NewLine {
  variant_id: Uuid;
  quantity: number;
  modifiers: Uuid[];
  note?: string;
  course?: number;
}

export interface QuoteRequest {
  type: OrderType;
  bill_id?: Uuid;
  lines: NewLine[];
}

export interface Quote {
  lines: OrderLine[];
  totals: OrderTotals;
  bill: { previous_paise: number; round_off_paise: number; payable_paise: number };
}

export interface NewOrder extends QuoteRequest {
  table_id?: Uuid;
  held_courses?: number[];
  expected_total_paise: number;
  note?: string;
  customer_name?: string;
}

export interface Attention {
  reason: 'cash' | 'help';
  since: Timestamp;
}

export interface Bill {
  id: Uuid;
  type: OrderType;
  status: 'open' | 'closed' | 'voided';
  table: { id: Uuid; name: string } | null;
  business_day: string;
  orders: Order[];
  totals: { taxable_paise: number; taxes: Tax[]; round_off_paise: number; total_paise: number };
  paid_paise: number;
  refunded_paise: number;
  due_paise: number;
  payment_status: BillPaymentStatus;
  invoice_number: string | null;
  seller: { name: string; gstin: string | null; fssai: string | null; address: string };
  opened_at: Timestamp;
  closed_at: Timestamp | null;
  attention: Attention | null;
  version: number;
}

export interface Table {
  id: Uuid;
  name: string;
  area: string;
  seats: number;
  state: 'free' | 'occupied' | 'attention';
  bill: {
    id: Uuid;
    total_paise: number;
    due_paise: number;
    payment_status: BillPaymentStatus;
    opened_at: Timestamp;
  } | null;
  attention: Attention | null;
  to_approve: number;
  ready: number;
}

export interface GuestSessionReply {
  token: string;
  expires_in: number;
  session_id: Uuid;
  outlet: { id: number; name: string };
  table: { id: Uuid; name: string } | null;
  type: OrderType;
  payment: PaymentTiming;
}

/* payments */
export type PaymentMethod = 'cash' | 'upi' | 'card' | 'netbanking' | 'wallet';
export type PaymentStatus = 'pending' | 'processing' | 'completed' | 'failed' | 'expired' | 'cancelled';

export interface PaymentAttempt {
  id: Uuid;
  provider: string;
  method: PaymentMethod | null;
  status: string;
  amount_paise: number;
  provider_payment_id: string | null;
  tendered_paise: number | null;
  change_paise: number | null;
  waiter: string | { id: Uuid; name: string } | null;
  created_at: Timestamp;
}

export interface Refund {
  id: Uuid;
  amount_paise: number;
  status: string;
  reason: string;
  created_at: Timestamp;
}

export interface Payment {
  id: Uuid;
  bill_id: Uuid;
  order_id: Uuid | null;
  amount_paise: number;
  currency: string;
  status: PaymentStatus;
  method: PaymentMethod | null;
  captured_paise: number;
  refunded_paise: number;
  attempts: PaymentAttempt[];
  refunds: Refund[];
  business_day: string;
  created_at: Timestamp;
  expires_at: Timestamp | null;
  version: number;
}

/** What the screen does to let the guest pay: `kind` names the way, `url` what to load for it. */
export interface CheckoutAction {
  kind: string;
  url: string;
  options: Record<string, string>;
}

export interface Checkout {
  payment_id: Uuid;
  provider: string;
  amount_paise: number;
  currency: string;
  name: string;
  simulated: boolean;
  expires_at: Timestamp;
  action: CheckoutAction;
}

export interface MethodTotals {
  captured_count: number;
  captured_paise: number;
  refunded_count: number;
  refunded_paise: number;
  net_paise: number;
}

export interface DailyStats {
  timezone: string;
  days: {
    business_day: string;
    methods: (MethodTotals & { method: PaymentMethod })[];
    total: MethodTotals;
  }[];
}

/* reports */
export interface SalesSums {
  orders: number;
  quantity: number;
  taxable_paise: number | null;
  total_paise: number;
  average_paise: number;
}

export interface ItemSales {
  item_id: Uuid;
  name: string;
  quantity: number;
  taxable_paise: number | null;
  total_paise: number;
}

export interface SalesReport {
  timezone: string;
  from: string;
  to: string;
  total: SalesSums;
  days: (SalesSums & { business_day: string })[];
  hours: (SalesSums & { hour: number })[];
  types: (SalesSums & { type: string })[];
  items: ItemSales[];
}

export interface PreparationTimes {
  tickets: number;
  p50_s: number;
  p90_s: number;
  longest_s: number;
}

export interface StationTimes extends PreparationTimes {
  station: string;
  hours: (PreparationTimes & { hour: number })[];
}

export interface TimesReport {
  timezone: string;
  from: string;
  to: string;
  stations: StationTimes[];
}

/* kitchen */
export type TicketState = 'held' | 'queued' | 'cooking' | 'ready' | 'served' | 'voided';

export interface TicketItem {
  id: Uuid;
  line_id: Uuid;
  name: string;
  variant: string | null;
  quantity: number;
  modifiers: string[];
  note: string | null;
  allergens: string[];
  state: TicketState;
  acknowledged: boolean;
}

export interface Ticket {
  id: Uuid;
  number: number;
  station: string;
  order_id: Uuid;
  order_number: number;
  token: string | null;
  type: OrderType;
  table: string | null;
  course: number;
  state: TicketState;
  rush: boolean;
  paid: boolean;
  note: string | null;
  placed_at: Timestamp;
  fired_at: Timestamp | null;
  ready_at: Timestamp | null;
  cancel_requested: boolean;
  version: number;
  items: TicketItem[];
  other_stations: { station: string; state: TicketState }[];
}

export interface Station {
  code: string;
  name: string;
  open_tickets: number;
  oldest_at: Timestamp | null;
}

export interface Board {
  outlet_id: number;
  station: { code: string; name: string };
  sequence: number;
  hash: number;
  build: string;
  amber_s: number;
  red_s: number;
  tickets: Ticket[];
  subjects: Record<string, number>;
}

export type KitchenActionName =
  | 'start'
  | 'bump'
  | 'recall'
  | 'serve'
  | 'acknowledge'
  | 'fire'
  | 'rush'
  | 'unrush'
  | 'accept_cancel'
  | 'refuse_cancel';

export interface KitchenAction {
  action_id: Uuid;
  action: KitchenActionName;
  ticket_id?: Uuid;
  item_id?: Uuid;
  order_id?: Uuid;
  station?: string;
}

export interface KitchenActionResult {
  action_id: Uuid;
  applied: boolean;
  reason: string | null;
  ticket: Ticket | null;
}

/** The data of a change on `kitchen:{outlet}:{station}`. */
export interface BoardChange {
  sequence: number;
  hash: number;
  ticket: Ticket;
  action_id: Uuid | null;
}

/** The data of a change on `floor`, `manage`, `bill` and `order` channels: one of these is set. */
export interface FloorChange {
  order?: Order;
  bill?: Bill;
  payment?: Payment;
  ticket?: Ticket;
  notification?: Notification;
}

/* notifications */
export interface Notification {
  id: Uuid;
  audience: 'guest' | 'staff';
  kind: string;
  title: string;
  text: string;
  order_id: Uuid | null;
  bill_id: Uuid | null;
  state: 'queued' | 'sent' | 'delivered' | 'read';
  created_at: Timestamp;
}
