-- Keeps these business days of an outlet from being locked until the transaction ends. One that was locked since the caller
-- asked which day it is raises serialization_failure: whoever tries again books onto the day that it is now.
CREATE OR REPLACE FUNCTION staff.hold_days(p_outlet integer, p_days date[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = staff, pg_temp AS $$
DECLARE
  v_locked date;
BEGIN
  SELECT locked_through INTO v_locked FROM outlet WHERE id = p_outlet FOR SHARE;
  IF EXISTS (SELECT FROM unnest(p_days) day WHERE day <= v_locked) THEN
    RAISE EXCEPTION 'the business day was locked meanwhile' USING ERRCODE = 'serialization_failure';
  END IF;
END $$;
