-- Whether somebody can still be signed in as by a PIN or password of the demo, which everybody knows.
CREATE OR REPLACE FUNCTION staff.demo_works() RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = staff, pg_temp AS $$
  SELECT EXISTS (
    SELECT FROM public_credential c JOIN person p ON (p.outlet_id, p.id) = (c.outlet_id, c.person_id)
    WHERE p.active AND (p.pin_hash = c.pin_hash OR p.password_hash = c.password_hash))
$$;
