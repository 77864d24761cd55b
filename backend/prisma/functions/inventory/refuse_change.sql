CREATE OR REPLACE FUNCTION inventory.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'a movement of stock is never changed; add another';
END $$;
CREATE OR REPLACE TRIGGER movement_append_only BEFORE UPDATE OR DELETE ON inventory.movement
  FOR EACH ROW EXECUTE FUNCTION inventory.refuse_change();
