--
-- PostgreSQL database dump
--



SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET transaction_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;

--
-- Name: inventory; Type: SCHEMA; Schema: -; Owner: -
--

CREATE SCHEMA inventory;


--
-- Name: kitchen; Type: SCHEMA; Schema: -; Owner: -
--

CREATE SCHEMA kitchen;


--
-- Name: menu; Type: SCHEMA; Schema: -; Owner: -
--

CREATE SCHEMA menu;


--
-- Name: notifications; Type: SCHEMA; Schema: -; Owner: -
--

CREATE SCHEMA notifications;


--
-- Name: offers; Type: SCHEMA; Schema: -; Owner: -
--

CREATE SCHEMA offers;


--
-- Name: orders; Type: SCHEMA; Schema: -; Owner: -
--

CREATE SCHEMA orders;


--
-- Name: payments; Type: SCHEMA; Schema: -; Owner: -
--

CREATE SCHEMA payments;


--
-- Name: platform; Type: SCHEMA; Schema: -; Owner: -
--

CREATE SCHEMA platform;


--
-- Name: reports; Type: SCHEMA; Schema: -; Owner: -
--

CREATE SCHEMA reports;


--
-- Name: staff; Type: SCHEMA; Schema: -; Owner: -
--

CREATE SCHEMA staff;


--
-- Name: placement; Type: TYPE; Schema: orders; Owner: -
--

CREATE TYPE orders.placement AS (
	outlet_id integer,
	order_id uuid,
	bill_id uuid,
	new_bill_id uuid,
	event_id uuid,
	session_id uuid,
	principal text,
	route text,
	key text,
	body_hash bytea,
	correlation_id text,
	traceparent text,
	outlet_version bigint,
	menu_version bigint,
	type text,
	token_prefix text,
	table_id uuid,
	customer_name text,
	note text,
	allergies text[],
	payment text,
	approve boolean,
	approve_each boolean,
	network bytea,
	most_of_phone integer,
	most_at_table integer,
	most_at_address integer,
	most_held_by_phone integer,
	most_held_at_address integer,
	approval_timeout_s integer,
	path text[],
	expires_after_s integer,
	subtotal_paise bigint,
	discount_paise bigint,
	taxable_paise bigint,
	taxes jsonb,
	total_paise bigint,
	held_courses integer[],
	answer text,
	event text
);


--
-- Name: change_levels(integer, uuid[], bigint[], bigint[]); Type: FUNCTION; Schema: inventory; Owner: -
--

CREATE FUNCTION inventory.change_levels(p_outlet integer, p_stocks uuid[], p_on_hand bigint[], p_reserved bigint[]) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'inventory', 'pg_temp'
    AS $$
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
      PERFORM emit_level_events(changed.stock, changed.before, changed.after);
    END IF;
  END LOOP;
END $$;


--
-- Name: consume_reservations(integer, integer); Type: FUNCTION; Schema: inventory; Owner: -
--

CREATE FUNCTION inventory.consume_reservations(p_outlet integer, p_limit integer) RETURNS integer
    LANGUAGE plpgsql
    SET search_path TO 'inventory', 'pg_temp'
    AS $$
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
    WHERE u.outlet_id = p_outlet AND u.consumed_at IS NULL ORDER BY u.id LIMIT p_limit FOR UPDATE OF u SKIP LOCKED) p;
  IF picked IS NULL THEN
    RETURN 0;
  END IF;

  UPDATE usage u SET consumed_at = now(), (stock_ids, quantities_milli) = (
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
  PERFORM change_levels(p_outlet, stocks, used, settled);
  RETURN cardinality(picked);
END $$;


--
-- Name: counted_among(integer[], integer[], uuid[]); Type: FUNCTION; Schema: inventory; Owner: -
--

CREATE FUNCTION inventory.counted_among(p_outlets integer[], p_source_of integer[], p_sources uuid[]) RETURNS SETOF integer
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'inventory', 'pg_temp'
    AS $$
BEGIN
  RETURN QUERY SELECT DISTINCT s.of FROM unnest(p_source_of, p_sources) s(of, id)
  JOIN recipe r ON r.outlet_id = p_outlets[s.of] AND r.source_id = s.id AND r.kind = 'counted';
END $$;


--
-- Name: emit_event(text, integer, uuid, uuid[], uuid[]); Type: FUNCTION; Schema: inventory; Owner: -
--

CREATE FUNCTION inventory.emit_event(p_type text, p_outlet integer, p_stock uuid, p_affected uuid[], p_orders uuid[]) RETURNS void
    LANGUAGE sql
    SET search_path TO 'inventory', 'pg_temp'
    AS $$
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


SET default_tablespace = '';

SET default_table_access_method = heap;

--
-- Name: stock; Type: TABLE; Schema: inventory; Owner: -
--

CREATE TABLE inventory.stock (
    outlet_id integer NOT NULL,
    id uuid DEFAULT uuidv7() NOT NULL,
    code text NOT NULL,
    name text NOT NULL,
    kind text NOT NULL,
    unit text NOT NULL,
    on_hand_milli bigint DEFAULT 0 NOT NULL,
    reserved_milli bigint DEFAULT 0 NOT NULL,
    reorder_level_milli bigint DEFAULT 0 NOT NULL,
    active boolean DEFAULT true NOT NULL,
    version bigint DEFAULT 0 NOT NULL,
    CONSTRAINT stock_kind_check CHECK ((kind = ANY (ARRAY['counted'::text, 'estimated'::text]))),
    CONSTRAINT stock_reorder_level_check CHECK ((reorder_level_milli >= 0)),
    CONSTRAINT stock_reserved_check CHECK (((reserved_milli >= 0) AND ((kind = 'counted'::text) OR (reserved_milli = 0))))
);


--
-- Name: emit_level_events(inventory.stock, bigint, bigint); Type: FUNCTION; Schema: inventory; Owner: -
--

CREATE FUNCTION inventory.emit_level_events(p_stock inventory.stock, p_before bigint, p_after bigint) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'inventory', 'pg_temp'
    AS $$
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
      PERFORM emit_event('depleted', p_stock.outlet_id, p_stock.id, gone, NULL);
    END IF;
    IF p_after < 0 AND p_after < p_before THEN
      PERFORM emit_event('shortage', p_stock.outlet_id, p_stock.id, gone,
        orders_at_risk(p_stock.outlet_id, p_stock.id, p_stock.on_hand_milli));
    END IF;
  END IF;
  IF back IS NOT NULL OR (p_before <= level AND p_after > level) THEN
    PERFORM emit_event('restocked', p_stock.outlet_id, p_stock.id, back, NULL);
  ELSIF NOT depleted AND ((p_before > level AND p_after <= level) OR (p_stock.kind = 'estimated' AND p_before >= 0 AND p_after < 0)) THEN
    PERFORM emit_event('low', p_stock.outlet_id, p_stock.id, NULL, NULL);
  END IF;
END $$;


--
-- Name: holders(integer, uuid[]); Type: FUNCTION; Schema: inventory; Owner: -
--

CREATE FUNCTION inventory.holders(p_outlet integer, p_sources uuid[]) RETURNS SETOF uuid
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'inventory', 'pg_temp'
    AS $$
  SELECT order_id FROM reservation WHERE outlet_id = p_outlet AND state = 'reserved' AND stock_id IN (
    SELECT stock_id FROM recipe WHERE outlet_id = p_outlet AND source_id = ANY (p_sources) AND kind = 'counted')
  GROUP BY order_id ORDER BY max(created_at) DESC
$$;


--
-- Name: orders_at_risk(integer, uuid, bigint); Type: FUNCTION; Schema: inventory; Owner: -
--

CREATE FUNCTION inventory.orders_at_risk(p_outlet integer, p_stock uuid, p_on_hand bigint) RETURNS uuid[]
    LANGUAGE sql STABLE
    SET search_path TO 'inventory', 'pg_temp'
    AS $$
SELECT array_agg(DISTINCT order_id) FROM (
  SELECT order_id, sum(quantity_milli) OVER (ORDER BY created_at, id) AS needed FROM reservation
  WHERE outlet_id = p_outlet AND stock_id = p_stock AND state = 'reserved') r
WHERE needed > p_on_hand
$$;


--
-- Name: portions_with(integer, uuid[], uuid[], integer[]); Type: FUNCTION; Schema: inventory; Owner: -
--

CREATE FUNCTION inventory.portions_with(p_outlet integer, p_orders uuid[], p_sources uuid[], p_quantities integer[]) RETURNS bigint
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'inventory', 'pg_temp'
    AS $$
  SELECT ceil((coalesce((SELECT sum(quantity_milli) FROM reservation
      WHERE outlet_id = p_outlet AND order_id = ANY (p_orders) AND state = 'reserved'), 0)
    + coalesce((SELECT sum(r.quantity_milli * w.quantity) FROM unnest(p_sources, p_quantities) AS w(source_id, quantity)
      JOIN recipe r ON r.outlet_id = p_outlet AND r.source_id = w.source_id AND r.kind = 'counted'), 0)) / 1000.0)::bigint
$$;


--
-- Name: refuse_change(); Type: FUNCTION; Schema: inventory; Owner: -
--

CREATE FUNCTION inventory.refuse_change() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
  RAISE EXCEPTION 'a movement of stock is never changed; add another';
END $$;


--
-- Name: release(integer, uuid); Type: FUNCTION; Schema: inventory; Owner: -
--

CREATE FUNCTION inventory.release(p_outlet integer, p_order uuid) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'inventory', 'pg_temp'
    AS $$
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
    PERFORM change_levels(p_outlet, stocks, array_fill(0::bigint, ARRAY[cardinality(stocks)]), deltas);
  END IF;
END $$;


--
-- Name: release_part(integer, uuid, uuid, integer, integer); Type: FUNCTION; Schema: inventory; Owner: -
--

CREATE FUNCTION inventory.release_part(p_outlet integer, p_order uuid, p_line uuid, p_quantity integer, p_of integer) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'inventory', 'pg_temp'
    AS $$
DECLARE
  stocks uuid[];
  deltas bigint[];
BEGIN
  SELECT array_agg(stock_id) INTO stocks FROM reservation
  WHERE outlet_id = p_outlet AND order_id = p_order AND line_id = p_line AND state = 'reserved';
  IF stocks IS NULL OR EXISTS (SELECT FROM usage WHERE outlet_id = p_outlet AND order_id = p_order AND line_id = p_line)
  THEN
    RETURN;
  END IF;
  PERFORM FROM stock WHERE outlet_id = p_outlet AND id = ANY (stocks) ORDER BY id FOR UPDATE;
  WITH given AS (
    UPDATE reservation SET quantity_milli = CASE WHEN p_quantity < p_of THEN quantity_milli - quantity_milli / p_of * p_quantity
        ELSE quantity_milli END,
      state = CASE WHEN p_quantity < p_of THEN state ELSE 'released' END,
      settled_at = CASE WHEN p_quantity < p_of THEN settled_at ELSE now() END
    WHERE outlet_id = p_outlet AND order_id = p_order AND line_id = p_line AND state = 'reserved'
    RETURNING stock_id, old.quantity_milli / p_of * p_quantity AS quantity
  )
  SELECT array_agg(stock_id), array_agg(-quantity) INTO stocks, deltas FROM given;
  IF stocks IS NOT NULL THEN
    PERFORM change_levels(p_outlet, stocks, array_fill(0::bigint, ARRAY[cardinality(stocks)]), deltas);
  END IF;
END $$;


--
-- Name: reserve(integer, uuid, uuid[], uuid[], integer[]); Type: FUNCTION; Schema: inventory; Owner: -
--

CREATE FUNCTION inventory.reserve(p_outlet integer, p_order uuid, p_lines uuid[], p_sources uuid[], p_quantities integer[]) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'inventory', 'pg_temp'
    AS $$
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
  PERFORM change_levels(p_outlet, stocks, array_fill(0::bigint, ARRAY[cardinality(stocks)]), deltas);
  RETURN NULL;
END $$;


--
-- Name: short_of(integer, uuid[], uuid[], integer[]); Type: FUNCTION; Schema: inventory; Owner: -
--

CREATE FUNCTION inventory.short_of(p_outlet integer, p_orders uuid[], p_sources uuid[], p_quantities integer[]) RETURNS TABLE(order_id uuid, source_id uuid, available bigint)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'inventory', 'pg_temp'
    AS $$
  WITH need AS (
    SELECT w.order_id, w.source_id, r.stock_id, r.quantity_milli AS each_milli,
      sum(r.quantity_milli * w.quantity) OVER (PARTITION BY w.order_id, r.stock_id) AS whole_milli
    FROM unnest(p_orders, p_sources, p_quantities) AS w(order_id, source_id, quantity)
    JOIN recipe r ON r.outlet_id = p_outlet AND r.source_id = w.source_id AND r.kind = 'counted')
  SELECT n.order_id, n.source_id, min(greatest(s.on_hand_milli - s.reserved_milli, 0) / n.each_milli)::bigint
  FROM need n JOIN stock s ON s.outlet_id = p_outlet AND s.id = n.stock_id
  WHERE n.whole_milli > greatest(s.on_hand_milli - s.reserved_milli, 0) GROUP BY n.order_id, n.source_id
$$;


--
-- Name: checksum(uuid, bigint); Type: FUNCTION; Schema: kitchen; Owner: -
--

CREATE FUNCTION kitchen.checksum(p_ticket uuid, p_version bigint) RETURNS bigint
    LANGUAGE sql STABLE
    AS $$ SELECT crc32(convert_to(p_ticket || ':' || p_version, 'UTF8')) $$;


--
-- Name: handle_orders(uuid[], integer[], jsonb[], timestamp with time zone[], text[], text[]); Type: FUNCTION; Schema: kitchen; Owner: -
--

CREATE FUNCTION kitchen.handle_orders(p_ids uuid[], p_outlets integer[], p_orders jsonb[], p_times timestamp with time zone[], p_correlations text[], p_traceparents text[]) RETURNS void
    LANGUAGE sql
    AS $$
  INSERT INTO kitchen.inbox (log, event_id) SELECT 'orders', unnest(p_ids) ON CONFLICT DO NOTHING;
  SELECT kitchen.open_tickets(p_outlets, p_orders, p_times, p_correlations, p_ids, p_traceparents);
$$;


--
-- Name: item_states(integer, uuid); Type: FUNCTION; Schema: kitchen; Owner: -
--

CREATE FUNCTION kitchen.item_states(p_outlet integer, p_ticket uuid) RETURNS jsonb
    LANGUAGE sql STABLE
    AS $$
  SELECT jsonb_agg(jsonb_build_object(
    'id', i.id, 'line_id', i.line_id, 'name', i.name, 'variant', i.variant, 'quantity', i.quantity,
    'modifiers', i.modifiers, 'note', i.note, 'allergens', i.allergens, 'allergies', i.allergies, 'state', i.state,
    'acknowledged', i.acknowledged) ORDER BY i.position, i.id)
  FROM kitchen.ticket_item i WHERE i.outlet_id = p_outlet AND i.ticket_id = p_ticket
$$;


--
-- Name: load(integer, uuid[], uuid[], uuid[], uuid[]); Type: FUNCTION; Schema: kitchen; Owner: -
--

CREATE FUNCTION kitchen.load(p_outlet integer, p_orders uuid[], p_tickets uuid[], p_items uuid[], p_actions uuid[]) RETURNS jsonb
    LANGUAGE plpgsql
    AS $$
DECLARE v_orders uuid[];
BEGIN
  SELECT array_agg(DISTINCT o) INTO v_orders FROM (
    SELECT unnest(p_orders) UNION ALL
    SELECT order_id FROM kitchen.ticket WHERE outlet_id = p_outlet AND id = ANY (p_tickets) UNION ALL
    SELECT t.order_id FROM kitchen.ticket_item i JOIN kitchen.ticket t ON t.outlet_id = p_outlet AND t.id = i.ticket_id
      WHERE i.outlet_id = p_outlet AND i.id = ANY (p_items)) AS named (o);
  PERFORM kitchen.lock_outlets(ARRAY[p_outlet]);
  RETURN jsonb_build_object(
    'at', clock_timestamp(),
    'boards', (SELECT coalesce(jsonb_agg(jsonb_build_object('station', station, 'sequence', sequence, 'hash', hash)), '[]')
      FROM kitchen.board WHERE outlet_id = p_outlet AND station IN (
        SELECT station FROM kitchen.ticket WHERE outlet_id = p_outlet AND order_id = ANY (v_orders))),
    'tickets', (SELECT coalesce(jsonb_agg(
        kitchen.ticket_state(t, kitchen.item_states(p_outlet, t.id)) ORDER BY t.course, t.station), '[]')
      FROM kitchen.ticket t WHERE t.outlet_id = p_outlet AND t.order_id = ANY (v_orders)),
    'paid_orders', (SELECT coalesce(jsonb_agg(DISTINCT t.order_id), '[]')
      FROM kitchen.ticket t JOIN kitchen.bill b ON b.outlet_id = p_outlet AND b.bill_id = t.bill_id AND b.paid
      WHERE t.outlet_id = p_outlet AND t.order_id = ANY (v_orders)),
    'closed_orders', (SELECT coalesce(jsonb_agg(DISTINCT t.order_id), '[]')
      FROM kitchen.ticket t JOIN kitchen.bill b ON b.outlet_id = p_outlet AND b.bill_id = t.bill_id AND b.closed
      WHERE t.outlet_id = p_outlet AND t.order_id = ANY (v_orders)),
    'done', (SELECT coalesce(jsonb_agg(jsonb_build_object('action_id', action_id, 'applied', applied, 'reason', reason,
        'ticket_id', ticket_id)), '[]')
      FROM kitchen.action WHERE outlet_id = p_outlet AND action_id = ANY (p_actions)),
    'answers', (SELECT coalesce(jsonb_object_agg(order_id, version), '{}')
      FROM kitchen.cancel_answer WHERE outlet_id = p_outlet AND order_id = ANY (v_orders)));
END $$;


--
-- Name: lock_outlets(integer[]); Type: FUNCTION; Schema: kitchen; Owner: -
--

CREATE FUNCTION kitchen.lock_outlets(p_outlets integer[]) RETURNS void
    LANGUAGE plpgsql
    AS $$
DECLARE
  v_outlet integer;
  v_key bigint;
  v_done text;
BEGIN
  FOREACH v_outlet IN ARRAY p_outlets LOOP
    v_key := hashtextextended('kitchen.board', v_outlet);
    IF coalesce(current_setting('rasoi.kitchen_locked', true), '') = '' THEN
      v_done := pg_advisory_xact_lock(v_key)::text;
      v_done := set_config('rasoi.kitchen_locked', 'yes', true);
    ELSIF NOT pg_try_advisory_xact_lock(v_key) THEN
      RAISE lock_not_available USING MESSAGE = 'another transaction is changing the boards of outlet ' || v_outlet;
    END IF;
  END LOOP;
END $$;


--
-- Name: open_tickets(integer[], jsonb[], timestamp with time zone[], text[], uuid[], text[]); Type: FUNCTION; Schema: kitchen; Owner: -
--

CREATE FUNCTION kitchen.open_tickets(p_outlets integer[], p_orders jsonb[], p_times timestamp with time zone[], p_correlations text[], p_causations uuid[], p_traceparents text[]) RETURNS bigint
    LANGUAGE plpgsql
    AS $$
DECLARE
  v_done text := kitchen.lock_outlets(p_outlets)::text;
  v_opened bigint;
BEGIN
  INSERT INTO kitchen.board (outlet_id, station, name)
  SELECT DISTINCT e.outlet, l ->> 'station', initcap(replace(l ->> 'station', '_', ' '))
  FROM unnest(p_outlets, p_orders) AS e (outlet, state), jsonb_array_elements(e.state -> 'lines') AS l
  WHERE e.state ->> 'status' = 'confirmed' AND coalesce(l ->> 'status', 'active') = 'active'
    AND NOT EXISTS (SELECT FROM kitchen.board b WHERE b.outlet_id = e.outlet AND b.station = l ->> 'station')
  ORDER BY 1, 2 ON CONFLICT (outlet_id, station) DO NOTHING;

  WITH asked AS MATERIALIZED (
    SELECT DISTINCT ON (e.outlet, order_id) e.*, (e.state ->> 'order_id')::uuid AS order_id, (e.state ->> 'bill_id')::uuid AS bill_id,
      coalesce(b.paid, e.state ->> 'payment_status' IN ('paid', 'overpaid', 'partly_refunded', 'refunded'), false) AS paid
    FROM unnest(p_outlets, p_orders, p_times, p_correlations, p_causations, p_traceparents) WITH ORDINALITY
      AS e (outlet, state, at, correlation, causation, traceparent, n)
    LEFT JOIN kitchen.bill b ON b.outlet_id = e.outlet AND b.bill_id = (e.state ->> 'bill_id')::uuid AND b.paid_known_at > e.at
    WHERE e.state ->> 'status' = 'confirmed' AND NOT EXISTS (
      SELECT FROM kitchen.ticket t WHERE t.outlet_id = e.outlet AND t.order_id = (e.state ->> 'order_id')::uuid)
    ORDER BY e.outlet, order_id, e.n
  ), line AS MATERIALIZED (
    SELECT a.n, l, ordinality::integer AS position, uuidv7() AS item_id,
      coalesce((l ->> 'course')::integer, 1) AS course, l ->> 'station' AS station
    FROM asked a, jsonb_array_elements(a.state -> 'lines') WITH ORDINALITY AS x (l, ordinality)
    WHERE coalesce(l ->> 'status', 'active') = 'active'
  ), share AS MATERIALIZED (
    SELECT s.*, uuidv7() AS ticket_id,
      CASE WHEN coalesce(a.state -> 'held_courses', '[]') @> to_jsonb(s.course) THEN 'held' ELSE 'queued' END AS state
    FROM (SELECT DISTINCT n, course, station FROM line) AS s JOIN asked a ON a.n = s.n
  ), opened AS (
    INSERT INTO kitchen.ticket (outlet_id, id, number, station, course, order_id, bill_id, order_number, token, type,
      table_name, note, allergies, state, visible, at_pass, seen, paid, placed_at, fired_at, other_stations)
    SELECT a.outlet, s.ticket_id, b.last_number + row_number() OVER (PARTITION BY a.outlet, s.station ORDER BY a.n, s.course),
      s.station, s.course, a.order_id, a.bill_id, (a.state ->> 'number')::integer, a.state ->> 'token', a.state ->> 'type',
      a.state ->> 'table', a.state ->> 'note',
      ARRAY(SELECT jsonb_array_elements_text(coalesce(a.state -> 'allergies', '[]'))), s.state, true, true, s.state = 'held', a.paid,
      (a.state ->> 'placed_at')::timestamptz,
      CASE s.state WHEN 'queued' THEN clock_timestamp() END,
      (SELECT coalesce(jsonb_agg(jsonb_build_object('station', o.station, 'state', o.state) ORDER BY o.station), '[]')
        FROM share o WHERE o.n = s.n AND o.course = s.course AND o.station <> s.station)
    FROM share s JOIN asked a ON a.n = s.n JOIN kitchen.board b ON b.outlet_id = a.outlet AND b.station = s.station
    RETURNING *
  ), item AS (
    INSERT INTO kitchen.ticket_item (outlet_id, id, ticket_id, position, line_id, name, variant, quantity, modifiers,
      note, allergens, allergies, state)
    SELECT a.outlet, line.item_id, s.ticket_id, line.position, (l ->> 'id')::uuid, l ->> 'name', l ->> 'variant',
      (l ->> 'quantity')::integer, ARRAY(SELECT m ->> 'name' FROM jsonb_array_elements(coalesce(l -> 'modifiers', '[]')) m),
      l ->> 'note', ARRAY(SELECT jsonb_array_elements_text(coalesce(l -> 'allergens', '[]'))),
      ARRAY(SELECT jsonb_array_elements_text(coalesce(l -> 'allergies', '[]'))), s.state
    FROM line JOIN share s ON s.n = line.n AND s.course = line.course AND s.station = line.station JOIN asked a ON a.n = line.n
    RETURNING *
  ), shown AS (
    SELECT i.ticket_id, jsonb_agg(jsonb_build_object(
      'id', i.id, 'line_id', i.line_id, 'name', i.name, 'variant', i.variant, 'quantity', i.quantity,
      'modifiers', i.modifiers, 'note', i.note, 'allergens', i.allergens, 'allergies', i.allergies, 'state', i.state,
      'acknowledged', i.acknowledged) ORDER BY i.position) AS items,
      jsonb_agg(i.id ORDER BY i.position) AS ids
    FROM item i GROUP BY i.ticket_id
  ), step AS MATERIALIZED (
    SELECT s.n, t.outlet_id, t.station, t.course, row_number() OVER w AS opened, row_number() OVER w + b.sequence AS sequence,
      (b.hash + sum(kitchen.checksum(t.id, t.version)) OVER w)::bigint % 4294967296 AS hash,
      kitchen.ticket_state(t::kitchen.ticket, shown.items) AS ticket, shown.ids
    FROM opened t JOIN shown ON shown.ticket_id = t.id JOIN share s ON s.ticket_id = t.id
      JOIN kitchen.board b ON b.outlet_id = t.outlet_id AND b.station = t.station
    WINDOW w AS (PARTITION BY t.outlet_id, t.station ORDER BY s.n, t.course)
  ), logged AS (
    INSERT INTO kitchen.outbox (event_id, type, subject, outlet_id, aggregate_version, correlation_id, causation_id,
      traceparent, data)
    SELECT uuidv7(), 'rasoi.kitchen.ticket_opened.v1', outlet_id || ':' || station, outlet_id, sequence, a.correlation,
      a.causation, a.traceparent, json_build_object('sequence', sequence, 'hash', hash, 'ticket', ticket,
        'action', 'open', 'action_id', NULL, 'by', NULL, 'changed_items', ids)
    FROM step JOIN asked a USING (n) ORDER BY n, station, course
  ), moved AS (
    UPDATE kitchen.board b SET sequence = last.sequence, hash = last.hash, last_number = b.last_number + last.opened
    FROM (SELECT DISTINCT ON (outlet_id, station) * FROM step ORDER BY outlet_id, station, opened DESC) AS last
    WHERE b.outlet_id = last.outlet_id AND b.station = last.station
  )
  SELECT count(*) INTO v_opened FROM opened;
  RETURN v_opened;
END $$;


--
-- Name: stage_of(integer, uuid, uuid); Type: FUNCTION; Schema: kitchen; Owner: -
--

CREATE FUNCTION kitchen.stage_of(p_outlet integer, p_order uuid, p_line uuid) RETURNS text
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'kitchen', 'pg_temp'
    AS $$
  SELECT i.state FROM ticket t JOIN ticket_item i ON i.outlet_id = t.outlet_id AND i.ticket_id = t.id
  WHERE t.outlet_id = p_outlet AND t.order_id = p_order AND i.line_id = p_line AND i.state <> 'voided'
$$;


--
-- Name: ticket; Type: TABLE; Schema: kitchen; Owner: -
--

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
    rush boolean DEFAULT false NOT NULL,
    paid boolean DEFAULT false NOT NULL,
    cancel_requested boolean DEFAULT false NOT NULL,
    placed_at timestamp(6) with time zone NOT NULL,
    fired_at timestamp(6) with time zone,
    ready_at timestamp(6) with time zone,
    other_stations jsonb DEFAULT '[]'::jsonb NOT NULL,
    version bigint DEFAULT 1 NOT NULL,
    at_pass boolean NOT NULL,
    seen boolean DEFAULT false NOT NULL,
    cleared boolean DEFAULT false NOT NULL,
    cancel_decider text,
    served_at timestamp(6) with time zone,
    allergies text[] DEFAULT '{}'::text[] NOT NULL,
    CONSTRAINT ticket_at_pass CHECK ((at_pass OR (state <> ALL (ARRAY['held'::text, 'queued'::text, 'cooking'::text, 'ready'::text])))),
    CONSTRAINT ticket_cancel_decider CHECK (
CASE
    WHEN cancel_requested THEN (cancel_decider = ANY (ARRAY['kitchen'::text, 'floor'::text]))
    ELSE (cancel_decider IS NULL)
END),
    CONSTRAINT ticket_state CHECK ((state = ANY (ARRAY['held'::text, 'queued'::text, 'cooking'::text, 'ready'::text, 'served'::text, 'voided'::text]))),
    CONSTRAINT ticket_visible CHECK ((visible OR (state <> ALL (ARRAY['held'::text, 'queued'::text, 'cooking'::text]))))
);


--
-- Name: ticket_state(kitchen.ticket, jsonb); Type: FUNCTION; Schema: kitchen; Owner: -
--

CREATE FUNCTION kitchen.ticket_state(t kitchen.ticket, p_items jsonb) RETURNS jsonb
    LANGUAGE sql STABLE
    AS $$
  SELECT jsonb_build_object(
    'id', t.id, 'number', t.number, 'station', t.station, 'order_id', t.order_id, 'order_number', t.order_number,
    'token', t.token, 'type', t.type, 'table', t.table_name, 'course', t.course, 'state', t.state, 'rush', t.rush,
    'paid', t.paid, 'note', t.note, 'allergies', t.allergies, 'placed_at', t.placed_at, 'fired_at', t.fired_at, 'ready_at', t.ready_at,
    'served_at', t.served_at, 'cancel_requested', t.cancel_requested, 'cancel_decider', t.cancel_decider, 'seen', t.seen,
    'cleared', t.cleared, 'version', t.version, 'items', p_items, 'other_stations', t.other_stations)
$$;


--
-- Name: check_sales(integer[], bigint[], integer[], uuid[], integer[], uuid[]); Type: FUNCTION; Schema: menu; Owner: -
--

CREATE FUNCTION menu.check_sales(p_outlets integer[], p_versions bigint[], p_item_of integer[], p_items uuid[], p_modifier_of integer[], p_modifiers uuid[]) RETURNS TABLE(n integer, stale boolean, sold_out jsonb)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'menu', 'pg_temp'
    AS $$
BEGIN
  RETURN QUERY SELECT s.at::integer, m.outlet_id IS NULL, x.sold_out
  FROM unnest(p_outlets, p_versions) WITH ORDINALITY s(outlet, version, at)
  LEFT JOIN outlet_menu m ON m.outlet_id = s.outlet AND m.version = s.version
  LEFT JOIN (SELECT u.of, jsonb_agg(jsonb_build_object('item_id', u.id, 'name', u.name)) AS sold_out FROM (
      SELECT s.of, i.id, i.name FROM unnest(p_item_of, p_items) s(of, id)
      JOIN item i ON i.outlet_id = p_outlets[s.of] AND i.id = s.id AND (NOT i.active OR NOT i.available OR i.stock_out)
      UNION ALL
      SELECT s.of, m.id, m.name FROM unnest(p_modifier_of, p_modifiers) s(of, id)
      JOIN modifier m ON m.outlet_id = p_outlets[s.of] AND m.id = s.id AND (NOT m.active OR NOT m.available OR m.stock_out)
    ) u GROUP BY u.of) x ON x.of = s.at
  WHERE m.outlet_id IS NULL OR x.of IS NOT NULL;
END $$;


--
-- Name: not_sold(integer, uuid[]); Type: FUNCTION; Schema: menu; Owner: -
--

CREATE FUNCTION menu.not_sold(p_outlet integer, p_sources uuid[]) RETURNS jsonb
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'menu', 'pg_temp'
    AS $$
  SELECT jsonb_agg(jsonb_build_object('source_id', s.id) ORDER BY s.id) FROM (SELECT DISTINCT unnest(p_sources) AS id) s
  WHERE NOT EXISTS (SELECT FROM variant v JOIN item i ON i.outlet_id = v.outlet_id AND i.id = v.item_id
      WHERE v.outlet_id = p_outlet AND v.id = s.id AND v.active AND i.active AND i.available)
    AND NOT EXISTS (SELECT FROM modifier m WHERE m.outlet_id = p_outlet AND m.id = s.id AND m.active AND m.available) $$;


--
-- Name: read_snapshot(integer); Type: FUNCTION; Schema: menu; Owner: -
--

CREATE FUNCTION menu.read_snapshot(p_outlet integer) RETURNS jsonb
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'menu', 'pg_temp'
    AS $$
SELECT jsonb_build_object(
  'version', coalesce((SELECT version FROM outlet_menu WHERE outlet_id = p_outlet), 0),
  'revision', coalesce((SELECT revision FROM outlet_menu WHERE outlet_id = p_outlet), 0),
  'stations', (
    SELECT coalesce(jsonb_agg(jsonb_build_object('code', code, 'name', name) ORDER BY position, code), '[]')
    FROM station WHERE outlet_id = p_outlet AND active),
  'tax_classes', (
    SELECT coalesce(jsonb_object_agg(t.code, jsonb_build_object('code', t.code, 'version', t.version, 'name', t.name,
      'inclusive', t.inclusive, 'components', t.components)), '{}')
    FROM (SELECT DISTINCT ON (code) * FROM tax_class WHERE outlet_id = p_outlet ORDER BY code, version DESC) t),
  'groups', (
    SELECT coalesce(jsonb_agg(jsonb_build_object('id', g.id, 'name', g.name, 'min', g.min, 'max', g.max, 'modifiers', (
      SELECT coalesce(jsonb_agg(jsonb_build_object('id', m.id, 'name', m.name, 'price_paise', m.price_paise,
        'available', m.available AND NOT m.stock_out) ORDER BY m.position, m.id), '[]')
      FROM modifier m WHERE m.outlet_id = p_outlet AND m.group_id = g.id AND m.active))), '[]')
    FROM modifier_group g WHERE g.outlet_id = p_outlet AND g.active),
  'categories', (
    SELECT coalesce(jsonb_agg(jsonb_build_object('id', c.id, 'code', c.code, 'name', c.name, 'name_hi', c.name_hi)
      ORDER BY c.position, c.id), '[]')
    FROM category c WHERE c.outlet_id = p_outlet AND c.active),
  'items', (
    SELECT coalesce(jsonb_agg(jsonb_build_object('id', i.id, 'code', i.code, 'category_id', i.category_id, 'name', i.name,
      'name_hi', i.name_hi, 'description', i.description, 'diet', i.diet, 'allergens', i.allergens,
      'station', i.station, 'tax_code', i.tax_code, 'available', menu.sellable(i),
      'stock_out', i.stock_out,
      'groups', (
        SELECT coalesce(jsonb_agg(l.group_id ORDER BY l.position, l.group_id), '[]')
        FROM item_modifier_group l JOIN modifier_group g ON (g.outlet_id, g.id) = (l.outlet_id, l.group_id)
        WHERE l.outlet_id = p_outlet AND l.item_id = i.id AND g.active),
      'variants', v.variants) ORDER BY i.position, i.id), '[]')
    FROM item i JOIN category c ON (c.outlet_id, c.id) = (i.outlet_id, i.category_id),
    LATERAL (
      SELECT jsonb_agg(jsonb_build_object('id', id, 'name', name, 'price_paise', price_paise) ORDER BY position, id) AS variants
      FROM variant WHERE outlet_id = p_outlet AND item_id = i.id AND active) v
    WHERE i.outlet_id = p_outlet AND i.active AND c.active AND v.variants IS NOT NULL)
) $$;


--
-- Name: read_sources(integer); Type: FUNCTION; Schema: menu; Owner: -
--

CREATE FUNCTION menu.read_sources(p_outlet integer) RETURNS TABLE(code text, source_id uuid, item_id uuid)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'menu', 'pg_temp'
    AS $$
