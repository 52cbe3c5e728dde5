"""A message goes out: the outbox rows, written in the transaction of the document."""

import uuid

from psycopg2 import OperationalError, errorcodes

from odoo import fields, models
from odoo.tools import SQL

from ..tools import payload, related
from .integration_flow_condition import UNDECIDED

COLUMNS = (
    "message_uid",
    "idempotency_key",
    "flow_id",
    "system_id",
    "endpoint_id",
    "company_id",
    "message_type",
    "event_code",
    "priority",
    "held",
    "hold_reason",
    "coalesce_key",
    "ordering_key",
    "passes_failed",
    "subject_key",
    "res_model",
    "res_id",
    "correlation_id",
    "trace_id",
    "payload",
    "payload_sha256",
    "payload_bytes",
)


class IntegrationFlow(models.Model):
    """Emitting: what the document mixin and other code call."""

    _inherit = "integration.flow"

    def _emit(self, records_or_keys, event_code=None, *, trace_id=None):
        """Create outbound messages for documents, in the caller's transaction.

        At most two statements for any number of documents and flows, plus one wake-up a lane.
        Flows in ``self`` filter by warehouse and by their domain when records are given.

        :param records_or_keys: a recordset, or a list of dicts with ``res_model``, ``res_id``
            and optionally ``correlation_id``, ``coalesce_key``, ``ordering_key``, ``payload``
            (text; else the handler builds it)
        :param str event_code: what happened, for example ``picking.first.ready``
        :return: the ``integration.message`` records created or coalesced into
        """
        # Whoever moves a document may cause a message without rights on the messages.
        flows = self.sudo().filtered(lambda flow: flow.active and flow.direction == "outbound")
        rows = []
        for flow in flows:
            keys, judged = flow._emit_keys(records_or_keys)
            hold = flow._hold_reason() if judged else UNDECIDED
            rows += [flow._emit_row(key, hold, event_code, trace_id) for key in keys]
        if not rows:
            return self.env["integration.message"].sudo()
        self.env.flush_all()
        ids = self._insert_outbound(rows)
        flows._wake()
        return self.env["integration.message"].sudo().browse(ids)

    def _emit_keys(self, records_or_keys):
        """Return the dicts of the documents that this flow wants, newest of each key last.

        :return: (dicts, whether the flow's condition could be judged)
        """
        self.ensure_one()
        judged = True
        if isinstance(records_or_keys, list):
            keys = records_or_keys
        else:
            records, judged = self._filter_trigger(records_or_keys)
            keys = [{"res_model": records._name, "res_id": record_id} for record_id in records.ids]
        if not self.coalesce:
            return keys, judged
        # One statement may touch a conflicting row once only.
        unique = {}
        for key in keys:
            name = key.get("coalesce_key") or f"{key['res_model']},{key['res_id']}"
            unique[name] = {**key, "coalesce_key": name}
        # Always in the same order: two transactions that meet must not lock each other out.
        return [unique[name] for name in sorted(unique)], judged

    def _emit_row(self, key, hold, event_code, trace_id):
        """:return: the tuple of ``COLUMNS`` for one document"""
        message_uid = uuid.uuid4().hex
        subject = f"{key['res_model']},{key['res_id']}"
        proof = payload.proof(key.get("payload"))
        return (
            message_uid,
            message_uid,
            self.id,
            self.system_id.id,
            self._sending_endpoint().id or None,
            self.company_id.id,
            self.message_type,
            event_code or None,
            self.priority,
            bool(hold),
            hold or None,
            key.get("coalesce_key") if self.coalesce else None,
            key.get("ordering_key") or (subject if self.ordering else None),
            self.handler in self.env and self._handler()._withdraws_event(event_code),
            key.get("coalesce_key") or subject,
            key["res_model"],
            key["res_id"],
            key.get("correlation_id") or None,
            trace_id or None,
            key.get("payload") or None,
            proof["payload_sha256"],
            proof["payload_bytes"],
        )

    def _sending_endpoint(self):
        """:return: the endpoint that a message of this moment is sent to"""
        return self.endpoint_id

    def _insert_outbound(self, rows):
        """Insert the rows; one that waits already for the same key is refreshed instead.

        :return: ids of the rows
        """
        position = COLUMNS.index("coalesce_key")
        if any(row[position] for row in rows):
            try:
                with self.env.cr.savepoint(flush=False):
                    self.env.cr.execute(self._outbound_query(rows))
                    return [row[0] for row in self.env.cr.fetchall()]
            except OperationalError as error:
                if error.pgcode != errorcodes.SERIALIZATION_FAILURE:
                    raise
            # Another transaction put a message for the same key, which our snapshot does not
            # show. It may be built before we commit, so ours goes as well: one call too many at
            # worst.
            rows = [(*row[:position], None, *row[position + 1 :]) for row in rows]
        self.env.cr.execute(self._outbound_query(rows))
        return [row[0] for row in self.env.cr.fetchall()]

    def _outbound_query(self, rows):
        """One INSERT that also finds the transaction of each document."""
        now = fields.Datetime.now()
        return SQL(
            """INSERT INTO integration_message (
                   message_uid, idempotency_key, flow_id, system_id, endpoint_id, company_id,
                   message_type, event_code, priority, held, hold_reason, coalesce_key,
                   ordering_key, passes_failed, subject_key, res_model, res_id, correlation_id,
                   trace_id,
                   payload, payload_sha256, payload_bytes, transaction_id, direction, state,
                   ack_state, attempt_count, attempt_start, conflict_count, duplicate_count,
                   occurred_at, received_at, create_uid, create_date, write_uid, write_date)
               SELECT v.message_uid, v.idempotency_key, v.flow_id::int, v.system_id::int,
                      v.endpoint_id::int, v.company_id::int, v.message_type, v.event_code,
                      v.priority::int, v.held::bool, v.hold_reason, v.coalesce_key,
                      v.ordering_key, v.passes_failed::bool, v.subject_key, v.res_model,
                      v.res_id::int,
                      COALESCE(v.correlation_id, t.correlation_id, v.message_uid),
                      v.trace_id, v.payload, v.payload_sha256, v.payload_bytes::int, t.id,
                      'outbound', 'pending', 'none', 0, 0, 0, 0,
                      %(now)s, %(now)s, %(uid)s, %(now)s, %(uid)s, %(now)s
                 FROM (VALUES %(rows)s) AS v (%(columns)s)
                 LEFT JOIN LATERAL (
                      SELECT tx.id, tx.correlation_id
                        FROM integration_transaction_document doc
                        JOIN integration_transaction tx ON tx.id = doc.transaction_id
                       WHERE doc.res_model = v.res_model AND doc.res_id = v.res_id::int
                         AND %(own)s
                       ORDER BY tx.res_model = %(root)s DESC, tx.id
                       LIMIT 1
                 ) t ON TRUE
               ON CONFLICT (flow_id, coalesce_key)
                     WHERE state = 'pending' AND coalesce_key IS NOT NULL
               DO UPDATE SET occurred_at = EXCLUDED.occurred_at,
                             event_code = EXCLUDED.event_code,
                             payload = EXCLUDED.payload,
                             payload_sha256 = EXCLUDED.payload_sha256,
                             payload_bytes = EXCLUDED.payload_bytes,
                             write_date = EXCLUDED.write_date
               RETURNING id""",
            now=now,
            uid=self.env.uid,
            rows=SQL(", ").join(SQL("%s", row) for row in rows),
            columns=SQL(", ").join(SQL.identifier(column) for column in COLUMNS),
            own=SQL(related.own("doc")),  # a constant
            # All rows are of one event.
            root=self._event_root(rows[0][COLUMNS.index("event_code")]) or "",
        )
