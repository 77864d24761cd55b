-- Writes what the rules decided for a locked bill: its row, the orders that changed, documents, and the events.
CREATE OR REPLACE FUNCTION orders.save_bill(p_outlet integer, p_bill jsonb, p_orders jsonb, p_events jsonb,
  p_documents jsonb) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = orders, pg_temp AS $$
BEGIN
  UPDATE orders.bill b SET status = r.status, net_paise = r.net_paise, total_paise = r.total_paise, paid_paise = r.paid_paise,
    refunded_paise = r.refunded_paise, payments = r.payments, buyer = r.buyer, attention = r.attention,
    attention_since = r.attention_since, walked_out_at = r.walked_out_at, closed_at = r.closed_at, version = r.version
  FROM jsonb_populate_record(NULL::orders.bill, p_bill) r WHERE b.outlet_id = p_outlet AND b.id = r.id;
  UPDATE orders.orders o SET status = r.status, cancel_requested = r.cancel_requested, reason = r.reason,
    expires_at = r.expires_at, confirmed_at = r.confirmed_at, ready_at = r.ready_at, served_at = r.served_at,
    completed_at = r.completed_at, version = r.version, approved = r.approved, cash_asked_at = r.cash_asked_at
  FROM jsonb_populate_recordset(NULL::orders.orders, p_orders) r WHERE o.outlet_id = p_outlet AND o.id = r.id;
  INSERT INTO orders.document SELECT * FROM jsonb_populate_recordset(NULL::orders.document, p_documents);
  INSERT INTO orders.outbox (event_id, type, subject, outlet_id, aggregate_version, correlation_id, causation_id, traceparent, data)
  SELECT e.id, e.type, e.subject, p_outlet, e.aggregateversion, e.correlationid, e.causationid, e.traceparent, e.data
  FROM ROWS FROM (jsonb_to_recordset(p_events) AS (id uuid, type text, subject text, aggregateversion bigint,
    correlationid text, causationid text, traceparent text, data json)) WITH ORDINALITY
    AS e(id, type, subject, aggregateversion, correlationid, causationid, traceparent, data, n) ORDER BY n;
END $$;
