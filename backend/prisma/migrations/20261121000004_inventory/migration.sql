-- Stock at two levels: counted (reserved by sales, never oversold) and estimated (deducted by recipe).
-- Whoever changes stock locks its rows in id order first, and reservations only while holding those locks.
-- Plans are without sequential scans, because a plan made while a table was small is kept while it grows.

CALL platform.create_room('inventory');

CREATE TABLE inventory.stock (
  outlet_id integer NOT NULL,
  id uuid NOT NULL DEFAULT uuidv7(),
  code text NOT NULL,
  name text NOT NULL,
  kind text NOT NULL,
  unit text NOT NULL,
  on_hand_milli bigint NOT NULL DEFAULT 0,
  reserved_milli bigint NOT NULL DEFAULT 0,
  reorder_level_milli bigint NOT NULL DEFAULT 0,
  active boolean NOT NULL DEFAULT true,
  version bigint NOT NULL DEFAULT 0,
  CONSTRAINT stock_pkey PRIMARY KEY (outlet_id, id),
  CONSTRAINT stock_kind_check CHECK (kind IN ('counted', 'estimated')),
  CONSTRAINT stock_reserved_check CHECK (reserved_milli >= 0 AND (kind = 'counted' OR reserved_milli = 0)),
  CONSTRAINT stock_reorder_level_check CHECK (reorder_level_milli >= 0)
);
CREATE UNIQUE INDEX stock_outlet_id_code_key ON inventory.stock (outlet_id, code);
CREATE UNIQUE INDEX stock_outlet_id_id_kind_key ON inventory.stock (outlet_id, id, kind);

-- `kind` repeats the stock's, so that a sale finds what is counted by one partial index.
CREATE TABLE inventory.recipe (
  outlet_id integer NOT NULL,
  source_id uuid NOT NULL,
  stock_id uuid NOT NULL,
  kind text NOT NULL,
  item_id uuid,
  quantity_milli bigint NOT NULL,
  CONSTRAINT recipe_pkey PRIMARY KEY (outlet_id, source_id, stock_id),
  CONSTRAINT recipe_quantity_check CHECK (quantity_milli > 0),
  CONSTRAINT recipe_stock_fkey FOREIGN KEY (outlet_id, stock_id, kind) REFERENCES inventory.stock (outlet_id, id, kind) ON DELETE RESTRICT ON UPDATE CASCADE
);
CREATE INDEX recipe_outlet_id_stock_id_idx ON inventory.recipe (outlet_id, stock_id);
CREATE INDEX recipe_counted_idx ON inventory.recipe (outlet_id, source_id) WHERE kind = 'counted';

CREATE TABLE inventory.reservation (
  outlet_id integer NOT NULL,
  id uuid NOT NULL DEFAULT uuidv7(),
  order_id uuid NOT NULL,
  line_id uuid NOT NULL,
  stock_id uuid NOT NULL,
  quantity_milli bigint NOT NULL,
  state text NOT NULL DEFAULT 'reserved',
  created_at timestamptz(6) NOT NULL DEFAULT now(),
  settled_at timestamptz(6),
  CONSTRAINT reservation_pkey PRIMARY KEY (outlet_id, id),
  CONSTRAINT reservation_state_check CHECK (state IN ('reserved', 'consumed', 'released')),
  CONSTRAINT reservation_settled_check CHECK ((state = 'reserved') = (settled_at IS NULL)),
  CONSTRAINT reservation_quantity_check CHECK (quantity_milli > 0),
  CONSTRAINT reservation_stock_fkey FOREIGN KEY (outlet_id, stock_id) REFERENCES inventory.stock (outlet_id, id) ON DELETE RESTRICT ON UPDATE CASCADE
);
-- The only other index: with a second one, a plan made before there are statistics may search an outlet by the wrong one.
CREATE UNIQUE INDEX reservation_live_key ON inventory.reservation (outlet_id, order_id, line_id, stock_id) WHERE state = 'reserved';

-- The ledger: a stock's movements add up to what is on hand.
CREATE TABLE inventory.movement (
  outlet_id integer NOT NULL,
  id uuid NOT NULL DEFAULT uuidv7(),
  stock_id uuid NOT NULL,
  kind text NOT NULL,
  quantity_milli bigint NOT NULL,
  portions integer,
  order_id uuid,
  reason text,
  actor_id uuid,
  actor_name text,
  created_at timestamptz(6) NOT NULL DEFAULT now(),
  CONSTRAINT movement_pkey PRIMARY KEY (outlet_id, id),
  CONSTRAINT movement_kind_check CHECK (kind IN ('receipt', 'waste', 'count', 'consume')),
  CONSTRAINT movement_quantity_check CHECK (
    CASE kind WHEN 'receipt' THEN quantity_milli > 0 WHEN 'waste' THEN quantity_milli < 0 ELSE true END),
  CONSTRAINT movement_stock_fkey FOREIGN KEY (outlet_id, stock_id) REFERENCES inventory.stock (outlet_id, id) ON DELETE RESTRICT ON UPDATE CASCADE
);
CREATE INDEX movement_outlet_id_stock_id_id_idx ON inventory.movement (outlet_id, stock_id, id);

-- What a line was made of: its variant and its modifiers, learnt from the order's events.
CREATE TABLE inventory.order_line (
  outlet_id integer NOT NULL,
  line_id uuid NOT NULL,
  source_ids uuid[] NOT NULL,
  CONSTRAINT order_line_pkey PRIMARY KEY (outlet_id, line_id)
);

-- What the kitchen started to cook, once per item of a ticket. `consume_reservations` takes it from stock soon after,
-- many at a time: what was reserved is not available to others meanwhile, so nobody waits for it.
CREATE TABLE inventory.usage (
  outlet_id integer NOT NULL,
  id uuid NOT NULL DEFAULT uuidv7(),
  kitchen_item_id uuid NOT NULL,
  line_id uuid NOT NULL,
  order_id uuid NOT NULL,
  quantity integer NOT NULL,
  wasted boolean NOT NULL DEFAULT false,
  stock_ids uuid[] NOT NULL DEFAULT '{}',
  quantities_milli bigint[] NOT NULL DEFAULT '{}',
  consumed_at timestamptz(6),
  CONSTRAINT usage_pkey PRIMARY KEY (outlet_id, id),
  CONSTRAINT usage_quantity_check CHECK (quantity > 0)
);
CREATE UNIQUE INDEX usage_outlet_id_kitchen_item_id_key ON inventory.usage (outlet_id, kitchen_item_id);
CREATE INDEX usage_outlet_id_order_id_idx ON inventory.usage (outlet_id, order_id);
CREATE INDEX usage_unconsumed_idx ON inventory.usage (outlet_id, id) WHERE consumed_at IS NULL;
