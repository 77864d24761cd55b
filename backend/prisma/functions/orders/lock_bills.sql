-- The bill of each pay-later order that names a bill or has a sitting: the one named, the sitting's open one, or a new one
-- for the sitting. A prepaid order has a bill of its own, which is none of these.
-- `p_open` is a bill that was open before, locked from here on; `p_opened` one that is made here, for one order's total.
-- An order whose bill isn't there, or isn't its guest's, comes out as no_bill, one whose bill holds as many orders as it may, or
-- whose sitting has as many bills open, as full: a bill is read whole, and so is a table. `p_held` is the money held on the bill.
CREATE OR REPLACE FUNCTION orders.lock_bills(p orders.placement[], p_days date[], p_now timestamptz, p_sittings uuid[],
  p_names text[], INOUT p_outcomes text[], OUT p_open uuid[], OUT p_opened uuid[], OUT p_held bigint[])
LANGUAGE plpgsql AS $$
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
