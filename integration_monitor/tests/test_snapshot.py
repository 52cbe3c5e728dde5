"""An order is read in two ways, by what was linked before and by what belongs to it now."""

from odoo.tests import tagged

from .common_transaction import TransactionCommon


@tagged("post_install", "-at_install")
class TestSnapshot(TransactionCommon):
    def assertBothWays(self, order):
        """Compare what a changed document of the order shows with what the order itself shows."""
        self.env.flush_all()
        Transaction = self.env["integration.transaction"]
        [found] = Transaction._snapshot({"sale.order": order.ids}, payments=True)
        names = {"partner_name", "warehouse_name"}
        invoices = order.invoice_ids
        for roots in (
            {"stock.picking": order.picking_ids.ids},
            {"account.move": invoices.ids},
            {"stock.picking": order.picking_ids[:1].ids, "account.move": invoices.ids},
            {"integration.transaction": self.owner(order).ids},
        ):
            if not any(roots.values()):
                continue
            rows = Transaction._snapshot(roots, payments="account.move" in roots)
            # Returns of the order are read with it.
            [known] = [row for row in rows if row["root_model"] == "sale.order"]
            known.pop("of_owner", None)
            # Read with other roots, else when somebody is named.
            known = {key: value for key, value in known.items() if key not in names}
            if known["payments"] is None:
                # Not asked for, or nothing is paid.
                known["payments"] = found["payments"]
            self.assertEqual(known, found, roots)

    def test_one_delivery(self):
        """A milestone is reached, or lost, by which of the order's documents was saved last."""
        order = self.order()
        self.assertBothWays(order)
        self.ship(order.picking_ids, quantity=1)
        self.assertEqual(len(order.picking_ids), 2)
        self.assertBothWays(order)
        self.ship(order.picking_ids.filtered(lambda picking: picking.state != "done"))
        invoice = self.invoice(order)
        self.assertBothWays(order)
        self.pay(invoice, amount=50)
        self.assertBothWays(order)
        self.pay(invoice)
        self.assertBothWays(order)
        self.send_back(order.picking_ids[0])
        self.refund(invoice)
        self.assertBothWays(order)

    def test_pick_pack_and_ship(self):
        """Of a warehouse with three steps, the delivery is expected before it is written."""
        self.warehouse.delivery_steps = "pick_pack_ship"
        order = self.order()
        for _step in range(3):
            self.assertBothWays(order)
            self.ship(order.picking_ids.filtered(lambda picking: picking.state == "assigned"))
        self.assertBothWays(order)
        self.assertStates(order, shipped="reached")

    def test_document_changes_keep_what_messages_told(self):
        """A transfer is saved, and the order forgets what holds it up; or after an upgrade."""
        order = self.order()
        owner = self.owner(order)
        self.env["integration.exception"].sudo().create(
            {
                "name": "Unknown product LAMP-9",
                "category": "business",
                "company_id": self.company.id,
                "transaction_id": owner.id,
            }
        )
        owner._refresh_blame()
        self.ship(order.picking_ids, quantity=1)
        self.assertEqual(owner.cause_text, "Unknown product LAMP-9")
        self.assertBothWays(order)
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE integration_transaction SET evidence = NULL WHERE id = %s", [owner.id]
        )
        owner.init()
        self.ship(order.picking_ids.filtered(lambda picking: picking.state != "done"))
        self.assertEqual(owner.cause_text, "Unknown product LAMP-9")
