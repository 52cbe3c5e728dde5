"""Odoo's own payment providers: their calls, by their own code, to the addresses they have."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from foreign import Foreign, foreign
from outside import Answer, Outside, Received, outside

MODULES = ("payment_stripe", "payment_adyen", "payment_mollie", "payment_paypal")
STRIPE, ADYEN = "api.stripe.com", "checkout-test.adyen.com"
MOLLIE, PAYPAL = "api.mollie.com", "api-m.sandbox.paypal.com"
NOBODY = "nobody-checkout-live.adyenpayments.com"
# In the shape that each provider's keys have.
SECRETS = {
    "stripe": "sk_test_51PlantedStripeKey0123456789abcdef",
    "adyen": "AQEplantedAdyenKey/+0123456789==",
    "mollie": "test_plantedMollieKey0123456789",
    "paypal": "EPlantedPaypalSecret0123456789",
    "paypal token": "A21AAPlantedPaypalToken0123456789",
    "client": "pi_3Planted_secret_0123456789abcdef",
}
SETUP = f"""
from odoo.fields import Command
endpoint("stripe", "https://{STRIPE}/v1", inject_trace=False)
endpoint("adyen", "https://pal-test.adyen.com", host_patterns="*.adyen.com, *.adyenpayments.com")
endpoint("mollie", "https://{MOLLIE}", inject_trace=True)
def provider(code, **values):
    found = env["payment.provider"].search([("code", "=", code)], limit=1)
    found.write({{**values, "state": "test"}})
    found.payment_method_ids.write({{"active": True}})
provider("stripe", stripe_publishable_key="pk_test_planted", capture_manually=True,
         stripe_secret_key={SECRETS["stripe"]!r})
provider("adyen", adyen_merchant_account="Shop", adyen_api_key={SECRETS["adyen"]!r},
         adyen_client_key="client", adyen_hmac_key="aa", adyen_api_url_prefix="checkout-test")
provider("mollie", mollie_api_key={SECRETS["mollie"]!r})
provider("paypal", paypal_email_account="shop@example.com", paypal_client_id="client",
         paypal_client_secret={SECRETS["paypal"]!r})
"""
# What a checkout does, up to where the customer's browser would take over.
PAYMENT = """
def payment(code, operation="online_direct", **values):
    provider = env["payment.provider"].search([("code", "=", code)], limit=1)
    methods = provider.payment_method_ids.sorted(lambda method: method.code != "card")
    count = env["payment.transaction"].search_count([])
    return env["payment.transaction"].create({
        "provider_id": provider.id, "payment_method_id": methods[0].id, "amount": 49.9,
        "currency_id": env.ref("base.EUR").id, "operation": operation,
        "partner_id": env.ref("base.partner_admin").id, "reference": f"S{count:05}", **values})
"""
STRIPE_FLOW = """
def checkout():
    made = payment("stripe")
    return made._get_processing_values()["reference"] == made.reference
def captured(state):
    made = payment("stripe", provider_reference="pi_3NPlantedIntent9")
    made._set_authorized()
    if state == "authorized":
        made._capture()
    else:
        made._set_done()
        made._refund()
case("stripe-checkout", checkout)
case("stripe-capture", captured, "authorized")
case("stripe-refund", captured, "done")
"""
ADYEN_FLOW = """
def charge():
    provider = env["payment.provider"].search([("code", "=", "adyen")], limit=1)
    token = env["payment.token"].create({
        "provider_id": provider.id, "payment_method_id": provider.payment_method_ids[0].id,
        "partner_id": env.ref("base.partner_admin").id, "provider_ref": "stored-9",
        "adyen_shopper_reference": "ODOO_PARTNER_3"})
    made = payment("adyen", "online_token", token_id=token.id)
    made._charge_with_token()
    return made.state
case("adyen-charge", charge)
"""
MOLLIE_FLOW = """
def checkout():
    made = payment("mollie", "online_redirect")
    made._get_processing_values()
    made._send_api_request("GET", f"/payments/{made.provider_reference}")
    return made.provider_reference
case("mollie-checkout", checkout)
"""
PAYPAL_FLOW = """
def checkout():
    return payment("paypal")._get_processing_values()["order_id"]
case("paypal-checkout", checkout)
case("paypal-again", checkout)
env["integration.metric"]._roll_up()
found = env["integration.discovery"].search([("host", "=", HOST)])
result["kind"] = found.kind
found.action_adopt()
env.cr.commit()
case("paypal-adopted", checkout)
"""
REFUSED_FLOW = """
def refused(number):
    made = payment("stripe")
    made._send_api_request("GET", f"refusals/{number}")
