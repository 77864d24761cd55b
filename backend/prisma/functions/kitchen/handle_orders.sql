-- Handles a batch of orders' events in one call, inbox and all. What was handled before has its tickets.
CREATE OR REPLACE FUNCTION kitchen.handle_orders(p_ids uuid[], p_outlets integer[], p_orders jsonb[], p_times timestamptz[], p_correlations text[],
  p_traceparents text[]) RETURNS void LANGUAGE sql AS $$
  INSERT INTO kitchen.inbox (log, event_id) SELECT 'orders', unnest(p_ids) ON CONFLICT DO NOTHING;
  SELECT kitchen.open_tickets(p_outlets, p_orders, p_times, p_correlations, p_ids, p_traceparents);
$$;
