-- Integrations' tokens that are good, by hash; for every process that reads tokens.
CREATE OR REPLACE FUNCTION staff.service_tokens() RETURNS TABLE (
  outlet_id integer, id uuid, name text, token_hash bytea, scopes text[], expires double precision)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = staff, pg_temp AS $$
  SELECT outlet_id, id, name, token_hash, scopes, extract(epoch FROM expires_at)::float8
  FROM service_token WHERE revoked_at IS NULL AND expires_at > now()
$$;
