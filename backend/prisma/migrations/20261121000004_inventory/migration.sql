-- Stock at two levels: counted (reserved by sales, never oversold) and estimated (deducted by recipe).
-- Whoever changes stock locks its rows in id order first, and reservations only while holding those locks.
-- Plans are without sequential scans, because a plan made while a table was small is kept while it grows.

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
  order_id uuid NOT NULL,
  source_ids uuid[] NOT NULL,
  CONSTRAINT order_line_pkey PRIMARY KEY (outlet_id, line_id)
);

-- What the kitchen started to cook, once per item of a ticket. `settle` takes it from stock soon after, many at a
-- time: what was reserved is not available to others meanwhile, so nobody waits for it.
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
  created_at timestamptz(6) NOT NULL DEFAULT now(),
  settled_at timestamptz(6),
  CONSTRAINT usage_pkey PRIMARY KEY (outlet_id, id),
  CONSTRAINT usage_quantity_check CHECK (quantity > 0)
);
CREATE UNIQUE INDEX usage_outlet_id_kitchen_item_id_key ON inventory.usage (outlet_id, kitchen_item_id);
CREATE INDEX usage_outlet_id_order_id_idx ON inventory.usage (outlet_id, order_id);
CREATE INDEX usage_unsettled_idx ON inventory.usage (outlet_id, id) WHERE settled_at IS NULL;

CREATE FUNCTION inventory.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'a movement of stock is never changed; add another';
END $$;
CREATE TRIGGER movement_append_only BEFORE UPDATE OR DELETE ON inventory.movement
  FOR EACH ROW EXECUTE FUNCTION inventory.refuse_change();

-- One event of a stock into the log; its row is locked.
CREATE FUNCTION inventory.announce(p_type text, p_outlet integer, p_stock uuid, p_affected uuid[], p_orders uuid[])
RETURNS void LANGUAGE sql SET search_path = inventory, pg_temp AS $$
WITH s AS (
  UPDATE stock SET version = version + 1 WHERE outlet_id = p_outlet AND id = p_stock RETURNING *
)
INSERT INTO outbox (event_id, type, subject, outlet_id, aggregate_version, correlation_id, causation_id, traceparent, data)
SELECT uuidv7(), 'rasoi.inventory.' || p_type || '.v1', id, outlet_id, version,
  coalesce(nullif(current_setting('rasoi.correlation_id', true), ''), gen_random_uuid()::text),
  nullif(current_setting('rasoi.causation_id', true), ''), nullif(current_setting('rasoi.traceparent', true), ''),
  jsonb_build_object('stock_id', id, 'name', name, 'kind', kind, 'unit', unit, 'on_hand_milli', on_hand_milli,
    'reserved_milli', reserved_milli, 'available_milli', on_hand_milli - reserved_milli,
    'reorder_level_milli', reorder_level_milli, 'low', on_hand_milli - reserved_milli <= reorder_level_milli,
    'affected_item_ids', coalesce(p_affected, '{}'))
  || CASE p_type WHEN 'shortage' THEN jsonb_build_object('order_ids', coalesce(p_orders, '{}')) ELSE '{}' END
FROM s
$$;

-- The orders whose reservations what is on hand does not cover, when the oldest are served first.
CREATE FUNCTION inventory.orders_at_risk(p_outlet integer, p_stock uuid, p_on_hand bigint)
RETURNS uuid[] LANGUAGE sql STABLE SET search_path = inventory, pg_temp AS $$
SELECT array_agg(DISTINCT order_id) FROM (
  SELECT order_id, sum(quantity_milli) OVER (ORDER BY created_at, id) AS needed FROM reservation
  WHERE outlet_id = p_outlet AND stock_id = p_stock AND state = 'reserved') r
WHERE needed > p_on_hand
$$;

-- Tell what a change of the available quantity means: run out, short, low, back. Nothing for most changes.
CREATE FUNCTION inventory.tell(p_stock inventory.stock, p_before bigint, p_after bigint)
RETURNS void LANGUAGE plpgsql SET search_path = inventory, pg_temp AS $$
DECLARE
  level bigint := p_stock.reorder_level_milli;
  gone uuid[];
  back uuid[];
  depleted boolean := false;
