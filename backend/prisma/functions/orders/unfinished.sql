-- What of an outlet is not over: tables with guests, open bills, orders under way. Orders of the present day wait from here
-- on until the transaction ends, and those that had their number before are counted.
CREATE OR REPLACE FUNCTION orders.unfinished(p_outlet integer, OUT sittings bigint, OUT bills bigint, OUT orders bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = orders, pg_temp AS $$
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
