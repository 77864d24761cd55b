-- Opens the tickets of those of the orders that are confirmed and have none yet, and writes their events; an array has
-- one value an order, in the order of their events. Creates boards at their first use. Returns how many tickets it opened.
CREATE OR REPLACE FUNCTION kitchen.open_tickets(p_outlets integer[], p_orders jsonb[], p_times timestamptz[], p_correlations text[],
  p_causations uuid[], p_traceparents text[]) RETURNS bigint
LANGUAGE plpgsql AS $$
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
