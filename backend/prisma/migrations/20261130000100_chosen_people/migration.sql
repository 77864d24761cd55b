-- A PIN signs in a person who was chosen on a paired device: two people may have the same one, and setting one tells
-- nothing of others.
DROP INDEX staff.person_pin_key;
