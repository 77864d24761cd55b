-- One event of a stock into the log; its row is locked.
CREATE OR REPLACE FUNCTION inventory.emit_event(p_type text, p_outlet integer, p_stock uuid, p_affected uuid[], p_orders uuid[])
RETURNS void LANGUAGE sql SET search_path = inventory, pg_temp AS $$
WITH s AS (
  UPDATE stock SET version = version + 1 WHERE outlet_id = p_outlet AND id = p_stock RETURNING *
)
INSERT INTO outbox (event_id, type, subject, outlet_id, aggregate_version, correlation_id, causation_id, traceparent, data)
SELECT uuidv7(), 'rasoi.inventory.' || p_type || '.v1', id, outlet_id, version,
  coalesce(nullif(current_setting('rasoi.correlation_id', true), ''), gen_random_uuid()::text),
  nullif(current_setting('rasoi.causation_id', true), ''), nullif(current_setting('rasoi.traceparent', true), ''),
  jsonb_build_object('stock_id', id, 'name', name, 'kind', kind, 'unit', unit, 'on_hand_milli', on_hand_milli,
    'reserved_milli', reserved_milli, 'available_milli', on_hand_milli - reserved_milli,
    'reorder_level_milli', reorder_level_milli, 'low', on_hand_milli - reserved_milli <= reorder_level_milli,
    'affected_item_ids', coalesce(p_affected, '{}'))
  || CASE p_type WHEN 'shortage' THEN jsonb_build_object('order_ids', coalesce(p_orders, '{}')) ELSE '{}' END
FROM s
$$;
