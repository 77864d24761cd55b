-- The sitting of each order for a table, held open until the transaction ends, and the table's name. What staff order where
-- nobody sits opens one. An order whose table isn't in use comes out as no_table; one of a guest who doesn't belong to the
-- table's sitting, has not been let in, or came by an older code, as unseated. A guest's token may name the table where the
-- party sat before it was moved: in `p` it is where they sit now.
CREATE OR REPLACE FUNCTION orders.lock_sittings(INOUT p orders.placement[], p_now timestamptz, INOUT p_outcomes text[],
  OUT p_sittings uuid[], OUT p_names text[])
LANGUAGE plpgsql AS $$
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
