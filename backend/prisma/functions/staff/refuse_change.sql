CREATE OR REPLACE FUNCTION staff.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the audit log is append-only' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE OR REPLACE TRIGGER audit_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON staff.audit
  FOR EACH STATEMENT EXECUTE FUNCTION staff.refuse_change();