SELECT i.code || '/' || v.code, v.id, i.id FROM variant v JOIN item i ON (i.outlet_id, i.id) = (v.outlet_id, v.item_id)
WHERE v.outlet_id = p_outlet AND v.active AND i.active
UNION ALL
SELECT '+' || g.code || '/' || m.code, m.id, NULL FROM modifier m
JOIN modifier_group g ON (g.outlet_id, g.id) = (m.outlet_id, m.group_id)
WHERE m.outlet_id = p_outlet AND m.active AND g.active
$$;


--
-- Name: refuse_change(); Type: FUNCTION; Schema: menu; Owner: -
--

CREATE FUNCTION menu.refuse_change() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
  RAISE EXCEPTION 'a version of a tax class is never changed; add another';
END $$;


--
-- Name: item; Type: TABLE; Schema: menu; Owner: -
--

CREATE TABLE menu.item (
    outlet_id integer NOT NULL,
    id uuid DEFAULT uuidv7() NOT NULL,
    code text NOT NULL,
    category_id uuid NOT NULL,
    name text NOT NULL,
    name_hi text,
    description text DEFAULT ''::text NOT NULL,
    diet text NOT NULL,
    allergens text[] DEFAULT '{}'::text[] NOT NULL,
    station text NOT NULL,
    tax_code text NOT NULL,
    "position" integer DEFAULT 0 NOT NULL,
    active boolean DEFAULT true NOT NULL,
    available boolean DEFAULT true NOT NULL,
    stock_out boolean DEFAULT false NOT NULL,
    version bigint DEFAULT 0 NOT NULL,
    CONSTRAINT item_diet_check CHECK ((diet = ANY (ARRAY['veg'::text, 'non_veg'::text, 'egg'::text])))
);


--
-- Name: sellable(menu.item); Type: FUNCTION; Schema: menu; Owner: -
--

CREATE FUNCTION menu.sellable(i menu.item) RETURNS boolean
    LANGUAGE sql STABLE
    AS $$
  SELECT i.available AND NOT i.stock_out AND NOT EXISTS (
    SELECT FROM menu.item_modifier_group l JOIN menu.modifier_group g ON (g.outlet_id, g.id) = (l.outlet_id, l.group_id)
    WHERE l.outlet_id = i.outlet_id AND l.item_id = i.id AND g.active AND g.min > (
      SELECT count(*) FROM menu.modifier m
      WHERE m.outlet_id = g.outlet_id AND m.group_id = g.id AND m.active AND m.available AND NOT m.stock_out))
$$;


--
-- Name: tax_codes(integer, text[], integer[]); Type: FUNCTION; Schema: menu; Owner: -
--

CREATE FUNCTION menu.tax_codes(p_outlet integer, p_codes text[], p_versions integer[]) RETURNS text[]
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'menu', 'pg_temp'
    AS $$
  SELECT array_agg(t.hsn ORDER BY asked.n) FROM unnest(p_codes, p_versions) WITH ORDINALITY asked(code, version, n)
  LEFT JOIN tax_class t ON t.outlet_id = p_outlet AND t.code = asked.code AND t.version = asked.version $$;


--
-- Name: read_snapshot(integer); Type: FUNCTION; Schema: offers; Owner: -
--

CREATE FUNCTION offers.read_snapshot(p_outlet integer) RETURNS jsonb
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'offers', 'pg_temp'
    AS $$
SELECT jsonb_build_object('read_at', clock_timestamp(), 'offers', (
  SELECT coalesce(jsonb_agg(jsonb_build_object('id', id, 'terms', terms) ORDER BY id), '[]')
  FROM offer WHERE outlet_id = p_outlet AND NOT paused AND ended_at IS NULL)) $$;


--
-- Name: add_to_bills(orders.placement[], text[], uuid[]); Type: FUNCTION; Schema: orders; Owner: -
--

CREATE FUNCTION orders.add_to_bills(p orders.placement[], p_outcomes text[], p_open uuid[]) RETURNS bigint[]
    LANGUAGE sql
    AS $$
  WITH added AS (
    SELECT o.outlet_id, p_open[o.ordinality] AS id, sum(o.total_paise)::bigint AS total, array_agg(o.session_id) AS sessions
    FROM unnest(p) WITH ORDINALITY o WHERE p_outcomes[o.ordinality] IS NULL AND p_open[o.ordinality] IS NOT NULL GROUP BY 1, 2
  ), written AS (
    UPDATE orders.bill b SET net_paise = b.net_paise + a.total, total_paise = orders.rounded(b.net_paise + a.total),
      session_ids = b.session_ids || ARRAY(SELECT DISTINCT s FROM unnest(a.sessions) s WHERE s IS NOT NULL AND s <> ALL (b.session_ids))
    FROM added a WHERE b.outlet_id = a.outlet_id AND b.id = a.id RETURNING b.id, b.total_paise
  ) SELECT array_agg(w.total_paise ORDER BY n) FROM generate_subscripts(p, 1) n LEFT JOIN written w ON w.id = p_open[n]
$$;


--
-- Name: begin_documents(integer, text[], text[], integer[]); Type: FUNCTION; Schema: orders; Owner: -
--

CREATE FUNCTION orders.begin_documents(p_outlet integer, p_kinds text[], p_codes text[], p_versions integer[]) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'orders', 'pg_temp'
    AS $$
DECLARE
  v_now constant timestamptz := clock_timestamp();
  v_outlet constant jsonb := staff.read_outlet(p_outlet);
  v_gstin constant text := CASE v_outlet->>'gst_regime' WHEN 'none' THEN '' ELSE coalesce(v_outlet->>'gstin', '') END;
  v_year constant integer := orders.financial_year(v_now, v_outlet->>'timezone');
  v_sale constant text := CASE v_outlet->>'gst_regime' WHEN 'regular' THEN 'tax_invoice'
    WHEN 'composition' THEN 'bill_of_supply' ELSE 'receipt' END;
  v_kind text;
  v_series orders.document_series;
  v_places jsonb := '[]';
  v_issued_at timestamptz;
BEGIN
  -- in one order, so that no two transactions wait for each other
  FOR v_kind IN SELECT CASE kind WHEN 'sale' THEN v_sale ELSE kind END AS k FROM unnest(p_kinds) kind ORDER BY k LOOP
    INSERT INTO document_series (outlet_id, gstin, kind, financial_year, last_hash)
    VALUES (p_outlet, v_gstin, v_kind, v_year, decode(repeat('00', 32), 'hex')) ON CONFLICT DO NOTHING;
    SELECT * INTO STRICT v_series FROM document_series
    WHERE outlet_id = p_outlet AND gstin = v_gstin AND kind = v_kind AND financial_year = v_year FOR UPDATE;
    v_issued_at := greatest(v_now, v_series.last_issued_at);
    v_places := v_places || jsonb_build_object('kind', v_kind, 'gstin', v_gstin, 'financial_year', v_year,
      'sequence', v_series.last_number + 1, 'previous_hash', encode(v_series.last_hash, 'hex'), 'issued_at', v_issued_at,
      'business_day', staff.business_day_at(p_outlet, v_issued_at));
  END LOOP;
  PERFORM staff.hold_days(p_outlet, ARRAY(SELECT (place->>'business_day')::date FROM jsonb_array_elements(v_places) place));
  RETURN jsonb_build_object('outlet', v_outlet, 'places', v_places,
    'hsn', coalesce(to_jsonb(menu.tax_codes(p_outlet, p_codes, p_versions)), '[]'));
END $$;


--
-- Name: day_figures(integer, date); Type: FUNCTION; Schema: orders; Owner: -
--

CREATE FUNCTION orders.day_figures(p_outlet integer, p_day date) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'orders', 'pg_temp'
    AS $$
DECLARE
  v_found jsonb;
BEGIN
  INSERT INTO orders.day_counter (outlet_id, business_day, last_number) VALUES (p_outlet, p_day, 0)
  ON CONFLICT (outlet_id, business_day) DO NOTHING;
  PERFORM FROM orders.day_counter WHERE outlet_id = p_outlet AND business_day = p_day FOR UPDATE;
  -- a day's documents bear its date, the next one's, or, after an early lock, the one's before
  WITH paper AS MATERIALIZED (
    SELECT kind, sequence, number, taxable_paise, total_paise, body::jsonb AS body FROM orders.document
    WHERE outlet_id = p_outlet AND business_day = p_day AND issued_on BETWEEN p_day - 1 AND p_day + 1
  ), sold AS (
    SELECT * FROM orders.orders WHERE outlet_id = p_outlet AND business_day = p_day
  )
  SELECT jsonb_build_object(
    'documents', coalesce((SELECT jsonb_agg(to_jsonb(d) ORDER BY d.kind) FROM (
      SELECT kind, count(*) AS count, (array_agg(number ORDER BY sequence))[1] AS first_number,
        (array_agg(number ORDER BY sequence DESC))[1] AS last_number, sum(taxable_paise)::bigint AS taxable_paise,
        sum(total_paise)::bigint AS total_paise, sum((body->>'discount_paise')::bigint)::bigint AS discount_paise,
        sum((body->>'round_off_paise')::bigint)::bigint AS round_off_paise
      FROM paper GROUP BY kind) d), '[]'),
    'taxes', coalesce((SELECT jsonb_agg(to_jsonb(t) ORDER BY t.name, t.rate_bp) FROM (
      SELECT t->>'name' AS name, (t->>'rate_bp')::int AS rate_bp,
        sum((CASE kind WHEN 'credit_note' THEN -1 ELSE 1 END) * (t->>'taxable_paise')::bigint)::bigint AS taxable_paise,
        sum((CASE kind WHEN 'credit_note' THEN -1 ELSE 1 END) * (t->>'paise')::bigint)::bigint AS paise
      FROM paper, jsonb_array_elements(body->'taxes') t GROUP BY 1, 2) t), '[]'),
    'orders', (SELECT count(*) FROM sold WHERE status NOT IN ('rejected', 'expired', 'cancelled')),
    'orders_paise', (SELECT coalesce(sum(total_paise), 0)::bigint FROM sold WHERE status NOT IN ('rejected', 'expired', 'cancelled')),
    'cancelled', (SELECT count(*) FROM sold WHERE status = 'cancelled'),
    'discount_paise', (SELECT coalesce(sum(discount_paise), 0)::bigint FROM sold WHERE status NOT IN ('rejected', 'expired', 'cancelled')),
    'voids', (SELECT coalesce(sum((v->>'quantity')::int), 0) FROM sold, jsonb_array_elements(voids) v),
    'voided_paise', (SELECT coalesce(sum((v->>'total_paise')::bigint), 0)::bigint FROM sold, jsonb_array_elements(voids) v),
    'covers', (SELECT coalesce(sum(covers), 0) FROM orders.sitting s WHERE s.outlet_id = p_outlet AND EXISTS (
      SELECT FROM orders.bill b WHERE b.outlet_id = p_outlet AND b.sitting_id = s.id AND b.business_day = p_day)),
    'open_bills', coalesce((SELECT jsonb_agg(jsonb_build_object('id', id, 'label', coalesce(table_name, 'Takeaway')) ORDER BY opened_at)
      FROM orders.bill WHERE outlet_id = p_outlet AND status = 'open' AND business_day <= p_day), '[]'),
    'open_orders', coalesce((SELECT jsonb_agg(jsonb_build_object('id', id, 'label', coalesce(table_name, token, number::text)) ORDER BY id)
      FROM orders.orders WHERE outlet_id = p_outlet AND business_day <= p_day
        AND status IN ('placed', 'awaiting_payment', 'confirmed', 'preparing', 'ready', 'served')), '[]'),
    'open_sittings', coalesce((SELECT jsonb_agg(jsonb_build_object('id', table_id, 'label', table_name) ORDER BY opened_at)
      FROM orders.sitting WHERE outlet_id = p_outlet AND ended_at IS NULL
        AND staff.business_day_at(p_outlet, opened_at) <= p_day), '[]'))
  INTO v_found;
  RETURN v_found;
END $$;


--
-- Name: documents_of(integer, uuid); Type: FUNCTION; Schema: orders; Owner: -
--

CREATE FUNCTION orders.documents_of(p_outlet integer, p_bill uuid) RETURNS jsonb
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'orders', 'pg_temp'
    AS $$
  SELECT coalesce(jsonb_agg(jsonb_build_object('id', id, 'kind', kind, 'number', number, 'token', token,
    'issued_at', issued_at, 'total_paise', total_paise, 'seller', body::jsonb->'seller')
    ORDER BY issued_at, kind = 'credit_note', kind, sequence), '[]')
  FROM document WHERE outlet_id = p_outlet AND bill_id = p_bill $$;


--
-- Name: extend_series(); Type: FUNCTION; Schema: orders; Owner: -
--

CREATE FUNCTION orders.extend_series() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'orders', 'pg_temp'
    AS $$
BEGIN
  UPDATE document_series SET last_number = NEW.sequence, last_hash = NEW.hash, last_issued_at = NEW.issued_at
  WHERE outlet_id = NEW.outlet_id AND gstin = NEW.gstin AND kind = NEW.kind AND financial_year = NEW.financial_year
    AND last_number = NEW.sequence - 1 AND last_hash = NEW.previous_hash;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'document % does not follow the last one of its series', NEW.number;
  END IF;
  RETURN NULL;
END $$;


--
-- Name: financial_year(timestamp with time zone, text); Type: FUNCTION; Schema: orders; Owner: -
--

CREATE FUNCTION orders.financial_year(p_at timestamp with time zone, p_timezone text) RETURNS integer
    LANGUAGE sql STABLE
    AS $$
  SELECT extract(year FROM (p_at AT TIME ZONE p_timezone)::date - interval '3 months')::integer $$;


--
-- Name: held_too_much(orders.placement[], integer, uuid[], integer[]); Type: FUNCTION; Schema: orders; Owner: -
--

CREATE FUNCTION orders.held_too_much(p orders.placement[], p_n integer, p_sources uuid[], p_quantities integer[]) RETURNS boolean
    LANGUAGE plpgsql
    AS $$
DECLARE
  o constant orders.placement := p[p_n];
  v_phone uuid[];
  v_address uuid[];
BEGIN
  SELECT array_agg(x.id) FILTER (WHERE x.session_id = o.session_id), array_agg(x.id) INTO v_phone, v_address FROM (
    SELECT id, session_id FROM orders.orders WHERE outlet_id = o.outlet_id AND session_id = o.session_id
      AND status IN ('placed', 'awaiting_payment')
    UNION SELECT id, session_id FROM orders.orders WHERE outlet_id = o.outlet_id AND network = o.network
      AND status IN ('placed', 'awaiting_payment')
    UNION SELECT b.order_id, b.session_id FROM unnest(p) b
      WHERE b.outlet_id = o.outlet_id AND (b.session_id = o.session_id OR b.network = o.network)) x;
  RETURN inventory.portions_with(o.outlet_id, v_phone, p_sources, p_quantities) > o.most_held_by_phone
    OR inventory.portions_with(o.outlet_id, v_address, p_sources, p_quantities) > o.most_held_at_address;
END $$;


--
-- Name: hold_sitting(integer, uuid); Type: FUNCTION; Schema: orders; Owner: -
--

CREATE FUNCTION orders.hold_sitting(p_outlet integer, p_sitting uuid) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'orders', 'pg_temp'
    AS $$
BEGIN
  PERFORM FROM orders.sitting WHERE outlet_id = p_outlet AND id = p_sitting AND ended_at IS NULL FOR SHARE SKIP LOCKED;
  RETURN FOUND;
END $$;


--
-- Name: is_bill_of(integer, uuid, uuid); Type: FUNCTION; Schema: orders; Owner: -
--

CREATE FUNCTION orders.is_bill_of(p_outlet integer, p_bill uuid, p_session uuid) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'orders', 'pg_temp'
    AS $$
  SELECT EXISTS (SELECT FROM orders.bill WHERE outlet_id = p_outlet AND id = p_bill AND p_session = ANY (session_ids)) $$;


--
-- Name: joined(json, text); Type: FUNCTION; Schema: orders; Owner: -
--

CREATE FUNCTION orders.joined(p_first json, p_rest text) RETURNS text
    LANGUAGE sql IMMUTABLE
    AS $$ SELECT left(p_first::text, -1) || ',' || p_rest $$;


--
-- Name: limit_guests(orders.placement[], uuid[], text[]); Type: FUNCTION; Schema: orders; Owner: -
--

CREATE FUNCTION orders.limit_guests(p orders.placement[], p_sittings uuid[], INOUT p_outcomes text[], OUT p_each boolean[]) RETURNS record
    LANGUAGE sql
    AS $$
  SELECT array_agg(CASE WHEN p_outcomes[c.n] IS NULL AND c.load >= CASE c.type WHEN 'dine_in' THEN 2 ELSE 1 END THEN 'too_many'
      ELSE p_outcomes[c.n] END ORDER BY c.n),
    array_agg(c.approve_each OR coalesce(c.load >= 1, false) ORDER BY c.n)
  FROM (SELECT o.ordinality AS n, o.type, o.approve_each, greatest(
      (phone.orders + row_number() OVER (PARTITION BY o.outlet_id, o.session_id ORDER BY o.ordinality) - 1) / o.most_of_phone,
      (at_table.orders) / o.most_at_table,
      (address.orders + row_number() OVER (PARTITION BY o.outlet_id, o.network ORDER BY o.ordinality) - 1) / o.most_at_address) AS load
    FROM unnest(p) WITH ORDINALITY o
    CROSS JOIN LATERAL (SELECT count(*) AS orders FROM orders.orders x WHERE x.outlet_id = o.outlet_id AND x.session_id = o.session_id
      AND x.status IN ('placed', 'awaiting_payment', 'confirmed', 'preparing')) phone
    CROSS JOIN LATERAL (SELECT count(*) AS orders FROM orders.bill b JOIN orders.orders x ON x.outlet_id = b.outlet_id AND x.bill_id = b.id
      WHERE b.outlet_id = o.outlet_id AND b.sitting_id = p_sittings[o.ordinality] AND x.session_id IS NOT NULL
      AND x.status IN ('placed', 'awaiting_payment', 'confirmed', 'preparing')) at_table
    CROSS JOIN LATERAL (SELECT count(*) AS orders FROM orders.orders x WHERE x.outlet_id = o.outlet_id AND x.network = o.network
      AND x.status IN ('placed', 'awaiting_payment', 'confirmed', 'preparing')) address) c
$$;


--
-- Name: lock_bills(orders.placement[], date[], timestamp with time zone, uuid[], text[], text[]); Type: FUNCTION; Schema: orders; Owner: -
--

CREATE FUNCTION orders.lock_bills(p orders.placement[], p_days date[], p_now timestamp with time zone, p_sittings uuid[], p_names text[], INOUT p_outcomes text[], OUT p_open uuid[], OUT p_opened uuid[], OUT p_held bigint[]) RETURNS record
    LANGUAGE plpgsql
    AS $$
DECLARE
  c_most constant integer := 100;  -- orders of a bill, and prepaid bills open at a table
  v_missing integer;
  r record;
BEGIN
  FOR r IN SELECT o.ordinality AS n, b.id, b.paid_paise - b.refunded_paise AS held
    FROM unnest(p) WITH ORDINALITY o JOIN orders.bill b ON b.outlet_id = o.outlet_id AND b.id = o.bill_id
    WHERE o.payment = 'pay_later' AND p_outcomes[o.ordinality] IS NULL AND b.status = 'open' AND b.payment = 'pay_later'
      AND b.sitting_id IS NOT DISTINCT FROM p_sittings[o.ordinality]
      AND (o.session_id IS NULL OR o.session_id = ANY (b.session_ids) OR b.sitting_id = p_sittings[o.ordinality])
    ORDER BY b.outlet_id, b.id FOR UPDATE OF b
  LOOP
    p_open[r.n] := r.id;
    p_held[r.n] := r.held;
  END LOOP;
  FOR r IN SELECT o.ordinality AS n FROM unnest(p) WITH ORDINALITY o WHERE o.bill_id IS NOT NULL AND (o.payment = 'pay_later' OR NOT EXISTS (
    SELECT FROM orders.bill b WHERE b.outlet_id = o.outlet_id AND b.id = o.bill_id AND (o.session_id IS NULL OR o.session_id = ANY (b.session_ids))))
  LOOP
    IF p_outcomes[r.n] IS NULL AND p_open[r.n] IS NULL THEN p_outcomes[r.n] := 'no_bill'; END IF;
  END LOOP;
  LOOP
    FOR r IN SELECT o.ordinality AS n, b.id, b.paid_paise - b.refunded_paise AS held
      FROM unnest(p) WITH ORDINALITY o JOIN orders.bill b ON b.outlet_id = o.outlet_id AND b.sitting_id = p_sittings[o.ordinality]
        AND b.status = 'open' AND b.payment = 'pay_later'
      WHERE o.payment = 'pay_later' AND p_outcomes[o.ordinality] IS NULL AND p_open[o.ordinality] IS NULL AND p_opened[o.ordinality] IS NULL
      ORDER BY b.outlet_id, b.id FOR UPDATE OF b
    LOOP
      p_open[r.n] := r.id;
      p_held[r.n] := r.held;
    END LOOP;
    WITH made AS (
      INSERT INTO orders.bill (outlet_id, id, type, table_id, table_name, sitting_id, business_day, customer_name, session_ids, net_paise, total_paise, opened_at)
      SELECT o.outlet_id, o.new_bill_id, o.type, o.table_id, p_names[o.ordinality], p_sittings[o.ordinality], p_days[o.ordinality], o.customer_name,
        array_remove(ARRAY[o.session_id], NULL), o.total_paise, orders.rounded(o.total_paise), p_now
      FROM unnest(p) WITH ORDINALITY o
      WHERE p_sittings[o.ordinality] IS NOT NULL AND o.payment = 'pay_later' AND p_outcomes[o.ordinality] IS NULL AND p_open[o.ordinality] IS NULL
        AND p_opened[o.ordinality] IS NULL
      ON CONFLICT (outlet_id, sitting_id) WHERE status = 'open' AND payment = 'pay_later' AND sitting_id IS NOT NULL DO NOTHING RETURNING id)
    SELECT array_agg(coalesce(made.id, p_opened[o.ordinality]) ORDER BY o.ordinality), count(*) FILTER (WHERE p_sittings[o.ordinality] IS NOT NULL
      AND o.payment = 'pay_later' AND p_outcomes[o.ordinality] IS NULL AND coalesce(p_open[o.ordinality], made.id, p_opened[o.ordinality]) IS NULL)
    INTO p_opened, v_missing FROM unnest(p) WITH ORDINALITY o LEFT JOIN made ON made.id = o.new_bill_id;
    EXIT WHEN v_missing = 0;  -- else another transaction opened the sitting's bill in between
  END LOOP;
  -- counted once all are locked: no other transaction adds to them now
  FOR r IN SELECT o.ordinality AS n FROM unnest(p) WITH ORDINALITY o WHERE CASE
    WHEN p_outcomes[o.ordinality] IS NOT NULL THEN false
    WHEN p_open[o.ordinality] IS NOT NULL THEN
      (SELECT count(*) FROM orders.orders x WHERE x.outlet_id = o.outlet_id AND x.bill_id = p_open[o.ordinality]) >= c_most
    WHEN o.payment = 'prepaid' AND p_sittings[o.ordinality] IS NOT NULL THEN
      (SELECT count(*) FROM orders.bill b WHERE b.outlet_id = o.outlet_id AND b.sitting_id = p_sittings[o.ordinality]
        AND b.status = 'open' AND b.payment = 'prepaid') >= c_most
    ELSE false END
  LOOP
    p_outcomes[r.n] := 'full';
    p_open[r.n] := NULL;
    p_held[r.n] := NULL;
  END LOOP;
END $$;


--
-- Name: lock_sittings(orders.placement[], timestamp with time zone, text[]); Type: FUNCTION; Schema: orders; Owner: -
--

CREATE FUNCTION orders.lock_sittings(INOUT p orders.placement[], p_now timestamp with time zone, INOUT p_outcomes text[], OUT p_sittings uuid[], OUT p_names text[]) RETURNS record
    LANGUAGE plpgsql
    AS $$
DECLARE
  r record;
  v_moved boolean := false;
BEGIN
  LOOP
    FOR r IN SELECT o.ordinality AS n, s.id, t.name, t.id AS table_id
      FROM unnest(p) WITH ORDINALITY o
      LEFT JOIN orders.guest_session g ON g.outlet_id = o.outlet_id AND g.id = o.session_id
      JOIN orders.dining_table t ON t.outlet_id = o.outlet_id AND t.id = coalesce(g.table_id, o.table_id) AND t.active
      JOIN orders.sitting s ON s.outlet_id = t.outlet_id AND s.table_id = t.id AND s.ended_at IS NULL
      WHERE p_outcomes[o.ordinality] IS NULL AND o.table_id IS NOT NULL AND (o.session_id IS NULL
        OR (g.sitting_id = s.id AND g.admission = 'admitted' AND g.qr_generation = t.qr_generation))
      ORDER BY s.outlet_id, s.id FOR SHARE OF s
    LOOP
      p_sittings[r.n] := r.id;
      p_names[r.n] := r.name;
      IF p[r.n].table_id <> r.table_id THEN
        p[r.n].table_id := r.table_id;
        v_moved := true;
      END IF;
    END LOOP;
    IF v_moved THEN  -- no two orders of a call have the same table: the later ones are tried again
      FOR r IN SELECT n FROM generate_subscripts(p_sittings, 1) n WHERE p_sittings[n] = ANY (p_sittings[:n - 1]) LOOP
        p_outcomes[r.n] := 'stale';
        p_sittings[r.n] := NULL;
      END LOOP;
    END IF;
    PERFORM FROM unnest(p) WITH ORDINALITY o JOIN orders.dining_table t ON t.outlet_id = o.outlet_id AND t.id = o.table_id AND t.active
    WHERE o.session_id IS NULL AND p_outcomes[o.ordinality] IS NULL AND p_sittings[o.ordinality] IS NULL;
    EXIT WHEN NOT FOUND;
    WITH made AS (
      INSERT INTO orders.sitting (outlet_id, table_id, table_name, opened_by, opened_at)
      SELECT o.outlet_id, t.id, t.name, 'staff', p_now
      FROM unnest(p) WITH ORDINALITY o JOIN orders.dining_table t ON t.outlet_id = o.outlet_id AND t.id = o.table_id AND t.active
      WHERE o.session_id IS NULL AND p_outcomes[o.ordinality] IS NULL AND p_sittings[o.ordinality] IS NULL ORDER BY t.id
      ON CONFLICT (outlet_id, table_id) WHERE ended_at IS NULL DO NOTHING RETURNING *)
    INSERT INTO orders.outbox (event_id, type, subject, outlet_id, aggregate_version, correlation_id, traceparent, data)
    SELECT uuidv7(), 'rasoi.sitting.opened.v1', m.id, m.outlet_id, m.version, o.correlation_id, o.traceparent, json_build_object(
      'sitting_id', m.id, 'table_id', m.table_id, 'table', m.table_name, 'state', 'open', 'covers', m.covers,
      'opened_by', m.opened_by, 'opened_at', m.opened_at)
    FROM made m JOIN unnest(p) o ON o.outlet_id = m.outlet_id AND o.table_id = m.table_id;
  END LOOP;
  FOR r IN SELECT o.ordinality AS n, EXISTS (SELECT FROM orders.dining_table t
      WHERE t.outlet_id = o.outlet_id AND t.id = o.table_id AND t.active) AS there
    FROM unnest(p) WITH ORDINALITY o WHERE o.table_id IS NOT NULL AND p_outcomes[o.ordinality] IS NULL AND p_sittings[o.ordinality] IS NULL
  LOOP
    p_outcomes[r.n] := CASE WHEN r.there THEN 'unseated' ELSE 'no_table' END;
  END LOOP;
END $$;


--
-- Name: missing_of(integer, uuid[], uuid[], integer[]); Type: FUNCTION; Schema: orders; Owner: -
--

CREATE FUNCTION orders.missing_of(p_outlet integer, p_orders uuid[], p_sources uuid[], p_quantities integer[]) RETURNS TABLE(order_id uuid, source_id uuid, available bigint)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'orders', 'pg_temp'
    AS $$
  WITH off AS (SELECT (o->>'source_id')::uuid AS id FROM jsonb_array_elements(menu.not_sold(p_outlet, p_sources)) o)
  SELECT w.order_id, w.source_id, 0 FROM (SELECT DISTINCT * FROM unnest(p_orders, p_sources) AS u(order_id, source_id)) w
  WHERE w.source_id IN (SELECT id FROM off)
  UNION ALL SELECT s.* FROM inventory.short_of(p_outlet, p_orders, p_sources, p_quantities) s
  WHERE s.source_id NOT IN (SELECT id FROM off)
$$;


--
-- Name: next_numbers(integer[], date[]); Type: FUNCTION; Schema: orders; Owner: -
--

CREATE FUNCTION orders.next_numbers(p_outlets integer[], p_days date[]) RETURNS integer[]
    LANGUAGE plpgsql
    AS $$
DECLARE
  v_numbers integer[];
BEGIN
  WITH day AS (
    INSERT INTO orders.day_counter AS c (outlet_id, business_day, last_number)
    SELECT o.outlet_id, o.day, count(*) FROM unnest(p_outlets, p_days) o(outlet_id, day) WHERE o.outlet_id IS NOT NULL GROUP BY 1, 2 ORDER BY 1
    ON CONFLICT (outlet_id, business_day) DO UPDATE SET last_number = c.last_number + excluded.last_number
    RETURNING outlet_id, last_number
  ) SELECT array_agg(day.last_number - cardinality(array_positions(p_outlets[o.n + 1:], o.outlet_id)) ORDER BY o.n)
  INTO v_numbers FROM unnest(p_outlets) WITH ORDINALITY o(outlet_id, n) LEFT JOIN day ON day.outlet_id = o.outlet_id;
  PERFORM staff.refuse_closed(p_outlets, p_days);  -- who closes an outlet or a day holds its counter
  RETURN v_numbers;
END $$;


--
-- Name: not_sold(integer, uuid[]); Type: FUNCTION; Schema: orders; Owner: -
--

CREATE FUNCTION orders.not_sold(p_outlet integer, p_source_ids uuid[]) RETURNS jsonb
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'orders', 'pg_temp'
    AS $$ SELECT menu.not_sold(p_outlet, p_source_ids) $$;


--
-- Name: payment_status(bigint, bigint); Type: FUNCTION; Schema: orders; Owner: -
--

CREATE FUNCTION orders.payment_status(p_total bigint, p_held bigint) RETURNS text
    LANGUAGE sql IMMUTABLE
    AS $$
  SELECT CASE WHEN p_held > p_total THEN 'overpaid' WHEN p_held = 0 THEN 'unpaid' WHEN p_held = p_total THEN 'paid' ELSE 'partly_paid' END
$$;


--
-- Name: line; Type: TABLE; Schema: orders; Owner: -
--

CREATE TABLE orders.line (
    outlet_id integer NOT NULL,
    order_id uuid NOT NULL,
    id uuid NOT NULL,
    item_id uuid NOT NULL,
    variant_id uuid NOT NULL,
    name text NOT NULL,
    variant text,
    quantity integer NOT NULL,
    modifiers jsonb DEFAULT '[]'::jsonb NOT NULL,
    note text,
    course integer DEFAULT 1 NOT NULL,
    station text NOT NULL,
    unit_price_paise bigint NOT NULL,
    total_paise bigint NOT NULL,
    status text DEFAULT 'active'::text NOT NULL,
    allergens text[] DEFAULT '{}'::text[] NOT NULL,
    taxable_paise bigint NOT NULL,
    "position" integer NOT NULL,
    discount_paise bigint DEFAULT 0 NOT NULL,
    taxes jsonb NOT NULL,
    tax_class text NOT NULL,
    tax_version integer NOT NULL,
    allergies text[] DEFAULT '{}'::text[] NOT NULL,
    discounts jsonb DEFAULT '[]'::jsonb NOT NULL,
    tax_inclusive boolean NOT NULL,
    CONSTRAINT line_allergies_check CHECK ((cardinality(allergies) <= 14)),
    CONSTRAINT line_course_check CHECK (((course >= 1) AND (course <= 9))),
    CONSTRAINT line_quantity_check CHECK (
CASE status
    WHEN 'active'::text THEN ((quantity >= 1) AND (quantity <= 99))
    ELSE (quantity = 0)
END),
    CONSTRAINT line_status_check CHECK ((status = ANY (ARRAY['active'::text, 'voided'::text])))
);


--
-- Name: place_all(orders.placement[], orders.line[], text[], integer[], bigint[], integer[], uuid[], uuid[], integer[], integer[], uuid[], integer[], uuid[]); Type: FUNCTION; Schema: orders; Owner: -
--

CREATE FUNCTION orders.place_all(p orders.placement[], p_lines orders.line[], p_keys text[], p_outlets integer[], p_menu_versions bigint[], p_source_of integer[], p_source_lines uuid[], p_sources uuid[], p_quantities integer[], p_item_of integer[], p_items uuid[], p_modifier_of integer[], p_modifiers uuid[]) RETURNS TABLE(outcome text, body bytea, stocked boolean)
    LANGUAGE plpgsql
    AS $$
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


--
-- Name: read_bill(integer, uuid, uuid, boolean); Type: FUNCTION; Schema: orders; Owner: -
--

CREATE FUNCTION orders.read_bill(p_outlet integer, p_bill uuid, p_order uuid, p_lock boolean) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'orders', 'pg_temp'
    AS $$
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
  RETURN jsonb_build_object('now', clock_timestamp(), 'bill', to_jsonb(v_bill) || coalesce(
    (SELECT jsonb_build_object('covers', covers, 'party_left', ended_at IS NOT NULL) FROM orders.sitting s
      WHERE s.outlet_id = p_outlet AND s.id = v_bill.sitting_id), '{}') || jsonb_build_object(
    'documents', CASE v_bill.status WHEN 'closed' THEN orders.documents_of(p_outlet, v_id) ELSE '[]' END), 'orders', coalesce((
    SELECT jsonb_agg(to_jsonb(o) || jsonb_build_object(
      'lines', (SELECT jsonb_agg(to_jsonb(l) ORDER BY l.position) FROM orders.line l WHERE l.outlet_id = p_outlet AND l.order_id = o.id),
      'progress', coalesce((SELECT jsonb_agg(jsonb_build_object('station', t.station, 'ticket_id', t.ticket_id, 'state', t.state, 'version', t.version) ORDER BY t.station, t.ticket_id)
        FROM orders.ticket_progress t WHERE t.outlet_id = p_outlet AND t.order_id = o.id), '[]')) ORDER BY o.number)
    FROM orders.orders o WHERE o.outlet_id = p_outlet AND o.bill_id = v_id), '[]'));
END $$;


--
-- Name: read_documents(integer, uuid); Type: FUNCTION; Schema: orders; Owner: -
--

CREATE FUNCTION orders.read_documents(p_outlet integer, p_bill uuid) RETURNS SETOF text
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'orders', 'pg_temp'
    AS $$
  SELECT body FROM document WHERE outlet_id = p_outlet AND bill_id = p_bill ORDER BY issued_at, kind, sequence $$;


--
-- Name: refuse_change(); Type: FUNCTION; Schema: orders; Owner: -
--

CREATE FUNCTION orders.refuse_change() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
  RAISE EXCEPTION 'a document is never changed or removed' USING ERRCODE = 'insufficient_privilege';
END $$;


--
-- Name: release_part(integer, uuid, uuid, integer, integer); Type: FUNCTION; Schema: orders; Owner: -
--

