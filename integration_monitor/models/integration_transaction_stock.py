"""Stock levels on their way to channels as business transactions."""

from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import Query

from ..tools import stock_snapshot_sql as read
from ..tools.reading import Reading
from ..tools.stock_root import STOCK
from .integration_message_sweep import GC_BATCH
from .integration_outcome_stock import _quantity


class IntegrationTransactionStock(models.Model):
    """A run: one message with a level, and what repeats it; see ``tools.stock_root``."""

    _inherit = "integration.transaction"

    stock_product_id = fields.Many2one(
        "product.product",
        string="Product",
        compute="_compute_stock",
        search="_search_stock_product_id",
        help="Whose level is on its way to a channel.",
    )
    stock_channel = fields.Char(string="Channel", compute="_compute_stock")
    stock_level = fields.Char(
        string="Level Sent",
        compute="_compute_stock",
        help="The quantity of the last message; empty while none was built.",
    )

    def _compute_stock(self):
        """Read the runs' messages, a few queries for any number of them."""
        self.update({"stock_product_id": False, "stock_channel": False, "stock_level": False})
        runs = self.filtered(lambda owner: owner.res_model == STOCK.model)
        if not runs:
            return
        # Whoever may read the run sees what it says; the messages themselves are for the monitor.
        messages = self.env["integration.message"].sudo()
        found = messages.search_fetch(
            Domain("transaction_id", "in", runs.ids),
            ["transaction_id", "res_id", "system_id", "payload", "state"],
            order="id",
        )
        levels = {}
        for message in found:
            level = _quantity(message.payload)
            if level is not None and message.state != "cancelled":
                levels[message.transaction_id.id] = f"{level:g}"
        first = {message.transaction_id.id: message for message in reversed(found)}
        products = self.env["product.product"].browse(
            {message.res_id for message in first.values()}
        )
        there = set(products.exists().ids)
        for owner in runs:
            message = first.get(owner.id, messages)
            owner.stock_product_id = message.res_id if message.res_id in there else False
            owner.stock_channel = message.system_id.name
            owner.stock_level = levels.get(owner.id, False)

    @api.model
    def _search_stock_product_id(self, operator, value):
        if operator == "in" and not isinstance(value, Query) and False in value:
            # Whatever is about no product, or about one that was deleted since.
            rest = [item for item in value if item is not False]
            every = self.env["product.product"].with_context(active_test=False)._search([])
            none = ~self._search_stock_product_id("in", every)
            return none | self._search_stock_product_id("in", rest) if rest else none
        if operator in ("any", "any!"):
            operator, value = "in", self.env["product.product"]._search(value)
        if operator in Domain.NEGATIVE_OPERATORS:
            return NotImplemented
        if operator != "in" or not (
            isinstance(value, Query) or all(isinstance(item, int) for item in value)
        ):
            value = self.env["product.product"]._search([("display_name", operator, value)])
        # As above: which messages there are is told by the run.
        messages = self.env["integration.message"].sudo()._search(
            Domain("res_model", "=", "product.product")
            & Domain("res_id", "in", value)
            & Domain("transaction_id", "!=", False)
        )  # fmt: skip
        return Domain("res_model", "=", STOCK.model) & Domain(
            "id", "in", messages.subselect("transaction_id")
        )

    def action_open_product(self):
        """Open the product whose level it is; Odoo's own access rules decide."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "product.product",
            "res_id": self.stock_product_id.id,
            "views": [[False, "form"]],
        }

    @api.model
    def _roots(self):
        return {**super()._roots(), STOCK.model: STOCK}

    @api.model
    def _root_reading(self, root_model, documents, known, aside=False):
        if root_model != STOCK.model:
            return super()._root_reading(root_model, documents, known, aside)
        ids = documents.get(STOCK.model)
        return ids and Reading(STOCK.model, read.RUNS, {"messages": ids}, aside)

    @api.model
    def _root_row(self, root_model, facts):
        if root_model != STOCK.model:
            return super()._root_row(root_model, facts)
        run, owner_id, owner, milestones, evidence = facts
        return {
            **run,
            "owner_id": owner_id,
            "owner": owner,
            "milestones": milestones or (),
            "links": {},
            "evidence": evidence,
        }

    @api.model
    def _readable_root(self, reader, root_model):
        if root_model != STOCK.model:
            return super()._readable_root(reader, root_model)
        # Who may see goods move may see what channels are told of them. Asking for each message
        # would read all of them.
        if reader.env["stock.move"].has_access("read"):
            return Domain("res_model", "=", STOCK.model)
        return Domain.FALSE

    @api.model
    def _evidence(self, order, step, pickings):
        evidence = super()._evidence(order, step, pickings)
        if step is not None and order["root_model"] == STOCK.model:
            evidence["expected_from"] = {
                "system": order["system"],
                "system_id": order["system_id"],
            }
        return evidence

    @api.model
    def _document_evidence(self, order, step, pickings, invoices):
        if order["root_model"] == STOCK.model:
            return {}
        return super()._document_evidence(order, step, pickings, invoices)

    def _headline(self):
        if self.res_model != STOCK.model or self.state == "in_progress":
            return super()._headline()
        if self.state == "completed":
            return self.env._("The channel knows this level")
        return self.env._("This level is not sent any more: a newer one is, or nobody needs it")

    def _advice(self, problem, works):
        if self.res_model != STOCK.model or self.state == "in_progress":
            return super()._advice(problem, works)
        return self.env._("Nothing to do"), f"{self._headline()}."

    @api.autovacuum
    def _gc_stock_runs(self):
        """Remove finished runs past their retention, a bounded batch at a time.

        :return: tuple (number removed, whether more may be left)
        """
        days = self.env["ir.config_parameter"]._integration_number("stock_run_retention_days")
        limit = self.env["integration.log"]._retention_now() - timedelta(days=days)
        self.env.flush_all()
        self.env.cr.execute(read.EXPIRED, {"limit": limit, "batch": GC_BATCH})
        count = self.env.cr.rowcount
        self.env.invalidate_all(flush=False)
        return count, count == GC_BATCH
