"""Replaying what shops send and take: orders and stock levels."""

from odoo import models

from ..tools.errors import IntegrationError
from ..tools.replay import GUARDED, Verdict


class IntegrationHandlerShopOrder(models.AbstractModel):
    """An order exists once: a replay makes it, compares with it, or is refused."""

    _inherit = "integration.handler.shop.order"

    def _replay_documents(self, messages):
        """Find orders by the shop's id, also for messages that never got one: two queries."""
        found = super()._replay_documents(messages)
        keys = {}
        for message in messages:
            shop = self._replay_shop(message)
            if shop:
                keys[message.id] = (message.system_id.id, shop.external_id)
        orders = self.env["sale.order"].search(
            [
                ("integration_system_id", "in", messages.system_id.ids),
                ("integration_external_key", "in", [key for _system, key in keys.values()]),
            ]
        )
        by_key = {(o.integration_system_id.id, o.integration_external_key): o for o in orders}
        for message_id, key in keys.items():
            # The order that stands for the shop's now, not the one the message once made.
            if key in by_key:
                found[message_id] = by_key[key]
        return found

    def _replay_shop(self, message):
        """:return: the ``ShopOrder`` of a message, or None when it cannot be read"""
        try:
            return self._parse(message._parsed_payload())
        except IntegrationError:
            return None

    def _replay_states(self):
        return ("none", "draft", "confirmed", "changed", "older", *GUARDED)

    def _replay_state(self, message, document):
        state = super()._replay_state(message, document)
        if state != "open":
            return state
        shop = self._replay_shop(message)
        known = document.integration_external_updated_at
        if shop and known and shop.updated_at and shop.updated_at < known:
            return "older"
        if shop and document.integration_external_digest != shop.digest():
            return "changed"
        return "draft" if document.state in ("draft", "sent") else "confirmed"

    def _replay_verdict(self, message, document, *, new_key=False):
        """An order that agrees with the message is left alone."""
        state = self._replay_state(message, document)
        if state == "none":
            return Verdict("replay", state, self.env._("Makes the order."))
        if state in GUARDED:
            return self._guard_verdict(state, document)
        name = document.display_name
        if state == "draft":
            text = self.env._("Confirms %s if the shop says so and the flow confirms.", name)
            return Verdict("replay", state, text)
        if state == "older":
            text = self.env._("%s follows a newer version of the shop already.", name)
            return Verdict("skip", state, text)
        if state == "changed":
            text = self.env._("%s differs from the message; change it by hand.", name)
            return Verdict("refuse", state, text, overridable=True)
        return Verdict("skip", state, self.env._("%s agrees with the message already.", name))


class IntegrationHandlerShopStock(models.AbstractModel):
    """A replay pushes the level of now, never an old one."""

    _inherit = "integration.handler.shop.stock"

    def _replay_states(self):
        return ("none", "open", "archived", "deleted")

    def _replay_state(self, message, document):
        state = super()._replay_state(message, document)
        return "archived" if state == "open" and not document.active else state

    def _replay_verdict(self, message, document, *, new_key=False):
        """Levels may be told any number of times."""
        state = self._replay_state(message, document)
        if state in ("none", "deleted"):
            return Verdict("refuse", state, self.env._("There is no product to tell of."))
        if state == "archived":
            text = self.env._("%s is archived.", document.display_name)
            return Verdict("refuse", state, text, overridable=True)
        return Verdict("replay", state, self.env._("Sends the level of this moment."))
