"""Partners that fail, or send what cannot be used: the label stands beside the fault."""

from odoo.tools import mute_logger

from .blame_report import Suite

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
