"""What a verdict on an awaited step is judged by, beside the messages and exceptions."""

from odoo import api, fields, models
from odoo.tools import SQL

from ..tools import blame as judging
from ..tools import milestone_reports, order_counts, party_names
from ..tools.order_counts import ASIDE, CLOSED_PICKINGS, DELIVERIES, PAID_STATES

#: Which transfer of an order is done next.
NEXT = {"assigned": 0, "confirmed": 1, "draft": 2, "waiting": 3}
#: Verdicts on messages.
MESSAGE_CAUSES = judging.OF_SYSTEM | {
    "acknowledgement", "acknowledgement_overdue", "condition", "dependency", "environment",
    "maintenance", "manual", "mapping", "message_pending", "paused", "quarantined",
    "transformation",
}  # fmt: skip


class Batch:
    """What verdicts on several orders ask beside the snapshot; read for all, and when it is asked.

    Most often nothing of it is.
    """

    def __init__(self, env, orders):
        self.env = env
        self.orders = orders
        #: what addons have read for all
        self.kept = {}
        #: of ``integration.system._causes``, once they were read
        self._causes = None

    def root_cause(self, system_id):
        """:return: the system that is out and that this one needs, or an empty recordset"""
        if self._causes is None:
            self._read_names(causes=True)
        ids = self._causes.get(system_id)
        # Whoever moves a document need not read systems.
        return self.env["integration.system"].sudo().browse(sorted(ids)[:1] if ids else ())

    def partner_name(self, order):
        """:return: the name of the customer or supplier of an order"""
        return self._name(order, "partner", "res.partner")

    def warehouse_name(self, order):
        """:return: the name of the warehouse of an order"""
        return self._name(order, "warehouse", "stock.warehouse")

    def _name(self, order, what, model):
        if f"{what}_name" in order:
            return order[f"{what}_name"]
        record, name = self.env[model].browse(order[f"{what}_id"]), party_names.FIELDS[model]
        # Whoever moves a document has most often read them.
        if record and not self.env.cache.contains(record, record._fields[name]):
            self._read_names()
        return record[name]

    def _read_names(self, causes=False):
        """Read the names of all orders' partners and warehouses, in one statement.

        :param bool causes: and what systems that are out need; so it is, too, where messages of
            the orders may ask for it later
        """
        System = self.env["integration.system"].sudo()  # as above
        query = SQL(party_names.NAMES, **party_names.asked(self.orders))
        causes = self._causes is None and (causes or any(map(_has_messages, self.orders)))
        if causes:
            query = SQL("%s UNION ALL %s", query, System._causes_query())
        about_systems = []
        for model, values in self.env.execute_query(query):
            if model not in party_names.FIELDS:
                about_systems.append((model, values))
                continue
            record = self.env[model].browse(values[0])
            record._fields[party_names.FIELDS[model]]._insert_cache(record, values[1:])
        if causes:
            self._causes = System._causes_of(about_systems)


def _has_messages(order):
    """Tell whether something was said to systems, or by them, that is not over."""
    return bool((order["evidence"] or {}).get("messages"))


