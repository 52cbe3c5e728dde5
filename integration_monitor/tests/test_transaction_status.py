"""The one word that tells how an order stands."""

from odoo.tests import tagged

from .common_transaction import TransactionCommon


@tagged("post_install", "-at_install")
class TestTransactionStatus(TransactionCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.orders = cls.env["sale.order"].concat(*(cls.order() for _ in range(6)))
        cls.expected = {}
        for order, (status, values) in zip(
            cls.orders,
            {
                "on_track": {"timeliness": "on_track", "cause": "team"},
                "warning": {"timeliness": "warning", "cause": "stock"},
                "stuck": {"timeliness": "on_track", "cause": "message_failed"},
                "missed": {"timeliness": "missed", "cause": "exception"},
                "completed": {"state": "completed", "timeliness": "missed"},
                "cancelled": {"state": "cancelled", "cause": "message_failed"},
            }.items(),
            strict=True,
        ):
            owner = cls.owner(order)
            owner.sudo().write(values)
            cls.expected[owner] = status
        cls.owners = cls.env["integration.transaction"].concat(*cls.expected)

    def test_same_word_as_on_the_documents(self):
        """The list says 'On track' in green, and the order 'Needs a person'."""
        self.orders.invalidate_recordset()
        for order, owner in zip(self.orders, self.owners, strict=True):
            self.assertEqual(owner.status, self.expected[owner])
            self.assertEqual(order.integration_status, owner.status)
        words = [
            dict(self.env[model]._fields[field]._description_selection(self.env))
            for model, field in (
                ("integration.transaction", "status"),
                ("sale.order", "integration_status"),
            )
        ]
        self.assertEqual(*words)

    def test_search_and_groups_agree_with_the_badge(self):
        """The filter 'Needs a Person' finds others than those that say so."""
        Transaction = self.env["integration.transaction"]
        mine = [("id", "in", self.owners.ids)]
        groups = dict(Transaction._read_group(mine, ["status"], ["id:recordset"]))
        for owner, status in self.expected.items():
            with self.subTest(status=status):
                self.assertEqual(Transaction.search([*mine, ("status", "=", status)]), owner)
                self.assertEqual(groups[status], owner)
        rest = Transaction.search([*mine, ("status", "not in", ["stuck", "completed"])])
        self.assertEqual(len(rest), 4)
        self.assertTrue(Transaction.fields_get(["status"])["status"]["groupable"])

    def test_most_urgent_first(self):
        """An invoice of two orders shows the one that runs, not the one that is stuck."""
        by_status = {status: owner for owner, status in self.expected.items()}
        running = by_status["on_track"] | by_status["stuck"]
        self.assertEqual(running._most_urgent(), by_status["stuck"])
        self.assertEqual(self.owners._most_urgent(), by_status["missed"])
