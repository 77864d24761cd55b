-- Guests' orders that hold portions of these sources while nobody has paid or approved them, the newest first. `network` is
-- where they came from, or the phone where that is not known. Whoever pays at the counter is waited for.
CREATE OR REPLACE FUNCTION orders.unpaid_holders(p_outlet integer, p_sources uuid[], p_old_s integer)
RETURNS TABLE (id uuid, bill_id uuid, network bytea, old boolean) LANGUAGE sql STABLE AS $$
  SELECT o.id, o.bill_id, coalesce(o.network, uuid_send(o.session_id)), o.placed_at < now() - make_interval(secs => p_old_s)
  FROM inventory.holders(p_outlet, p_sources) WITH ORDINALITY AS h (id, n)
  JOIN orders.orders o ON o.outlet_id = p_outlet AND o.id = h.id
  WHERE o.session_id IS NOT NULL AND o.status IN ('placed', 'awaiting_payment') AND o.cash_asked_at IS NULL ORDER BY h.n
$$;