BEGIN
  IF p_stock.kind = 'counted' THEN
    -- a seller (an item by its smallest variant, or a modifier) is gone when one portion is not left
    SELECT array_agg(seller) FILTER (WHERE p_before >= portion AND p_after < portion),
      array_agg(seller) FILTER (WHERE p_before < portion AND p_after >= portion) INTO gone, back
    FROM (SELECT coalesce(item_id, source_id) AS seller, min(quantity_milli) AS portion FROM recipe
      WHERE outlet_id = p_stock.outlet_id AND stock_id = p_stock.id GROUP BY 1) s;
    depleted := gone IS NOT NULL OR (p_before > 0 AND p_after <= 0);
    IF depleted THEN
      PERFORM announce('depleted', p_stock.outlet_id, p_stock.id, gone, NULL);
    END IF;
    IF p_after < 0 AND p_after < p_before THEN
      PERFORM announce('shortage', p_stock.outlet_id, p_stock.id, gone,
        orders_at_risk(p_stock.outlet_id, p_stock.id, p_stock.on_hand_milli));
    END IF;
  END IF;
  IF back IS NOT NULL OR (p_before <= level AND p_after > level) THEN
    PERFORM announce('restocked', p_stock.outlet_id, p_stock.id, back, NULL);
  ELSIF NOT depleted AND ((p_before > level AND p_after <= level) OR (p_stock.kind = 'estimated' AND p_before >= 0 AND p_after < 0)) THEN
    PERFORM announce('low', p_stock.outlet_id, p_stock.id, NULL, NULL);
  END IF;
END $$;

-- Change levels; the caller holds the rows' locks.
CREATE FUNCTION inventory.shift(p_outlet integer, p_stocks uuid[], p_on_hand bigint[], p_reserved bigint[])
RETURNS void LANGUAGE plpgsql SET search_path = inventory, pg_temp AS $$
DECLARE
  changed record;
BEGIN
  FOR changed IN
    UPDATE stock s SET on_hand_milli = s.on_hand_milli + d.on_hand, reserved_milli = s.reserved_milli + d.reserved
    FROM unnest(p_stocks, p_on_hand, p_reserved) AS d(id, on_hand, reserved)
    WHERE s.outlet_id = p_outlet AND s.id = d.id
    RETURNING s AS stock, old.on_hand_milli - old.reserved_milli AS before, new.on_hand_milli - new.reserved_milli AS after
  LOOP
    IF changed.before <> changed.after THEN
      PERFORM tell(changed.stock, changed.before, changed.after);
    END IF;
  END LOOP;
END $$;

-- Which orders of a batch (`p_outlets` by their number from 1) draw on counted stock at all: the others reserve nothing.
CREATE FUNCTION inventory.counted_among(p_outlets integer[], p_source_of integer[], p_sources uuid[]) RETURNS SETOF integer
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = inventory, pg_temp
AS $$
BEGIN
  RETURN QUERY SELECT DISTINCT s.of FROM unnest(p_source_of, p_sources) s(of, id)
  JOIN recipe r ON r.outlet_id = p_outlets[s.of] AND r.source_id = s.id AND r.kind = 'counted';
END $$;

-- Hold counted stock for an order's lines, all or nothing; a source is a variant or a modifier. An order's own
-- earlier reservations are replaced. NULL, or {"sold_out": [{source_id, available}]} in portions.
CREATE FUNCTION inventory.reserve(p_outlet integer, p_order uuid, p_lines uuid[], p_sources uuid[], p_quantities integer[])
RETURNS jsonb LANGUAGE plpgsql SECURITY DEFINER SET search_path = inventory, pg_temp
SET enable_seqscan = off AS $$
DECLARE
  stocks uuid[];
  deltas bigint[];
  lacking jsonb;
  again boolean;
