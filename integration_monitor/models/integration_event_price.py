"""Prices that change: events of products, or of all products of a rule, in batches by jobs."""

from odoo import api, models
from odoo.tools import SQL

from .integration_event_type import PRICE

# More records than this are a job's work, not that of the person who saves them.
AT_ONCE = 500
# Products a job tells of, in one transaction.
BATCH = 1000
EVERYTHING = "product.category"


class IntegrationEvent(models.Model):
    """A note is (model, id, pricelist id or None): whose price changed, in which pricelist.

    The category 0 stands for every product.
    """

    _inherit = "integration.event"

    @api.model
    def _note_prices(self, notes):
        """Remember whose prices change in this transaction; free when nobody subscribes.

        :param notes: iterable of notes
        """
        if PRICE in self.env["integration.subscription"]._subscribed():
            self.env["integration.milestone"]._notes().prices.update(notes)

    @api.model
    def _publish_prices(self, notes):
        """Write the events of single products now, and leave the rest to jobs."""
        narrow = sorted((note for note in notes if note[0] != EVERYTHING), key=str)
        if narrow and len(narrow) <= AT_ONCE:
            self._insert(self._price_source(narrow))
        elif narrow:
            for start in range(0, len(narrow), BATCH):
                self._enqueue_prices(narrow[start : start + BATCH])
        for note in sorted((note for note in notes if note[0] == EVERYTHING), key=str):
            self._enqueue_prices([note])

    @api.model
    def _enqueue_prices(self, notes, after=0):
        """Enqueue the job for some notes.

        :param int after: for a category: the last product that was told of
        """
        self.env["integration.errand"]._send(
            self.sudo(),  # whoever saves a price needs no rights on events
            "_publish_noted_prices",
            [[list(note) for note in notes], after],
            description=self.env._("Tell subscribers of changed prices"),
        )

    @api.model
    def _publish_noted_prices(self, notes, after=0):
        """Write one batch of events and enqueue the next; the job function.

        :return: text for the job
        """
        model, record_id, pricelist_id = notes[0]
        if model != EVERYTHING:
            ids = self._insert(self._price_source(notes))
            return self.env._("%s prices told", len(ids))
        products = self._products_after(record_id, pricelist_id, after)
        if products:
            notes = [("product.product", product_id, pricelist_id) for product_id in products]
            self._insert(self._price_source(notes))
        if len(products) == BATCH:
            self._enqueue_prices([(model, record_id, pricelist_id)], products[-1])
        return self.env._("%s prices told", len(products))

    @api.model
    def _products_after(self, category_id, pricelist_id, after):
        """:return: ids of the next products of a category (0: of all) that a pricelist is for"""
        domain = [("id", ">", after), ("sale_ok", "=", True)]
        if category_id:
            domain.append(("categ_id", "child_of", category_id))
        company = self.env["product.pricelist"].browse(pricelist_id or []).exists().company_id
        if company:
            domain.append(("company_id", "in", (company.id, False)))
        return self.env["product.product"].search(domain, order="id", limit=BATCH).ids

    @api.model
    def _price_source(self, notes):
        """:return: the query of the events of products, and of the variants of templates"""
        names, ids, pricelists = map(list, zip(*notes, strict=True))
        return SQL(
            """SELECT DISTINCT %(code)s::text, 'product.product', p.id,
                      COALESCE(l.company_id, t.company_id), NULL::int, l.id, NULL::text
                 FROM unnest(%(names)s::text[], %(ids)s::int[], %(pricelists)s::int[])
                      AS n (model, id, pricelist)
                 JOIN product_product p
                   ON p.active AND (n.model = 'product.product' AND p.id = n.id
                                    OR n.model = 'product.template' AND p.product_tmpl_id = n.id)
                 JOIN product_template t ON t.id = p.product_tmpl_id
                 LEFT JOIN product_pricelist l ON l.id = n.pricelist
                WHERE n.pricelist IS NULL OR l.id IS NOT NULL
                ORDER BY 3""",
            code=PRICE,
            names=names,
            ids=ids,
            pricelists=pricelists,
        )