CREATE FUNCTION orders.release_part(p_outlet integer, p_order uuid, p_line uuid, p_quantity integer, p_of integer) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'orders', 'pg_temp'
    AS $$
  SELECT inventory.release_part(p_outlet, p_order, p_line, p_quantity, p_of) $$;


--
-- Name: release_stock(integer, uuid); Type: FUNCTION; Schema: orders; Owner: -
--

CREATE FUNCTION orders.release_stock(p_outlet integer, p_order uuid) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'orders', 'pg_temp'
    AS $$ SELECT inventory.release(p_outlet, p_order) $$;


--
-- Name: reserve_stock(integer, uuid, uuid[], uuid[], integer[]); Type: FUNCTION; Schema: orders; Owner: -
--

CREATE FUNCTION orders.reserve_stock(p_outlet integer, p_order uuid, p_line_ids uuid[], p_source_ids uuid[], p_quantities integer[]) RETURNS jsonb
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'orders', 'pg_temp'
    AS $$
  SELECT inventory.reserve(p_outlet, p_order, p_line_ids, p_source_ids, p_quantities) $$;


--
-- Name: rounded(bigint); Type: FUNCTION; Schema: orders; Owner: -
--

CREATE FUNCTION orders.rounded(p_net bigint) RETURNS bigint
    LANGUAGE sql IMMUTABLE
    AS $$ SELECT (p_net + 50) / 100 * 100 $$;


--
-- Name: save_bill(integer, jsonb, jsonb, jsonb, jsonb); Type: FUNCTION; Schema: orders; Owner: -
--

CREATE FUNCTION orders.save_bill(p_outlet integer, p_bill jsonb, p_orders jsonb, p_events jsonb, p_documents jsonb) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'orders', 'pg_temp'
    AS $$
BEGIN
  UPDATE orders.bill b SET status = r.status, net_paise = r.net_paise, total_paise = r.total_paise, paid_paise = r.paid_paise,
    refunded_paise = r.refunded_paise, payments = r.payments, buyer = r.buyer, attention = r.attention,
    attention_since = r.attention_since, walked_out_at = r.walked_out_at, closed_at = r.closed_at, version = r.version
  FROM jsonb_populate_record(NULL::orders.bill, p_bill) r WHERE b.outlet_id = p_outlet AND b.id = r.id;
  UPDATE orders.orders o SET status = r.status, cancel_requested = r.cancel_requested, reason = r.reason,
    expires_at = r.expires_at, confirmed_at = r.confirmed_at, ready_at = r.ready_at, served_at = r.served_at,
    completed_at = r.completed_at, version = r.version, approved = r.approved, cash_asked_at = r.cash_asked_at
  FROM jsonb_populate_recordset(NULL::orders.orders, p_orders) r WHERE o.outlet_id = p_outlet AND o.id = r.id;
  INSERT INTO orders.document SELECT * FROM jsonb_populate_recordset(NULL::orders.document, p_documents);
  INSERT INTO orders.outbox (event_id, type, subject, outlet_id, aggregate_version, correlation_id, causation_id, traceparent, data)
  SELECT e.id, e.type, e.subject, p_outlet, e.aggregateversion, e.correlationid, e.causationid, e.traceparent, e.data
  FROM ROWS FROM (jsonb_to_recordset(p_events) AS (id uuid, type text, subject text, aggregateversion bigint,
    correlationid text, causationid text, traceparent text, data json)) WITH ORDINALITY
    AS e(id, type, subject, aggregateversion, correlationid, causationid, traceparent, data, n) ORDER BY n;
END $$;


--
-- Name: session_may_see(integer, uuid, text, uuid); Type: FUNCTION; Schema: orders; Owner: -
--

CREATE FUNCTION orders.session_may_see(p_outlet integer, p_session uuid, p_kind text, p_id uuid) RETURNS boolean
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'orders', 'pg_temp'
    AS $$
  SELECT CASE
    WHEN p_kind = 'sitting' THEN coalesce(state IN ('seated', 'waiting'), false)
      AND EXISTS (SELECT FROM orders.guest_session WHERE outlet_id = p_outlet AND id = p_session AND sitting_id = p_id)
    WHEN coalesce(state, 'takeaway') NOT IN ('seated', 'takeaway') THEN false
    WHEN p_kind = 'bill' THEN EXISTS (SELECT FROM orders.bill WHERE outlet_id = p_outlet AND id = p_id AND p_session = ANY (session_ids))
    WHEN p_kind = 'order' THEN EXISTS (SELECT FROM orders.orders o JOIN orders.bill b USING (outlet_id)
      WHERE o.outlet_id = p_outlet AND o.id = p_id AND b.id = o.bill_id AND p_session = ANY (b.session_ids))
    ELSE false END
  FROM (SELECT orders.session_state(p_outlet, p_session, false) AS state) session $$;


--
-- Name: session_state(integer, uuid, boolean); Type: FUNCTION; Schema: orders; Owner: -
--

CREATE FUNCTION orders.session_state(p_outlet integer, p_session uuid, p_lock boolean) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'orders', 'pg_temp'
    AS $$
DECLARE
  v_session orders.guest_session;
BEGIN
  SELECT * INTO v_session FROM orders.guest_session WHERE outlet_id = p_outlet AND id = p_session;
  IF p_lock THEN
    PERFORM FROM orders.sitting WHERE outlet_id = p_outlet AND id = v_session.sitting_id FOR SHARE;
  END IF;
  RETURN (SELECT CASE
      WHEN v_session.table_id IS NULL THEN 'takeaway'
      WHEN s.id IS NULL OR s.ended_at IS NOT NULL THEN 'ended'
      WHEN v_session.admission <> 'admitted' THEN v_session.admission
      WHEN t.qr_generation IS DISTINCT FROM v_session.qr_generation THEN 'renewed'
      ELSE 'seated' END
    FROM (SELECT 1) one
    LEFT JOIN orders.sitting s ON s.outlet_id = p_outlet AND s.id = v_session.sitting_id
    LEFT JOIN orders.dining_table t ON t.outlet_id = p_outlet AND t.id = v_session.table_id
    WHERE v_session.id IS NOT NULL);
END $$;


--
-- Name: unfinished(integer); Type: FUNCTION; Schema: orders; Owner: -
--

CREATE FUNCTION orders.unfinished(p_outlet integer, OUT sittings bigint, OUT bills bigint, OUT orders bigint) RETURNS record
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'orders', 'pg_temp'
    AS $$
DECLARE
  v_day constant date := staff.business_day(p_outlet);
BEGIN
  INSERT INTO orders.day_counter (outlet_id, business_day, last_number) VALUES (p_outlet, v_day, 0)
  ON CONFLICT (outlet_id, business_day) DO NOTHING;
  PERFORM FROM orders.day_counter WHERE outlet_id = p_outlet AND business_day >= v_day - 1 ORDER BY business_day FOR UPDATE;
  SELECT count(*) INTO sittings FROM orders.sitting WHERE outlet_id = p_outlet AND ended_at IS NULL;
  SELECT count(*) INTO bills FROM orders.bill WHERE outlet_id = p_outlet AND status = 'open';
  SELECT count(*) INTO orders FROM orders.orders WHERE outlet_id = p_outlet
    AND status IN ('placed', 'awaiting_payment', 'confirmed', 'preparing', 'ready', 'served');
END $$;


--
-- Name: unpaid_holders(integer, uuid[], integer); Type: FUNCTION; Schema: orders; Owner: -
--

CREATE FUNCTION orders.unpaid_holders(p_outlet integer, p_sources uuid[], p_old_s integer) RETURNS TABLE(id uuid, bill_id uuid, network bytea, old boolean)
    LANGUAGE sql STABLE
    AS $$
  SELECT o.id, o.bill_id, coalesce(o.network, uuid_send(o.session_id)), o.placed_at < now() - make_interval(secs => p_old_s)
  FROM inventory.holders(p_outlet, p_sources) WITH ORDINALITY AS h (id, n)
  JOIN orders.orders o ON o.outlet_id = p_outlet AND o.id = h.id
  WHERE o.session_id IS NOT NULL AND o.status IN ('placed', 'awaiting_payment') AND o.cash_asked_at IS NULL ORDER BY h.n
$$;


--
-- Name: add_to_day(integer, jsonb); Type: FUNCTION; Schema: payments; Owner: -
--

CREATE FUNCTION payments.add_to_day(p_outlet integer, p_totals jsonb) RETURNS void
    LANGUAGE plpgsql
    AS $$
DECLARE
  v_zone constant text := staff.read_outlet(p_outlet)->>'timezone';
BEGIN
  PERFORM staff.hold_days(p_outlet, ARRAY(SELECT DISTINCT day FROM jsonb_to_recordset(p_totals) AS t(day date)));
  INSERT INTO payments.hourly AS h (outlet_id, business_day, hour, method, captured_count, captured_paise, refunded_count,
    refunded_paise, failed_count)
  SELECT p_outlet, t.day, extract(hour FROM t.at AT TIME ZONE v_zone), t.method, sum(t.captured_count), sum(t.captured_paise),
    sum(t.refunded_count), sum(t.refunded_paise), sum(t.failed_count)
  FROM jsonb_to_recordset(p_totals) AS t(day date, at timestamptz, method text, captured_count bigint, captured_paise bigint,
    refunded_count bigint, refunded_paise bigint, failed_count bigint) GROUP BY 2, 3, 4 ORDER BY 2, 3, 4
  ON CONFLICT (outlet_id, business_day, hour, method) DO UPDATE SET captured_count = h.captured_count + excluded.captured_count,
    captured_paise = h.captured_paise + excluded.captured_paise, refunded_count = h.refunded_count + excluded.refunded_count,
    refunded_paise = h.refunded_paise + excluded.refunded_paise, failed_count = h.failed_count + excluded.failed_count;
  INSERT INTO payments.daily AS d (outlet_id, business_day, method, captured_count, captured_paise, refunded_count,
    refunded_paise, failed_count)
  SELECT p_outlet, t.day, t.method, sum(t.captured_count), sum(t.captured_paise), sum(t.refunded_count),
    sum(t.refunded_paise), sum(t.failed_count)
  FROM jsonb_to_recordset(p_totals) AS t(day date, method text, captured_count bigint, captured_paise bigint,
    refunded_count bigint, refunded_paise bigint, failed_count bigint) GROUP BY 2, 3 ORDER BY 2, 3
  ON CONFLICT (outlet_id, business_day, method) DO UPDATE SET captured_count = d.captured_count + excluded.captured_count,
    captured_paise = d.captured_paise + excluded.captured_paise, refunded_count = d.refunded_count + excluded.refunded_count,
    refunded_paise = d.refunded_paise + excluded.refunded_paise, failed_count = d.failed_count + excluded.failed_count;
END $$;


--
-- Name: check_refunded(); Type: FUNCTION; Schema: payments; Owner: -
--

CREATE FUNCTION payments.check_refunded() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
DECLARE
  v_attempt bigint;
  v_payment bigint;
BEGIN
  SELECT sum(amount_paise) INTO v_attempt FROM payments.refund
  WHERE outlet_id = NEW.outlet_id AND attempt_id = NEW.attempt_id;
  SELECT sum(amount_paise) INTO v_payment FROM payments.refund
  WHERE outlet_id = NEW.outlet_id AND payment_id = NEW.payment_id;
  IF v_attempt IS DISTINCT FROM (SELECT refunded_paise FROM payments.attempt WHERE outlet_id = NEW.outlet_id AND id = NEW.attempt_id)
    OR v_payment IS DISTINCT FROM (SELECT refunded_paise FROM payments.payment WHERE outlet_id = NEW.outlet_id AND id = NEW.payment_id) THEN
    RAISE EXCEPTION 'refunds of payment % do not add up to its refunded_paise', NEW.payment_id USING ERRCODE = 'check_violation';
  END IF;
  RETURN NULL;
END $$;


--
-- Name: read_ledger(integer, uuid, boolean, timestamp with time zone); Type: FUNCTION; Schema: payments; Owner: -
--

CREATE FUNCTION payments.read_ledger(p_outlet integer, p_payment uuid, p_lock boolean, p_at timestamp with time zone) RETURNS jsonb
    LANGUAGE plpgsql
    AS $$
DECLARE
  v_row payments.payment;
BEGIN
  IF p_lock THEN
    SELECT * INTO v_row FROM payments.payment WHERE outlet_id = p_outlet AND id = p_payment FOR UPDATE;
  ELSE
    SELECT * INTO v_row FROM payments.payment WHERE outlet_id = p_outlet AND id = p_payment;
  END IF;
  IF v_row.id IS NULL THEN RETURN NULL; END IF;
  RETURN jsonb_build_object('row', to_jsonb(v_row), 'now', clock_timestamp(), 'today', staff.business_day(p_outlet),
    'captured_day', CASE WHEN p_at IS NOT NULL THEN (SELECT day FROM staff.outlets_at(ARRAY[p_outlet], p_at)) END,
    'attempts', coalesce((SELECT jsonb_agg(to_jsonb(a) ORDER BY a.id) FROM payments.attempt a
      WHERE a.outlet_id = p_outlet AND a.payment_id = p_payment), '[]'),
    'refunds', coalesce((SELECT jsonb_agg(to_jsonb(r) ORDER BY r.id) FROM payments.refund r
      WHERE r.outlet_id = p_outlet AND r.payment_id = p_payment), '[]'));
END $$;


--
-- Name: recomputed(integer, date); Type: FUNCTION; Schema: payments; Owner: -
--

CREATE FUNCTION payments.recomputed(p_outlet integer, p_day date) RETURNS TABLE(outlet_id integer, business_day date, hour smallint, method text, captured_count bigint, captured_paise bigint, refunded_count bigint, refunded_paise bigint, failed_count bigint)
    LANGUAGE sql STABLE
    AS $$
  WITH moved AS (
    SELECT a.outlet_id, a.business_day AS day, a.captured_at AS at, a.method, 1 AS captured, a.amount_paise AS paise,
      0 AS refunded, 0::bigint AS back, 0 AS failed
    FROM payments.attempt a WHERE a.status = 'captured' AND a.outlet_id = p_outlet AND a.business_day = p_day
    UNION ALL
    SELECT r.outlet_id, r.business_day, r.settled_at, r.method, 0, 0, 1, r.amount_paise, 0
    FROM payments.refund r WHERE r.outlet_id = p_outlet AND r.business_day = p_day  -- it has a day once it is processed
    UNION ALL
    SELECT a.outlet_id, a.failed_day, a.failed_at, a.method, 0, 0, 0, 0, 1
    FROM payments.attempt a WHERE a.outlet_id = p_outlet AND a.failed_day = p_day
  )
  SELECT m.outlet_id, m.day, extract(hour FROM m.at AT TIME ZONE z.zone)::smallint, coalesce(m.method, 'card'),
    sum(m.captured)::bigint, sum(m.paise)::bigint, sum(m.refunded)::bigint, sum(m.back)::bigint, sum(m.failed)::bigint
  FROM moved m, (SELECT staff.read_outlet(p_outlet)->>'timezone' AS zone) z GROUP BY 1, 2, 3, 4
$$;


--
-- Name: refuse_change(); Type: FUNCTION; Schema: payments; Owner: -
--

CREATE FUNCTION payments.refuse_change() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
  RAISE EXCEPTION 'it stays as it was written' USING ERRCODE = 'insufficient_privilege';
END $$;


--
-- Name: repair_day(integer, date); Type: FUNCTION; Schema: payments; Owner: -
--

CREATE FUNCTION payments.repair_day(p_outlet integer, p_day date) RETURNS void
    LANGUAGE plpgsql
    AS $$
BEGIN
  LOCK TABLE payments.hourly, payments.daily IN SHARE ROW EXCLUSIVE MODE;
  DELETE FROM payments.hourly WHERE outlet_id = p_outlet AND business_day = p_day;
  DELETE FROM payments.daily WHERE outlet_id = p_outlet AND business_day = p_day;
  INSERT INTO payments.hourly (outlet_id, business_day, hour, method, captured_count, captured_paise, refunded_count,
    refunded_paise, failed_count) SELECT * FROM payments.recomputed(p_outlet, p_day);
  INSERT INTO payments.daily (outlet_id, business_day, method, captured_count, captured_paise, refunded_count, refunded_paise,
    failed_count)
  SELECT outlet_id, business_day, method, sum(captured_count), sum(captured_paise), sum(refunded_count), sum(refunded_paise),
    sum(failed_count) FROM payments.hourly WHERE outlet_id = p_outlet AND business_day = p_day GROUP BY 1, 2, 3;
END $$;


--
-- Name: shift_sums(integer, uuid); Type: FUNCTION; Schema: payments; Owner: -
--

CREATE FUNCTION payments.shift_sums(p_outlet integer, p_shift uuid, OUT taken_paise bigint, OUT refunded_paise bigint, OUT in_paise bigint, OUT out_paise bigint) RETURNS record
    LANGUAGE sql STABLE
    AS $$
  SELECT (SELECT coalesce(sum(amount_paise), 0) FROM payments.attempt
      WHERE outlet_id = p_outlet AND shift_id = p_shift AND status = 'captured'),
    (SELECT coalesce(sum(amount_paise), 0) FROM payments.refund
      WHERE outlet_id = p_outlet AND shift_id = p_shift AND status = 'processed'),
    coalesce(sum(amount_paise) FILTER (WHERE kind = 'in'), 0), coalesce(sum(amount_paise) FILTER (WHERE kind = 'out'), 0)
  FROM payments.cash_movement WHERE outlet_id = p_outlet AND shift_id = p_shift
$$;


--
-- Name: wrong_totals(integer, date); Type: FUNCTION; Schema: payments; Owner: -
--

CREATE FUNCTION payments.wrong_totals(p_outlet integer, p_day date) RETURNS TABLE(outlet_id integer, business_day date, hour smallint, method text, kept bigint[], recomputed bigint[])
    LANGUAGE sql STABLE
    AS $$
  WITH truth AS MATERIALIZED (SELECT * FROM payments.recomputed(p_outlet, p_day)),
  by_day AS (
    SELECT t.outlet_id, t.business_day, t.method, ARRAY[sum(t.captured_count), sum(t.captured_paise), sum(t.refunded_count),
      sum(t.refunded_paise), sum(t.failed_count)]::bigint[] AS sums FROM truth t GROUP BY 1, 2, 3
  ), by_hour AS (
    SELECT t.outlet_id, t.business_day, t.hour, t.method, ARRAY[t.captured_count, t.captured_paise, t.refunded_count,
      t.refunded_paise, t.failed_count] AS sums FROM truth t
  ), daily AS (
    SELECT d.outlet_id, d.business_day, d.method, ARRAY[d.captured_count, d.captured_paise, d.refunded_count, d.refunded_paise,
      d.failed_count] AS sums FROM payments.daily d
    WHERE d.outlet_id = p_outlet AND d.business_day = p_day
  ), hourly AS (
    SELECT h.outlet_id, h.business_day, h.hour, h.method, ARRAY[h.captured_count, h.captured_paise, h.refunded_count,
      h.refunded_paise, h.failed_count] AS sums FROM payments.hourly h
    WHERE h.outlet_id = p_outlet AND h.business_day = p_day
  ), nothing AS (SELECT ARRAY[0, 0, 0, 0, 0]::bigint[] AS sums)
  SELECT outlet_id, business_day, NULL::smallint, method, coalesce(d.sums, n.sums), coalesce(t.sums, n.sums)
  FROM nothing n CROSS JOIN (daily d FULL JOIN by_day t USING (outlet_id, business_day, method))
  WHERE coalesce(d.sums, n.sums) <> coalesce(t.sums, n.sums)
  UNION ALL
  SELECT outlet_id, business_day, hour, method, coalesce(h.sums, n.sums), coalesce(t.sums, n.sums)
  FROM nothing n CROSS JOIN (hourly h FULL JOIN by_hour t USING (outlet_id, business_day, hour, method))
  WHERE coalesce(h.sums, n.sums) <> coalesce(t.sums, n.sums)
  ORDER BY 1, 2, 4, 3 NULLS FIRST
$$;


--
-- Name: create_room(text); Type: PROCEDURE; Schema: platform; Owner: -
--

CREATE PROCEDURE platform.create_room(IN room text)
    LANGUAGE plpgsql
    AS $_$
