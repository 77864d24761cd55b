-- What must find nothing. Above each question: the oracle that asks it, and what a row means.

--? one_effective_capture: payments with more than one effective capture
SELECT payment_id FROM payments.attempt WHERE on_bill GROUP BY 1 HAVING count(*) > 1;

--? one_effective_capture: captured attempts whose money settled no bill and did not go back
SELECT id FROM payments.attempt WHERE status = 'captured' AND NOT on_bill AND refunded_paise < amount_paise;

--? one_effective_capture: attempts on a bill that were never captured
SELECT id FROM payments.attempt WHERE on_bill AND status <> 'captured';

--? refunds_within_captures: attempts with more refunded than captured
SELECT a.id FROM payments.attempt a JOIN payments.refund r ON (r.outlet_id, r.attempt_id) = (a.outlet_id, a.id)
GROUP BY a.outlet_id, a.id
HAVING sum(r.amount_paise) > CASE a.status WHEN 'captured' THEN a.amount_paise ELSE 0 END;

--? refunds_within_captures: attempts whose refunds don't add up
SELECT id FROM payments.attempt a WHERE refunded_paise <> (
  SELECT coalesce(sum(amount_paise), 0) FROM payments.refund r
  WHERE (r.outlet_id, r.attempt_id) = (a.outlet_id, a.id));

--? refunds_within_captures: payments that differ from their attempts and refunds
SELECT id FROM payments.payment p WHERE captured_paise <> (
  SELECT coalesce(sum(amount_paise), 0) FROM payments.attempt a
  WHERE (a.outlet_id, a.payment_id) = (p.outlet_id, p.id) AND a.status = 'captured')
OR refunded_paise <> (
  SELECT coalesce(sum(amount_paise), 0) FROM payments.refund r
  WHERE (r.outlet_id, r.payment_id) = (p.outlet_id, p.id));

--? statistics_agree: daily totals that differ from the ledger
WITH moved AS (
  SELECT outlet_id, business_day, coalesce(method, 'card') AS method, amount_paise AS captured, NULL::bigint AS refunded
  FROM payments.attempt WHERE status = 'captured' UNION ALL
  SELECT outlet_id, business_day, coalesce(method, 'card'), NULL, amount_paise
  FROM payments.refund WHERE status = 'processed' UNION ALL
  SELECT outlet_id, failed_day, coalesce(method, 'card'), NULL, NULL FROM payments.attempt WHERE failed_day IS NOT NULL
), ledger AS (
  SELECT outlet_id, business_day, method, count(captured) AS n, coalesce(sum(captured), 0) AS captured,
    count(refunded) AS m, coalesce(sum(refunded), 0) AS refunded FROM moved GROUP BY 1, 2, 3
)
SELECT coalesce(d.method, l.method) FROM payments.daily d FULL JOIN ledger l USING (outlet_id, business_day, method)
WHERE (d.captured_count, d.captured_paise, d.refunded_count, d.refunded_paise)
  IS DISTINCT FROM (l.n, l.captured, l.m, l.refunded);

--? statistics_agree: hours that do not add up to their day
SELECT coalesce(d.business_day, h.business_day) FROM payments.daily d FULL JOIN (
  SELECT outlet_id, business_day, method, sum(captured_count) AS n, sum(captured_paise) AS captured, sum(refunded_count) AS m,
    sum(refunded_paise) AS refunded, sum(failed_count) AS failed FROM payments.hourly GROUP BY 1, 2, 3
) h USING (outlet_id, business_day, method)
WHERE (d.captured_count, d.captured_paise, d.refunded_count, d.refunded_paise, d.failed_count)
  IS DISTINCT FROM (n, captured, m, refunded, failed);

--? statistics_agree: days whose failed tries are not counted
SELECT day FROM (SELECT outlet_id, failed_day AS day, count(*) AS n FROM payments.attempt WHERE failed_day IS NOT NULL GROUP BY 1, 2) a
FULL JOIN (SELECT outlet_id, business_day AS day, sum(failed_count) AS m FROM payments.daily WHERE failed_count <> 0 GROUP BY 1, 2) d
USING (outlet_id, day) WHERE n IS DISTINCT FROM m;

