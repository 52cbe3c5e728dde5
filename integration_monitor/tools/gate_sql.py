"""Plain SQL: what gates ask of the documents of a batch of orders."""

from __future__ import annotations

#: Rows of a model, an id and an object of values by field: who let documents pass, and whose
#: transfers they are. Takes ids of transfers and of invoices.
FACTS = """
    SELECT 'integration.gate.override', id,
           jsonb_build_object('gate_id', gate_id, 'res_model', res_model, 'res_id', res_id)
      FROM integration_gate_override
     WHERE (res_model = 'stock.picking' AND res_id = ANY(%(pickings)s))
        OR (res_model = 'account.move' AND res_id = ANY(%(moves)s))
     UNION ALL
    SELECT 'stock.picking', id,
           jsonb_build_object('company_id', company_id, 'picking_type_id', picking_type_id,
                              'location_id', location_id, 'location_dest_id', location_dest_id)
      FROM stock_picking WHERE id = ANY(%(pickings)s)
     UNION ALL
    SELECT 'stock.picking.type', id,
           jsonb_build_object('code', code, 'warehouse_id', warehouse_id)
      FROM stock_picking_type
     WHERE id IN (SELECT picking_type_id FROM stock_picking WHERE id = ANY(%(pickings)s))
     UNION ALL
    SELECT 'stock.location', id, jsonb_build_object('usage', usage)
      FROM stock_location
     WHERE id IN (SELECT unnest(ARRAY[location_id, location_dest_id])
                    FROM stock_picking WHERE id = ANY(%(pickings)s))"""
