"""What reaches a step, chosen from lists and never typed."""

import re

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import ormcache

from ..tools.return_root import RETURN
from ..tools.stock_root import ACKNOWLEDGED, CHANGED, SENT, STOCK

MESSAGE_KINDS = ("message", "received")
MESSAGE_EVENT = re.compile(r"message\..+\.done")
#: What the step's own code stands for: whoever reports it names that.
BY_CODE = "external"


class IntegrationProcessStep(models.Model):
    """Choices of the editor; ``event_code`` and ``message_type`` follow from them."""

    _inherit = "integration.process.step"

    document_event = fields.Selection(
        selection="_selection_document_event",
        string="What Happens",
        compute="_compute_choices",
        inverse="_inverse_choices",
    )
    message_choice = fields.Selection(
        selection="_selection_message_choice",
        string="Kind of Message",
        compute="_compute_choices",
        inverse="_inverse_choices",
        help="The step is expected while an active flow of this kind covers the order's company "
        "and warehouse.",
    )
    external_choice = fields.Selection(
        selection="_selection_external_choice",
        string="What Is Reported",
        compute="_compute_choices",
        inverse="_inverse_choices",
    )
    reached_text = fields.Char(string="Reached By", compute="_compute_reached_text")

    @api.model
    def _document_events(self, root_model):
        """Return the events that the documents of a process report, in words by code; a hook.

        :param str root_model: the model of the document that owns the transactions
        """
        if root_model == RETURN.model:
            return self._return_events()
        if root_model == STOCK.model:
            return {
                CHANGED: self.env._("The stock of a product has changed"),
                SENT: self.env._("The channel was told the level"),
                ACKNOWLEDGED: self.env._("The channel has confirmed the level"),
            }
        if root_model != "sale.order":
            return {}
        return {
            "sale.created": self.env._("The order is there"),
            "sale.validated": self.env._("The order is checked: it came in, or was sent"),
            "sale.confirmed": self.env._("The order is confirmed"),
            "picking.first.ready": self.env._("All goods are reserved"),
            "picking.first.done": self.env._("All goods are picked"),
            "picking.pack.done": self.env._("All goods are packed"),
            "picking.out.done": self.env._("All deliveries have left"),
            "invoice.posted": self.env._("Everything is invoiced"),
            "invoice.paid": self.env._("All invoices are paid"),
        }

    @api.model
    def _return_events(self):
        return {
            "return.announced": self.env._("The return is there"),
            "return.received": self.env._("All goods have come back"),
            "return.stored": self.env._("All goods that came back are put away"),
            "return.replaced": self.env._("The exchange has left"),
            "return.credited": self.env._("All goods that came back are on credit notes"),
            "return.refunded": self.env._("All credit notes of the return are paid"),
        }

    @api.model
    def _selection_document_event(self):
        roots = self.env["integration.process"]._fields["root_model"].get_values(self.env)
        return [item for root in roots for item in self._document_events(root).items()]

    @api.model
    def _message_labels(self):
        """Return words for the kinds of messages that handlers of the suite know."""
        return {
            "shop.order": self.env._("Order from a shop"),
            "finance.credit": self.env._("Credit check"),
            "wms.release": self.env._("Release to a warehouse"),
            "wms.shipment": self.env._("Shipment confirmation of a warehouse"),
            "carrier.booking": self.env._("Booking with a carrier"),
            "carrier.tracking": self.env._("Tracking of a carrier"),
            "carrier.return": self.env._("Return label of a carrier"),
            "finance.invoice": self.env._("Invoice to the finance system"),
            "shop.stock": self.env._("Stock level for a shop"),
        }

    @api.model
    @ormcache("self.env.lang")
    def _selection_message_choice(self):
        """Kinds of messages: known ones, and whatever flows and steps name."""
        labels = self._message_labels()
        # Names of kinds alone, for the list of choices; nothing of the flows themselves.
        flows = self.env["integration.flow"].sudo().with_context(active_test=False)
        found = {kind for (kind,) in flows._read_group([], ["message_type"])}
        found |= {kind for (kind,) in self.sudo()._read_group([], ["message_type"])}
        others = sorted(kind for kind in found if kind and kind not in labels)
        return [
            *((kind, f"{label} ({kind})") for kind, label in labels.items()),
            *((kind, kind) for kind in others),
        ]

    @api.model
    def _selection_external_choice(self):
        return [
            ("tracking.in_transit", self.env._("The carrier has the parcels")),
            ("tracking.delivered", self.env._("The carrier has delivered the parcels")),
            (BY_CODE, self.env._("Whatever a system reports by the code of this step")),
        ]

    @api.depends("record_kind", "event_code", "message_type")
    def _compute_choices(self):
        documents = {code for code, _label in self._selection_document_event()}
        messages = {kind for kind, _label in self._selection_message_choice()}
        reports = {code for code, _label in self._selection_external_choice()}
        for step in self:
            kind, event = step.record_kind, step.event_code
            step.document_event = event if kind == "document" and event in documents else False
            step.message_choice = step.message_type if step.message_type in messages else False
            external = kind == "external" and event and (event if event in reports else BY_CODE)
            step.external_choice = external

    def _inverse_choices(self):
        for step in self:
            step.update(step._chosen())

    @api.onchange("record_kind", "document_event", "message_choice", "external_choice")
    def _onchange_choices(self):
        """Show what the choices lead to, also before they are saved."""
        self.update(self._chosen())

    @api.onchange("code")
    def _onchange_code(self):
        """Systems report by the code."""
        if self.record_kind == "external":
            self.update(self._chosen())

    def _chosen(self):
        """Return the values that follow from the choices."""
        self.ensure_one()
        message_type = self.message_choice
        if self.record_kind == "document":
            return {"event_code": self.document_event, "message_type": False}
        if self.record_kind in MESSAGE_KINDS:
            event = f"message.{message_type}.done" if message_type else False
            return {"event_code": event, "message_type": message_type}
        if self.external_choice == BY_CODE:
            event = self.code and f"{BY_CODE}.{self.code}"
            return {"event_code": event, "message_type": message_type}
        values = {"event_code": self.external_choice, "message_type": message_type}
        if self.external_choice:
            # The carrier's reports name the step.
            values["code"] = self.external_choice.partition(".")[2]
            values["message_type"] = message_type or "carrier.tracking"
        return values

    @api.depends("record_kind", "event_code", "message_type")
    @api.depends_context("lang")
    def _compute_reached_text(self):
        documents = dict(self._selection_document_event())
        messages = dict(self._selection_message_choice())
        reports = dict(self._selection_external_choice())
        for step in self:
            message = messages.get(step.message_type) or step.message_type or step.event_code
            if not step.event_code:
                text = False
            elif step.record_kind == "document":
                text = documents.get(step.event_code, step.event_code)
            elif step.record_kind == "message":
                text = self.env._("Sent: %s", message)
            elif step.record_kind == "received":
                text = self.env._("Came in: %s", message)
            else:
                text = reports.get(step.event_code) or self.env._(
                    "Reported by a system with the code %s", step.code
                )
            step.reached_text = text

    @api.constrains("record_kind", "event_code", "code")
    def _check_event(self):
        """Refuse events that never come, whoever writes them."""
        for step in self.filtered("event_code"):
            kind, event = step.record_kind, step.event_code
            documents = self._document_events(step.process_id.root_model)
            if kind == "document" and event not in documents:
                raise ValidationError(
                    self.env._(
                        "No document reports the event '%(event)s' of the step '%(step)s'. Choose "
                        "one of: %(events)s.",
                        event=event,
                        step=step.name,
                        events=", ".join(sorted(documents)),
                    )
                )
            if kind in MESSAGE_KINDS and not MESSAGE_EVENT.fullmatch(event):
                raise ValidationError(
                    self.env._(
                        "Choose the kind of message that reaches the step '%(step)s'.",
                        step=step.name,
                    )
                )
            if event.startswith("tracking.") and step.code != event.partition(".")[2]:
                raise ValidationError(
                    self.env._(
                        "Carriers report the step '%(step)s' by the code %(code)s: give it that "
                        "code.",
                        step=step.name,
                        code=event.partition(".")[2],
                    )
                )
