"""What working on a message reads of it; see ``integration_flow_load``."""

from typing import NamedTuple

from odoo import models
from odoo.tools import SQL

from . import integration_flow_load as flow_load

LOADED = {**flow_load.MESSAGE, **flow_load.LOADED}
COLUMNS = flow_load.columns(LOADED)


class Known(NamedTuple):
    """What a claim knows of its message, its flow and its endpoint."""

    version: str
    row: list


class IntegrationMessage(models.Model):
    _inherit = "integration.message"

    def _known_of_claim(self, turn):
        """Remember over the commit what the claim of this message read.

        :param turn: the ``Turn`` that claimed it
        :return: ``Known``; None when it has to be read
        """
        if not turn.claimed:
            return None
        version, *message = turn.claimed
        values = dict(zip(flow_load.MESSAGE["m"][1], message, strict=True))
        flow = self.env["integration.flow"].browse(values["flow_id"])
        # The engine's own look at what the lane has read already.
        own = flow.sudo().endpoint_id
        if values["endpoint_id"] != (own.id or None):
            return None
        settings = flow_load.kept(self.env, flow_load.LOADED, {"f": flow, "e": own})
        return settings and Known(version, [*message, *settings])

    def _load_known(self, known):
        """Lock the message for this transaction, as it was claimed.

        :param known: ``Known``
        :return: as :meth:`_load_for_work`; None also when somebody changed it since
        """
        self.env.cr.execute(
            SQL(
                """SELECT answer IS NOT NULL FROM integration_message
                    WHERE id = %s AND xmin = %s::xid FOR NO KEY UPDATE NOWAIT""",
                self.id,
                known.version,
            )
        )
        row = self.env.cr.fetchone()
        if row is None:
            return None
        flow_load.keep(self.env, LOADED, known.row)
        return row[0]

    def _load_for_work(self, attempt):
        """Lock a claimed message for this transaction, and read it, its flow and its endpoint.

        :param int attempt: the attempt that was claimed
        :return: whether a kept answer waits to be applied; None when the claim is not ours any
            more
        :raises psycopg2.errors.LockNotAvailable: somebody else holds the row
        """
        self.env.cr.execute(
            SQL(
                """SELECT m.answer IS NOT NULL, %s
                     FROM integration_message m
                     JOIN integration_flow f ON f.id = m.flow_id
                     LEFT JOIN integration_endpoint e ON e.id = m.endpoint_id
                    WHERE m.id = %s AND m.state = 'processing' AND m.attempt_count = %s
                      FOR NO KEY UPDATE OF m NOWAIT""",
                COLUMNS,
                self.id,
                attempt,
            )
        )
        row = self.env.cr.fetchone()
        if row is None:
            return None
        answered, *values = row
        flow_load.keep(self.env, LOADED, values)
        return answered
