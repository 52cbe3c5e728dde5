"""Customers' returns as business transactions: how they are read, and whom they wait for."""

from odoo import api, models

from ..tools import return_counts, tracing
from ..tools import return_snapshot_sql as read
from ..tools.order_counts import CLOSED_PICKINGS
from ..tools.reading import Reading
from ..tools.return_root import RETURN, reporter_of, unpaid

#: Roles of transfers of an order that may bring goods back.
BRINGING = ("return", "in")


class IntegrationTransactionReturn(models.Model):
    _inherit = "integration.transaction"

    @api.model
    def _roots(self):
        return {**super()._roots(), RETURN.model: RETURN}

    @api.model
    def _root_reading(self, root_model, documents, known, aside=False):
        if root_model != RETURN.model:
            return super()._root_reading(root_model, documents, known, aside)
        roots = {model: ids for model, ids in documents.items() if model in read.ROOTS}
        return roots and Reading(RETURN.model, read.of_returns(roots.keys()), roots, aside)

    @api.model
    def _root_row(self, root_model, facts):
        if root_model != RETURN.model:
            return super()._root_row(root_model, facts)
        return self._return_row(*facts)

    @api.model
    def _return_row(self, order, owner_id, owner, milestones, links, evidence, facts):
        """:return: a row as of ``_snapshot``, with the refunds that answer this return alone"""
        refunds = facts["refunds"] or ()
        credit = return_counts.credit(
            order["id"],
            [return_counts.Line(*row) for row in facts["lines"] or ()],
            [return_counts.Part(*row) for row in facts["parts"] or ()],
            [(row[0], {int(line): number for line, number in (row[6] or {}).items()})
             for row in refunds],
        )  # fmt: skip
        mine = sorted(row for row in refunds if row[0] in credit.refund_ids)
        payments = {payment[0]: payment for row in mine for payment in row[7] or ()}
        orders = facts["orders"] or ()
        if not order["partner_id"]:
            order["partner_id"], order["partner_name"] = next(
                (row[2:] for row in orders), (None, None)
            )
        order.update(
            owner_id=owner_id,
            owner=owner,
            milestones=milestones or (),
            links=links or {},
            evidence=evidence,
            orders=orders,
            pickings=facts["pickings"] or (),
            invoices=[row[:6] for row in mine],
            payments=sorted(payments.values()),
            uncredited=credit.missing,
            sent_again=bool(facts["sent_again"]),
            currency_id=facts["currency_id"],
            amount_total=round(facts["amount_total"] or 0.0, 6),
            amount_company=round(facts["amount_company"] or 0.0, 6),
            # Transfers have no column for it: the transaction carries it.
            correlation_id=order["correlation_id"] or tracing.new_correlation_id(),
        )
        return order

    @api.model
    def _returns_of(self, orders):
        """:return: ids of the transfers of sales orders that may bring goods back"""
        return {row[0] for order in orders for row in order["pickings"] or () if row[3] in BRINGING}

    @api.model
    def _evidence(self, order, step, pickings):
        evidence = super()._evidence(order, step, pickings)
        if step is None or order["root_model"] != RETURN.model:
            return evidence
        new = [p for p in pickings if p.role in return_counts.NEW]
        lacking = (p.name for p in new if p.state == "confirmed")
        # What comes back needs no stock; what replaces it does.
        of_new = step.event_code == "return.replaced"
        evidence["stock_missing"] = next(lacking, None) if of_new else None
        sources = self.env["integration.process.step"]._sources(order["company_id"])
        source = step.message_type and reporter_of(step, sources, order)
        evidence["expected_from"] = (
            {"system": source.system, "system_id": source.system_id} if source else None
        )
        return evidence

    @api.model
    def _document_evidence(self, order, step, pickings, invoices):
        if order["root_model"] == RETURN.model:
            # Transfers and refunds speak for themselves, see _return_text.
            return {}
        return super()._document_evidence(order, step, pickings, invoices)

    @api.model
    def _blame_culprit(self, verdict, order):
        if order["root_model"] == RETURN.model:
            if verdict.text in ("team.return.credited", "team.return.refunded"):
                return self.env._("Accounting")
            if verdict.text.startswith("team.return.") and order["warehouse_id"]:
                return order["batch"].warehouse_name(order)
        return super()._blame_culprit(verdict, order)

    @api.model
    def _blame_values(self, verdict, order):
        values = super()._blame_values(verdict, order)
        if order["root_model"] == RETURN.model:
            text = self._return_text(verdict.text.partition(".")[2], order)
            values["cause_text"] = text or values["cause_text"]
        return values

    @api.model
    def _return_text(self, event_code, order):
        """Say what is missing, by the documents: which goods, which refund.

        :param str event_code: of the awaited step, when nothing else is to blame
        :return: None for everything but returns
        """
        if event_code == "return.received":
            names = self._open_transfers(order, (return_counts.BACK,))
            return self.env._("The goods of %(transfer)s have not come back", transfer=names)
        if event_code == "return.stored":
            names = self._open_transfers(order, ("put_away", return_counts.BACK))
            return self.env._("%(transfer)s has to be put away", transfer=names)
        if event_code == "return.replaced":
            names = self._open_transfers(order, return_counts.NEW)
            return self.env._("The exchange %(transfer)s has to be shipped", transfer=names)
        refunds = [RETURN.invoice(*row) for row in order["invoices"]]
        if event_code == "return.credited":
            if any(refund.state == "draft" for refund in refunds):
                return self.env._("The credit note is a draft: it has to be posted")
            if refunds:
                return self.env._("A part of the goods is on no credit note")
            return self.env._("The credit note has to be made and posted")
        if event_code == "return.refunded":
            if due := unpaid(refunds):
                return self.env._("The money of %(refund)s has to be returned", refund=due[0].name)
            return self.env._("The money has to be returned")
        return None

    @api.model
    def _open_transfers(self, order, roles):
        """:return: the name of the first open transfer of these roles, else that of the return"""
        transfers = (RETURN.picking(*row) for row in order["pickings"])
        names = (t.name for t in transfers if t.role in roles and t.state not in CLOSED_PICKINGS)
        return next(names, order["name"])

    def _headline(self):
        """A return is no order."""
        self.ensure_one()
        if self.res_model == RETURN.model and self.state == "completed":
            return self.env._("Everything of this return is done")
        if self.res_model == RETURN.model and self.state != "in_progress":
            return self.env._("This return was cancelled, or sent to the customer again")
        return super()._headline()

    def _breach_text(self, now):
        if self.res_model != RETURN.model:
            return super()._breach_text(now)
        beside = self._due_beside()
        step = beside or self.waits_for_step_id
        values = {
            "late": self._deadline_words(self.due_at, now, self.company_id.partner_id.tz or "UTC"),
            "step": step.waiting_name or step.name,
            "on": self.waits_on or self.env._("nobody that is known"),
            "why": self.reason or "",
        }
        if beside:
            return self.env._("This return is %(late)s: waiting for %(step)s.", **values)
        return self.env._(
            "This return is %(late)s: waiting for %(step)s, on %(on)s. %(why)s", **values
        ).strip()

    def _advice(self, problem, works):
        if self.res_model == RETURN.model and self.state != "in_progress":
            return self.env._("Nothing to do"), self.env._("%(what)s.", what=self._headline())
        return super()._advice(problem, works)
