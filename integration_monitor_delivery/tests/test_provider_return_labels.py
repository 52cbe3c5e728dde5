"""Return labels that a provider sold and that nothing in Odoo knows of."""

import contextlib
from unittest.mock import patch

from odoo.tests import tagged

from odoo.addons.integration_monitor.instrumentation import log_writer

from .common_provider import ProviderCase
from .test_provider_labels import Undone


@tagged("post_install", "-at_install")
class TestProviderReturnLabels(ProviderCase):
    def setUp(self):
        super().setUp()
        model = type(self.env["delivery.carrier"])
        self.startPatcher(patch.object(model, "_compute_can_generate_return", _can, create=True))
        self.provider.invalidate_recordset(["can_generate_return"])
        self.order_, self.picking = self.ready()

    def labels(self):
        """:return: the labels that are followed"""
        return self.env["integration.carrier.label"].search([])

    def buy(self, undone=False):
        """Buy a return label as the button of the transfer does."""
        with contextlib.suppress(Undone), self.env.cr.savepoint():
            self.picking.print_return_label()
            if undone:
                raise Undone

    def test_lost(self):
        """A return label is bought by itself, rolled back, and paid for."""
        self.watched(self.buy, True)
        exception = self.open_exceptions("carrier.label")
        self.assertEqual(len(exception), 1)
        for part in ("RET1", self.order_.name, self.picking.name, "Parcel Inc. Express"):
            self.assertIn(part, exception.error_message)
        self.assertEqual(exception.transaction_id, self.order_.integration_transaction_ids)
        self.watched(self.settle)
        self.assertEqual(exception.occurrence_count, 1)
        # Whoever uses it after all enters its number.
        self.picking.carrier_tracking_ref = "RET1"
        self.watched(self.settle)
        self.assertFalse(exception.is_open)
        self.assertFalse(self.labels())

    def test_kept(self):
        """A return label that nobody lost is told as lost: no transfer carries its number."""
        self.watched(self.buy)
        self.assertFalse(self.open_exceptions("carrier.label"))
        self.assertFalse(self.labels())
        self.assertFalse(self.env["integration.carrier.label"].sudo().search([("kept", "=", True)]))

    def test_kept_before_the_log_tells(self):
        """The log is written a while after the commit."""
        with log_writer.captured() as seen:
            self.buy()
            self.settle()
        self.env["integration.metric"]._roll_up_on(self.env.cr)
        self.assertTrue(self.labels().kept)
        log_writer.write_on(self.env.cr, seen)
        self.watched(self.settle)
        self.assertFalse(self.labels())
        self.assertFalse(self.open_exceptions("carrier.label"))

    def test_lost_and_bought_again(self):
        """The second try keeps its label, and the first one is not forgotten with it."""
        numbers = iter(("RET8", "RET9"))
        answer = self.shop.answer

        def numbered(call):
            status, value = answer(call)
            return status, {**value, "number": next(numbers)}

        with patch.object(self.shop, "answer", numbered):
            self.watched(self.buy, True)
            self.watched(self.buy)
        exception = self.open_exceptions("carrier.label")
        self.assertEqual(len(exception), 1)
        self.assertIn("RET8", exception.error_message)

    def test_without_a_number(self):
        """A provider that names no number leaves nothing to follow, not the parcel's own number."""
        self.picking.carrier_tracking_ref = "OUT1"
        model = type(self.env["delivery.carrier"])
        name = "tstparcel_get_return_label"
        self.startPatcher(patch.object(model, name, lambda *_args, **_kwargs: None))
        self.watched(self.buy, True)
        self.picking.carrier_tracking_ref = False
        self.watched(self.settle)
        self.assertFalse(self.labels())
        self.assertFalse(self.open_exceptions("carrier.label"))

    def test_nobody_s_purchase_breaks(self):
        """Following the label fails, and the label is lost by that."""
        labels = type(self.env["integration.carrier.label"])
        with (
            patch.object(labels, "_keep", side_effect=ValueError),
            self.assertLogs("odoo.addons.integration_monitor_delivery", "WARNING"),
        ):
            self.watched(self.buy)


def _can(carriers):
    """The provider sells return labels."""
    for carrier in carriers:
        carrier.can_generate_return = True
