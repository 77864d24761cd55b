-- Tables, guest sessions, bills, orders and lines; placing is one call.

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
  revoked_at timestamptz(6),
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

CREATE TABLE orders.line (
  outlet_id integer NOT NULL,
  order_id uuid NOT NULL,
  id uuid NOT NULL,
  position integer NOT NULL,
  item_id uuid NOT NULL,
  variant_id uuid NOT NULL,
  name text NOT NULL,
  variant text,
  quantity integer NOT NULL,
  modifiers jsonb NOT NULL DEFAULT '[]',
  allergens text[] NOT NULL DEFAULT '{}',
  note text,
  course integer NOT NULL DEFAULT 1,
  station text NOT NULL,
  unit_price_paise bigint NOT NULL,
  discount_paise bigint NOT NULL DEFAULT 0,
  taxable_paise bigint NOT NULL,
  tax_class text NOT NULL,
  tax_version integer NOT NULL,
  taxes jsonb NOT NULL,
  total_paise bigint NOT NULL,
  status text NOT NULL DEFAULT 'active',
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

-- The whole rupee that a bill comes to; the round-off is the difference.
CREATE FUNCTION orders.rounded(p_net bigint) RETURNS bigint
LANGUAGE sql IMMUTABLE AS $$ SELECT (p_net + 50) / 100 * 100 $$;

-- What placing takes of one order, priced: `answer` and `event` are the rest of two JSON objects, without their opening
-- braces; what only the database knows is put before it. `new_bill_id` is the bill's id where the order opens one.
CREATE TYPE orders.placement AS (
  outlet_id integer, order_id uuid, bill_id uuid, new_bill_id uuid, event_id uuid, session_id uuid, principal text, route text, key text,
  body_hash bytea, correlation_id text, traceparent text, outlet_version bigint, menu_version bigint, type text, table_id uuid, table_name text,
  customer_name text, note text, payment text, approve boolean, timeout_s integer, subtotal_paise bigint,
  discount_paise bigint, taxable_paise bigint, taxes text, total_paise bigint, held_courses integer[], answer text, event text
);
CREATE TYPE orders.placement_line AS (
  n integer, outlet_id integer, order_id uuid, id uuid, position integer, item_id uuid, variant_id uuid, name text, variant text,
  quantity integer, modifiers text, allergens text[], note text, course integer, station text, unit_price_paise bigint,
  discount_paise bigint, taxable_paise bigint, tax_class text, tax_version integer, taxes text, total_paise bigint
);

-- Places several orders of any outlets in one transaction: under load they share a round trip, a commit and each
-- statement; so few statements, since each costs as much as an order. An order is placed whole or not at all, and a
-- refusal touches no other; a fault undoes all, and the caller then places each by itself. No two orders of a call have
-- the same key or the same table. `p_keys` are their keys' locks, sorted; `p_outlets` and `p_menu_versions` are in the
-- orders' order; `p_*_of` hold an order's number from 1. `outcome`, in the orders' order, is placed or replayed (`body`
-- is the answer), reused (the key, for another body), stale (the menu's snapshot), sold_out (`body` names what) or no_bill.
-- `stocked` says that it may have changed counted stock.
CREATE FUNCTION orders.place_all(p orders.placement[], p_lines orders.placement_line[], p_keys text[], p_outlets integer[],
  p_menu_versions bigint[], p_source_of integer[], p_source_lines uuid[], p_sources uuid[], p_quantities integer[],
  p_item_of integer[], p_items uuid[], p_modifier_of integer[], p_modifiers uuid[])
RETURNS TABLE (outcome text, body bytea, stocked boolean)
LANGUAGE plpgsql
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
#variable_conflict use_column
DECLARE
  v_now constant timestamptz := clock_timestamp();
  v_key text;
  v_outcomes text[];            -- of those refused or replayed
  v_bodies bytea[];
  v_days date[];
  v_counted boolean[];
  v_known boolean;              -- does any of them name a bill or a table?
  v_kept uuid[];                -- the bill that was open before
  v_made uuid[];                -- the table's bill that the order opened
  v_tables uuid[];
  v_names text[];
  v_held bigint[];
  v_missing integer;
  v_refused jsonb;
  v_placing integer[];          -- the outlets of those that are not refused
  v_numbers integer[];
  v_statuses text[];
  v_expiries timestamptz[];
  v_events text[];
  v_at constant text := to_json(v_now);
  v_facts text;                 -- what the answer and the event both begin with
  v_table text;
  o orders.placement;
  r record;
BEGIN
  FOREACH v_key IN ARRAY p_keys LOOP
    v_key := pg_advisory_xact_lock(hashtextextended(v_key, 0))::text;
  END LOOP;

  SELECT array_agg(CASE WHEN i.body_hash = o.body_hash THEN 'replayed' WHEN i.body_hash IS NOT NULL THEN 'reused'
      WHEN m.stale OR s.version IS DISTINCT FROM o.outlet_version THEN 'stale' WHEN m.n IS NOT NULL THEN 'sold_out' END ORDER BY o.ordinality),
    array_agg(coalesce(i.body, convert_to(m.sold_out::text, 'UTF8')) ORDER BY o.ordinality), array_agg(s.day ORDER BY o.ordinality),
    array_agg(c.n IS NOT NULL ORDER BY o.ordinality), bool_or(o.bill_id IS NOT NULL OR o.table_id IS NOT NULL)
  INTO v_outcomes, v_bodies, v_days, v_counted, v_known
  FROM unnest(p) WITH ORDINALITY o
  LEFT JOIN staff.outlets_at(p_outlets, now()) s ON s.outlet_id = o.outlet_id
  LEFT JOIN orders.idempotency i ON i.outlet_id = o.outlet_id AND i.principal = o.principal AND i.route = o.route AND i.key = o.key
  LEFT JOIN menu.check_sales(p_outlets, p_menu_versions, p_item_of, p_items, p_modifier_of, p_modifiers) m ON m.n = o.ordinality
  LEFT JOIN inventory.counted_among(p_outlets, p_source_of, p_sources) c(n) ON c.n = o.ordinality;

  -- the bill: the one named, the table's open one, or a new one; locked until the end
  IF v_known THEN
    SELECT array_agg(table_id), array_agg(table_name) INTO v_tables, v_names FROM unnest(p);
    FOR r IN SELECT o.ordinality AS n, b.id, b.table_id, b.table_name, b.paid_paise - b.refunded_paise AS held
      FROM unnest(p) WITH ORDINALITY o JOIN orders.bill b ON b.outlet_id = o.outlet_id AND b.id = o.bill_id
      WHERE v_outcomes[o.ordinality] IS NULL AND b.status = 'open' AND b.type = o.type AND (o.table_id IS NULL OR b.table_id = o.table_id)
        AND (o.session_id IS NULL OR o.session_id = ANY (b.session_ids) OR b.table_id = o.table_id)
      ORDER BY b.outlet_id, b.id FOR UPDATE OF b
    LOOP
      v_kept[r.n] := r.id;
      v_tables[r.n] := r.table_id;
      v_names[r.n] := r.table_name;
      v_held[r.n] := r.held;
    END LOOP;
    FOR r IN SELECT ordinality AS n FROM unnest(p) WITH ORDINALITY WHERE bill_id IS NOT NULL LOOP
      IF v_outcomes[r.n] IS NULL AND v_kept[r.n] IS NULL THEN v_outcomes[r.n] := 'no_bill'; END IF;
    END LOOP;
    LOOP
      FOR r IN SELECT o.ordinality AS n, b.id, b.paid_paise - b.refunded_paise AS held
        FROM unnest(p) WITH ORDINALITY o JOIN orders.bill b ON b.outlet_id = o.outlet_id AND b.table_id = o.table_id AND b.status = 'open'
        WHERE v_outcomes[o.ordinality] IS NULL AND v_kept[o.ordinality] IS NULL AND v_made[o.ordinality] IS NULL
        ORDER BY b.outlet_id, b.id FOR UPDATE OF b
      LOOP
        v_kept[r.n] := r.id;
        v_held[r.n] := r.held;
      END LOOP;
      WITH made AS (
        INSERT INTO orders.bill (outlet_id, id, type, table_id, table_name, business_day, customer_name, session_ids, net_paise, total_paise, opened_at)
        SELECT o.outlet_id, o.new_bill_id, o.type, o.table_id, o.table_name, v_days[o.ordinality], o.customer_name,
          array_remove(ARRAY[o.session_id], NULL), o.total_paise, orders.rounded(o.total_paise), v_now
        FROM unnest(p) WITH ORDINALITY o
        WHERE o.table_id IS NOT NULL AND v_outcomes[o.ordinality] IS NULL AND v_kept[o.ordinality] IS NULL AND v_made[o.ordinality] IS NULL
        ON CONFLICT (outlet_id, table_id) WHERE status = 'open' AND table_id IS NOT NULL DO NOTHING RETURNING id)
      SELECT array_agg(coalesce(made.id, v_made[o.ordinality]) ORDER BY o.ordinality), count(*) FILTER (WHERE o.table_id IS NOT NULL
        AND v_outcomes[o.ordinality] IS NULL AND coalesce(v_kept[o.ordinality], made.id, v_made[o.ordinality]) IS NULL)
      INTO v_made, v_missing FROM unnest(p) WITH ORDINALITY o LEFT JOIN made ON made.id = o.new_bill_id;
      EXIT WHEN v_missing = 0;
    END LOOP;
  END IF;

  FOR n IN 1..cardinality(p) LOOP
    CONTINUE WHEN v_outcomes[n] IS NOT NULL OR NOT v_counted[n];
    -- inventory's own events of this order carry its correlation
    PERFORM set_config('rasoi.correlation_id', p[n].correlation_id, true), set_config('rasoi.traceparent', coalesce(p[n].traceparent, ''), true);
    SELECT inventory.reserve(p_outlets[n], p[n].order_id, array_agg(s.line), array_agg(s.id), array_agg(s.quantity)) INTO v_refused
    FROM unnest(p_source_of, p_source_lines, p_sources, p_quantities) s(of, line, id, quantity) WHERE s.of = n;
    IF v_refused IS NOT NULL THEN
      DELETE FROM orders.bill b WHERE b.outlet_id = p_outlets[n] AND b.id = v_made[n];
      v_outcomes[n] := 'sold_out';
      v_bodies[n] := convert_to(v_refused->>'sold_out', 'UTF8');
    END IF;
  END LOOP;

  IF v_known THEN
    UPDATE orders.bill b SET net_paise = b.net_paise + d.total, total_paise = orders.rounded(b.net_paise + d.total),
      session_ids = b.session_ids || ARRAY(SELECT DISTINCT s FROM unnest(d.sessions) s WHERE s IS NOT NULL AND s <> ALL (b.session_ids))
    FROM (SELECT o.outlet_id, v_kept[o.ordinality] AS id, sum(o.total_paise)::bigint AS total, array_agg(o.session_id) AS sessions
      FROM unnest(p) WITH ORDINALITY o WHERE v_outcomes[o.ordinality] IS NULL AND v_kept[o.ordinality] IS NOT NULL GROUP BY 1, 2) d
    WHERE b.outlet_id = d.outlet_id AND b.id = d.id;
  END IF;

  FOR n IN 1..cardinality(p) LOOP
    v_placing[n] := CASE WHEN v_outcomes[n] IS NULL THEN p_outlets[n] END;
  END LOOP;
  -- the numbers late, since every order of the outlet waits for them
  WITH day AS (
    INSERT INTO orders.day_counter AS c (outlet_id, business_day, last_number)
    SELECT o.outlet_id, o.day, count(*) FROM unnest(v_placing, v_days) o(outlet_id, day) WHERE o.outlet_id IS NOT NULL GROUP BY 1, 2 ORDER BY 1
    ON CONFLICT (outlet_id, business_day) DO UPDATE SET last_number = c.last_number + excluded.last_number
    RETURNING outlet_id, last_number
  ) SELECT array_agg(day.last_number - cardinality(array_positions(v_placing[o.n + 1:], o.outlet_id)) ORDER BY o.n) INTO v_numbers
  FROM unnest(v_placing) WITH ORDINALITY o(outlet_id, n) LEFT JOIN day ON day.outlet_id = o.outlet_id;

  FOR n IN 1..cardinality(p) LOOP
    outcome := coalesce(v_outcomes[n], 'placed');
    body := v_bodies[n];
    stocked := v_counted[n];
    IF v_outcomes[n] IS NULL THEN
      o := p[n];
      v_statuses[n] := CASE WHEN o.payment = 'prepaid' AND orders.rounded(o.total_paise) > 0 THEN 'awaiting_payment' ELSE 'confirmed' END;
      IF o.approve THEN
        IF v_kept[n] IS NULL OR NOT EXISTS (SELECT FROM orders.orders x WHERE x.outlet_id = o.outlet_id AND x.bill_id = v_kept[n]
            AND x.status NOT IN ('placed', 'rejected', 'expired', 'cancelled')) THEN
          v_statuses[n] := 'placed';
        END IF;
      END IF;
      IF v_statuses[n] <> 'confirmed' THEN v_expiries[n] := v_now + make_interval(secs => o.timeout_s); END IF;
      v_facts := concat('{"bill_id":"', coalesce(v_kept[n], o.new_bill_id), '","number":', v_numbers[n],
        ',"token":', CASE WHEN o.type = 'takeaway' THEN '"T' || v_numbers[n] || '"' ELSE 'null' END, ',"status":"', v_statuses[n],
        '","business_day":"', v_days[n], '","placed_at":', v_at, ',"expires_at":', coalesce(to_json(v_expiries[n])::text, 'null'),
        ',"payment_status":', CASE WHEN v_held[n] > 0 THEN '"partly_paid"' ELSE '"unpaid"' END);
      v_table := coalesce(to_json(v_names[n])::text, 'null');
      v_events[n] := concat(v_facts, ',"table_id":', coalesce('"' || v_tables[n] || '"', 'null'), ',"table":', v_table,
        ',"path":["placed"', CASE v_statuses[n] WHEN 'placed' THEN '' ELSE ',"' || v_statuses[n] || '"' END, '],', o.event);
      body := convert_to(concat(v_facts, ',"confirmed_at":', CASE v_statuses[n] WHEN 'confirmed' THEN v_at ELSE 'null' END,
        ',"table":', CASE WHEN v_tables[n] IS NULL THEN 'null' ELSE concat('{"id":"', v_tables[n], '","name":', v_table, '}') END,
        ',', o.answer), 'UTF8');
      v_bodies[n] := body;
    END IF;
    RETURN NEXT;
  END LOOP;

  INSERT INTO orders.bill (outlet_id, id, type, business_day, customer_name, session_ids, net_paise, total_paise, opened_at)
  SELECT outlet_id, new_bill_id, type, v_days[ordinality], customer_name, array_remove(ARRAY[session_id], NULL), total_paise,
    orders.rounded(total_paise), v_now
  FROM unnest(p) WITH ORDINALITY WHERE v_outcomes[ordinality] IS NULL AND v_tables[ordinality] IS NULL AND v_kept[ordinality] IS NULL;

  INSERT INTO orders.line (outlet_id, order_id, id, position, item_id, variant_id, name, variant, quantity, modifiers, allergens,
    note, course, station, unit_price_paise, discount_paise, taxable_paise, tax_class, tax_version, taxes, total_paise)
  SELECT l.outlet_id, l.order_id, l.id, l.position, l.item_id, l.variant_id, l.name, l.variant, l.quantity, l.modifiers::jsonb, l.allergens,
    l.note, l.course, l.station, l.unit_price_paise, l.discount_paise, l.taxable_paise, l.tax_class, l.tax_version, l.taxes::jsonb, l.total_paise
  FROM unnest(p_lines) l WHERE v_outcomes[l.n] IS NULL;

  INSERT INTO orders.orders (outlet_id, id, bill_id, session_id, number, token, type, status, table_id, table_name, customer_name,
    note, business_day, payment, placed_by, subtotal_paise, discount_paise, taxable_paise, taxes, total_paise, menu_version,
    held_courses, placed_at, expires_at, confirmed_at)
  SELECT outlet_id, order_id, coalesce(v_kept[ordinality], new_bill_id), session_id, v_numbers[ordinality], CASE WHEN type = 'takeaway' THEN 'T' || v_numbers[ordinality] END,
    type, v_statuses[ordinality], v_tables[ordinality], v_names[ordinality], customer_name, note, v_days[ordinality], payment, principal, subtotal_paise, discount_paise,
    taxable_paise, taxes::jsonb, total_paise, menu_version, held_courses, v_now, v_expiries[ordinality],
    CASE v_statuses[ordinality] WHEN 'confirmed' THEN v_now END
  FROM unnest(p) WITH ORDINALITY WHERE v_outcomes[ordinality] IS NULL;

  INSERT INTO orders.outbox (event_id, type, subject, outlet_id, aggregate_version, correlation_id, traceparent, data)
  SELECT event_id, 'rasoi.order.placed.v1', order_id, outlet_id, 1, correlation_id, traceparent, v_events[ordinality]::json
  FROM unnest(p) WITH ORDINALITY WHERE v_outcomes[ordinality] IS NULL;

  INSERT INTO orders.idempotency (outlet_id, principal, route, key, body_hash, status, body)
  SELECT outlet_id, principal, route, key, body_hash, 201, v_bodies[ordinality]
  FROM unnest(p) WITH ORDINALITY WHERE v_outcomes[ordinality] IS NULL;
END $$;

-- One bill, or an order's bill, with its orders, their lines and their tickets' progress; locked when `p_lock`.
-- A transaction that has locked another bill does not wait for this one but fails at once: where several events are
-- handled together they are then handled one by one, and no two transactions ever wait for each other.
CREATE FUNCTION orders.read_bill(p_outlet integer, p_bill uuid, p_order uuid, p_lock boolean) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = orders, pg_temp AS $$
DECLARE
  v_bill orders.bill;
  v_id uuid := coalesce(p_bill, (SELECT bill_id FROM orders.orders WHERE outlet_id = p_outlet AND id = p_order));
  v_locked text := coalesce(current_setting('rasoi.bill_locked', true), '');
BEGIN
  IF NOT p_lock THEN
    SELECT * INTO v_bill FROM orders.bill WHERE outlet_id = p_outlet AND id = v_id;
  ELSIF v_locked IN ('', v_id::text) THEN
    SELECT * INTO v_bill FROM orders.bill WHERE outlet_id = p_outlet AND id = v_id FOR UPDATE;
    PERFORM set_config('rasoi.bill_locked', v_id::text, true);
  ELSE
    SELECT * INTO v_bill FROM orders.bill WHERE outlet_id = p_outlet AND id = v_id FOR UPDATE NOWAIT;
  END IF;
  IF v_bill.id IS NULL THEN RETURN NULL; END IF;
  RETURN jsonb_build_object('now', clock_timestamp(), 'bill', to_jsonb(v_bill), 'orders', coalesce((
    SELECT jsonb_agg(to_jsonb(o) || jsonb_build_object(
      'lines', (SELECT jsonb_agg(to_jsonb(l) ORDER BY l.position) FROM orders.line l WHERE l.outlet_id = p_outlet AND l.order_id = o.id),
      'progress', coalesce((SELECT jsonb_agg(jsonb_build_object('station', t.station, 'ticket_id', t.ticket_id, 'state', t.state, 'version', t.version) ORDER BY t.station, t.ticket_id)
        FROM orders.ticket_progress t WHERE t.outlet_id = p_outlet AND t.order_id = o.id), '[]')) ORDER BY o.number)
    FROM orders.orders o WHERE o.outlet_id = p_outlet AND o.bill_id = v_id), '[]'));
END $$;

-- Writes what the rules decided for a locked bill: its row, the orders that changed, and their events.
CREATE FUNCTION orders.save_bill(p_outlet integer, p_bill jsonb, p_orders jsonb, p_events jsonb) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = orders, pg_temp AS $$
BEGIN
  UPDATE orders.bill b SET status = r.status, net_paise = r.net_paise, total_paise = r.total_paise, paid_paise = r.paid_paise,
    refunded_paise = r.refunded_paise, invoice_number = r.invoice_number, attention = r.attention,
    attention_since = r.attention_since, closed_at = r.closed_at, version = r.version
  FROM jsonb_populate_record(NULL::orders.bill, p_bill) r WHERE b.outlet_id = p_outlet AND b.id = r.id;
  UPDATE orders.orders o SET status = r.status, cancel_requested = r.cancel_requested, reason = r.reason,
    expires_at = r.expires_at, confirmed_at = r.confirmed_at, ready_at = r.ready_at, served_at = r.served_at,
    completed_at = r.completed_at, version = r.version
  FROM jsonb_populate_recordset(NULL::orders.orders, p_orders) r WHERE o.outlet_id = p_outlet AND o.id = r.id;
  INSERT INTO orders.outbox (event_id, type, subject, outlet_id, aggregate_version, correlation_id, causation_id, traceparent, data)
  SELECT e.id, e.type, e.subject, p_outlet, e.aggregateversion, e.correlationid, e.causationid, e.traceparent, e.data
  FROM ROWS FROM (jsonb_to_recordset(p_events) AS (id uuid, type text, subject text, aggregateversion bigint,
    correlationid text, causationid text, traceparent text, data json)) WITH ORDINALITY
    AS e(id, type, subject, aggregateversion, correlationid, causationid, traceparent, data, n) ORDER BY n;
END $$;

-- The next number of an invoice series, consecutive: taken in the settling transaction.
CREATE FUNCTION orders.next_invoice(p_outlet integer, p_series text) RETURNS integer
LANGUAGE sql SECURITY DEFINER SET search_path = orders, pg_temp AS $$
  INSERT INTO orders.invoice_counter AS c (outlet_id, series, last_number) VALUES (p_outlet, p_series, 1)
  ON CONFLICT (outlet_id, series) DO UPDATE SET last_number = c.last_number + 1 RETURNING last_number $$;

-- Stock back, or taken again, on behalf of a caller that may not touch inventory itself.
CREATE FUNCTION orders.release_stock(p_outlet integer, p_order uuid) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = orders, pg_temp AS $$ SELECT inventory.release(p_outlet, p_order) $$;
CREATE FUNCTION orders.reserve_stock(p_outlet integer, p_order uuid, p_line_ids uuid[], p_source_ids uuid[], p_quantities integer[])
RETURNS jsonb LANGUAGE sql SECURITY DEFINER SET search_path = orders, pg_temp AS $$
  SELECT inventory.reserve(p_outlet, p_order, p_line_ids, p_source_ids, p_quantities) $$;

-- May a guest's session see this bill or order?
CREATE FUNCTION orders.session_may_see(p_outlet integer, p_session uuid, p_kind text, p_id uuid) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = orders, pg_temp AS $$
  SELECT CASE p_kind
    WHEN 'bill' THEN EXISTS (SELECT FROM orders.bill WHERE outlet_id = p_outlet AND id = p_id AND p_session = ANY (session_ids))
    WHEN 'order' THEN EXISTS (SELECT FROM orders.orders o JOIN orders.bill b USING (outlet_id)
      WHERE o.outlet_id = p_outlet AND o.id = p_id AND b.id = o.bill_id AND p_session = ANY (b.session_ids))
    ELSE false END $$;

REVOKE ALL ON FUNCTION orders.read_bill(integer, uuid, uuid, boolean),
  orders.save_bill(integer, jsonb, jsonb, jsonb), orders.next_invoice(integer, text), orders.release_stock(integer, uuid),
  orders.reserve_stock(integer, uuid, uuid[], uuid[], integer[]), orders.session_may_see(integer, uuid, text, uuid) FROM PUBLIC;
