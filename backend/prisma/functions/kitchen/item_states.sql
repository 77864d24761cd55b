CREATE OR REPLACE FUNCTION kitchen.item_states(p_outlet integer, p_ticket uuid) RETURNS jsonb
LANGUAGE sql STABLE AS $$
  SELECT jsonb_agg(jsonb_build_object(
    'id', i.id, 'line_id', i.line_id, 'name', i.name, 'variant', i.variant, 'quantity', i.quantity,
    'modifiers', i.modifiers, 'note', i.note, 'allergens', i.allergens, 'allergies', i.allergies, 'state', i.state,
    'acknowledged', i.acknowledged) ORDER BY i.position, i.id)
  FROM kitchen.ticket_item i WHERE i.outlet_id = p_outlet AND i.ticket_id = p_ticket
$$;
