"""Parcels of providers in the milestones: the transfer's tracking number is the evidence."""

from odoo import api, models

from odoo.addons.integration_monitor.tools.milestones import Count
from odoo.addons.integration_monitor.tools.order_snapshot_sql import OWNED, ROW

from ..tools.carrier_operation import LOCAL_PROVIDERS

MESSAGE_TYPE = "carrier.booking"
_ROW = f"snapshot ({', '.join(ROW)}, {OWNED})"
# An order without transfers has a null there, which has no elements.
_PICKING_IDS = """ARRAY(
                  SELECT (item ->> 0)::int
                    FROM jsonb_array_elements(NULLIF(documents -> 1, 'null')) item)"""
# Around the statement that reads orders, so that it stays one: what is known of their parcels goes
# with the evidence. A done delivery waits for a carrier only when a booking failed or was taken
# back: some providers give no number.
_PARCELS = f"""
    SELECT sale, owner_id, milestones, documents,
           NULLIF(CASE WHEN parcels IS NULL THEN evidence - 'parcels'
                       ELSE COALESCE(evidence, '{{}}') || jsonb_build_object('parcels', parcels)
                  END, '{{}}'),
           {OWNED}
      FROM (%s) {_ROW}
     CROSS JOIN LATERAL (
           SELECT jsonb_agg(jsonb_build_array(
                      parcel.id, COALESCE(parcel.carrier_tracking_ref, '') <> '',
                      CASE WHEN parcel.state = 'done'
                           THEN COALESCE(parcel.integration_booking IN ('failed', 'cancelled'),
                                         false)
                           ELSE carrier.integration_level = 'rate_and_ship'
                                AND COALESCE(kind.print_label, false) END,
                      system.name, system.id) ORDER BY parcel.id) AS parcels
             FROM stock_picking parcel
             JOIN delivery_carrier carrier ON carrier.id = parcel.carrier_id
             JOIN stock_picking_type kind ON kind.id = parcel.picking_type_id
             LEFT JOIN integration_system system ON system.id = carrier.integration_system_id
            WHERE parcel.id = ANY({_PICKING_IDS})
              AND carrier.delivery_type NOT IN (%s)) told"""


# Who takes the goods: named by an open transfer, else by the order.
_CARRIER = f"""
    SELECT sale || jsonb_build_object('carrier_id', COALESCE(
               (SELECT carrier_id FROM stock_picking
                 WHERE id = ANY({_PICKING_IDS})
                   AND carrier_id IS NOT NULL AND state NOT IN ('done', 'cancel')
                 ORDER BY id LIMIT 1),
               (SELECT carrier_id FROM sale_order WHERE id = (sale ->> 'id')::int))),
           owner_id, milestones, documents, evidence, {OWNED}
      FROM (%s) {_ROW}"""


class IntegrationTransaction(models.Model):
    _inherit = "integration.transaction"

    @api.model
    def _order_query(self, query):
        query = super()._order_query(query)
        if self.env["delivery.carrier"]._integration_has_providers():
            # Constants of this addon, around a statement of the engine.
            local = ", ".join(f"'{provider}'" for provider in LOCAL_PROVIDERS)
            query = _PARCELS % (query, local)
        if self.env["integration.cut.off"]._by_carrier():
            query = _CARRIER % query
        return query

    @api.model
    def _count_further(self, order, steps, pickings, old, counts):
        super()._count_further(order, steps, pickings, old, counts)
        parcels = self._provider_parcels(order, pickings)
        if not parcels:
            return
        carried = [picking_id for picking_id, number, _wanted, *_system in parcels if number]
        current = (carried or [row[0] for row in parcels])[-1]
        outs = sum(1 for picking in pickings if _leaves(picking))
        for step in steps:
            if step.message_type != MESSAGE_TYPE or step.record_kind == "document":
                continue
            # Other deliveries of the order may be booked by a flow's messages.
            told = old[step.id].evidence if step.id in old else ()
            expected = counts[step.event_code].expected if step.event_code in counts else 0
            counts[step.event_code] = Count(
                expected=min(outs, expected + len(parcels)),
                reached=min(outs, len(told) + len(carried)),
                res_model="stock.picking",
                res_id=current,
            )

    @api.model
    def _evidence(self, order, step, pickings):
        evidence = super()._evidence(order, step, pickings)
        if step and step.message_type == MESSAGE_TYPE:
            for _id, number, _wanted, system, system_id in self._provider_parcels(order, pickings):
                if system_id and not number:
                    evidence["expected_from"] = {"system": system, "system_id": system_id}
        return evidence

    @api.model
    def _provider_parcels(self, order, pickings):
        """:return: rows of the deliveries that a provider booked or has to"""
        leaving = {picking.id for picking in pickings if _leaves(picking)}
        return [
            row
            for row in (order["evidence"] or {}).get("parcels") or ()
            if row[0] in leaving and (row[1] or row[2])
        ]


def _leaves(picking):
    return picking.role == "out" and picking.state != "cancel" and not picking.returned
