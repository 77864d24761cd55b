-- The rows that placing one order writes, in one function and with nothing else: the denominator of POST /api/orders.
-- The names in braces stand for the literals of an order that the platform placed, so that the rows are as wide.
CREATE SCHEMA IF NOT EXISTS bench;
CREATE OR REPLACE FUNCTION bench.place(p_outlet integer) RETURNS integer
LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan AS $$
DECLARE
  v_bill uuid := uuidv7();
  v_order uuid := uuidv7();
  v_number integer;
BEGIN
  INSERT INTO orders.bill (outlet_id, id, type, business_day, customer_name, net_paise, total_paise)
  VALUES (p_outlet, v_bill, 'takeaway', current_date, {customer}, {paise}, {paise});
  INSERT INTO orders.line (outlet_id, order_id, id, {line_columns}) VALUES {lines};
  INSERT INTO orders.day_counter AS c (outlet_id, business_day, last_number) VALUES (p_outlet, current_date, 1)
  ON CONFLICT (outlet_id, business_day) DO UPDATE SET last_number = c.last_number + 1 RETURNING last_number INTO v_number;
  INSERT INTO orders.orders (outlet_id, id, bill_id, number, business_day, {order_columns})
  VALUES (p_outlet, v_order, v_bill, v_number, current_date, {order});
  INSERT INTO orders.outbox (event_id, type, subject, outlet_id, aggregate_version, correlation_id, data)
  VALUES (uuidv7(), 'rasoi.order.placed.v1', v_order, p_outlet, 1, v_bill, {event});
  INSERT INTO orders.idempotency (outlet_id, principal, route, key, body_hash, status, body)
  VALUES (p_outlet, {principal}, {route}, v_order::text, {body_hash}, 201, {body});
  RETURN v_number;
END $$;
