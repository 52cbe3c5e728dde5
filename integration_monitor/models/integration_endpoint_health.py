"""Health of endpoints, pausing them, and trying the connection."""

from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import SQL

from ..instrumentation import log_writer
from ..tools.client_actions import RELOAD, notification
from ..tools.endpoint_health import DEGRADED_AFTER, DOWN_AFTER, FAILING_SHARE, HEALTH_CLASSES
from ..tools.errors import IntegrationError
from .integration_endpoint_sign_in import FRESH

# A success is stamped at most this often: lanes of one endpoint must not queue for its row.
STAMP_SECONDS = 30


class IntegrationEndpoint(models.Model):
    """What calls tell about the endpoint, and the buttons of its form."""

    _inherit = "integration.endpoint"

    @api.constrains("connect_timeout", "read_timeout", "deadline_seconds", "max_response_kb")
    def _check_limits(self):
        """Refuse limits that would let one call hold a worker for minutes."""
        for endpoint in self:
            times = (endpoint.connect_timeout, endpoint.read_timeout, endpoint.deadline_seconds)
            if min(times) <= 0 or endpoint.deadline_seconds > 120 or endpoint.max_response_kb < 1:
                raise ValidationError(
                    self.env._(
                        "Timeouts must be longer than zero, the deadline 120 seconds at most, and "
                        "the largest answer 1 kB at least."
                    )
                )

    def _note_outcome(self, failure=None):
        """Let one call count for the health of the endpoint and its system.

        Writes only when something changes, and leaves a row alone that another lane has locked.

        :param failure: the ``IntegrationError`` of the call, or None for a success
        """
        if not self or (failure is not None and failure.error_class not in HEALTH_CLASSES):
            return
        self.ensure_one()
        now = fields.Datetime.now()
        endpoint = self.sudo()  # health is the engine's, whoever made the call
        if failure is None and endpoint.failure_streak == 0 and endpoint.health == "up":
            stamped = endpoint.last_success_at
            if stamped and now - stamped < timedelta(seconds=STAMP_SECONDS):
                return
        if not endpoint._try_lock():
            return
        if failure is None:
            if endpoint.failure_streak:
                endpoint._sign_in_works()
            endpoint.write({"failure_streak": 0, "last_success_at": now})
            # One good call among many failures is no recovery: the sweep tells when it is.
            failing = endpoint.failing_share >= FAILING_SHARE and endpoint.health == "degraded"
            changed = not failing and endpoint._set_health("up")
        else:
            streak = endpoint.failure_streak + 1
            endpoint.write({"failure_streak": streak, "last_failure_at": now})
            reason = (failure.message or "")[:250]
            changed = False
            if streak >= DOWN_AFTER or failure.error_class == "auth":
                changed = endpoint._set_health("down", reason)
            elif streak >= DEGRADED_AFTER:
                changed = endpoint._set_health("degraded", reason)
        if changed:
            endpoint.system_id._refresh_health()

    def _try_lock(self):
        """:return: whether this transaction could lock the endpoint's row without waiting"""
        self.env.cr.execute(
            SQL(
                "SELECT 1 FROM integration_endpoint WHERE id = %s FOR NO KEY UPDATE SKIP LOCKED",
                self.id,
            )
        )
        return bool(self.env.cr.fetchone())

    def _hold_waiting(self):
        """Show the waiting messages of a paused endpoint as held."""
        self.sudo().flow_ids._sync_holds()

    def _wake_after_resume(self):
        """Let the flows of a resumed endpoint go on."""
        self.sudo().flow_ids._wake_after_resume()

    def action_test_connection(self):
        """Read the health path with the endpoint's own sign-in and tell what came of it.

        :return: a notification
        """
        failure, message = self._probe()
        works = failure is None
        return notification(
            message,
            "success" if works else "danger",
            title=self.env._("Connection works") if works else self.env._("No connection"),
            sticky=not works,
            then=RELOAD,
        )

    def _probe(self):
        """Read the health path, signing in as each call does; counts for the health.

        :return: tuple (``IntegrationError`` or None, what came of it in words)
        """
        self.ensure_one()
        self._check_may_switch()
        failure = None
        try:
            # A person asks: also when the partner refused our client a moment ago.
            response = self.with_context(**{FRESH: True})._call("GET", self.health_path or "")
        except IntegrationError as error:
            failure = error
        log_writer.flush()
        self._note_outcome(failure)
        if failure is not None:
            return failure, failure.message
        return None, self.env._(
            "The partner answered with status %(status)s in %(ms)s ms.",
            status=response.status,
            ms=round(response.elapsed_ms),
        )

    def action_open_flows(self):
        """Open the flows that use this endpoint."""
        return self._open_related("integration_monitor.action_integration_flow")

    def action_open_messages(self):
        """Open the messages of this endpoint."""
        return self._open_related("integration_monitor.action_integration_message")

    def action_open_exceptions(self):
        """Open the exceptions of this endpoint."""
        return self._open_related("integration_monitor.action_integration_exception")

    def _open_related(self, xmlid):
        """:return: the action, narrowed to this endpoint"""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(xmlid)
        action["domain"] = [("endpoint_id", "=", self.id)]
        action["context"] = {}
        return action
