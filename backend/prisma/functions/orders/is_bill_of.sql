-- Is it the bill of this guest's session, whatever the session may still do?
CREATE OR REPLACE FUNCTION orders.is_bill_of(p_outlet integer, p_bill uuid, p_session uuid) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = orders, pg_temp AS $$
  SELECT EXISTS (SELECT FROM orders.bill WHERE outlet_id = p_outlet AND id = p_bill AND p_session = ANY (session_ids)) $$;