--? statistics_agree: payments listed on a day without their money
SELECT id FROM payments.payment p WHERE captured_paise > 0 AND NOT EXISTS (SELECT FROM payments.attempt a
  WHERE (a.outlet_id, a.payment_id, a.status, a.business_day) = (p.outlet_id, p.id, 'captured', p.business_day));

--? tickets_match_orders: lines to be cooked that no ticket has exactly once
SELECT l.id FROM orders.line l JOIN orders.orders o ON (o.outlet_id, o.id) = (l.outlet_id, l.order_id)
WHERE o.status IN ('confirmed', 'preparing', 'ready', 'served', 'completed') AND l.status = 'active' AND 1 <> (
  SELECT count(*) FROM kitchen.ticket t JOIN kitchen.ticket_item i ON (i.outlet_id, i.ticket_id) = (t.outlet_id, t.id)
  WHERE (t.outlet_id, t.order_id, t.course, t.station) = (l.outlet_id, l.order_id, l.course, l.station)
    AND i.line_id = l.id AND i.quantity = l.quantity AND i.state <> 'voided');

--? tickets_match_orders: lines of which the kitchen has more voided than anybody took back
SELECT l.id FROM orders.line l JOIN orders.orders o ON (o.outlet_id, o.id) = (l.outlet_id, l.order_id)
WHERE o.status <> 'cancelled' AND (
  SELECT coalesce(sum(i.quantity), 0) FROM kitchen.ticket t JOIN kitchen.ticket_item i ON (i.outlet_id, i.ticket_id) = (t.outlet_id, t.id)
  WHERE (t.outlet_id, t.order_id) = (l.outlet_id, l.order_id) AND i.line_id = l.id AND i.state = 'voided')
  > (SELECT coalesce(sum((v->>'quantity')::int), 0) FROM jsonb_array_elements(o.voids) v WHERE (v->>'line_id')::uuid = l.id);

--? tickets_match_orders: items on tickets that nobody ordered there
SELECT i.id FROM kitchen.ticket t JOIN kitchen.ticket_item i ON (i.outlet_id, i.ticket_id) = (t.outlet_id, t.id)
WHERE NOT EXISTS (SELECT FROM orders.line l WHERE (l.outlet_id, l.order_id, l.id, l.course, l.station)
  = (t.outlet_id, t.order_id, i.line_id, t.course, t.station));

--? tickets_match_orders: items whose ticket does not tell the guests' allergies as they were ordered
SELECT i.id FROM kitchen.ticket t JOIN kitchen.ticket_item i ON (i.outlet_id, i.ticket_id) = (t.outlet_id, t.id)
JOIN orders.orders o ON (o.outlet_id, o.id) = (t.outlet_id, t.order_id)
JOIN orders.line l ON (l.outlet_id, l.order_id, l.id) = (t.outlet_id, t.order_id, i.line_id)
WHERE (t.allergies, i.allergies) <> (o.allergies, l.allergies);

--? tickets_match_orders: tickets without items
SELECT id FROM kitchen.ticket t WHERE NOT EXISTS (
  SELECT FROM kitchen.ticket_item i WHERE (i.outlet_id, i.ticket_id) = (t.outlet_id, t.id));

--? tickets_match_orders: two tickets for one order, course and station
SELECT order_id FROM kitchen.ticket GROUP BY outlet_id, order_id, course, station HAVING count(*) > 1;

--? tickets_match_orders: tickets of orders that may not be cooked
SELECT t.id FROM kitchen.ticket t LEFT JOIN orders.orders o ON (o.outlet_id, o.id) = (t.outlet_id, t.order_id)
WHERE o.id IS NULL OR o.confirmed_at IS NULL OR o.status IN ('placed', 'awaiting_payment', 'rejected', 'expired');

--? tickets_match_orders: live tickets of cancelled orders
SELECT t.id FROM kitchen.ticket t JOIN orders.orders o ON (o.outlet_id, o.id) = (t.outlet_id, t.order_id)
WHERE o.status = 'cancelled' AND t.state NOT IN ('voided', 'served');

