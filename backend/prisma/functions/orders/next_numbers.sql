-- The orders' numbers of the day, in their order, from a batch's outlets (NULL for an order that takes none) and days.
-- Every other order of these outlets waits for this transaction from here on; for one that was closed meanwhile it raises
-- what staff.refuse_closed does, and for a day that was locked meanwhile what staff.hold_days does.
CREATE OR REPLACE FUNCTION orders.next_numbers(p_outlets integer[], p_days date[]) RETURNS integer[]
LANGUAGE plpgsql AS $$
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
