-- Places several orders of any outlets in one transaction: under load they share a round trip, a commit and each
-- statement; so few statements, since each costs as much as an order. An order is placed whole or not at all, and a
-- refusal touches no other; a fault undoes all, and the caller then places each by itself. No two orders of a call have
-- the same key or the same table. `p_keys` are their keys' locks, sorted; `p_outlets` and `p_menu_versions` are in the
-- orders' order; `p_*_of` hold an order's number from 1. `outcome`, in the orders' order, is placed or replayed (`body`
-- is the answer), reused (the key, for another body), stale (the menu's snapshot), sold_out (`body` names what) or no_bill.
-- `stocked` says that it may have changed counted stock.
CREATE OR REPLACE FUNCTION orders.place_all(p orders.placement[], p_lines orders.placement_line[], p_keys text[], p_outlets integer[],
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
