"""Messages that are stopped, or taken and not confirmed: the label stands beside the fault."""

from datetime import timedelta

from odoo import fields
from odoo.tools import mute_logger

from .blame_report import Suite

CONDITION = "odoo.addons.integration_monitor.models.integration_flow_condition"
suite = Suite()


@suite.labelled("released", "breaker", "wms", "technical")
def breaker_open(case):
    """The warehouse system failed for another order, and is left alone for a while."""
    case.endpoint.breaker_failure_limit = 1
    case.wms.faults({"kind": "status", "status": 503})
    case.sent()
    return case.sent()


@suite.labelled("released", "maintenance", "wms", "partner")
def maintenance(case):
    """The warehouse system is being worked on."""
    case.under_maintenance("wms")
    return case.sent()


@suite.labelled("released", "paused", "wms", "technical")
def flow_paused(case):
    """Somebody pauses the releases."""
    case.release.action_pause()
    return case.sent()


@suite.labelled("released", "paused", "wms", "technical")
def paused_afterwards(case):
    """Somebody pauses the address while a release waits."""
    order = case.sold()
    case.endpoint.action_pause()
    return order


@suite.labelled("released", "exception", "wms", "technical")
def out_of_use(case):
    """The address was put aside past Odoo while a release waits."""
    order = case.sold()
    case.env.flush_all()
    case.env.cr.execute(
        "UPDATE integration_endpoint SET active = false WHERE id = %s", [case.endpoint.id]
    )
    case.env.invalidate_all()
    case.release._hold_waiting()
    return order


@suite.labelled("released", "environment", "wms", "technical")
def other_environment(case):
    """This Odoo is no production system."""
    case.systems["wms"].environment = "production"
    return case.sent()


@suite.labelled("released", "condition", "wms", "technical")
def condition_damaged(case):
    """The condition of the flow cannot be judged."""
    case.env.flush_all()
    case.env.cr.execute(
        "UPDATE integration_flow SET trigger_domain = %s WHERE id = %s",
        ("[('sale_id.amount_total', '>', 'x')]", case.release.id),
    )
    case.release.invalidate_recordset()
    with mute_logger(CONDITION):
        return case.sold()


@suite.labelled("released", "manual", "wms", "partner")
def handed_to_a_person(case):
    """The warehouse system is out for so long that somebody has to telephone."""
    case.release.write({"fallback": "manual", "manual_after": 1})
    case.endpoint.breaker_failure_limit = 1
    case.wms.faults({"kind": "status", "status": 503})
    order = case.sent()
    later = fields.Datetime.now() + timedelta(minutes=30)
    case.env["integration.flow"].sudo()._hand_over_waiting(later)
    return order


@suite.labelled("picked", "acknowledgement", "wms", "partner")
def acknowledgement_in_time(case):
    """The warehouse system took the release and has an hour to confirm it."""
    case.release.ack_minutes = 60
    return case.sent()


@suite.labelled("picked", "acknowledgement_overdue", "wms", "partner")
def acknowledgement_overdue(case):
    """The warehouse system had an hour to confirm the release."""
    case.release.ack_minutes = 60
    order = case.sent()
    now = fields.Datetime.now()
    case.message_of(order).ack_due_at = now - timedelta(minutes=1)
    case.env["integration.message"]._watch_acknowledgements(now)
    return order


@suite.labelled("picked", "partner", "wms", "partner")
def acknowledged(case):
    """The warehouse system confirmed the release, and has reported nothing since."""
    case.release.ack_minutes = 60
    order = case.sent()
    case.told(order, "wms", status="accepted")
    return order


@suite.labelled("picked", "message_failed", "wms", "partner")
def turned_down_later(case):
    """The warehouse system took the release, and turned it down an hour later."""
    case.release.ack_minutes = 60
    order = case.sent()
    case.told(order, "wms", status="rejected", reason="No dock is free")
    return order


@suite.labelled("released", "transformation", "middleware", "technical")
def transformation_failed(case):
    """The middleware answers which step of its own failed, and gives up."""
    case.via_middleware()
    case.refuse(422, {"title": "Transformation failed", "step": "Map the order"})
    return case.sold_via_middleware()


@suite.labelled("released", "transformation", "middleware", "technical")
def transformation_tried_again(case):
    """The middleware answers which step of its own failed, for now."""
    case.via_middleware()
    case.refuse(503, {"title": "Not now", "step": "Look up the customer"})
    return case.sold_via_middleware()


@suite.labelled("released", "message_failed", "middleware", "technical")
def middleware_without_a_word(case):
    """The middleware fails and does not say where."""
    case.via_middleware()
    case.refuse(503)
    return case.sold_via_middleware()


@suite.labelled("picked", "transformation", "middleware", "technical")
def transformation_reported_later(case):
    """The middleware took the release, and reports that it could not pass it on."""
    case.release.middleware_id = case.systems["middleware"]
    order = case.sent()
    case.told(order, "middleware", status="failed", step="Map the order", reason="no such field")
    return order
