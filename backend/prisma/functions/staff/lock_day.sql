-- Locks an outlet's books through a day. False where they are locked so far. Whoever books waits until the transaction ends.
CREATE OR REPLACE FUNCTION staff.lock_day(p_outlet integer, p_day date) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = staff, pg_temp AS $$
BEGIN
  UPDATE outlet SET locked_through = p_day, locked_at = clock_timestamp()
  WHERE id = p_outlet AND (locked_through IS NULL OR locked_through < p_day);
  RETURN FOUND;
END $$;
