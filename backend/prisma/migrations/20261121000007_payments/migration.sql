-- What is due, each try to collect it, each refund, the provider's webhooks, and the day's totals.

CALL platform.create_room('payments');

CREATE TABLE payments.payment (
  outlet_id integer NOT NULL,
  id uuid NOT NULL,
  bill_id uuid NOT NULL,
  order_id uuid,
  amount_paise bigint NOT NULL,
  currency text NOT NULL DEFAULT 'INR',
  status text NOT NULL DEFAULT 'pending',
  method text,
  captured_paise bigint NOT NULL DEFAULT 0,
  refunded_paise bigint NOT NULL DEFAULT 0,
  provider text,
  provider_order_id text,
  business_day date NOT NULL,
  created_at timestamptz(6) NOT NULL DEFAULT now(),
  expires_at timestamptz(6),
  poll_at timestamptz(6),
  poll_count integer NOT NULL DEFAULT 0,
  version bigint NOT NULL DEFAULT 0,
  CONSTRAINT payment_pkey PRIMARY KEY (outlet_id, id),
  CONSTRAINT payment_status_check CHECK (status IN ('pending', 'processing', 'completed', 'failed', 'expired', 'cancelled')),
  CONSTRAINT payment_method_check CHECK (method IN ('cash', 'upi', 'card', 'netbanking', 'wallet')),
  CONSTRAINT payment_amount_check CHECK (amount_paise > 0),
  CONSTRAINT payment_refunded_check CHECK (refunded_paise >= 0 AND refunded_paise <= captured_paise),
  CONSTRAINT payment_completed_check CHECK (status <> 'completed' OR captured_paise >= amount_paise)
);
CREATE UNIQUE INDEX payment_open_key ON payments.payment (outlet_id, bill_id) WHERE status IN ('pending', 'processing');
CREATE UNIQUE INDEX payment_provider_provider_order_id_key ON payments.payment (provider, provider_order_id);
CREATE INDEX payment_outlet_id_bill_id_idx ON payments.payment (outlet_id, bill_id);
CREATE INDEX payment_outlet_id_business_day_id_idx ON payments.payment (outlet_id, business_day, id);
CREATE INDEX payment_poll_at_idx ON payments.payment (poll_at) WHERE poll_at IS NOT NULL;

CREATE TABLE payments.attempt (
  outlet_id integer NOT NULL,
  id uuid NOT NULL,
  payment_id uuid NOT NULL,
  provider text NOT NULL,
  provider_payment_id text,
  method text,
  status text NOT NULL,
  amount_paise bigint NOT NULL,
  refunded_paise bigint NOT NULL DEFAULT 0,
  tendered_paise bigint,
  change_paise bigint,
  waiter_id uuid,
  waiter_name text,
  on_bill boolean NOT NULL DEFAULT false,
  error text,
  business_day date,
  created_at timestamptz(6) NOT NULL DEFAULT now(),
  captured_at timestamptz(6),
  poll_at timestamptz(6),
  CONSTRAINT attempt_pkey PRIMARY KEY (outlet_id, id),
  CONSTRAINT attempt_payment_fkey FOREIGN KEY (outlet_id, payment_id) REFERENCES payments.payment (outlet_id, id) ON DELETE RESTRICT ON UPDATE RESTRICT,
  CONSTRAINT attempt_status_check CHECK (status IN ('created', 'authorized', 'captured', 'failed', 'unknown')),
  CONSTRAINT attempt_provider_check CHECK ((provider = 'cash') = (provider_payment_id IS NULL)),
  CONSTRAINT attempt_cash_check CHECK (provider <> 'cash' OR (waiter_id IS NOT NULL AND waiter_name IS NOT NULL
    AND tendered_paise >= amount_paise AND change_paise = tendered_paise - amount_paise)),
  CONSTRAINT attempt_captured_check CHECK ((status = 'captured') = (captured_at IS NOT NULL AND business_day IS NOT NULL)),
  CONSTRAINT attempt_refunded_check CHECK (refunded_paise >= 0 AND refunded_paise <= CASE status WHEN 'captured' THEN amount_paise ELSE 0 END)
);
CREATE UNIQUE INDEX attempt_provider_provider_payment_id_key ON payments.attempt (provider, provider_payment_id);
CREATE INDEX attempt_outlet_id_payment_id_idx ON payments.attempt (outlet_id, payment_id);
CREATE INDEX attempt_poll_at_idx ON payments.attempt (poll_at) WHERE poll_at IS NOT NULL;
CREATE UNIQUE INDEX attempt_on_bill_key ON payments.attempt (outlet_id, payment_id) WHERE on_bill;

