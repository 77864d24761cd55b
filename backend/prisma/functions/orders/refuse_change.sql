-- A document is what it was when it was issued; corrections are documents of their own.
CREATE OR REPLACE FUNCTION orders.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'a document is never changed or removed' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE OR REPLACE TRIGGER document_frozen BEFORE UPDATE OR DELETE OR TRUNCATE ON orders.document
  FOR EACH STATEMENT EXECUTE FUNCTION orders.refuse_change();
