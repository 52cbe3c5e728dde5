"""What happened in the business, for whoever subscribes to it."""

from odoo import api, fields, models
from odoo.tools import SQL

from ..tools import context, tracing
from .integration_event_type import STOCK
from .integration_loose_reference_mixin import LooseMany2one

# First key of the advisory lock of a transaction that writes events; the second is the last id
# that was given away before it wrote its own.
WRITER_LOCK = 0x1A7E0
SEQUENCE = SQL.identifier("integration_event_id_seq")
LAST_ID = SQL("(SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM %s)", SEQUENCE)


class IntegrationEvent(models.Model):
    """One business event, written in the transaction of its document; never changed.

    Only events that somebody subscribes to are written: without subscribers a document costs no
    statement, with any number of them one.

    Events become visible when their transactions commit, which is not the order of their ids.
    :meth:`_horizon` tells up to which id all of them are there, so that a subscription never
    passes one that comes later.
    """

    _name = "integration.event"
    _description = "Business event"
    _inherit = ["integration.loose.reference.mixin"]
    _order = "id desc"
    _rec_name = "event_uid"
    _log_access = False

    event_uid = fields.Char(string="Event ID", required=True, readonly=True)
    event_code = fields.Char(string="Event", required=True, readonly=True)
    res_model = fields.Char(string="Document Model", required=True, readonly=True)
    res_id = fields.Many2oneReference(
        string="Document ID", model_field="res_model", required=True, readonly=True
    )
    company_id = LooseMany2one("res.company", readonly=True, help="Empty: of every company.")
    warehouse_id = LooseMany2one("stock.warehouse", readonly=True)
    pricelist_id = LooseMany2one(
        "product.pricelist", readonly=True, help="Empty: the product's own price."
    )
    correlation_id = fields.Char(readonly=True)
    trace_id = fields.Char(readonly=True)
    occurred_at = fields.Datetime(string="Happened", required=True, readonly=True)

    _occurred_idx = models.Index("(occurred_at)")
    _code_idx = models.Index("(event_code, id)")

    @api.depends("event_code", "occurred_at")
    def _compute_display_name(self):
        """Say what happened, and when (UTC)."""
        for event in self:
            event.display_name = f"{event.event_code} · {event.occurred_at}"

    @api.model
    def _publish(self, notes, events):
        """Write what happened in this transaction, as far as somebody subscribes to it.

        One statement for documents and levels, however many events and subscribers; one more for
        prices.

        :param notes: ``Notes`` with the levels and prices that changed
        :param list events: ``Event`` tuples of documents
        """
        subscribed = self.env["integration.subscription"]._subscribed()
        if not subscribed:
            return
        rows = [
            (STOCK, "product.product", product_id, company_id, warehouse_id, None)
            for (company_id, warehouse_id), product_ids in notes.levels.items()
            if company_id in subscribed.get(STOCK, ())
            for product_id in sorted(product_ids)
        ]
        rows += [
            (
                event.code,
                event.res_model,
                event.res_id,
                event.company_id,
                event.warehouse_id,
                event.correlation_id,
            )
            for event in events
            if event.company_id in subscribed.get(event.code, ())
        ]
        if rows:
            self._insert(self._document_source(rows))
        if notes.prices:
            self._publish_prices(notes.prices)

    @api.model
    def _document_source(self, rows):
        """:return: the query of the events of documents; a transfer knows its own warehouse"""
        codes, models_, ids, companies, warehouses, correlations = map(
            list, zip(*rows, strict=True)
        )
        return SQL(
            """SELECT v.code, v.model, v.res_id, v.company,
                      COALESCE((SELECT t.warehouse_id
                                  FROM stock_picking p
                                  JOIN stock_picking_type t ON t.id = p.picking_type_id
                                 WHERE v.model = 'stock.picking' AND p.id = v.res_id),
                               v.warehouse),
                      NULL::int, v.correlation
                 FROM unnest(%s::text[], %s::text[], %s::int[], %s::int[], %s::int[], %s::text[])
                      AS v (code, model, res_id, company, warehouse, correlation)""",
            codes,
            models_,
            ids,
            companies,
            warehouses,
            correlations,
        )

    @api.model
    def _insert(self, source):
        """Write events and have them handed out, in one statement.

        The lock is taken before the first id is given away, and is let go by the end of the
        transaction: who looks for writers finds this one, and knows which ids may be its own.

        :param SQL source: query of code, model, id, company, warehouse, pricelist, correlation id
        :return: ids of the events
        """
        current = context.current()
        rows = self.env.execute_query(
            SQL(
                """WITH writer AS MATERIALIZED (
                       SELECT pg_advisory_xact_lock_shared(%(lock)s, %(last)s::int))
                   INSERT INTO integration_event (
                          event_uid, event_code, res_model, res_id, company_id, warehouse_id,
                          pricelist_id, correlation_id, trace_id, occurred_at)
                   SELECT gen_random_uuid()::text, s.code, s.model, s.res_id, s.company,
                          s.warehouse, s.pricelist, COALESCE(s.correlation, %(correlation)s),
                          %(trace)s, %(now)s
                     FROM writer
                    CROSS JOIN (%(source)s) AS s (
                          code, model, res_id, company, warehouse, pricelist, correlation)
                   RETURNING id""",
                lock=WRITER_LOCK,
                last=LAST_ID,
                correlation=current.correlation_id,
                trace=current.trace_id or tracing.new_trace_id(),
                now=fields.Datetime.now(),
                source=source,
            )
        )
        if rows:
            self.env["integration.subscription"]._wake_fan_out()
        return [row[0] for row in rows]

    @api.model
    def _horizon(self):
        """Tell up to which event all are committed, or never will be.

        Read in the order that makes it right: first the last id that was given away, then who is
        still writing. Whoever begins after that gets greater ids. The events must be read in a
        later transaction, whose snapshot is newer than both.

        A watermark of the transactions' own ids (``pg_snapshot_xmin``) would do as well, but waits
        for the oldest transaction of the whole server, in any database, whatever it is about.

        :return: (id, whether no writer is at work)
        """
        last = self.env.execute_query(SQL("SELECT %s", LAST_ID))[0][0]
        oldest = self.env.execute_query(
            SQL(
                """SELECT min(objid::bigint) FROM pg_locks
                    WHERE locktype = 'advisory' AND classid = %s AND objsubid = 2
                      AND database = (SELECT oid FROM pg_database
                                       WHERE datname = current_database())
                      AND pid <> pg_backend_pid()""",
                WRITER_LOCK,
            )
        )[0][0]
        return (last, True) if oldest is None else (min(last, oldest), False)