--? tickets_match_orders: orders that are not as far as their tickets
SELECT o.id FROM orders.orders o JOIN (
  SELECT outlet_id, order_id, bool_and(state = 'served') AS served, bool_and(state IN ('ready', 'served')) AS ready,
    bool_or(state IN ('cooking', 'ready', 'served')) AS begun
  FROM kitchen.ticket WHERE state <> 'voided' GROUP BY 1, 2) t ON (t.outlet_id, t.order_id) = (o.outlet_id, o.id)
WHERE o.status NOT IN ('completed', 'cancelled') AND NOT (o.status = 'preparing' AND NOT begun)
  AND o.status <> CASE WHEN served THEN 'served' WHEN ready THEN 'ready' WHEN begun THEN 'preparing' ELSE 'confirmed' END;

--? captures_are_used: completed payments without exactly one attempt on their bill, or the reverse
SELECT id FROM payments.payment p WHERE (status = 'completed')::int <> (
  SELECT count(*) FROM payments.attempt a WHERE (a.outlet_id, a.payment_id) = (p.outlet_id, p.id) AND a.on_bill);

--? captures_are_used: bills that hold more money than they come to
SELECT id FROM orders.bill b WHERE paid_paise - refunded_paise > total_paise;

--? captures_are_used: orders that wait for their payment on a paid bill
SELECT o.id FROM orders.orders o JOIN orders.bill b ON (b.outlet_id, b.id) = (o.outlet_id, o.bill_id)
WHERE o.status = 'awaiting_payment' AND b.paid_paise - b.refunded_paise >= b.total_paise;

--? captures_are_used: refunds that nobody sends
SELECT id FROM payments.refund
WHERE (status IN ('requested', 'pending', 'unknown')) <> (next_try_at IS NOT NULL);

--? captures_are_used: webhooks that were taken and came to no end
SELECT event_id FROM payments.webhook WHERE state NOT IN ('applied', 'superseded');

--? prepaid_is_paid: prepaid orders that the kitchen got without the money of their own bills
SELECT o.id FROM orders.orders o JOIN orders.bill b ON (b.outlet_id, b.id) = (o.outlet_id, o.bill_id)
WHERE o.payment = 'prepaid' AND b.paid_paise < round(o.total_paise / 100.0) * 100 AND (o.confirmed_at IS NOT NULL OR EXISTS (
  SELECT FROM kitchen.ticket t WHERE (t.outlet_id, t.order_id) = (o.outlet_id, o.id)));

--? prepaid_is_paid: bills that a prepaid order shares
SELECT bill_id FROM orders.orders GROUP BY outlet_id, bill_id HAVING bool_or(payment = 'prepaid') AND count(*) > 1;

--? prepaid_is_paid: orders on a bill of the other kind
SELECT o.id FROM orders.orders o JOIN orders.bill b ON (b.outlet_id, b.id) = (o.outlet_id, o.bill_id)
WHERE b.payment <> o.payment;

--? stock_adds_up: counted stock that a sale made negative
SELECT code FROM inventory.stock s WHERE kind = 'counted' AND on_hand_milli - reserved_milli < 0 AND NOT EXISTS (
  SELECT FROM inventory.movement m WHERE (m.outlet_id, m.stock_id) = (s.outlet_id, s.id)
    AND m.kind IN ('count', 'waste') AND m.quantity_milli < 0);

--? stock_adds_up: stock whose movements don't add up to what is on hand
SELECT code FROM inventory.stock s WHERE on_hand_milli <> (
  SELECT coalesce(sum(quantity_milli), 0) FROM inventory.movement m
  WHERE (m.outlet_id, m.stock_id) = (s.outlet_id, s.id));

--? stock_adds_up: stock whose live reservations are not what is reserved
SELECT code FROM inventory.stock s WHERE reserved_milli <> (
  SELECT coalesce(sum(quantity_milli), 0) FROM inventory.reservation r
  WHERE (r.outlet_id, r.stock_id) = (s.outlet_id, s.id) AND r.state = 'reserved');

--? stock_adds_up: reservations that nobody will settle
SELECT r.id FROM inventory.reservation r LEFT JOIN orders.orders o ON (o.outlet_id, o.id) = (r.outlet_id, r.order_id)
WHERE r.state = 'reserved' AND (o.id IS NULL
  OR o.status IN ('ready', 'served', 'completed', 'cancelled', 'rejected', 'expired'));

