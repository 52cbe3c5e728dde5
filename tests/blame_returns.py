"""Customers' returns that stop: whom each waits for. The label stands beside the state."""

from .blame_report import Suite

suite = Suite()


def _back(case, **values):
    """:return: a return whose goods have come back, and the invoice of its order"""
    order, invoice = case.delivered()
    back = case.announce(order.picking_ids, **values)
    case.ship(back)
    return back, invoice


@suite.labelled("returned", "customer", None, "business")
def goods_not_back(case):
    """The customer announced a return, and has sent nothing."""
    order, _invoice = case.delivered()
    return case.announce(order.picking_ids)


@suite.labelled("returned", "customer", None, "business")
def rest_not_back(case):
    """One of two pieces came."""
    order, _invoice = case.delivered()
    back = case.announce(order.picking_ids)
    case.ship(back, quantity=1)
    return back


@suite.labelled("stored", "team", None, "business")
def at_the_door(case):
    """The goods came, and nobody put them away."""
    case.warehouse.reception_steps = "two_steps"
    return _back(case)[0]


@suite.labelled("replaced", "team", None, "business")
def exchange_to_be_shipped(case):
    """The goods came, and what replaces them is on the shelf."""
    return _back(case, exchange=True)[0]


@suite.labelled("replaced", "stock", None, "business")
def exchange_without_stock(case):
    """The only two pieces that there are came back to the door, broken."""
    product = case.scarce()
    case.stock(product, 2)
    order, _invoice = case.delivered(product=product)
    case.warehouse.reception_steps = "two_steps"
    back = case.announce(order.picking_ids, exchange=True)
    case.ship(back)
    stored = case.env["stock.picking"].search([("picking_type_id", "=",
                                                case.warehouse.store_type_id.id)])  # fmt: skip
    case.ship(stored.filtered(lambda picking: picking.sale_id == order))
    new = back.search([("sale_id", "=", order.id), ("state", "=", "assigned")])
    new.do_unreserve()
    case.stock(product, -2)
    case.record()
    return back


@suite.labelled("credited", "team", None, "business")
def no_credit_note(case):
    """The goods came back, and the customer's money is ours."""
    return _back(case)[0]


@suite.labelled("credited", "team", None, "business")
def draft_credit_note(case):
    """The credit note is a draft."""
    back, invoice = _back(case)
    case.credit(invoice, post=False)
    return back


@suite.labelled("refunded", "team", None, "business")
def money_not_returned(case):
    """The credit note is posted, and nobody paid it."""
    back, invoice = _back(case)
    case.credit(invoice)
    return back


@suite.labelled("return_label", "message_pending", "carrier", "technical")
def label_about_to_be_asked_for(case):
    """The carrier is about to be asked for a label."""
    case.labels()
    return goods_not_back(case)


@suite.labelled("return_label", "message_failed", "carrier", "technical")
def label_refused(case):
    """The carrier answers with an error."""
    flow = case.labels()
    case.refuse(500)
    back = goods_not_back(case)
    case.work(flow)
    return back


@suite.labelled("in_transit", "partner", "carrier", "partner")
def parcel_not_at_the_carrier(case):
    """The customer has the label, and the carrier has seen no parcel."""
    flow = case.labels()
    case.tracking().warehouse_ids = False
    back = goods_not_back(case)
    case.work(flow)
    return back
