"""Whom a breaker that opens or closes tells: the log, and the one who has to act."""

from odoo import models

from ..instrumentation import log_writer
from ..tools import breaker
from ..tools.observation import Observation


class IntegrationEndpoint(models.Model):
    """An open breaker is one exception, however many messages wait behind it."""

    _inherit = "integration.endpoint"

    def _tell_breaker(self, state, reason, error_class):
        """Record that the breaker opened or closed; open the exception, or close it.

        :param state: the ``State`` that follows
        :param str reason: for a person, or None
        :param error_class: kind of the failure that opened it, or None
        """
        self.ensure_one()
        opened = state.state == breaker.OPEN
        log_writer.record(
            self.env,
            Observation(
                kind="monitor",
                # What failed are the calls; that we stop calling is no failure of its own.
                outcome="ok",
                operation="breaker.open" if opened else "breaker.close",
                system_id=self.system_id.id,
                endpoint_id=self.id,
                company_id=self.company_id.id,
                user_id=self.env.uid,
                error_message=reason or None,
            ),
        )
        Exceptions = self.env["integration.exception"].sudo()  # the engine's own, whoever calls
        key = f"breaker:{self.id}"
        if not opened:
            Exceptions.search([("is_open", "=", True), ("dedupe_key", "=", key)])._resolve("auto")
        elif not state.forced:
            Exceptions._open(
                [
                    {
                        "name": self.env._("%(endpoint)s does not answer", endpoint=self.name),
                        "dedupe_key": key,
                        "category": "technical",
                        "error_class": error_class or "unknown",
                        "error_message": reason,
                        "endpoint_id": self.id,
                        "system_id": self.system_id.id,
                        "company_id": self.company_id.id,
                    }
                ]
            )
