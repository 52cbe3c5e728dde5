"""A message comes in: one durable insert, de-duplicated, and a wake-up."""

import hashlib
import uuid

from psycopg2 import IntegrityError, OperationalError, errorcodes

from odoo import fields, models
from odoo.tools import SQL

from ..instrumentation import log_writer
from ..tools import redaction, tracing
from ..tools.observation import Observation

DUPLICATE_CODES = (errorcodes.SERIALIZATION_FAILURE, errorcodes.UNIQUE_VIOLATION)


class IntegrationFlow(models.Model):
    """Receiving: what a webhook route calls."""

    _inherit = "integration.flow"

    def _receive(
        self,
        payload_bytes,
        headers,
        *,
        external_id=None,
        content_type=None,
        correlation_id=None,
        trace_id=None,
        occurred_at=None,
    ):
        """Keep one inbound message durably and wake the flow's lane.

        Nothing is processed here: after the caller's commit the partner may be told that the
        message is safe. A paused flow keeps receiving; its messages wait.

        :param bytes payload_bytes: the body exactly as received
        :param dict headers: request headers; redacted before they are kept
        :param str external_id: the partner's id of this delivery; a second delivery with the
            same id is a duplicate. None: the checksum of the body.
        :param datetime occurred_at: when it happened, UTC, as the partner says
        :return: tuple (``integration.message``, created). The message of a duplicate is empty
            when its first delivery was committed a moment ago by another request.
        """
        self.ensure_one()
        # The sender is authenticated by its signature, not by an Odoo account.
        flow = self.sudo()
        checksum = hashlib.sha256(payload_bytes).hexdigest()
        external_id = external_id or f"sha256:{checksum}"
        # PostgreSQL keeps neither NUL nor half a character; the checksum is that of the original.
        text = payload_bytes.decode("utf-8", errors="replace").replace("\x00", "\ufffd")
        with flow._redacting():
            kept_headers = redaction.redact_headers(dict(headers or {}))
        values = {
            "external_id": external_id,
            "correlation_id": correlation_id or tracing.new_correlation_id(),
            "trace_id": trace_id or None,
            "content_type": content_type or None,
            "payload": text,
            "payload_sha256": checksum,
            "payload_bytes": len(payload_bytes),
            "headers": kept_headers,
            "occurred_at": occurred_at or None,
        }
        message_id = flow._insert_inbound(values)
        messages = self.env["integration.message"].sudo()
        if message_id:
            message = messages.browse(message_id)
            if flow.ordering:
                message._keep_in_order()
            flow._wake()
            return message, True
        return flow._count_duplicate(external_id, len(payload_bytes)), False

    def _insert_inbound(self, values):
        """Insert one inbound message.

        :return: its id, or None when the external id is known already
        """
        now = fields.Datetime.now()
        hold = self._hold_reason()
        row = {
            "message_uid": uuid.uuid4().hex,
            "flow_id": self.id,
            "system_id": self.system_id.id,
            "endpoint_id": self.endpoint_id.id or None,
            "company_id": self.company_id.id,
            "direction": "inbound",
            "message_type": self.message_type,
            "state": "pending",
            "held": bool(hold),
            "hold_reason": hold or None,
            "priority": self.priority,
            "ack_state": "none",
            "attempt_count": 0,
            "attempt_start": 0,
            "conflict_count": 0,
            "duplicate_count": 0,
            "received_at": now,
            "create_uid": self.env.uid,
            "create_date": now,
            "write_uid": self.env.uid,
            "write_date": now,
            **values,
        }
        row["headers"] = self._fields["settings"].convert_to_column_insert(row["headers"], self)
        query = SQL(
            """INSERT INTO integration_message (%s) VALUES (%s)
               ON CONFLICT (flow_id, external_id)
                     WHERE direction = 'inbound' AND external_id IS NOT NULL
               DO NOTHING
               RETURNING id""",
            SQL(", ").join(SQL.identifier(name) for name in row),
            SQL(", ").join(SQL("%s", value) for value in row.values()),
        )
        self.env.flush_all()
        try:
            with self.env.cr.savepoint(flush=False):
                self.env.cr.execute(query, log_exceptions=False)
                inserted = self.env.cr.fetchone()
        except (IntegrityError, OperationalError) as error:
            # A delivery with the same id, committed after our snapshot, shows as 40001.
            if error.pgcode not in DUPLICATE_CODES:
                raise
            return None
        return inserted[0] if inserted else None

    def _count_duplicate(self, external_id, size):
        """Count a repeated delivery on its original and observe it.

        :return: the original ``integration.message``; empty when it is not visible yet
        """
        # A worker may hold the row for as long as its handler runs, and deliveries of one id may
        # come at once: the partner does not wait for either, the observation counts in any case.
        query = SQL(
            """UPDATE integration_message
                  SET duplicate_count = COALESCE(duplicate_count, 0) + 1
                WHERE id = (SELECT id FROM integration_message
                             WHERE flow_id = %s AND direction = 'inbound'
                               AND external_id = %s
                               FOR NO KEY UPDATE SKIP LOCKED)""",
            self.id,
            external_id,
        )
        try:
            with self.env.cr.savepoint(flush=False):
                self.env.cr.execute(query, log_exceptions=False)
        except OperationalError as error:
            if error.pgcode != errorcodes.SERIALIZATION_FAILURE:
                raise
        original = (
            self.env["integration.message"]
            .sudo()
            .search(
                [
                    ("flow_id", "=", self.id),
                    ("direction", "=", "inbound"),
                    ("external_id", "=", external_id),
                ],
                limit=1,
            )
        )
        original.invalidate_recordset(["duplicate_count"])
        log_writer.record(
            self.env,
            Observation(
                kind="message",
                outcome="duplicate",
                direction="inbound",
                flow_id=self.id,
                system_id=self.system_id.id,
                company_id=self.company_id.id,
                message_id=original.id or None,
                message_uid=original.message_uid or None,
                correlation_id=original.correlation_id or None,
                request_bytes=size,
            ),
        )
        return original