for number in range(5):
    case(f"refused-{number}", refused, number)
def elsewhere():
    provider = env["payment.provider"].search([("code", "=", "adyen")], limit=1)
    provider.write({"adyen_api_url_prefix": "nobody", "state": "enabled"})
    provider._send_api_request("POST", "/payments", json={})
case("refused-elsewhere", elsewhere)
"""


@pytest.fixture(scope="module")
def hosts() -> Iterator[Outside]:
    """Yield the providers' hosts."""
    with outside(STRIPE, ADYEN, MOLLIE, PAYPAL) as found:
        yield found


@pytest.fixture
def world(hosts: Outside) -> Outside:
    """Return the hosts, with nothing said yet."""
    hosts.forget()
    return hosts


@pytest.fixture(scope="module")
def providers(new_database: Callable[[str], str], log_folder: Path, hosts: Outside) -> Foreign:
    """Return a database with the providers installed and configured."""
    return foreign(new_database, log_folder, hosts, MODULES, SETUP)


def assert_same(providers: Foreign, case: str, received: list[Received], *answers: Answer) -> None:
    """Compare the lines of a case with what the host got and said, in their order."""
    lines = providers.lines(case)
    assert len(lines) == len(received) == len(answers)
    for line, request, answer in zip(lines, received, answers, strict=True):
        assert (line["kind"], line["method"]) == ("http_out", request.method)
        assert (line["request_bytes"], line["response_bytes"]) == (
            len(request.body),
            len(answer.body),
        )
        assert line["duration_ms"] > 0


def assert_no_secret(providers: Foreign) -> None:
    """Look for every secret in every line, also in its encoded form."""
    text = providers.everything()
    for name, secret in SECRETS.items():
        assert secret not in text, name
    basic = base64.b64encode(f"client:{SECRETS['paypal']}".encode()).decode()
    assert basic not in text


def test_stripe(providers: Foreign, world: Outside) -> None:
    """A checkout's calls are not seen, or the log shows the key that moves money."""
    customer = Answer({"id": "cus_9Planted"})
    intent = Answer({"id": "pi_3NPlantedIntent9", "client_secret": SECRETS["client"]})
    world.says(STRIPE, "/v1/customers", customer)
    world.says(STRIPE, "/v1/payment_intents", intent)
    world.says(STRIPE, "/v1/refunds", Answer({"id": "re_9", "status": "pending"}))
    assert providers.run(PAYMENT + STRIPE_FLOW)["stripe-checkout"] is True
    assert providers.told("stripe-checkout") == [
        ("stripe", f"POST {STRIPE}/v1/customers", 200, "ok"),
        ("stripe", f"POST {STRIPE}/v1/payment_intents", 200, "ok"),
    ]
    assert providers.told("stripe-capture") == [
        ("stripe", f"POST {STRIPE}/v1/payment_intents/{{id}}/capture", 200, "ok")
    ]
    assert providers.told("stripe-refund") == [("stripe", f"POST {STRIPE}/v1/refunds", 200, "ok")]
    assert_same(providers, "stripe-checkout", world.of(STRIPE)[:2], customer, intent)
    # It is the real key that Stripe gets, and no header of ours.
    for request in world.of(STRIPE):
        assert request.headers["authorization"] == f"Bearer {SECRETS['stripe']}"
        assert "traceparent" not in request.headers
    [line, _other] = providers.lines("stripe-checkout")
    assert "[redacted]" in line["request_headers"]["AUTHORIZATION"]
    assert_no_secret(providers)


def test_adyen(providers: Foreign, world: Outside) -> None:
    """A provider with a host for each merchant is unknown to its endpoint."""
    paid = Answer({"resultCode": "Refused", "pspReference": "QFQTPCQ8HXSKGK82"})
    world.says(ADYEN, "/checkout/", paid)
    providers.run(PAYMENT + ADYEN_FLOW)
    assert providers.told("adyen-charge") == [
        ("adyen", f"POST {ADYEN}/checkout/V71/payments", 200, "ok")
    ]
    assert_same(providers, "adyen-charge", world.of(ADYEN), paid)
    assert world.of(ADYEN)[0].headers["x-api-key"] == SECRETS["adyen"]
    assert_no_secret(providers)


