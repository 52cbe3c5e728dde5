"""Partners that fail, and messages that are stopped: the label stands beside the fault."""

from datetime import timedelta

from odoo import fields
from odoo.tools import mute_logger

from .blame_report import Suite

CONDITION = "odoo.addons.integration_monitor.models.integration_flow_condition"
WORK = "odoo.addons.integration_monitor.models.integration_message_work"
suite = Suite()


@suite.labelled("released", "message_failed", "wms", "technical")
def answers_an_error(case):
    """The warehouse system answers 503."""
    case.wms.faults({"kind": "status", "status": 503})
    return case.sent()


@suite.labelled("released", "message_failed", "wms", "technical")
def resets_the_connection(case):
    """The warehouse system hangs up."""
    case.wms.faults({"kind": "reset"})
    return case.sent()


@suite.labelled("released", "message_failed", "wms", "technical")
def hangs(case):
    """The warehouse system takes the release and never answers."""
    case.wms.faults({"kind": "hang"})
    return case.sent()


@suite.labelled("released", "message_failed", "wms", "technical")
def effect_without_answer(case):
    """The warehouse system takes the release, and its answer is lost."""
    case.wms.faults({"kind": "reset_after"})
    return case.sent()


@suite.labelled("released", "message_failed", "wms", "technical")
def nobody_listens(case):
    """No program listens at the warehouse system's address."""
    case.endpoint.base_url = "http://127.0.0.1:9"
    return case.sent()


@suite.labelled("released", "message_failed", "wms", "technical")
def unknown_name(case):
    """The name of the warehouse system leads nowhere."""
    case.endpoint.base_url = "http://wms.invalid"
    return case.sent()


@suite.labelled("released", "message_failed", "wms", "technical")
def no_secure_line(case):
    """The warehouse system speaks no TLS where it should."""
    case.call_site()
    case.endpoint.base_url = case.site.url.replace("http:", "https:")
    return case.sent()


@suite.labelled("released", "message_failed", "wms", "technical")
def gives_up(case):
    """The warehouse system answers 500 until nothing is tried any more."""
    case.release.retry_policy_id = case.impatient
    case.wms.faults({"kind": "status", "status": 500})
    return case.sent()


@suite.labelled("released", "message_failed", "wms", "technical")
def refuses_the_sign_in(case):
    """The warehouse system does not know us any more."""
    case.wms.faults({"kind": "status", "status": 401})
    return case.sent()


@suite.labelled("released", "message_failed", "wms", "technical")
def refuses_the_content(case):
    """The warehouse system calls the release unprocessable."""
    case.call_site()
    case.refuse(422)
    return case.sent()


@suite.labelled("released", "message_pending", "wms", "technical")
def asks_to_slow_down(case):
    """The warehouse system answers 429."""
    case.wms.faults({"kind": "rate_limit", "retry_after": 600})
    return case.sent()


@suite.labelled("released", "message_pending", "wms", "technical")
def behind_one_that_was_slowed_down(case):
    """Another release was answered 429, so this one waits."""
    case.wms.faults({"kind": "rate_limit", "retry_after": 600})
    case.sent()
    return case.sent()


@suite.labelled("released", "quarantined", "wms", "partner")
def answer_without_number(case):
    """The warehouse system says yes, and not under which number."""
    case.call_site()
    return case.sent()


@suite.labelled("released", "message_pending", "wms", "technical")
def just_made(case):
    """The release waits for the lane to run."""
    return case.sold()


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


@suite.labelled("released", "mapping", "wms", "business")
def product_without_reference(case):
    """The product has no word by which the warehouse system knows it."""
    case.product.default_code = False
    return case.sent()


@suite.labelled("picked", "mapping", "wms", "business")
def shipment_of_an_unknown_article(case):
    """The warehouse system reports an article that nobody has mapped."""
    order = case.sent()
    case.shipped(order, sku="OTHER-1")
    return order


@suite.labelled("picked", "message_failed", "wms", "business")
def shipment_of_too_many(case):
    """The warehouse system reports more pieces than were ordered."""
    order = case.sent()
    case.shipped(order, quantity=99)
    return order


@suite.labelled("picked", "quarantined", "wms", "partner")
def shipment_below_zero(case):
    """The warehouse system reports a quantity that cannot be."""
    order = case.sent()
    case.shipped(order, quantity=-1)
    return order


@suite.labelled("picked", "message_failed", None, "technical")
def service_account_without_rights(case):
    """Somebody takes all rights away from the account that does transfers."""
    order = case.sent()
    account = case.shipment.service_user_id
    account.group_ids = case.env.ref("integration_monitor.group_service")
    with mute_logger(WORK):
        case.shipped(order, echo=True)
    return order


@suite.labelled("picked", "partner", "wms", "partner")
def released_and_not_shipped(case):
    """The warehouse system has the release and has reported nothing yet."""
    return case.sent()


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


@suite.labelled("carrier_booked", "message_failed", "carrier", "technical")
def carrier_fails(case):
    """The goods left, and the carrier answers 503 to the booking."""
    booking = case.booking()
    case.refuse(503)
    order = case.gone()
    case.work(booking)
    return order


@suite.labelled("carrier_booked", "message_pending", "carrier", "technical")
def booking_about_to_be_sent(case):
    """The goods left, and the booking waits for the lane to run."""
    case.booking()
    return case.gone()


@suite.labelled("in_transit", "partner", "carrier", "partner")
def carrier_has_not_picked_up(case):
    """The carrier was told of the parcel, and has not reported it."""
    case.tracking()
    booking = case.booking()
    order = case.gone()
    case.work(booking)
    return order
