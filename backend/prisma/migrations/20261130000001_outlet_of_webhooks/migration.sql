-- Whose task an open webhook or unmatched money is; NULL where it can be tied to no outlet.

ALTER TABLE payments.webhook ADD COLUMN outlet_id integer;
ALTER TABLE payments.unmatched ADD COLUMN outlet_id integer;
