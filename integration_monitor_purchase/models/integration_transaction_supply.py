"""Sales orders and the purchases that bring their goods: each knows the other.

Correlation stays apart: each has a transaction and an id of its own, and links lead both ways. What
holds a purchase up holds up the orders that wait for its goods.
"""

from odoo import api, models

from odoo.addons.integration_monitor.models.integration_flow_wake import CHANNEL
from odoo.addons.integration_monitor.tools.blame import Blame
from odoo.addons.integration_monitor.tools.order_counts import moment
from odoo.addons.integration_monitor.tools.root import SALE

from ..tools import purchase_supply as supply
from ..tools import purchase_supply_sql as read
from ..tools.purchase_root import PURCHASE

#: So many purchases are looked at in one job.
BATCH = 200
DROPSHIP_ROLE = "dropship_purchase"


class IntegrationTransaction(models.Model):
    _inherit = "integration.transaction"

    @api.model
    def _snapshot_of(self, root_model, ids):
        """Sales orders that nobody noted may have purchases that their links do not know yet."""
        orders = super()._snapshot_of(root_model, ids)
        if root_model == SALE.model and ids:
            self.env.cr.execute(read.FOR_SALES, {"sales": list(ids)})
            known = {(order["root_model"], order["id"]) for order in orders}
            found = {row[0] for row in self.env.cr.fetchall()}
            unknown = [id_ for id_ in sorted(found) if (PURCHASE.model, id_) not in known]
            if unknown:
                orders += self._read_roots({}, {PURCHASE.model: unknown}, orders)
        return orders

    @api.model
    def _order_facts(self):
        return (*super()._order_facts(), read.SUPPLIES_OF_ORDER)

    @api.model
    def _beside(self, orders):
        """Dropships whose customers were promised another day are read for their sake."""
        ids = {id_ for order in orders for id_ in self._promised_otherwise(order)}
        return {**super()._beside(orders), **({PURCHASE.model: ids} if ids else {})}

    @api.model
    def _promised_otherwise(self, order):
        """:return: ids of the dropships that another promise to the customer concerns"""
        owner = order["owner"]
        if not owner or order["commitment_date"] == owner["promised_at"]:
            return ()
        return (
            purchase_id
            for purchase_id in supply.linked(order)
            if order["links"][f"{PURCHASE.model},{purchase_id}"][1] == DROPSHIP_ROLE
        )

    @api.model
    def _brings(self, judged):
        """Tell whether a transaction waits for goods still.

        :param dict judged: its process and the step that it waits for
        """
        steps = self.env["integration.process"]._definition(judged["process_id"])
        return any(step.id == judged["waits_for_step_id"] and not step.money for step in steps)

    def _judge_order(self, order, process_id, message_id, reports, now):
        if order["root_model"] == SALE.model:
            order["coming"] = sum(found.coming for found in self._supplies(order))
        return super()._judge_order(order, process_id, message_id, reports, now)

    @api.model
    def _supplies(self, order):
        """Return what purchases bring for a sales order, read with it or judged beside it.

        :rtype: list of ``purchase_supply.Supply``
        """
        kept = order["batch"].kept
        if "supplies" not in kept:
            kept["supplies"] = supply.by_sale(order["batch"].orders)
        return kept["supplies"].get(order["id"], ())

    @api.model
    def _related_documents(self, orders, owner_by_order):
        rows = super()._related_documents(orders, owner_by_order)
        for order in orders:
            if order["root_model"] != PURCHASE.model:
                continue
            own = owner_by_order.get((PURCHASE.model, order["id"]))
            role = DROPSHIP_ROLE if order["kind"] else "purchase"
            for sold in supply.sales_of(order):
                theirs = sold.owner_id or owner_by_order.get((SALE.model, sold.id))
                if theirs and sold.known_as != order["name"]:
                    rows.append(_link(theirs, PURCHASE.model, order["id"], order["name"], role))
                name = order["links"].get(f"{SALE.model},{sold.id}", (None,))[0]
                if own and name != sold.name:
                    rows.append(_link(own, SALE.model, sold.id, sold.name, "sale"))
        return rows

    @api.model
    def _rooted(self, verdict, order):
        """Goods that a purchase is to bring: what holds that up holds up the sales order."""
        verdict = super()._rooted(verdict, order)
        if order["root_model"] != SALE.model or verdict.text not in supply.EXPLAINED:
            return verdict
        found = supply.blamed(verdict.text, self._supplies(order), self._brings)
        return self._because_of_purchase(found, order) if found else verdict

    @api.model
    def _because_of_purchase(self, found, order):
        """:return: the verdict of the purchase on whom it waits for, as one on a sales order"""
        purchase, judged = found.purchase, found.judged or {}
        if purchase["state"] == "cancel":
            text = self.env._(
                "%(purchase)s was cancelled, and nothing else brings the goods",
                purchase=purchase["name"],
            )
            facts = {"waits_on": self.env._("Sales"), "text": text}
            return Blame("purchase", "business", "team", None, "purchase", facts, order["user_id"])
        why = judged.get("cause_text")
        if purchase["state"] in supply.UNCONFIRMED:
            why = self._purchase_text("purchase.confirmed", purchase)
            judged = {
                "waits_on": self.env._("Purchasing"),
                "waits_on_kind": "team",
                "waits_on_user_id": purchase["user_id"],
                "cause_category": "business",
            }
        text = purchase["name"]
        if why:
            text = self.env._("%(purchase)s: %(why)s", purchase=purchase["name"], why=why)
        return Blame(
            "purchase",
            judged["cause_category"],
            judged["waits_on_kind"] or "nobody",
            judged.get("waits_on_system_id"),
            "purchase",
            {
                "waits_on": judged["waits_on"],
                "text": text,
                "retry_at": judged.get("retry_at"),
            },
            judged["waits_on_user_id"],
        )

    @api.model
    def _blame_culprit(self, verdict, order):
        if verdict.cause == "purchase":
            return verdict.facts["waits_on"]
        return super()._blame_culprit(verdict, order)

    @api.model
    def _blame_text(self, verdict):
        if verdict.cause == "purchase":
            return verdict.facts["text"]
        return super()._blame_text(verdict)

    @api.model
    def _blame_values(self, verdict, order):
        values = super()._blame_values(verdict, order)
        if verdict.cause == "purchase":
            retry_at = verdict.facts.get("retry_at")
            values["retry_at"] = moment(retry_at) if isinstance(retry_at, str) else retry_at
        return values

    @api.model
    def _relate_later(self):
        """Let jobs make purchases from before and their sales orders known to one another."""
        self.env.flush_all()
        self.env.cr.execute(read.UNDER_WAY)
        ids = [row[0] for row in self.env.cr.fetchall()]
        for start in range(0, len(ids), BATCH):
            self.with_delay(
                channel=CHANNEL,
                description=self.env._("Purchases for orders"),
            )._catch_up(ids[start : start + BATCH], PURCHASE.model)


def _link(owner_id, model, res_id, name, role):
    """The values of a link."""
    return {
        "transaction_id": owner_id,
        "res_model": model,
        "res_id": res_id,
        "document_name": name,
        "role": role,
    }
