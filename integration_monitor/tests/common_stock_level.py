"""Two shops that are told stock levels, for tests of the process that follows them."""

from ..tools.http_client import HttpResponse
from .common import IntegrationCase

LEVELS = "integration.handler.shop.stock"


def answer(status=200, body=b"{}"):
    """Return what a shop answers."""
    return HttpResponse(status=status, headers={}, body=body, elapsed_ms=1.0, address="127.0.0.1")


class StockLevelCase(IntegrationCase):
    """One flow with one product; stock changes as goods that are reserved or come in do."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.env.company
        cls.warehouse = cls.env["stock.warehouse"].search(
            [("company_id", "=", cls.company.id)], limit=1
        )
        cls.levels = cls.level_flow("im.test.levels", cls.system)
        cls.product = cls.new_product("LAMP-1")

    @classmethod
    def new_product(cls, code):
        return cls.env["product.product"].create(
            {"name": f"Product {code}", "default_code": code, "is_storable": True}
        )

    @classmethod
    def level_flow(cls, code, system, **values):
        return cls.env["integration.flow"].create(
            {
                "name": "Stock levels",
                "code": code,
                "system_id": system.id,
                "endpoint_id": cls.endpoint.id,
                "direction": "outbound",
                "style": "event",
                "message_type": "shop.stock",
                "handler": LEVELS,
                "trigger_event": "stock.changed",
                "coalesce": True,
                "payload_policy": "keep",
                **values,
            }
        )

    def change(self, quantity=5, products=None):
        """Goods come in: real moves, done; recorded as before a commit."""
        products = products or self.product
        supplier = self.env.ref("stock.stock_location_suppliers")
        moves = self.env["stock.move"].create(
            [
                {
                    "product_id": product.id,
                    "product_uom_qty": quantity,
                    "location_id": supplier.id,
                    "location_dest_id": self.warehouse.lot_stock_id.id,
                }
                for product in products
            ]
        )
        moves._action_confirm()
        moves.write({"quantity": quantity, "picked": True})
        moves._action_done()
        self.env.cr.precommit.run()
        self.env.cr.flush()

    def runs(self, product=None, flow=None):
        """:return: the transactions of a product's levels, the oldest first"""
        messages = self.messages(product, flow)
        return self.env["integration.transaction"].search(
            [("res_model", "=", "integration.message"), ("id", "in", messages.transaction_id.ids)],
            order="id",
        )

    def messages(self, product=None, flow=None):
        self.env.invalidate_all()
        return self.env["integration.message"].search(
            [
                ("flow_id", "=", (flow or self.levels).id),
                ("res_id", "=", (product or self.product).id),
            ],
            order="id",
        )

    def states(self, run):
        """:return: state of each milestone by the code of its step"""
        return {m.step_id.code: m.state for m in run.milestone_ids}