def test_mollie(providers: Foreign, world: Outside) -> None:
    """A provider that takes part in our traces gets them, and one payment is one template."""
    page = {"_links": {"checkout": {"href": "https://www.mollie.com/checkout/9"}}}
    paid = Answer({"id": "tr_7UhSN1zuXS", **page}, 201)
    world.says(MOLLIE, "/v2/payments", paid)
    assert providers.run(PAYMENT + MOLLIE_FLOW) == {"mollie-checkout": "tr_7UhSN1zuXS"}
    assert providers.told("mollie-checkout") == [
        ("mollie", f"POST {MOLLIE}/v2/payments", 201, "ok"),
        ("mollie", f"GET {MOLLIE}/v2/payments/{{id}}", 201, "ok"),
    ]
    assert_same(providers, "mollie-checkout", world.of(MOLLIE), paid, paid)
    for request, line in zip(world.of(MOLLIE), providers.lines("mollie-checkout"), strict=True):
        assert request.headers["authorization"] == f"Bearer {SECRETS['mollie']}"
        assert request.headers["x-correlation-id"] == "mollie-checkout"
        _version, trace, span, _flags = request.headers["traceparent"].split("-")
        assert (line["trace_id"], line["span_id"]) == (trace, span)
    assert_no_secret(providers)


def test_paypal(providers: Foreign, world: Outside) -> None:
    """Signing in to fetch a token hides in the call that needs it, or shows the password."""
    token = Answer({"access_token": SECRETS["paypal token"], "expires_in": 32400})
    order = Answer({"id": "5O190127TN364715T", "status": "CREATED"}, 201)
    world.says(PAYPAL, "/v1/oauth2/token", token)
    world.says(PAYPAL, "/v2/checkout/orders", order)
    answers = providers.run(f"HOST = {PAYPAL!r}" + PAYMENT + PAYPAL_FLOW)
    assert answers["paypal-checkout"] == answers["paypal-adopted"] == "5O190127TN364715T"
    ordered = (f"POST {PAYPAL}/v2/checkout/orders", 201, "ok")
    assert providers.told("paypal-checkout") == [
        (None, f"POST {PAYPAL}/v1/oauth2/token", 200, "ok"),
        (None, *ordered),
    ]
    assert providers.told("paypal-again") == [(None, *ordered)]
    # Nobody has described PayPal: it is found, and known from its adoption on.
    assert answers["kind"] == "finance"
    [adopted] = providers.told("paypal-adopted")
    assert adopted[0] is not None
    assert adopted[1:] == ordered
    assert_same(providers, "paypal-checkout", world.of(PAYPAL)[:2], token, order)
    assert world.of(PAYPAL)[0].headers["authorization"].startswith("Basic ")
    assert world.of(PAYPAL)[1].headers["authorization"] == f"Bearer {SECRETS['paypal token']}"
    assert_no_secret(providers)


def test_refusals(providers: Foreign, world: Outside) -> None:
    """A declined card, a wrong key and an outage look alike; or the refusal shows secrets."""
    intent = {"id": "pi_3NPlantedIntent9", "client_secret": SECRETS["client"]}
    declined = {"error": {"message": "Your card was declined.", "payment_intent": intent}}
    wrong = {"error": {"message": f"Invalid API Key provided: {SECRETS['stripe']}"}}
    slow = Answer({"error": {"message": "Too many"}}, 429, {"Retry-After": "7"})
    answers = (Answer(declined, 402), Answer(wrong, 401), slow, Answer(b"<h1>x</h1>", 503))
    for number, answer in enumerate((*answers, Answer(status=0))):
        world.says(STRIPE, f"/v1/refusals/{number}", answer)
    what = providers.run(PAYMENT + REFUSED_FLOW)
    assert "declined" in what["refused-0"]
    told = [providers.told(f"refused-{number}") for number in range(5)]
    for number, (status, error_class) in enumerate(
        ((402, "client"), (401, "auth"), (429, "rate_limit"), (503, "server"), (None, "connect"))
    ):
        call = f"GET {STRIPE}/v1/refusals/{{id}}"
        assert told[number] == [("stripe", call, status, error_class)]
    lines = [providers.lines(f"refused-{number}")[0] for number in range(5)]
    assert "Your card was declined." in lines[0]["response_excerpt"]
    assert lines[2]["retry_after"] == 7
    # A host that the proxy cannot reach: it belongs to the endpoint by its pattern.
    assert providers.told("refused-elsewhere") == [
        ("adyen", f"POST {NOBODY}/checkout/V71/payments", None, "connect")
    ]
    assert_no_secret(providers)
