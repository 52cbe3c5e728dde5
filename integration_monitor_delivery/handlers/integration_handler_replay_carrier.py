"""Replaying what goes to and comes from a carrier."""

from odoo import models

from odoo.addons.integration_monitor.tools.replay import GUARDED, Verdict

from ..tools.tracking import parse_tracking_event


class IntegrationHandlerCarrierBooking(models.AbstractModel):
    """A parcel is booked once; a new key buys a second label."""

    _inherit = "integration.handler.carrier.booking"

    def _replay_states(self):
        return ("none", "open", "shipped", "booked", "cancelled", "invoiced", "deleted")

    def _replay_state(self, message, document):
        state = super()._replay_state(message, document)
        if state in ("shipped", "invoiced") and document.carrier_tracking_ref:
            return "booked"
        return state

    def _replay_verdict(self, message, document, *, new_key=False):
        """Shipped is what a booking needs; what is booked already needs none."""
        state = self._replay_state(message, document)
        if state == "none":
            return Verdict("refuse", state, self.env._("The message names no delivery."))
        name = document.display_name if document else ""
        if state == "open":
            return Verdict("skip", state, self.env._("%s is not shipped yet.", name))
        if state == "shipped":
            return Verdict("replay", state, self.env._("Books %s.", name))
        if state == "booked" and new_key:
            text = self.env._("%s is booked: a new key buys a second label.", name)
            return Verdict("refuse", state, text, overridable=True)
        if state == "booked":
            return Verdict("skip", state, self.env._("%s is booked already.", name))
        return self._guard_verdict(state, document)


class IntegrationHandlerCarrierTracking(models.AbstractModel):
    """A parcel only moves on: an event that is behind it changes nothing."""

    _inherit = "integration.handler.carrier.tracking"

    def _replay_documents(self, messages):
        """Find deliveries by the number in the event, also for messages that never got one."""
        found = super()._replay_documents(messages)
        codes = {}
        for message in messages:
            event = self._replay_event(message)
            if event:
                codes[message.id] = event.tracking_code
        pickings = self.env["stock.picking"].search(
            [
                ("company_id", "in", messages.company_id.ids),
                ("picking_type_code", "=", "outgoing"),
                ("carrier_tracking_ref", "in", sorted(set(codes.values()))),
            ]
        )
        by_code = {(p.company_id.id, p.carrier_tracking_ref): p for p in pickings}
        for message in messages:
            key = (message.company_id.id, codes.get(message.id))
            if key in by_code:
                found[message.id] = by_code[key]
        return found

    def _replay_event(self, message):
        """:return: the ``TrackingEvent`` of a message, or None when it cannot be read"""
        try:
            return parse_tracking_event(self._replay_payload(message))
        except ValueError:
            return None

    def _replay_states(self):
        return ("none", "applied", "shipped", "cancelled", "invoiced", "deleted")

    def _replay_state(self, message, document):
        state = super()._replay_state(message, document)
        event = self._replay_event(message)
        if state not in ("shipped", "invoiced", "open") or not event:
            return state
        reached = self._parcel_rank(document, event.tracking_code)
        return "applied" if event.rank <= reached else state

    def _replay_verdict(self, message, document, *, new_key=False):
        """Shipped is what a parcel is while it is tracked."""
        state = self._replay_state(message, document)
        if state == "none":
            return Verdict("replay", state, self.env._("Looks for the delivery again."))
        if state == "applied":
            text = self.env._("%s has come as far already.", document.display_name)
            return Verdict("skip", state, text)
        if state in GUARDED and state != "shipped":
            return self._guard_verdict(state, document)
        text = self.env._("Moves %s on as the carrier reported.", document.display_name)
        return Verdict("replay", state, text)
