-- What managers read: sales by order and line, and how long each ticket took; folded from events, the newest wins.

CREATE SCHEMA reports;

-- the tables that every room has (see 20261121000001_logs)
CREATE TABLE reports.outbox (
  xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
  id bigint GENERATED ALWAYS AS IDENTITY,
  created_at timestamptz(6) NOT NULL DEFAULT clock_timestamp(),
  event_id uuid NOT NULL,
  type text NOT NULL,
  subject text NOT NULL,
  outlet_id integer NOT NULL,
  aggregate_version bigint NOT NULL,
  correlation_id text NOT NULL,
  causation_id text,
  traceparent text,
  data json NOT NULL,
  PRIMARY KEY (id, created_at)
) PARTITION BY RANGE (created_at);
CREATE TABLE reports.outbox_default PARTITION OF reports.outbox DEFAULT;
CREATE TABLE reports.inbox (
  log text NOT NULL,
  event_id uuid NOT NULL,
  handled_at timestamptz(6) NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (log, event_id)
);
CREATE INDEX inbox_handled_at_idx ON reports.inbox (handled_at);
CREATE TABLE reports.reader (
  log text PRIMARY KEY,
  position bigint NOT NULL DEFAULT 0,
  gaps jsonb NOT NULL DEFAULT '{}'
);
CREATE TABLE reports.parked (
  log text NOT NULL,
  position bigint NOT NULL,
  subject text NOT NULL,
  event jsonb NOT NULL,
  reason text NOT NULL,
  parked_at timestamptz(6) NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (log, position)
);
CREATE INDEX parked_subject_idx ON reports.parked (log, subject);
CREATE TABLE reports.idempotency (
  outlet_id integer NOT NULL,
  principal text NOT NULL,
  route text NOT NULL,
  key text NOT NULL,
  body_hash bytea NOT NULL,
  status integer,
  body bytea,
  created_at timestamptz(6) NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (outlet_id, principal, route, key)
);
CREATE INDEX idempotency_created_at_idx ON reports.idempotency (created_at);

CREATE TABLE reports.sale (
  outlet_id integer NOT NULL,
  order_id uuid NOT NULL,
  business_day date NOT NULL,
  placed_at timestamptz(6) NOT NULL,
  type text NOT NULL,
  counted boolean NOT NULL, -- false once it was cancelled, rejected or has expired
  quantity integer NOT NULL,
  taxable_paise bigint, -- unknown where the event did not tell yet
  total_paise bigint NOT NULL,
  version bigint NOT NULL, -- of the order, in the newest event that was folded in
  PRIMARY KEY (outlet_id, order_id)
);
CREATE INDEX sale_outlet_id_business_day_idx ON reports.sale (outlet_id, business_day);

CREATE TABLE reports.sale_line (
  outlet_id integer NOT NULL,
  order_id uuid NOT NULL,
  line_id uuid NOT NULL,
  item_id uuid NOT NULL,
  name text NOT NULL,
  quantity integer NOT NULL,
  taxable_paise bigint,
  total_paise bigint NOT NULL,
  PRIMARY KEY (outlet_id, order_id, line_id)
);

CREATE TABLE reports.preparation (
  outlet_id integer NOT NULL,
  order_id uuid NOT NULL,
  ticket_id uuid NOT NULL,
  station text NOT NULL,
  fired_at timestamptz(6) NOT NULL,
  ready_at timestamptz(6), -- none while it was recalled, or when it was voided
  version bigint NOT NULL, -- of the ticket
  PRIMARY KEY (outlet_id, order_id, ticket_id)
);