--? stock_adds_up: cooked items that were not taken from stock
SELECT id FROM inventory.usage WHERE consumed_at IS NULL;

--? stock_adds_up: items that were started and not used, or used and never started
SELECT coalesce(i.id, u.kitchen_item_id) FROM kitchen.ticket_item i
FULL JOIN inventory.usage u ON (u.outlet_id, u.kitchen_item_id) = (i.outlet_id, i.id)
WHERE (u.id IS NULL AND i.state IN ('cooking', 'ready', 'served'))
  OR (u.id IS NOT NULL AND coalesce(i.state, 'queued') IN ('held', 'queued'));

--? sums_are_right: bills that are not the sum of their live orders
SELECT id FROM orders.bill b WHERE net_paise <> (
  SELECT coalesce(sum(total_paise), 0) FROM orders.orders o
  WHERE (o.outlet_id, o.bill_id) = (b.outlet_id, b.id) AND status NOT IN ('rejected', 'expired', 'cancelled'));

--? sums_are_right: bills that are not rounded to the rupee
SELECT id FROM orders.bill WHERE total_paise <> round(net_paise / 100.0) * 100;

--? sums_are_right: bills whose payments are not what was paid
SELECT id FROM orders.bill b WHERE paid_paise <> (
  SELECT coalesce(sum(a.amount_paise), 0) FROM payments.payment p
  JOIN payments.attempt a ON (a.outlet_id, a.payment_id) = (p.outlet_id, p.id) AND a.on_bill
  WHERE (p.outlet_id, p.bill_id) = (b.outlet_id, b.id));

--? sums_are_right: bills whose refunds are not what was refunded
SELECT id FROM orders.bill b WHERE refunded_paise <> (
  SELECT coalesce(sum(r.amount_paise), 0) FROM payments.payment p
  JOIN payments.refund r ON (r.outlet_id, r.payment_id) = (p.outlet_id, p.id) AND r.on_bill AND r.status <> 'failed'
  WHERE (p.outlet_id, p.bill_id) = (b.outlet_id, b.id));

--? sums_are_right: orders that are not the sum of their lines
SELECT o.id FROM orders.orders o JOIN (
  SELECT outlet_id, order_id, sum(unit_price_paise * quantity) AS subtotal, sum(discount_paise) AS discount,
    sum(taxable_paise) AS taxable, sum(total_paise) AS total FROM orders.line GROUP BY 1, 2
) l ON (l.outlet_id, l.order_id) = (o.outlet_id, o.id)
WHERE (o.subtotal_paise, o.discount_paise, o.taxable_paise, o.total_paise) <> (subtotal, discount, taxable, total)
  OR total_paise <> taxable_paise + (SELECT coalesce(sum((t->>'paise')::bigint), 0) FROM jsonb_array_elements(taxes) t);

--? sums_are_right: lines that are not their portions at their price, less their discounts
SELECT id FROM orders.line l CROSS JOIN LATERAL (SELECT coalesce(sum((d->>'paise')::bigint), 0) AS paise, coalesce(min((d->>'paise')::bigint), 0) AS least
  FROM jsonb_array_elements(l.discounts) d) off CROSS JOIN LATERAL (SELECT coalesce(sum((t->>'rate_bp')::bigint), 0) AS rate
  FROM jsonb_array_elements(l.taxes) t) all_taxes
WHERE off.paise <> discount_paise OR off.least < 0 OR discount_paise > unit_price_paise * quantity
  OR unit_price_paise * quantity - discount_paise <> CASE WHEN tax_inclusive THEN total_paise ELSE taxable_paise END
  OR EXISTS (SELECT FROM jsonb_array_elements(taxes) t WHERE (t->>'paise')::bigint <>
    round((unit_price_paise * quantity - discount_paise) * (t->>'rate_bp')::numeric / (10000 + CASE WHEN tax_inclusive THEN all_taxes.rate ELSE 0 END)));

--? sums_are_right: discounts of offers that their house never made
SELECT l.id FROM orders.line l CROSS JOIN LATERAL jsonb_array_elements(l.discounts) d
WHERE d->>'kind' = 'offer' AND NOT EXISTS (SELECT FROM offers.offer o WHERE o.outlet_id = l.outlet_id AND o.id = (d->>'id')::uuid);

