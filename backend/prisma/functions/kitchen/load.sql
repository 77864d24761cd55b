-- Locks the boards of some orders (named by themselves, their tickets or items) and returns all that a change may
-- need: those boards, every ticket of those orders, actions already done, answers already given, and the time.
CREATE OR REPLACE FUNCTION kitchen.load(
  p_outlet integer, p_orders uuid[], p_tickets uuid[], p_items uuid[], p_actions uuid[]
) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE v_orders uuid[];
BEGIN
  SELECT array_agg(DISTINCT o) INTO v_orders FROM (
    SELECT unnest(p_orders) UNION ALL
    SELECT order_id FROM kitchen.ticket WHERE outlet_id = p_outlet AND id = ANY (p_tickets) UNION ALL
    SELECT t.order_id FROM kitchen.ticket_item i JOIN kitchen.ticket t ON t.outlet_id = p_outlet AND t.id = i.ticket_id
      WHERE i.outlet_id = p_outlet AND i.id = ANY (p_items)) AS named (o);
  PERFORM kitchen.lock_outlets(ARRAY[p_outlet]);
  RETURN jsonb_build_object(
    'at', clock_timestamp(),
    'boards', (SELECT coalesce(jsonb_agg(jsonb_build_object('station', station, 'sequence', sequence, 'hash', hash)), '[]')
      FROM kitchen.board WHERE outlet_id = p_outlet AND station IN (
        SELECT station FROM kitchen.ticket WHERE outlet_id = p_outlet AND order_id = ANY (v_orders))),
    'tickets', (SELECT coalesce(jsonb_agg(
        kitchen.ticket_state(t, kitchen.item_states(p_outlet, t.id)) ORDER BY t.course, t.station), '[]')
      FROM kitchen.ticket t WHERE t.outlet_id = p_outlet AND t.order_id = ANY (v_orders)),
    'paid_orders', (SELECT coalesce(jsonb_agg(DISTINCT t.order_id), '[]')
      FROM kitchen.ticket t JOIN kitchen.bill b ON b.outlet_id = p_outlet AND b.bill_id = t.bill_id AND b.paid
      WHERE t.outlet_id = p_outlet AND t.order_id = ANY (v_orders)),
    'closed_orders', (SELECT coalesce(jsonb_agg(DISTINCT t.order_id), '[]')
      FROM kitchen.ticket t JOIN kitchen.bill b ON b.outlet_id = p_outlet AND b.bill_id = t.bill_id AND b.closed
      WHERE t.outlet_id = p_outlet AND t.order_id = ANY (v_orders)),
    'done', (SELECT coalesce(jsonb_agg(jsonb_build_object('action_id', action_id, 'applied', applied, 'reason', reason,
        'ticket_id', ticket_id)), '[]')
      FROM kitchen.action WHERE outlet_id = p_outlet AND action_id = ANY (p_actions)),
    'answers', (SELECT coalesce(jsonb_object_agg(order_id, version), '{}')
      FROM kitchen.cancel_answer WHERE outlet_id = p_outlet AND order_id = ANY (v_orders)));
END $$;
