-- Guests beyond the limits of open orders (those not made yet) of a phone, a table or an address: `p_each`, staff look at
-- the order first; where there is no table, or as many wait beyond the limit as are within it, it comes out as too_many.
-- Orders of one call count one after the other.
CREATE OR REPLACE FUNCTION orders.limit_guests(p orders.placement[], p_sittings uuid[], INOUT p_outcomes text[], OUT p_each boolean[])
LANGUAGE sql AS $$
  SELECT array_agg(CASE WHEN p_outcomes[c.n] IS NULL AND c.load >= CASE c.type WHEN 'dine_in' THEN 2 ELSE 1 END THEN 'too_many'
      ELSE p_outcomes[c.n] END ORDER BY c.n),
    array_agg(c.approve_each OR coalesce(c.load >= 1, false) ORDER BY c.n)
  FROM (SELECT o.ordinality AS n, o.type, o.approve_each, greatest(
      (phone.orders + row_number() OVER (PARTITION BY o.outlet_id, o.session_id ORDER BY o.ordinality) - 1) / o.most_of_phone,
      (at_table.orders) / o.most_at_table,
      (address.orders + row_number() OVER (PARTITION BY o.outlet_id, o.network ORDER BY o.ordinality) - 1) / o.most_at_address) AS load
    FROM unnest(p) WITH ORDINALITY o
    CROSS JOIN LATERAL (SELECT count(*) AS orders FROM orders.orders x WHERE x.outlet_id = o.outlet_id AND x.session_id = o.session_id
      AND x.status IN ('placed', 'awaiting_payment', 'confirmed', 'preparing')) phone
    CROSS JOIN LATERAL (SELECT count(*) AS orders FROM orders.bill b JOIN orders.orders x ON x.outlet_id = b.outlet_id AND x.bill_id = b.id
      WHERE b.outlet_id = o.outlet_id AND b.sitting_id = p_sittings[o.ordinality] AND x.session_id IS NOT NULL
      AND x.status IN ('placed', 'awaiting_payment', 'confirmed', 'preparing')) at_table
    CROSS JOIN LATERAL (SELECT count(*) AS orders FROM orders.orders x WHERE x.outlet_id = o.outlet_id AND x.network = o.network
      AND x.status IN ('placed', 'awaiting_payment', 'confirmed', 'preparing')) address) c
$$;