--? sums_are_right: lines that, with what was voided of them, are not what was ordered
SELECT l.id FROM orders.outbox e CROSS JOIN LATERAL jsonb_array_elements(e.data::jsonb->'lines') was
JOIN orders.orders o ON (o.outlet_id, o.id::text) = (e.outlet_id, e.subject)
JOIN orders.line l ON (l.outlet_id, l.order_id, l.id) = (o.outlet_id, o.id, (was->>'id')::uuid)
CROSS JOIN LATERAL (SELECT coalesce(sum((v->>'quantity')::int), 0) AS quantity, coalesce(sum((v->>'taxable_paise')::bigint), 0) AS taxable,
  coalesce(sum((v->>'total_paise')::bigint), 0) AS total FROM jsonb_array_elements(o.voids) v WHERE (v->>'line_id')::uuid = l.id) gone
WHERE e.type = 'rasoi.order.placed.v1' AND (l.quantity + gone.quantity <> (was->>'quantity')::int
  OR (l.taxable_paise + gone.taxable, l.total_paise + gone.total) <> ((was->>'taxable_paise')::bigint, (was->>'total_paise')::bigint)
    AND NOT EXISTS (SELECT FROM orders.outbox d WHERE (d.outlet_id, d.subject, d.type) = (e.outlet_id, e.subject, 'rasoi.order.discounted.v1')));

--? sums_are_right: discounts given by hand that nobody is named for
SELECT id FROM orders.line l, jsonb_array_elements(l.discounts) d WHERE d->>'kind' IN ('manual', 'complimentary')
  AND (d->>'by' IS NULL OR d->>'reason' IS NULL OR d->>'at' IS NULL);

--? sums_are_right: voids that are not their taxable value and taxes, or of no line
SELECT o.id FROM orders.orders o, jsonb_array_elements(o.voids) v WHERE (v->>'total_paise')::bigint <> (v->>'taxable_paise')::bigint
  + (SELECT coalesce(sum((t->>'paise')::bigint), 0) FROM jsonb_array_elements(v->'taxes') t)
  OR NOT EXISTS (SELECT FROM orders.line l WHERE (l.outlet_id, l.order_id, l.id) = (o.outlet_id, o.id, (v->>'line_id')::uuid));

--? sums_are_right: taxes of an order that are not those of its lines
SELECT o.id FROM orders.orders o CROSS JOIN LATERAL (
  SELECT coalesce(jsonb_object_agg(name || rate, paise), '{}') AS taxes FROM (
    SELECT t->>'name' AS name, t->>'rate_bp' AS rate, sum((t->>'paise')::bigint) AS paise
    FROM orders.line l, jsonb_array_elements(l.taxes) t
    WHERE (l.outlet_id, l.order_id, l.status) = (o.outlet_id, o.id, 'active') GROUP BY 1, 2) s) sum
WHERE sum.taxes <> coalesce((SELECT jsonb_object_agg((t->>'name') || (t->>'rate_bp'), (t->>'paise')::bigint)
  FROM jsonb_array_elements(o.taxes) t), '{}');

--? sums_are_right: lines that are not their taxable value and taxes
SELECT id FROM orders.line WHERE total_paise <> taxable_paise
  + (SELECT coalesce(sum((t->>'paise')::bigint), 0) FROM jsonb_array_elements(taxes) t);

--? sums_are_right: orders without lines
SELECT id FROM orders.orders o WHERE NOT EXISTS (
  SELECT FROM orders.line l WHERE (l.outlet_id, l.order_id) = (o.outlet_id, o.id));

--? sums_are_right: bills without orders
SELECT id FROM orders.bill b WHERE NOT EXISTS (
  SELECT FROM orders.orders o WHERE (o.outlet_id, o.bill_id) = (b.outlet_id, b.id));

--? sums_are_right: days whose order numbers have gaps
SELECT business_day FROM (SELECT outlet_id, business_day, count(*) AS n, min(number) AS least, max(number) AS most
  FROM orders.orders GROUP BY 1, 2) o FULL JOIN orders.day_counter d USING (outlet_id, business_day)
