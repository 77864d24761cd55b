-- May a guest's session hear of this bill, order or sitting? Not once it has to scan again.
CREATE OR REPLACE FUNCTION orders.session_may_see(p_outlet integer, p_session uuid, p_kind text, p_id uuid) RETURNS boolean
LANGUAGE sql SECURITY DEFINER SET search_path = orders, pg_temp AS $$
  SELECT CASE
    WHEN p_kind = 'sitting' THEN coalesce(state IN ('seated', 'waiting'), false)
      AND EXISTS (SELECT FROM orders.guest_session WHERE outlet_id = p_outlet AND id = p_session AND sitting_id = p_id)
    WHEN coalesce(state, 'takeaway') NOT IN ('seated', 'takeaway') THEN false
    WHEN p_kind = 'bill' THEN EXISTS (SELECT FROM orders.bill WHERE outlet_id = p_outlet AND id = p_id AND p_session = ANY (session_ids))
    WHEN p_kind = 'order' THEN EXISTS (SELECT FROM orders.orders o JOIN orders.bill b USING (outlet_id)
      WHERE o.outlet_id = p_outlet AND o.id = p_id AND b.id = o.bill_id AND p_session = ANY (b.session_ids))
    ELSE false END
  FROM (SELECT orders.session_state(p_outlet, p_session, false) AS state) session $$;
