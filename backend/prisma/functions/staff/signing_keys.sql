-- The keys whose tokens are good, in epoch seconds; for every process that reads tokens.
CREATE OR REPLACE FUNCTION staff.signing_keys() RETURNS TABLE (kid text, salt bytea, begins double precision, ends double precision)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = staff, pg_temp AS $$
  SELECT kid, salt, extract(epoch FROM begins_at)::float8, extract(epoch FROM coalesce(ends_at, 'infinity'))::float8
  FROM signing_key WHERE ends_at IS NULL OR ends_at > now() ORDER BY begins_at, kid
$$;
