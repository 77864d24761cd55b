-- A board: one outlet's station. Its row is locked by whoever changes one of its tickets.
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
  elsewhere jsonb NOT NULL DEFAULT '[]',
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

-- Whether a bill is paid, as last heard, for tickets that open after it was.
CREATE TABLE kitchen.bill (
  outlet_id integer NOT NULL,
  bill_id uuid NOT NULL,
  paid boolean NOT NULL,
  heard_at timestamptz(6) NOT NULL,
  PRIMARY KEY (outlet_id, bill_id)
);
CREATE INDEX bill_heard_at_idx ON kitchen.bill (heard_at);

-- How often the kitchen has answered a wish to cancel: the version of the order's `kitchen.cancel_*` events.
CREATE TABLE kitchen.cancel_answer (
  outlet_id integer NOT NULL,
  order_id uuid NOT NULL,
  version bigint NOT NULL,
  PRIMARY KEY (outlet_id, order_id)
);

CREATE FUNCTION kitchen.item_states(p_outlet integer, p_ticket uuid) RETURNS jsonb
LANGUAGE sql STABLE AS $$
  SELECT jsonb_agg(jsonb_build_object(
    'id', i.id, 'line_id', i.line_id, 'name', i.name, 'variant', i.variant, 'quantity', i.quantity,
    'modifiers', i.modifiers, 'note', i.note, 'allergens', i.allergens, 'state', i.state,
    'acknowledged', i.acknowledged) ORDER BY i.position)
  FROM kitchen.ticket_item i WHERE i.outlet_id = p_outlet AND i.ticket_id = p_ticket
$$;

-- A ticket as events and snapshots show it: the fields of the contract's TicketState.
CREATE FUNCTION kitchen.ticket_state(t kitchen.ticket, p_items jsonb) RETURNS jsonb
LANGUAGE sql STABLE AS $$
  SELECT jsonb_build_object(
    'id', t.id, 'number', t.number, 'station', t.station, 'order_id', t.order_id, 'order_number', t.order_number,
    'token', t.token, 'type', t.type, 'table', t.table_name, 'course', t.course, 'state', t.state, 'rush', t.rush,
    'paid', t.paid, 'note', t.note, 'placed_at', t.placed_at, 'fired_at', t.fired_at, 'ready_at', t.ready_at,
    'cancel_requested', t.cancel_requested, 'version', t.version, 'items', p_items, 'elsewhere', t.elsewhere)
$$;

-- Locks all boards of some outlets until the transaction ends. One that holds an outlet already never waits for another:
-- it fails at once, its events are handled one by one, and no two transactions can wait for each other.
CREATE FUNCTION kitchen.lock_outlets(p_outlets integer[]) RETURNS void
LANGUAGE plpgsql AS $$
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

-- Opens the tickets of those of the orders that are confirmed and have none yet, and writes their events; an array has
-- one value an order, in the order of their events. Creates boards at their first use. Returns how many tickets it opened.
CREATE FUNCTION kitchen.open_tickets(p_outlets integer[], p_orders jsonb[], p_times timestamptz[], p_correlations text[],
  p_causations uuid[], p_traceparents text[]) RETURNS bigint
