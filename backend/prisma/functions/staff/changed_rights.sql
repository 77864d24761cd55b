-- The tables of rights that a process does not know yet, which says what it knows: {outlet: version}.
CREATE OR REPLACE FUNCTION staff.changed_rights(p_known jsonb) RETURNS TABLE (
  outlet_id integer, version bigint, granted jsonb)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = staff, pg_temp AS $$
  SELECT outlet_id, version, granted FROM rights WHERE version > coalesce((p_known ->> outlet_id::text)::bigint, 0)
$$;
