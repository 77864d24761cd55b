-- Raises object_not_in_prerequisite_state where one of these outlets is closed.
CREATE OR REPLACE FUNCTION staff.refuse_closed(p_outlets integer[]) RETURNS void
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = staff, pg_temp AS $$
BEGIN
  IF EXISTS (SELECT FROM outlet WHERE id = ANY (p_outlets) AND closed_at IS NOT NULL) THEN
    RAISE EXCEPTION 'the outlet is closed' USING ERRCODE = 'object_not_in_prerequisite_state';
  END IF;
END $$;
