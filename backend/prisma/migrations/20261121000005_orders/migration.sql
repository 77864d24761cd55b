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

-- Places one order: everything or nothing. `p` is the priced order, with the answer and the event but for what is
-- only known here. `outcome` is placed or replayed (`body` is the answer), reused (the key, for another body),
-- stale (the menu's snapshot), sold_out (`body` names what) or no_bill.
CREATE FUNCTION orders.place(p jsonb, p_body_hash bytea, p_line_ids uuid[], p_source_ids uuid[], p_quantities integer[],
                             p_item_ids uuid[], p_modifier_ids uuid[], OUT outcome text, OUT body text)
LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan AS $$
DECLARE
  v_outlet constant integer := (p->>'outlet_id')::integer;
  v_order constant uuid := (p->>'order_id')::uuid;
  v_session constant uuid := (p->>'session_id')::uuid;
  v_total constant bigint := (p->>'total_paise')::bigint;
  v_principal constant text := p->>'principal';
  v_route constant text := p->>'route';
  v_key constant text := p->>'key';
  v_now constant timestamptz := clock_timestamp();
  v_day constant date := staff.business_day(v_outlet);
  v_table uuid := (p->>'table_id')::uuid;
  v_table_name text := p->>'table_name';
  v_bill uuid := (p->>'bill_id')::uuid;
  v_known record;
  v_refused jsonb;
  v_held bigint := 0;
  v_first boolean := true;
  v_opened boolean := false;
  v_status text;
  v_number integer;
  v_token text;
  v_expires timestamptz;
  v_facts jsonb;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended('orders|' || v_outlet || '|' || v_principal || '|' || v_route || '|' || v_key, 0));
  SELECT i.body_hash = p_body_hash AS same, i.body INTO v_known FROM orders.idempotency i
  WHERE i.outlet_id = v_outlet AND i.principal = v_principal AND i.route = v_route AND i.key = v_key;
  IF FOUND THEN
    outcome := CASE WHEN v_known.same THEN 'replayed' ELSE 'reused' END;
    body := convert_from(v_known.body, 'UTF8');
    RETURN;
  END IF;

  -- inventory's own events of this order carry its correlation
  PERFORM set_config('rasoi.correlation_id', p->>'correlation_id', true), set_config('rasoi.traceparent', coalesce(p->>'traceparent', ''), true);
  v_refused := menu.check_sale(v_outlet, (p->>'menu_version')::bigint, p_item_ids, p_modifier_ids);
  IF v_refused ? 'stale' THEN
    outcome := 'stale';
    RETURN;
  ELSIF v_refused IS NOT NULL THEN
    outcome := 'sold_out';
    body := v_refused->>'sold_out';
    RETURN;
  END IF;

  -- the bill: the one named, the table's open one, or a new one; locked until the end
  IF v_bill IS NOT NULL THEN
    SELECT b.id, b.table_id, b.table_name, b.paid_paise - b.refunded_paise INTO v_bill, v_table, v_table_name, v_held FROM orders.bill b
    WHERE b.outlet_id = v_outlet AND b.id = v_bill AND b.status = 'open' AND b.type = p->>'type'
      AND (v_table IS NULL OR b.table_id = v_table) AND (v_session IS NULL OR v_session = ANY (b.session_ids) OR b.table_id = v_table)
    FOR UPDATE;
    IF v_bill IS NULL THEN
      outcome := 'no_bill';
      RETURN;
    END IF;
  END IF;
  WHILE v_bill IS NULL LOOP
    IF v_table IS NOT NULL THEN
      SELECT b.id, b.paid_paise - b.refunded_paise INTO v_bill, v_held FROM orders.bill b
      WHERE b.outlet_id = v_outlet AND b.table_id = v_table AND b.status = 'open' FOR UPDATE;
      EXIT WHEN FOUND;
    END IF;
    INSERT INTO orders.bill (outlet_id, type, table_id, table_name, business_day, customer_name, session_ids, net_paise, total_paise, opened_at)
    VALUES (v_outlet, p->>'type', v_table, v_table_name, v_day, p->>'customer_name',
      CASE WHEN v_session IS NULL THEN '{}' ELSE ARRAY[v_session] END, v_total, orders.rounded(v_total), v_now)
    ON CONFLICT (outlet_id, table_id) WHERE status = 'open' AND table_id IS NOT NULL DO NOTHING
    RETURNING id INTO v_bill;
    v_opened := v_bill IS NOT NULL;
    v_held := 0;
  END LOOP;

  v_refused := inventory.reserve(v_outlet, v_order, p_line_ids, p_source_ids, p_quantities);
  IF v_refused IS NOT NULL THEN
    IF v_opened THEN DELETE FROM orders.bill b WHERE b.outlet_id = v_outlet AND b.id = v_bill; END IF;
    outcome := 'sold_out';
    body := v_refused->>'sold_out';
    RETURN;
  END IF;

  IF NOT v_opened THEN
    UPDATE orders.bill b SET net_paise = b.net_paise + v_total, total_paise = orders.rounded(b.net_paise + v_total),
      session_ids = CASE WHEN v_session IS NULL OR v_session = ANY (b.session_ids) THEN b.session_ids ELSE b.session_ids || v_session END
    WHERE b.outlet_id = v_outlet AND b.id = v_bill;
    v_first := NOT EXISTS (SELECT FROM orders.orders o WHERE o.outlet_id = v_outlet AND o.bill_id = v_bill
      AND o.status NOT IN ('placed', 'rejected', 'expired', 'cancelled'));
  END IF;
  v_status := CASE WHEN v_first AND (p->>'approve')::boolean THEN 'placed'
    WHEN p->>'payment' = 'prepaid' AND orders.rounded(v_total) > 0 THEN 'awaiting_payment' ELSE 'confirmed' END;
  IF v_status <> 'confirmed' THEN v_expires := v_now + make_interval(secs => (p->>'timeout_s')::integer); END IF;

  INSERT INTO orders.line (outlet_id, order_id, id, position, item_id, variant_id, name, variant, quantity, modifiers, allergens,
    note, course, station, unit_price_paise, discount_paise, taxable_paise, tax_class, tax_version, taxes, total_paise)
  SELECT v_outlet, v_order, l.id, l.position, l.item_id, l.variant_id, l.name, l.variant, l.quantity, l.modifiers, l.allergens,
    l.note, l.course, l.station, l.unit_price_paise, l.discount_paise, l.taxable_paise, l.tax_class, l.tax_version, l.taxes, l.total_paise
  FROM jsonb_to_recordset(p->'lines') AS l(id uuid, position integer, item_id uuid, variant_id uuid, name text, variant text,
    quantity integer, modifiers jsonb, allergens text[], note text, course integer, station text, unit_price_paise bigint,
    discount_paise bigint, taxable_paise bigint, tax_class text, tax_version integer, taxes jsonb, total_paise bigint);

  -- the number last, since every order of the outlet waits for it
  INSERT INTO orders.day_counter AS c (outlet_id, business_day, last_number) VALUES (v_outlet, v_day, 1)
  ON CONFLICT (outlet_id, business_day) DO UPDATE SET last_number = c.last_number + 1 RETURNING last_number INTO v_number;
  IF p->>'type' = 'takeaway' THEN v_token := 'T' || v_number; END IF;

  INSERT INTO orders.orders (outlet_id, id, bill_id, session_id, number, token, type, status, table_id, table_name, customer_name,
    note, business_day, payment, placed_by, subtotal_paise, discount_paise, taxable_paise, taxes, total_paise, menu_version,
    held_courses, placed_at, expires_at, confirmed_at)
  VALUES (v_outlet, v_order, v_bill, v_session, v_number, v_token, p->>'type', v_status, v_table, v_table_name,
    p->>'customer_name', p->>'note', v_day, p->>'payment', v_principal, (p->>'subtotal_paise')::bigint,
    (p->>'discount_paise')::bigint, (p->>'taxable_paise')::bigint, p->'taxes', v_total, (p->>'menu_version')::bigint,
    CASE WHEN p->'held_courses' = '[]' THEN '{}' ELSE ARRAY(SELECT jsonb_array_elements_text(p->'held_courses')::integer) END,
    v_now, v_expires, CASE WHEN v_status = 'confirmed' THEN v_now END);

  v_facts := jsonb_build_object('bill_id', v_bill, 'number', v_number, 'token', v_token, 'status', v_status,
    'business_day', v_day, 'placed_at', v_now, 'expires_at', v_expires,
    'payment_status', CASE WHEN v_held <= 0 THEN 'unpaid' ELSE 'partly_paid' END);
  INSERT INTO orders.outbox (event_id, type, subject, outlet_id, aggregate_version, correlation_id, traceparent, data)
  VALUES (uuidv7(), 'rasoi.order.placed.v1', v_order::text, v_outlet, 1, p->>'correlation_id', p->>'traceparent',
    p->'event' || v_facts || jsonb_build_object('table_id', v_table, 'table', v_table_name,
      'path', CASE v_status WHEN 'placed' THEN '["placed"]' ELSE jsonb_build_array('placed', v_status) END));
  outcome := 'placed';
  body := p->'answer' || v_facts || jsonb_build_object('confirmed_at', CASE WHEN v_status = 'confirmed' THEN v_now END,
    'table', CASE WHEN v_table IS NOT NULL THEN jsonb_build_object('id', v_table, 'name', v_table_name) END);
  INSERT INTO orders.idempotency (outlet_id, principal, route, key, body_hash, status, body)
  VALUES (v_outlet, v_principal, v_route, v_key, p_body_hash, 201, convert_to(body, 'UTF8'));
