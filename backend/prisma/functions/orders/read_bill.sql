-- One bill, or an order's bill, with its orders, their lines and their tickets' progress; locked when `p_lock`.
-- A transaction that has locked another bill does not wait for this one but fails at once: where several events are
-- handled together they are then handled one by one, and no two transactions ever wait for each other.
CREATE OR REPLACE FUNCTION orders.read_bill(p_outlet integer, p_bill uuid, p_order uuid, p_lock boolean) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = orders, pg_temp AS $$
DECLARE
  v_bill orders.bill;
  v_id uuid := coalesce(p_bill, (SELECT bill_id FROM orders.orders WHERE outlet_id = p_outlet AND id = p_order));
  v_locked text := coalesce(current_setting('rasoi.bill_locked', true), '');
BEGIN
  IF NOT p_lock THEN
    SELECT * INTO v_bill FROM orders.bill WHERE outlet_id = p_outlet AND id = v_id;
  ELSIF v_locked IN ('', v_id::text) THEN
    SELECT * INTO v_bill FROM orders.bill WHERE outlet_id = p_outlet AND id = v_id FOR UPDATE;
    PERFORM set_config('rasoi.bill_locked', v_id::text, true);
  ELSE
    SELECT * INTO v_bill FROM orders.bill WHERE outlet_id = p_outlet AND id = v_id FOR UPDATE NOWAIT;
  END IF;
  IF v_bill.id IS NULL THEN RETURN NULL; END IF;
  RETURN jsonb_build_object('now', clock_timestamp(), 'bill', to_jsonb(v_bill) || coalesce(
    (SELECT jsonb_build_object('covers', covers, 'party_left', ended_at IS NOT NULL) FROM orders.sitting s
      WHERE s.outlet_id = p_outlet AND s.id = v_bill.sitting_id), '{}') || jsonb_build_object(
    'documents', CASE v_bill.status WHEN 'closed' THEN orders.documents_of(p_outlet, v_id) ELSE '[]' END), 'orders', coalesce((
    SELECT jsonb_agg(to_jsonb(o) || jsonb_build_object(
      'lines', (SELECT jsonb_agg(to_jsonb(l) ORDER BY l.position) FROM orders.line l WHERE l.outlet_id = p_outlet AND l.order_id = o.id),
      'progress', coalesce((SELECT jsonb_agg(jsonb_build_object('station', t.station, 'ticket_id', t.ticket_id, 'state', t.state, 'version', t.version) ORDER BY t.station, t.ticket_id)
        FROM orders.ticket_progress t WHERE t.outlet_id = p_outlet AND t.order_id = o.id), '[]')) ORDER BY o.number)
    FROM orders.orders o WHERE o.outlet_id = p_outlet AND o.bill_id = v_id), '[]'));
END $$;