WHERE (n, least, most) IS DISTINCT FROM (last_number::bigint, 1, last_number);

--? documents_hold: bills whose documents and notes are not the money held
SELECT b.id FROM orders.bill b JOIN (SELECT outlet_id, bill_id,
    sum(CASE kind WHEN 'credit_note' THEN -total_paise ELSE total_paise END) AS papers FROM orders.document GROUP BY 1, 2
) d ON (d.outlet_id, d.bill_id) = (b.outlet_id, b.id)
WHERE b.status <> 'closed' OR papers > b.paid_paise - b.refunded_paise OR (papers < b.paid_paise - b.refunded_paise
  AND papers < b.total_paise);

--? documents_hold: days whose documents less credit notes are not the sales of the statistics
SELECT day FROM (SELECT outlet_id, business_day AS day, count(*) AS n, sum(CASE kind WHEN 'credit_note' THEN -1 ELSE 1 END * total_paise)
    AS total FROM orders.document GROUP BY 1, 2) d
FULL JOIN (SELECT outlet_id, business_day AS day, count(*) AS m, sum(CASE kind WHEN 'credit_note' THEN -1 ELSE 1 END * total_paise)
    AS told FROM reports.document GROUP BY 1, 2) r USING (outlet_id, day)
WHERE (n, total) IS DISTINCT FROM (m, told);

--? documents_hold: notes that credit more of a line than was sold
SELECT n.number FROM (SELECT outlet_id, bill_id, line->>'line_id' AS line, max(number) AS number,
    sum(CASE kind WHEN 'credit_note' THEN -1 ELSE 1 END * (line->>'taxable_paise')::bigint) AS taxable,
    sum(CASE kind WHEN 'credit_note' THEN -1 ELSE 1 END * (line->>'total_paise')::bigint) AS total
  FROM orders.document, jsonb_array_elements(body::jsonb->'lines') line GROUP BY 1, 2, 3) n
WHERE taxable < 0 OR total < taxable;

--? boards_are_true: stations whose ticket numbers have gaps
SELECT station FROM (SELECT outlet_id, station, count(*) AS n, min(number) AS least, max(number) AS most
  FROM kitchen.ticket GROUP BY 1, 2) t FULL JOIN kitchen.board b USING (outlet_id, station)
WHERE last_number <> 0 AND (n, least, most) IS DISTINCT FROM (last_number::bigint, 1, last_number);

--? boards_are_true: boards with another hash than their tickets
SELECT station FROM kitchen.board b WHERE hash <> (
  SELECT coalesce(sum(crc32(convert_to(id || ':' || version, 'UTF8'))), 0)::numeric % 4294967296 FROM kitchen.ticket t
  WHERE (t.outlet_id, t.station) = (b.outlet_id, b.station) AND visible);

--? reports_are_true: sales that are not what the orders are
SELECT coalesce(o.id, s.order_id) FROM orders.orders o FULL JOIN reports.sale s ON (s.outlet_id, s.order_id) = (o.outlet_id, o.id)
WHERE (s.business_day, s.placed_at, s.type, s.counted, s.taxable_paise, s.total_paise) IS DISTINCT FROM (o.business_day,
  o.placed_at, o.type, o.status NOT IN ('rejected', 'expired', 'cancelled'), o.taxable_paise, o.total_paise);

--? reports_are_true: lines that were sold as something else
SELECT coalesce(l.id, s.line_id) FROM orders.line l
FULL JOIN reports.sale_line s ON (s.outlet_id, s.order_id, s.line_id) = (l.outlet_id, l.order_id, l.id)
WHERE (s.item_id, s.name, s.quantity, s.taxable_paise, s.total_paise)
  IS DISTINCT FROM (l.item_id, l.name, l.quantity, l.taxable_paise, l.total_paise);

--? reports_are_true: tickets that took another time
SELECT t.id FROM kitchen.ticket t
LEFT JOIN reports.preparation p ON (p.outlet_id, p.order_id, p.ticket_id) = (t.outlet_id, t.order_id, t.id)
WHERE p.ready_at IS DISTINCT FROM t.ready_at OR p.fired_at <> t.fired_at OR p.station <> t.station;

