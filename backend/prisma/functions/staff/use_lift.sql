-- Uses a lift up, in the transaction of the act: nothing where it is not, or not any more, for this act. Two acts with the
-- same lift wait for one another here, and the second finds it used, unless the first was undone.
CREATE OR REPLACE FUNCTION staff.use_lift(
  p_outlet integer, p_session uuid, p_token_hash bytea, p_permission text, p_subject text, p_paise bigint
) RETURNS TABLE (id uuid, name text, role text)
LANGUAGE sql SECURITY DEFINER SET search_path = staff, pg_temp AS $$
  UPDATE lift l SET used_at = clock_timestamp() FROM person p
  WHERE l.outlet_id = p_outlet AND l.token_hash = p_token_hash AND l.session_id = p_session
    AND l.permission = p_permission AND l.subject = p_subject AND l.amount_paise >= p_paise
    AND l.used_at IS NULL AND l.expires_at > clock_timestamp()
    AND (p.outlet_id, p.id) = (l.outlet_id, l.approver_id) AND p.active
  RETURNING p.id, p.name, p.role
$$;
