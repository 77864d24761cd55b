-- A closed outlet takes no guests and no orders; all that was written there stays.
ALTER TABLE staff.outlet ADD COLUMN closed_at timestamptz(6);

-- Somebody who works in several outlets has a row in each, under one id; the user name and the password stand in one of
-- them, so another may have neither these nor a PIN.
ALTER TABLE staff.person DROP CONSTRAINT person_check1;
CREATE INDEX person_id_idx ON staff.person (id);