BEGIN
  EXECUTE format($tables$
    CREATE SCHEMA %1$I;
    CREATE TABLE %1$I.outbox (
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
    CREATE TABLE %1$I.outbox_default PARTITION OF %1$I.outbox DEFAULT;
    CREATE TABLE %1$I.inbox (
      log text NOT NULL,
      event_id uuid NOT NULL,
      handled_at timestamptz(6) NOT NULL DEFAULT clock_timestamp(),
      PRIMARY KEY (log, event_id)
    );
    CREATE INDEX inbox_handled_at_idx ON %1$I.inbox (handled_at);
    CREATE TABLE %1$I.reader (
      log text PRIMARY KEY,
      position bigint NOT NULL DEFAULT 0,
      gaps jsonb NOT NULL DEFAULT '{}'
    );
    CREATE TABLE %1$I.parked (
      log text NOT NULL,
      position bigint NOT NULL,
      subject text NOT NULL,
      event jsonb NOT NULL,
      reason text NOT NULL,
      parked_at timestamptz(6) NOT NULL DEFAULT clock_timestamp(),
      PRIMARY KEY (log, position)
    );
    CREATE INDEX parked_subject_idx ON %1$I.parked (log, subject);
    CREATE TABLE %1$I.idempotency (
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
    CREATE INDEX idempotency_created_at_idx ON %1$I.idempotency (created_at);
  $tables$, room);
END $_$;


--
-- Name: business_day(integer); Type: FUNCTION; Schema: staff; Owner: -
--

CREATE FUNCTION staff.business_day(p_outlet integer) RETURNS date
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'staff', 'pg_temp'
    AS $$
  SELECT business_day_at(p_outlet, now())
$$;


--
-- Name: business_day_at(integer, timestamp with time zone); Type: FUNCTION; Schema: staff; Owner: -
--

CREATE FUNCTION staff.business_day_at(p_outlet integer, p_at timestamp with time zone) RETURNS date
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'staff', 'pg_temp'
    AS $$
  SELECT day FROM outlets_at(ARRAY[p_outlet], p_at)
$$;


--
-- Name: changed_rights(jsonb); Type: FUNCTION; Schema: staff; Owner: -
--

CREATE FUNCTION staff.changed_rights(p_known jsonb) RETURNS TABLE(outlet_id integer, version bigint, granted jsonb)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'staff', 'pg_temp'
    AS $$
  SELECT outlet_id, version, granted FROM rights WHERE version > coalesce((p_known ->> outlet_id::text)::bigint, 0)
$$;


--
-- Name: day_began(integer); Type: FUNCTION; Schema: staff; Owner: -
--

CREATE FUNCTION staff.day_began(p_outlet integer) RETURNS timestamp with time zone
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'staff', 'pg_temp'
    AS $$
  SELECT CASE WHEN locked_through = business_day(p_outlet) - 1 THEN least(began, locked_at) ELSE began END
  FROM (SELECT (business_day(p_outlet) + make_interval(mins => day_cutoff_minutes)) AT TIME ZONE timezone AS began, locked_through,
    locked_at FROM outlet WHERE id = p_outlet) o
$$;


--
-- Name: demo_works(); Type: FUNCTION; Schema: staff; Owner: -
--

CREATE FUNCTION staff.demo_works() RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'staff', 'pg_temp'
    AS $$
  SELECT EXISTS (
    SELECT FROM public_credential c JOIN person p ON (p.outlet_id, p.id) = (c.outlet_id, c.person_id)
    WHERE p.active AND (p.pin_hash = c.pin_hash OR p.password_hash = c.password_hash))
$$;


--
-- Name: hold_days(integer, date[]); Type: FUNCTION; Schema: staff; Owner: -
--

CREATE FUNCTION staff.hold_days(p_outlet integer, p_days date[]) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'staff', 'pg_temp'
    AS $$
DECLARE
  v_locked date;
BEGIN
  SELECT locked_through INTO v_locked FROM outlet WHERE id = p_outlet FOR SHARE;
  IF EXISTS (SELECT FROM unnest(p_days) day WHERE day <= v_locked) THEN
    RAISE EXCEPTION 'the business day was locked meanwhile' USING ERRCODE = 'serialization_failure';
  END IF;
END $$;


--
-- Name: hold_open(integer); Type: FUNCTION; Schema: staff; Owner: -
--

CREATE FUNCTION staff.hold_open(p_outlet integer) RETURNS boolean
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'staff', 'pg_temp'
    AS $$
  SELECT closed_at IS NULL FROM outlet WHERE id = p_outlet FOR SHARE
$$;


--
-- Name: lock_day(integer, date); Type: FUNCTION; Schema: staff; Owner: -
--

CREATE FUNCTION staff.lock_day(p_outlet integer, p_day date) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'staff', 'pg_temp'
    AS $$
BEGIN
  UPDATE outlet SET locked_through = p_day, locked_at = clock_timestamp()
  WHERE id = p_outlet AND (locked_through IS NULL OR locked_through < p_day);
  RETURN FOUND;
END $$;


--
-- Name: note_uses(uuid[]); Type: FUNCTION; Schema: staff; Owner: -
--

CREATE FUNCTION staff.note_uses(p_tokens uuid[]) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'staff', 'pg_temp'
    AS $$
  UPDATE service_token SET last_used_at = now() WHERE (outlet_id, id) IN (SELECT outlet_id, id FROM service_token
    WHERE id = ANY (p_tokens) AND (last_used_at IS NULL OR last_used_at < now() - interval '1 minute') FOR UPDATE SKIP LOCKED)
$$;


--
-- Name: open_outlets(); Type: FUNCTION; Schema: staff; Owner: -
--

CREATE FUNCTION staff.open_outlets() RETURNS integer[]
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'staff', 'pg_temp'
    AS $$
  SELECT coalesce(array_agg(id ORDER BY id), '{}') FROM outlet WHERE closed_at IS NULL $$;


--
-- Name: outlet_ids(); Type: FUNCTION; Schema: staff; Owner: -
--

CREATE FUNCTION staff.outlet_ids() RETURNS integer[]
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'staff', 'pg_temp'
    AS $$
  SELECT coalesce(array_agg(id ORDER BY id), '{}') FROM outlet $$;


--
-- Name: outlets_at(integer[], timestamp with time zone); Type: FUNCTION; Schema: staff; Owner: -
--

CREATE FUNCTION staff.outlets_at(p_outlets integer[], p_at timestamp with time zone) RETURNS TABLE(outlet_id integer, version bigint, day date)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'staff', 'pg_temp'
    AS $$
BEGIN
  RETURN QUERY SELECT e.id, e.version, CASE
    WHEN e.locked IS NULL OR e.day > e.locked THEN e.day
    WHEN p_at >= now() THEN e.locked + 1
    ELSE (SELECT t.day FROM outlets_at(ARRAY[e.id], now()) t)
  END
  FROM (SELECT d.id, d.version, d.locked, CASE
      WHEN p_at < (d.day + d.cutoff) AT TIME ZONE d.timezone THEN d.day - 1
      WHEN p_at >= (d.day + 1 + d.cutoff) AT TIME ZONE d.timezone THEN d.day + 1
      ELSE d.day
    END AS day
    FROM (SELECT o.id, o.version, o.timezone, o.locked_through AS locked, make_interval(mins => o.day_cutoff_minutes) AS cutoff,
        ((p_at AT TIME ZONE o.timezone) - make_interval(mins => o.day_cutoff_minutes))::date AS day
      FROM outlet o WHERE o.id = ANY (p_outlets)) d) e;
END $$;


--
-- Name: read_outlet(integer); Type: FUNCTION; Schema: staff; Owner: -
--

CREATE FUNCTION staff.read_outlet(p_outlet integer) RETURNS jsonb
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'staff', 'pg_temp'
    AS $$
  SELECT to_jsonb(o) FROM outlet o WHERE o.id = p_outlet
$$;


--
-- Name: record_audit(integer, uuid, text, text, text, jsonb); Type: FUNCTION; Schema: staff; Owner: -
--

CREATE FUNCTION staff.record_audit(p_outlet integer, p_actor uuid, p_actor_name text, p_action text, p_subject text, p_detail jsonb) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'staff', 'pg_temp'
    AS $$
  INSERT INTO audit (outlet_id, actor_id, actor_name, action, subject, detail)
  VALUES (p_outlet, p_actor, p_actor_name, p_action, p_subject, coalesce(p_detail, '{}'))
$$;


--
-- Name: refuse_change(); Type: FUNCTION; Schema: staff; Owner: -
--

CREATE FUNCTION staff.refuse_change() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
  RAISE EXCEPTION 'the audit log is append-only' USING ERRCODE = 'insufficient_privilege';
END $$;


--
-- Name: refuse_closed(integer[], date[]); Type: FUNCTION; Schema: staff; Owner: -
--

CREATE FUNCTION staff.refuse_closed(p_outlets integer[], p_days date[]) RETURNS void
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'staff', 'pg_temp'
    AS $$
BEGIN
  IF EXISTS (SELECT FROM outlet WHERE id = ANY (p_outlets) AND closed_at IS NOT NULL) THEN
    RAISE EXCEPTION 'the outlet is closed' USING ERRCODE = 'object_not_in_prerequisite_state';
  END IF;
  IF EXISTS (SELECT FROM unnest(p_outlets, p_days) o(id, day) JOIN outlet USING (id) WHERE o.day <= locked_through) THEN
    RAISE EXCEPTION 'the business day was locked meanwhile' USING ERRCODE = 'serialization_failure';
  END IF;
END $$;


--
-- Name: revoked_sessions(integer); Type: FUNCTION; Schema: staff; Owner: -
--

CREATE FUNCTION staff.revoked_sessions(p_seconds integer) RETURNS SETOF uuid
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'staff', 'pg_temp'
    AS $$
  SELECT id FROM session WHERE revoked_at > now() - make_interval(secs => p_seconds)
$$;


--
-- Name: service_tokens(); Type: FUNCTION; Schema: staff; Owner: -
--

CREATE FUNCTION staff.service_tokens() RETURNS TABLE(outlet_id integer, id uuid, name text, token_hash bytea, scopes text[], expires double precision)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'staff', 'pg_temp'
    AS $$
  SELECT outlet_id, id, name, token_hash, scopes, extract(epoch FROM expires_at)::float8
  FROM service_token WHERE revoked_at IS NULL AND expires_at > now()
$$;


--
-- Name: signing_keys(); Type: FUNCTION; Schema: staff; Owner: -
--

CREATE FUNCTION staff.signing_keys() RETURNS TABLE(kid text, salt bytea, begins double precision, ends double precision)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'staff', 'pg_temp'
    AS $$
  SELECT kid, salt, extract(epoch FROM begins_at)::float8, extract(epoch FROM coalesce(ends_at, 'infinity'))::float8
  FROM signing_key WHERE ends_at IS NULL OR ends_at > now() ORDER BY begins_at, kid
$$;


--
-- Name: use_lift(integer, uuid, bytea, text, text, bigint); Type: FUNCTION; Schema: staff; Owner: -
--

CREATE FUNCTION staff.use_lift(p_outlet integer, p_session uuid, p_token_hash bytea, p_permission text, p_subject text, p_paise bigint) RETURNS TABLE(id uuid, name text, role text)
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'staff', 'pg_temp'
    AS $$
  UPDATE lift l SET used_at = clock_timestamp() FROM person p
  WHERE l.outlet_id = p_outlet AND l.token_hash = p_token_hash AND l.session_id = p_session
    AND l.permission = p_permission AND l.subject = p_subject AND l.amount_paise >= p_paise
    AND l.used_at IS NULL AND l.expires_at > clock_timestamp()
    AND (p.outlet_id, p.id) = (l.outlet_id, l.approver_id) AND p.active
  RETURNING p.id, p.name, p.role
$$;


--
-- Name: idempotency; Type: TABLE; Schema: inventory; Owner: -
--

CREATE TABLE inventory.idempotency (
    outlet_id integer NOT NULL,
    principal text NOT NULL,
    route text NOT NULL,
    key text NOT NULL,
    body_hash bytea NOT NULL,
    status integer,
    body bytea,
    created_at timestamp(6) with time zone DEFAULT clock_timestamp() NOT NULL
);


--
-- Name: inbox; Type: TABLE; Schema: inventory; Owner: -
--

CREATE TABLE inventory.inbox (
    log text NOT NULL,
    event_id uuid NOT NULL,
    handled_at timestamp(6) with time zone DEFAULT clock_timestamp() NOT NULL
);


--
-- Name: movement; Type: TABLE; Schema: inventory; Owner: -
--

CREATE TABLE inventory.movement (
    outlet_id integer NOT NULL,
    id uuid DEFAULT uuidv7() NOT NULL,
    stock_id uuid NOT NULL,
    kind text NOT NULL,
    quantity_milli bigint NOT NULL,
    portions integer,
    order_id uuid,
    reason text,
    actor_id uuid,
    actor_name text,
    created_at timestamp(6) with time zone DEFAULT now() NOT NULL,
    CONSTRAINT movement_kind_check CHECK ((kind = ANY (ARRAY['receipt'::text, 'waste'::text, 'count'::text, 'consume'::text]))),
    CONSTRAINT movement_quantity_check CHECK (
CASE kind
    WHEN 'receipt'::text THEN (quantity_milli > 0)
    WHEN 'waste'::text THEN (quantity_milli < 0)
    ELSE true
END)
);


--
-- Name: order_line; Type: TABLE; Schema: inventory; Owner: -
--

CREATE TABLE inventory.order_line (
    outlet_id integer NOT NULL,
    line_id uuid NOT NULL,
    source_ids uuid[] NOT NULL
);


--
-- Name: outbox; Type: TABLE; Schema: inventory; Owner: -
--

CREATE TABLE inventory.outbox (
    xid xid8 DEFAULT pg_current_xact_id() NOT NULL,
    id bigint NOT NULL,
    created_at timestamp(6) with time zone DEFAULT clock_timestamp() NOT NULL,
    event_id uuid NOT NULL,
    type text NOT NULL,
    subject text NOT NULL,
    outlet_id integer NOT NULL,
    aggregate_version bigint NOT NULL,
    correlation_id text NOT NULL,
    causation_id text,
    traceparent text,
    data json NOT NULL
)
PARTITION BY RANGE (created_at);


--
-- Name: outbox_default; Type: TABLE; Schema: inventory; Owner: -
--

CREATE TABLE inventory.outbox_default (
    xid xid8 DEFAULT pg_current_xact_id() CONSTRAINT outbox_xid_not_null NOT NULL,
    id bigint CONSTRAINT outbox_id_not_null NOT NULL,
    created_at timestamp(6) with time zone DEFAULT clock_timestamp() CONSTRAINT outbox_created_at_not_null NOT NULL,
    event_id uuid CONSTRAINT outbox_event_id_not_null NOT NULL,
    type text CONSTRAINT outbox_type_not_null NOT NULL,
    subject text CONSTRAINT outbox_subject_not_null NOT NULL,
    outlet_id integer CONSTRAINT outbox_outlet_id_not_null NOT NULL,
    aggregate_version bigint CONSTRAINT outbox_aggregate_version_not_null NOT NULL,
    correlation_id text CONSTRAINT outbox_correlation_id_not_null NOT NULL,
    causation_id text,
    traceparent text,
    data json CONSTRAINT outbox_data_not_null NOT NULL
);


--
-- Name: outbox_id_seq; Type: SEQUENCE; Schema: inventory; Owner: -
--

ALTER TABLE inventory.outbox ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME inventory.outbox_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: parked; Type: TABLE; Schema: inventory; Owner: -
--

CREATE TABLE inventory.parked (
    log text NOT NULL,
    "position" bigint NOT NULL,
    subject text NOT NULL,
    event jsonb NOT NULL,
    reason text NOT NULL,
    parked_at timestamp(6) with time zone DEFAULT clock_timestamp() NOT NULL
);


--
-- Name: reader; Type: TABLE; Schema: inventory; Owner: -
--

CREATE TABLE inventory.reader (
    log text NOT NULL,
    "position" bigint DEFAULT 0 NOT NULL,
    gaps jsonb DEFAULT '{}'::jsonb NOT NULL
);


--
-- Name: recipe; Type: TABLE; Schema: inventory; Owner: -
--

CREATE TABLE inventory.recipe (
    outlet_id integer NOT NULL,
    source_id uuid NOT NULL,
    stock_id uuid NOT NULL,
    kind text NOT NULL,
    item_id uuid,
    quantity_milli bigint NOT NULL,
    CONSTRAINT recipe_quantity_check CHECK ((quantity_milli > 0))
);


--
-- Name: reservation; Type: TABLE; Schema: inventory; Owner: -
--

CREATE TABLE inventory.reservation (
    outlet_id integer NOT NULL,
    id uuid DEFAULT uuidv7() NOT NULL,
    order_id uuid NOT NULL,
    line_id uuid NOT NULL,
    stock_id uuid NOT NULL,
    quantity_milli bigint NOT NULL,
    state text DEFAULT 'reserved'::text NOT NULL,
    created_at timestamp(6) with time zone DEFAULT now() NOT NULL,
    settled_at timestamp(6) with time zone,
    CONSTRAINT reservation_quantity_check CHECK ((quantity_milli > 0)),
    CONSTRAINT reservation_settled_check CHECK (((state = 'reserved'::text) = (settled_at IS NULL))),
    CONSTRAINT reservation_state_check CHECK ((state = ANY (ARRAY['reserved'::text, 'consumed'::text, 'released'::text])))
);


--
-- Name: usage; Type: TABLE; Schema: inventory; Owner: -
--

CREATE TABLE inventory.usage (
    outlet_id integer NOT NULL,
    id uuid DEFAULT uuidv7() NOT NULL,
    kitchen_item_id uuid NOT NULL,
    line_id uuid NOT NULL,
    order_id uuid NOT NULL,
    quantity integer NOT NULL,
    wasted boolean DEFAULT false NOT NULL,
    stock_ids uuid[] DEFAULT '{}'::uuid[] NOT NULL,
    quantities_milli bigint[] DEFAULT '{}'::bigint[] NOT NULL,
    consumed_at timestamp(6) with time zone,
    CONSTRAINT usage_quantity_check CHECK ((quantity > 0))
);


--
-- Name: action; Type: TABLE; Schema: kitchen; Owner: -
--

CREATE TABLE kitchen.action (
    outlet_id integer NOT NULL,
    action_id uuid NOT NULL,
    action text NOT NULL,
    ticket_id uuid,
    by uuid NOT NULL,
    applied boolean NOT NULL,
    reason text,
    created_at timestamp(6) with time zone DEFAULT now() NOT NULL,
    CONSTRAINT action_reason CHECK ((applied = (reason IS NULL)))
);


--
-- Name: bill; Type: TABLE; Schema: kitchen; Owner: -
--

CREATE TABLE kitchen.bill (
    outlet_id integer NOT NULL,
    bill_id uuid NOT NULL,
    paid boolean NOT NULL,
    paid_known_at timestamp(6) with time zone NOT NULL,
    closed boolean DEFAULT false NOT NULL
);


--
-- Name: board; Type: TABLE; Schema: kitchen; Owner: -
--

CREATE TABLE kitchen.board (
    outlet_id integer NOT NULL,
    station text NOT NULL,
    name text NOT NULL,
    sequence bigint DEFAULT 0 NOT NULL,
    hash bigint DEFAULT 0 NOT NULL,
    last_number integer DEFAULT 0 NOT NULL,
    CONSTRAINT board_hash_uint32 CHECK (((hash >= 0) AND (hash <= '4294967295'::bigint)))
);


--
-- Name: cancel_answer; Type: TABLE; Schema: kitchen; Owner: -
--

CREATE TABLE kitchen.cancel_answer (
    outlet_id integer NOT NULL,
    order_id uuid NOT NULL,
    version bigint NOT NULL
);


--
-- Name: idempotency; Type: TABLE; Schema: kitchen; Owner: -
--

CREATE TABLE kitchen.idempotency (
    outlet_id integer NOT NULL,
    principal text NOT NULL,
    route text NOT NULL,
    key text NOT NULL,
    body_hash bytea NOT NULL,
    status integer,
    body bytea,
    created_at timestamp(6) with time zone DEFAULT clock_timestamp() NOT NULL
);


--
-- Name: inbox; Type: TABLE; Schema: kitchen; Owner: -
--

CREATE TABLE kitchen.inbox (
    log text NOT NULL,
    event_id uuid NOT NULL,
    handled_at timestamp(6) with time zone DEFAULT clock_timestamp() NOT NULL
);


--
-- Name: outbox; Type: TABLE; Schema: kitchen; Owner: -
--

CREATE TABLE kitchen.outbox (
    xid xid8 DEFAULT pg_current_xact_id() NOT NULL,
    id bigint NOT NULL,
    created_at timestamp(6) with time zone DEFAULT clock_timestamp() NOT NULL,
    event_id uuid NOT NULL,
    type text NOT NULL,
    subject text NOT NULL,
    outlet_id integer NOT NULL,
    aggregate_version bigint NOT NULL,
    correlation_id text NOT NULL,
    causation_id text,
    traceparent text,
    data json NOT NULL
)
PARTITION BY RANGE (created_at);


--
-- Name: outbox_default; Type: TABLE; Schema: kitchen; Owner: -
--

CREATE TABLE kitchen.outbox_default (
    xid xid8 DEFAULT pg_current_xact_id() CONSTRAINT outbox_xid_not_null NOT NULL,
    id bigint CONSTRAINT outbox_id_not_null NOT NULL,
    created_at timestamp(6) with time zone DEFAULT clock_timestamp() CONSTRAINT outbox_created_at_not_null NOT NULL,
    event_id uuid CONSTRAINT outbox_event_id_not_null NOT NULL,
    type text CONSTRAINT outbox_type_not_null NOT NULL,
    subject text CONSTRAINT outbox_subject_not_null NOT NULL,
    outlet_id integer CONSTRAINT outbox_outlet_id_not_null NOT NULL,
    aggregate_version bigint CONSTRAINT outbox_aggregate_version_not_null NOT NULL,
    correlation_id text CONSTRAINT outbox_correlation_id_not_null NOT NULL,
    causation_id text,
    traceparent text,
    data json CONSTRAINT outbox_data_not_null NOT NULL
);


--
-- Name: outbox_id_seq; Type: SEQUENCE; Schema: kitchen; Owner: -
--

ALTER TABLE kitchen.outbox ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME kitchen.outbox_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: parked; Type: TABLE; Schema: kitchen; Owner: -
--

CREATE TABLE kitchen.parked (
    log text NOT NULL,
    "position" bigint NOT NULL,
    subject text NOT NULL,
    event jsonb NOT NULL,
    reason text NOT NULL,
    parked_at timestamp(6) with time zone DEFAULT clock_timestamp() NOT NULL
);


--
-- Name: reader; Type: TABLE; Schema: kitchen; Owner: -
--

CREATE TABLE kitchen.reader (
    log text NOT NULL,
    "position" bigint DEFAULT 0 NOT NULL,
    gaps jsonb DEFAULT '{}'::jsonb NOT NULL
);


--
-- Name: ticket_item; Type: TABLE; Schema: kitchen; Owner: -
--

CREATE TABLE kitchen.ticket_item (
    outlet_id integer NOT NULL,
    id uuid NOT NULL,
    ticket_id uuid NOT NULL,
    "position" integer NOT NULL,
    line_id uuid NOT NULL,
    name text NOT NULL,
    variant text,
    quantity integer NOT NULL,
    modifiers text[] NOT NULL,
    note text,
    allergens text[] NOT NULL,
    state text NOT NULL,
    acknowledged boolean DEFAULT false NOT NULL,
    allergies text[] DEFAULT '{}'::text[] NOT NULL,
    CONSTRAINT ticket_item_acknowledged CHECK (((state = 'voided'::text) OR (NOT acknowledged))),
    CONSTRAINT ticket_item_quantity CHECK ((quantity > 0)),
    CONSTRAINT ticket_item_state CHECK ((state = ANY (ARRAY['held'::text, 'queued'::text, 'cooking'::text, 'ready'::text, 'served'::text, 'voided'::text])))
);


--
-- Name: category; Type: TABLE; Schema: menu; Owner: -
--

CREATE TABLE menu.category (
    outlet_id integer NOT NULL,
    id uuid DEFAULT uuidv7() NOT NULL,
    code text NOT NULL,
    name text NOT NULL,
    name_hi text,
    "position" integer DEFAULT 0 NOT NULL,
    active boolean DEFAULT true NOT NULL
);


--
-- Name: held_back; Type: TABLE; Schema: menu; Owner: -
--

CREATE TABLE menu.held_back (
    outlet_id integer NOT NULL,
    source_id uuid NOT NULL,
    stock_id uuid NOT NULL
);


--
-- Name: idempotency; Type: TABLE; Schema: menu; Owner: -
--

CREATE TABLE menu.idempotency (
    outlet_id integer NOT NULL,
    principal text NOT NULL,
    route text NOT NULL,
    key text NOT NULL,
    body_hash bytea NOT NULL,
    status integer,
    body bytea,
    created_at timestamp(6) with time zone DEFAULT clock_timestamp() NOT NULL
);


--
-- Name: inbox; Type: TABLE; Schema: menu; Owner: -
--

CREATE TABLE menu.inbox (
    log text NOT NULL,
    event_id uuid NOT NULL,
    handled_at timestamp(6) with time zone DEFAULT clock_timestamp() NOT NULL
);


--
-- Name: item_modifier_group; Type: TABLE; Schema: menu; Owner: -
--

CREATE TABLE menu.item_modifier_group (
    outlet_id integer NOT NULL,
    item_id uuid NOT NULL,
    group_id uuid NOT NULL,
    "position" integer DEFAULT 0 NOT NULL
);


--
-- Name: modifier; Type: TABLE; Schema: menu; Owner: -
--

CREATE TABLE menu.modifier (
    outlet_id integer NOT NULL,
    id uuid DEFAULT uuidv7() NOT NULL,
    group_id uuid CONSTRAINT modifier_group_id_not_null1 NOT NULL,
    code text NOT NULL,
    name text NOT NULL,
    price_paise bigint NOT NULL,
    "position" integer DEFAULT 0 NOT NULL,
    active boolean DEFAULT true NOT NULL,
    available boolean DEFAULT true NOT NULL,
    stock_out boolean DEFAULT false NOT NULL,
    CONSTRAINT modifier_price_check CHECK (((price_paise >= 0) AND (price_paise <= 100000000)))
);


--
-- Name: modifier_group; Type: TABLE; Schema: menu; Owner: -
--

CREATE TABLE menu.modifier_group (
    outlet_id integer NOT NULL,
    id uuid DEFAULT uuidv7() NOT NULL,
    code text NOT NULL,
    name text NOT NULL,
    min integer NOT NULL,
    max integer NOT NULL,
    "position" integer DEFAULT 0 NOT NULL,
    active boolean DEFAULT true NOT NULL,
    CONSTRAINT modifier_group_range_check CHECK ((((min >= 0) AND (min <= max)) AND ((max >= 1) AND (max <= 50))))
);


--
-- Name: outbox; Type: TABLE; Schema: menu; Owner: -
--

CREATE TABLE menu.outbox (
    xid xid8 DEFAULT pg_current_xact_id() NOT NULL,
    id bigint NOT NULL,
    created_at timestamp(6) with time zone DEFAULT clock_timestamp() NOT NULL,
    event_id uuid NOT NULL,
    type text NOT NULL,
    subject text NOT NULL,
    outlet_id integer NOT NULL,
    aggregate_version bigint NOT NULL,
    correlation_id text NOT NULL,
    causation_id text,
    traceparent text,
    data json NOT NULL
)
PARTITION BY RANGE (created_at);


--
-- Name: outbox_default; Type: TABLE; Schema: menu; Owner: -
--

CREATE TABLE menu.outbox_default (
    xid xid8 DEFAULT pg_current_xact_id() CONSTRAINT outbox_xid_not_null NOT NULL,
    id bigint CONSTRAINT outbox_id_not_null NOT NULL,
    created_at timestamp(6) with time zone DEFAULT clock_timestamp() CONSTRAINT outbox_created_at_not_null NOT NULL,
    event_id uuid CONSTRAINT outbox_event_id_not_null NOT NULL,
    type text CONSTRAINT outbox_type_not_null NOT NULL,
    subject text CONSTRAINT outbox_subject_not_null NOT NULL,
    outlet_id integer CONSTRAINT outbox_outlet_id_not_null NOT NULL,
    aggregate_version bigint CONSTRAINT outbox_aggregate_version_not_null NOT NULL,
    correlation_id text CONSTRAINT outbox_correlation_id_not_null NOT NULL,
    causation_id text,
    traceparent text,
    data json CONSTRAINT outbox_data_not_null NOT NULL
);


--
-- Name: outbox_id_seq; Type: SEQUENCE; Schema: menu; Owner: -
--

ALTER TABLE menu.outbox ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME menu.outbox_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: outlet_menu; Type: TABLE; Schema: menu; Owner: -
--

CREATE TABLE menu.outlet_menu (
    outlet_id integer NOT NULL,
    version bigint DEFAULT 0 NOT NULL,
    event_version bigint DEFAULT 0 NOT NULL,
    revision bigint DEFAULT 0 NOT NULL
);


--
-- Name: parked; Type: TABLE; Schema: menu; Owner: -
--

CREATE TABLE menu.parked (
    log text NOT NULL,
    "position" bigint NOT NULL,
    subject text NOT NULL,
    event jsonb NOT NULL,
    reason text NOT NULL,
    parked_at timestamp(6) with time zone DEFAULT clock_timestamp() NOT NULL
);


--
-- Name: reader; Type: TABLE; Schema: menu; Owner: -
--

CREATE TABLE menu.reader (
    log text NOT NULL,
    "position" bigint DEFAULT 0 NOT NULL,
    gaps jsonb DEFAULT '{}'::jsonb NOT NULL
);


--
-- Name: station; Type: TABLE; Schema: menu; Owner: -
--

CREATE TABLE menu.station (
    outlet_id integer NOT NULL,
    code text NOT NULL,
    name text NOT NULL,
    "position" integer DEFAULT 0 NOT NULL,
    active boolean DEFAULT true NOT NULL
);


--
-- Name: tax_class; Type: TABLE; Schema: menu; Owner: -
--

CREATE TABLE menu.tax_class (
    outlet_id integer NOT NULL,
    code text NOT NULL,
    version integer NOT NULL,
    name text NOT NULL,
    inclusive boolean NOT NULL,
    components jsonb NOT NULL,
    hsn text DEFAULT '996331'::text NOT NULL,
    CONSTRAINT tax_class_components_check CHECK ((jsonb_typeof(components) = 'array'::text)),
    CONSTRAINT tax_class_hsn_check CHECK ((hsn ~ '^[0-9]{4,8}$'::text))
);


--
-- Name: variant; Type: TABLE; Schema: menu; Owner: -
--

CREATE TABLE menu.variant (
    outlet_id integer NOT NULL,
    id uuid DEFAULT uuidv7() NOT NULL,
    item_id uuid NOT NULL,
    code text NOT NULL,
    name text NOT NULL,
    price_paise bigint NOT NULL,
    "position" integer DEFAULT 0 NOT NULL,
    active boolean DEFAULT true NOT NULL,
    CONSTRAINT variant_price_check CHECK (((price_paise >= 0) AND (price_paise <= 100000000)))
);


--
-- Name: bill_session; Type: TABLE; Schema: notifications; Owner: -
--

CREATE TABLE notifications.bill_session (
    outlet_id integer NOT NULL,
    session_id uuid NOT NULL,
    bill_id uuid NOT NULL,
    created_at timestamp(6) with time zone DEFAULT clock_timestamp() NOT NULL
);


--
-- Name: idempotency; Type: TABLE; Schema: notifications; Owner: -
--

CREATE TABLE notifications.idempotency (
    outlet_id integer NOT NULL,
    principal text NOT NULL,
    route text NOT NULL,
    key text NOT NULL,
    body_hash bytea NOT NULL,
    status integer,
    body bytea,
    created_at timestamp(6) with time zone DEFAULT clock_timestamp() NOT NULL
);


--
-- Name: inbox; Type: TABLE; Schema: notifications; Owner: -
--

CREATE TABLE notifications.inbox (
    log text NOT NULL,
    event_id uuid NOT NULL,
    handled_at timestamp(6) with time zone DEFAULT clock_timestamp() NOT NULL
);


--
-- Name: message; Type: TABLE; Schema: notifications; Owner: -
--

CREATE TABLE notifications.message (
    outlet_id integer NOT NULL,
    id uuid NOT NULL,
    cause text NOT NULL,
    audience text NOT NULL,
    kind text NOT NULL,
    title text NOT NULL,
    text text NOT NULL,
    order_id uuid,
    bill_id uuid,
    session_id uuid,
    table_name text,
    state text NOT NULL,
    created_at timestamp(6) with time zone DEFAULT clock_timestamp() NOT NULL,
    sent_at timestamp(6) with time zone,
    delivered_at timestamp(6) with time zone,
    read_at timestamp(6) with time zone,
    version bigint DEFAULT 1 NOT NULL,
    CONSTRAINT message_audience_check CHECK ((audience = ANY (ARRAY['guest'::text, 'staff'::text]))),
    CONSTRAINT message_check CHECK (((audience = 'staff'::text) OR (bill_id IS NOT NULL))),
    CONSTRAINT message_check1 CHECK (((state = 'queued'::text) OR (sent_at IS NOT NULL))),
    CONSTRAINT message_check2 CHECK (((state <> ALL (ARRAY['delivered'::text, 'read'::text])) OR (delivered_at IS NOT NULL))),
    CONSTRAINT message_check3 CHECK (((state <> 'read'::text) OR (read_at IS NOT NULL))),
    CONSTRAINT message_state_check CHECK ((state = ANY (ARRAY['queued'::text, 'sent'::text, 'delivered'::text, 'read'::text])))
);


--
-- Name: outbox; Type: TABLE; Schema: notifications; Owner: -
--

CREATE TABLE notifications.outbox (
    xid xid8 DEFAULT pg_current_xact_id() NOT NULL,
    id bigint NOT NULL,
    created_at timestamp(6) with time zone DEFAULT clock_timestamp() NOT NULL,
    event_id uuid NOT NULL,
    type text NOT NULL,
    subject text NOT NULL,
    outlet_id integer NOT NULL,
    aggregate_version bigint NOT NULL,
    correlation_id text NOT NULL,
    causation_id text,
    traceparent text,
    data json NOT NULL
)
PARTITION BY RANGE (created_at);


--
-- Name: outbox_default; Type: TABLE; Schema: notifications; Owner: -
--

CREATE TABLE notifications.outbox_default (
    xid xid8 DEFAULT pg_current_xact_id() CONSTRAINT outbox_xid_not_null NOT NULL,
    id bigint CONSTRAINT outbox_id_not_null NOT NULL,
    created_at timestamp(6) with time zone DEFAULT clock_timestamp() CONSTRAINT outbox_created_at_not_null NOT NULL,
    event_id uuid CONSTRAINT outbox_event_id_not_null NOT NULL,
    type text CONSTRAINT outbox_type_not_null NOT NULL,
    subject text CONSTRAINT outbox_subject_not_null NOT NULL,
    outlet_id integer CONSTRAINT outbox_outlet_id_not_null NOT NULL,
    aggregate_version bigint CONSTRAINT outbox_aggregate_version_not_null NOT NULL,
    correlation_id text CONSTRAINT outbox_correlation_id_not_null NOT NULL,
    causation_id text,
    traceparent text,
    data json CONSTRAINT outbox_data_not_null NOT NULL
);


--
-- Name: outbox_id_seq; Type: SEQUENCE; Schema: notifications; Owner: -
--

ALTER TABLE notifications.outbox ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME notifications.outbox_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: parked; Type: TABLE; Schema: notifications; Owner: -
--

CREATE TABLE notifications.parked (
    log text NOT NULL,
    "position" bigint NOT NULL,
    subject text NOT NULL,
    event jsonb NOT NULL,
    reason text NOT NULL,
    parked_at timestamp(6) with time zone DEFAULT clock_timestamp() NOT NULL
);


--
-- Name: reader; Type: TABLE; Schema: notifications; Owner: -
--

CREATE TABLE notifications.reader (
    log text NOT NULL,
    "position" bigint DEFAULT 0 NOT NULL,
    gaps jsonb DEFAULT '{}'::jsonb NOT NULL
);


--
-- Name: idempotency; Type: TABLE; Schema: offers; Owner: -
--

CREATE TABLE offers.idempotency (
    outlet_id integer NOT NULL,
    principal text NOT NULL,
    route text NOT NULL,
    key text NOT NULL,
    body_hash bytea NOT NULL,
    status integer,
    body bytea,
    created_at timestamp(6) with time zone DEFAULT clock_timestamp() NOT NULL
);


--
-- Name: inbox; Type: TABLE; Schema: offers; Owner: -
--

CREATE TABLE offers.inbox (
    log text NOT NULL,
    event_id uuid NOT NULL,
    handled_at timestamp(6) with time zone DEFAULT clock_timestamp() NOT NULL
);


--
-- Name: offer; Type: TABLE; Schema: offers; Owner: -
--

CREATE TABLE offers.offer (
    outlet_id integer NOT NULL,
    id uuid NOT NULL,
    terms jsonb NOT NULL,
    paused boolean DEFAULT false NOT NULL,
    ended_at timestamp(6) with time zone,
    version bigint DEFAULT 1 NOT NULL,
    created_at timestamp(6) with time zone DEFAULT now() NOT NULL
);


--
-- Name: outbox; Type: TABLE; Schema: offers; Owner: -
--

CREATE TABLE offers.outbox (
    xid xid8 DEFAULT pg_current_xact_id() NOT NULL,
    id bigint NOT NULL,
    created_at timestamp(6) with time zone DEFAULT clock_timestamp() NOT NULL,
    event_id uuid NOT NULL,
    type text NOT NULL,
    subject text NOT NULL,
    outlet_id integer NOT NULL,
    aggregate_version bigint NOT NULL,
    correlation_id text NOT NULL,
    causation_id text,
    traceparent text,
    data json NOT NULL
)
PARTITION BY RANGE (created_at);


--
-- Name: outbox_default; Type: TABLE; Schema: offers; Owner: -
--

CREATE TABLE offers.outbox_default (
    xid xid8 DEFAULT pg_current_xact_id() CONSTRAINT outbox_xid_not_null NOT NULL,
    id bigint CONSTRAINT outbox_id_not_null NOT NULL,
    created_at timestamp(6) with time zone DEFAULT clock_timestamp() CONSTRAINT outbox_created_at_not_null NOT NULL,
    event_id uuid CONSTRAINT outbox_event_id_not_null NOT NULL,
    type text CONSTRAINT outbox_type_not_null NOT NULL,
    subject text CONSTRAINT outbox_subject_not_null NOT NULL,
    outlet_id integer CONSTRAINT outbox_outlet_id_not_null NOT NULL,
    aggregate_version bigint CONSTRAINT outbox_aggregate_version_not_null NOT NULL,
    correlation_id text CONSTRAINT outbox_correlation_id_not_null NOT NULL,
    causation_id text,
    traceparent text,
    data json CONSTRAINT outbox_data_not_null NOT NULL
);


--
-- Name: outbox_id_seq; Type: SEQUENCE; Schema: offers; Owner: -
--

ALTER TABLE offers.outbox ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME offers.outbox_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: parked; Type: TABLE; Schema: offers; Owner: -
--

CREATE TABLE offers.parked (
    log text NOT NULL,
    "position" bigint NOT NULL,
    subject text NOT NULL,
    event jsonb NOT NULL,
    reason text NOT NULL,
    parked_at timestamp(6) with time zone DEFAULT clock_timestamp() NOT NULL
);


--
-- Name: reader; Type: TABLE; Schema: offers; Owner: -
--

CREATE TABLE offers.reader (
    log text NOT NULL,
    "position" bigint DEFAULT 0 NOT NULL,
    gaps jsonb DEFAULT '{}'::jsonb NOT NULL
);


--
-- Name: bill; Type: TABLE; Schema: orders; Owner: -
--

CREATE TABLE orders.bill (
    outlet_id integer NOT NULL,
    id uuid DEFAULT uuidv7() NOT NULL,
    type text NOT NULL,
    table_id uuid,
    table_name text,
    status text DEFAULT 'open'::text NOT NULL,
    business_day date NOT NULL,
    customer_name text,
    session_ids uuid[] DEFAULT '{}'::uuid[] NOT NULL,
    net_paise bigint DEFAULT 0 NOT NULL,
    total_paise bigint DEFAULT 0 NOT NULL,
    paid_paise bigint DEFAULT 0 NOT NULL,
    refunded_paise bigint DEFAULT 0 NOT NULL,
    attention text,
    attention_since timestamp(6) with time zone,
    opened_at timestamp(6) with time zone DEFAULT now() NOT NULL,
    closed_at timestamp(6) with time zone,
    version bigint DEFAULT 0 NOT NULL,
    payments jsonb DEFAULT '[]'::jsonb NOT NULL,
    buyer jsonb,
    payment text DEFAULT 'pay_later'::text NOT NULL,
    sitting_id uuid,
    walked_out_at timestamp(6) with time zone,
    CONSTRAINT bill_attention_check CHECK ((attention = ANY (ARRAY['cash'::text, 'help'::text]))),
    CONSTRAINT bill_money_check CHECK (((net_paise >= 0) AND (total_paise >= 0) AND (paid_paise >= 0) AND ((refunded_paise >= 0) AND (refunded_paise <= paid_paise)))),
    CONSTRAINT bill_payment_check CHECK ((payment = ANY (ARRAY['pay_later'::text, 'prepaid'::text]))),
    CONSTRAINT bill_status_check CHECK ((status = ANY (ARRAY['open'::text, 'closed'::text, 'voided'::text, 'written_off'::text]))),
    CONSTRAINT bill_type_check CHECK ((type = ANY (ARRAY['dine_in'::text, 'takeaway'::text])))
);


--
-- Name: day_counter; Type: TABLE; Schema: orders; Owner: -
--

CREATE TABLE orders.day_counter (
    outlet_id integer NOT NULL,
    business_day date NOT NULL,
    last_number integer NOT NULL
);


--
-- Name: dining_table; Type: TABLE; Schema: orders; Owner: -
--

CREATE TABLE orders.dining_table (
    outlet_id integer NOT NULL,
    id uuid DEFAULT uuidv7() NOT NULL,
    code text NOT NULL,
    name text NOT NULL,
    area text DEFAULT ''::text NOT NULL,
    seats integer DEFAULT 4 NOT NULL,
    sort integer DEFAULT 0 NOT NULL,
    active boolean DEFAULT true NOT NULL,
    qr_generation integer DEFAULT 1 NOT NULL,
    qr_hash bytea NOT NULL,
    CONSTRAINT dining_table_seats_check CHECK (((seats >= 1) AND (seats <= 200)))
);


--
-- Name: document; Type: TABLE; Schema: orders; Owner: -
--

CREATE TABLE orders.document (
    outlet_id integer NOT NULL,
    id uuid NOT NULL,
    kind text NOT NULL,
    gstin text NOT NULL,
    financial_year integer NOT NULL,
    sequence integer NOT NULL,
    number text NOT NULL,
    token text NOT NULL,
    bill_id uuid NOT NULL,
    corrects uuid,
    issued_at timestamp(6) with time zone NOT NULL,
    issued_on date NOT NULL,
    business_day date NOT NULL,
    taxable_paise bigint NOT NULL,
    total_paise bigint NOT NULL,
    buyer_name text,
    buyer_gstin text,
    previous_hash bytea NOT NULL,
    hash bytea NOT NULL,
    body text NOT NULL,
    CONSTRAINT document_corrects_check CHECK (((kind = 'credit_note'::text) = (corrects IS NOT NULL))),
    CONSTRAINT document_hash_check CHECK ((hash = sha256((previous_hash || convert_to(body, 'UTF8'::name))))),
    CONSTRAINT document_kind_check CHECK ((kind = ANY (ARRAY['tax_invoice'::text, 'bill_of_supply'::text, 'receipt'::text, 'liquor_invoice'::text, 'credit_note'::text]))),
    CONSTRAINT document_money_check CHECK (((taxable_paise >= 0) AND (total_paise >= 0))),
    CONSTRAINT document_number_check CHECK (((number ~ '^[A-Z0-9/-]{1,16}$'::text) AND (sequence > 0)))
);


--
-- Name: document_series; Type: TABLE; Schema: orders; Owner: -
--

CREATE TABLE orders.document_series (
    outlet_id integer NOT NULL,
    gstin text NOT NULL,
    kind text NOT NULL,
    financial_year integer NOT NULL,
    last_number integer DEFAULT 0 NOT NULL,
    last_hash bytea NOT NULL,
    last_issued_at timestamp(6) with time zone
);


--
-- Name: guest_session; Type: TABLE; Schema: orders; Owner: -
--

CREATE TABLE orders.guest_session (
    outlet_id integer NOT NULL,
    id uuid NOT NULL,
    table_id uuid,
    created_at timestamp(6) with time zone DEFAULT now() NOT NULL,
    sitting_id uuid,
    qr_generation integer,
    admission text DEFAULT 'admitted'::text NOT NULL,
    CONSTRAINT guest_session_admission_check CHECK ((admission = ANY (ARRAY['admitted'::text, 'waiting'::text, 'refused'::text])))
);


--
-- Name: idempotency; Type: TABLE; Schema: orders; Owner: -
--

CREATE TABLE orders.idempotency (
    outlet_id integer NOT NULL,
    principal text NOT NULL,
    route text NOT NULL,
    key text NOT NULL,
    body_hash bytea NOT NULL,
    status integer,
    body bytea,
    created_at timestamp(6) with time zone DEFAULT clock_timestamp() NOT NULL
);


--
-- Name: inbox; Type: TABLE; Schema: orders; Owner: -
--

CREATE TABLE orders.inbox (
    log text NOT NULL,
    event_id uuid NOT NULL,
    handled_at timestamp(6) with time zone DEFAULT clock_timestamp() NOT NULL
);


--
-- Name: orders; Type: TABLE; Schema: orders; Owner: -
--

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
    discount_paise bigint DEFAULT 0 NOT NULL,
    taxable_paise bigint NOT NULL,
    taxes jsonb NOT NULL,
    total_paise bigint NOT NULL,
    menu_version bigint NOT NULL,
    held_courses integer[] DEFAULT '{}'::integer[] NOT NULL,
    cancel_requested boolean DEFAULT false NOT NULL,
    reason text,
    placed_at timestamp(6) with time zone NOT NULL,
    expires_at timestamp(6) with time zone,
    confirmed_at timestamp(6) with time zone,
    ready_at timestamp(6) with time zone,
    served_at timestamp(6) with time zone,
    completed_at timestamp(6) with time zone,
    version bigint DEFAULT 1 NOT NULL,
    allergies text[] DEFAULT '{}'::text[] NOT NULL,
    approved boolean DEFAULT true NOT NULL,
    cash_asked_at timestamp with time zone,
    network bytea,
    voids jsonb DEFAULT '[]'::jsonb NOT NULL,
    CONSTRAINT orders_allergies_check CHECK ((cardinality(allergies) <= 14)),
    CONSTRAINT orders_money_check CHECK (((subtotal_paise >= 0) AND (discount_paise >= 0) AND (taxable_paise >= 0) AND (total_paise >= 0))),
    CONSTRAINT orders_payment_check CHECK ((payment = ANY (ARRAY['pay_later'::text, 'prepaid'::text]))),
    CONSTRAINT orders_status_check CHECK ((status = ANY (ARRAY['placed'::text, 'awaiting_payment'::text, 'confirmed'::text, 'preparing'::text, 'ready'::text, 'served'::text, 'completed'::text, 'rejected'::text, 'expired'::text, 'cancelled'::text]))),
    CONSTRAINT orders_type_check CHECK ((type = ANY (ARRAY['dine_in'::text, 'takeaway'::text])))
);


--
-- Name: outbox; Type: TABLE; Schema: orders; Owner: -
--

CREATE TABLE orders.outbox (
    xid xid8 DEFAULT pg_current_xact_id() NOT NULL,
    id bigint NOT NULL,
    created_at timestamp(6) with time zone DEFAULT clock_timestamp() NOT NULL,
    event_id uuid NOT NULL,
    type text NOT NULL,
    subject text NOT NULL,
    outlet_id integer NOT NULL,
    aggregate_version bigint NOT NULL,
    correlation_id text NOT NULL,
    causation_id text,
    traceparent text,
    data json NOT NULL
)
PARTITION BY RANGE (created_at);


--
-- Name: outbox_default; Type: TABLE; Schema: orders; Owner: -
--

CREATE TABLE orders.outbox_default (
    xid xid8 DEFAULT pg_current_xact_id() CONSTRAINT outbox_xid_not_null NOT NULL,
    id bigint CONSTRAINT outbox_id_not_null NOT NULL,
    created_at timestamp(6) with time zone DEFAULT clock_timestamp() CONSTRAINT outbox_created_at_not_null NOT NULL,
    event_id uuid CONSTRAINT outbox_event_id_not_null NOT NULL,
    type text CONSTRAINT outbox_type_not_null NOT NULL,
    subject text CONSTRAINT outbox_subject_not_null NOT NULL,
    outlet_id integer CONSTRAINT outbox_outlet_id_not_null NOT NULL,
    aggregate_version bigint CONSTRAINT outbox_aggregate_version_not_null NOT NULL,
    correlation_id text CONSTRAINT outbox_correlation_id_not_null NOT NULL,
    causation_id text,
    traceparent text,
    data json CONSTRAINT outbox_data_not_null NOT NULL
);


--
-- Name: outbox_id_seq; Type: SEQUENCE; Schema: orders; Owner: -
--

ALTER TABLE orders.outbox ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME orders.outbox_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: parked; Type: TABLE; Schema: orders; Owner: -
--

CREATE TABLE orders.parked (
    log text NOT NULL,
    "position" bigint NOT NULL,
    subject text NOT NULL,
    event jsonb NOT NULL,
    reason text NOT NULL,
    parked_at timestamp(6) with time zone DEFAULT clock_timestamp() NOT NULL
);


--
-- Name: reader; Type: TABLE; Schema: orders; Owner: -
--

CREATE TABLE orders.reader (
    log text NOT NULL,
    "position" bigint DEFAULT 0 NOT NULL,
    gaps jsonb DEFAULT '{}'::jsonb NOT NULL
);


--
-- Name: rearrangement; Type: TABLE; Schema: orders; Owner: -
--

CREATE TABLE orders.rearrangement (
    outlet_id integer NOT NULL,
    id uuid DEFAULT uuidv7() NOT NULL,
    kind text NOT NULL,
    sitting_id uuid,
    at timestamp(6) with time zone DEFAULT clock_timestamp() NOT NULL,
    by uuid NOT NULL,
    by_name text,
    detail jsonb NOT NULL,
    undone_at timestamp(6) with time zone,
    undone_by text,
    CONSTRAINT rearrangement_kind_check CHECK ((kind = ANY (ARRAY['move'::text, 'merge'::text])))
);


--
-- Name: sitting; Type: TABLE; Schema: orders; Owner: -
--

CREATE TABLE orders.sitting (
    outlet_id integer NOT NULL,
    id uuid DEFAULT uuidv7() NOT NULL,
    table_id uuid NOT NULL,
    table_name text NOT NULL,
    covers integer,
    opened_by text NOT NULL,
    opened_at timestamp(6) with time zone DEFAULT clock_timestamp() NOT NULL,
    ended_at timestamp(6) with time zone,
    ending text,
    version bigint DEFAULT 1 NOT NULL,
    CONSTRAINT sitting_covers_check CHECK (((covers >= 1) AND (covers <= 200))),
    CONSTRAINT sitting_ending_check CHECK ((((ending = ANY (ARRAY['cleared'::text, 'timed_out'::text, 'walk_out'::text])) AND (ended_at IS NOT NULL)) OR ((ending IS NULL) AND (ended_at IS NULL)))),
    CONSTRAINT sitting_opened_by_check CHECK ((opened_by = ANY (ARRAY['guest'::text, 'staff'::text])))
);


--
-- Name: ticket_progress; Type: TABLE; Schema: orders; Owner: -
--

CREATE TABLE orders.ticket_progress (
    outlet_id integer NOT NULL,
    order_id uuid NOT NULL,
    ticket_id uuid NOT NULL,
    station text NOT NULL,
    state text NOT NULL,
    version bigint NOT NULL
);


--
-- Name: attempt; Type: TABLE; Schema: payments; Owner: -
--

CREATE TABLE payments.attempt (
    outlet_id integer NOT NULL,
    id uuid NOT NULL,
    payment_id uuid NOT NULL,
    provider text NOT NULL,
    provider_payment_id text,
    method text,
    status text NOT NULL,
    amount_paise bigint NOT NULL,
    refunded_paise bigint DEFAULT 0 NOT NULL,
    tendered_paise bigint,
    change_paise bigint,
    waiter_id uuid,
    waiter_name text,
    on_bill boolean DEFAULT false NOT NULL,
    error text,
    business_day date,
    created_at timestamp(6) with time zone DEFAULT now() NOT NULL,
    captured_at timestamp(6) with time zone,
    poll_at timestamp(6) with time zone,
    failed_at timestamp(6) with time zone,
    failed_day date,
    reference text,
    shift_id uuid,
    CONSTRAINT attempt_captured_check CHECK (((status = 'captured'::text) = ((captured_at IS NOT NULL) AND (business_day IS NOT NULL)))),
    CONSTRAINT attempt_cash_check CHECK (
CASE
    WHEN ((provider = 'counter'::text) AND (method = 'cash'::text)) THEN ((tendered_paise >= amount_paise) AND (change_paise = (tendered_paise - amount_paise)) AND (reference IS NULL))
    ELSE ((tendered_paise IS NULL) AND (change_paise IS NULL))
END),
    CONSTRAINT attempt_counter_check CHECK (((provider <> 'counter'::text) OR ((waiter_id IS NOT NULL) AND (waiter_name IS NOT NULL) AND (method IS NOT NULL)))),
    CONSTRAINT attempt_failed_check CHECK (((failed_at IS NULL) = (failed_day IS NULL))),
    CONSTRAINT attempt_provider_check CHECK (((provider = 'counter'::text) = (provider_payment_id IS NULL))),
    CONSTRAINT attempt_refunded_check CHECK (((refunded_paise >= 0) AND (refunded_paise <=
CASE status
    WHEN 'captured'::text THEN amount_paise
    ELSE (0)::bigint
END))),
    CONSTRAINT attempt_status_check CHECK ((status = ANY (ARRAY['created'::text, 'authorized'::text, 'captured'::text, 'failed'::text, 'unknown'::text, 'returned'::text])))
);


--
-- Name: cash_movement; Type: TABLE; Schema: payments; Owner: -
--

CREATE TABLE payments.cash_movement (
    outlet_id integer NOT NULL,
    id uuid NOT NULL,
    shift_id uuid NOT NULL,
    kind text NOT NULL,
    amount_paise bigint NOT NULL,
    reason text NOT NULL,
    note text,
    by_id uuid NOT NULL,
    by_name text NOT NULL,
    at timestamp(6) with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT cash_movement_amount_check CHECK ((amount_paise > 0)),
    CONSTRAINT cash_movement_kind_check CHECK ((kind = ANY (ARRAY['in'::text, 'out'::text])))
);


--
-- Name: comparison; Type: TABLE; Schema: payments; Owner: -
--

CREATE TABLE payments.comparison (
    provider text NOT NULL,
    list text NOT NULL,
    whole boolean NOT NULL,
    first_at timestamp(6) with time zone NOT NULL,
    last_at timestamp(6) with time zone NOT NULL,
    skip integer DEFAULT 0 NOT NULL,
    next_at timestamp(6) with time zone DEFAULT now() NOT NULL,
    whole_at timestamp(6) with time zone,
    CONSTRAINT comparison_list_check CHECK ((list = ANY (ARRAY['payments'::text, 'refunds'::text, 'disputes'::text]))),
    CONSTRAINT comparison_window_check CHECK (((first_at < last_at) AND (skip >= 0)))
);


--
-- Name: daily; Type: TABLE; Schema: payments; Owner: -
--

CREATE TABLE payments.daily (
    outlet_id integer NOT NULL,
    business_day date NOT NULL,
    method text NOT NULL,
    captured_count bigint DEFAULT 0 NOT NULL,
    captured_paise bigint DEFAULT 0 NOT NULL,
    refunded_count bigint DEFAULT 0 NOT NULL,
    refunded_paise bigint DEFAULT 0 NOT NULL,
    failed_count bigint DEFAULT 0 NOT NULL
);


--
-- Name: day_close; Type: TABLE; Schema: payments; Owner: -
--

CREATE TABLE payments.day_close (
    outlet_id integer NOT NULL,
    id uuid NOT NULL,
    number integer NOT NULL,
    business_day date NOT NULL,
    closed_at timestamp(6) with time zone NOT NULL,
    closed_by uuid NOT NULL,
    closed_by_name text NOT NULL,
    body text NOT NULL,
    CONSTRAINT day_close_number_check CHECK ((number > 0))
);


--
-- Name: hourly; Type: TABLE; Schema: payments; Owner: -
--

CREATE TABLE payments.hourly (
    outlet_id integer NOT NULL,
    business_day date NOT NULL,
    hour smallint NOT NULL,
    method text NOT NULL,
    captured_count bigint DEFAULT 0 NOT NULL,
    captured_paise bigint DEFAULT 0 NOT NULL,
    refunded_count bigint DEFAULT 0 NOT NULL,
    refunded_paise bigint DEFAULT 0 NOT NULL,
    failed_count bigint DEFAULT 0 NOT NULL,
    CONSTRAINT hourly_hour_check CHECK (((hour >= 0) AND (hour <= 23)))
);


--
-- Name: idempotency; Type: TABLE; Schema: payments; Owner: -
--

CREATE TABLE payments.idempotency (
    outlet_id integer NOT NULL,
    principal text NOT NULL,
    route text NOT NULL,
    key text NOT NULL,
    body_hash bytea NOT NULL,
    status integer,
    body bytea,
    created_at timestamp(6) with time zone DEFAULT clock_timestamp() NOT NULL
);


--
-- Name: inbox; Type: TABLE; Schema: payments; Owner: -
--

CREATE TABLE payments.inbox (
    log text NOT NULL,
    event_id uuid NOT NULL,
    handled_at timestamp(6) with time zone DEFAULT clock_timestamp() NOT NULL
);


--
-- Name: outbox; Type: TABLE; Schema: payments; Owner: -
--

CREATE TABLE payments.outbox (
    xid xid8 DEFAULT pg_current_xact_id() NOT NULL,
    id bigint NOT NULL,
    created_at timestamp(6) with time zone DEFAULT clock_timestamp() NOT NULL,
    event_id uuid NOT NULL,
    type text NOT NULL,
    subject text NOT NULL,
    outlet_id integer NOT NULL,
    aggregate_version bigint NOT NULL,
    correlation_id text NOT NULL,
    causation_id text,
    traceparent text,
    data json NOT NULL
)
PARTITION BY RANGE (created_at);


--
-- Name: outbox_default; Type: TABLE; Schema: payments; Owner: -
--

CREATE TABLE payments.outbox_default (
    xid xid8 DEFAULT pg_current_xact_id() CONSTRAINT outbox_xid_not_null NOT NULL,
    id bigint CONSTRAINT outbox_id_not_null NOT NULL,
    created_at timestamp(6) with time zone DEFAULT clock_timestamp() CONSTRAINT outbox_created_at_not_null NOT NULL,
    event_id uuid CONSTRAINT outbox_event_id_not_null NOT NULL,
    type text CONSTRAINT outbox_type_not_null NOT NULL,
    subject text CONSTRAINT outbox_subject_not_null NOT NULL,
    outlet_id integer CONSTRAINT outbox_outlet_id_not_null NOT NULL,
    aggregate_version bigint CONSTRAINT outbox_aggregate_version_not_null NOT NULL,
    correlation_id text CONSTRAINT outbox_correlation_id_not_null NOT NULL,
    causation_id text,
    traceparent text,
    data json CONSTRAINT outbox_data_not_null NOT NULL
);


--
-- Name: outbox_id_seq; Type: SEQUENCE; Schema: payments; Owner: -
--

ALTER TABLE payments.outbox ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME payments.outbox_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: parked; Type: TABLE; Schema: payments; Owner: -
--

CREATE TABLE payments.parked (
    log text NOT NULL,
    "position" bigint NOT NULL,
    subject text NOT NULL,
    event jsonb NOT NULL,
    reason text NOT NULL,
    parked_at timestamp(6) with time zone DEFAULT clock_timestamp() NOT NULL
);


--
-- Name: payment; Type: TABLE; Schema: payments; Owner: -
--

CREATE TABLE payments.payment (
    outlet_id integer NOT NULL,
    id uuid NOT NULL,
    bill_id uuid NOT NULL,
    order_id uuid,
    amount_paise bigint NOT NULL,
    currency text DEFAULT 'INR'::text NOT NULL,
    status text DEFAULT 'pending'::text NOT NULL,
    method text,
    captured_paise bigint DEFAULT 0 NOT NULL,
    refunded_paise bigint DEFAULT 0 NOT NULL,
    provider text,
    provider_order_id text,
    business_day date NOT NULL,
    created_at timestamp(6) with time zone DEFAULT now() NOT NULL,
    expires_at timestamp(6) with time zone,
    poll_at timestamp(6) with time zone,
    poll_count integer DEFAULT 0 NOT NULL,
    version bigint DEFAULT 0 NOT NULL,
    CONSTRAINT payment_amount_check CHECK ((amount_paise > 0)),
    CONSTRAINT payment_completed_check CHECK (((status <> 'completed'::text) OR (captured_paise >= amount_paise))),
    CONSTRAINT payment_method_check CHECK ((method = ANY (ARRAY['cash'::text, 'upi'::text, 'card'::text, 'netbanking'::text, 'wallet'::text, 'card_machine'::text, 'house_upi'::text, 'voucher'::text]))),
    CONSTRAINT payment_refunded_check CHECK (((refunded_paise >= 0) AND (refunded_paise <= captured_paise))),
    CONSTRAINT payment_status_check CHECK ((status = ANY (ARRAY['pending'::text, 'processing'::text, 'completed'::text, 'failed'::text, 'expired'::text, 'cancelled'::text])))
);


--
-- Name: reader; Type: TABLE; Schema: payments; Owner: -
--

CREATE TABLE payments.reader (
    log text NOT NULL,
    "position" bigint DEFAULT 0 NOT NULL,
    gaps jsonb DEFAULT '{}'::jsonb NOT NULL
);


--
-- Name: refund; Type: TABLE; Schema: payments; Owner: -
--

CREATE TABLE payments.refund (
    outlet_id integer NOT NULL,
    id uuid NOT NULL,
    payment_id uuid NOT NULL,
    attempt_id uuid NOT NULL,
    amount_paise bigint NOT NULL,
    method text,
    status text DEFAULT 'requested'::text NOT NULL,
    reason text NOT NULL,
    automatic boolean NOT NULL,
    on_bill boolean NOT NULL,
    requested_by uuid,
    requested_by_name text,
    provider_refund_id text,
    error text,
    tries integer DEFAULT 0 NOT NULL,
    next_try_at timestamp(6) with time zone,
    business_day date,
    created_at timestamp(6) with time zone DEFAULT now() NOT NULL,
    settled_at timestamp(6) with time zone,
    label text DEFAULT ''::text NOT NULL,
    handed_by uuid,
    handed_by_name text,
    reference text,
    approved_by uuid,
    approved_by_name text,
    shift_id uuid,
    CONSTRAINT refund_amount_check CHECK ((amount_paise > 0)),
    CONSTRAINT refund_handed_check CHECK (((handed_by IS NULL) OR ((handed_by_name IS NOT NULL) AND (status = 'processed'::text)))),
    CONSTRAINT refund_next_try_check CHECK (((next_try_at IS NULL) OR (status = ANY (ARRAY['requested'::text, 'pending'::text, 'unknown'::text])))),
    CONSTRAINT refund_processed_check CHECK (((status = 'processed'::text) = (business_day IS NOT NULL))),
    CONSTRAINT refund_status_check CHECK ((status = ANY (ARRAY['requested'::text, 'pending'::text, 'unknown'::text, 'to_hand_out'::text, 'processed'::text])))
);


--
-- Name: shift; Type: TABLE; Schema: payments; Owner: -
--

CREATE TABLE payments.shift (
    outlet_id integer NOT NULL,
    id uuid NOT NULL,
    drawer text NOT NULL,
    person_id uuid NOT NULL,
    person_name text NOT NULL,
    status text DEFAULT 'open'::text NOT NULL,
    float_paise bigint NOT NULL,
    business_day date NOT NULL,
    opened_at timestamp(6) with time zone DEFAULT clock_timestamp() NOT NULL,
    counts jsonb DEFAULT '[]'::jsonb NOT NULL,
    counted_paise bigint,
    expected_paise bigint,
    closed_day date,
    closed_at timestamp(6) with time zone,
    closed_by uuid,
    closed_by_name text,
    approved_at timestamp(6) with time zone,
    approved_by uuid,
    approved_by_name text,
    note text,
    version bigint DEFAULT 0 NOT NULL,
    CONSTRAINT shift_closed_check CHECK ((((status = 'open'::text) = (counted_paise IS NULL)) AND ((status = 'open'::text) = (expected_paise IS NULL)) AND ((status = 'open'::text) = (closed_at IS NULL)) AND ((status = 'open'::text) = (closed_by IS NULL)) AND ((status = 'open'::text) = (closed_day IS NULL)))),
    CONSTRAINT shift_float_check CHECK (((float_paise >= 0) AND (counted_paise >= 0))),
    CONSTRAINT shift_status_check CHECK ((status = ANY (ARRAY['open'::text, 'to_approve'::text, 'closed'::text])))
);


--
-- Name: unmatched; Type: TABLE; Schema: payments; Owner: -
--

CREATE TABLE payments.unmatched (
    provider text NOT NULL,
    provider_payment_id text NOT NULL,
    provider_order_id text NOT NULL,
    amount_paise bigint NOT NULL,
    currency text NOT NULL,
    reason text NOT NULL,
    seen_at timestamp(6) with time zone DEFAULT now() NOT NULL,
    settled_at timestamp(6) with time zone,
    settled_by text,
    outlet_id integer,
    CONSTRAINT unmatched_settled_check CHECK (((settled_at IS NULL) = (settled_by IS NULL)))
);


--
-- Name: webhook; Type: TABLE; Schema: payments; Owner: -
--

CREATE TABLE payments.webhook (
    provider text NOT NULL,
    event_id text NOT NULL,
    headers jsonb NOT NULL,
    body bytea NOT NULL,
    received_at timestamp(6) with time zone DEFAULT clock_timestamp() NOT NULL,
    outcome text,
    tries integer DEFAULT 0 NOT NULL,
    next_try_at timestamp(6) with time zone DEFAULT clock_timestamp(),
    state text DEFAULT 'received'::text NOT NULL,
    event text,
    subject text,
    outlet_id integer,
    CONSTRAINT webhook_next_try_check CHECK (((next_try_at IS NOT NULL) = (state = ANY (ARRAY['received'::text, 'waiting'::text])))),
    CONSTRAINT webhook_state_check CHECK ((state = ANY (ARRAY['received'::text, 'waiting'::text, 'parked'::text, 'applied'::text, 'superseded'::text, 'dismissed'::text])))
);


--
-- Name: sql_source; Type: TABLE; Schema: platform; Owner: -
--

CREATE TABLE platform.sql_source (
    name text NOT NULL,
    kind text NOT NULL,
    head text NOT NULL,
    text text NOT NULL,
    definition text NOT NULL,
    applied_at timestamp(6) with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT sql_source_kind_check CHECK ((kind = ANY (ARRAY['function'::text, 'type'::text])))
);


--
-- Name: document; Type: TABLE; Schema: reports; Owner: -
--

CREATE TABLE reports.document (
    outlet_id integer NOT NULL,
    document_id uuid NOT NULL,
    business_day date NOT NULL,
    kind text NOT NULL,
    taxable_paise bigint NOT NULL,
    total_paise bigint NOT NULL
);


--
-- Name: idempotency; Type: TABLE; Schema: reports; Owner: -
--

CREATE TABLE reports.idempotency (
    outlet_id integer NOT NULL,
    principal text NOT NULL,
    route text NOT NULL,
    key text NOT NULL,
    body_hash bytea NOT NULL,
    status integer,
    body bytea,
    created_at timestamp(6) with time zone DEFAULT clock_timestamp() NOT NULL
);


--
-- Name: inbox; Type: TABLE; Schema: reports; Owner: -
--

CREATE TABLE reports.inbox (
    log text NOT NULL,
    event_id uuid NOT NULL,
    handled_at timestamp(6) with time zone DEFAULT clock_timestamp() NOT NULL
);


--
-- Name: outbox; Type: TABLE; Schema: reports; Owner: -
--

CREATE TABLE reports.outbox (
    xid xid8 DEFAULT pg_current_xact_id() NOT NULL,
    id bigint NOT NULL,
    created_at timestamp(6) with time zone DEFAULT clock_timestamp() NOT NULL,
    event_id uuid NOT NULL,
    type text NOT NULL,
    subject text NOT NULL,
    outlet_id integer NOT NULL,
    aggregate_version bigint NOT NULL,
    correlation_id text NOT NULL,
    causation_id text,
    traceparent text,
    data json NOT NULL
)
PARTITION BY RANGE (created_at);


--
-- Name: outbox_default; Type: TABLE; Schema: reports; Owner: -
--

CREATE TABLE reports.outbox_default (
    xid xid8 DEFAULT pg_current_xact_id() CONSTRAINT outbox_xid_not_null NOT NULL,
    id bigint CONSTRAINT outbox_id_not_null NOT NULL,
    created_at timestamp(6) with time zone DEFAULT clock_timestamp() CONSTRAINT outbox_created_at_not_null NOT NULL,
    event_id uuid CONSTRAINT outbox_event_id_not_null NOT NULL,
    type text CONSTRAINT outbox_type_not_null NOT NULL,
    subject text CONSTRAINT outbox_subject_not_null NOT NULL,
    outlet_id integer CONSTRAINT outbox_outlet_id_not_null NOT NULL,
    aggregate_version bigint CONSTRAINT outbox_aggregate_version_not_null NOT NULL,
    correlation_id text CONSTRAINT outbox_correlation_id_not_null NOT NULL,
    causation_id text,
    traceparent text,
    data json CONSTRAINT outbox_data_not_null NOT NULL
);


--
-- Name: outbox_id_seq; Type: SEQUENCE; Schema: reports; Owner: -
--

ALTER TABLE reports.outbox ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME reports.outbox_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: parked; Type: TABLE; Schema: reports; Owner: -
--

CREATE TABLE reports.parked (
    log text NOT NULL,
    "position" bigint NOT NULL,
    subject text NOT NULL,
    event jsonb NOT NULL,
    reason text NOT NULL,
    parked_at timestamp(6) with time zone DEFAULT clock_timestamp() NOT NULL
);


--
-- Name: preparation; Type: TABLE; Schema: reports; Owner: -
--

CREATE TABLE reports.preparation (
    outlet_id integer NOT NULL,
    order_id uuid NOT NULL,
    ticket_id uuid NOT NULL,
    station text NOT NULL,
    fired_at timestamp(6) with time zone NOT NULL,
    ready_at timestamp(6) with time zone,
    version bigint NOT NULL
);


--
-- Name: reader; Type: TABLE; Schema: reports; Owner: -
--

CREATE TABLE reports.reader (
    log text NOT NULL,
    "position" bigint DEFAULT 0 NOT NULL,
    gaps jsonb DEFAULT '{}'::jsonb NOT NULL
);


--
-- Name: sale; Type: TABLE; Schema: reports; Owner: -
--

CREATE TABLE reports.sale (
    outlet_id integer NOT NULL,
    order_id uuid NOT NULL,
    business_day date NOT NULL,
    placed_at timestamp(6) with time zone NOT NULL,
    type text NOT NULL,
    counted boolean NOT NULL,
    quantity integer NOT NULL,
    taxable_paise bigint,
    total_paise bigint NOT NULL,
    version bigint NOT NULL
);


--
-- Name: sale_line; Type: TABLE; Schema: reports; Owner: -
--

CREATE TABLE reports.sale_line (
    outlet_id integer NOT NULL,
    order_id uuid NOT NULL,
    line_id uuid NOT NULL,
    item_id uuid NOT NULL,
    name text NOT NULL,
    quantity integer NOT NULL,
    taxable_paise bigint,
    total_paise bigint NOT NULL
);


--
-- Name: audit; Type: TABLE; Schema: staff; Owner: -
--

CREATE TABLE staff.audit (
    outlet_id integer NOT NULL,
    id uuid DEFAULT uuidv7() NOT NULL,
    at timestamp(6) with time zone DEFAULT clock_timestamp() NOT NULL,
    actor_id uuid,
    actor_name text,
    action text NOT NULL,
    subject text NOT NULL,
    detail jsonb DEFAULT '{}'::jsonb NOT NULL
);


--
-- Name: authenticator; Type: TABLE; Schema: staff; Owner: -
--

CREATE TABLE staff.authenticator (
    outlet_id integer NOT NULL,
    person_id uuid NOT NULL,
    secret bytea NOT NULL,
    created_at timestamp(6) with time zone DEFAULT now() NOT NULL,
    proven_at timestamp(6) with time zone,
    last_step bigint DEFAULT 0 NOT NULL,
    recovery_hashes bytea[] DEFAULT '{}'::bytea[] NOT NULL,
    CONSTRAINT authenticator_recovery_hashes_check CHECK ((cardinality(recovery_hashes) <= 10)),
    CONSTRAINT authenticator_secret_check CHECK ((length(secret) = 48))
);


--
-- Name: device; Type: TABLE; Schema: staff; Owner: -
--

CREATE TABLE staff.device (
    outlet_id integer NOT NULL,
    id uuid DEFAULT uuidv7() NOT NULL,
    name text NOT NULL,
    code text,
    code_expires_at timestamp(6) with time zone,
    token_hash bytea,
    paired_at timestamp(6) with time zone,
    paired_by uuid,
    last_seen timestamp(6) with time zone,
    build text,
    revoked_at timestamp(6) with time zone,
    CONSTRAINT device_build_check CHECK ((length(build) <= 64)),
    CONSTRAINT device_name_check CHECK (((length(name) >= 1) AND (length(name) <= 60))),
    CONSTRAINT device_state_check CHECK ((((code IS NOT NULL) AND (code_expires_at IS NOT NULL) AND (token_hash IS NULL) AND (paired_at IS NULL)) OR ((code IS NULL) AND (code_expires_at IS NULL) AND (token_hash IS NOT NULL) AND (paired_at IS NOT NULL)))),
    CONSTRAINT device_token_hash_check CHECK ((length(token_hash) = 32))
);


--
-- Name: idempotency; Type: TABLE; Schema: staff; Owner: -
--

CREATE TABLE staff.idempotency (
    outlet_id integer NOT NULL,
    principal text NOT NULL,
    route text NOT NULL,
    key text NOT NULL,
    body_hash bytea NOT NULL,
    status integer,
    body bytea,
    created_at timestamp(6) with time zone DEFAULT clock_timestamp() NOT NULL
);


--
-- Name: inbox; Type: TABLE; Schema: staff; Owner: -
--

CREATE TABLE staff.inbox (
    log text NOT NULL,
    event_id uuid NOT NULL,
    handled_at timestamp(6) with time zone DEFAULT clock_timestamp() NOT NULL
);


--
-- Name: lift; Type: TABLE; Schema: staff; Owner: -
--

CREATE TABLE staff.lift (
    outlet_id integer NOT NULL,
    id uuid DEFAULT uuidv7() NOT NULL,
    token_hash bytea NOT NULL,
    session_id uuid NOT NULL,
    permission text NOT NULL,
    subject text NOT NULL,
    amount_paise bigint NOT NULL,
    approver_id uuid NOT NULL,
    created_at timestamp(6) with time zone DEFAULT clock_timestamp() NOT NULL,
    expires_at timestamp(6) with time zone NOT NULL,
    used_at timestamp(6) with time zone,
    CONSTRAINT lift_amount_paise_check CHECK ((amount_paise >= 0)),
    CONSTRAINT lift_token_hash_check CHECK ((length(token_hash) = 32))
);


--
-- Name: login_failure; Type: TABLE; Schema: staff; Owner: -
--

CREATE TABLE staff.login_failure (
    key bytea NOT NULL,
    failures integer NOT NULL,
    last_at timestamp(6) with time zone NOT NULL,
    locked_until timestamp(6) with time zone,
    CONSTRAINT login_failure_failures_check CHECK ((failures > 0)),
    CONSTRAINT login_failure_key_check CHECK ((length(key) = 32))
);


--
-- Name: outbox; Type: TABLE; Schema: staff; Owner: -
--

CREATE TABLE staff.outbox (
    xid xid8 DEFAULT pg_current_xact_id() NOT NULL,
    id bigint NOT NULL,
    created_at timestamp(6) with time zone DEFAULT clock_timestamp() NOT NULL,
    event_id uuid NOT NULL,
    type text NOT NULL,
    subject text NOT NULL,
    outlet_id integer NOT NULL,
    aggregate_version bigint NOT NULL,
    correlation_id text NOT NULL,
    causation_id text,
    traceparent text,
    data json NOT NULL
)
PARTITION BY RANGE (created_at);


--
-- Name: outbox_default; Type: TABLE; Schema: staff; Owner: -
--

CREATE TABLE staff.outbox_default (
    xid xid8 DEFAULT pg_current_xact_id() CONSTRAINT outbox_xid_not_null NOT NULL,
    id bigint CONSTRAINT outbox_id_not_null NOT NULL,
    created_at timestamp(6) with time zone DEFAULT clock_timestamp() CONSTRAINT outbox_created_at_not_null NOT NULL,
    event_id uuid CONSTRAINT outbox_event_id_not_null NOT NULL,
    type text CONSTRAINT outbox_type_not_null NOT NULL,
    subject text CONSTRAINT outbox_subject_not_null NOT NULL,
    outlet_id integer CONSTRAINT outbox_outlet_id_not_null NOT NULL,
    aggregate_version bigint CONSTRAINT outbox_aggregate_version_not_null NOT NULL,
    correlation_id text CONSTRAINT outbox_correlation_id_not_null NOT NULL,
    causation_id text,
    traceparent text,
    data json CONSTRAINT outbox_data_not_null NOT NULL
);


--
-- Name: outbox_id_seq; Type: SEQUENCE; Schema: staff; Owner: -
--

ALTER TABLE staff.outbox ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME staff.outbox_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: outlet; Type: TABLE; Schema: staff; Owner: -
--

CREATE TABLE staff.outlet (
    id integer NOT NULL,
    name text NOT NULL,
    legal_name text,
    gstin text,
    gst_regime text DEFAULT 'none'::text NOT NULL,
    fssai text,
    state_code text,
    address text,
    phone text,
    timezone text DEFAULT 'Asia/Kolkata'::text NOT NULL,
    day_cutoff_minutes integer DEFAULT 240 NOT NULL,
    currency text DEFAULT 'INR'::text NOT NULL,
    dine_in_payment text DEFAULT 'pay_later'::text NOT NULL,
    takeaway_payment text DEFAULT 'prepaid'::text NOT NULL,
    approve_first_order boolean DEFAULT false NOT NULL,
    payment_timeout_s integer DEFAULT 600 NOT NULL,
    late_grace_s integer DEFAULT 900 NOT NULL,
    amber_s integer DEFAULT 480 NOT NULL,
    red_s integer DEFAULT 900 NOT NULL,
    version bigint DEFAULT 1 NOT NULL,
    explicit_start boolean DEFAULT false NOT NULL,
    admit_joiners boolean DEFAULT true NOT NULL,
    sitting_timeout_s integer DEFAULT 3600 NOT NULL,
    counter_timeout_s integer DEFAULT 1800 NOT NULL,
    guest_limits jsonb DEFAULT '{}'::jsonb NOT NULL,
    closed_at timestamp(6) with time zone,
    void_reasons text[] DEFAULT ARRAY['Ordered by mistake'::text, 'Guest changed their mind'::text, 'Took too long'::text, 'Not as it should be'::text, 'Spilled or dropped'::text] NOT NULL,
    discount_reasons text[] DEFAULT ARRAY['Waited too long'::text, 'Not as it should be'::text, 'Regular guest'::text, 'Celebration'::text, 'Staff or family'::text, 'Goodwill'::text] NOT NULL,
    tenders text[] DEFAULT ARRAY['card_machine'::text] NOT NULL,
    upi_address text,
    cash_drawers text[] DEFAULT ARRAY['Main drawer'::text, 'Second drawer'::text, 'Bar drawer'::text] NOT NULL,
    cash_reasons text[] DEFAULT ARRAY['Change from the bank'::text, 'Paid a supplier'::text, 'Small purchase'::text, 'Tips paid out'::text, 'Taken to the safe'::text] NOT NULL,
    cash_needs_shift boolean DEFAULT false NOT NULL,
    shift_difference_paise integer DEFAULT 10000 NOT NULL,
    locked_through date,
    locked_at timestamp(6) with time zone,
    CONSTRAINT outlet_address_check CHECK (((length(address) >= 1) AND (length(address) <= 400))),
    CONSTRAINT outlet_amber_s_check CHECK (((amber_s >= 1) AND (amber_s <= 86400))),
    CONSTRAINT outlet_check CHECK ((amber_s < red_s)),
    CONSTRAINT outlet_check1 CHECK (((gst_regime = 'none'::text) OR (gstin IS NOT NULL))),
    CONSTRAINT outlet_check2 CHECK (((gstin IS NULL) OR ("left"(gstin, 2) = state_code))),
    CONSTRAINT outlet_counter_timeout_s_check CHECK (((counter_timeout_s >= 60) AND (counter_timeout_s <= 86400))),
    CONSTRAINT outlet_currency_check CHECK ((currency = 'INR'::text)),
    CONSTRAINT outlet_day_cutoff_minutes_check CHECK (((day_cutoff_minutes >= 0) AND (day_cutoff_minutes <= 720))),
    CONSTRAINT outlet_dine_in_payment_check CHECK ((dine_in_payment = ANY (ARRAY['pay_later'::text, 'prepaid'::text]))),
    CONSTRAINT outlet_fssai_check CHECK ((fssai ~ '^[0-9]{14}$'::text)),
    CONSTRAINT outlet_gst_regime_check CHECK ((gst_regime = ANY (ARRAY['regular'::text, 'composition'::text, 'none'::text]))),
    CONSTRAINT outlet_gstin_check CHECK ((gstin ~ '^[0-9]{2}[A-Z]{5}[0-9]{4}[A-Z][0-9A-Z]Z[0-9A-Z]$'::text)),
    CONSTRAINT outlet_guest_limits_check CHECK ((jsonb_typeof(guest_limits) = 'object'::text)),
    CONSTRAINT outlet_id_check CHECK ((id > 0)),
    CONSTRAINT outlet_late_grace_s_check CHECK (((late_grace_s >= 0) AND (late_grace_s <= 86400))),
    CONSTRAINT outlet_legal_name_check CHECK (((length(legal_name) >= 1) AND (length(legal_name) <= 200))),
    CONSTRAINT outlet_locked_check CHECK (((locked_through IS NULL) = (locked_at IS NULL))),
    CONSTRAINT outlet_name_check CHECK (((length(name) >= 1) AND (length(name) <= 120))),
    CONSTRAINT outlet_payment_timeout_s_check CHECK (((payment_timeout_s >= 30) AND (payment_timeout_s <= 86400))),
    CONSTRAINT outlet_phone_check CHECK ((phone ~ '^\+?[0-9 ()-]{6,20}$'::text)),
    CONSTRAINT outlet_red_s_check CHECK (((red_s >= 1) AND (red_s <= 86400))),
    CONSTRAINT outlet_sitting_timeout_s_check CHECK (((sitting_timeout_s >= 60) AND (sitting_timeout_s <= 86400))),
    CONSTRAINT outlet_state_code_check CHECK ((state_code ~ '^[0-9]{2}$'::text)),
    CONSTRAINT outlet_takeaway_payment_check CHECK ((takeaway_payment = ANY (ARRAY['pay_later'::text, 'prepaid'::text]))),
    CONSTRAINT outlet_timezone_check CHECK ((('2000-01-01 00:00:00+00'::timestamp with time zone AT TIME ZONE timezone) IS NOT NULL))
);


--
-- Name: parked; Type: TABLE; Schema: staff; Owner: -
--

CREATE TABLE staff.parked (
    log text NOT NULL,
    "position" bigint NOT NULL,
    subject text NOT NULL,
    event jsonb NOT NULL,
    reason text NOT NULL,
    parked_at timestamp(6) with time zone DEFAULT clock_timestamp() NOT NULL
);


--
-- Name: passkey; Type: TABLE; Schema: staff; Owner: -
--

CREATE TABLE staff.passkey (
    outlet_id integer NOT NULL,
    id uuid DEFAULT uuidv7() NOT NULL,
    person_id uuid NOT NULL,
    name text NOT NULL,
    credential_id bytea NOT NULL,
    public_key bytea NOT NULL,
    sign_count bigint NOT NULL,
    created_at timestamp(6) with time zone DEFAULT now() NOT NULL,
    last_used_at timestamp(6) with time zone,
    CONSTRAINT passkey_credential_id_check CHECK (((length(credential_id) >= 1) AND (length(credential_id) <= 1023))),
    CONSTRAINT passkey_name_check CHECK (((length(name) >= 1) AND (length(name) <= 60)))
);


--
-- Name: person; Type: TABLE; Schema: staff; Owner: -
--

CREATE TABLE staff.person (
    outlet_id integer NOT NULL,
    id uuid NOT NULL,
    name text NOT NULL,
    username text,
    password_hash text,
    pin_hash bytea,
    role text NOT NULL,
    active boolean DEFAULT true NOT NULL,
    version bigint DEFAULT 1 NOT NULL,
    created_at timestamp(6) with time zone DEFAULT now() NOT NULL,
    CONSTRAINT person_check CHECK (((password_hash IS NULL) OR (username IS NOT NULL))),
    CONSTRAINT person_name_check CHECK (((length(name) >= 1) AND (length(name) <= 80))),
    CONSTRAINT person_pin_hash_check CHECK ((length(pin_hash) = 32)),
    CONSTRAINT person_role_check CHECK ((role = ANY (ARRAY['owner'::text, 'manager'::text, 'waiter'::text, 'kitchen'::text]))),
    CONSTRAINT person_username_check CHECK ((username ~ '^[a-z0-9][a-z0-9._@-]{1,63}$'::text))
);


--
-- Name: public_credential; Type: TABLE; Schema: staff; Owner: -
--

CREATE TABLE staff.public_credential (
    outlet_id integer NOT NULL,
    person_id uuid NOT NULL,
    pin_hash bytea,
    password_hash text
);


--
-- Name: reader; Type: TABLE; Schema: staff; Owner: -
--

CREATE TABLE staff.reader (
    log text NOT NULL,
    "position" bigint DEFAULT 0 NOT NULL,
    gaps jsonb DEFAULT '{}'::jsonb NOT NULL
);


--
-- Name: rights; Type: TABLE; Schema: staff; Owner: -
--

CREATE TABLE staff.rights (
    outlet_id integer NOT NULL,
    version bigint NOT NULL,
    granted jsonb NOT NULL,
    CONSTRAINT rights_granted_check CHECK ((jsonb_typeof(granted) = 'object'::text))
);


--
-- Name: service_token; Type: TABLE; Schema: staff; Owner: -
--

CREATE TABLE staff.service_token (
    outlet_id integer NOT NULL,
    id uuid DEFAULT uuidv7() NOT NULL,
    name text NOT NULL,
    token_hash bytea NOT NULL,
    scopes text[] NOT NULL,
    created_at timestamp(6) with time zone DEFAULT now() NOT NULL,
    created_by uuid NOT NULL,
    expires_at timestamp(6) with time zone NOT NULL,
    revoked_at timestamp(6) with time zone,
    last_used_at timestamp(6) with time zone,
    CONSTRAINT service_token_name_check CHECK (((length(name) >= 1) AND (length(name) <= 60))),
    CONSTRAINT service_token_scopes_check CHECK ((cardinality(scopes) > 0)),
    CONSTRAINT service_token_token_hash_check CHECK ((length(token_hash) = 32))
);


--
-- Name: session; Type: TABLE; Schema: staff; Owner: -
--

CREATE TABLE staff.session (
    outlet_id integer NOT NULL,
    id uuid NOT NULL,
    person_id uuid NOT NULL,
    refresh_hash bytea NOT NULL,
    previous_hash bytea,
    expires_at timestamp(6) with time zone NOT NULL,
    revoked_at timestamp(6) with time zone,
    revoked_for text,
    version bigint DEFAULT 0 NOT NULL,
    device_id uuid,
    CONSTRAINT session_check CHECK (((revoked_at IS NULL) = (revoked_for IS NULL))),
    CONSTRAINT session_previous_hash_check CHECK ((length(previous_hash) = 32)),
    CONSTRAINT session_refresh_hash_check CHECK ((length(refresh_hash) = 32)),
    CONSTRAINT session_revoked_for_check CHECK ((revoked_for = ANY (ARRAY['logout'::text, 'reuse'::text, 'changed'::text, 'device'::text, 'switched'::text])))
);


--
-- Name: sign_in; Type: TABLE; Schema: staff; Owner: -
--

CREATE TABLE staff.sign_in (
    outlet_id integer NOT NULL,
    id uuid DEFAULT uuidv7() NOT NULL,
    at timestamp(6) with time zone DEFAULT clock_timestamp() NOT NULL,
    person_id uuid NOT NULL,
    method text NOT NULL,
    outcome text NOT NULL,
    network text NOT NULL,
    device_id uuid,
    CONSTRAINT sign_in_method_check CHECK ((method = ANY (ARRAY['password'::text, 'pin'::text, 'passkey'::text]))),
    CONSTRAINT sign_in_outcome_check CHECK ((outcome = ANY (ARRAY['ok'::text, 'failed'::text, 'locked out'::text])))
);


--
-- Name: signing_key; Type: TABLE; Schema: staff; Owner: -
--

CREATE TABLE staff.signing_key (
    kid text NOT NULL,
    salt bytea NOT NULL,
    begins_at timestamp(6) with time zone NOT NULL,
    ends_at timestamp(6) with time zone,
    CONSTRAINT signing_key_kid_check CHECK ((kid ~ '^[0-9a-f]{1,16}$'::text)),
    CONSTRAINT signing_key_salt_check CHECK ((length(salt) =
CASE kid
    WHEN '1'::text THEN 0
    ELSE 32
END))
);


--
-- Name: used_challenge; Type: TABLE; Schema: staff; Owner: -
--

CREATE TABLE staff.used_challenge (
    hash bytea NOT NULL,
    expires_at timestamp(6) with time zone NOT NULL,
    CONSTRAINT used_challenge_hash_check CHECK ((length(hash) = 32))
);


--
-- Name: outbox_default; Type: TABLE ATTACH; Schema: inventory; Owner: -
--

ALTER TABLE ONLY inventory.outbox ATTACH PARTITION inventory.outbox_default DEFAULT;


--
-- Name: outbox_default; Type: TABLE ATTACH; Schema: kitchen; Owner: -
--

ALTER TABLE ONLY kitchen.outbox ATTACH PARTITION kitchen.outbox_default DEFAULT;


--
-- Name: outbox_default; Type: TABLE ATTACH; Schema: menu; Owner: -
--

ALTER TABLE ONLY menu.outbox ATTACH PARTITION menu.outbox_default DEFAULT;


--
-- Name: outbox_default; Type: TABLE ATTACH; Schema: notifications; Owner: -
--

ALTER TABLE ONLY notifications.outbox ATTACH PARTITION notifications.outbox_default DEFAULT;


--
-- Name: outbox_default; Type: TABLE ATTACH; Schema: offers; Owner: -
--

ALTER TABLE ONLY offers.outbox ATTACH PARTITION offers.outbox_default DEFAULT;


--
-- Name: outbox_default; Type: TABLE ATTACH; Schema: orders; Owner: -
--

ALTER TABLE ONLY orders.outbox ATTACH PARTITION orders.outbox_default DEFAULT;


--
-- Name: outbox_default; Type: TABLE ATTACH; Schema: payments; Owner: -
--

ALTER TABLE ONLY payments.outbox ATTACH PARTITION payments.outbox_default DEFAULT;


--
-- Name: outbox_default; Type: TABLE ATTACH; Schema: reports; Owner: -
--

ALTER TABLE ONLY reports.outbox ATTACH PARTITION reports.outbox_default DEFAULT;


--
-- Name: outbox_default; Type: TABLE ATTACH; Schema: staff; Owner: -
--

ALTER TABLE ONLY staff.outbox ATTACH PARTITION staff.outbox_default DEFAULT;


--
-- Name: idempotency idempotency_pkey; Type: CONSTRAINT; Schema: inventory; Owner: -
--

ALTER TABLE ONLY inventory.idempotency
    ADD CONSTRAINT idempotency_pkey PRIMARY KEY (outlet_id, principal, route, key);


--
-- Name: inbox inbox_pkey; Type: CONSTRAINT; Schema: inventory; Owner: -
--

ALTER TABLE ONLY inventory.inbox
    ADD CONSTRAINT inbox_pkey PRIMARY KEY (log, event_id);


--
-- Name: movement movement_pkey; Type: CONSTRAINT; Schema: inventory; Owner: -
--

ALTER TABLE ONLY inventory.movement
    ADD CONSTRAINT movement_pkey PRIMARY KEY (outlet_id, id);


--
-- Name: order_line order_line_pkey; Type: CONSTRAINT; Schema: inventory; Owner: -
--

ALTER TABLE ONLY inventory.order_line
    ADD CONSTRAINT order_line_pkey PRIMARY KEY (outlet_id, line_id);


--
-- Name: outbox outbox_pkey; Type: CONSTRAINT; Schema: inventory; Owner: -
--

ALTER TABLE ONLY inventory.outbox
    ADD CONSTRAINT outbox_pkey PRIMARY KEY (id, created_at);


--
-- Name: outbox_default outbox_default_pkey; Type: CONSTRAINT; Schema: inventory; Owner: -
--

ALTER TABLE ONLY inventory.outbox_default
    ADD CONSTRAINT outbox_default_pkey PRIMARY KEY (id, created_at);


--
-- Name: parked parked_pkey; Type: CONSTRAINT; Schema: inventory; Owner: -
--

ALTER TABLE ONLY inventory.parked
    ADD CONSTRAINT parked_pkey PRIMARY KEY (log, "position");


--
-- Name: reader reader_pkey; Type: CONSTRAINT; Schema: inventory; Owner: -
--

ALTER TABLE ONLY inventory.reader
    ADD CONSTRAINT reader_pkey PRIMARY KEY (log);


--
-- Name: recipe recipe_pkey; Type: CONSTRAINT; Schema: inventory; Owner: -
--

ALTER TABLE ONLY inventory.recipe
    ADD CONSTRAINT recipe_pkey PRIMARY KEY (outlet_id, source_id, stock_id);


--
-- Name: reservation reservation_pkey; Type: CONSTRAINT; Schema: inventory; Owner: -
--

ALTER TABLE ONLY inventory.reservation
    ADD CONSTRAINT reservation_pkey PRIMARY KEY (outlet_id, id);


--
-- Name: stock stock_pkey; Type: CONSTRAINT; Schema: inventory; Owner: -
--

ALTER TABLE ONLY inventory.stock
    ADD CONSTRAINT stock_pkey PRIMARY KEY (outlet_id, id);


--
-- Name: usage usage_pkey; Type: CONSTRAINT; Schema: inventory; Owner: -
--

ALTER TABLE ONLY inventory.usage
    ADD CONSTRAINT usage_pkey PRIMARY KEY (outlet_id, id);


--
-- Name: action action_pkey; Type: CONSTRAINT; Schema: kitchen; Owner: -
--

ALTER TABLE ONLY kitchen.action
    ADD CONSTRAINT action_pkey PRIMARY KEY (outlet_id, action_id);


--
-- Name: bill bill_pkey; Type: CONSTRAINT; Schema: kitchen; Owner: -
--

ALTER TABLE ONLY kitchen.bill
    ADD CONSTRAINT bill_pkey PRIMARY KEY (outlet_id, bill_id);


--
-- Name: board board_pkey; Type: CONSTRAINT; Schema: kitchen; Owner: -
--

ALTER TABLE ONLY kitchen.board
    ADD CONSTRAINT board_pkey PRIMARY KEY (outlet_id, station);


--
-- Name: cancel_answer cancel_answer_pkey; Type: CONSTRAINT; Schema: kitchen; Owner: -
--

ALTER TABLE ONLY kitchen.cancel_answer
    ADD CONSTRAINT cancel_answer_pkey PRIMARY KEY (outlet_id, order_id);


--
-- Name: idempotency idempotency_pkey; Type: CONSTRAINT; Schema: kitchen; Owner: -
--

ALTER TABLE ONLY kitchen.idempotency
    ADD CONSTRAINT idempotency_pkey PRIMARY KEY (outlet_id, principal, route, key);


--
-- Name: inbox inbox_pkey; Type: CONSTRAINT; Schema: kitchen; Owner: -
--

ALTER TABLE ONLY kitchen.inbox
    ADD CONSTRAINT inbox_pkey PRIMARY KEY (log, event_id);


--
-- Name: outbox outbox_pkey; Type: CONSTRAINT; Schema: kitchen; Owner: -
--

ALTER TABLE ONLY kitchen.outbox
    ADD CONSTRAINT outbox_pkey PRIMARY KEY (id, created_at);


--
-- Name: outbox_default outbox_default_pkey; Type: CONSTRAINT; Schema: kitchen; Owner: -
--

ALTER TABLE ONLY kitchen.outbox_default
    ADD CONSTRAINT outbox_default_pkey PRIMARY KEY (id, created_at);


--
-- Name: parked parked_pkey; Type: CONSTRAINT; Schema: kitchen; Owner: -
--

ALTER TABLE ONLY kitchen.parked
    ADD CONSTRAINT parked_pkey PRIMARY KEY (log, "position");


--
-- Name: reader reader_pkey; Type: CONSTRAINT; Schema: kitchen; Owner: -
--

ALTER TABLE ONLY kitchen.reader
    ADD CONSTRAINT reader_pkey PRIMARY KEY (log);


--
-- Name: ticket_item ticket_item_pkey; Type: CONSTRAINT; Schema: kitchen; Owner: -
--

ALTER TABLE ONLY kitchen.ticket_item
    ADD CONSTRAINT ticket_item_pkey PRIMARY KEY (outlet_id, id);


--
-- Name: ticket ticket_pkey; Type: CONSTRAINT; Schema: kitchen; Owner: -
--

ALTER TABLE ONLY kitchen.ticket
    ADD CONSTRAINT ticket_pkey PRIMARY KEY (outlet_id, id);


--
-- Name: category category_pkey; Type: CONSTRAINT; Schema: menu; Owner: -
--

ALTER TABLE ONLY menu.category
    ADD CONSTRAINT category_pkey PRIMARY KEY (outlet_id, id);


--
-- Name: held_back held_back_pkey; Type: CONSTRAINT; Schema: menu; Owner: -
--

ALTER TABLE ONLY menu.held_back
    ADD CONSTRAINT held_back_pkey PRIMARY KEY (outlet_id, source_id, stock_id);


--
-- Name: idempotency idempotency_pkey; Type: CONSTRAINT; Schema: menu; Owner: -
--

ALTER TABLE ONLY menu.idempotency
    ADD CONSTRAINT idempotency_pkey PRIMARY KEY (outlet_id, principal, route, key);


--
-- Name: inbox inbox_pkey; Type: CONSTRAINT; Schema: menu; Owner: -
--

ALTER TABLE ONLY menu.inbox
    ADD CONSTRAINT inbox_pkey PRIMARY KEY (log, event_id);


--
-- Name: item_modifier_group item_modifier_group_pkey; Type: CONSTRAINT; Schema: menu; Owner: -
--

ALTER TABLE ONLY menu.item_modifier_group
    ADD CONSTRAINT item_modifier_group_pkey PRIMARY KEY (outlet_id, item_id, group_id);


--
-- Name: item item_pkey; Type: CONSTRAINT; Schema: menu; Owner: -
--

ALTER TABLE ONLY menu.item
    ADD CONSTRAINT item_pkey PRIMARY KEY (outlet_id, id);


--
-- Name: modifier_group modifier_group_pkey; Type: CONSTRAINT; Schema: menu; Owner: -
--

ALTER TABLE ONLY menu.modifier_group
    ADD CONSTRAINT modifier_group_pkey PRIMARY KEY (outlet_id, id);


--
-- Name: modifier modifier_pkey; Type: CONSTRAINT; Schema: menu; Owner: -
--

ALTER TABLE ONLY menu.modifier
    ADD CONSTRAINT modifier_pkey PRIMARY KEY (outlet_id, id);


--
-- Name: outbox outbox_pkey; Type: CONSTRAINT; Schema: menu; Owner: -
--

ALTER TABLE ONLY menu.outbox
    ADD CONSTRAINT outbox_pkey PRIMARY KEY (id, created_at);


--
-- Name: outbox_default outbox_default_pkey; Type: CONSTRAINT; Schema: menu; Owner: -
--

ALTER TABLE ONLY menu.outbox_default
    ADD CONSTRAINT outbox_default_pkey PRIMARY KEY (id, created_at);


--
-- Name: outlet_menu outlet_menu_pkey; Type: CONSTRAINT; Schema: menu; Owner: -
--

ALTER TABLE ONLY menu.outlet_menu
    ADD CONSTRAINT outlet_menu_pkey PRIMARY KEY (outlet_id);


--
-- Name: parked parked_pkey; Type: CONSTRAINT; Schema: menu; Owner: -
--

ALTER TABLE ONLY menu.parked
    ADD CONSTRAINT parked_pkey PRIMARY KEY (log, "position");


--
-- Name: reader reader_pkey; Type: CONSTRAINT; Schema: menu; Owner: -
--

ALTER TABLE ONLY menu.reader
    ADD CONSTRAINT reader_pkey PRIMARY KEY (log);


--
-- Name: station station_pkey; Type: CONSTRAINT; Schema: menu; Owner: -
--

ALTER TABLE ONLY menu.station
    ADD CONSTRAINT station_pkey PRIMARY KEY (outlet_id, code);


--
-- Name: tax_class tax_class_pkey; Type: CONSTRAINT; Schema: menu; Owner: -
--

ALTER TABLE ONLY menu.tax_class
    ADD CONSTRAINT tax_class_pkey PRIMARY KEY (outlet_id, code, version);


--
-- Name: variant variant_pkey; Type: CONSTRAINT; Schema: menu; Owner: -
--

ALTER TABLE ONLY menu.variant
    ADD CONSTRAINT variant_pkey PRIMARY KEY (outlet_id, id);


--
-- Name: bill_session bill_session_pkey; Type: CONSTRAINT; Schema: notifications; Owner: -
--

ALTER TABLE ONLY notifications.bill_session
    ADD CONSTRAINT bill_session_pkey PRIMARY KEY (outlet_id, session_id, bill_id);


--
-- Name: idempotency idempotency_pkey; Type: CONSTRAINT; Schema: notifications; Owner: -
--

ALTER TABLE ONLY notifications.idempotency
    ADD CONSTRAINT idempotency_pkey PRIMARY KEY (outlet_id, principal, route, key);


--
-- Name: inbox inbox_pkey; Type: CONSTRAINT; Schema: notifications; Owner: -
--

ALTER TABLE ONLY notifications.inbox
    ADD CONSTRAINT inbox_pkey PRIMARY KEY (log, event_id);


--
-- Name: message message_outlet_id_cause_audience_key; Type: CONSTRAINT; Schema: notifications; Owner: -
--

ALTER TABLE ONLY notifications.message
    ADD CONSTRAINT message_outlet_id_cause_audience_key UNIQUE (outlet_id, cause, audience);


--
-- Name: message message_pkey; Type: CONSTRAINT; Schema: notifications; Owner: -
--

ALTER TABLE ONLY notifications.message
    ADD CONSTRAINT message_pkey PRIMARY KEY (outlet_id, id);


--
-- Name: outbox outbox_pkey; Type: CONSTRAINT; Schema: notifications; Owner: -
--

ALTER TABLE ONLY notifications.outbox
    ADD CONSTRAINT outbox_pkey PRIMARY KEY (id, created_at);


--
-- Name: outbox_default outbox_default_pkey; Type: CONSTRAINT; Schema: notifications; Owner: -
--

ALTER TABLE ONLY notifications.outbox_default
    ADD CONSTRAINT outbox_default_pkey PRIMARY KEY (id, created_at);


--
-- Name: parked parked_pkey; Type: CONSTRAINT; Schema: notifications; Owner: -
--

ALTER TABLE ONLY notifications.parked
    ADD CONSTRAINT parked_pkey PRIMARY KEY (log, "position");


--
-- Name: reader reader_pkey; Type: CONSTRAINT; Schema: notifications; Owner: -
--

ALTER TABLE ONLY notifications.reader
    ADD CONSTRAINT reader_pkey PRIMARY KEY (log);


--
-- Name: idempotency idempotency_pkey; Type: CONSTRAINT; Schema: offers; Owner: -
--

ALTER TABLE ONLY offers.idempotency
    ADD CONSTRAINT idempotency_pkey PRIMARY KEY (outlet_id, principal, route, key);


--
-- Name: inbox inbox_pkey; Type: CONSTRAINT; Schema: offers; Owner: -
--

ALTER TABLE ONLY offers.inbox
    ADD CONSTRAINT inbox_pkey PRIMARY KEY (log, event_id);


--
-- Name: offer offer_pkey; Type: CONSTRAINT; Schema: offers; Owner: -
--

ALTER TABLE ONLY offers.offer
    ADD CONSTRAINT offer_pkey PRIMARY KEY (outlet_id, id);


--
-- Name: outbox outbox_pkey; Type: CONSTRAINT; Schema: offers; Owner: -
--

ALTER TABLE ONLY offers.outbox
    ADD CONSTRAINT outbox_pkey PRIMARY KEY (id, created_at);


--
-- Name: outbox_default outbox_default_pkey; Type: CONSTRAINT; Schema: offers; Owner: -
--

ALTER TABLE ONLY offers.outbox_default
    ADD CONSTRAINT outbox_default_pkey PRIMARY KEY (id, created_at);


--
-- Name: parked parked_pkey; Type: CONSTRAINT; Schema: offers; Owner: -
--

ALTER TABLE ONLY offers.parked
    ADD CONSTRAINT parked_pkey PRIMARY KEY (log, "position");


--
-- Name: reader reader_pkey; Type: CONSTRAINT; Schema: offers; Owner: -
--

ALTER TABLE ONLY offers.reader
    ADD CONSTRAINT reader_pkey PRIMARY KEY (log);


--
-- Name: bill bill_pkey; Type: CONSTRAINT; Schema: orders; Owner: -
--

ALTER TABLE ONLY orders.bill
    ADD CONSTRAINT bill_pkey PRIMARY KEY (outlet_id, id);


--
-- Name: day_counter day_counter_pkey; Type: CONSTRAINT; Schema: orders; Owner: -
--

ALTER TABLE ONLY orders.day_counter
    ADD CONSTRAINT day_counter_pkey PRIMARY KEY (outlet_id, business_day);


--
-- Name: dining_table dining_table_pkey; Type: CONSTRAINT; Schema: orders; Owner: -
--

ALTER TABLE ONLY orders.dining_table
    ADD CONSTRAINT dining_table_pkey PRIMARY KEY (outlet_id, id);


--
-- Name: document document_pkey; Type: CONSTRAINT; Schema: orders; Owner: -
--

ALTER TABLE ONLY orders.document
    ADD CONSTRAINT document_pkey PRIMARY KEY (outlet_id, id);


--
-- Name: document_series document_series_pkey; Type: CONSTRAINT; Schema: orders; Owner: -
--

ALTER TABLE ONLY orders.document_series
    ADD CONSTRAINT document_series_pkey PRIMARY KEY (outlet_id, gstin, kind, financial_year);


--
-- Name: guest_session guest_session_pkey; Type: CONSTRAINT; Schema: orders; Owner: -
--

ALTER TABLE ONLY orders.guest_session
    ADD CONSTRAINT guest_session_pkey PRIMARY KEY (outlet_id, id);


--
-- Name: idempotency idempotency_pkey; Type: CONSTRAINT; Schema: orders; Owner: -
--

ALTER TABLE ONLY orders.idempotency
    ADD CONSTRAINT idempotency_pkey PRIMARY KEY (outlet_id, principal, route, key);


--
-- Name: inbox inbox_pkey; Type: CONSTRAINT; Schema: orders; Owner: -
--

ALTER TABLE ONLY orders.inbox
    ADD CONSTRAINT inbox_pkey PRIMARY KEY (log, event_id);


--
-- Name: line line_pkey; Type: CONSTRAINT; Schema: orders; Owner: -
--

ALTER TABLE ONLY orders.line
    ADD CONSTRAINT line_pkey PRIMARY KEY (outlet_id, order_id, id);


--
-- Name: orders orders_pkey; Type: CONSTRAINT; Schema: orders; Owner: -
--

ALTER TABLE ONLY orders.orders
    ADD CONSTRAINT orders_pkey PRIMARY KEY (outlet_id, id);


--
-- Name: outbox outbox_pkey; Type: CONSTRAINT; Schema: orders; Owner: -
--

ALTER TABLE ONLY orders.outbox
    ADD CONSTRAINT outbox_pkey PRIMARY KEY (id, created_at);


--
-- Name: outbox_default outbox_default_pkey; Type: CONSTRAINT; Schema: orders; Owner: -
--

ALTER TABLE ONLY orders.outbox_default
    ADD CONSTRAINT outbox_default_pkey PRIMARY KEY (id, created_at);


--
-- Name: parked parked_pkey; Type: CONSTRAINT; Schema: orders; Owner: -
--

ALTER TABLE ONLY orders.parked
    ADD CONSTRAINT parked_pkey PRIMARY KEY (log, "position");


--
-- Name: reader reader_pkey; Type: CONSTRAINT; Schema: orders; Owner: -
--

ALTER TABLE ONLY orders.reader
    ADD CONSTRAINT reader_pkey PRIMARY KEY (log);


--
-- Name: rearrangement rearrangement_pkey; Type: CONSTRAINT; Schema: orders; Owner: -
--

ALTER TABLE ONLY orders.rearrangement
    ADD CONSTRAINT rearrangement_pkey PRIMARY KEY (outlet_id, id);


--
-- Name: sitting sitting_pkey; Type: CONSTRAINT; Schema: orders; Owner: -
--

ALTER TABLE ONLY orders.sitting
    ADD CONSTRAINT sitting_pkey PRIMARY KEY (outlet_id, id);


--
-- Name: ticket_progress ticket_progress_pkey; Type: CONSTRAINT; Schema: orders; Owner: -
--

ALTER TABLE ONLY orders.ticket_progress
    ADD CONSTRAINT ticket_progress_pkey PRIMARY KEY (outlet_id, order_id, ticket_id);


--
-- Name: attempt attempt_pkey; Type: CONSTRAINT; Schema: payments; Owner: -
--

ALTER TABLE ONLY payments.attempt
    ADD CONSTRAINT attempt_pkey PRIMARY KEY (outlet_id, id);


--
-- Name: cash_movement cash_movement_pkey; Type: CONSTRAINT; Schema: payments; Owner: -
--

ALTER TABLE ONLY payments.cash_movement
    ADD CONSTRAINT cash_movement_pkey PRIMARY KEY (outlet_id, id);


--
-- Name: comparison comparison_pkey; Type: CONSTRAINT; Schema: payments; Owner: -
--

ALTER TABLE ONLY payments.comparison
    ADD CONSTRAINT comparison_pkey PRIMARY KEY (provider);


--
-- Name: daily daily_pkey; Type: CONSTRAINT; Schema: payments; Owner: -
--

ALTER TABLE ONLY payments.daily
    ADD CONSTRAINT daily_pkey PRIMARY KEY (outlet_id, business_day, method);


--
-- Name: day_close day_close_pkey; Type: CONSTRAINT; Schema: payments; Owner: -
--

ALTER TABLE ONLY payments.day_close
    ADD CONSTRAINT day_close_pkey PRIMARY KEY (outlet_id, id);


--
-- Name: hourly hourly_pkey; Type: CONSTRAINT; Schema: payments; Owner: -
--

ALTER TABLE ONLY payments.hourly
    ADD CONSTRAINT hourly_pkey PRIMARY KEY (outlet_id, business_day, hour, method);


--
-- Name: idempotency idempotency_pkey; Type: CONSTRAINT; Schema: payments; Owner: -
--

ALTER TABLE ONLY payments.idempotency
    ADD CONSTRAINT idempotency_pkey PRIMARY KEY (outlet_id, principal, route, key);


--
-- Name: inbox inbox_pkey; Type: CONSTRAINT; Schema: payments; Owner: -
--

ALTER TABLE ONLY payments.inbox
    ADD CONSTRAINT inbox_pkey PRIMARY KEY (log, event_id);


--
-- Name: outbox outbox_pkey; Type: CONSTRAINT; Schema: payments; Owner: -
--

ALTER TABLE ONLY payments.outbox
    ADD CONSTRAINT outbox_pkey PRIMARY KEY (id, created_at);


--
-- Name: outbox_default outbox_default_pkey; Type: CONSTRAINT; Schema: payments; Owner: -
--

ALTER TABLE ONLY payments.outbox_default
    ADD CONSTRAINT outbox_default_pkey PRIMARY KEY (id, created_at);


--
-- Name: parked parked_pkey; Type: CONSTRAINT; Schema: payments; Owner: -
--

ALTER TABLE ONLY payments.parked
    ADD CONSTRAINT parked_pkey PRIMARY KEY (log, "position");


--
-- Name: payment payment_pkey; Type: CONSTRAINT; Schema: payments; Owner: -
--

ALTER TABLE ONLY payments.payment
    ADD CONSTRAINT payment_pkey PRIMARY KEY (outlet_id, id);


--
-- Name: reader reader_pkey; Type: CONSTRAINT; Schema: payments; Owner: -
--

ALTER TABLE ONLY payments.reader
    ADD CONSTRAINT reader_pkey PRIMARY KEY (log);


--
-- Name: refund refund_pkey; Type: CONSTRAINT; Schema: payments; Owner: -
--

ALTER TABLE ONLY payments.refund
    ADD CONSTRAINT refund_pkey PRIMARY KEY (outlet_id, id);


--
-- Name: shift shift_pkey; Type: CONSTRAINT; Schema: payments; Owner: -
--

ALTER TABLE ONLY payments.shift
    ADD CONSTRAINT shift_pkey PRIMARY KEY (outlet_id, id);


--
-- Name: unmatched unmatched_pkey; Type: CONSTRAINT; Schema: payments; Owner: -
--

ALTER TABLE ONLY payments.unmatched
    ADD CONSTRAINT unmatched_pkey PRIMARY KEY (provider, provider_payment_id);


--
-- Name: webhook webhook_pkey; Type: CONSTRAINT; Schema: payments; Owner: -
--

ALTER TABLE ONLY payments.webhook
    ADD CONSTRAINT webhook_pkey PRIMARY KEY (provider, event_id);


--
-- Name: sql_source sql_source_pkey; Type: CONSTRAINT; Schema: platform; Owner: -
--

ALTER TABLE ONLY platform.sql_source
    ADD CONSTRAINT sql_source_pkey PRIMARY KEY (name);


--
-- Name: document document_pkey; Type: CONSTRAINT; Schema: reports; Owner: -
--

ALTER TABLE ONLY reports.document
    ADD CONSTRAINT document_pkey PRIMARY KEY (outlet_id, document_id);


--
-- Name: idempotency idempotency_pkey; Type: CONSTRAINT; Schema: reports; Owner: -
--

ALTER TABLE ONLY reports.idempotency
    ADD CONSTRAINT idempotency_pkey PRIMARY KEY (outlet_id, principal, route, key);


--
-- Name: inbox inbox_pkey; Type: CONSTRAINT; Schema: reports; Owner: -
--

ALTER TABLE ONLY reports.inbox
    ADD CONSTRAINT inbox_pkey PRIMARY KEY (log, event_id);


--
-- Name: outbox outbox_pkey; Type: CONSTRAINT; Schema: reports; Owner: -
--

ALTER TABLE ONLY reports.outbox
    ADD CONSTRAINT outbox_pkey PRIMARY KEY (id, created_at);


--
-- Name: outbox_default outbox_default_pkey; Type: CONSTRAINT; Schema: reports; Owner: -
--

ALTER TABLE ONLY reports.outbox_default
    ADD CONSTRAINT outbox_default_pkey PRIMARY KEY (id, created_at);


--
-- Name: parked parked_pkey; Type: CONSTRAINT; Schema: reports; Owner: -
--

ALTER TABLE ONLY reports.parked
    ADD CONSTRAINT parked_pkey PRIMARY KEY (log, "position");


--
-- Name: preparation preparation_pkey; Type: CONSTRAINT; Schema: reports; Owner: -
--

ALTER TABLE ONLY reports.preparation
    ADD CONSTRAINT preparation_pkey PRIMARY KEY (outlet_id, order_id, ticket_id);


--
-- Name: reader reader_pkey; Type: CONSTRAINT; Schema: reports; Owner: -
--

ALTER TABLE ONLY reports.reader
    ADD CONSTRAINT reader_pkey PRIMARY KEY (log);


--
-- Name: sale_line sale_line_pkey; Type: CONSTRAINT; Schema: reports; Owner: -
--

ALTER TABLE ONLY reports.sale_line
    ADD CONSTRAINT sale_line_pkey PRIMARY KEY (outlet_id, order_id, line_id);


--
-- Name: sale sale_pkey; Type: CONSTRAINT; Schema: reports; Owner: -
--

ALTER TABLE ONLY reports.sale
    ADD CONSTRAINT sale_pkey PRIMARY KEY (outlet_id, order_id);


--
-- Name: audit audit_pkey; Type: CONSTRAINT; Schema: staff; Owner: -
--

ALTER TABLE ONLY staff.audit
    ADD CONSTRAINT audit_pkey PRIMARY KEY (outlet_id, id);


--
-- Name: authenticator authenticator_pkey; Type: CONSTRAINT; Schema: staff; Owner: -
--

ALTER TABLE ONLY staff.authenticator
    ADD CONSTRAINT authenticator_pkey PRIMARY KEY (outlet_id, person_id);


--
-- Name: device device_pkey; Type: CONSTRAINT; Schema: staff; Owner: -
--

ALTER TABLE ONLY staff.device
    ADD CONSTRAINT device_pkey PRIMARY KEY (outlet_id, id);


--
-- Name: idempotency idempotency_pkey; Type: CONSTRAINT; Schema: staff; Owner: -
--

ALTER TABLE ONLY staff.idempotency
    ADD CONSTRAINT idempotency_pkey PRIMARY KEY (outlet_id, principal, route, key);


--
-- Name: inbox inbox_pkey; Type: CONSTRAINT; Schema: staff; Owner: -
--

ALTER TABLE ONLY staff.inbox
    ADD CONSTRAINT inbox_pkey PRIMARY KEY (log, event_id);


--
-- Name: lift lift_pkey; Type: CONSTRAINT; Schema: staff; Owner: -
--

ALTER TABLE ONLY staff.lift
    ADD CONSTRAINT lift_pkey PRIMARY KEY (outlet_id, id);


--
-- Name: login_failure login_failure_pkey; Type: CONSTRAINT; Schema: staff; Owner: -
--

ALTER TABLE ONLY staff.login_failure
    ADD CONSTRAINT login_failure_pkey PRIMARY KEY (key);


--
-- Name: outbox outbox_pkey; Type: CONSTRAINT; Schema: staff; Owner: -
--

ALTER TABLE ONLY staff.outbox
    ADD CONSTRAINT outbox_pkey PRIMARY KEY (id, created_at);


--
-- Name: outbox_default outbox_default_pkey; Type: CONSTRAINT; Schema: staff; Owner: -
--

ALTER TABLE ONLY staff.outbox_default
    ADD CONSTRAINT outbox_default_pkey PRIMARY KEY (id, created_at);


--
-- Name: outlet outlet_pkey; Type: CONSTRAINT; Schema: staff; Owner: -
--

ALTER TABLE ONLY staff.outlet
    ADD CONSTRAINT outlet_pkey PRIMARY KEY (id);


--
-- Name: parked parked_pkey; Type: CONSTRAINT; Schema: staff; Owner: -
--

ALTER TABLE ONLY staff.parked
    ADD CONSTRAINT parked_pkey PRIMARY KEY (log, "position");


--
-- Name: passkey passkey_pkey; Type: CONSTRAINT; Schema: staff; Owner: -
--

ALTER TABLE ONLY staff.passkey
    ADD CONSTRAINT passkey_pkey PRIMARY KEY (outlet_id, id);


--
-- Name: person person_pkey; Type: CONSTRAINT; Schema: staff; Owner: -
--

ALTER TABLE ONLY staff.person
    ADD CONSTRAINT person_pkey PRIMARY KEY (outlet_id, id);


--
-- Name: person person_username_key; Type: CONSTRAINT; Schema: staff; Owner: -
--

ALTER TABLE ONLY staff.person
    ADD CONSTRAINT person_username_key UNIQUE (username);


--
-- Name: public_credential public_credential_pkey; Type: CONSTRAINT; Schema: staff; Owner: -
--

ALTER TABLE ONLY staff.public_credential
    ADD CONSTRAINT public_credential_pkey PRIMARY KEY (outlet_id, person_id);


--
-- Name: reader reader_pkey; Type: CONSTRAINT; Schema: staff; Owner: -
--

ALTER TABLE ONLY staff.reader
    ADD CONSTRAINT reader_pkey PRIMARY KEY (log);


--
-- Name: rights rights_pkey; Type: CONSTRAINT; Schema: staff; Owner: -
--

ALTER TABLE ONLY staff.rights
    ADD CONSTRAINT rights_pkey PRIMARY KEY (outlet_id);


--
-- Name: service_token service_token_pkey; Type: CONSTRAINT; Schema: staff; Owner: -
--

ALTER TABLE ONLY staff.service_token
    ADD CONSTRAINT service_token_pkey PRIMARY KEY (outlet_id, id);


--
-- Name: session session_pkey; Type: CONSTRAINT; Schema: staff; Owner: -
--

ALTER TABLE ONLY staff.session
    ADD CONSTRAINT session_pkey PRIMARY KEY (outlet_id, id);


--
-- Name: sign_in sign_in_pkey; Type: CONSTRAINT; Schema: staff; Owner: -
--

ALTER TABLE ONLY staff.sign_in
    ADD CONSTRAINT sign_in_pkey PRIMARY KEY (outlet_id, id);


--
-- Name: signing_key signing_key_pkey; Type: CONSTRAINT; Schema: staff; Owner: -
--

ALTER TABLE ONLY staff.signing_key
    ADD CONSTRAINT signing_key_pkey PRIMARY KEY (kid);


--
-- Name: used_challenge used_challenge_pkey; Type: CONSTRAINT; Schema: staff; Owner: -
--

ALTER TABLE ONLY staff.used_challenge
    ADD CONSTRAINT used_challenge_pkey PRIMARY KEY (hash);


--
-- Name: idempotency_created_at_idx; Type: INDEX; Schema: inventory; Owner: -
--

CREATE INDEX idempotency_created_at_idx ON inventory.idempotency USING btree (created_at);


--
-- Name: inbox_handled_at_idx; Type: INDEX; Schema: inventory; Owner: -
--

CREATE INDEX inbox_handled_at_idx ON inventory.inbox USING btree (handled_at);


--
-- Name: movement_outlet_id_stock_id_id_idx; Type: INDEX; Schema: inventory; Owner: -
--

CREATE INDEX movement_outlet_id_stock_id_id_idx ON inventory.movement USING btree (outlet_id, stock_id, id);


--
-- Name: parked_subject_idx; Type: INDEX; Schema: inventory; Owner: -
--

CREATE INDEX parked_subject_idx ON inventory.parked USING btree (log, subject);


--
-- Name: recipe_counted_idx; Type: INDEX; Schema: inventory; Owner: -
--

CREATE INDEX recipe_counted_idx ON inventory.recipe USING btree (outlet_id, source_id) WHERE (kind = 'counted'::text);


--
-- Name: recipe_outlet_id_stock_id_idx; Type: INDEX; Schema: inventory; Owner: -
--

CREATE INDEX recipe_outlet_id_stock_id_idx ON inventory.recipe USING btree (outlet_id, stock_id);


--
-- Name: reservation_live_key; Type: INDEX; Schema: inventory; Owner: -
--

CREATE UNIQUE INDEX reservation_live_key ON inventory.reservation USING btree (outlet_id, order_id, line_id, stock_id) WHERE (state = 'reserved'::text);


--
-- Name: stock_outlet_id_code_key; Type: INDEX; Schema: inventory; Owner: -
--

CREATE UNIQUE INDEX stock_outlet_id_code_key ON inventory.stock USING btree (outlet_id, code);


--
-- Name: stock_outlet_id_id_kind_key; Type: INDEX; Schema: inventory; Owner: -
--

CREATE UNIQUE INDEX stock_outlet_id_id_kind_key ON inventory.stock USING btree (outlet_id, id, kind);


--
-- Name: usage_outlet_id_kitchen_item_id_key; Type: INDEX; Schema: inventory; Owner: -
--

CREATE UNIQUE INDEX usage_outlet_id_kitchen_item_id_key ON inventory.usage USING btree (outlet_id, kitchen_item_id);


--
-- Name: usage_outlet_id_order_id_idx; Type: INDEX; Schema: inventory; Owner: -
--

CREATE INDEX usage_outlet_id_order_id_idx ON inventory.usage USING btree (outlet_id, order_id);


--
-- Name: usage_unconsumed_idx; Type: INDEX; Schema: inventory; Owner: -
--

CREATE INDEX usage_unconsumed_idx ON inventory.usage USING btree (outlet_id, id) WHERE (consumed_at IS NULL);


--
-- Name: action_created_at_idx; Type: INDEX; Schema: kitchen; Owner: -
--

CREATE INDEX action_created_at_idx ON kitchen.action USING btree (created_at);


--
-- Name: bill_paid_known_at_idx; Type: INDEX; Schema: kitchen; Owner: -
--

CREATE INDEX bill_paid_known_at_idx ON kitchen.bill USING btree (paid_known_at);


--
-- Name: idempotency_created_at_idx; Type: INDEX; Schema: kitchen; Owner: -
--

CREATE INDEX idempotency_created_at_idx ON kitchen.idempotency USING btree (created_at);


--
-- Name: inbox_handled_at_idx; Type: INDEX; Schema: kitchen; Owner: -
--

CREATE INDEX inbox_handled_at_idx ON kitchen.inbox USING btree (handled_at);


--
-- Name: parked_subject_idx; Type: INDEX; Schema: kitchen; Owner: -
--

CREATE INDEX parked_subject_idx ON kitchen.parked USING btree (log, subject);


--
-- Name: ticket_at_pass_idx; Type: INDEX; Schema: kitchen; Owner: -
--

CREATE INDEX ticket_at_pass_idx ON kitchen.ticket USING btree (outlet_id, placed_at) WHERE at_pass;


--
-- Name: ticket_item_outlet_id_ticket_id_idx; Type: INDEX; Schema: kitchen; Owner: -
--

CREATE INDEX ticket_item_outlet_id_ticket_id_idx ON kitchen.ticket_item USING btree (outlet_id, ticket_id);


--
-- Name: ticket_live_bill_idx; Type: INDEX; Schema: kitchen; Owner: -
--

CREATE INDEX ticket_live_bill_idx ON kitchen.ticket USING btree (outlet_id, bill_id) WHERE (state = ANY (ARRAY['held'::text, 'queued'::text, 'cooking'::text, 'ready'::text]));


--
-- Name: ticket_outlet_id_order_id_course_station_key; Type: INDEX; Schema: kitchen; Owner: -
--

CREATE UNIQUE INDEX ticket_outlet_id_order_id_course_station_key ON kitchen.ticket USING btree (outlet_id, order_id, course, station);


--
-- Name: ticket_outlet_id_station_number_key; Type: INDEX; Schema: kitchen; Owner: -
--

CREATE UNIQUE INDEX ticket_outlet_id_station_number_key ON kitchen.ticket USING btree (outlet_id, station, number);


--
-- Name: ticket_recent_idx; Type: INDEX; Schema: kitchen; Owner: -
--

CREATE INDEX ticket_recent_idx ON kitchen.ticket USING btree (outlet_id, station, ready_at DESC) WHERE (state = ANY (ARRAY['ready'::text, 'served'::text]));


--
-- Name: ticket_visible_idx; Type: INDEX; Schema: kitchen; Owner: -
--

CREATE INDEX ticket_visible_idx ON kitchen.ticket USING btree (outlet_id, station, placed_at) WHERE visible;


--
-- Name: category_outlet_id_code_key; Type: INDEX; Schema: menu; Owner: -
--

CREATE UNIQUE INDEX category_outlet_id_code_key ON menu.category USING btree (outlet_id, code);


--
-- Name: idempotency_created_at_idx; Type: INDEX; Schema: menu; Owner: -
--

CREATE INDEX idempotency_created_at_idx ON menu.idempotency USING btree (created_at);


--
-- Name: inbox_handled_at_idx; Type: INDEX; Schema: menu; Owner: -
--

CREATE INDEX inbox_handled_at_idx ON menu.inbox USING btree (handled_at);


--
-- Name: item_modifier_group_outlet_id_group_id_idx; Type: INDEX; Schema: menu; Owner: -
--

CREATE INDEX item_modifier_group_outlet_id_group_id_idx ON menu.item_modifier_group USING btree (outlet_id, group_id);


--
-- Name: item_outlet_id_category_id_idx; Type: INDEX; Schema: menu; Owner: -
--

CREATE INDEX item_outlet_id_category_id_idx ON menu.item USING btree (outlet_id, category_id);


--
-- Name: item_outlet_id_code_key; Type: INDEX; Schema: menu; Owner: -
--

CREATE UNIQUE INDEX item_outlet_id_code_key ON menu.item USING btree (outlet_id, code);


--
-- Name: item_unsellable_idx; Type: INDEX; Schema: menu; Owner: -
--

CREATE INDEX item_unsellable_idx ON menu.item USING btree (outlet_id, id) WHERE ((NOT active) OR (NOT available) OR stock_out);


--
-- Name: modifier_group_outlet_id_code_key; Type: INDEX; Schema: menu; Owner: -
--

CREATE UNIQUE INDEX modifier_group_outlet_id_code_key ON menu.modifier_group USING btree (outlet_id, code);


--
-- Name: modifier_outlet_id_group_id_code_key; Type: INDEX; Schema: menu; Owner: -
--

CREATE UNIQUE INDEX modifier_outlet_id_group_id_code_key ON menu.modifier USING btree (outlet_id, group_id, code);


--
-- Name: modifier_unsellable_idx; Type: INDEX; Schema: menu; Owner: -
--

CREATE INDEX modifier_unsellable_idx ON menu.modifier USING btree (outlet_id, id) WHERE ((NOT active) OR (NOT available) OR stock_out);


--
-- Name: parked_subject_idx; Type: INDEX; Schema: menu; Owner: -
--

CREATE INDEX parked_subject_idx ON menu.parked USING btree (log, subject);


--
-- Name: variant_outlet_id_item_id_code_key; Type: INDEX; Schema: menu; Owner: -
--

CREATE UNIQUE INDEX variant_outlet_id_item_id_code_key ON menu.variant USING btree (outlet_id, item_id, code);


--
-- Name: bill_session_created_at_idx; Type: INDEX; Schema: notifications; Owner: -
--

CREATE INDEX bill_session_created_at_idx ON notifications.bill_session USING btree (created_at);


--
-- Name: idempotency_created_at_idx; Type: INDEX; Schema: notifications; Owner: -
--

CREATE INDEX idempotency_created_at_idx ON notifications.idempotency USING btree (created_at);


--
-- Name: inbox_handled_at_idx; Type: INDEX; Schema: notifications; Owner: -
--

CREATE INDEX inbox_handled_at_idx ON notifications.inbox USING btree (handled_at);


--
-- Name: message_created_at_idx; Type: INDEX; Schema: notifications; Owner: -
--

CREATE INDEX message_created_at_idx ON notifications.message USING btree (created_at);


--
-- Name: message_guest_idx; Type: INDEX; Schema: notifications; Owner: -
--

CREATE INDEX message_guest_idx ON notifications.message USING btree (outlet_id, bill_id, id) WHERE (audience = 'guest'::text);


--
-- Name: message_staff_idx; Type: INDEX; Schema: notifications; Owner: -
--

CREATE INDEX message_staff_idx ON notifications.message USING btree (outlet_id, id) WHERE (audience = 'staff'::text);


--
-- Name: parked_subject_idx; Type: INDEX; Schema: notifications; Owner: -
--

CREATE INDEX parked_subject_idx ON notifications.parked USING btree (log, subject);


--
-- Name: idempotency_created_at_idx; Type: INDEX; Schema: offers; Owner: -
--

CREATE INDEX idempotency_created_at_idx ON offers.idempotency USING btree (created_at);


--
-- Name: inbox_handled_at_idx; Type: INDEX; Schema: offers; Owner: -
--

CREATE INDEX inbox_handled_at_idx ON offers.inbox USING btree (handled_at);


--
-- Name: parked_subject_idx; Type: INDEX; Schema: offers; Owner: -
--

CREATE INDEX parked_subject_idx ON offers.parked USING btree (log, subject);


--
-- Name: bill_open_idx; Type: INDEX; Schema: orders; Owner: -
--

CREATE INDEX bill_open_idx ON orders.bill USING btree (outlet_id, opened_at) WHERE (status = 'open'::text);


--
-- Name: bill_open_sitting_key; Type: INDEX; Schema: orders; Owner: -
--

CREATE UNIQUE INDEX bill_open_sitting_key ON orders.bill USING btree (outlet_id, sitting_id) WHERE ((status = 'open'::text) AND (payment = 'pay_later'::text) AND (sitting_id IS NOT NULL));


--
-- Name: bill_sitting_idx; Type: INDEX; Schema: orders; Owner: -
--

CREATE INDEX bill_sitting_idx ON orders.bill USING btree (outlet_id, sitting_id) WHERE (sitting_id IS NOT NULL);


--
-- Name: dining_table_outlet_id_code_key; Type: INDEX; Schema: orders; Owner: -
--

CREATE UNIQUE INDEX dining_table_outlet_id_code_key ON orders.dining_table USING btree (outlet_id, code);


--
-- Name: dining_table_qr_hash_key; Type: INDEX; Schema: orders; Owner: -
--

CREATE UNIQUE INDEX dining_table_qr_hash_key ON orders.dining_table USING btree (qr_hash);


--
-- Name: document_outlet_id_bill_id_idx; Type: INDEX; Schema: orders; Owner: -
--

CREATE INDEX document_outlet_id_bill_id_idx ON orders.document USING btree (outlet_id, bill_id);


--
-- Name: document_outlet_id_gstin_financial_year_number_key; Type: INDEX; Schema: orders; Owner: -
--

CREATE UNIQUE INDEX document_outlet_id_gstin_financial_year_number_key ON orders.document USING btree (outlet_id, gstin, financial_year, number);


--
-- Name: document_outlet_id_gstin_kind_financial_year_sequence_key; Type: INDEX; Schema: orders; Owner: -
--

CREATE UNIQUE INDEX document_outlet_id_gstin_kind_financial_year_sequence_key ON orders.document USING btree (outlet_id, gstin, kind, financial_year, sequence);


--
-- Name: document_outlet_id_issued_on_id_idx; Type: INDEX; Schema: orders; Owner: -
--

CREATE INDEX document_outlet_id_issued_on_id_idx ON orders.document USING btree (outlet_id, issued_on, id);


--
-- Name: document_token_key; Type: INDEX; Schema: orders; Owner: -
--

CREATE UNIQUE INDEX document_token_key ON orders.document USING btree (token);


--
-- Name: guest_session_sitting_idx; Type: INDEX; Schema: orders; Owner: -
--

CREATE INDEX guest_session_sitting_idx ON orders.guest_session USING btree (outlet_id, sitting_id) WHERE (sitting_id IS NOT NULL);


--
-- Name: idempotency_created_at_idx; Type: INDEX; Schema: orders; Owner: -
--

CREATE INDEX idempotency_created_at_idx ON orders.idempotency USING btree (created_at);


--
-- Name: inbox_handled_at_idx; Type: INDEX; Schema: orders; Owner: -
--

CREATE INDEX inbox_handled_at_idx ON orders.inbox USING btree (handled_at);


--
-- Name: orders_expired_idx; Type: INDEX; Schema: orders; Owner: -
--

CREATE INDEX orders_expired_idx ON orders.orders USING btree (outlet_id, business_day, id) WHERE ((status = 'expired'::text) AND (payment = 'prepaid'::text) AND approved);


--
-- Name: orders_live_idx; Type: INDEX; Schema: orders; Owner: -
--

CREATE INDEX orders_live_idx ON orders.orders USING btree (outlet_id, placed_at) WHERE (status = ANY (ARRAY['placed'::text, 'awaiting_payment'::text, 'confirmed'::text, 'preparing'::text, 'ready'::text, 'served'::text]));


--
-- Name: orders_open_network_idx; Type: INDEX; Schema: orders; Owner: -
--

CREATE INDEX orders_open_network_idx ON orders.orders USING btree (outlet_id, network) WHERE ((network IS NOT NULL) AND (status = ANY (ARRAY['placed'::text, 'awaiting_payment'::text, 'confirmed'::text, 'preparing'::text])));


--
-- Name: orders_outlet_id_bill_id_idx; Type: INDEX; Schema: orders; Owner: -
--

CREATE INDEX orders_outlet_id_bill_id_idx ON orders.orders USING btree (outlet_id, bill_id);


--
-- Name: orders_outlet_id_business_day_number_key; Type: INDEX; Schema: orders; Owner: -
--

CREATE UNIQUE INDEX orders_outlet_id_business_day_number_key ON orders.orders USING btree (outlet_id, business_day, number);


--
-- Name: orders_outlet_id_session_id_idx; Type: INDEX; Schema: orders; Owner: -
--

CREATE INDEX orders_outlet_id_session_id_idx ON orders.orders USING btree (outlet_id, session_id);


--
-- Name: parked_subject_idx; Type: INDEX; Schema: orders; Owner: -
--

CREATE INDEX parked_subject_idx ON orders.parked USING btree (log, subject);


--
-- Name: rearrangement_sitting_idx; Type: INDEX; Schema: orders; Owner: -
--

CREATE INDEX rearrangement_sitting_idx ON orders.rearrangement USING btree (outlet_id, sitting_id, id);


--
-- Name: sitting_open_table_key; Type: INDEX; Schema: orders; Owner: -
--

CREATE UNIQUE INDEX sitting_open_table_key ON orders.sitting USING btree (outlet_id, table_id) WHERE (ended_at IS NULL);


--
-- Name: attempt_failed_day_idx; Type: INDEX; Schema: payments; Owner: -
--

CREATE INDEX attempt_failed_day_idx ON payments.attempt USING btree (outlet_id, failed_day) WHERE (failed_day IS NOT NULL);


--
-- Name: attempt_on_bill_key; Type: INDEX; Schema: payments; Owner: -
--

CREATE UNIQUE INDEX attempt_on_bill_key ON payments.attempt USING btree (outlet_id, payment_id) WHERE on_bill;


--
-- Name: attempt_outlet_id_business_day_payment_id_idx; Type: INDEX; Schema: payments; Owner: -
--

CREATE INDEX attempt_outlet_id_business_day_payment_id_idx ON payments.attempt USING btree (outlet_id, business_day, payment_id);


--
-- Name: attempt_outlet_id_payment_id_idx; Type: INDEX; Schema: payments; Owner: -
--

CREATE INDEX attempt_outlet_id_payment_id_idx ON payments.attempt USING btree (outlet_id, payment_id);


--
-- Name: attempt_poll_at_idx; Type: INDEX; Schema: payments; Owner: -
--

CREATE INDEX attempt_poll_at_idx ON payments.attempt USING btree (poll_at) WHERE (poll_at IS NOT NULL);


--
-- Name: attempt_provider_provider_payment_id_key; Type: INDEX; Schema: payments; Owner: -
--

CREATE UNIQUE INDEX attempt_provider_provider_payment_id_key ON payments.attempt USING btree (provider, provider_payment_id);


--
-- Name: attempt_reference_key; Type: INDEX; Schema: payments; Owner: -
--

CREATE UNIQUE INDEX attempt_reference_key ON payments.attempt USING btree (outlet_id, method, reference) WHERE ((method = ANY (ARRAY['house_upi'::text, 'voucher'::text])) AND (provider = 'counter'::text) AND (refunded_paise < amount_paise));


--
-- Name: attempt_shift_idx; Type: INDEX; Schema: payments; Owner: -
--

CREATE INDEX attempt_shift_idx ON payments.attempt USING btree (outlet_id, shift_id) WHERE (shift_id IS NOT NULL);


--
-- Name: cash_movement_outlet_id_shift_id_idx; Type: INDEX; Schema: payments; Owner: -
--

CREATE INDEX cash_movement_outlet_id_shift_id_idx ON payments.cash_movement USING btree (outlet_id, shift_id);


--
-- Name: day_close_outlet_id_business_day_key; Type: INDEX; Schema: payments; Owner: -
--

CREATE UNIQUE INDEX day_close_outlet_id_business_day_key ON payments.day_close USING btree (outlet_id, business_day);


--
-- Name: day_close_outlet_id_number_key; Type: INDEX; Schema: payments; Owner: -
--

CREATE UNIQUE INDEX day_close_outlet_id_number_key ON payments.day_close USING btree (outlet_id, number);


--
-- Name: idempotency_created_at_idx; Type: INDEX; Schema: payments; Owner: -
--

CREATE INDEX idempotency_created_at_idx ON payments.idempotency USING btree (created_at);


--
-- Name: inbox_handled_at_idx; Type: INDEX; Schema: payments; Owner: -
--

CREATE INDEX inbox_handled_at_idx ON payments.inbox USING btree (handled_at);


--
-- Name: parked_subject_idx; Type: INDEX; Schema: payments; Owner: -
--

CREATE INDEX parked_subject_idx ON payments.parked USING btree (log, subject);


--
-- Name: payment_open_key; Type: INDEX; Schema: payments; Owner: -
--

CREATE UNIQUE INDEX payment_open_key ON payments.payment USING btree (outlet_id, bill_id) WHERE (status = ANY (ARRAY['pending'::text, 'processing'::text]));


--
-- Name: payment_outlet_id_bill_id_idx; Type: INDEX; Schema: payments; Owner: -
--

CREATE INDEX payment_outlet_id_bill_id_idx ON payments.payment USING btree (outlet_id, bill_id);


--
-- Name: payment_outlet_id_business_day_id_idx; Type: INDEX; Schema: payments; Owner: -
--

CREATE INDEX payment_outlet_id_business_day_id_idx ON payments.payment USING btree (outlet_id, business_day, id);


--
-- Name: payment_poll_at_idx; Type: INDEX; Schema: payments; Owner: -
--

CREATE INDEX payment_poll_at_idx ON payments.payment USING btree (poll_at) WHERE (poll_at IS NOT NULL);


--
-- Name: payment_provider_provider_order_id_key; Type: INDEX; Schema: payments; Owner: -
--

CREATE UNIQUE INDEX payment_provider_provider_order_id_key ON payments.payment USING btree (provider, provider_order_id);


--
-- Name: refund_next_try_at_idx; Type: INDEX; Schema: payments; Owner: -
--

CREATE INDEX refund_next_try_at_idx ON payments.refund USING btree (next_try_at) WHERE (next_try_at IS NOT NULL);


--
-- Name: refund_open_idx; Type: INDEX; Schema: payments; Owner: -
--

CREATE INDEX refund_open_idx ON payments.refund USING btree (outlet_id, id) WHERE (status <> 'processed'::text);


--
-- Name: refund_outlet_id_attempt_id_provider_refund_id_idx; Type: INDEX; Schema: payments; Owner: -
--

CREATE INDEX refund_outlet_id_attempt_id_provider_refund_id_idx ON payments.refund USING btree (outlet_id, attempt_id, provider_refund_id);


--
-- Name: refund_outlet_id_business_day_id_idx; Type: INDEX; Schema: payments; Owner: -
--

CREATE INDEX refund_outlet_id_business_day_id_idx ON payments.refund USING btree (outlet_id, business_day, id);


--
-- Name: refund_outlet_id_payment_id_idx; Type: INDEX; Schema: payments; Owner: -
--

CREATE INDEX refund_outlet_id_payment_id_idx ON payments.refund USING btree (outlet_id, payment_id);


--
-- Name: refund_shift_idx; Type: INDEX; Schema: payments; Owner: -
--

CREATE INDEX refund_shift_idx ON payments.refund USING btree (outlet_id, shift_id) WHERE (shift_id IS NOT NULL);


--
-- Name: shift_drawer_key; Type: INDEX; Schema: payments; Owner: -
--

CREATE UNIQUE INDEX shift_drawer_key ON payments.shift USING btree (outlet_id, drawer) WHERE (status = 'open'::text);


--
-- Name: shift_outlet_id_closed_day_idx; Type: INDEX; Schema: payments; Owner: -
--

CREATE INDEX shift_outlet_id_closed_day_idx ON payments.shift USING btree (outlet_id, closed_day);


--
-- Name: shift_person_key; Type: INDEX; Schema: payments; Owner: -
--

CREATE UNIQUE INDEX shift_person_key ON payments.shift USING btree (outlet_id, person_id) WHERE (status = 'open'::text);


--
-- Name: unmatched_open_idx; Type: INDEX; Schema: payments; Owner: -
--

CREATE INDEX unmatched_open_idx ON payments.unmatched USING btree (seen_at) WHERE (settled_at IS NULL);


--
-- Name: webhook_next_try_at_idx; Type: INDEX; Schema: payments; Owner: -
--

CREATE INDEX webhook_next_try_at_idx ON payments.webhook USING btree (next_try_at) WHERE (next_try_at IS NOT NULL);


--
-- Name: webhook_received_at_idx; Type: INDEX; Schema: payments; Owner: -
--

CREATE INDEX webhook_received_at_idx ON payments.webhook USING btree (received_at);


--
-- Name: webhook_subject_idx; Type: INDEX; Schema: payments; Owner: -
--

CREATE INDEX webhook_subject_idx ON payments.webhook USING btree (provider, subject) WHERE (state = 'waiting'::text);


--
-- Name: webhook_unfinished_idx; Type: INDEX; Schema: payments; Owner: -
--

CREATE INDEX webhook_unfinished_idx ON payments.webhook USING btree (state, received_at) WHERE (state = ANY (ARRAY['received'::text, 'waiting'::text, 'parked'::text]));


--
-- Name: document_outlet_id_business_day_idx; Type: INDEX; Schema: reports; Owner: -
--

CREATE INDEX document_outlet_id_business_day_idx ON reports.document USING btree (outlet_id, business_day);


--
-- Name: idempotency_created_at_idx; Type: INDEX; Schema: reports; Owner: -
--

CREATE INDEX idempotency_created_at_idx ON reports.idempotency USING btree (created_at);


--
-- Name: inbox_handled_at_idx; Type: INDEX; Schema: reports; Owner: -
--

CREATE INDEX inbox_handled_at_idx ON reports.inbox USING btree (handled_at);


--
-- Name: parked_subject_idx; Type: INDEX; Schema: reports; Owner: -
--

CREATE INDEX parked_subject_idx ON reports.parked USING btree (log, subject);


--
-- Name: sale_outlet_id_business_day_idx; Type: INDEX; Schema: reports; Owner: -
--

CREATE INDEX sale_outlet_id_business_day_idx ON reports.sale USING btree (outlet_id, business_day);


--
-- Name: device_code_key; Type: INDEX; Schema: staff; Owner: -
--

CREATE UNIQUE INDEX device_code_key ON staff.device USING btree (code);


--
-- Name: device_token_hash_key; Type: INDEX; Schema: staff; Owner: -
--

CREATE UNIQUE INDEX device_token_hash_key ON staff.device USING btree (token_hash);


--
-- Name: idempotency_created_at_idx; Type: INDEX; Schema: staff; Owner: -
--

CREATE INDEX idempotency_created_at_idx ON staff.idempotency USING btree (created_at);


--
-- Name: inbox_handled_at_idx; Type: INDEX; Schema: staff; Owner: -
--

CREATE INDEX inbox_handled_at_idx ON staff.inbox USING btree (handled_at);


--
-- Name: lift_expires_at_idx; Type: INDEX; Schema: staff; Owner: -
--

CREATE INDEX lift_expires_at_idx ON staff.lift USING btree (expires_at);


--
-- Name: lift_token_hash_key; Type: INDEX; Schema: staff; Owner: -
--

CREATE UNIQUE INDEX lift_token_hash_key ON staff.lift USING btree (token_hash);


--
-- Name: login_failure_last_at_idx; Type: INDEX; Schema: staff; Owner: -
--

CREATE INDEX login_failure_last_at_idx ON staff.login_failure USING btree (last_at);


--
-- Name: parked_subject_idx; Type: INDEX; Schema: staff; Owner: -
--

CREATE INDEX parked_subject_idx ON staff.parked USING btree (log, subject);


--
-- Name: passkey_credential_id_key; Type: INDEX; Schema: staff; Owner: -
--

CREATE UNIQUE INDEX passkey_credential_id_key ON staff.passkey USING btree (credential_id);


--
-- Name: passkey_person_idx; Type: INDEX; Schema: staff; Owner: -
--

CREATE INDEX passkey_person_idx ON staff.passkey USING btree (outlet_id, person_id);


--
-- Name: person_id_idx; Type: INDEX; Schema: staff; Owner: -
--

CREATE INDEX person_id_idx ON staff.person USING btree (id);


--
-- Name: service_token_token_hash_key; Type: INDEX; Schema: staff; Owner: -
--

CREATE UNIQUE INDEX service_token_token_hash_key ON staff.service_token USING btree (token_hash);


--
-- Name: session_device_idx; Type: INDEX; Schema: staff; Owner: -
--

CREATE INDEX session_device_idx ON staff.session USING btree (outlet_id, device_id) WHERE (revoked_at IS NULL);


--
-- Name: session_expires_at_idx; Type: INDEX; Schema: staff; Owner: -
--

CREATE INDEX session_expires_at_idx ON staff.session USING btree (expires_at);


--
-- Name: session_live_idx; Type: INDEX; Schema: staff; Owner: -
--

CREATE INDEX session_live_idx ON staff.session USING btree (outlet_id, person_id) WHERE (revoked_at IS NULL);


--
-- Name: session_person_idx; Type: INDEX; Schema: staff; Owner: -
--

CREATE INDEX session_person_idx ON staff.session USING btree (person_id) WHERE (revoked_at IS NULL);


--
-- Name: session_revoked_idx; Type: INDEX; Schema: staff; Owner: -
--

CREATE INDEX session_revoked_idx ON staff.session USING btree (revoked_at) WHERE (revoked_at IS NOT NULL);


--
-- Name: sign_in_at_idx; Type: INDEX; Schema: staff; Owner: -
--

CREATE INDEX sign_in_at_idx ON staff.sign_in USING btree (at);


--
-- Name: sign_in_from_idx; Type: INDEX; Schema: staff; Owner: -
--

CREATE INDEX sign_in_from_idx ON staff.sign_in USING btree (outlet_id, person_id, network, at) WHERE (outcome = 'ok'::text);


--
-- Name: used_challenge_expires_at_idx; Type: INDEX; Schema: staff; Owner: -
--

CREATE INDEX used_challenge_expires_at_idx ON staff.used_challenge USING btree (expires_at);


--
-- Name: outbox_default_pkey; Type: INDEX ATTACH; Schema: inventory; Owner: -
--

ALTER INDEX inventory.outbox_pkey ATTACH PARTITION inventory.outbox_default_pkey;


--
-- Name: outbox_default_pkey; Type: INDEX ATTACH; Schema: kitchen; Owner: -
--

ALTER INDEX kitchen.outbox_pkey ATTACH PARTITION kitchen.outbox_default_pkey;


--
-- Name: outbox_default_pkey; Type: INDEX ATTACH; Schema: menu; Owner: -
--

ALTER INDEX menu.outbox_pkey ATTACH PARTITION menu.outbox_default_pkey;


--
-- Name: outbox_default_pkey; Type: INDEX ATTACH; Schema: notifications; Owner: -
--

ALTER INDEX notifications.outbox_pkey ATTACH PARTITION notifications.outbox_default_pkey;


--
-- Name: outbox_default_pkey; Type: INDEX ATTACH; Schema: offers; Owner: -
--

ALTER INDEX offers.outbox_pkey ATTACH PARTITION offers.outbox_default_pkey;


--
-- Name: outbox_default_pkey; Type: INDEX ATTACH; Schema: orders; Owner: -
--

ALTER INDEX orders.outbox_pkey ATTACH PARTITION orders.outbox_default_pkey;


--
-- Name: outbox_default_pkey; Type: INDEX ATTACH; Schema: payments; Owner: -
--

ALTER INDEX payments.outbox_pkey ATTACH PARTITION payments.outbox_default_pkey;


--
-- Name: outbox_default_pkey; Type: INDEX ATTACH; Schema: reports; Owner: -
--

ALTER INDEX reports.outbox_pkey ATTACH PARTITION reports.outbox_default_pkey;


--
-- Name: outbox_default_pkey; Type: INDEX ATTACH; Schema: staff; Owner: -
--

ALTER INDEX staff.outbox_pkey ATTACH PARTITION staff.outbox_default_pkey;


--
-- Name: movement movement_append_only; Type: TRIGGER; Schema: inventory; Owner: -
--

CREATE TRIGGER movement_append_only BEFORE DELETE OR UPDATE ON inventory.movement FOR EACH ROW EXECUTE FUNCTION inventory.refuse_change();


--
-- Name: tax_class tax_class_immutable; Type: TRIGGER; Schema: menu; Owner: -
--

CREATE TRIGGER tax_class_immutable BEFORE DELETE OR UPDATE ON menu.tax_class FOR EACH ROW EXECUTE FUNCTION menu.refuse_change();


--
-- Name: document document_extends_series; Type: TRIGGER; Schema: orders; Owner: -
--

CREATE TRIGGER document_extends_series AFTER INSERT ON orders.document FOR EACH ROW EXECUTE FUNCTION orders.extend_series();


--
-- Name: document document_frozen; Type: TRIGGER; Schema: orders; Owner: -
--

CREATE TRIGGER document_frozen BEFORE DELETE OR UPDATE OR TRUNCATE ON orders.document FOR EACH STATEMENT EXECUTE FUNCTION orders.refuse_change();


--
-- Name: cash_movement cash_movement_frozen; Type: TRIGGER; Schema: payments; Owner: -
--

CREATE TRIGGER cash_movement_frozen BEFORE DELETE OR UPDATE ON payments.cash_movement FOR EACH STATEMENT EXECUTE FUNCTION payments.refuse_change();


--
-- Name: day_close day_close_frozen; Type: TRIGGER; Schema: payments; Owner: -
--

CREATE TRIGGER day_close_frozen BEFORE DELETE OR UPDATE OR TRUNCATE ON payments.day_close FOR EACH STATEMENT EXECUTE FUNCTION payments.refuse_change();


--
-- Name: refund refund_adds_up; Type: TRIGGER; Schema: payments; Owner: -
--

CREATE CONSTRAINT TRIGGER refund_adds_up AFTER INSERT OR UPDATE ON payments.refund DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION payments.check_refunded();


--
-- Name: audit audit_append_only; Type: TRIGGER; Schema: staff; Owner: -
--

CREATE TRIGGER audit_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON staff.audit FOR EACH STATEMENT EXECUTE FUNCTION staff.refuse_change();


--
-- Name: movement movement_stock_fkey; Type: FK CONSTRAINT; Schema: inventory; Owner: -
--

ALTER TABLE ONLY inventory.movement
    ADD CONSTRAINT movement_stock_fkey FOREIGN KEY (outlet_id, stock_id) REFERENCES inventory.stock(outlet_id, id) ON UPDATE CASCADE ON DELETE RESTRICT;


--
-- Name: recipe recipe_stock_fkey; Type: FK CONSTRAINT; Schema: inventory; Owner: -
--

ALTER TABLE ONLY inventory.recipe
    ADD CONSTRAINT recipe_stock_fkey FOREIGN KEY (outlet_id, stock_id, kind) REFERENCES inventory.stock(outlet_id, id, kind) ON UPDATE CASCADE ON DELETE RESTRICT;


--
-- Name: reservation reservation_stock_fkey; Type: FK CONSTRAINT; Schema: inventory; Owner: -
--

ALTER TABLE ONLY inventory.reservation
    ADD CONSTRAINT reservation_stock_fkey FOREIGN KEY (outlet_id, stock_id) REFERENCES inventory.stock(outlet_id, id) ON UPDATE CASCADE ON DELETE RESTRICT;


--
-- Name: ticket_item ticket_item_ticket_fkey; Type: FK CONSTRAINT; Schema: kitchen; Owner: -
--

ALTER TABLE ONLY kitchen.ticket_item
    ADD CONSTRAINT ticket_item_ticket_fkey FOREIGN KEY (outlet_id, ticket_id) REFERENCES kitchen.ticket(outlet_id, id);


--
-- Name: item item_category_fkey; Type: FK CONSTRAINT; Schema: menu; Owner: -
--

ALTER TABLE ONLY menu.item
    ADD CONSTRAINT item_category_fkey FOREIGN KEY (outlet_id, category_id) REFERENCES menu.category(outlet_id, id) ON UPDATE CASCADE ON DELETE RESTRICT;


--
-- Name: item_modifier_group item_modifier_group_group_fkey; Type: FK CONSTRAINT; Schema: menu; Owner: -
--

ALTER TABLE ONLY menu.item_modifier_group
    ADD CONSTRAINT item_modifier_group_group_fkey FOREIGN KEY (outlet_id, group_id) REFERENCES menu.modifier_group(outlet_id, id) ON UPDATE CASCADE ON DELETE RESTRICT;


--
-- Name: item_modifier_group item_modifier_group_item_fkey; Type: FK CONSTRAINT; Schema: menu; Owner: -
--

ALTER TABLE ONLY menu.item_modifier_group
    ADD CONSTRAINT item_modifier_group_item_fkey FOREIGN KEY (outlet_id, item_id) REFERENCES menu.item(outlet_id, id) ON UPDATE CASCADE ON DELETE CASCADE;


--
-- Name: item item_station_fkey; Type: FK CONSTRAINT; Schema: menu; Owner: -
--

ALTER TABLE ONLY menu.item
    ADD CONSTRAINT item_station_fkey FOREIGN KEY (outlet_id, station) REFERENCES menu.station(outlet_id, code) ON UPDATE CASCADE ON DELETE RESTRICT;


--
-- Name: modifier modifier_group_fkey; Type: FK CONSTRAINT; Schema: menu; Owner: -
--

ALTER TABLE ONLY menu.modifier
    ADD CONSTRAINT modifier_group_fkey FOREIGN KEY (outlet_id, group_id) REFERENCES menu.modifier_group(outlet_id, id) ON UPDATE CASCADE ON DELETE RESTRICT;


--
-- Name: variant variant_item_fkey; Type: FK CONSTRAINT; Schema: menu; Owner: -
--

ALTER TABLE ONLY menu.variant
    ADD CONSTRAINT variant_item_fkey FOREIGN KEY (outlet_id, item_id) REFERENCES menu.item(outlet_id, id) ON UPDATE CASCADE ON DELETE RESTRICT;


--
-- Name: attempt attempt_payment_fkey; Type: FK CONSTRAINT; Schema: payments; Owner: -
--

ALTER TABLE ONLY payments.attempt
    ADD CONSTRAINT attempt_payment_fkey FOREIGN KEY (outlet_id, payment_id) REFERENCES payments.payment(outlet_id, id) ON UPDATE RESTRICT ON DELETE RESTRICT;


--
-- Name: cash_movement cash_movement_shift_fkey; Type: FK CONSTRAINT; Schema: payments; Owner: -
--

ALTER TABLE ONLY payments.cash_movement
    ADD CONSTRAINT cash_movement_shift_fkey FOREIGN KEY (outlet_id, shift_id) REFERENCES payments.shift(outlet_id, id) ON UPDATE RESTRICT ON DELETE RESTRICT;


--
-- Name: refund refund_attempt_fkey; Type: FK CONSTRAINT; Schema: payments; Owner: -
--

ALTER TABLE ONLY payments.refund
    ADD CONSTRAINT refund_attempt_fkey FOREIGN KEY (outlet_id, attempt_id) REFERENCES payments.attempt(outlet_id, id) ON UPDATE RESTRICT ON DELETE RESTRICT;


--
-- Name: refund refund_payment_fkey; Type: FK CONSTRAINT; Schema: payments; Owner: -
--

ALTER TABLE ONLY payments.refund
    ADD CONSTRAINT refund_payment_fkey FOREIGN KEY (outlet_id, payment_id) REFERENCES payments.payment(outlet_id, id) ON UPDATE RESTRICT ON DELETE RESTRICT;


--
-- Name: authenticator authenticator_person_fkey; Type: FK CONSTRAINT; Schema: staff; Owner: -
--

ALTER TABLE ONLY staff.authenticator
    ADD CONSTRAINT authenticator_person_fkey FOREIGN KEY (outlet_id, person_id) REFERENCES staff.person(outlet_id, id) ON UPDATE RESTRICT ON DELETE RESTRICT;


--
-- Name: device device_outlet_id_fkey; Type: FK CONSTRAINT; Schema: staff; Owner: -
--

ALTER TABLE ONLY staff.device
    ADD CONSTRAINT device_outlet_id_fkey FOREIGN KEY (outlet_id) REFERENCES staff.outlet(id) ON UPDATE RESTRICT ON DELETE RESTRICT;


--
-- Name: lift lift_approver_fkey; Type: FK CONSTRAINT; Schema: staff; Owner: -
--

ALTER TABLE ONLY staff.lift
    ADD CONSTRAINT lift_approver_fkey FOREIGN KEY (outlet_id, approver_id) REFERENCES staff.person(outlet_id, id) ON UPDATE RESTRICT ON DELETE RESTRICT;


--
-- Name: lift lift_session_fkey; Type: FK CONSTRAINT; Schema: staff; Owner: -
--

ALTER TABLE ONLY staff.lift
    ADD CONSTRAINT lift_session_fkey FOREIGN KEY (outlet_id, session_id) REFERENCES staff.session(outlet_id, id) ON UPDATE RESTRICT ON DELETE CASCADE;


--
-- Name: passkey passkey_person_fkey; Type: FK CONSTRAINT; Schema: staff; Owner: -
--

ALTER TABLE ONLY staff.passkey
    ADD CONSTRAINT passkey_person_fkey FOREIGN KEY (outlet_id, person_id) REFERENCES staff.person(outlet_id, id) ON UPDATE RESTRICT ON DELETE RESTRICT;


--
-- Name: person person_outlet_id_fkey; Type: FK CONSTRAINT; Schema: staff; Owner: -
--

ALTER TABLE ONLY staff.person
    ADD CONSTRAINT person_outlet_id_fkey FOREIGN KEY (outlet_id) REFERENCES staff.outlet(id) ON UPDATE RESTRICT ON DELETE RESTRICT;


--
-- Name: public_credential public_credential_person_fkey; Type: FK CONSTRAINT; Schema: staff; Owner: -
--

ALTER TABLE ONLY staff.public_credential
    ADD CONSTRAINT public_credential_person_fkey FOREIGN KEY (outlet_id, person_id) REFERENCES staff.person(outlet_id, id) ON UPDATE RESTRICT ON DELETE RESTRICT;


--
-- Name: rights rights_outlet_id_fkey; Type: FK CONSTRAINT; Schema: staff; Owner: -
--

ALTER TABLE ONLY staff.rights
    ADD CONSTRAINT rights_outlet_id_fkey FOREIGN KEY (outlet_id) REFERENCES staff.outlet(id) ON UPDATE RESTRICT ON DELETE RESTRICT;


--
-- Name: service_token service_token_outlet_id_fkey; Type: FK CONSTRAINT; Schema: staff; Owner: -
--

ALTER TABLE ONLY staff.service_token
    ADD CONSTRAINT service_token_outlet_id_fkey FOREIGN KEY (outlet_id) REFERENCES staff.outlet(id) ON UPDATE RESTRICT ON DELETE RESTRICT;


--
-- Name: session session_device_fkey; Type: FK CONSTRAINT; Schema: staff; Owner: -
--

ALTER TABLE ONLY staff.session
    ADD CONSTRAINT session_device_fkey FOREIGN KEY (outlet_id, device_id) REFERENCES staff.device(outlet_id, id) ON UPDATE RESTRICT ON DELETE RESTRICT;


--
-- Name: session session_outlet_id_person_id_fkey; Type: FK CONSTRAINT; Schema: staff; Owner: -
--

ALTER TABLE ONLY staff.session
    ADD CONSTRAINT session_outlet_id_person_id_fkey FOREIGN KEY (outlet_id, person_id) REFERENCES staff.person(outlet_id, id) ON UPDATE RESTRICT ON DELETE RESTRICT;


--
-- Name: sign_in sign_in_person_fkey; Type: FK CONSTRAINT; Schema: staff; Owner: -
--

ALTER TABLE ONLY staff.sign_in
    ADD CONSTRAINT sign_in_person_fkey FOREIGN KEY (outlet_id, person_id) REFERENCES staff.person(outlet_id, id) ON UPDATE RESTRICT ON DELETE RESTRICT;


--
-- Name: FUNCTION change_levels(p_outlet integer, p_stocks uuid[], p_on_hand bigint[], p_reserved bigint[]); Type: ACL; Schema: inventory; Owner: -
--

REVOKE ALL ON FUNCTION inventory.change_levels(p_outlet integer, p_stocks uuid[], p_on_hand bigint[], p_reserved bigint[]) FROM PUBLIC;


--
-- Name: FUNCTION consume_reservations(p_outlet integer, p_limit integer); Type: ACL; Schema: inventory; Owner: -
--

REVOKE ALL ON FUNCTION inventory.consume_reservations(p_outlet integer, p_limit integer) FROM PUBLIC;


--
-- Name: FUNCTION counted_among(p_outlets integer[], p_source_of integer[], p_sources uuid[]); Type: ACL; Schema: inventory; Owner: -
--

REVOKE ALL ON FUNCTION inventory.counted_among(p_outlets integer[], p_source_of integer[], p_sources uuid[]) FROM PUBLIC;


--
-- Name: FUNCTION emit_event(p_type text, p_outlet integer, p_stock uuid, p_affected uuid[], p_orders uuid[]); Type: ACL; Schema: inventory; Owner: -
--

REVOKE ALL ON FUNCTION inventory.emit_event(p_type text, p_outlet integer, p_stock uuid, p_affected uuid[], p_orders uuid[]) FROM PUBLIC;


--
-- Name: FUNCTION emit_level_events(p_stock inventory.stock, p_before bigint, p_after bigint); Type: ACL; Schema: inventory; Owner: -
--

REVOKE ALL ON FUNCTION inventory.emit_level_events(p_stock inventory.stock, p_before bigint, p_after bigint) FROM PUBLIC;


--
-- Name: FUNCTION holders(p_outlet integer, p_sources uuid[]); Type: ACL; Schema: inventory; Owner: -
--

REVOKE ALL ON FUNCTION inventory.holders(p_outlet integer, p_sources uuid[]) FROM PUBLIC;


--
-- Name: FUNCTION orders_at_risk(p_outlet integer, p_stock uuid, p_on_hand bigint); Type: ACL; Schema: inventory; Owner: -
--

REVOKE ALL ON FUNCTION inventory.orders_at_risk(p_outlet integer, p_stock uuid, p_on_hand bigint) FROM PUBLIC;


--
-- Name: FUNCTION portions_with(p_outlet integer, p_orders uuid[], p_sources uuid[], p_quantities integer[]); Type: ACL; Schema: inventory; Owner: -
--

REVOKE ALL ON FUNCTION inventory.portions_with(p_outlet integer, p_orders uuid[], p_sources uuid[], p_quantities integer[]) FROM PUBLIC;


--
-- Name: FUNCTION refuse_change(); Type: ACL; Schema: inventory; Owner: -
--

REVOKE ALL ON FUNCTION inventory.refuse_change() FROM PUBLIC;


--
-- Name: FUNCTION release(p_outlet integer, p_order uuid); Type: ACL; Schema: inventory; Owner: -
--

REVOKE ALL ON FUNCTION inventory.release(p_outlet integer, p_order uuid) FROM PUBLIC;


--
-- Name: FUNCTION release_part(p_outlet integer, p_order uuid, p_line uuid, p_quantity integer, p_of integer); Type: ACL; Schema: inventory; Owner: -
--

REVOKE ALL ON FUNCTION inventory.release_part(p_outlet integer, p_order uuid, p_line uuid, p_quantity integer, p_of integer) FROM PUBLIC;


--
-- Name: FUNCTION reserve(p_outlet integer, p_order uuid, p_lines uuid[], p_sources uuid[], p_quantities integer[]); Type: ACL; Schema: inventory; Owner: -
--

REVOKE ALL ON FUNCTION inventory.reserve(p_outlet integer, p_order uuid, p_lines uuid[], p_sources uuid[], p_quantities integer[]) FROM PUBLIC;


--
-- Name: FUNCTION short_of(p_outlet integer, p_orders uuid[], p_sources uuid[], p_quantities integer[]); Type: ACL; Schema: inventory; Owner: -
--

REVOKE ALL ON FUNCTION inventory.short_of(p_outlet integer, p_orders uuid[], p_sources uuid[], p_quantities integer[]) FROM PUBLIC;


--
-- Name: FUNCTION checksum(p_ticket uuid, p_version bigint); Type: ACL; Schema: kitchen; Owner: -
--

REVOKE ALL ON FUNCTION kitchen.checksum(p_ticket uuid, p_version bigint) FROM PUBLIC;


--
-- Name: FUNCTION handle_orders(p_ids uuid[], p_outlets integer[], p_orders jsonb[], p_times timestamp with time zone[], p_correlations text[], p_traceparents text[]); Type: ACL; Schema: kitchen; Owner: -
--

REVOKE ALL ON FUNCTION kitchen.handle_orders(p_ids uuid[], p_outlets integer[], p_orders jsonb[], p_times timestamp with time zone[], p_correlations text[], p_traceparents text[]) FROM PUBLIC;


--
-- Name: FUNCTION item_states(p_outlet integer, p_ticket uuid); Type: ACL; Schema: kitchen; Owner: -
--

REVOKE ALL ON FUNCTION kitchen.item_states(p_outlet integer, p_ticket uuid) FROM PUBLIC;


--
-- Name: FUNCTION load(p_outlet integer, p_orders uuid[], p_tickets uuid[], p_items uuid[], p_actions uuid[]); Type: ACL; Schema: kitchen; Owner: -
--

REVOKE ALL ON FUNCTION kitchen.load(p_outlet integer, p_orders uuid[], p_tickets uuid[], p_items uuid[], p_actions uuid[]) FROM PUBLIC;


--
-- Name: FUNCTION lock_outlets(p_outlets integer[]); Type: ACL; Schema: kitchen; Owner: -
--

REVOKE ALL ON FUNCTION kitchen.lock_outlets(p_outlets integer[]) FROM PUBLIC;


--
-- Name: FUNCTION open_tickets(p_outlets integer[], p_orders jsonb[], p_times timestamp with time zone[], p_correlations text[], p_causations uuid[], p_traceparents text[]); Type: ACL; Schema: kitchen; Owner: -
--

REVOKE ALL ON FUNCTION kitchen.open_tickets(p_outlets integer[], p_orders jsonb[], p_times timestamp with time zone[], p_correlations text[], p_causations uuid[], p_traceparents text[]) FROM PUBLIC;


--
-- Name: FUNCTION stage_of(p_outlet integer, p_order uuid, p_line uuid); Type: ACL; Schema: kitchen; Owner: -
--

REVOKE ALL ON FUNCTION kitchen.stage_of(p_outlet integer, p_order uuid, p_line uuid) FROM PUBLIC;


--
-- Name: FUNCTION ticket_state(t kitchen.ticket, p_items jsonb); Type: ACL; Schema: kitchen; Owner: -
--

REVOKE ALL ON FUNCTION kitchen.ticket_state(t kitchen.ticket, p_items jsonb) FROM PUBLIC;


--
-- Name: FUNCTION check_sales(p_outlets integer[], p_versions bigint[], p_item_of integer[], p_items uuid[], p_modifier_of integer[], p_modifiers uuid[]); Type: ACL; Schema: menu; Owner: -
--

REVOKE ALL ON FUNCTION menu.check_sales(p_outlets integer[], p_versions bigint[], p_item_of integer[], p_items uuid[], p_modifier_of integer[], p_modifiers uuid[]) FROM PUBLIC;


--
-- Name: FUNCTION not_sold(p_outlet integer, p_sources uuid[]); Type: ACL; Schema: menu; Owner: -
--

REVOKE ALL ON FUNCTION menu.not_sold(p_outlet integer, p_sources uuid[]) FROM PUBLIC;


--
-- Name: FUNCTION read_snapshot(p_outlet integer); Type: ACL; Schema: menu; Owner: -
--

REVOKE ALL ON FUNCTION menu.read_snapshot(p_outlet integer) FROM PUBLIC;


--
-- Name: FUNCTION read_sources(p_outlet integer); Type: ACL; Schema: menu; Owner: -
--

REVOKE ALL ON FUNCTION menu.read_sources(p_outlet integer) FROM PUBLIC;


--
-- Name: FUNCTION refuse_change(); Type: ACL; Schema: menu; Owner: -
--

REVOKE ALL ON FUNCTION menu.refuse_change() FROM PUBLIC;


--
-- Name: FUNCTION sellable(i menu.item); Type: ACL; Schema: menu; Owner: -
--

REVOKE ALL ON FUNCTION menu.sellable(i menu.item) FROM PUBLIC;


--
-- Name: FUNCTION tax_codes(p_outlet integer, p_codes text[], p_versions integer[]); Type: ACL; Schema: menu; Owner: -
--

REVOKE ALL ON FUNCTION menu.tax_codes(p_outlet integer, p_codes text[], p_versions integer[]) FROM PUBLIC;


--
-- Name: FUNCTION read_snapshot(p_outlet integer); Type: ACL; Schema: offers; Owner: -
--

REVOKE ALL ON FUNCTION offers.read_snapshot(p_outlet integer) FROM PUBLIC;


--
-- Name: FUNCTION add_to_bills(p orders.placement[], p_outcomes text[], p_open uuid[]); Type: ACL; Schema: orders; Owner: -
--

REVOKE ALL ON FUNCTION orders.add_to_bills(p orders.placement[], p_outcomes text[], p_open uuid[]) FROM PUBLIC;


--
-- Name: FUNCTION begin_documents(p_outlet integer, p_kinds text[], p_codes text[], p_versions integer[]); Type: ACL; Schema: orders; Owner: -
--

REVOKE ALL ON FUNCTION orders.begin_documents(p_outlet integer, p_kinds text[], p_codes text[], p_versions integer[]) FROM PUBLIC;


--
-- Name: FUNCTION day_figures(p_outlet integer, p_day date); Type: ACL; Schema: orders; Owner: -
--

REVOKE ALL ON FUNCTION orders.day_figures(p_outlet integer, p_day date) FROM PUBLIC;


--
-- Name: FUNCTION documents_of(p_outlet integer, p_bill uuid); Type: ACL; Schema: orders; Owner: -
--

REVOKE ALL ON FUNCTION orders.documents_of(p_outlet integer, p_bill uuid) FROM PUBLIC;


--
-- Name: FUNCTION extend_series(); Type: ACL; Schema: orders; Owner: -
--

REVOKE ALL ON FUNCTION orders.extend_series() FROM PUBLIC;


--
-- Name: FUNCTION financial_year(p_at timestamp with time zone, p_timezone text); Type: ACL; Schema: orders; Owner: -
--

REVOKE ALL ON FUNCTION orders.financial_year(p_at timestamp with time zone, p_timezone text) FROM PUBLIC;


--
-- Name: FUNCTION held_too_much(p orders.placement[], p_n integer, p_sources uuid[], p_quantities integer[]); Type: ACL; Schema: orders; Owner: -
--

REVOKE ALL ON FUNCTION orders.held_too_much(p orders.placement[], p_n integer, p_sources uuid[], p_quantities integer[]) FROM PUBLIC;


--
-- Name: FUNCTION hold_sitting(p_outlet integer, p_sitting uuid); Type: ACL; Schema: orders; Owner: -
--

REVOKE ALL ON FUNCTION orders.hold_sitting(p_outlet integer, p_sitting uuid) FROM PUBLIC;


--
-- Name: FUNCTION is_bill_of(p_outlet integer, p_bill uuid, p_session uuid); Type: ACL; Schema: orders; Owner: -
--

REVOKE ALL ON FUNCTION orders.is_bill_of(p_outlet integer, p_bill uuid, p_session uuid) FROM PUBLIC;


--
-- Name: FUNCTION joined(p_first json, p_rest text); Type: ACL; Schema: orders; Owner: -
--

REVOKE ALL ON FUNCTION orders.joined(p_first json, p_rest text) FROM PUBLIC;


--
-- Name: FUNCTION limit_guests(p orders.placement[], p_sittings uuid[], INOUT p_outcomes text[], OUT p_each boolean[]); Type: ACL; Schema: orders; Owner: -
--

REVOKE ALL ON FUNCTION orders.limit_guests(p orders.placement[], p_sittings uuid[], INOUT p_outcomes text[], OUT p_each boolean[]) FROM PUBLIC;


--
-- Name: FUNCTION lock_bills(p orders.placement[], p_days date[], p_now timestamp with time zone, p_sittings uuid[], p_names text[], INOUT p_outcomes text[], OUT p_open uuid[], OUT p_opened uuid[], OUT p_held bigint[]); Type: ACL; Schema: orders; Owner: -
--

REVOKE ALL ON FUNCTION orders.lock_bills(p orders.placement[], p_days date[], p_now timestamp with time zone, p_sittings uuid[], p_names text[], INOUT p_outcomes text[], OUT p_open uuid[], OUT p_opened uuid[], OUT p_held bigint[]) FROM PUBLIC;


--
-- Name: FUNCTION lock_sittings(INOUT p orders.placement[], p_now timestamp with time zone, INOUT p_outcomes text[], OUT p_sittings uuid[], OUT p_names text[]); Type: ACL; Schema: orders; Owner: -
--

REVOKE ALL ON FUNCTION orders.lock_sittings(INOUT p orders.placement[], p_now timestamp with time zone, INOUT p_outcomes text[], OUT p_sittings uuid[], OUT p_names text[]) FROM PUBLIC;


--
-- Name: FUNCTION missing_of(p_outlet integer, p_orders uuid[], p_sources uuid[], p_quantities integer[]); Type: ACL; Schema: orders; Owner: -
--

REVOKE ALL ON FUNCTION orders.missing_of(p_outlet integer, p_orders uuid[], p_sources uuid[], p_quantities integer[]) FROM PUBLIC;


--
-- Name: FUNCTION next_numbers(p_outlets integer[], p_days date[]); Type: ACL; Schema: orders; Owner: -
--

REVOKE ALL ON FUNCTION orders.next_numbers(p_outlets integer[], p_days date[]) FROM PUBLIC;


--
-- Name: FUNCTION not_sold(p_outlet integer, p_source_ids uuid[]); Type: ACL; Schema: orders; Owner: -
--

REVOKE ALL ON FUNCTION orders.not_sold(p_outlet integer, p_source_ids uuid[]) FROM PUBLIC;


--
-- Name: FUNCTION payment_status(p_total bigint, p_held bigint); Type: ACL; Schema: orders; Owner: -
--

REVOKE ALL ON FUNCTION orders.payment_status(p_total bigint, p_held bigint) FROM PUBLIC;


--
-- Name: FUNCTION place_all(p orders.placement[], p_lines orders.line[], p_keys text[], p_outlets integer[], p_menu_versions bigint[], p_source_of integer[], p_source_lines uuid[], p_sources uuid[], p_quantities integer[], p_item_of integer[], p_items uuid[], p_modifier_of integer[], p_modifiers uuid[]); Type: ACL; Schema: orders; Owner: -
--

REVOKE ALL ON FUNCTION orders.place_all(p orders.placement[], p_lines orders.line[], p_keys text[], p_outlets integer[], p_menu_versions bigint[], p_source_of integer[], p_source_lines uuid[], p_sources uuid[], p_quantities integer[], p_item_of integer[], p_items uuid[], p_modifier_of integer[], p_modifiers uuid[]) FROM PUBLIC;


--
-- Name: FUNCTION read_bill(p_outlet integer, p_bill uuid, p_order uuid, p_lock boolean); Type: ACL; Schema: orders; Owner: -
--

REVOKE ALL ON FUNCTION orders.read_bill(p_outlet integer, p_bill uuid, p_order uuid, p_lock boolean) FROM PUBLIC;


--
-- Name: FUNCTION read_documents(p_outlet integer, p_bill uuid); Type: ACL; Schema: orders; Owner: -
--

REVOKE ALL ON FUNCTION orders.read_documents(p_outlet integer, p_bill uuid) FROM PUBLIC;


--
-- Name: FUNCTION refuse_change(); Type: ACL; Schema: orders; Owner: -
--

REVOKE ALL ON FUNCTION orders.refuse_change() FROM PUBLIC;


--
-- Name: FUNCTION release_part(p_outlet integer, p_order uuid, p_line uuid, p_quantity integer, p_of integer); Type: ACL; Schema: orders; Owner: -
--

REVOKE ALL ON FUNCTION orders.release_part(p_outlet integer, p_order uuid, p_line uuid, p_quantity integer, p_of integer) FROM PUBLIC;


--
-- Name: FUNCTION release_stock(p_outlet integer, p_order uuid); Type: ACL; Schema: orders; Owner: -
--

REVOKE ALL ON FUNCTION orders.release_stock(p_outlet integer, p_order uuid) FROM PUBLIC;


--
-- Name: FUNCTION reserve_stock(p_outlet integer, p_order uuid, p_line_ids uuid[], p_source_ids uuid[], p_quantities integer[]); Type: ACL; Schema: orders; Owner: -
--

REVOKE ALL ON FUNCTION orders.reserve_stock(p_outlet integer, p_order uuid, p_line_ids uuid[], p_source_ids uuid[], p_quantities integer[]) FROM PUBLIC;


--
-- Name: FUNCTION rounded(p_net bigint); Type: ACL; Schema: orders; Owner: -
--

REVOKE ALL ON FUNCTION orders.rounded(p_net bigint) FROM PUBLIC;


--
-- Name: FUNCTION save_bill(p_outlet integer, p_bill jsonb, p_orders jsonb, p_events jsonb, p_documents jsonb); Type: ACL; Schema: orders; Owner: -
--

REVOKE ALL ON FUNCTION orders.save_bill(p_outlet integer, p_bill jsonb, p_orders jsonb, p_events jsonb, p_documents jsonb) FROM PUBLIC;


--
-- Name: FUNCTION session_may_see(p_outlet integer, p_session uuid, p_kind text, p_id uuid); Type: ACL; Schema: orders; Owner: -
--

REVOKE ALL ON FUNCTION orders.session_may_see(p_outlet integer, p_session uuid, p_kind text, p_id uuid) FROM PUBLIC;


--
-- Name: FUNCTION session_state(p_outlet integer, p_session uuid, p_lock boolean); Type: ACL; Schema: orders; Owner: -
--

REVOKE ALL ON FUNCTION orders.session_state(p_outlet integer, p_session uuid, p_lock boolean) FROM PUBLIC;


--
-- Name: FUNCTION unfinished(p_outlet integer, OUT sittings bigint, OUT bills bigint, OUT orders bigint); Type: ACL; Schema: orders; Owner: -
--

REVOKE ALL ON FUNCTION orders.unfinished(p_outlet integer, OUT sittings bigint, OUT bills bigint, OUT orders bigint) FROM PUBLIC;


--
-- Name: FUNCTION unpaid_holders(p_outlet integer, p_sources uuid[], p_old_s integer); Type: ACL; Schema: orders; Owner: -
--

REVOKE ALL ON FUNCTION orders.unpaid_holders(p_outlet integer, p_sources uuid[], p_old_s integer) FROM PUBLIC;


--
-- Name: FUNCTION add_to_day(p_outlet integer, p_totals jsonb); Type: ACL; Schema: payments; Owner: -
--

REVOKE ALL ON FUNCTION payments.add_to_day(p_outlet integer, p_totals jsonb) FROM PUBLIC;


--
-- Name: FUNCTION check_refunded(); Type: ACL; Schema: payments; Owner: -
--

REVOKE ALL ON FUNCTION payments.check_refunded() FROM PUBLIC;


--
-- Name: FUNCTION read_ledger(p_outlet integer, p_payment uuid, p_lock boolean, p_at timestamp with time zone); Type: ACL; Schema: payments; Owner: -
--

REVOKE ALL ON FUNCTION payments.read_ledger(p_outlet integer, p_payment uuid, p_lock boolean, p_at timestamp with time zone) FROM PUBLIC;


--
-- Name: FUNCTION recomputed(p_outlet integer, p_day date); Type: ACL; Schema: payments; Owner: -
--

REVOKE ALL ON FUNCTION payments.recomputed(p_outlet integer, p_day date) FROM PUBLIC;


--
-- Name: FUNCTION refuse_change(); Type: ACL; Schema: payments; Owner: -
--

REVOKE ALL ON FUNCTION payments.refuse_change() FROM PUBLIC;


--
-- Name: FUNCTION repair_day(p_outlet integer, p_day date); Type: ACL; Schema: payments; Owner: -
--

REVOKE ALL ON FUNCTION payments.repair_day(p_outlet integer, p_day date) FROM PUBLIC;


--
-- Name: FUNCTION shift_sums(p_outlet integer, p_shift uuid, OUT taken_paise bigint, OUT refunded_paise bigint, OUT in_paise bigint, OUT out_paise bigint); Type: ACL; Schema: payments; Owner: -
--

REVOKE ALL ON FUNCTION payments.shift_sums(p_outlet integer, p_shift uuid, OUT taken_paise bigint, OUT refunded_paise bigint, OUT in_paise bigint, OUT out_paise bigint) FROM PUBLIC;


--
-- Name: FUNCTION wrong_totals(p_outlet integer, p_day date); Type: ACL; Schema: payments; Owner: -
--

REVOKE ALL ON FUNCTION payments.wrong_totals(p_outlet integer, p_day date) FROM PUBLIC;


--
-- Name: FUNCTION business_day(p_outlet integer); Type: ACL; Schema: staff; Owner: -
--

REVOKE ALL ON FUNCTION staff.business_day(p_outlet integer) FROM PUBLIC;


--
-- Name: FUNCTION business_day_at(p_outlet integer, p_at timestamp with time zone); Type: ACL; Schema: staff; Owner: -
--

REVOKE ALL ON FUNCTION staff.business_day_at(p_outlet integer, p_at timestamp with time zone) FROM PUBLIC;


--
-- Name: FUNCTION changed_rights(p_known jsonb); Type: ACL; Schema: staff; Owner: -
--

REVOKE ALL ON FUNCTION staff.changed_rights(p_known jsonb) FROM PUBLIC;


--
-- Name: FUNCTION day_began(p_outlet integer); Type: ACL; Schema: staff; Owner: -
--

REVOKE ALL ON FUNCTION staff.day_began(p_outlet integer) FROM PUBLIC;


--
-- Name: FUNCTION demo_works(); Type: ACL; Schema: staff; Owner: -
--

REVOKE ALL ON FUNCTION staff.demo_works() FROM PUBLIC;


--
-- Name: FUNCTION hold_days(p_outlet integer, p_days date[]); Type: ACL; Schema: staff; Owner: -
--

REVOKE ALL ON FUNCTION staff.hold_days(p_outlet integer, p_days date[]) FROM PUBLIC;


--
-- Name: FUNCTION hold_open(p_outlet integer); Type: ACL; Schema: staff; Owner: -
--

REVOKE ALL ON FUNCTION staff.hold_open(p_outlet integer) FROM PUBLIC;


--
-- Name: FUNCTION lock_day(p_outlet integer, p_day date); Type: ACL; Schema: staff; Owner: -
--

REVOKE ALL ON FUNCTION staff.lock_day(p_outlet integer, p_day date) FROM PUBLIC;


--
-- Name: FUNCTION note_uses(p_tokens uuid[]); Type: ACL; Schema: staff; Owner: -
--

REVOKE ALL ON FUNCTION staff.note_uses(p_tokens uuid[]) FROM PUBLIC;


--
-- Name: FUNCTION open_outlets(); Type: ACL; Schema: staff; Owner: -
--

REVOKE ALL ON FUNCTION staff.open_outlets() FROM PUBLIC;


--
-- Name: FUNCTION outlet_ids(); Type: ACL; Schema: staff; Owner: -
--

REVOKE ALL ON FUNCTION staff.outlet_ids() FROM PUBLIC;


--
-- Name: FUNCTION outlets_at(p_outlets integer[], p_at timestamp with time zone); Type: ACL; Schema: staff; Owner: -
--

REVOKE ALL ON FUNCTION staff.outlets_at(p_outlets integer[], p_at timestamp with time zone) FROM PUBLIC;


--
-- Name: FUNCTION read_outlet(p_outlet integer); Type: ACL; Schema: staff; Owner: -
--

REVOKE ALL ON FUNCTION staff.read_outlet(p_outlet integer) FROM PUBLIC;


--
-- Name: FUNCTION record_audit(p_outlet integer, p_actor uuid, p_actor_name text, p_action text, p_subject text, p_detail jsonb); Type: ACL; Schema: staff; Owner: -
--

REVOKE ALL ON FUNCTION staff.record_audit(p_outlet integer, p_actor uuid, p_actor_name text, p_action text, p_subject text, p_detail jsonb) FROM PUBLIC;


--
-- Name: FUNCTION refuse_change(); Type: ACL; Schema: staff; Owner: -
--

REVOKE ALL ON FUNCTION staff.refuse_change() FROM PUBLIC;


--
-- Name: FUNCTION refuse_closed(p_outlets integer[], p_days date[]); Type: ACL; Schema: staff; Owner: -
--

REVOKE ALL ON FUNCTION staff.refuse_closed(p_outlets integer[], p_days date[]) FROM PUBLIC;


--
-- Name: FUNCTION revoked_sessions(p_seconds integer); Type: ACL; Schema: staff; Owner: -
--

REVOKE ALL ON FUNCTION staff.revoked_sessions(p_seconds integer) FROM PUBLIC;


--
-- Name: FUNCTION service_tokens(); Type: ACL; Schema: staff; Owner: -
--

REVOKE ALL ON FUNCTION staff.service_tokens() FROM PUBLIC;


--
-- Name: FUNCTION signing_keys(); Type: ACL; Schema: staff; Owner: -
--

REVOKE ALL ON FUNCTION staff.signing_keys() FROM PUBLIC;


--
-- Name: FUNCTION use_lift(p_outlet integer, p_session uuid, p_token_hash bytea, p_permission text, p_subject text, p_paise bigint); Type: ACL; Schema: staff; Owner: -
--

REVOKE ALL ON FUNCTION staff.use_lift(p_outlet integer, p_session uuid, p_token_hash bytea, p_permission text, p_subject text, p_paise bigint) FROM PUBLIC;


--
-- PostgreSQL database dump complete
--
