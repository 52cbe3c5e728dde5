"""How fast an endpoint gets what collected while it could not be called."""

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..tools.flow_control import Rate

# A lane that sleeps between two messages of a slow pace catches up on so many seconds.
SPARE_SECONDS = 5.0


class IntegrationEndpoint(models.Model):
    """The pace of draining: one bucket of tokens, shared by all lanes of the endpoint."""

    _inherit = "integration.endpoint"

    drain_pace = fields.Integer(
        string="Pace of Draining",
        default=0,
        tracking=True,
        help="Messages per minute, of all flows together, while what collected is sent after an "
        "outage, a maintenance or a pause. New messages are not slowed down. 0: as fast as the "
        "calls at once and the rate limit allow.",
    )

    _drain_pace_range = models.Constraint(
        "CHECK (drain_pace >= 0)",
        "The pace of draining is 0 (as fast as possible) or the number of messages per minute.",
    )

    @api.constrains("drain_pace", "rate_limit", "rate_period")
    def _check_drain_pace(self):
        """A pace that the rate limit never lets through promises what does not happen."""
        for endpoint in self:
            rate = endpoint._rate()
            if rate and endpoint.drain_pace > rate.per_second * 60:
                raise ValidationError(
                    self.env._(
                        "“%(endpoint)s” takes %(limit)s messages a minute at most, so it cannot be "
                        "drained at %(pace)s: lower the pace of draining or raise the rate limit.",
                        endpoint=endpoint.name,
                        limit=round(rate.per_second * 60),
                        pace=endpoint.drain_pace,
                    )
                )

    def _pace(self):
        """:return: the ``Rate`` of draining, or None when none is declared"""
        return Rate(self.drain_pace, 60.0, spare=SPARE_SECONDS) if self.drain_pace else None


class IntegrationFlow(models.Model):
    """The pace, as the lanes keep it."""

    _inherit = "integration.flow"

    def _set_pace(self, turn, now):
        """Let the turn know what has to go slowly.

        :param datetime now: UTC
        """
        endpoint = self._turn_endpoint(turn)
        turn.pace = endpoint._pace()
        turn.waited_until = self._working_since(endpoint, now) if turn.pace else None

    def _within_pace(self, turn, claim):
        """Take a token for a claimed message that waited for the endpoint.

        In the claiming transaction: without a token the claim is rolled back, and tried again
        when there is one.

        :param claim: as :meth:`_within_budget` takes it
        :return: whether the message may go now
        """
        if turn is None or turn.waited_until is None:
            return True
        answered, received_at = claim[3:]
        turn.paced = not answered and received_at < turn.waited_until
        return not turn.paced or self._take(turn, turn.pace, "pace")

    def _has_pace_for(self, turn, message_id):
        """Look, without taking a token, whether the pace of draining lets a message go now.

        :param turn: the ``Turn`` in which it would be claimed
        """
        if turn.waited_until is None:
            return True
        message = self.env["integration.message"].sudo().browse(message_id)  # the engine's
        if message.answer or message.received_at >= turn.waited_until:
            return True
        # Tokens belong to the engine.
        bucket = self.env["integration.endpoint.bucket"].sudo()
        return bucket._has_token(turn.endpoint_id, turn.pace, "pace")
