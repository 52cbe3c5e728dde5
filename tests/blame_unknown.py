"""Orders of which nobody can tell why they wait: the evidence was never there, or is gone."""

from datetime import timedelta

from odoo import Command, fields

from .blame_report import Suite

suite = Suite()


@suite.labelled("checked", "unknown")
def nobody_reports_the_step(case):
    """The process wants a credit check, and no system is connected that reports it."""
    case.step_of("checked")
    return case.order()


@suite.labelled("checked", "unknown")
def covers_the_other_warehouse(case):
    """A system reports credit checks, but for orders of the other warehouse."""
    case.step_of("checked", message_type="finance.check")
    case.checks()
    return case.order()


@suite.labelled("checked", "unknown")
def covers_another_company(case):
    """A system reports credit checks, but to another company."""
    case.step_of("checked", message_type="finance.check")
    other = case._make_system("finance", company_id=case.other_company().id, code="elsewhere")
    case.checks(system_id=other.id, warehouse_ids=False)
    return case.sold_unreleased()


@suite.labelled("checked", "unknown")
def flow_archived(case):
    """The system that reported credit checks is not connected any more."""
    case.step_of("checked", message_type="finance.check")
    case.checks().active = False
    return case.sold_unreleased()


@suite.labelled("checked", "unknown")
def silence_without_a_rhythm(case):
    """A system reports when it likes; nobody told it of the order, and nobody measures when."""
    case.step_of("checked", message_type="finance.check")
    case.checks()
    return case.sold_unreleased()


@suite.labelled("checked", "unknown")
def customs(case):
    """Some partner has to clear the goods, and nobody knows which."""
    case.step_of("checked", waits_on="partner")
    return case.order()


@suite.labelled("in_transit", "unknown")
def unknown_carrier(case):
    """Two parcels left; the carrier of one reported it, the other's is not known."""
    order = case.in_two_parcels()
    case.reported(order, "in_transit", order.picking_ids[0])
    case.looked_at_again(order)
    return order


@suite.labelled("delivered", "unknown")
def parcel_lost_from_sight(case):
    """Both parcels travel; one was delivered, nobody says anything of the other."""
    order = case.in_two_parcels()
    case.reported(order, "in_transit", *order.picking_ids)
    case.reported(order, "delivered", order.picking_ids[0])
    case.looked_at_again(order)
    return order


@suite.labelled("released", "unknown")
def half_released(case):
    """Half of the order was released before the connection was taken down."""
    order = case.sent()
    case.release.active = False
    case.ship(order.picking_ids, quantity=1)
    return order


@suite.labelled("allocated", "unknown")
def delivery_cancelled_by_hand(case):
    """Somebody cancels the delivery, and leaves the order."""
    order = case.order()
    order.picking_ids.action_cancel()
    case.record()
    return order


@suite.labelled("released", "unknown")
def delivery_cancelled_before_its_release(case):
    """Somebody cancels the delivery before the warehouse system is told of it."""
    order = case.sold()
    order.picking_ids.action_cancel()
    case.record()
    case.work()
    return order


@suite.labelled("shipped", "unknown")
def rest_of_the_chain_cancelled(case):
    """The goods were picked, and somebody cancels what follows."""
    case.warehouse.delivery_steps = "pick_ship"
    order = case.order()
    case.ship(order.picking_ids)
    order.picking_ids.filtered(lambda picking: picking.state != "done").action_cancel()
    case.record()
    return order


@suite.labelled("allocated", "unknown")
def waits_for_a_foreign_transfer(case):
    """The delivery takes goods that another transfer brings, which belongs to no order."""
    order = case.order()
    foreign = case.env["stock.move"].create(
        {
            "product_id": case.product.id,
            "product_uom_qty": 2,
            "location_id": case.env.ref("stock.stock_location_suppliers").id,
            "location_dest_id": case.warehouse.lot_stock_id.id,
            "company_id": case.company.id,
        }
    )
    foreign._action_confirm()
    move = order.picking_ids.move_ids
    move._do_unreserve()
    move.write({"procure_method": "make_to_order", "move_orig_ids": [Command.link(foreign.id)]})
    move._recompute_state()
    case.record()
    return order


@suite.labelled("picked", "unknown")
def message_deleted(case):
    """The warehouse system has the goods, and an administrator deletes what was sent."""
    order = case.sent()
    case.message_of(order).unlink()
    case.owner(order)._refresh_blame()
    return order


@suite.labelled("picked", "unknown")
def past_its_retention(case):
    """The release is so old that nothing of it is kept."""
    order = case.sent()
    case.message_of(order).received_at = fields.Datetime.now() - timedelta(days=4000)
    case.env.flush_all()
    case.env["integration.message"]._gc_messages()
    case.owner(order)._refresh_blame()
    return order