class IntegrationTransactionEvidence(models.Model):
    _inherit = "integration.transaction"

    cause_message_id = fields.Many2one(
        "integration.message",
        string="Blamed Message",
        compute="_compute_cause_message",
        groups="integration_monitor.group_viewer",
        help="The message that is the reason.",
    )
    cause_error = fields.Text(
        string="Last Error",
        compute="_compute_cause_message",
        groups="integration_monitor.group_viewer",
    )

    @api.depends("evidence", "cause", "waits_for_step_id")
    def _compute_cause_message(self):
        """Show the message that the verdict was judged by, while it exists."""
        found = {}
        for transaction in self:
            steps = self.env["integration.process"]._definition(transaction.process_id.id)
            step = next((s for s in steps if s.id == transaction.waits_for_step_id.id), None)
            messages = (transaction.evidence or {}).get("messages") or ()
            if transaction.cause in MESSAGE_CAUSES:
                found[transaction] = judging.leading(messages, step)
        ids = {facts["id"] for facts in found.values() if facts}
        there = self.env["integration.message"].browse(ids).exists()
        for transaction in self:
            facts = found.get(transaction) or {}
            message = there.filtered(lambda message, facts=facts: message.id == facts.get("id"))
            transaction.cause_message_id = message
            transaction.cause_error = facts.get("error")

    @api.model
    def _evidence(self, order, step, pickings):
        """What the verdict on the awaited step is judged by; see ``tools.blame.judge``."""
        evidence = dict(order["evidence"] or {})
        if step is None:
            return evidence
        if step.message_type:
            sources = self.env["integration.process.step"]._sources(order["company_id"])
            source = milestone_reports.source_of(step, sources, order["warehouse_id"])
            told = {system_id for _type, system_id, *_more in evidence.get("told") or ()}
            evidence["expected_from"] = source and {
                "system": source.system,
                "system_id": source.system_id,
                "inbound": source.inbound,
                "tells": source.tells,
                "told": source.system_id in told,
            }
        evidence["stock_missing"] = next(
            (
                picking.name
                for picking in pickings
                if picking.state == "confirmed" and picking.role not in (*ASIDE, "dropship")
            ),
            None,
        )
        return evidence

    @api.model
    def _document_evidence(self, order, step, pickings, invoices):
        """What the order's documents tell of the awaited step; see ``tools.blame.judge``."""
        if step.event_code in ("sale.validated", "sale.confirmed"):
            return {
                "quotation_sent": order["state"] == "sent",
                "salesperson_id": order["user_id"],
            }
        if step.money:
            sales = [invoice for invoice in invoices if invoice.move_type == "out_invoice"]
            return {
                "draft_invoice": any(invoice.state == "draft" for invoice in sales),
                "part_paid": any(invoice.payment_state == "partial" for invoice in sales),
                "open_services": order.get("open_services"),
                # A service that was done is to be paid all the same.
                "came_back": order_counts.came_back(order, pickings)
                and not (order.get("kept_services") and order_counts.unpaid(invoices)),
                "credited": self._credited(invoices),
            }
        waiting = [
            picking
            for picking in pickings
            if picking.state not in CLOSED_PICKINGS and picking.role not in ASIDE
        ]
        outs = [p for p in pickings if p.role in DELIVERIES and p.state == "done"]
        # What the vendor ships himself comes after what is to be done in the house.
        following = min(
            waiting,
            key=lambda p: (p.role == "dropship", NEXT.get(p.state, 0), p.id),
            default=None,
        )
        return {
            "left": bool(outs),
            "transfer": following
            and {
                "name": following.name,
                "state": following.state,
                "user_id": following.user_id,
                "role": following.role,
            },
        }

    @api.model
    def _credited(self, invoices):
        """:return: how far the credit note of an order is that is under way, if there is one"""
        states = {
            refund.state
            for refund in invoices
            if refund.move_type == "out_refund" and refund.payment_state not in PAID_STATES
        }
        return "due" if "posted" in states else "draft" if "draft" in states else None

    @api.model
    def _released_gone(self, steps, milestones):
        """:return: whether goods were released by a message that was deleted since"""
        return any(
            step.event_code == "message.wms.release.done"
            and milestone.state == "reached"
            and milestone.source == "message"
            and not milestone.message_id
            for step, milestone in zip(steps, milestones, strict=True)
        )

    @api.model
    def _rooted(self, verdict, order):
        """Name the system that is out and that the blamed one needs, if there is one."""
        if (
            verdict.cause not in judging.OF_SYSTEM
            or verdict.on != "system"
            or not verdict.system_id
        ):
            return verdict
        root = order["batch"].root_cause(verdict.system_id)
        if not root:
            return verdict
        return judging.because_of(verdict, {"system": root.name, "system_id": root.id})