LANGUAGE plpgsql
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
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
      coalesce(b.paid, e.state ->> 'payment_status' IN ('paid', 'overpaid'), false) AS paid
    FROM unnest(p_outlets, p_orders, p_times, p_correlations, p_causations, p_traceparents) WITH ORDINALITY
      AS e (outlet, state, at, correlation, causation, traceparent, n)
    LEFT JOIN kitchen.bill b ON b.outlet_id = e.outlet AND b.bill_id = (e.state ->> 'bill_id')::uuid AND b.heard_at > e.at
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
      table_name, note, state, visible, paid, placed_at, fired_at, elsewhere)
    SELECT a.outlet, s.ticket_id, b.last_number + row_number() OVER (PARTITION BY a.outlet, s.station ORDER BY a.n, s.course),
      s.station, s.course, a.order_id, a.bill_id, (a.state ->> 'number')::integer, a.state ->> 'token', a.state ->> 'type',
      a.state ->> 'table', a.state ->> 'note', s.state, true, a.paid, (a.state ->> 'placed_at')::timestamptz,
      CASE s.state WHEN 'queued' THEN clock_timestamp() END,
      (SELECT coalesce(jsonb_agg(jsonb_build_object('station', o.station, 'state', o.state) ORDER BY o.station), '[]')
        FROM share o WHERE o.n = s.n AND o.course = s.course AND o.station <> s.station)
    FROM share s JOIN asked a ON a.n = s.n JOIN kitchen.board b ON b.outlet_id = a.outlet AND b.station = s.station
    RETURNING *
  ), item AS (
    INSERT INTO kitchen.ticket_item (outlet_id, id, ticket_id, position, line_id, name, variant, quantity, modifiers,
      note, allergens, state)
    SELECT a.outlet, line.item_id, s.ticket_id, line.position, (l ->> 'id')::uuid, l ->> 'name', l ->> 'variant',
      (l ->> 'quantity')::integer, ARRAY(SELECT m ->> 'name' FROM jsonb_array_elements(coalesce(l -> 'modifiers', '[]')) m),
      l ->> 'note', ARRAY(SELECT jsonb_array_elements_text(coalesce(l -> 'allergens', '[]'))), s.state
    FROM line JOIN share s ON s.n = line.n AND s.course = line.course AND s.station = line.station JOIN asked a ON a.n = line.n
    RETURNING *
  ), shown AS (
    SELECT i.ticket_id, jsonb_agg(jsonb_build_object(
      'id', i.id, 'line_id', i.line_id, 'name', i.name, 'variant', i.variant, 'quantity', i.quantity,
      'modifiers', i.modifiers, 'note', i.note, 'allergens', i.allergens, 'state', i.state,
      'acknowledged', i.acknowledged) ORDER BY i.position) AS items,
      jsonb_agg(i.id ORDER BY i.position) AS ids
    FROM item i GROUP BY i.ticket_id
  ), step AS MATERIALIZED (
    SELECT s.n, t.outlet_id, t.station, t.course, row_number() OVER w AS opened, row_number() OVER w + b.sequence AS sequence,
      (b.hash + sum(crc32(convert_to(t.id || ':' || t.version, 'UTF8'))) OVER w)::bigint % 4294967296 AS hash,
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

-- Handles a batch of orders' events in one call, inbox and all. What was handled before has its tickets.
CREATE FUNCTION kitchen.hear_orders(p_ids uuid[], p_outlets integer[], p_orders jsonb[], p_times timestamptz[], p_correlations text[],
  p_traceparents text[]) RETURNS void LANGUAGE sql AS $$
  INSERT INTO kitchen.inbox (log, event_id) SELECT 'orders', unnest(p_ids) ON CONFLICT DO NOTHING;
  SELECT kitchen.open_tickets(p_outlets, p_orders, p_times, p_correlations, p_ids, p_traceparents);
$$;

-- Locks the boards of some orders (named by themselves, their tickets or items) and returns all that a change may
-- need: those boards, every ticket of those orders, actions already done, answers already given, and the time.
CREATE FUNCTION kitchen.load(
  p_outlet integer, p_orders uuid[], p_tickets uuid[], p_items uuid[], p_actions uuid[]
) RETURNS jsonb LANGUAGE plpgsql AS $$
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
    'done', (SELECT coalesce(jsonb_agg(jsonb_build_object('action_id', action_id, 'applied', applied, 'reason', reason,
        'ticket_id', ticket_id)), '[]')
      FROM kitchen.action WHERE outlet_id = p_outlet AND action_id = ANY (p_actions)),
    'answers', (SELECT coalesce(jsonb_object_agg(order_id, version), '{}')
      FROM kitchen.cancel_answer WHERE outlet_id = p_outlet AND order_id = ANY (v_orders)));
END $$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA kitchen FROM PUBLIC;
