-- What managers read: sales by order and line, and how long each ticket took; folded from events, the newest wins.

CALL platform.create_room('reports');

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
