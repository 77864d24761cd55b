-- Whether a sitting is not over, held open until the transaction ends. One that is being ended just now counts as over:
-- who asks holds a bill's lock already, which the ending may wait for.
CREATE OR REPLACE FUNCTION orders.hold_sitting(p_outlet integer, p_sitting uuid) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = orders, pg_temp AS $$
BEGIN
  PERFORM FROM orders.sitting WHERE outlet_id = p_outlet AND id = p_sitting AND ended_at IS NULL FOR SHARE SKIP LOCKED;
  RETURN FOUND;
END $$;
