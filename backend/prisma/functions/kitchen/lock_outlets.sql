-- Locks all boards of some outlets until the transaction ends. One that holds an outlet already never waits for another:
-- it fails at once, its events are handled one by one, and no two transactions can wait for each other.
CREATE OR REPLACE FUNCTION kitchen.lock_outlets(p_outlets integer[]) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  v_outlet integer;
  v_key bigint;
  v_done text;
BEGIN
  FOREACH v_outlet IN ARRAY p_outlets LOOP
    v_key := hashtextextended('kitchen.board', v_outlet);
    IF coalesce(current_setting('rasoi.kitchen_locked', true), '') = '' THEN
      v_done := pg_advisory_xact_lock(v_key)::text;
      v_done := set_config('rasoi.kitchen_locked', 'yes', true);
    ELSIF NOT pg_try_advisory_xact_lock(v_key) THEN
      RAISE lock_not_available USING MESSAGE = 'another transaction is changing the boards of outlet ' || v_outlet;
    END IF;
  END LOOP;
END $$;
