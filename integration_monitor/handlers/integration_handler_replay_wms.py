"""Replaying what goes to and comes from a warehouse system."""

from odoo import models

from ..tools.replay import GUARDED, Verdict


class IntegrationHandlerWmsRelease(models.AbstractModel):
    """The same release with the same key is harmless; with a new key it ships twice."""

    _inherit = "integration.handler.wms.release"

    def _replay_states(self):
        return (
            "none",
            "waiting",
            "ready",
            "released",
            "shipped",
            "cancelled",
            "invoiced",
            "deleted",
        )

    def _replay_state(self, message, document):
        state = super()._replay_state(message, document)
        if state != "open":
            return state
        if document.integration_release_ref:
            return "released"
        return "ready" if document.state == "assigned" else "waiting"

    def _replay_verdict(self, message, document, *, new_key=False):
        """Only what is reserved may be released."""
        state = self._replay_state(message, document)
        if state == "none":
            return Verdict("refuse", state, self.env._("The message names no transfer."))
        if state in GUARDED:
            return self._guard_verdict(state, document)
        name = document.display_name
        if state == "waiting":
            text = self.env._("%s is not reserved: there would be nothing to ship.", name)
            return Verdict("refuse", state, text, overridable=True)
        if state == "released" and new_key:
            text = self.env._("%s is released: with a new key the warehouse ships it twice.", name)
            return Verdict("refuse", state, text, overridable=True)
        if state == "released":
            return Verdict("replay", state, self.env._("The warehouse knows the key: no change."))
        return Verdict("replay", state, self.env._("Releases %s.", name))


class IntegrationHandlerWmsShipment(models.AbstractModel):
    """A shipment counts once."""

    _inherit = "integration.handler.wms.shipment"

    def _replay_documents(self, messages):
        """Find transfers by the name in the shipment, also for messages that never got one."""
        found = super()._replay_documents(messages)
        names = {message.id: self._replay_data(message).get("reference") for message in messages}
        for flow, group in messages.grouped("flow_id").items():
            wanted = sorted({name for m in group if isinstance(name := names[m.id], str)})
            domain = self._transfer_domain(flow, "")
            domain = [("name", "in", wanted) if leaf[0] == "name" else leaf for leaf in domain]
            pickings = self.env["stock.picking"].search(domain) if wanted else ()
            by_name = {picking.name: picking for picking in pickings}
            for message in group:
                if names[message.id] in by_name:
                    found[message.id] = by_name[names[message.id]]
        return found

    def _replay_data(self, message):
        """:return: the shipment in the message, a dict; empty when it cannot be read"""
        payload = self._replay_payload(message)
        data = payload.get("data") if isinstance(payload, dict) else None
        return data if isinstance(data, dict) else {}

    def _replay_states(self):
        return ("none", "open", "applied", "shipped", "cancelled", "invoiced", "deleted")

    def _replay_state(self, message, document):
        state = super()._replay_state(message, document)
        shipment = self._replay_data(message).get("shipment_id")
        if state in ("shipped", "invoiced") and shipment:
            done_with = document.integration_shipment_ref
            return "applied" if document.state == "done" and done_with == shipment else state
        return state

    def _replay_verdict(self, message, document, *, new_key=False):
        """A shipment that was applied changes nothing; another one is refused."""
        state = self._replay_state(message, document)
        if state == "applied":
            text = self.env._("%s is done with this very shipment.", document.display_name)
            return Verdict("skip", state, text)
        if state in GUARDED:
            return self._guard_verdict(state, document)
        if state == "none":
            return Verdict("replay", state, self.env._("Looks for the transfer again."))
        text = self.env._("Does %s with the shipped quantities.", document.display_name)
        return Verdict("replay", state, text)
