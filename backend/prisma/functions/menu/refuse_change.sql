-- A tax class is immutable: lines name the version that they were sold under.
CREATE OR REPLACE FUNCTION menu.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'a version of a tax class is never changed; add another';
END $$;
CREATE OR REPLACE TRIGGER tax_class_immutable BEFORE UPDATE OR DELETE ON menu.tax_class
  FOR EACH ROW EXECUTE FUNCTION menu.refuse_change();
