"""Working on a batch of claimed messages."""

import logging
import time
from dataclasses import replace

from psycopg2 import InterfaceError, OperationalError

from odoo import models
from odoo.tools import SQL

from ..instrumentation import log_writer

_logger = logging.getLogger(__name__)

# So many messages are sent before their lines are written to the log: a kill takes no more.
FLUSH_EVERY = 8


class IntegrationMessage(models.Model):
    """The work of a batch; what is not worked on waits again as if never claimed."""

    _inherit = "integration.message"

    def _work_batch(self, seconds):
        """Handle claimed messages of one inbound flow and settle them in one transaction; commits.

        Messages for which no time was left, and all of them when one fails, are given back.

        :param float seconds: no further message is begun after so long
        :return: number of messages that were settled
        """
        flow = self.flow_id
        try:
            messages = self._lock_claims()
            observations = messages._handle_all(time.monotonic() + seconds)
            messages[len(observations) :]._give_back()
            flow._commit_step()
        except InterfaceError:
            # The connection is gone: nothing can be written, the sweep takes the claims back.
            raise
        except Exception as error:  # noqa: BLE001 - alone each message shows what is wrong with it
            if self.env.cr.closed or (isinstance(error, OperationalError) and not error.pgcode):
                raise
            _logger.info("Messages %s: tried one by one: %s", self.ids, error)
            flow._rollback_step()
            self._give_back()
            flow._commit_step()
            return 0
        for observation in observations:
            log_writer.record(self.env, observation)
        return len(observations)

    def _work_in_turn(self, seconds):
        """Send claimed messages of one outbound flow one after the other; commits.

        What is left when one fails, or when the time is over, is given back.

        :param float seconds: no further message is begun after so long
        :return: tuple (number of messages that were worked on, whether the last one failed)
        """
        until = time.monotonic() + seconds
        count, failed = 0, False
        for message in self:
            if failed or (count and time.monotonic() > until):
                break
            count += 1
            failed = not message._work(attempt=1)
            if not count % FLUSH_EVERY:
                log_writer.flush()
        if count < len(self):
            self[count:]._give_back()
            self.flow_id._commit_step()
        return count, failed

    def _lock_claims(self):
        """Lock the rows for this transaction: the lock tells the sweep that work is going on.

        :return: the messages whose claim is still ours, in their order
        """
        self.env.cr.execute(
            SQL(
                """SELECT id FROM integration_message
                    WHERE id IN %s AND state = 'processing' AND attempt_count = 1
                    ORDER BY id FOR NO KEY UPDATE NOWAIT""",
                self._ids,
            )
        )
        ours = {row[0] for row in self.env.cr.fetchall()}
        return self.browse([message_id for message_id in self._ids if message_id in ours])

    def _handle_all(self, until):
        """Apply messages one after the other, and settle what was applied.

        :param float until: monotonic clock; no message but the first is begun later
        :return: the ``Observation`` of each that was settled, the first ones
        """
        documents, spent = {}, {}
        for message in self:
            began = time.monotonic()
            if documents and began > until:
                break
            with message._execution(attempt=1):
                handler = message.flow_id._handler()
                documents[message.id] = handler._handle(message, message._parsed_payload())
            spent[message.id] = time.monotonic() - began
        self.env.flush_all()
        observations = self.browse(documents)._settle_done(documents)
        return [replace(seen, duration_ms=spent[seen.message_id] * 1000) for seen in observations]

    def _give_back(self):
        """Let claimed messages wait again as if they had not been claimed: nobody tried them.

        A message that coalesces waits as a retry: another one for its record may wait by now.
        """
        if not self:
            return
        self.env.cr.execute(
            SQL(
                """UPDATE integration_message
                      SET state = CASE WHEN coalesce_key IS NULL THEN 'pending' ELSE 'retry' END,
                          attempt_count = 0, claimed_at = NULL, budget_at = NULL,
                          last_job_uuid = NULL
                    WHERE id IN %s AND state = 'processing' AND attempt_count = 1""",
                self._ids,
            )
        )
        self.invalidate_recordset()