--? versions_are_gapless: orders whose last event is not their version
SELECT id FROM orders.orders a
LEFT JOIN (SELECT subject, max(aggregate_version) AS last FROM orders.outbox GROUP BY 1) e ON e.subject = a.id::text
WHERE version IS DISTINCT FROM last;

--? versions_are_gapless: bills whose last event is not their version
SELECT id FROM orders.bill a
LEFT JOIN (SELECT subject, max(aggregate_version) AS last FROM orders.outbox GROUP BY 1) e ON e.subject = a.id::text
WHERE version <> coalesce(last, 0);

--? versions_are_gapless: payments whose last event is not their version
SELECT id FROM payments.payment a
LEFT JOIN (SELECT subject, max(aggregate_version) AS last FROM payments.outbox GROUP BY 1) e ON e.subject = a.id::text
WHERE version <> coalesce(last, 0);

--? versions_are_gapless: stock whose last event is not its version
SELECT id FROM inventory.stock a
LEFT JOIN (SELECT subject, max(aggregate_version) AS last FROM inventory.outbox GROUP BY 1) e ON e.subject = a.id::text
WHERE version <> coalesce(last, 0);

--? versions_are_gapless: boards whose last event is not their sequence
SELECT station FROM kitchen.board a
LEFT JOIN (SELECT subject, max(aggregate_version) AS last FROM kitchen.outbox GROUP BY 1) e ON e.subject = a.outlet_id || ':' || a.station
WHERE sequence <> coalesce(last, 0);

--? versions_are_gapless: versions that don't follow the one before
SELECT log || ' ' || subject || ' has ' || version || ' after ' || coalesce(before::text, 'none') FROM (
  SELECT log, subject, version, lag(version) OVER (PARTITION BY log, subject ORDER BY id) AS before FROM (
    SELECT 'orders' AS log, id, subject, aggregate_version AS version FROM orders.outbox UNION ALL
    SELECT 'payments', id, subject, aggregate_version FROM payments.outbox UNION ALL
    SELECT 'kitchen', id, subject, aggregate_version FROM kitchen.outbox UNION ALL
    SELECT 'inventory', id, subject, aggregate_version FROM inventory.outbox UNION ALL
    SELECT 'offers', id, subject, aggregate_version FROM offers.outbox UNION ALL
    SELECT 'notifications', id, subject, aggregate_version FROM notifications.outbox UNION ALL
    SELECT 'menu', id, subject, aggregate_version FROM menu.outbox UNION ALL
    SELECT 'staff', id, subject, aggregate_version FROM staff.outbox) every) follow
WHERE version <> before + 1 OR (before IS NULL AND version <> 1 AND log IN ('orders', 'payments', 'kitchen', 'inventory'));

--? shifts_add_up: counted shifts that do not expect what they took and gave
SELECT s.id FROM payments.shift s WHERE s.status <> 'open' AND s.expected_paise <> s.float_paise
  + (SELECT coalesce(sum(a.amount_paise), 0) FROM payments.attempt a WHERE (a.outlet_id, a.shift_id, a.status) = (s.outlet_id, s.id, 'captured'))
  - (SELECT coalesce(sum(r.amount_paise), 0) FROM payments.refund r WHERE (r.outlet_id, r.shift_id, r.status) = (s.outlet_id, s.id, 'processed'))
  + (SELECT coalesce(sum(CASE m.kind WHEN 'in' THEN m.amount_paise ELSE -m.amount_paise END), 0) FROM payments.cash_movement m
    WHERE (m.outlet_id, m.shift_id) = (s.outlet_id, s.id));

--? shifts_add_up: counts that are not the sum of their denominations
SELECT id FROM payments.shift s WHERE status <> 'open' AND counted_paise <> (
  SELECT coalesce(sum((c->>'denomination_paise')::bigint * (c->>'quantity')::bigint), 0) FROM jsonb_array_elements(counts) c);

--? shifts_add_up: cash of a shift that is no cash, or of another person or time than the shift
SELECT a.id FROM payments.attempt a LEFT JOIN payments.shift s ON (s.outlet_id, s.id) = (a.outlet_id, a.shift_id)
WHERE a.shift_id IS NOT NULL AND (s.id IS NULL OR a.method <> 'cash' OR a.waiter_id <> s.person_id
  OR a.captured_at < s.opened_at OR a.captured_at > s.closed_at)
