"""The sweep for messages that did not come: a fixed number of statements an expectation."""

import contextlib
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import SQL

from ..tools import related
from .integration_expectation import EVENTS
from .integration_message_sweep import DELETED_UNTIL

# A document that nobody missed for so long is no news; the sweep reads no further back.
LOOKBACK_DAYS = 14
BATCH = 200
# A message may come so long before what it leads to; half as long as it is kept, at most.
AHEAD = timedelta(days=1)
# Moves are done with their transfer; unlike its date, theirs has an index. A person may correct
# one of the two by a little.
MOVED_BEFORE = timedelta(days=1)
_OWN = SQL(related.own("l"))

# Since when a document waits for its message, and which documents do.
_SINCE = {
    "sale.confirmed": (SQL("d.date_order"), SQL("d.state = 'sale'")),
    "picking.out.done": (
        SQL("d.date_done"),
        SQL(
            "d.state = 'done' AND d.picking_type_id IN"
            " (SELECT id FROM stock_picking_type WHERE code = 'outgoing')"
            # What goes back to its vendor was not shipped.
            " AND d.location_dest_id NOT IN"
            " (SELECT id FROM stock_location WHERE usage = 'supplier')"
        ),
    ),
    "picking.in.done": (
        SQL("d.date_done"),
        SQL(
            "d.state = 'done' AND d.picking_type_id IN"
            " (SELECT id FROM stock_picking_type WHERE code = 'incoming')"
        ),
    ),
}


