-- Change levels; the caller holds the rows' locks.
CREATE OR REPLACE FUNCTION inventory.change_levels(p_outlet integer, p_stocks uuid[], p_on_hand bigint[], p_reserved bigint[])
RETURNS void LANGUAGE plpgsql SET search_path = inventory, pg_temp AS $$
DECLARE
  changed record;
BEGIN
  FOR changed IN
    UPDATE stock s SET on_hand_milli = s.on_hand_milli + d.on_hand, reserved_milli = s.reserved_milli + d.reserved
    FROM unnest(p_stocks, p_on_hand, p_reserved) AS d(id, on_hand, reserved)
    WHERE s.outlet_id = p_outlet AND s.id = d.id
    RETURNING s AS stock, old.on_hand_milli - old.reserved_milli AS before, new.on_hand_milli - new.reserved_milli AS after
  LOOP
    IF changed.before <> changed.after THEN
      PERFORM emit_level_events(changed.stock, changed.before, changed.after);
    END IF;
  END LOOP;
END $$;
