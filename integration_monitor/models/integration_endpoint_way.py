"""Flows that use an endpoint beside their own one."""

from odoo import fields, models


class IntegrationEndpoint(models.Model):
    """Other flows use the endpoint while their own one is out, or did so before."""

    _inherit = "integration.endpoint"

    fallback_flow_ids = fields.One2many("integration.flow", "fallback_endpoint_id")

    def _outbound_flows(self):
        """Also those that divert to this endpoint, and those with messages bound to it."""
        diverting = self.sudo().fallback_flow_ids.filtered(
            lambda flow: flow.active and flow.fallback == "endpoint"
        )
        return super()._outbound_flows() | diverting | self._bound_flows()

    def _bound_flows(self):
        """:return: the flows with messages that wait for this endpoint and may go nowhere else"""
        groups = (
            self.env["integration.message"]
            .sudo()  # messages of every user and company, or they would wait for ever
            ._read_group(
                [("bound_endpoint_id", "in", self.ids), ("state", "in", ("pending", "retry"))],
                ["flow_id"],
            )
        )
        return self.env["integration.flow"].sudo().union(*(flow for (flow,) in groups))

    def _shut(self, now):
        """Like ``_gate``, and also for what a person, or the environment, stops.

        :param datetime now: UTC
        :return: tuple (whether nothing may go there, when that ends by itself or None)
        """
        if self.state == "paused" or not self.active or self._environment_refusal():
            return True, None
        return self._gate(now)

    def _hold_waiting(self):
        """A paused endpoint sends its flows the other way, at once."""
        result = super()._hold_waiting()
        flows = self._outbound_flows()
        (flows - self.sudo().flow_ids)._sync_holds()
        diverting = flows.filtered(lambda flow: flow.fallback == "endpoint")
        diverting._sync_holds()
        diverting._wake()
        return result

    def _wake_after_resume(self):
        """Flows that use a resumed endpoint beside their own go on, too."""
        result = super()._wake_after_resume()
        (self._outbound_flows() - self.sudo().flow_ids)._wake_after_resume()
        return result
