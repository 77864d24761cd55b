-- Places several orders of any outlets in one transaction: under load they share a round trip, a commit and each
-- statement; so few statements, since each costs as much as an order. An order is placed whole or not at all, and a
-- refusal touches no other; a fault undoes all, and the caller then places each by itself. No two orders of a call have
-- the same key or the same table. `p_keys` are their keys' locks, sorted; `p_outlets` and `p_menu_versions` are in the
-- orders' order; `p_*_of` hold an order's number from 1. `outcome`, in the orders' order, is placed or replayed (`body`
-- is the answer), reused (the key, for another body), stale (the menu's snapshot), sold_out (`body` names what), no_bill,
-- no_table, unseated (a guest's session that may not order at its table), full (its bill), too_many or held (beyond a guest's limits).
-- `stocked` says that it may have changed counted stock.
CREATE OR REPLACE FUNCTION orders.place_all(p orders.placement[], p_lines orders.line[], p_keys text[], p_outlets integer[],
  p_menu_versions bigint[], p_source_of integer[], p_source_lines uuid[], p_sources uuid[], p_quantities integer[],
  p_item_of integer[], p_items uuid[], p_modifier_of integer[], p_modifiers uuid[])
RETURNS TABLE (outcome text, body bytea, stocked boolean)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  v_now constant timestamptz := clock_timestamp();
  v_key text;
  v_outcomes text[];            -- of those refused or replayed
  v_bodies bytea[];
  v_days date[];
  v_counted boolean[];
  v_named boolean;              -- does any of them name a bill or a table?
  v_sittings uuid[];            -- who it is for, held open from here on
  v_open uuid[];                -- the bill that was open before
  v_opened uuid[];              -- the table's bill that the order opened
  v_names text[];
  v_held bigint[];
  v_totals bigint[];
  v_refused jsonb;
  v_placing integer[];          -- the outlets of those that are placed
  v_placed uuid[];              -- their orders
  v_numbers integer[];
  v_paths text[];
  v_statuses text[];
  v_expiries timestamptz[];
  v_facts text;                 -- what the answer and the event both begin with
  v_events text[];
  v_paid text;
  v_approvals boolean[];        -- may it be cooked when it is paid?
  v_guests boolean;             -- is any of them a guest's?
  v_each boolean[];             -- does staff look at this very order?
  o orders.placement;
BEGIN
  FOREACH v_key IN ARRAY p_keys LOOP
    v_key := pg_advisory_xact_lock(hashtextextended(v_key, 0))::text;
  END LOOP;

  SELECT array_agg(CASE WHEN i.body_hash = o.body_hash THEN 'replayed' WHEN i.body_hash IS NOT NULL THEN 'reused'
      WHEN m.stale OR s.version IS DISTINCT FROM o.outlet_version THEN 'stale' WHEN m.n IS NOT NULL THEN 'sold_out' END ORDER BY o.ordinality),
    array_agg(coalesce(i.body, convert_to(m.sold_out::text, 'UTF8')) ORDER BY o.ordinality), array_agg(s.day ORDER BY o.ordinality),
    array_agg(c.n IS NOT NULL ORDER BY o.ordinality), bool_or(o.bill_id IS NOT NULL OR o.table_id IS NOT NULL),
    bool_or(o.session_id IS NOT NULL), array_agg(o.approve_each ORDER BY o.ordinality)
  INTO v_outcomes, v_bodies, v_days, v_counted, v_named, v_guests, v_each
  FROM unnest(p) WITH ORDINALITY o
  LEFT JOIN staff.outlets_at(p_outlets, now()) s ON s.outlet_id = o.outlet_id
  LEFT JOIN orders.idempotency i ON i.outlet_id = o.outlet_id AND i.principal = o.principal AND i.route = o.route AND i.key = o.key
  LEFT JOIN menu.check_sales(p_outlets, p_menu_versions, p_item_of, p_items, p_modifier_of, p_modifiers) m ON m.n = o.ordinality
  LEFT JOIN inventory.counted_among(p_outlets, p_source_of, p_sources) c(n) ON c.n = o.ordinality;

  IF v_named THEN
    SELECT * INTO p, v_outcomes, v_sittings, v_names FROM orders.lock_sittings(p, v_now, v_outcomes);
  END IF;
  IF v_guests THEN
    SELECT * INTO v_outcomes, v_each FROM orders.limit_guests(p, v_sittings, v_outcomes);
  END IF;
  IF v_named THEN
    SELECT * INTO v_outcomes, v_open, v_opened, v_held FROM orders.lock_bills(p, v_days, v_now, v_sittings, v_names, v_outcomes);
  END IF;

  FOR n IN 1..cardinality(p) LOOP
    CONTINUE WHEN v_outcomes[n] IS NOT NULL OR NOT v_counted[n];
    IF p[n].session_id IS NOT NULL AND (p[n].payment = 'prepaid' OR p[n].approve OR v_each[n]) AND orders.held_too_much(p, n,
      ARRAY(SELECT s.id FROM unnest(p_source_of, p_sources) s(of, id) WHERE s.of = n),
      ARRAY(SELECT s.quantity FROM unnest(p_source_of, p_quantities) s(of, quantity) WHERE s.of = n))
    THEN
      DELETE FROM orders.bill b WHERE b.outlet_id = p_outlets[n] AND b.id = v_opened[n];
      v_outcomes[n] := 'held';
      CONTINUE;
    END IF;
    -- inventory's own events of this order carry its correlation
    PERFORM set_config('rasoi.correlation_id', p[n].correlation_id, true), set_config('rasoi.traceparent', coalesce(p[n].traceparent, ''), true);
    SELECT inventory.reserve(p_outlets[n], p[n].order_id, array_agg(s.line), array_agg(s.id), array_agg(s.quantity)) INTO v_refused
    FROM unnest(p_source_of, p_source_lines, p_sources, p_quantities) s(of, line, id, quantity) WHERE s.of = n;
    IF v_refused IS NOT NULL THEN
      DELETE FROM orders.bill b WHERE b.outlet_id = p_outlets[n] AND b.id = v_opened[n];
      v_outcomes[n] := 'sold_out';
      v_bodies[n] := convert_to(v_refused->>'sold_out', 'UTF8');
    END IF;
  END LOOP;

  IF v_named THEN
    v_totals := orders.add_to_bills(p, v_outcomes, v_open);
  END IF;
  FOR n IN 1..cardinality(p) LOOP
    v_placing[n] := CASE WHEN v_outcomes[n] IS NULL THEN p_outlets[n] END;
    v_placed[n] := CASE WHEN v_outcomes[n] IS NULL THEN p[n].order_id END;
  END LOOP;
  v_numbers := orders.next_numbers(v_placing, v_days);

  FOR n IN 1..cardinality(p) LOOP
    outcome := coalesce(v_outcomes[n], 'placed');
    stocked := v_counted[n];
    IF v_outcomes[n] IS NULL THEN
      o := p[n];
      v_approvals[n] := NOT v_each[n];
      IF v_approvals[n] AND o.approve THEN  -- a branch of its own, since a query inside an expression costs every order one
        v_approvals[n] := EXISTS (SELECT FROM orders.bill b JOIN orders.orders x ON x.outlet_id = b.outlet_id AND x.bill_id = b.id
          WHERE b.outlet_id = o.outlet_id AND b.sitting_id = v_sittings[n]
            AND x.status NOT IN ('placed', 'rejected', 'expired', 'cancelled'));
      END IF;
      v_paths := CASE WHEN v_approvals[n] THEN o.path ELSE o.path[1:1] END;
      v_statuses[n] := v_paths[cardinality(v_paths)];
      v_expiries[n] := v_now + make_interval(secs => CASE WHEN v_approvals[n] THEN o.expires_after_s ELSE o.approval_timeout_s END);
      v_paid := orders.payment_status(coalesce(v_totals[n], 0), coalesce(v_held[n], 0));
      v_facts := left(json_build_object('bill_id', coalesce(v_open[n], o.new_bill_id), 'number', v_numbers[n],
        'token', o.token_prefix || v_numbers[n], 'status', v_statuses[n], 'business_day', v_days[n], 'placed_at', v_now,
        'expires_at', v_expiries[n], 'payment_status', v_paid)::text, -1) || ',';
      v_events[n] := v_facts || substr(orders.joined(json_build_object(
        'table_id', o.table_id, 'table', v_names[n], 'path', v_paths), o.event), 2);
      v_bodies[n] := convert_to(v_facts || substr(orders.joined(json_build_object(
        'confirmed_at', CASE v_statuses[n] WHEN 'confirmed' THEN v_now END,
        'table', CASE WHEN o.table_id IS NOT NULL THEN json_build_object('id', o.table_id, 'name', v_names[n]) END), o.answer), 2), 'UTF8');
    END IF;
    body := v_bodies[n];
    RETURN NEXT;
  END LOOP;

  INSERT INTO orders.bill (outlet_id, id, type, table_id, table_name, sitting_id, payment, business_day, customer_name, session_ids, net_paise,
    total_paise, opened_at)
  SELECT outlet_id, new_bill_id, type, table_id, v_names[ordinality], v_sittings[ordinality], payment, v_days[ordinality], customer_name,
    array_remove(ARRAY[session_id], NULL), total_paise, orders.rounded(total_paise), v_now
  FROM unnest(p) WITH ORDINALITY WHERE v_outcomes[ordinality] IS NULL AND v_open[ordinality] IS NULL AND v_opened[ordinality] IS NULL;

  INSERT INTO orders.line SELECT l.* FROM unnest(p_lines) l WHERE l.order_id = ANY (v_placed);

  INSERT INTO orders.orders (outlet_id, id, bill_id, session_id, number, token, type, status, table_id, table_name, customer_name,
    note, allergies, business_day, payment, placed_by, subtotal_paise, discount_paise, taxable_paise, taxes, total_paise, menu_version,
    held_courses, placed_at, expires_at, confirmed_at, approved, network)
  SELECT outlet_id, order_id, coalesce(v_open[ordinality], new_bill_id), session_id, v_numbers[ordinality], token_prefix || v_numbers[ordinality],
    type, v_statuses[ordinality], table_id, v_names[ordinality], customer_name, note, allergies, v_days[ordinality], payment, principal, subtotal_paise, discount_paise,
    taxable_paise, taxes, total_paise, menu_version, held_courses, v_now, v_expiries[ordinality],
    CASE v_statuses[ordinality] WHEN 'confirmed' THEN v_now END, v_approvals[ordinality], network
  FROM unnest(p) WITH ORDINALITY WHERE v_outcomes[ordinality] IS NULL;

  INSERT INTO orders.outbox (event_id, type, subject, outlet_id, aggregate_version, correlation_id, traceparent, data)
  SELECT event_id, 'rasoi.order.placed.v1', order_id, outlet_id, 1, correlation_id, traceparent, v_events[ordinality]::json
  FROM unnest(p) WITH ORDINALITY WHERE v_outcomes[ordinality] IS NULL;

  INSERT INTO orders.idempotency (outlet_id, principal, route, key, body_hash, status, body)
  SELECT outlet_id, principal, route, key, body_hash, 201, v_bodies[ordinality]
  FROM unnest(p) WITH ORDINALITY WHERE v_outcomes[ordinality] IS NULL;
END $$;
