-- A new document takes the next place in its series, and no other.
CREATE OR REPLACE FUNCTION orders.extend_series() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = orders, pg_temp AS $$
BEGIN
  UPDATE document_series SET last_number = NEW.sequence, last_hash = NEW.hash, last_issued_at = NEW.issued_at
  WHERE outlet_id = NEW.outlet_id AND gstin = NEW.gstin AND kind = NEW.kind AND financial_year = NEW.financial_year
    AND last_number = NEW.sequence - 1 AND last_hash = NEW.previous_hash;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'document % does not follow the last one of its series', NEW.number;
  END IF;
  RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER document_extends_series AFTER INSERT ON orders.document
  FOR EACH ROW EXECUTE FUNCTION orders.extend_series();
