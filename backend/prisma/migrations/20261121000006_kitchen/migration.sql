-- Boards, their tickets, and what cooks did.

CALL platform.create_room('kitchen');

-- One outlet's station. Its row is locked by whoever changes one of its tickets.
CREATE TABLE kitchen.board (
  outlet_id integer NOT NULL,
  station text NOT NULL,
  name text NOT NULL,
  sequence bigint NOT NULL DEFAULT 0,
  hash bigint NOT NULL DEFAULT 0,
  last_number integer NOT NULL DEFAULT 0,
  PRIMARY KEY (outlet_id, station),
  CONSTRAINT board_hash_uint32 CHECK (hash BETWEEN 0 AND 4294967295)
);

-- One order's share of one course at one station.
CREATE TABLE kitchen.ticket (
  outlet_id integer NOT NULL,
  id uuid NOT NULL,
  number integer NOT NULL,
  station text NOT NULL,
  course integer NOT NULL,
  order_id uuid NOT NULL,
  bill_id uuid NOT NULL,
  order_number integer NOT NULL,
  token text,
  type text NOT NULL,
  table_name text,
  note text,
  state text NOT NULL,
  visible boolean NOT NULL,
  rush boolean NOT NULL DEFAULT false,
  paid boolean NOT NULL DEFAULT false,
  cancel_requested boolean NOT NULL DEFAULT false,
  placed_at timestamptz(6) NOT NULL,
  fired_at timestamptz(6),
  ready_at timestamptz(6),
  other_stations jsonb NOT NULL DEFAULT '[]',
  version bigint NOT NULL DEFAULT 1,
  PRIMARY KEY (outlet_id, id),
  CONSTRAINT ticket_state CHECK (state IN ('held', 'queued', 'cooking', 'ready', 'served', 'voided')),
  CONSTRAINT ticket_visible CHECK (CASE state
    WHEN 'held' THEN visible WHEN 'queued' THEN visible WHEN 'cooking' THEN visible
    WHEN 'voided' THEN true ELSE NOT visible END)
);
CREATE UNIQUE INDEX ticket_outlet_id_order_id_course_station_key ON kitchen.ticket (outlet_id, order_id, course, station);
CREATE UNIQUE INDEX ticket_outlet_id_station_number_key ON kitchen.ticket (outlet_id, station, number);
CREATE INDEX ticket_visible_idx ON kitchen.ticket (outlet_id, station, placed_at) WHERE visible;
CREATE INDEX ticket_ready_idx ON kitchen.ticket (outlet_id, ready_at) WHERE state = 'ready';
CREATE INDEX ticket_recent_idx ON kitchen.ticket (outlet_id, station, ready_at DESC) WHERE state IN ('ready', 'served');
CREATE INDEX ticket_live_bill_idx ON kitchen.ticket (outlet_id, bill_id) WHERE state IN ('held', 'queued', 'cooking', 'ready');

CREATE TABLE kitchen.ticket_item (
  outlet_id integer NOT NULL,
  id uuid NOT NULL,
  ticket_id uuid NOT NULL,
  position integer NOT NULL,
  line_id uuid NOT NULL,
  name text NOT NULL,
  variant text,
  quantity integer NOT NULL,
  modifiers text[] NOT NULL,
  note text,
  allergens text[] NOT NULL,
  state text NOT NULL,
  acknowledged boolean NOT NULL DEFAULT false,
  PRIMARY KEY (outlet_id, id),
  CONSTRAINT ticket_item_ticket_fkey FOREIGN KEY (outlet_id, ticket_id) REFERENCES kitchen.ticket (outlet_id, id)
    ON DELETE NO ACTION ON UPDATE NO ACTION,
  CONSTRAINT ticket_item_quantity CHECK (quantity > 0),
  CONSTRAINT ticket_item_state CHECK (state IN ('held', 'queued', 'cooking', 'ready', 'served', 'voided')),
  CONSTRAINT ticket_item_acknowledged CHECK (state = 'voided' OR NOT acknowledged)
);
CREATE INDEX ticket_item_outlet_id_ticket_id_idx ON kitchen.ticket_item (outlet_id, ticket_id);

-- What a screen asked for, by the id that it made itself: applied once.
CREATE TABLE kitchen.action (
  outlet_id integer NOT NULL,
  action_id uuid NOT NULL,
  action text NOT NULL,
  ticket_id uuid,
  by uuid NOT NULL,
  applied boolean NOT NULL,
  reason text,
  created_at timestamptz(6) NOT NULL DEFAULT now(),
  PRIMARY KEY (outlet_id, action_id),
  CONSTRAINT action_reason CHECK (applied = (reason IS NULL))
);
CREATE INDEX action_created_at_idx ON kitchen.action (created_at);

-- Whether a bill is paid, by the newest event seen, for tickets that open later.
CREATE TABLE kitchen.bill (
  outlet_id integer NOT NULL,
  bill_id uuid NOT NULL,
  paid boolean NOT NULL,
  paid_known_at timestamptz(6) NOT NULL,
  PRIMARY KEY (outlet_id, bill_id)
);
CREATE INDEX bill_paid_known_at_idx ON kitchen.bill (paid_known_at);

-- How often the kitchen has answered a cancellation request: the version of the order's `kitchen.cancel_*` events.
CREATE TABLE kitchen.cancel_answer (
  outlet_id integer NOT NULL,
  order_id uuid NOT NULL,
  version bigint NOT NULL,
  PRIMARY KEY (outlet_id, order_id)
);
