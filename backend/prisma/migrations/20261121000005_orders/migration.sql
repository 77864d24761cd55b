-- Tables, guest sessions, bills, orders and lines; placing is one call.

CALL platform.create_room('orders');

CREATE TABLE orders.dining_table (
  outlet_id integer NOT NULL,
  id uuid NOT NULL DEFAULT uuidv7(),
  code text NOT NULL,
  name text NOT NULL,
  area text NOT NULL DEFAULT '',
  seats integer NOT NULL DEFAULT 4,
  sort integer NOT NULL DEFAULT 0,
  active boolean NOT NULL DEFAULT true,
  qr_generation integer NOT NULL DEFAULT 1,
  qr_hash bytea NOT NULL,
  CONSTRAINT dining_table_pkey PRIMARY KEY (outlet_id, id),
  CONSTRAINT dining_table_seats_check CHECK (seats BETWEEN 1 AND 200)
);
CREATE UNIQUE INDEX dining_table_outlet_id_code_key ON orders.dining_table (outlet_id, code);
CREATE UNIQUE INDEX dining_table_qr_hash_key ON orders.dining_table (qr_hash);

CREATE TABLE orders.guest_session (
  outlet_id integer NOT NULL,
  id uuid NOT NULL,
  table_id uuid,
  created_at timestamptz(6) NOT NULL DEFAULT now(),
  CONSTRAINT guest_session_pkey PRIMARY KEY (outlet_id, id)
);

CREATE TABLE orders.bill (
  outlet_id integer NOT NULL,
  id uuid NOT NULL DEFAULT uuidv7(),
  type text NOT NULL,
  table_id uuid,
  table_name text,
  status text NOT NULL DEFAULT 'open',
  business_day date NOT NULL,
  customer_name text,
  session_ids uuid[] NOT NULL DEFAULT '{}',
  net_paise bigint NOT NULL DEFAULT 0,
  total_paise bigint NOT NULL DEFAULT 0,
  paid_paise bigint NOT NULL DEFAULT 0,
  refunded_paise bigint NOT NULL DEFAULT 0,
  invoice_number text,
  attention text,
  attention_since timestamptz(6),
  opened_at timestamptz(6) NOT NULL DEFAULT now(),
  closed_at timestamptz(6),
  version bigint NOT NULL DEFAULT 0,
  CONSTRAINT bill_pkey PRIMARY KEY (outlet_id, id),
  CONSTRAINT bill_type_check CHECK (type IN ('dine_in', 'takeaway')),
  CONSTRAINT bill_status_check CHECK (status IN ('open', 'closed', 'voided')),
  CONSTRAINT bill_attention_check CHECK (attention IN ('cash', 'help')),
  CONSTRAINT bill_money_check CHECK (net_paise >= 0 AND total_paise >= 0 AND paid_paise >= 0 AND refunded_paise BETWEEN 0 AND paid_paise)
);
CREATE UNIQUE INDEX bill_open_table_key ON orders.bill (outlet_id, table_id) WHERE status = 'open' AND table_id IS NOT NULL;
CREATE INDEX bill_open_idx ON orders.bill (outlet_id, opened_at) WHERE status = 'open';
CREATE UNIQUE INDEX bill_invoice_number_key ON orders.bill (outlet_id, invoice_number) WHERE invoice_number IS NOT NULL;

