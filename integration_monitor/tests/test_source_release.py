from odoo.tests import tagged

from ..models.integration_source import rate_key
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

    def test_branch(self):
        """A tax or product of the parent company, which branches use, releases nothing there."""
        country = {"country_id": self.env.ref("base.us").id}
        companies = self.env["res.company"]
        parent = companies.create({"name": "Parent", **country})
        branch, sister = companies.create(
            [{"name": name, "parent_id": parent.id, **country} for name in ("Branch", "Sister")]
        )
        group = self.env["account.tax.group"].create(
            {"name": "Group", "company_id": parent.id, **country}
        )

        def waiting(company, model, key, value):
            return self.env["integration.exception"]._open(
                [
                    {
                        "name": value,
                        "company_id": company.id,
                        "source_model": model,
                        "source_key": key,
                        "source_value": value,
                    }
                ]
            )

        tax = waiting(branch, "account.tax", rate_key(7.0, False), "7 %")
        product = waiting(branch, "product.product", "default_code", "SKU-9")
        theirs = waiting(parent, "product.product", "default_code", "SKU-8")
        self.env["account.tax"].create(
            {
                "name": "Seven",
                "amount": 7.0,
                "type_tax_use": "sale",
                "price_include_override": "tax_excluded",
                "company_id": parent.id,
                "tax_group_id": group.id,
                **country,
            }
        )
        self.assertEqual(self.released(), tax)
        products = self.env["product.product"]
        products.create({"name": "Nine", "default_code": "SKU-9", "company_id": sister.id})
        products.create({"name": "Eight", "default_code": "SKU-8", "company_id": branch.id})
        self.assertFalse(self.released(), "of a sister, and of a branch")
        self.assertTrue(theirs.is_open)
        products.create({"name": "Nine", "default_code": "SKU-9", "company_id": parent.id})
        self.assertEqual(self.released(), product)

    def test_lost_job(self):
        """The job that releases is cancelled by hand or lost, and what waited waits for ever."""
        for lose in ("button_cancelled", "unlink"):
            with self.subTest(lose=lose):
                exception = self.waits(lose, value=lose)
                self.env["product.product"].create({"name": "Nine", "default_code": lose})
                getattr(self.jobs(), lose)()
                self.env["integration.message"]._sweep()
                job = self.jobs()
                self.assertEqual(job.records.ids, exception.ids)
                self.env["integration.message"]._sweep()
                self.assertEqual(self.jobs(), job)
                job.records.with_env(self.env)._release()
                self.assertEqual(exception.message_id.state, "retry")
                job.write({"state": "done"})
                self.env["integration.message"]._sweep()
                self.assertFalse(self.jobs())
                self.assertFalse(self.env["integration.errand"].search([]))
                self.drain(self.inbound)

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
