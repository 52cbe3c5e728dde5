"""A message whose attempt may have had an effect stays with the endpoint that may have had it."""

from odoo import fields, models

from ..tools.fallback import may_have_taken_effect


class IntegrationMessage(models.Model):
    """Remembers where the outcome of an attempt is unknown."""

    _inherit = "integration.message"

    bound_endpoint_id = fields.Many2one(
        "integration.endpoint",
        string="Bound To",
        readonly=True,
        index="btree_not_null",
        help="An attempt there may have taken effect. It is repeated there only, where the same "
        "key tells that it is a repetition.",
    )

    _bound_idx = models.Index(
        "(flow_id, bound_endpoint_id) WHERE bound_endpoint_id IS NOT NULL"
        " AND state IN ('pending', 'retry')"
    )

    def _keeps_to_endpoint(self, failure):
        """:return: whether the next attempt must go to the same endpoint as this failed one"""
        if self.flow_id.fallback_shared_keys:
            return False
        return bool(self.bound_endpoint_id) or may_have_taken_effect(failure)

    def _bound_values(self, failure):
        """:return: the values that bind the message after a failed attempt

        The first endpoint with an unknown outcome counts. A message without fallback is bound as
        well: its flow may get one while it waits.
        """
        if self.direction != "outbound" or self.bound_endpoint_id or self.answer:
            return {}
        if not may_have_taken_effect(failure):
            return {}
        return {"bound_endpoint_id": self.endpoint_id.id}

    def _way_values(self, endpoint_id):
        """:return: the values that send the message where its flow sends to at present

        :param int endpoint_id: that endpoint; not for what may have had an effect elsewhere
        """
        if self.direction != "outbound" or self.bound_endpoint_id or self.answer:
            return {}
        return {"endpoint_id": endpoint_id}

    def _exception_endpoint(self):
        """:return: the values of an exception that name where the message was sent"""
        endpoint = self.endpoint_id
        if not endpoint:
            return {}
        return {"endpoint_id": endpoint.id, "system_id": endpoint.system_id.id}