class IntegrationExpectation(models.Model):
    """Whatever became of a message, it was there: its failures have exceptions of their own."""

    _inherit = "integration.expectation"

    @api.model
    def _watch_missing(self, now):
        """Open an exception for each missing message; close those whose message arrived.

        :param datetime now: UTC
        """
        self.env.flush_all()
        engine = self.sudo()  # the engine watches all companies
        engine._resolve_arrived()
        active = engine.search([("flow_id.active", "=", True), ("flow_id.state", "=", "active")])
        vals_list = []
        for expectation in active:
            vals_list += expectation._missing_values(now)
        if vals_list:
            self.env["integration.exception"]._open(vals_list)

    def _arrived(self, model, document):
        """Return the condition that a message of the flow about a document exists.

        :param SQL model: the document's model
        :param SQL document: the document's id
        """
        about = SQL("m.res_model = %s AND m.res_id = %s", model, document)
        by_order = SQL(
            """m.transaction_id IN (
                   SELECT l.transaction_id FROM integration_transaction_document l
                    WHERE l.res_model = %s AND l.res_id = %s AND %s)""",
            model,
            document,
            _OWN,
        )
        return SQL(
            """(EXISTS (SELECT 1 FROM integration_message m WHERE m.flow_id = x.flow_id AND %s)
                OR x.match_by = 'transaction' AND EXISTS (
                   SELECT 1 FROM integration_message m WHERE m.flow_id = x.flow_id AND %s))""",
            about,
            by_order,
        )

    @api.model
    def _messages_since(self):
        """:return: the moment (UTC) since when documents have all their messages still"""
        kept = self._messages_kept()
        since = self.env["integration.log"]._retention_now() - kept
        # Bookkeeping of the daily job, not readable by users.
        text = self.env["ir.config_parameter"].sudo().get_param(DELETED_UNTIL)
        with contextlib.suppress(ValueError):  # somebody wrote there: the next run puts it right
            since = max(since, fields.Datetime.to_datetime(text or None) or since)
        return since + min(AHEAD, kept / 2)

    @api.model
    def _messages_kept(self):
        """:return: how long a done message is kept"""
        # Settings are not readable by whoever writes an expectation.
        parameters = self.env["ir.config_parameter"].sudo()
        return timedelta(days=parameters._integration_number("message_retention_days"))

    @api.constrains("active", "minutes")
    def _check_minutes_kept(self):
        """A message that may be deleted before it is due is never missed, or always."""
        self._check_kept_for(self._messages_kept())

    def _check_kept_for(self, kept):
        """Refuse to keep messages for too short a time to tell whether they came.

        :param timedelta kept: how long done messages are, or shall be, kept
        """
        least = kept - min(AHEAD, kept / 2)
        blind = self.filtered(lambda x: x.active and timedelta(minutes=x.minutes) >= least)
        if blind:
            raise ValidationError(
                self.env._(
                    "Done messages are kept for %(days)s days, which is too short to tell "
                    "whether one came within so many minutes: expect it sooner, or keep "
                    "messages for longer (Settings).",
                    days=kept.days,
                )
                + "".join(f"\n{name}" for name in blind.mapped("name"))
            )

    def _missing_values(self, now):
        """:return: values of the exceptions of one expectation, at most ``BATCH`` at a time"""
        self.ensure_one()
        documents = self.env[self._document_model()]
        since, condition = _SINCE[self.event_code]
        oldest = max(self.watch_from, now - timedelta(days=LOOKBACK_DAYS), self._messages_since())
        if documents._name == "stock.picking":
            condition = SQL(
                """%s AND d.id IN (SELECT picking_id FROM stock_move
                                    WHERE state = 'done' AND date >= %s)""",
                condition,
                oldest - MOVED_BEFORE,
            )
        wanted = documents._search(self._documents_wanted())
        rows = self.env.execute_query(
            SQL(
                """
                SELECT d.id, %(since)s, owner.transaction_id
                  FROM %(table)s d
                  JOIN integration_expectation x ON x.id = %(id)s
                  LEFT JOIN LATERAL (
                       SELECT l.transaction_id FROM integration_transaction_document l
                        WHERE l.res_model = %(model)s AND l.res_id = d.id AND %(own)s
                        ORDER BY l.transaction_id LIMIT 1) owner ON TRUE
                 WHERE %(condition)s
                   AND %(since)s >= %(oldest)s
                   AND %(since)s <= %(due)s
                   AND d.id IN %(wanted)s
                   AND NOT %(arrived)s
                   -- What closed by itself was no person's decision: it may be missed again.
                   AND NOT EXISTS (SELECT 1 FROM integration_exception e
                                    WHERE e.dedupe_key = 'missing:' || x.id || ':' || d.id
                                      AND e.resolution IS DISTINCT FROM 'auto')
                 ORDER BY %(since)s, d.id
                 LIMIT %(limit)s
                """,
                since=since,
                table=SQL.identifier(documents._table),
                id=self.id,
                model=documents._name,
                condition=condition,
                oldest=oldest,
                due=now - timedelta(minutes=self.minutes),
                wanted=wanted.subselect(),
                arrived=self._arrived(SQL("%s", documents._name), SQL("d.id")),
                limit=BATCH,
                own=_OWN,
            )
        )
        found = documents.browse([row[0] for row in rows])
        transactions = self.env["integration.transaction"].browse(
            [row[2] for row in rows if row[2]]
        )
        by_id = {transaction.id: transaction for transaction in transactions}
        return [
            self._missing_exception(document, happened, by_id.get(owner, transactions.browse()))
            for document, (_id, happened, owner) in zip(found, rows, strict=True)
        ]

    def _missing_exception(self, document, happened, transaction):
        """:return: what a person is told about one missing message"""
        inbound = self.flow_id.direction == "inbound"
        return {
            "name": self.env._(
                "%(document)s: nothing came of it (%(flow)s)",
                document=document.display_name,
                flow=self.flow_id.name,
            ),
            "dedupe_key": f"missing:{self.id}:{document.id}",
            "expectation_id": self.id,
            # Who must act: whoever should have sent it.
            "category": "partner" if inbound else "technical",
            "error_class": "timeout",
            "error_message": self.env._(
                "%(event)s (%(document)s, %(moment)s UTC), but no message of “%(flow)s” came "
                "within %(minutes)s minutes.",
                event=dict(self._fields["event_code"]._description_selection(self.env))[
                    self.event_code
                ],
                document=document.display_name,
                moment=happened,
                flow=self.flow_id.name,
                minutes=self.minutes,
            ),
            "flow_id": self.flow_id.id,
            "transaction_id": transaction.id,
            "res_model": document._name,
            "res_id": document.id,
            "partner_id": transaction.partner_id.id or self.flow_id.system_id.partner_id.id,
            "amount_at_stake": 0.0
            if transaction.state == "completed"
            else transaction.amount_company,
        }

    @api.model
    def _resolve_arrived(self):
        """Close the exceptions whose message came, or whose document is not what it was."""
        gone = SQL(" OR ").join(
            SQL(
                """(x.event_code = %s AND NOT EXISTS (
                       SELECT 1 FROM %s d WHERE d.id = e.res_id AND %s))""",
                code,
                SQL.identifier(self.env[EVENTS[code][0]]._table),
                condition,
            )
            for code, (_since, condition) in _SINCE.items()
        )
        rows = self.env.execute_query(
            SQL(
                """
                SELECT e.id
                  FROM integration_exception e
                  JOIN integration_expectation x ON x.id = e.expectation_id
                 WHERE e.is_open AND e.expectation_id IS NOT NULL
                   AND (NOT x.active OR %s OR %s)
                """,
                self._arrived(SQL("e.res_model"), SQL("e.res_id")),
                gone,
            )
        )
        self.env["integration.exception"].browse([row[0] for row in rows])._resolve("auto")
