from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged

from odoo.addons.integration_monitor.instrumentation import log_writer
from odoo.addons.integration_monitor.models.integration_milestone_record import NOTES
from odoo.addons.integration_monitor.tools import context

from .common_provider import ProviderCase


@tagged("post_install", "-at_install")
class TestProviderOperations(ProviderCase):
    """Each operation of a provider that knows nothing of the suite is a line of the log."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.order, cls.picking = cls.ready()

    def test_booking(self):
        """The line names carrier, system, order, transfer, number and price; the call is its."""
        order, picking = self.order, self.picking
        with log_writer.captured() as seen:
            picking._action_done()
        (line,) = (line for line in seen if line.operation == "carrier.book")
        self.assertEqual((line.kind, line.outcome, line.direction), ("custom", "ok", "outbound"))
        self.assertEqual(line.system_id, self.parcel_system.id)
        self.assertEqual(line.endpoint_id, self.parcel_endpoint.id)
        self.assertEqual(line.correlation_id, order.integration_correlation_id)
        self.assertEqual((line.res_model, line.res_id), (picking._name, picking.id))
        self.assertEqual(line.company_id, self.company.id)
        self.assertGreater(line.duration_ms, 0)
        self.assertEqual(line.detail["carrier_id"], self.provider.id)
        self.assertEqual(line.detail["tracking_number"], self.shop.sold[0])
        self.assertEqual(line.detail["price"], 7.5)
        self.assertEqual(line.detail["order"], order.name)
        (call,) = (line for line in seen if line.kind == "http_out")
        self.assertEqual(call.parent_span_id, line.span_id)
        self.assertEqual(call.correlation_id, order.integration_correlation_id)
        self.assertEqual(picking.carrier_tracking_ref, self.shop.sold[0])
        self.assertEqual(picking.integration_booking, "booked")

    def test_every_operation(self):
        """Rates, return labels, links that are asked for and cancellations are seen, too."""
        order, picking = self.order, self.picking
        (line,) = self.watched(self.provider.rate_shipment, order)
        self.assertEqual((line.operation, line.outcome), ("carrier.rate", "ok"))
        self.assertEqual(line.detail["price"], 6.25)
        self.watched(picking._action_done)
        # A link that is put together from the number is no exchange.
        self.assertFalse(self.watched(self.provider.get_tracking_link, picking))
        self.provider.prod_environment = True
        (line,) = self.watched(self.provider.get_tracking_link, picking)
        self.assertEqual((line.operation, line.outcome), ("carrier.track", "ok"))
        # What its module says of the provider; the field is computed for each of them.
        self.provider._fields["can_generate_return"]._update_cache(self.provider, True)
        (line,) = self.watched(self.provider.get_return_label, picking)
        self.assertEqual(line.operation, "carrier.return_label")
        self.assertEqual(line.detail["tracking_number"], "RET1")
        (line,) = self.watched(picking.cancel_shipment)
        self.assertEqual((line.operation, line.outcome), ("carrier.cancel", "ok"))
        self.assertEqual(line.detail["tracking_number"], self.shop.sold[0])
        self.assertEqual(self.shop.cancelled, self.shop.sold)

    def test_failures_and_their_class(self):
        """The carrier's fault is told from wrong data, whatever words the provider makes of it."""
        known_by_fault = {
            500: "server",
            503: "server",
            "hang": "timeout",
            429: "rate_limit",
            401: "auth",
            422: "business",
        }
        for fault, known in known_by_fault.items():
            with self.subTest(fault):
                _order, picking = self.ready()
                self.shop.faults = {picking.name: fault}
                (line,) = self.watched(picking._action_done, error=UserError)
                self.shop.gate.set()
                self.assertEqual((line.outcome, line.error_class), ("error", known))
                self.assertFalse(picking.carrier_tracking_ref)
                self.assertNotEqual(picking.state, "done")
                exceptions = self.open_exceptions("carrier.book")
                exception = exceptions.filtered(lambda e, about=picking: e.res_id == about.id)
                self.assertEqual(exception.error_class, known)

    def test_inside_of_a_message(self):
        """The warehouse's flow that reports a shipment is called down with the carrier."""
        self.provider.write({"integration_endpoint_id": False, "integration_system_id": False})
        picking = self.picking
        self.shop.faults = {picking.name: 500}
        with context.bound(flow_id=self.shipment_flow.id, endpoint_id=self.endpoint.id):
            (line,) = self.watched(picking._action_done, error=UserError)
            self.assertEqual(context.current().flow_id, self.shipment_flow.id)
        self.assertEqual((line.flow_id, line.endpoint_id), (None, None))

    def test_user_sees_the_same_error(self):
        """The provider's own words reach the user."""
        picking = self.picking
        self.shop.faults = {picking.name: 422}
        with self.assertRaisesRegex(UserError, f"^{picking.name}: the address is unknown$"):
            picking._action_done()

    def test_refused_rate(self):
        """A provider that answers without success did not succeed; no person has to act."""
        self.shop.faults = {"/rates": 500}
        (line,) = self.watched(self.provider.rate_shipment, self.order)
        self.assertEqual((line.outcome, line.error_class), ("error", "server"))
        self.assertIn("not available", line.error_message)
        self.assertFalse(self.open_exceptions("carrier.rate"))

    def test_local_methods_are_passed_by(self):
        """A fixed price is no exchange: no line, nothing to note."""
        order, picking = self.ready(self.other_method())
        self.assertFalse(self.watched(picking.carrier_id.rate_shipment, order))
        self.assertFalse(self.watched(picking._action_done))
        self.assertFalse(picking.integration_booking)

    def test_nothing_without_providers(self):
        """A database whose methods only calculate pays for what it does not use."""
        order, picking = self.ready(self.other_method())
        self.provider.unlink()
        self.env.registry.clear_cache()
        Carrier = self.env["delivery.carrier"]
        self.assertFalse(Carrier._integration_has_providers())
        transaction = order.integration_transaction_ids
        self.watched(picking._action_done)
        self.env["integration.milestone"]._record_pending()
        picking.carrier_tracking_ref = "BYHAND"
        self.assertNotIn(NOTES, self.env.cr.precommit.data)
        self.assertNotIn("parcels", transaction.evidence or {})

    def other_method(self):
        """:return: a delivery method that calls nobody"""
        return self.carrier.copy({"name": "Own van", "integration_flow_id": False})

    def test_endpoint_of_another_system(self):
        """Figures would go to somebody else's API."""
        with self.assertRaisesRegex(ValidationError, "belongs to"):
            self.provider.integration_endpoint_id = self.endpoint
