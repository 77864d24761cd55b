CREATE OR REPLACE FUNCTION staff.record_audit(p_outlet integer, p_actor uuid, p_actor_name text, p_action text, p_subject text, p_detail jsonb)
RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = staff, pg_temp AS $$
  INSERT INTO audit (outlet_id, actor_id, actor_name, action, subject, detail)
  VALUES (p_outlet, p_actor, p_actor_name, p_action, p_subject, coalesce(p_detail, '{}'))
$$;
