-- Whether a guest's unpaid orders, with the `p_n`th of a call, would hold more counted portions than the phone or the address
-- may. Earlier orders of the same call count as well; later ones hold nothing yet.
CREATE OR REPLACE FUNCTION orders.held_too_much(p orders.placement[], p_n integer, p_sources uuid[], p_quantities integer[]) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
  o constant orders.placement := p[p_n];
  v_phone uuid[];
  v_address uuid[];
BEGIN
  SELECT array_agg(x.id) FILTER (WHERE x.session_id = o.session_id), array_agg(x.id) INTO v_phone, v_address FROM (
    SELECT id, session_id FROM orders.orders WHERE outlet_id = o.outlet_id AND session_id = o.session_id
      AND status IN ('placed', 'awaiting_payment')
    UNION SELECT id, session_id FROM orders.orders WHERE outlet_id = o.outlet_id AND network = o.network
      AND status IN ('placed', 'awaiting_payment')
    UNION SELECT b.order_id, b.session_id FROM unnest(p) b
      WHERE b.outlet_id = o.outlet_id AND (b.session_id = o.session_id OR b.network = o.network)) x;
  RETURN inventory.portions_with(o.outlet_id, v_phone, p_sources, p_quantities) > o.most_held_by_phone
    OR inventory.portions_with(o.outlet_id, v_address, p_sources, p_quantities) > o.most_held_at_address;
END $$;
