-- How far the kitchen is with what is left of an order's line; NULL where it has no ticket for it.
CREATE OR REPLACE FUNCTION kitchen.stage_of(p_outlet integer, p_order uuid, p_line uuid) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = kitchen, pg_temp AS $$
  SELECT i.state FROM ticket t JOIN ticket_item i ON i.outlet_id = t.outlet_id AND i.ticket_id = t.id
  WHERE t.outlet_id = p_outlet AND t.order_id = p_order AND i.line_id = p_line AND i.state <> 'voided'
$$;
