-- What was put into a drawer or taken out of it, and the report of a closed day, stay as they were written; a mistake is
-- put right by another movement, or on the day that it is now.
CREATE OR REPLACE FUNCTION payments.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'it stays as it was written' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE OR REPLACE TRIGGER cash_movement_frozen BEFORE UPDATE OR DELETE ON payments.cash_movement
  FOR EACH STATEMENT EXECUTE FUNCTION payments.refuse_change();
CREATE OR REPLACE TRIGGER day_close_frozen BEFORE UPDATE OR DELETE OR TRUNCATE ON payments.day_close
  FOR EACH STATEMENT EXECUTE FUNCTION payments.refuse_change();
