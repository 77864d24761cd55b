-- Sessions ended within the last `p_seconds`: older ones have no access token left that is still good.
CREATE OR REPLACE FUNCTION staff.revoked_sessions(p_seconds integer) RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = staff, pg_temp AS $$
  SELECT id FROM session WHERE revoked_at > now() - make_interval(secs => p_seconds)
$$;
