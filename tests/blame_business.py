"""Orders on which nothing is broken: somebody has work to do. The label stands beside the state."""

from odoo import Command

from .blame_report import Suite

suite = Suite()


@suite.labelled("validated", "team", None, "business")
def taken_back_to_a_quotation(case):
    """The salesperson makes a quotation of the order again."""
    return case.quotation()


@suite.labelled("confirmed", "customer", None, "business")
def quotation_not_accepted(case):
    """The changed quotation was sent, and the customer has not accepted it."""
    order = case.quotation()
    order.action_quotation_sent()
    case.record()
    return order


@suite.labelled("allocated", "stock", None, "business")
def no_stock(case):
    """Nothing of the product is on the shelf."""
    return case.order(product=case.scarce())


@suite.labelled("released", "stock", None, "business")
def no_stock_before_the_release(case):
    """Nothing of the product is on the shelf of the warehouse that a system runs."""
    return case.sold(product=case.scarce())


@suite.labelled("allocated", "stock", None, "business")
def not_reserved_by_hand(case):
    """The goods are there, and nobody reserves them."""
    case.warehouse.out_type_id.reservation_method = "manual"
    return case.order()


@suite.labelled("picked", "team", None, "business")
def to_be_picked(case):
    """The goods are reserved."""
    return case.order()


@suite.labelled("allocated", "team", None, "business")
def draft_transfer(case):
    """The delivery was cancelled, and its copy is a draft."""
    order = case.order()
    copy = order.picking_ids.copy()
    order.picking_ids.filtered(lambda picking: picking != copy).action_cancel()
    case.record()
    return order


@suite.labelled("packed", "team", None, "business")
def to_be_packed(case):
    """Of three steps the first is done."""
    case.warehouse.delivery_steps = "pick_pack_ship"
    order = case.order()
    case.ship(order.picking_ids)
    return order


@suite.labelled("shipped", "team", None, "business")
def to_be_shipped(case):
    """Of two steps the first is done."""
    case.warehouse.delivery_steps = "pick_ship"
    order = case.order()
    case.ship(order.picking_ids)
    return order


@suite.labelled("allocated", "stock", None, "business")
def back_order_without_stock(case):
    """One of three pieces was there and has left."""
    product = case.scarce()
    case.stock(product, 1)
    order = case.order(product=product, quantity=3)
    case.ship(order.picking_ids, quantity=1)
    return order


@suite.labelled("picked", "team", None, "business")
def back_order_with_stock(case):
    """Half of the goods left, the rest is on the shelf."""
    order = case.order()
    case.ship(order.picking_ids, quantity=1)
    return order


@suite.labelled("picked", "gate", None, "business")
def gate_closed(case):
    """Nothing leaves before the invoice is posted."""
    case.gate("invoiced")
    return case.order()


@suite.labelled("picked", "gate", None, "business")
def gate_closed_to_a_report(case):
    """The warehouse system shipped what may not leave before it is paid."""
    case.gate("paid")
    order = case.sent()
    case.shipped(order)
    return order


@suite.labelled("picked", "exception", None, "business")
def exception_about_the_order(case):
    """A person opened a matter about the order."""
    order = case.order()
    case.matter(order)
    return order


@suite.labelled("invoiced", "team", None, "business")
def to_be_invoiced(case):
    """The goods left, and there is no invoice."""
    order = case.order()
    case.ship(order.picking_ids)
    return order


@suite.labelled("invoiced", "team", None, "business")
def draft_invoice(case):
    """The goods left, and the invoice is a draft."""
    order = case.to_be_paid(post=False)
    return order


@suite.labelled("paid", "customer", None, "business")
def unpaid(case):
    """The invoice is posted."""
    return case.to_be_paid()


@suite.labelled("paid", "customer", None, "business")
def paid_in_part(case):
    """The customer paid half of the invoice."""
    order = case.to_be_paid()
    case.pay(order.invoice_ids, amount=order.amount_total / 2)
    return order


@suite.labelled("paid", "customer", None, "business")
def payment_taken_back(case):
    """The payment turned out to be another customer's."""
    order = case.to_be_paid()
    case.pay(order.invoice_ids)
    order.invoice_ids.line_ids.remove_move_reconcile()
    case.record()
    return order


@suite.labelled("paid", "team", None, "business")
def everything_came_back(case):
    """The goods came back, and the invoice stands."""
    order = case.to_be_paid()
    case.send_back(order.picking_ids)
    return order


@suite.labelled("paid", "team", None, "business")
def everything_came_back_and_is_credited(case):
    """The goods came back, the credit note is posted, and nobody has paid it."""
    order = case.to_be_paid()
    case.pay(order.invoice_ids)
    case.send_back(order.picking_ids)
    case.refund(order.invoice_ids)
    return order


@suite.labelled("picked", "team", None, "business")
def two_products_one_missing(case):
    """The goods are sent as they come: what is there can be picked."""
    scarce = case.scarce()
    lines = [(case.product, 1), (scarce, 1)]
    return case.order(
        order_line=[
            Command.create({"product_id": product.id, "product_uom_qty": quantity})
            for product, quantity in lines
        ]
    )