UNION ALL
SELECT r.id FROM payments.refund r LEFT JOIN payments.shift s ON (s.outlet_id, s.id) = (r.outlet_id, r.shift_id)
WHERE r.shift_id IS NOT NULL AND (s.id IS NULL OR r.method <> 'cash' OR r.handed_by <> s.person_id
  OR r.settled_at < s.opened_at OR r.settled_at > s.closed_at);

--? closed_days_stay: reports whose tenders are not the statistics of their day
SELECT c.number FROM payments.day_close c CROSS JOIN LATERAL (
  SELECT coalesce(jsonb_object_agg(t->>'method', jsonb_build_array(t->'captured_count', t->'captured_paise', t->'refunded_count',
    t->'refunded_paise')), '{}') AS told FROM jsonb_array_elements(c.body::jsonb->'tenders') t) z
WHERE z.told <> (SELECT coalesce(jsonb_object_agg(method, jsonb_build_array(captured_count, captured_paise, refunded_count, refunded_paise)), '{}')
  FROM payments.daily d WHERE (d.outlet_id, d.business_day) = (c.outlet_id, c.business_day) AND captured_count + refunded_count > 0);

--? closed_days_stay: reports whose documents or orders are not those of their day
SELECT c.number FROM payments.day_close c WHERE (c.body::jsonb->>'sales_paise')::bigint <> (
  SELECT coalesce(sum(CASE kind WHEN 'credit_note' THEN -total_paise ELSE total_paise END), 0) FROM orders.document d
  WHERE (d.outlet_id, d.business_day) = (c.outlet_id, c.business_day))
OR ((c.body::jsonb->>'orders')::int, (c.body::jsonb->>'orders_paise')::bigint) <> (
  SELECT count(*), coalesce(sum(total_paise), 0) FROM orders.orders o WHERE (o.outlet_id, o.business_day) = (c.outlet_id, c.business_day)
    AND status NOT IN ('rejected', 'expired', 'cancelled'));

--? closed_days_stay: reports whose shifts are not those that were counted on their day
SELECT c.number FROM payments.day_close c WHERE (c.body::jsonb->>'difference_paise')::bigint <> (
  SELECT coalesce(sum(counted_paise - expected_paise), 0) FROM payments.shift s
  WHERE (s.outlet_id, s.closed_day) = (c.outlet_id, c.business_day));

--? closed_days_stay: reports whose number does not follow the one before
SELECT number FROM (SELECT number, row_number() OVER (PARTITION BY outlet_id ORDER BY business_day) AS place FROM payments.day_close) n
WHERE number <> place;

--? tables_agree: open bills that are at another table than their party
SELECT b.id FROM orders.bill b JOIN orders.sitting s ON (s.outlet_id, s.id) = (b.outlet_id, b.sitting_id)
WHERE b.status = 'open' AND s.ended_at IS NULL AND (b.table_id, b.table_name) IS DISTINCT FROM (s.table_id, s.table_name);

--? tables_agree: orders under way that are for another table than that of their party
SELECT o.id FROM orders.orders o JOIN orders.bill b ON (b.outlet_id, b.id) = (o.outlet_id, o.bill_id)
JOIN orders.sitting s ON (s.outlet_id, s.id) = (b.outlet_id, b.sitting_id)
WHERE o.status IN ('placed', 'awaiting_payment', 'confirmed', 'preparing', 'ready') AND s.ended_at IS NULL
  AND o.table_id IS DISTINCT FROM s.table_id;

--? tables_agree: phones that belong to another table than their party
SELECT g.id FROM orders.guest_session g JOIN orders.sitting s ON (s.outlet_id, s.id) = (g.outlet_id, g.sitting_id)
WHERE s.ended_at IS NULL AND g.table_id IS DISTINCT FROM s.table_id;

--? tables_agree: tickets that name another table than their order
SELECT t.id FROM kitchen.ticket t JOIN orders.orders o ON (o.outlet_id, o.id) = (t.outlet_id, t.order_id)
WHERE o.status IN ('confirmed', 'preparing', 'ready') AND t.table_name IS DISTINCT FROM o.table_name;