END $$;

-- Places several orders of any outlets in one transaction: under load they share a round trip and a commit. Refusals
-- are outcomes and touch no other order; a fault undoes all, and the caller then places each by itself. `p_ends` holds
-- for each order how far its sources, items and modifiers go in the arrays.
CREATE FUNCTION orders.place_all(p_orders jsonb[], p_body_hashes bytea[], p_line_ids uuid[], p_source_ids uuid[],
  p_quantities integer[], p_item_ids uuid[], p_modifier_ids uuid[], p_ends integer[]) RETURNS TABLE (outcome text, body text)
LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan AS $$
DECLARE
  s integer := 0;
  i integer := 0;
  m integer := 0;
BEGIN
  FOR n IN 1 .. cardinality(p_orders) LOOP
    SELECT placed.outcome, placed.body INTO outcome, body FROM orders.place(p_orders[n], p_body_hashes[n],
      p_line_ids[s + 1 : p_ends[3 * n - 2]], p_source_ids[s + 1 : p_ends[3 * n - 2]], p_quantities[s + 1 : p_ends[3 * n - 2]],
      p_item_ids[i + 1 : p_ends[3 * n - 1]], p_modifier_ids[m + 1 : p_ends[3 * n]]) placed;
    RETURN NEXT;
    s := p_ends[3 * n - 2];
    i := p_ends[3 * n - 1];
    m := p_ends[3 * n];
  END LOOP;
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
    correlationid text, causationid text, traceparent text, data jsonb)) WITH ORDINALITY
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
