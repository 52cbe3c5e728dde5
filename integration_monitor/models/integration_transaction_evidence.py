"""What a verdict on an awaited step is judged by, beside the messages and exceptions."""

from functools import cached_property

from odoo import api, fields, models

from ..tools import blame as judging
from ..tools import milestone_reports, order_counts
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

    def root_cause(self, system_id):
        """:return: the system that is out and that this one needs, or an empty recordset"""
        ids = self._causes.get(system_id)
        return self.env["integration.system"].sudo().browse(sorted(ids)[:1] if ids else ())

    @cached_property
    def _causes(self):
        # Whoever moves a document need not read what systems need of each other.
        return self.env["integration.system"].sudo()._causes()

    def partner(self, order):
        """:return: the customer or supplier of an order"""
        return self._partners.browse(order["partner_id"]).with_prefetch(self._partners.ids)

    def warehouse(self, order):
        """:return: the warehouse of an order, or an empty recordset"""
        return self._warehouses.browse(order["warehouse_id"]).with_prefetch(self._warehouses.ids)

    @cached_property
    def _partners(self):
        return self._named("res.partner", "partner_id")

    @cached_property
    def _warehouses(self):
        return self._named("stock.warehouse", "warehouse_id")

    def _named(self, model, column):
        ids = {order[column] for order in self.orders if order[column]}
        # Nothing but the name: a partner has dozens of other columns.
        return self.env[model].with_context(prefetch_fields=False).browse(ids)


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
