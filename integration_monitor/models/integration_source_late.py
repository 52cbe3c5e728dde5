"""Corrections that nobody waited for yet: saved while the message that needs them was at work."""

from collections import defaultdict
from datetime import timedelta

from psycopg2.extensions import TRANSACTION_STATUS_INTRANS

from odoo import api, fields, models

from .integration_source import rate_key

# Whoever saves a record may commit so long after the message died.
LATE_MINUTES = 15
LATE_BATCH = 5000
LATE_FIELDS = ("source_model", "source_key", "source_value", "source_unseen", "system_id", "state")


class IntegrationException(models.Model):
    """Looks again whether the record that an exception names has changed since the attempt began.

    Whoever saves a record asks who waits for it. A message that is at work does not wait yet, and
    did not see the record either. So the number of the oldest transaction that the attempt may
    not have seen is kept, and compared with those that wrote the record: when the message dies, and
    by the sweep for a while, as the other transaction may last longer.
    """

    _inherit = "integration.exception"

    source_unseen = fields.Char(
        readonly=True,
        copy=False,
        help="Number of the first transaction that the last attempt may not have seen.",
    )

    _late_source_idx = models.Index("(last_seen_at) WHERE is_open AND source_unseen IS NOT NULL")

    @api.model
    def _first_unseen(self):
        """:return: number of the oldest transaction that this one may not see, or False"""
        cr = self.env.cr
        if cr._cnx.info.transaction_status != TRANSACTION_STATUS_INTRANS:
            return False  # the fault is the database's
        cr.execute("SELECT pg_snapshot_xmin(pg_current_snapshot())::text")
        return cr.fetchone()[0]

    def _look_for_late_sources(self, unseen):
        """Keep what the attempt did not see, and look whether the record is there by now.

        :param str unseen: see :meth:`_first_unseen`
        """
        for exception in self:
            # What made it try once more is not looked at again.
            exception.source_unseen = str(max(int(unseen), int(exception.source_unseen or 0)))
        self._release_changed()

    @api.model
    def _release_late(self, now):
        """Look again at what died lately; for the sweep.

        :param datetime now: UTC
        """
        self.search_fetch(
            [
                ("is_open", "=", True),
                ("source_unseen", "!=", False),
                ("last_seen_at", ">", now - timedelta(minutes=LATE_MINUTES)),
            ],
            LATE_FIELDS,
            order="last_seen_at DESC",
            limit=LATE_BATCH,
        )._release_changed()

    def _release_changed(self):
        """Try the messages again whose source was written by a transaction that they did not see.

        A few queries for each kind of record.
        """
        late = self.browse()
        waiting = self.filtered(lambda e: e.state != "retrying" and e.source_value)
        groups = waiting.grouped(lambda e: (e.source_model, e.source_key))
        for (model, key), group in groups.items():
            if not hasattr(self.env.get(model), "_integration_note_sources"):
                continue
            written = group._written_by(model, key or "")
            for exception in group:
                last = max(written[exception.source_value, exception.system_id.id],
                           written[exception.source_value, None])  # fmt: skip
                if last >= int(exception.source_unseen):
                    exception.source_unseen = str(last + 1)
                    late |= exception
        late._release_later()

    def _written_by(self, model, key):
        """Say which transaction wrote last what these exceptions may wait for.

        :param str model: of the record that they all name
        :param str key: by which they name it
        :return: dict of (value, id of the system or None for all) → number of the transaction, 0
            without one
        """
        values = self.mapped("source_value")
        mappings = (
            self.env["integration.mapping"]
            .sudo()  # decided by the engine
            .search(
                [
                    ("system_id", "in", self.system_id.ids),
                    ("external_value", "in", values),
                    ("res_model", "=", model),
                ]
            )
        )
        named = self._named_records(model, key)
        records = self.env[model].browse(mappings.mapped("res_id")).union(*named.values())
        numbers, mapped = records._written_in(), mappings._written_in()
        written = defaultdict(int)
        for mapping in mappings:
            place = mapping.external_value, mapping.system_id.id
            number = max(mapped.get(mapping.id, 0), numbers.get(mapping.res_id, 0))
            written[place] = max(written[place], number)
        for value, found in named.items():
            written[value, None] = max((numbers.get(number, 0) for number in found.ids), default=0)
        return written

    def _named_records(self, model, key):
        """Find the records that these exceptions name.

        :return: dict of value → records
        """
        values = sorted(set(self.mapped("source_value")))
        records = self.env[model].sudo().with_context(active_test=False)  # the engine decides
        if key == "id":
            return {value: records.browse(int(value)) for value in values if value.isdigit()}
        if key in records._integration_source_keys:
            return records.search([(key, "in", values)]).grouped(key)
        if model == "account.tax":
            taxes = records.search([("type_tax_use", "=", "sale"), ("amount_type", "=", "percent")])
            found = taxes.filtered(lambda tax: rate_key(tax.amount, tax.price_include) == key)
            return dict.fromkeys(values, found)
        return {}
