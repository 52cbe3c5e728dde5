"""Which documents an outbound flow takes: company, warehouse, condition, handler."""

import logging
from ast import literal_eval

from psycopg2 import OperationalError

from odoo import api, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain

from ..tools.return_root import FLOW_EVENTS, RETURN
from ..tools.root import SALE

_logger = logging.getLogger(__name__)

# The document that an event speaks of, by the first word of the event's code.
EVENT_MODELS = {
    "sale": "sale.order",
    "picking": "stock.picking",
    "return": "stock.picking",
    "invoice": "account.move",
    "refund": "account.move",
    "payment": "account.payment",
    "stock": "product.product",
}
TRIGGER_EVENTS = (
    "invoice.paid",
    "invoice.partial",
    "invoice.posted",
    "payment.paid",
    "picking.cancelled",
    "picking.first.done",
    "picking.first.ready",
    "picking.in.done",
    "picking.out.done",
    "picking.pack.done",
    "refund.posted",
    *sorted(FLOW_EVENTS),
    "sale.cancelled",
    "sale.confirmed",
    "stock.changed",
)
UNDECIDED = "condition"


class IntegrationFlow(models.Model):
    """A condition that cannot be judged holds messages back; it never stops a document."""

    _inherit = "integration.flow"

    @api.model
    def _trigger_events(self):
        """:return: the codes of the events that documents report; a hook"""
        return TRIGGER_EVENTS

    @api.model
    def _event_model(self, code):
        """:return: the model of the documents that an event speaks of, or None; a hook"""
        return EVENT_MODELS.get(code.partition(".")[0])

    @api.model
    def _event_root(self, code):
        """Return the model of the root whose transactions an event is of, or None; a hook.

        A return is a document of its order, too, as a dropship is of the order that it is for.
        """
        if not code:
            return None
        return RETURN.model if code.startswith("return.") else SALE.model

    @api.constrains("trigger_event", "direction")
    def _check_trigger_event(self):
        """An event that never comes would send nothing, and nobody would know."""
        for flow in self.filtered("trigger_event"):
            if flow.trigger_event not in self._trigger_events():
                raise ValidationError(
                    self.env._(
                        "No document reports the event “%(event)s”. Choose one of: %(events)s.",
                        event=flow.trigger_event,
                        events=", ".join(sorted(self._trigger_events())),
                    )
                )

    @api.constrains("trigger_domain", "trigger_event", "handler")
    def _check_trigger_domain(self):
        """A domain that fails would do so when somebody confirms an order: try it on a document."""
        for flow in self.filtered("trigger_domain"):
            model = self._event_model(flow.trigger_event or "")
            try:
                domain = Domain(literal_eval(flow.trigger_domain))
                if model:
                    # Any document will do, also one that the administrator may not read.
                    documents = self.env[model].sudo()
                    domain.validate(documents)
                    flow._matching(documents.search([], limit=1) or documents.new({}))
            except (ValueError, SyntaxError, TypeError, KeyError, AttributeError) as error:
                raise ValidationError(
                    self.env._(
                        "The condition of flow “%(flow)s” cannot be used: %(error)s. Write it like "
                        "[('priority', '=', '1')], with values of the fields' own kinds.",
                        flow=flow.name,
                        error=error,
                    )
                ) from error

    def _filter_trigger(self, records):
        """Keep the documents of the flow's company and warehouses that match its condition.

        :return: (documents, whether the condition could be judged); all documents of company and
            warehouses when it could not
        """
        self.ensure_one()
        records = records.sudo()
        if "company_id" in records._fields:
            records = records.filtered(
                lambda r: r.company_id in (self.company_id, r.company_id.browse())
            )
        if self.warehouse_ids and records._name != "product.product":  # products lie anywhere
            records = records.filtered(lambda r: self._warehouse_of(r) in self.warehouse_ids)
        try:
            return self._matching(records), True
        except OperationalError:
            # A conflict is repeated by whoever began the transaction; a lost connection is lost.
            raise
        except Exception as error:
            # Somebody saves a document: a mistake in a flow must not stop that.
            _logger.warning("Flow %s: its condition failed", self.code, exc_info=True)
            self._report_condition(error)
            return records, False

    def _matching(self, records):
        """Return the records that fit condition and handler; raises whatever these raise."""
        if not records:
            return records
        if self.trigger_domain:
            domain = Domain(literal_eval(self.trigger_domain))
            with self.env.cr.savepoint(flush=False):  # a statement that fails ends here
                records = records.filtered_domain(domain)
        return self._handler()._wanted(self, records) if records else records

    def _warehouse_of(self, record):
        """:return: the warehouse of a document, or an empty recordset"""
        if "warehouse_id" in record._fields:
            return record.warehouse_id
        if "picking_type_id" in record._fields:
            return record.picking_type_id.warehouse_id
        return self.env["stock.warehouse"]

    def _report_condition(self, error):
        """Tell somebody that messages wait for a condition to be corrected."""
        self.env["integration.exception"]._open(
            [
                {
                    "name": self.env._("%(flow)s: its condition cannot be judged", flow=self.name),
                    "dedupe_key": f"condition:{self.id}",
                    "category": "technical",
                    "error_class": "business",
                    "error_message": self.env._(
                        "The condition of flow “%(flow)s” failed: %(error)s. The messages that it "
                        "should judge are held. Correct the condition on the flow: those that fit "
                        "are sent then, the others are cancelled.",
                        flow=self.name,
                        error=f"{type(error).__name__}: {error}",
                    ),
                    "flow_id": self.id,
                }
            ]
        )

    def _judge_undecided(self):
        """Decide on the messages that a failing condition held back, now that it was corrected."""
        held = self.env["integration.message"].search(
            [
                ("flow_id", "in", self.ids),
                ("state", "=", "pending"),
                ("hold_reason", "=", UNDECIDED),
            ]
        )
        for (flow, model), messages in held.grouped(lambda m: (m.flow_id, m.res_model)).items():
            documents = self.env[model].sudo().browse(messages.mapped("res_id")).exists()
            try:
                fitting = flow._matching(documents)
            except Exception:
                # Still wrong: the exception stays open and the messages wait on.
                _logger.warning("Flow %s: its condition fails still", flow.code, exc_info=True)
                continue
            sent = messages.filtered(lambda m, ids=frozenset(fitting.ids): m.res_id in ids)
            hold = flow._hold_reason()
            sent.write({"held": bool(hold), "hold_reason": hold})
            (messages - sent).write({"state": "cancelled", "held": False, "hold_reason": False})
            messages.transaction_id._refresh_blame()
            flow._wake()
        keys = [f"condition:{flow.id}" for flow in self - held.flow_id] + [
            f"condition:{flow.id}"
            for flow in held.flow_id
            if not held.filtered(lambda m, f=flow: m.flow_id == f and m.hold_reason == UNDECIDED)
        ]
        self.env["integration.exception"].search(
            [("is_open", "=", True), ("dedupe_key", "in", keys)]
        )._resolve()
