from odoo import Command
from odoo.tests import tagged

from ..models import integration_event_price
from .common_subscription import SubscriptionCase


@tagged("post_install", "-at_install")
class TestEventPrice(SubscriptionCase):
    """Prices that change are told, whether by product or by rule."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.red = cls.products["IPOD2008RED"]
        cls.retail = cls.pricelist("Retail")
        cls.env.cr.flush()

    @classmethod
    def pricelist(cls, name, **rule):
        """:return: a pricelist of the shop's company, with one rule if one is given"""
        return cls.env["product.pricelist"].create(
            {
                "name": name,
                "company_id": cls.company.id,
                "currency_id": cls.env.ref("base.USD").id,
                "item_ids": [Command.create(rule)] if rule else False,
            }
        )

    def rule(self, pricelist=None, price=7.0, **values):
        """:return: a rule with a fixed price"""
        return self.env["product.pricelist.item"].create(
            {
                "pricelist_id": (pricelist or self.retail).id,
                "compute_price": "fixed",
                "fixed_price": price,
                **values,
            }
        )

    def noted(self):
        """:return: (product, pricelist) of the events written since the last call"""
        self.env.cr.flush()
        events = self.events().filtered(lambda e: e.event_code == "price.changed")
        found = {(event.res_id, event.pricelist_id.id) for event in events}
        self.env.cr.execute("DELETE FROM integration_event")
        self.env.invalidate_all()
        return found

    def jobs(self):
        """:return: the jobs that tell of many prices and wait"""
        return self.env["queue.job"].search(
            [("method_name", "=", "_publish_noted_prices"), ("state", "=", "pending")]
        )

    def run_jobs(self):
        """Run them, and those that they enqueue. :return: how many"""
        number = 0
        while jobs := self.jobs():
            for job in jobs:
                number += 1
                job.write({"state": "done"})
                self.env["integration.event"]._publish_noted_prices(*job.args)
                self.env.cr.flush()
        return number

    def test_lost_job(self):
        """The job that tells of many prices was cancelled, and shops keep the old ones."""
        self.subscriber("price.changed")
        self.env["integration.event"]._enqueue_prices([("product.product", self.product.id, None)])
        self.jobs().button_cancelled()
        self.env["integration.message"]._sweep()
        self.assertEqual(self.run_jobs(), 1)
        self.assertEqual(self.noted(), {(self.product.id, False)})
        self.env["integration.message"]._sweep()
        self.assertFalse(self.jobs())

    def test_list_price(self):
        """The shop sells at yesterday's price, or is told of prices that are as they were."""
        self.subscriber("price.changed")
        self.product.list_price = 6.0
        self.assertEqual(self.noted(), {(self.product.id, False)})
        self.product.list_price = 6.0
        self.product.name = "Another name"
        self.assertEqual(self.noted(), set())

    def test_nobody_subscribes(self):
        """Saving a price costs queries although nobody is told of it."""
        template = self.product.product_tmpl_id
        self.env["integration.subscription"]._subscribed()
        self.env.invalidate_all()
        with self.assertQueryCount(0):
            self.env["integration.event"]._note_prices(
                (template._name, template.id, None) for _once in (1,) if template.list_price
            )
        self.subscriber("stock.changed")
        template.list_price = 9.0
        self.assertEqual(self.noted(), set())

    def test_rules_of_products(self):
        """A rule that comes, changes or goes is not told."""
        self.subscriber("price.changed")
        rule = self.rule(applied_on="1_product", product_tmpl_id=self.product.product_tmpl_id.id)
        self.assertEqual(self.noted(), {(self.product.id, self.retail.id)})
        rule.fixed_price = 8.0
        self.assertEqual(self.noted(), {(self.product.id, self.retail.id)})
        rule.write({"applied_on": "0_product_variant", "product_id": self.red.id})
        self.assertEqual(
            self.noted(), {(self.product.id, self.retail.id), (self.red.id, self.retail.id)}
        )
        rule.unlink()
        self.assertEqual(self.noted(), {(self.red.id, self.retail.id)})

    def test_rule_for_everything(self):
        """A rule for all products makes the person who saves it wait, or is not told."""
        self.subscriber("price.changed")
        self.patch(integration_event_price, "BATCH", 3)
        self.rule(applied_on="3_global")
        self.assertEqual(self.noted(), set())
        self.assertEqual(len(self.jobs()), 1)
        sold = self.env["product.product"].search(
            [("sale_ok", "=", True), ("company_id", "in", (self.company.id, False))]
        )
        self.assertEqual(self.run_jobs(), len(sold) // 3 + 1)
        self.assertEqual(self.noted(), {(product.id, self.retail.id) for product in sold})

    def test_rule_for_a_category(self):
        """Products of other categories are told, or those of a category below are not."""
        category = self.env["product.category"].create({"name": "Above"})
        below = self.env["product.category"].create({"name": "Below", "parent_id": category.id})
        self.red.categ_id = below
        self.subscriber("price.changed")
        self.rule(applied_on="2_product_category", categ_id=category.id)
        self.env.cr.flush()
        self.run_jobs()
        self.assertEqual(self.noted(), {(self.red.id, self.retail.id)})

    def test_many_at_once(self):
        """Whoever imports ten thousand prices waits for their events."""
        self.subscriber("price.changed")
        self.patch(integration_event_price, "AT_ONCE", 1)
        self.product.list_price = self.red.list_price = 11.0
        self.assertEqual(self.noted(), set())
        self.assertEqual(self.run_jobs(), 1)
        self.assertEqual(self.noted(), {(self.product.id, False), (self.red.id, False)})

    def test_whose_pricelist(self):
        """A shop is told prices of other customers, or not that its base changed."""
        base = self.pricelist("Base")
        mine = self.pricelist(
            "Mine",
            applied_on="3_global",
            compute_price="formula",
            base="pricelist",
            base_pricelist_id=base.id,
        )
        subscription = self.subscriber("price.changed", pricelist_id=mine.id)
        everybody = self.subscriber("price.changed")
        self.env.cr.flush()
        product = {"applied_on": "1_product", "product_tmpl_id": self.product.product_tmpl_id.id}
        self.rule(self.retail, **product)
        self.env.cr.flush()
        self.fan_out()
        self.assertFalse(self.messages(subscription))
        self.assertEqual(self.messages(everybody).event_scope["pricelist_id"], self.retail.id)
        self.rule(base, price=3.0, **product)
        self.product.list_price = 20.0
        self.env.cr.flush()
        self.fan_out()
        message = self.messages(subscription)
        self.assertEqual(len(message), 1, "all of it is one price in one pricelist")
        self.assertEqual(message.event_scope["pricelist_id"], mine.id)
        event = self.payload(message)
        self.assertEqual(event["type"], "integration.price.changed")
        event["data"].pop("as_of")
        self.assertEqual(
            event["data"],
            {"sku": "IPOD2008GREEN", "pricelist": "Mine", "price": 3.0, "currency": "USD"},
        )
        own = self.messages(everybody).filtered(lambda m: not m.event_scope["pricelist_id"])
        data = self.payload(own)["data"]
        self.assertEqual((data["pricelist"], data["price"]), (None, 20.0))
        self.assertEqual(len(self.messages(everybody)), 3)

    def test_pricelist_is_gone(self):
        """A price of a pricelist that was deleted is told as the product's own."""
        subscription = self.subscriber("price.changed")
        self.rule(applied_on="1_product", product_tmpl_id=self.product.product_tmpl_id.id)
        self.env.cr.flush()
        self.fan_out()
        self.retail.unlink()
        self.assertIsNone(self.payload(self.messages(subscription)))
