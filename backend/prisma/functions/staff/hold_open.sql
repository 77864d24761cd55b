-- Whether an outlet is open; it stays so until the transaction ends.
CREATE OR REPLACE FUNCTION staff.hold_open(p_outlet integer) RETURNS boolean
LANGUAGE sql SECURITY DEFINER SET search_path = staff, pg_temp AS $$
  SELECT closed_at IS NULL FROM outlet WHERE id = p_outlet FOR SHARE
$$;
