-- What a guest's session may do: takeaway and seated may order and pay; waiting and refused were not let in; ended and
-- renewed (the table's code) may read their own bills, and have to scan again. NULL for no session of ours. Its sitting is
-- held open until the transaction ends when `p_lock`.
CREATE OR REPLACE FUNCTION orders.session_state(p_outlet integer, p_session uuid, p_lock boolean) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = orders, pg_temp AS $$
DECLARE
  v_session orders.guest_session;
BEGIN
  SELECT * INTO v_session FROM orders.guest_session WHERE outlet_id = p_outlet AND id = p_session;
  IF p_lock THEN
    PERFORM FROM orders.sitting WHERE outlet_id = p_outlet AND id = v_session.sitting_id FOR SHARE;
  END IF;
  RETURN (SELECT CASE
      WHEN v_session.table_id IS NULL THEN 'takeaway'
      WHEN s.id IS NULL OR s.ended_at IS NOT NULL THEN 'ended'
      WHEN v_session.admission <> 'admitted' THEN v_session.admission
      WHEN t.qr_generation IS DISTINCT FROM v_session.qr_generation THEN 'renewed'
      ELSE 'seated' END
    FROM (SELECT 1) one
    LEFT JOIN orders.sitting s ON s.outlet_id = p_outlet AND s.id = v_session.sitting_id
    LEFT JOIN orders.dining_table t ON t.outlet_id = p_outlet AND t.id = v_session.table_id
    WHERE v_session.id IS NOT NULL);
END $$;
