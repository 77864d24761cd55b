-- Adds the orders that are placed to the bills that were open before. Returns each order's bill's new total, NULL where it
-- is no such order.
CREATE OR REPLACE FUNCTION orders.add_to_bills(p orders.placement[], p_outcomes text[], p_open uuid[]) RETURNS bigint[]
LANGUAGE sql AS $$
  WITH added AS (
    SELECT o.outlet_id, p_open[o.ordinality] AS id, sum(o.total_paise)::bigint AS total, array_agg(o.session_id) AS sessions
    FROM unnest(p) WITH ORDINALITY o WHERE p_outcomes[o.ordinality] IS NULL AND p_open[o.ordinality] IS NOT NULL GROUP BY 1, 2
  ), written AS (
    UPDATE orders.bill b SET net_paise = b.net_paise + a.total, total_paise = orders.rounded(b.net_paise + a.total),
      session_ids = b.session_ids || ARRAY(SELECT DISTINCT s FROM unnest(a.sessions) s WHERE s IS NOT NULL AND s <> ALL (b.session_ids))
    FROM added a WHERE b.outlet_id = a.outlet_id AND b.id = a.id RETURNING b.id, b.total_paise
  ) SELECT array_agg(w.total_paise ORDER BY n) FROM generate_subscripts(p, 1) n LEFT JOIN written w ON w.id = p_open[n]
$$;
