"""Whether partners were told the stock levels that Odoo has: a comparison at one cut-off."""

import json
from collections import Counter

from odoo import api, fields, models
from odoo.tools import SQL

from ..tools.stock_root import CHECKED, HANDLER, MODEL
from .integration_flow_wake import CHANNEL

#: Products whose levels are read together.
CHUNK = 1000

# The content of the newest message that was done, of products without one under way.
_TOLD = """
    SELECT DISTINCT ON (m.res_id) m.res_id, m.payload, m.transaction_id
      FROM integration_message m
     WHERE m.flow_id = %(flow_id)s AND m.res_model = 'product.product' AND m.state = 'done'
       AND NOT EXISTS (
           SELECT FROM integration_message n
            WHERE n.flow_id = m.flow_id AND n.res_model = m.res_model AND n.res_id = m.res_id
              AND n.state IN ('pending', 'processing', 'retry'))
     ORDER BY m.res_id, m.done_at DESC, m.id DESC
"""

# Of some runs those that are over, and whose level nobody has compared.
_UNCHECKED = """
    SELECT run.id
      FROM integration_transaction run
      JOIN integration_process_step step
        ON step.process_id = run.process_id AND step.code = %(code)s
     WHERE run.id = ANY(%(runs)s) AND run.res_model = %(model)s AND run.state = 'completed'
       AND NOT EXISTS (
           SELECT FROM integration_milestone known
            WHERE known.transaction_id = run.id AND known.step_id = step.id
              AND known.state = 'reached')
     ORDER BY run.id
"""


class IntegrationOutcome(models.Model):
    """Counts equal keys by flow and product category; the runs of equal ones are *checked*."""

    _inherit = "integration.outcome"

    @api.model
    def _compare_stock(self):
        """Scheduled daily: one row a flow and category, at this moment's cut-off."""
        flows = self.env["integration.flow"].search([("handler", "=", HANDLER)])
        for flow in flows:
            if flow.service_user_id:
                self._compare_levels(flow, fields.Datetime.now())

    @api.model
    def _compare_levels(self, flow, cut_off):
        """Compare one flow's levels. All is read in one snapshot: this transaction's.

        :param datetime cut_off: UTC, to be written down
        """
        self.env.flush_all()
        self.env.cr.execute(SQL(_TOLD, flow_id=flow.id))
        told, runs = {}, {}
        for product_id, payload, run_id in self.env.cr.fetchall():
            if (quantity := _quantity(payload)) is not None:
                told[product_id], runs[product_id] = quantity, run_id
        compared, equal = Counter(), Counter()
        handler = self.env[HANDLER]
        warehouses = flow.warehouse_ids or flow.warehouse_id
        ids = sorted(told)
        for start in range(0, len(ids), CHUNK):
            products = self.env["product.product"].browse(ids[start : start + CHUNK]).exists()
            right = []
            for product in products:
                # The records of a chunk share their prefetch: a few queries for all of them.
                free, _on_hand = handler._level(flow, product, warehouses)
                compared[product.categ_id.id] += 1
                same = product.uom_id.compare(free, told[product.id]) == 0
                equal[product.categ_id.id] += same
                if same and runs[product.id]:
                    right.append(runs[product.id])
            self._record_checked_later(right, cut_off)
            products.invalidate_recordset(flush=False)
        if compared:
            self._write_stock(flow, cut_off, compared, equal)

    @api.model
    def _record_checked_later(self, run_ids, cut_off):
        """Let a job record that levels were compared and equal, once for each run.

        The figures need not wait for it, nor go when a replay changes one of the runs meanwhile.
        """
        self.env.cr.execute(SQL(_UNCHECKED, runs=run_ids, code=CHECKED, model=MODEL))
        if run_ids := [run_id for (run_id,) in self.env.cr.fetchall()]:
            self.with_delay(
                channel=CHANNEL,
                description=self.env._("%(count)s stock levels are equal", count=len(run_ids)),
            )._record_checked(run_ids, cut_off)

    @api.model
    def _record_checked(self, run_ids, cut_off):
        """Record the step *checked* of runs; the job of :meth:`_record_checked_later`."""
        runs = self.env["integration.transaction"].browse(run_ids).exists()
        self.env["integration.milestone"]._record(
            [
                {
                    "transaction_id": run.id,
                    "step_code": CHECKED,
                    "occurred_at": cut_off,
                    "source": "external",
                }
                for run in runs
            ]
        )

    @api.model
    def _write_stock(self, flow, cut_off, compared, equal):
        """Write one row for each category, in one statement."""
        company = flow.company_id
        zone = company.partner_id.tz or "UTC"
        local = fields.Datetime.context_timestamp(self.with_context(tz=zone), cut_off)
        warehouses = flow.warehouse_ids or flow.warehouse_id
        shared = (
            "stock",
            flow.name,
            cut_off,
            True,
            local.date(),
            company.id,
            warehouses.id if len(warehouses) == 1 else None,
            flow.system_id.id,
            flow.system_id.region or None,
        )
        self.env.cr.execute_values(
            """INSERT INTO integration_outcome (subject, name, at, settled, day, company_id,
                   warehouse_id, system_id, region, categ_id, compared_count, equal_count)
               VALUES %s""",
            [
                (*shared, category_id or None, number, equal[category_id])
                for category_id, number in sorted(compared.items())
            ],
        )
        self.invalidate_model(flush=False)


def _quantity(payload):
    """:return: the quantity of a level as it was told; None where it cannot be read any more"""
    try:
        items = json.loads(payload or "")["items"]
        return float(items[0]["quantity"])
    except (ValueError, TypeError, KeyError, IndexError):
        return None
