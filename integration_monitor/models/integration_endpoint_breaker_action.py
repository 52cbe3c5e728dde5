"""Opening, closing and resetting a breaker by hand."""

from odoo import api, models
from odoo.exceptions import UserError

from ..tools import breaker


class IntegrationEndpoint(models.Model):
    """What operators do with a breaker; each with a reason, kept in the endpoint's history."""

    _inherit = "integration.endpoint"

    def action_open_breaker(self):
        """Ask for the reason, then stop all calls until a person closes the breaker."""
        return self._breaker_wizard("open")

    def action_close_breaker(self):
        """Ask for the reason, then let the waiting messages go."""
        return self._breaker_wizard("close")

    def action_reset_breaker(self):
        """Ask for the reason, then forget failures, cool-downs and the partner's own pause."""
        return self._breaker_wizard("reset")

    def _breaker_wizard(self, operation):
        """:return: the action that asks for the reason"""
        self._check_may_switch()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Circuit Breaker"),
            "res_model": "integration.breaker.switch",
            "view_mode": "form",
            "target": "new",
            "context": {
                "default_endpoint_ids": self.ids,
                "default_operation": operation,
            },
        }

    @api.private
    def _switch_breaker(self, operation, reason):
        """Open, close or reset the breakers, as a person who may.

        :param str operation: open (no probes, until a person closes it), close, or reset
            (close, and forget what the partner asked for)
        :param str reason: why, in the person's words
        """
        self._check_may_switch()
        reason = (reason or "").strip()
        if not reason:
            raise UserError(self.env._("Say why: others will want to know."))
        said = self.env._("%(user)s: %(reason)s", user=self.env.user.name, reason=reason)
        words = {
            "open": self.env._("Circuit breaker opened by hand. %(said)s", said=said),
            "close": self.env._("Circuit breaker closed by hand. %(said)s", said=said),
            "reset": self.env._("Circuit breaker reset by hand. %(said)s", said=said),
        }
        # An operator may stop and start an exchange, though not configure it.
        for endpoint in self.sudo():
            before = endpoint._breaker()
            if operation == "open":
                after = breaker.force_open(before)
            else:
                after = breaker.close(before)
            endpoint._set_breaker(before, after, said)
            if operation == "reset" and endpoint.throttled_until:
                endpoint.throttled_until = False
            endpoint.message_post(body=words[operation], author_id=self.env.user.partner_id.id)
        self.sudo()._after_gate_change()

    def action_test_connection(self):
        """A partner that answers a person's test is tried no further: the breaker closes."""
        result = super().action_test_connection()
        if result["params"]["type"] == "success":
            self._close_breaker_after_test()
        return result

    def _close_breaker_after_test(self):
        """Let what waits go: the partner answered a person. :return: whether that closed it"""
        endpoint = self.sudo()  # the engine's own notes
        if endpoint.breaker_state == "closed" or endpoint.breaker_forced:
            return False
        endpoint._set_breaker(endpoint._breaker(), breaker.close(endpoint._breaker()))
        endpoint._after_gate_change()
        return True

    def write(self, vals):
        """A breaker that is switched off holds nothing any more."""
        result = super().write(vals)
        if vals.get("breaker_enabled") is False:
            tripped = self.filtered(lambda e: e.breaker_state != "closed" and not e.breaker_forced)
            for endpoint in tripped:
                endpoint._set_breaker(endpoint._breaker(), breaker.close(endpoint._breaker()))
            tripped._after_gate_change()
        return result
