"""Stock levels that do not reach a shop: the label stands beside the fault."""

from datetime import timedelta

from odoo import fields

from .blame_report import Suite

suite = Suite()


def levels(case, **values):
    """:return: the flow that tells a shop the levels; the shop is ``site``"""
    return case._make_flow(
        "ecommerce", "levels", message_type="shop.stock",
        handler="integration.handler.shop.stock", trigger_event="stock.changed", coalesce=True,
        endpoint_id=case._make_endpoint("ecommerce", case.site.url).id,
        retry_policy_id=case.patient.id, **values,
    )  # fmt: skip


def changed(case, flow, work=True):
    """Goods come in, of a product of their own.

    :return: the transaction of their level
    """
    product = case.env["product.product"].create(
        {"name": "Lamp of a Shop", "default_code": "SHOP-LAMP", "is_storable": True}
    )
    move = case.env["stock.move"].create(
        {
            "product_id": product.id,
            "product_uom_qty": 5,
            "location_id": case.env.ref("stock.stock_location_suppliers").id,
            "location_dest_id": case.house.lot_stock_id.id,
        }
    )
    move._action_confirm()
    move.write({"quantity": 5, "picked": True})
    move._action_done()
    case.record()
    if work:
        case.work(flow)
    return case.env["integration.transaction"].search(
        [("stock_product_id", "=", product.id)], order="id desc", limit=1
    )


@suite.labelled("sent", "message_pending", "ecommerce", "technical")
def level_just_made(case):
    """The level waits for the lane to run."""
    return changed(case, levels(case), work=False)


@suite.labelled("sent", "message_failed", "ecommerce", "technical")
def shop_answers_an_error(case):
    """The shop answers 503."""
    case.refuse(503)
    return changed(case, levels(case))


@suite.labelled("sent", "breaker", "ecommerce", "technical")
def shop_left_alone(case):
    """The shop failed for another product, and is left alone for a while."""
    flow = levels(case)
    flow.endpoint_id.breaker_failure_limit = 1
    case.refuse(503)
    changed(case, flow)
    return changed(case, flow)


@suite.labelled("sent", "maintenance", "ecommerce", "partner")
def shop_in_maintenance(case):
    """The shop is being worked on."""
    case.under_maintenance("ecommerce")
    return changed(case, levels(case))


@suite.labelled("sent", "paused", "ecommerce", "technical")
def levels_paused(case):
    """Somebody pauses the levels."""
    flow = levels(case)
    flow.action_pause()
    return changed(case, flow)


@suite.labelled("sent", "manual", "ecommerce", "partner")
def levels_by_hand(case):
    """The shop is out for so long that somebody has to type the level in."""
    flow = levels(case, fallback="manual", manual_after=1)
    flow.endpoint_id.breaker_failure_limit = 1
    case.refuse(503)
    run = changed(case, flow)
    later = fields.Datetime.now() + timedelta(minutes=30)
    case.env["integration.flow"].sudo()._hand_over_waiting(later)
    return run


@suite.labelled("acknowledged", "acknowledgement", "ecommerce", "partner")
def level_to_be_confirmed(case):
    """The shop took the level and has half an hour to confirm it."""
    return changed(case, levels(case, ack_minutes=30))


@suite.labelled("acknowledged", "acknowledgement_overdue", "ecommerce", "partner")
def level_not_confirmed(case):
    """The shop had half an hour to confirm the level."""
    run = changed(case, levels(case, ack_minutes=30))
    now = fields.Datetime.now()
    run.sudo().message_ids.ack_due_at = now - timedelta(minutes=1)
    case.env["integration.message"]._watch_acknowledgements(now)
    return run
