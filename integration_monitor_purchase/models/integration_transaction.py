"""Purchases as business transactions: how they are read, and whom they wait for."""

from odoo import api, models
from odoo.tools.misc import format_date

from odoo.addons.integration_monitor.models.integration_transaction_snapshot import NOTHING_BILLED
from odoo.addons.integration_monitor.tools import order_counts
from odoo.addons.integration_monitor.tools.order_snapshot_sql import by_owner
from odoo.addons.integration_monitor.tools.reading import Reading
from odoo.addons.integration_monitor.tools.root import SALE

from ..tools import purchase_counts
from ..tools import purchase_snapshot_sql as read
from ..tools.purchase_reports import ACKNOWLEDGED, source_of
from ..tools.purchase_root import PURCHASE

#: What the names of the addon's database functions begin with.
PREFIX = "integration_purchase_"


class IntegrationTransaction(models.Model):
    _inherit = "integration.transaction"

    def init(self):
        """Create the functions beside those of the engine."""
        self._drop_functions(PREFIX)
        self._create_functions(read.FUNCTIONS)
        return super().init()

    @api.model
    def _roots(self):
        return {**super()._roots(), PURCHASE.model: PURCHASE}

    @api.model
    def _root_reading(self, root_model, documents, known, aside=False):
        if root_model != PURCHASE.model:
            return super()._root_reading(root_model, documents, known, aside)
        if not documents:
            return None
        sales = None
        if not aside:
            # As when one of their messages tells something.
            sales = by_owner(read.CONCERNED, "false", True, self._order_facts())
            sales = self._order_query(sales)
        query = read.of_purchases(documents.keys(), sales)
        asked = {**documents, "known": known.get(SALE.model, [])}
        return Reading(PURCHASE.model, query, asked, aside)

    @api.model
    def _root_row(self, root_model, facts):
        if root_model != PURCHASE.model:
            return super()._root_row(root_model, facts)
        order, owner_id, owner, milestones, links, evidence, transfers, billing = facts
        order.update(
            billing or NOTHING_BILLED,
            owner_id=owner_id,
            owner=owner,
            milestones=milestones or (),
            links=links or {},
            evidence=evidence,
            pickings=transfers or (),
        )
        return order

    @api.model
    def _evidence(self, order, step, pickings):
        evidence = super()._evidence(order, step, pickings)
        if step is None or order["root_model"] != PURCHASE.model:
            return evidence
        # Goods that come in are reserved nowhere.
        evidence["stock_missing"] = None
        if step.record_kind == "external" and not step.optional:
            return evidence  # the transfers reach it as well
        sources = self.env["integration.process.step"]._sources(order["company_id"])
        source = step.message_type and source_of(step, sources, order)
        evidence["expected_from"] = (
            {"system": source.system, "system_id": source.system_id} if source else None
        )
        return evidence

    @api.model
    def _document_evidence(self, order, step, pickings, invoices):
        if order["root_model"] == PURCHASE.model:
            # Receipts and bills speak for themselves, see _purchase_text.
            shown = step.event_code in purchase_counts.ARRIVALS and not step.optional
            # Told of a change, the vendor has to answer, by whatever way.
            changed = step.event_code == ACKNOWLEDGED and bool(order["asked_anew_at"])
            return {"partner_asked": order["asks"] or shown or changed}
        return super()._document_evidence(order, step, pickings, invoices)

    @api.model
    def _blame_culprit(self, verdict, order):
        if order["root_model"] == PURCHASE.model:
            if verdict.on == "partner":
                return order["batch"].partner_name(order)
            if verdict.text.startswith("team.bill"):
                return self.env._("Accounting")
            if verdict.text.startswith("team.putaway") and order["warehouse_id"]:
                return order["batch"].warehouse_name(order)
            if verdict.text.startswith("team.purchase"):
                return self.env._("Purchasing")
        return super()._blame_culprit(verdict, order)

    @api.model
    def _blame_values(self, verdict, order):
        values = super()._blame_values(verdict, order)
        if order["root_model"] == PURCHASE.model:
            text = self._purchase_text(verdict.text.partition(".")[2], order)
            values["cause_text"] = text or values["cause_text"]
        return values

    @api.model
    def _purchase_text(self, event_code, order):
        """Say what is missing, by the documents: which receipt, which bill.

        :param str event_code: of the awaited step, when nothing else is to blame
        :return: None for everything but purchases
        """
        if event_code == "purchase.confirmed":
            if order["state"] == "to approve":
                return self.env._("The purchase has to be approved")
            return self.env._("The purchase has to be confirmed")
        if event_code == ACKNOWLEDGED:
            if order["asked_anew_at"]:
                return self.env._("The vendor has not acknowledged the change of the purchase")
            return self.env._("The vendor has not acknowledged the purchase")
        if event_code in purchase_counts.ARRIVALS or event_code == "putaway.done":
            return self._transfer_text(event_code, order)
        if event_code.startswith("bill."):
            return self._bill_text(event_code, order)
        return None

    @api.model
    def _transfer_text(self, event_code, order):
        """Which transfer is awaited, and when it should be done."""
        transfers = [purchase_counts.Transfer(*row) for row in order["pickings"]]
        came = event_code == "putaway.done"
        roles = ("quality", "put_away") if came else purchase_counts.BRINGING
        open_ = [
            transfer
            for transfer in transfers
            if transfer.role in roles and transfer.state not in purchase_counts.CLOSED_PICKINGS
        ]
        if not open_:
            return None
        first = min(open_, key=lambda transfer: transfer.scheduled_date or "")
        if came:
            return self.env._("%(transfer)s has to be put away", transfer=first.name)
        if event_code == purchase_counts.NOTICED:
            return self.env._(
                "%(transfer)s has not been shipped, expected on %(date)s",
                transfer=first.name,
                date=format_date(self.env, purchase_counts.moment(first.scheduled_date)),
            )
        return self.env._(
            "%(transfer)s has not arrived, expected on %(date)s",
            transfer=first.name,
            date=format_date(self.env, purchase_counts.moment(first.scheduled_date)),
        )

    @api.model
    def _bill_text(self, event_code, order):
        """Which bill is awaited, and what is wrong with it."""
        bills = [purchase_counts.Bill(*row) for row in order["invoices"] or ()]
        transfers = [purchase_counts.Transfer(*row) for row in order["pickings"]]
        posted = [bill for bill in bills if bill.state == "posted"]
        if event_code == "bill.posted":
            drafts = [bill for bill in bills if bill.state == "draft"]
            if drafts:
                return self.env._("A bill is in draft: check and post it")
            if posted and order["invoice_status"] == "to invoice":
                return self.env._("A part has no bill yet, or what did not stay no refund")
            return self.env._("The vendor's bill is missing")
        if event_code == "bill.matched":
            odd = [bill.name for bill in posted if not bill.matched]
            if odd and purchase_counts.went_back(transfers):
                return self.env._(
                    "%(bill)s: the goods went back, the vendor's refund is missing",
                    bill=", ".join(odd),
                )
            return odd and self.env._(
                "%(bill)s: quantity or price is not what was ordered and received",
                bill=", ".join(odd),
            )
        due = purchase_counts.unpaid(bills) or order_counts.unpaid(bills, "in_refund")
        return due and self.env._("%(bill)s is not paid", bill=due[0].name)
