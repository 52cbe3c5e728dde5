"""Records that exceptions name: correcting one releases what waited for it."""

from odoo import api, models
from odoo.tools import SQL

NOTES = "integration_monitor.sources"
# Noted as value where the key says all, whatever value the exception shows to people.
ANY = ""
# Beginnings of names of fields that orders, transfers and invoices write by the way.
NOISE = ("message_", "activity_", "last_", "customer_rank", "supplier_rank", "standard_price")


class IntegrationSourceMixin(models.AbstractModel):
    """Notes which records change, and asks once, before the commit, who waited for them.

    A model gains nothing but that. It names in ``_integration_source_keys`` the stored fields by
    which handlers look it up. One indexed query for each transaction that changes such records.
    """

    _name = "integration.source.mixin"
    _description = "Record That Integrations Look Up (mixin)"

    _integration_source_keys = ()

    @api.model_create_multi
    def create(self, vals_list):
        """A record that was missing is here."""
        records = super().create(vals_list)
        records._integration_note_sources(records._integration_source_keys)
        return records

    def write(self, vals):
        """A record was corrected; what it was known by before counts, too."""
        if not self or self._integration_is_noise(vals):
            return super().write(vals)
        keys = [name for name in self._integration_source_keys if name in vals]
        if keys:
            self._integration_note_sources(keys)
        result = super().write(vals)
        self._integration_note_sources(self._integration_source_keys)
        return result

    @api.model
    def _integration_is_noise(self, vals):
        """:return: whether a write corrects nothing: followers, activities, bookkeeping"""
        return all(name.startswith(NOISE) for name in vals)

    def _integration_note_sources(self, keys):
        """Remember what the records are known by.

        :param keys: names of fields
        """
        data = self.env.cr.precommit.data
        if NOTES not in data:
            data[NOTES] = set()
            # Whoever corrects a record needs no rights on exceptions.
            self.env.cr.precommit.add(self.env["integration.exception"].sudo()._release_noted)
        notes = data[NOTES]
        for record in self.sudo():  # the keys are not shown to anybody
            # What belongs to one company is found by the flows of it and its branches only.
            company = record.company_id.id if "company_id" in record._fields else False
            notes.add((self._name, "id", str(record.id), company or 0))
            for name in keys:
                if record[name]:
                    notes.add((self._name, name, str(record[name])[:250], company or 0))

    def _written_in(self):
        """Say which transaction wrote each row last.

        PostgreSQL keeps the lower half of the number with the row; a number that the present
        snapshot does not reach is this transaction's own, or from before the last wrap-around.

        :return: dict of id → number, of those that are committed
        """
        if not self:
            return {}
        self.flush_recordset()
        rows = self.env.execute_query(
            SQL(
                """SELECT id, number
                     FROM (SELECT r.id, reached.number AS reached,
                                  (reached.number >> 32 << 32) + r.xmin::text::bigint AS number
                             FROM %(table)s r,
                                  (SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint
                                       AS number) reached
                            WHERE r.id = ANY(%(ids)s)) written
                    WHERE CASE WHEN number < reached
                               THEN pg_xact_status(number::text::xid8) = 'committed' END""",
                table=SQL.identifier(self._table),
                ids=self.ids,
            )
        )
        return dict(rows)


_WAITING = "SELECT e.id, e.state, e.company_id, n.company FROM n"
# Exceptions that name the record, or the value that a mapping of their system is about.
_WAITING_FOR_VALUES = SQL(
    f"""{_WAITING}
          JOIN integration_exception e
            ON e.source_value = n.value AND e.source_model = n.model AND e.is_open
           AND (e.source_key = n.key
                OR n.key IN ('mapping:' || e.system_id || ':0',
                             'mapping:' || e.system_id || ':' || e.flow_id))"""
)
# Those that name a partner's value which is mapped to the record.
_WAITING_FOR_MAPPED = SQL(
    f"""{_WAITING}
          JOIN integration_mapping p
            ON p.res_id = CASE WHEN n.key = 'id' THEN n.value::int END AND p.res_model = n.model
          JOIN integration_exception e
            ON e.source_value = p.external_value AND e.source_model = n.model AND e.is_open
           AND e.source_key IS DISTINCT FROM 'id' AND p.active
           AND e.system_id = p.system_id AND COALESCE(p.flow_id, e.flow_id) = e.flow_id"""
)
# Those that name what no single value tells, for example a tax of a rate.
_WAITING_FOR_KEYS = SQL(
    f"""{_WAITING}
          JOIN integration_exception e
            ON e.source_model = n.model AND e.is_open AND e.source_value IS NOT NULL
           AND n.value = '' AND e.source_key LIKE '%%:%%'
           AND n.key IN (e.source_key, 'flow:' || e.flow_id)"""
)
# Branches use what belongs to a company above them, as Odoo's own company rules have it.
_OF_A_PARENT = SQL(
    """EXISTS (SELECT 1 FROM res_company own
                 JOIN res_company above ON own.parent_path LIKE above.parent_path || '%%'
                WHERE own.id = e.company_id AND above.id = e.company)"""
)


class IntegrationException(models.Model):
    """Released at the source: exactly the messages that waited for the record."""

    _inherit = "integration.exception"

    @api.model
    def _release_noted(self):
        """Look who waited for the records that this transaction changed; a job tries them again.

        The job comes after the commit: the handlers see the correction, and whoever saves a
        product never waits for, or conflicts with, a message.
        """
        notes = self.env.cr.precommit.data.pop(NOTES, None)
        if not notes:
            return
        self.flush_model()
        self.env["integration.mapping"].flush_model()
        columns = zip(*sorted(notes), strict=True)
        names, keys, values, companies = (list(column) for column in columns)
        queries = [_WAITING_FOR_VALUES, _WAITING_FOR_MAPPED]
        if ANY in values:
            queries.append(_WAITING_FOR_KEYS)
        rows = self.env.execute_query(
            SQL(
                """WITH n AS (
                        SELECT * FROM unnest(%s::text[], %s::text[], %s::text[], %s::int[])
                            AS n (model, key, value, company))
                   SELECT e.id FROM (%s) AS e
                    WHERE e.state <> 'retrying' AND (e.company IN (0, e.company_id) OR %s)""",
                names,
                keys,
                values,
                companies,
                SQL(" UNION ALL ").join(queries),
                _OF_A_PARENT,
            )
        )
        self.browse(sorted({row[0] for row in rows}))._release_later()

    def _release_later(self):
        """Enqueue the job that tries their messages again, if there are any."""
        if self:
            self.env["integration.errand"]._send(
                self,
                "_release",
                description=self.env._("Retry what waited for a corrected record"),
            )

    def _release(self):
        """Try again the messages of those exceptions that are still open; the job function.

        :return: text for the job
        """
        found = self.sudo().exists()  # decided by the engine
        opened = found.filtered(lambda e: e.is_open and e.state != "retrying")
        messages = opened._retry_messages().filtered(
            lambda m: m.state in ("dead", "quarantined") and m.flow_id.active
        )
        if not messages:
            return self.env._("Nothing waits any more.")
        names = ", ".join(sorted({e.source_value for e in opened if e.source_value}))
        for exception in opened.filtered(lambda e: e.message_id in messages):
            exception.write({"state": "retrying"})
            exception._message_log(
                body=self.env._("“%s” was corrected: trying again by itself.", names)
            )
        messages._retry()
        return self.env._("%s messages tried again", len(messages))
