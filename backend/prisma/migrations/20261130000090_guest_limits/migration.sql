-- What an unknown guest may order before a waiter looks at it, by outlet; what is not set is at its default.
ALTER TABLE staff.outlet ADD COLUMN guest_limits jsonb NOT NULL DEFAULT '{}';
ALTER TABLE staff.outlet ADD CONSTRAINT outlet_guest_limits_check CHECK (jsonb_typeof(guest_limits) = 'object');

-- where a guest's order came from: a keyed hash of the address, to count what is open from there
ALTER TABLE orders.orders ADD COLUMN network bytea;
CREATE INDEX orders_open_network_idx ON orders.orders (outlet_id, network)
  WHERE network IS NOT NULL AND status IN ('placed', 'awaiting_payment', 'confirmed', 'preparing');
