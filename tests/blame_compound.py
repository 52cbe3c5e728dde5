"""Several things are wrong at once: the label is what must be removed first."""

from .blame_report import Suite

suite = Suite()


@suite.labelled("released", "breaker", "wms", "technical", compound=True)
def dead_and_breaker_open(case):
    """The release died of an outage that goes on: first the system must answer again."""
    case.release.retry_policy_id = case.impatient
    case.endpoint.breaker_failure_limit = 2
    case.wms.faults({"kind": "status", "status": 503})
    order = case.sent()
    case.sent()
    case.owner(order)._refresh_blame()
    return order


@suite.labelled("released", "dependency", "middleware", "technical", compound=True)
def system_behind_is_out(case):
    """The warehouse system fails because the middleware that it needs is out."""
    case.needs("wms", "middleware")
    case.wms.faults({"kind": "status", "status": 503})
    order = case.sent()
    case.fails("wms", case.endpoint)
    case.fails("middleware", case._make_endpoint("middleware", case.site.url))
    return order


@suite.labelled("released", "stock", None, "business", compound=True)
def no_stock_and_a_paused_booking(case):
    """Goods are missing, and a booking is paused that comes later anyway."""
    booking = case.booking()
    order = case.sold(product=case.scarce())
    booking._emit(order.picking_ids)
    booking.action_pause()
    return order


@suite.labelled("released", "paused", "wms", "technical", compound=True)
def paused_and_breaker_open(case):
    """The system is out, and a person stopped the flow: without him nothing is even tried."""
    case.endpoint.breaker_failure_limit = 1
    case.wms.faults({"kind": "status", "status": 503})
    case.sent()
    order = case.sent()
    case.release.action_pause()
    return order


@suite.labelled("released", "maintenance", "wms", "partner", compound=True)
def maintenance_and_breaker_open(case):
    """The system is out because it is being worked on."""
    case.endpoint.breaker_failure_limit = 1
    case.wms.faults({"kind": "status", "status": 503})
    case.sent()
    order = case.sent()
    case.under_maintenance("wms")
    return order


@suite.labelled("released", "message_failed", "wms", "technical", compound=True)
def gate_and_the_release_that_opens_it(case):
    """The transfer is kept back until it is released, and the release died."""
    case.gate("released")
    case.release.retry_policy_id = case.impatient
    case.wms.faults({"kind": "status", "status": 500})
    return case.sent()


@suite.labelled("released", "message_failed", "wms", "technical", compound=True)
def two_steps_failed(case):
    """Release and booking both died: the release comes first."""
    booking = case.booking()
    case.refuse(500)
    (case.release | booking).retry_policy_id = case.impatient
    case.wms.faults({"kind": "status", "status": 500})
    order = case.sent()
    booking._emit(order.picking_ids)
    case.work(booking)
    return order


@suite.labelled("released", "message_failed", "wms", "technical", compound=True)
def behind_another_order(case):
    """The release keeps its order behind one that died."""
    case.release.write(
        {"ordering": True, "trigger_event": False, "retry_policy_id": case.impatient.id}
    )
    case.wms.faults({"kind": "status", "status": 500})
    orders = [case.sold(), case.sold()]
    for order in orders:
        picking = order.picking_ids
        key = {"res_model": picking._name, "res_id": picking.id, "ordering_key": "dock 1"}
        case.release._emit([key])
    case.work()
    return orders[1]


@suite.labelled("released", "exception", None, "business", compound=True)
def matter_and_a_message_on_its_way(case):
    """The release goes out by itself; the matter about the order needs a person."""
    order = case.sold()
    case.matter(order)
    return order


@suite.labelled("invoice_sent", "message_failed", "finance", "technical", compound=True)
def unpaid_and_finance_not_told(case):
    """The customer has not paid, and the system that would tell so refuses the invoice."""
    case.refuse(500)
    flow = case._make_flow(
        "finance", "invoices", message_type="finance.invoice", trigger_event="invoice.posted",
        endpoint_id=case._make_endpoint("finance", case.site.url).id, warehouse_ids=False,
        retry_policy_id=case.impatient.id,
    )  # fmt: skip
    order = case.to_be_paid()
    case.work(flow)
    return order


@suite.labelled("allocated", "exception", None, "business", compound=True)
def matter_and_no_stock(case):
    """Goods are missing, and a person has to say whether the order stands at all."""
    order = case.order(product=case.scarce())
    case.matter(order)
    return order
