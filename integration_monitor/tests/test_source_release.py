from odoo.tests import tagged

from ..tools.errors import BusinessError, MappingError
from .common import IntegrationCase


@tagged("post_install", "-at_install")
class TestSourceRelease(IntegrationCase):
    """Correcting a record tries again what waited for it, and nothing else."""

    def waits(self, external_id, model="product.product", key="default_code", value="SKU-9"):
        """:return: the exception of a message that waits for a record"""
        error = BusinessError("No.", source={"res_model": model, "key": key, "value": value})

        def handle(handler, message, payload):
            raise error

        message, _created = self.receive({"id": external_id}, external_id=external_id)
        with self.handler(self.inbound, _handle=handle):
            self.drain(self.inbound)
        self.assertEqual(message.state, "dead")
        self.jobs().unlink()
        return message.exception_ids

    def jobs(self):
        """:return: jobs that shall release something, after the commit of this transaction"""
        self.env.flush_all()
        self.env.cr.precommit.run()
        return self.env["queue.job"].search(
            [("method_name", "=", "_release"), ("state", "=", "pending")]
        )

    def released(self):
        """Run the jobs of this transaction. :return: the exceptions that they were about"""
        exceptions = self.env["integration.exception"]
        for job in self.jobs():
            exceptions |= job.records.with_env(self.env)
            job.records.with_env(self.env)._release()
            job.unlink()
        return exceptions

    def test_product_is_created(self):
        """The product is made, and somebody must still press Retry on 40 orders."""
        mine, other = self.waits("a"), self.waits("b", value="SKU-8")
        self.env["product.product"].create({"name": "Nine", "default_code": "SKU-9"})
        self.assertEqual(self.released(), mine)
        self.assertEqual((mine.state, mine.message_id.state), ("retrying", "retry"))
        self.assertEqual((other.state, other.message_id.state), ("open", "dead"))
        self.drain(self.inbound)
        self.assertEqual((mine.state, mine.resolution), ("resolved", "retry"))

    def test_template_gets_the_reference(self):
        """The reference is corrected on the template's page, and nothing happens."""
        exception = self.waits("a")
        template = self.env["product.template"].create({"name": "Nine"})
        self.assertFalse(self.released())
        template.default_code = "SKU-9"
        self.assertEqual(self.released(), exception)

    def test_duplicate_gives_its_reference_up(self):
        """Two products shared a reference; one gave it up, and the order waits on."""
        pair = self.env["product.product"].create(
            [{"name": name, "default_code": "SKU-9"} for name in "ab"]
        )
        exception = self.waits("a")
        pair[0].default_code = "SKU-9-OLD"
        self.assertEqual(self.released(), exception)

    def test_record_named_by_id(self):
        """The address was completed, the tax was corrected: the message waits for a person."""
        unit = self.env.ref("uom.product_uom_unit")
        for model, values, change in (
            ("res.partner", {"name": "Here"}, {"city": "Ghent"}),
            ("account.tax", {"name": "Six", "amount": 6.0}, {"amount": 7.0}),
            (
                "uom.uom",
                {"name": "Crate", "relative_uom_id": unit.id, "relative_factor": 12.0},
                {"relative_factor": 24.0},
            ),
        ):
            with self.subTest(model=model):
                record = self.env[model].create(values)
                other = self.env[model].create({**values, "name": "There"})
                exception = self.waits(model, model, "id", record.id)
                other.write(change)
                self.assertFalse(self.released())
                record.write(change)
                self.assertEqual(self.released(), exception)
                self.drain(self.inbound)

    def test_mapping(self):
        """A mapping of another system or flow releases it, or the right one does not."""
        error = MappingError("product.product", "default_code", "THEIRS")
        exception = self.waits("a", *(error.source[key] for key in ("res_model", "key", "value")))
        product = self.env["product.product"].create({"name": "Ours"})
        values = {
            "kind": "product",
            "external_value": "THEIRS",
            "res_model": product._name,
            "res_id": product.id,
        }
        mappings = self.env["integration.mapping"]
        elsewhere = self.system.copy({"code": "im_else", "name": "Elsewhere"})
        mappings.create({**values, "system_id": elsewhere.id})
        mappings.create({**values, "system_id": self.system.id, "flow_id": self.outbound.id})
        self.assertFalse(self.released())
        mappings.create({**values, "system_id": self.system.id})
        self.assertEqual(self.released(), exception)

    def test_other_company(self):
        """A product of another company releases an order that cannot use it."""
        exception = self.waits("a")
        product = self.env["product.product"].create(
            {"name": "Theirs", "default_code": "SKU-9", "company_id": self.other_company().id}
        )
        self.assertFalse(self.released())
        product.company_id = exception.company_id
        self.assertEqual(self.released(), exception)

    def test_closed_or_running_is_left_alone(self):
        """What a person discarded comes back when the product is made."""
        closed, running = self.waits("a"), self.waits("b")
        closed.with_user(self.users["operator"]).action_discard()
        running.with_user(self.users["operator"]).action_retry()
        self.env["product.product"].create({"name": "Nine", "default_code": "SKU-9"})
        self.assertFalse(self.jobs())
        self.assertEqual(closed.message_id.state, "cancelled")

    def test_settled_between_commit_and_job(self):
        """A job that comes late retries what was solved meanwhile."""
        exception = self.waits("a")
        self.env["product.product"].create({"name": "Nine", "default_code": "SKU-9"})
        exception.with_user(self.users["operator"]).action_discard()
        self.released()
        self.assertEqual(exception.state, "discarded")
        self.assertEqual(exception.message_id.state, "cancelled")

    def test_whoever_may_edit_products(self):
        """A product manager without rights on exceptions cannot save a product."""
        exception = self.waits("a")
        user = self.users["plain"]
        user.group_ids |= self.env.ref("product.group_product_manager")
        self.env["product.product"].with_user(user).create(
            {"name": "Nine", "default_code": "SKU-9"}
        )
        self.assertEqual(self.released(), exception)

    def test_costs(self):
        """Saving a product asks once for each field, or for each of a hundred products."""
        products = self.env["product.product"].create([{"name": str(n)} for n in range(20)])
        self.jobs()
        products.write({"default_code": "SKU-7"})
        self.env.flush_all()
        with self.assertQueryCount(1):
            self.env.cr.precommit.run()
