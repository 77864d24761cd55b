-- May a guest's session see this bill or order?
CREATE OR REPLACE FUNCTION orders.session_may_see(p_outlet integer, p_session uuid, p_kind text, p_id uuid) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = orders, pg_temp AS $$
  SELECT CASE p_kind
    WHEN 'bill' THEN EXISTS (SELECT FROM orders.bill WHERE outlet_id = p_outlet AND id = p_id AND p_session = ANY (session_ids))
    WHEN 'order' THEN EXISTS (SELECT FROM orders.orders o JOIN orders.bill b USING (outlet_id)
      WHERE o.outlet_id = p_outlet AND o.id = p_id AND b.id = o.bill_id AND p_session = ANY (b.session_ids))
    ELSE false END $$;