CREATE TABLE orders.orders (
  outlet_id integer NOT NULL,
  id uuid NOT NULL,
  bill_id uuid NOT NULL,
  session_id uuid,
  number integer NOT NULL,
  token text,
  type text NOT NULL,
  status text NOT NULL,
  table_id uuid,
  table_name text,
  customer_name text,
  note text,
  business_day date NOT NULL,
  payment text NOT NULL,
  placed_by text NOT NULL,
  subtotal_paise bigint NOT NULL,
  discount_paise bigint NOT NULL DEFAULT 0,
  taxable_paise bigint NOT NULL,
  taxes jsonb NOT NULL,
  total_paise bigint NOT NULL,
  menu_version bigint NOT NULL,
  held_courses integer[] NOT NULL DEFAULT '{}',
  cancel_requested boolean NOT NULL DEFAULT false,
  reason text,
  placed_at timestamptz(6) NOT NULL,
  expires_at timestamptz(6),
  confirmed_at timestamptz(6),
  ready_at timestamptz(6),
  served_at timestamptz(6),
  completed_at timestamptz(6),
  version bigint NOT NULL DEFAULT 1,
  CONSTRAINT orders_pkey PRIMARY KEY (outlet_id, id),
  CONSTRAINT orders_type_check CHECK (type IN ('dine_in', 'takeaway')),
  CONSTRAINT orders_payment_check CHECK (payment IN ('pay_later', 'prepaid')),
  CONSTRAINT orders_status_check CHECK (status IN ('placed', 'awaiting_payment', 'confirmed', 'preparing', 'ready', 'served', 'completed', 'rejected', 'expired', 'cancelled')),
  CONSTRAINT orders_money_check CHECK (subtotal_paise >= 0 AND discount_paise >= 0 AND taxable_paise >= 0 AND total_paise >= 0)
);
CREATE UNIQUE INDEX orders_outlet_id_business_day_number_key ON orders.orders (outlet_id, business_day, number);
CREATE INDEX orders_outlet_id_bill_id_idx ON orders.orders (outlet_id, bill_id);
CREATE INDEX orders_outlet_id_session_id_idx ON orders.orders (outlet_id, session_id);
CREATE INDEX orders_live_idx ON orders.orders (outlet_id, placed_at) WHERE status IN ('placed', 'awaiting_payment', 'confirmed', 'preparing', 'ready', 'served');

-- the columns in the order of the struct that placing passes: outlet, order, then orders.rows.LineRow
CREATE TABLE orders.line (
  outlet_id integer NOT NULL,
  order_id uuid NOT NULL,
  id uuid NOT NULL,
  item_id uuid NOT NULL,
  variant_id uuid NOT NULL,
  name text NOT NULL,
  variant text,
  quantity integer NOT NULL,
  modifiers jsonb NOT NULL DEFAULT '[]',
  note text,
  course integer NOT NULL DEFAULT 1,
  station text NOT NULL,
  unit_price_paise bigint NOT NULL,
  total_paise bigint NOT NULL,
  status text NOT NULL DEFAULT 'active',
  allergens text[] NOT NULL DEFAULT '{}',
  taxable_paise bigint NOT NULL,
  position integer NOT NULL,
  discount_paise bigint NOT NULL DEFAULT 0,
  taxes jsonb NOT NULL,
  tax_class text NOT NULL,
  tax_version integer NOT NULL,
  CONSTRAINT line_pkey PRIMARY KEY (outlet_id, order_id, id),
  CONSTRAINT line_quantity_check CHECK (quantity BETWEEN 1 AND 99),
  CONSTRAINT line_course_check CHECK (course BETWEEN 1 AND 9),
  CONSTRAINT line_status_check CHECK (status IN ('active', 'voided'))
);

CREATE TABLE orders.ticket_progress (
  outlet_id integer NOT NULL,
  order_id uuid NOT NULL,
  ticket_id uuid NOT NULL,
  station text NOT NULL,
  state text NOT NULL,
  version bigint NOT NULL,
  CONSTRAINT ticket_progress_pkey PRIMARY KEY (outlet_id, order_id, ticket_id)
);

CREATE TABLE orders.day_counter (
  outlet_id integer NOT NULL,
  business_day date NOT NULL,
  last_number integer NOT NULL,
  CONSTRAINT day_counter_pkey PRIMARY KEY (outlet_id, business_day)
);

CREATE TABLE orders.invoice_counter (
  outlet_id integer NOT NULL,
  series text NOT NULL,
  last_number integer NOT NULL,
  CONSTRAINT invoice_counter_pkey PRIMARY KEY (outlet_id, series)
);