CREATE TABLE payments.refund (
  outlet_id integer NOT NULL,
  id uuid NOT NULL,
  payment_id uuid NOT NULL,
  attempt_id uuid NOT NULL,
  amount_paise bigint NOT NULL,
  method text,
  status text NOT NULL DEFAULT 'requested',
  reason text NOT NULL,
  automatic boolean NOT NULL,
  on_bill boolean NOT NULL,
  requested_by uuid,
  requested_by_name text,
  provider_refund_id text,
  error text,
  tries integer NOT NULL DEFAULT 0,
  next_try_at timestamptz(6),
  business_day date,
  created_at timestamptz(6) NOT NULL DEFAULT now(),
  settled_at timestamptz(6),
  CONSTRAINT refund_pkey PRIMARY KEY (outlet_id, id),
  CONSTRAINT refund_payment_fkey FOREIGN KEY (outlet_id, payment_id) REFERENCES payments.payment (outlet_id, id) ON DELETE RESTRICT ON UPDATE RESTRICT,
  CONSTRAINT refund_attempt_fkey FOREIGN KEY (outlet_id, attempt_id) REFERENCES payments.attempt (outlet_id, id) ON DELETE RESTRICT ON UPDATE RESTRICT,
  CONSTRAINT refund_status_check CHECK (status IN ('requested', 'pending', 'processed', 'failed', 'unknown')),
  CONSTRAINT refund_amount_check CHECK (amount_paise > 0),
  CONSTRAINT refund_processed_check CHECK ((status = 'processed') = (business_day IS NOT NULL))
);
CREATE INDEX refund_outlet_id_payment_id_idx ON payments.refund (outlet_id, payment_id);
CREATE UNIQUE INDEX refund_outlet_id_attempt_id_provider_refund_id_key ON payments.refund (outlet_id, attempt_id, provider_refund_id);
CREATE INDEX refund_next_try_at_idx ON payments.refund (next_try_at) WHERE next_try_at IS NOT NULL;

CREATE TABLE payments.webhook (
  provider text NOT NULL,
  event_id text NOT NULL,
  headers jsonb NOT NULL,
  body bytea NOT NULL,
  received_at timestamptz(6) NOT NULL DEFAULT clock_timestamp(),
  outcome text,
  tries integer NOT NULL DEFAULT 0,
  next_try_at timestamptz(6) DEFAULT clock_timestamp(),
  CONSTRAINT webhook_pkey PRIMARY KEY (provider, event_id)
);
CREATE INDEX webhook_next_try_at_idx ON payments.webhook (next_try_at) WHERE next_try_at IS NOT NULL;
CREATE INDEX webhook_received_at_idx ON payments.webhook (received_at);

CREATE TABLE payments.daily (
  outlet_id integer NOT NULL,
  business_day date NOT NULL,
  method text NOT NULL,
  captured_count bigint NOT NULL DEFAULT 0,
  captured_paise bigint NOT NULL DEFAULT 0,
  refunded_count bigint NOT NULL DEFAULT 0,
  refunded_paise bigint NOT NULL DEFAULT 0,
  CONSTRAINT daily_pkey PRIMARY KEY (outlet_id, business_day, method)
);