BEGIN
  SELECT array_agg(DISTINCT stock_id) INTO stocks FROM recipe
  WHERE outlet_id = p_outlet AND source_id = ANY (p_sources) AND kind = 'counted';
  IF stocks IS NULL THEN
    RETURN NULL;
  END IF;
  again := EXISTS (SELECT FROM reservation WHERE outlet_id = p_outlet AND order_id = p_order AND state = 'reserved');
  IF again THEN
    SELECT array_agg(DISTINCT id) INTO stocks FROM (
      SELECT unnest(stocks) AS id UNION ALL
      SELECT stock_id FROM reservation WHERE outlet_id = p_outlet AND order_id = p_order AND state = 'reserved') s;
  END IF;
  PERFORM FROM stock WHERE outlet_id = p_outlet AND id = ANY (stocks) ORDER BY id FOR UPDATE;

  WITH own AS (
    SELECT stock_id, sum(quantity_milli)::bigint AS quantity FROM reservation
    WHERE again AND outlet_id = p_outlet AND order_id = p_order AND state = 'reserved' GROUP BY stock_id
  ), need AS (
    SELECT r.stock_id, sum(r.quantity_milli * w.quantity)::bigint AS quantity
    FROM unnest(p_sources, p_quantities) AS w(source_id, quantity)
    JOIN recipe r ON r.outlet_id = p_outlet AND r.source_id = w.source_id AND r.kind = 'counted' GROUP BY r.stock_id
  ), level AS (
    SELECT s.id, s.on_hand_milli - s.reserved_milli + coalesce(o.quantity, 0) AS free,
      coalesce(n.quantity, 0) AS needed, coalesce(n.quantity, 0) - coalesce(o.quantity, 0) AS delta
    FROM stock s LEFT JOIN own o ON o.stock_id = s.id LEFT JOIN need n ON n.stock_id = s.id
    WHERE s.outlet_id = p_outlet AND s.id = ANY (stocks)
  )
  SELECT array_agg(id ORDER BY id), array_agg(delta ORDER BY id), (
    SELECT jsonb_agg(jsonb_build_object('source_id', l.source_id, 'available', l.available)) FROM (
      SELECT r.source_id, min(greatest(b.free, 0) / r.quantity_milli) AS available
      FROM level b JOIN recipe r ON r.outlet_id = p_outlet AND r.stock_id = b.id
      WHERE b.needed > greatest(b.free, 0) AND r.source_id = ANY (p_sources) GROUP BY r.source_id) l)
  INTO stocks, deltas, lacking FROM level;
  IF lacking IS NOT NULL THEN
    RETURN jsonb_build_object('sold_out', lacking);
  END IF;

  IF again THEN
    UPDATE reservation SET state = 'released', settled_at = now()
    WHERE outlet_id = p_outlet AND order_id = p_order AND state = 'reserved';
  END IF;
  INSERT INTO reservation (outlet_id, order_id, line_id, stock_id, quantity_milli)
  SELECT p_outlet, p_order, w.line_id, r.stock_id, sum(r.quantity_milli * w.quantity)
  FROM unnest(p_lines, p_sources, p_quantities) AS w(line_id, source_id, quantity)
  JOIN recipe r ON r.outlet_id = p_outlet AND r.source_id = w.source_id AND r.kind = 'counted'
  GROUP BY w.line_id, r.stock_id;
  PERFORM shift(p_outlet, stocks, array_fill(0::bigint, ARRAY[cardinality(stocks)]), deltas);
  RETURN NULL;
END $$;

-- Give back what an order holds. A line that the kitchen has started keeps its own: it will be consumed.
CREATE FUNCTION inventory.release(p_outlet integer, p_order uuid)
RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = inventory, pg_temp
SET enable_seqscan = off AS $$
DECLARE
  stocks uuid[];
  deltas bigint[];
BEGIN
  SELECT array_agg(DISTINCT stock_id) INTO stocks FROM reservation
  WHERE outlet_id = p_outlet AND order_id = p_order AND state = 'reserved';
  IF stocks IS NULL THEN
    RETURN;
  END IF;
  PERFORM FROM stock WHERE outlet_id = p_outlet AND id = ANY (stocks) ORDER BY id FOR UPDATE;
  WITH given AS (
    UPDATE reservation r SET state = 'released', settled_at = now()
    WHERE r.outlet_id = p_outlet AND r.order_id = p_order AND r.state = 'reserved' AND NOT EXISTS (
      SELECT FROM usage u WHERE u.outlet_id = p_outlet AND u.order_id = p_order AND u.line_id = r.line_id)
    RETURNING stock_id, quantity_milli
  ), total AS (SELECT stock_id, -sum(quantity_milli)::bigint AS delta FROM given GROUP BY stock_id)
  SELECT array_agg(stock_id), array_agg(delta) INTO stocks, deltas FROM total;
  IF stocks IS NOT NULL THEN
    PERFORM shift(p_outlet, stocks, array_fill(0::bigint, ARRAY[cardinality(stocks)]), deltas);
  END IF;
