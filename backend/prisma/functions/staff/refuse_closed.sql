-- Raises object_not_in_prerequisite_state where one of these outlets is closed, and serialization_failure where its day has
-- been locked.
CREATE OR REPLACE FUNCTION staff.refuse_closed(p_outlets integer[], p_days date[]) RETURNS void
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = staff, pg_temp AS $$
BEGIN
  IF EXISTS (SELECT FROM outlet WHERE id = ANY (p_outlets) AND closed_at IS NOT NULL) THEN
    RAISE EXCEPTION 'the outlet is closed' USING ERRCODE = 'object_not_in_prerequisite_state';
  END IF;
  IF EXISTS (SELECT FROM unnest(p_outlets, p_days) o(id, day) JOIN outlet USING (id) WHERE o.day <= locked_through) THEN
    RAISE EXCEPTION 'the business day was locked meanwhile' USING ERRCODE = 'serialization_failure';
  END IF;
END $$;
