-- A ticket as events and snapshots show it: the fields of the contract's TicketState.
CREATE OR REPLACE FUNCTION kitchen.ticket_state(t kitchen.ticket, p_items jsonb) RETURNS jsonb
LANGUAGE sql STABLE AS $$
  SELECT jsonb_build_object(
    'id', t.id, 'number', t.number, 'station', t.station, 'order_id', t.order_id, 'order_number', t.order_number,
    'token', t.token, 'type', t.type, 'table', t.table_name, 'course', t.course, 'state', t.state, 'rush', t.rush,
    'paid', t.paid, 'note', t.note, 'allergies', t.allergies, 'placed_at', t.placed_at, 'fired_at', t.fired_at, 'ready_at', t.ready_at,
    'served_at', t.served_at, 'cancel_requested', t.cancel_requested, 'cancel_decider', t.cancel_decider, 'seen', t.seen,
    'cleared', t.cleared, 'version', t.version, 'items', p_items, 'other_stations', t.other_stations)
$$;
