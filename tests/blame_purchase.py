"""Orders whose goods are bought for them. The label stands beside the state of the purchase."""

from .blame_report import Suite

suite = Suite()


@suite.labelled("allocated", "purchase", None, "business")
def made_to_order_and_not_ordered(case):
    """The purchase of goods that come through our house is a draft."""
    return case.made_to_order()[0]


@suite.labelled("allocated", "purchase", None, "partner")
def made_to_order_and_not_arrived(case):
    """The vendor has not sent the goods that we send on."""
    return case.ordered(*case.made_to_order())


@suite.labelled("picked", "team", None, "business")
def made_to_order_and_arrived(case):
    """The goods came, and wait to be picked."""
    order, purchase = case.made_to_order()
    case.ordered(order, purchase)
    case.ship(purchase.picking_ids)
    return order


@suite.labelled("allocated", "purchase", None, "business")
def made_to_order_and_not_put_away(case):
    """The goods came, and lie at the door."""
    case.warehouse.reception_steps = "two_steps"
    order, purchase = case.made_to_order()
    case.ordered(order, purchase)
    case.ship(purchase.picking_ids)
    return order


@suite.labelled("shipped", "purchase", None, "business")
def dropship_not_ordered(case):
    """The purchase of goods that the vendor sends to the customer is a draft."""
    return case.dropshipped()[0]


@suite.labelled("shipped", "purchase", None, "partner")
def dropship_not_shipped(case):
    """The vendor has not sent the goods to the customer."""
    return case.ordered(*case.dropshipped())


@suite.labelled("shipped", "purchase", None, "partner")
def dropship_not_acknowledged(case):
    """The vendor was asked to confirm, and has not."""
    order, purchase = case.dropshipped()
    purchase.receipt_reminder_email = True
    return case.ordered(order, purchase)


@suite.labelled("shipped", "purchase", None, "business")
def dropship_cancelled(case):
    """The purchase was cancelled, and nobody ordered the goods elsewhere."""
    order, purchase = case.dropshipped()
    case.ordered(order, purchase)
    purchase.button_cancel()
    case.record()
    return order


@suite.labelled("shipped", "purchase", "finance", "technical", compound=True)
def dropship_that_the_vendor_was_not_told_of(case):
    """The message to the vendor failed: he is not to blame for what he does not know."""
    telling = case._make_flow(
        "finance", "orders", message_type="purchase.order", trigger_event="purchase.confirmed",
        endpoint_id=case._make_endpoint("finance", case.site.url).id, warehouse_ids=False,
    )  # fmt: skip
    order, purchase = case.dropshipped()
    case.ordered(order, purchase)
    message = telling.env["integration.message"].search([("flow_id", "=", telling.id)])
    message.sudo().write(
        {
            "state": "dead",
            "error_class": "client",
            "error_message": "400 no such article",
            "attempt_count": 1,
        }
    )
    case.looked_at_again(purchase)
    return order


@suite.labelled("picked", "team", None, "business", compound=True)
def dropship_shipped_and_own_goods_not(case):
    """The vendor has sent his part, ours lies on the shelf."""
    order, purchase = case.dropshipped(beside=case.product)
    case.ordered(order, purchase)
    case.ship(purchase.picking_ids)
    return order


@suite.labelled("allocated", "stock", None, "business", compound=True)
def dropship_beside_what_is_missing(case):
    """A vendor has not shipped, and of our own goods nothing is on the shelf."""
    return case.ordered(*case.dropshipped(beside=case.scarce()))


@suite.labelled("allocated", "unknown")
def purchase_that_nobody_follows(case):
    """What was known of the purchase is gone."""
    order, purchase = case.made_to_order()
    case.ordered(order, purchase)
    case.owner(purchase).sudo().unlink()
    case.looked_at_again(order)
    return order
