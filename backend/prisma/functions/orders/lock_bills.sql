-- The bill of each pay-later order that names a bill or a table: the one named, the table's open one, or a new one for the
-- table. A prepaid order has a bill of its own, which is none of these.
-- `p_open` is a bill that was open before, locked from here on; `p_opened` one that is made here, for one order's total.
-- An order whose bill isn't there, or isn't its guest's, comes out as no_bill. `p_held` is the money held on the bill.
CREATE OR REPLACE FUNCTION orders.lock_bills(p orders.placement[], p_days date[], p_now timestamptz, INOUT p_outcomes text[],
  OUT p_open uuid[], OUT p_opened uuid[], OUT p_tables uuid[], OUT p_names text[], OUT p_held bigint[])
LANGUAGE plpgsql AS $$
DECLARE
  v_missing integer;
  r record;
BEGIN
  SELECT array_agg(table_id), array_agg(table_name) INTO p_tables, p_names FROM unnest(p);
  FOR r IN SELECT o.ordinality AS n, b.id, b.table_id, b.table_name, b.paid_paise - b.refunded_paise AS held
    FROM unnest(p) WITH ORDINALITY o JOIN orders.bill b ON b.outlet_id = o.outlet_id AND b.id = o.bill_id
    WHERE o.payment = 'pay_later' AND p_outcomes[o.ordinality] IS NULL AND b.status = 'open' AND b.payment = 'pay_later' AND b.type = o.type
      AND (o.table_id IS NULL OR b.table_id = o.table_id)
      AND (o.session_id IS NULL OR o.session_id = ANY (b.session_ids) OR b.table_id = o.table_id)
    ORDER BY b.outlet_id, b.id FOR UPDATE OF b
  LOOP
    p_open[r.n] := r.id;
    p_tables[r.n] := r.table_id;
    p_names[r.n] := r.table_name;
    p_held[r.n] := r.held;
  END LOOP;
  FOR r IN SELECT o.ordinality AS n FROM unnest(p) WITH ORDINALITY o WHERE o.bill_id IS NOT NULL AND (o.payment = 'pay_later' OR NOT EXISTS (
    SELECT FROM orders.bill b WHERE b.outlet_id = o.outlet_id AND b.id = o.bill_id AND (o.session_id IS NULL OR o.session_id = ANY (b.session_ids))))
  LOOP
    IF p_outcomes[r.n] IS NULL AND p_open[r.n] IS NULL THEN p_outcomes[r.n] := 'no_bill'; END IF;
  END LOOP;
  LOOP
    FOR r IN SELECT o.ordinality AS n, b.id, b.paid_paise - b.refunded_paise AS held
      FROM unnest(p) WITH ORDINALITY o JOIN orders.bill b ON b.outlet_id = o.outlet_id AND b.table_id = o.table_id AND b.status = 'open'
        AND b.payment = 'pay_later'
      WHERE o.payment = 'pay_later' AND p_outcomes[o.ordinality] IS NULL AND p_open[o.ordinality] IS NULL AND p_opened[o.ordinality] IS NULL
      ORDER BY b.outlet_id, b.id FOR UPDATE OF b
    LOOP
      p_open[r.n] := r.id;
      p_held[r.n] := r.held;
    END LOOP;
    WITH made AS (
      INSERT INTO orders.bill (outlet_id, id, type, table_id, table_name, business_day, customer_name, session_ids, net_paise, total_paise, opened_at)
      SELECT o.outlet_id, o.new_bill_id, o.type, o.table_id, o.table_name, p_days[o.ordinality], o.customer_name,
        array_remove(ARRAY[o.session_id], NULL), o.total_paise, orders.rounded(o.total_paise), p_now
      FROM unnest(p) WITH ORDINALITY o
      WHERE o.table_id IS NOT NULL AND o.payment = 'pay_later' AND p_outcomes[o.ordinality] IS NULL AND p_open[o.ordinality] IS NULL
        AND p_opened[o.ordinality] IS NULL
      ON CONFLICT (outlet_id, table_id) WHERE status = 'open' AND payment = 'pay_later' AND table_id IS NOT NULL DO NOTHING RETURNING id)
    SELECT array_agg(coalesce(made.id, p_opened[o.ordinality]) ORDER BY o.ordinality), count(*) FILTER (WHERE o.table_id IS NOT NULL
      AND o.payment = 'pay_later' AND p_outcomes[o.ordinality] IS NULL AND coalesce(p_open[o.ordinality], made.id, p_opened[o.ordinality]) IS NULL)
    INTO p_opened, v_missing FROM unnest(p) WITH ORDINALITY o LEFT JOIN made ON made.id = o.new_bill_id;
    EXIT WHEN v_missing = 0;  -- else another transaction opened the table's bill in between
  END LOOP;
END $$;