END $$;

-- Take what the kitchen has started from stock, and settle its reservations. Returns how many usages were settled;
-- those whose order line is not known yet wait.
CREATE FUNCTION inventory.settle(p_outlet integer, p_limit integer)
RETURNS integer LANGUAGE plpgsql SET search_path = inventory, pg_temp
SET enable_seqscan = off AS $$
DECLARE
  picked uuid[];
  orders uuid[];
  lines uuid[];
  stocks uuid[];
  used bigint[];
  settled bigint[];
BEGIN
  SELECT array_agg(id), array_agg(DISTINCT order_id), array_agg(line_id) INTO picked, orders, lines FROM (
    SELECT u.id, u.order_id, u.line_id FROM usage u JOIN order_line l ON (l.outlet_id, l.line_id) = (u.outlet_id, u.line_id)
    WHERE u.outlet_id = p_outlet AND u.settled_at IS NULL ORDER BY u.id LIMIT p_limit FOR UPDATE OF u SKIP LOCKED) p;
  IF picked IS NULL THEN
    RETURN 0;
  END IF;

  UPDATE usage u SET settled_at = now(), (stock_ids, quantities_milli) = (
    SELECT coalesce(array_agg(stock_id), '{}'), coalesce(array_agg(quantity), '{}') FROM (
      SELECT r.stock_id, (sum(r.quantity_milli) * u.quantity)::bigint AS quantity
      FROM order_line l CROSS JOIN unnest(l.source_ids) AS source(id)
      JOIN recipe r ON r.outlet_id = p_outlet AND r.source_id = source.id
      WHERE l.outlet_id = p_outlet AND l.line_id = u.line_id GROUP BY r.stock_id) part)
  WHERE u.outlet_id = p_outlet AND u.id = ANY (picked);

  SELECT array_agg(DISTINCT id) INTO stocks FROM (
    SELECT unnest(stock_ids) AS id FROM usage WHERE outlet_id = p_outlet AND id = ANY (picked) UNION ALL
    SELECT stock_id FROM reservation WHERE outlet_id = p_outlet AND order_id = ANY (orders) AND line_id = ANY (lines) AND state = 'reserved') s;
  IF stocks IS NULL THEN
    RETURN cardinality(picked);
  END IF;
  PERFORM FROM stock WHERE outlet_id = p_outlet AND id = ANY (stocks) ORDER BY id FOR UPDATE;

  INSERT INTO movement (outlet_id, stock_id, kind, quantity_milli, portions)
  SELECT p_outlet, part.stock_id, CASE WHEN u.wasted THEN 'waste' ELSE 'consume' END, -sum(part.quantity), sum(u.quantity)
  FROM usage u CROSS JOIN LATERAL unnest(u.stock_ids, u.quantities_milli) AS part(stock_id, quantity)
  WHERE u.outlet_id = p_outlet AND u.id = ANY (picked) GROUP BY part.stock_id, u.wasted;

  WITH taken AS (
    SELECT part.stock_id, part.quantity FROM usage u
    CROSS JOIN LATERAL unnest(u.stock_ids, u.quantities_milli) AS part(stock_id, quantity)
    WHERE u.outlet_id = p_outlet AND u.id = ANY (picked)
  ), held AS (
    UPDATE reservation SET state = 'consumed', settled_at = now()
    WHERE outlet_id = p_outlet AND order_id = ANY (orders) AND line_id = ANY (lines) AND state = 'reserved' RETURNING stock_id, quantity_milli
  ), total AS (
    SELECT stock_id, sum(on_hand)::bigint AS on_hand, sum(reserved)::bigint AS reserved FROM (
      SELECT stock_id, -quantity AS on_hand, 0 AS reserved FROM taken UNION ALL
      SELECT stock_id, 0, -quantity_milli FROM held) d
    GROUP BY stock_id
  )
  SELECT array_agg(stock_id), array_agg(on_hand), array_agg(reserved) INTO stocks, used, settled FROM total;
  PERFORM shift(p_outlet, stocks, used, settled);
  RETURN cardinality(picked);
END $$;

REVOKE ALL ON FUNCTION inventory.counted_among(integer[], integer[], uuid[]),
  inventory.reserve(integer, uuid, uuid[], uuid[], integer[]), inventory.release(integer, uuid) FROM PUBLIC;
