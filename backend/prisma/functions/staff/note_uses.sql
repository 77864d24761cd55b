-- These integrations have called just now. Kept to the minute, so that a busy one costs little; where another process writes
-- the same row, that says enough.
CREATE OR REPLACE FUNCTION staff.note_uses(p_tokens uuid[]) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = staff, pg_temp AS $$
  UPDATE service_token SET last_used_at = now() WHERE (outlet_id, id) IN (SELECT outlet_id, id FROM service_token
    WHERE id = ANY (p_tokens) AND (last_used_at IS NULL OR last_used_at < now() - interval '1 minute') FOR UPDATE SKIP LOCKED)
$$;
