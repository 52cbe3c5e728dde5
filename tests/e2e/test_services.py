"""Services that Odoo's own modules call: tax numbers, credits, messages, calendars, maps."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from foreign import Foreign, foreign
from outside import Answer, Outside, Received, outside

MODULES = (
    "base_vat", "partner_autocomplete", "sms_twilio", "google_calendar", "microsoft_calendar",
    "base_geolocalize",
)  # fmt: skip
VIES, COMPANIES, SMS = "ec.europa.eu", "partner-autocomplete.odoo.com", "sms.api.odoo.com"
TWILIO, MAPS = "api.twilio.com", "maps.googleapis.com"
ACCOUNTS, GOOGLE = "accounts.google.com", "www.googleapis.com"
LOGIN, GRAPH = "login.microsoftonline.com", "graph.microsoft.com"
HOSTS = (VIES, COMPANIES, SMS, TWILIO, MAPS, ACCOUNTS, GOOGLE, LOGIN, GRAPH)
WSDL = Path(__file__).resolve().parents[1] / "data" / "vies.wsdl"
SECRETS = {
    "credits": "planted0credits0account0token",
    "twilio": "planted0twilio0auth0token",
    "maps": "AIzaPlantedMapsKey0123456789",
    "google refresh": "1//planted-google-refresh",
    "google": "ya29.planted-google-token",
    "google client": "GOCSPX-planted-client",
    "microsoft refresh": "0.planted-microsoft-refresh",
    "microsoft": "EwPlantedMicrosoftToken",
    "microsoft client": "planted~microsoft~client",
}
SETUP = f"""
endpoint("vies", "https://{VIES}/taxation_customs")
endpoint("odoo", "https://iap.odoo.com", host_patterns="*.odoo.com")
endpoint("google", "https://{GOOGLE}", host_patterns="*.google.com, *.googleapis.com",
         inject_trace=False)
endpoint("microsoft", "https://{GRAPH}", host_patterns="{LOGIN}")
env.company.write({{"vat_check_vies": True, "country_id": env.ref("base.be").id}})
for name in ("partner_autocomplete", "sms"):
    service = env["iap.service"].search([("technical_name", "=", name)])
    env["iap.account"].create({{
        "service_id": service.id, "account_token": {SECRETS["credits"]!r},
        "company_ids": [(6, 0, env.company.ids)]}})
settings(google_calendar_client_id="client",
         google_calendar_client_secret={SECRETS["google client"]!r},
         microsoft_calendar_client_id="client",
         microsoft_calendar_client_secret={SECRETS["microsoft client"]!r},
         base_geolocalize__google_map_api_key={SECRETS["maps"]!r})
"""


def soap(body: str, status: int = 200) -> Answer:
    """Return an answer of VIES."""
    envelope = (
        '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/">'
        f"<s:Body>{body}</s:Body></s:Envelope>"
    )
    return Answer(envelope.encode(), status, {"Content-Type": "text/xml; charset=utf-8"})


VALID = soap(
    '<checkVatResponse xmlns="urn:ec.europa.eu:taxud:vies:services:checkVat:types">'
    "<countryCode>BE</countryCode><vatNumber>0477472701</vatNumber>"
    "<requestDate>2026-11-26+01:00</requestDate><valid>true</valid>"
    "<name>Shop</name><address>Street 1</address></checkVatResponse>"
)
FAULT = soap(
    "<s:Fault><faultcode>s:Server</faultcode><faultstring>MS_UNAVAILABLE</faultstring></s:Fault>",
    500,
)
TAX_NUMBERS = """
def check(vat):
    partner = env["res.partner"].create({
        "name": vat, "is_company": True, "country_id": env.ref("base.be").id, "vat": vat})
    env.flush_all()
    return partner.vies_valid
for number, vat in enumerate(("BE0477472701", "BE0403019261", "BE0428759497")):
    case(f"vies-{number}", check, vat)
"""
CREDITS = """
def search(words):
    return len(env["res.partner"].autocomplete_by_name(words, env.ref("base.be").id))
def send():
    message = env["sms.sms"].create({"number": "+32475123456", "body": "Your parcel is there"})
    message.send(unlink_sent=False)
    return message.failure_type or message.state
case("companies", search, "Shop")
case("companies-credit", search, "Credit")
case("sms", send)
case("sms-refused", send)
def by_twilio():
    env.company.write({
        "sms_provider": "twilio", "sms_twilio_account_sid": "AC" + "0a" * 16,
        "sms_twilio_auth_token": TWILIO,
        "sms_twilio_number_ids": [(0, 0, {
            "number": "+32475000000", "country_id": env.ref("base.be").id})]})
    return send()
case("twilio", by_twilio)
"""
GOOGLE_CALENDAR = """
from odoo.addons.google_calendar.utils.google_calendar import GoogleCalendarService
mine = env["res.users.settings"]._find_or_create_for_user(env.user)
mine._set_google_auth_tokens(False, REFRESH, 0)
env.cr.commit()
def synchronise():
    mine._refresh_google_calendar_token()
    GoogleCalendarService(env["google.service"]).get_events(token=mine.google_calendar_token)
for name in ("google", "google-gone", "google-revoked"):
    case(name, synchronise)
"""
MICROSOFT_CALENDAR = """
from odoo.addons.microsoft_calendar.utils.microsoft_calendar import MicrosoftCalendarService
env.user.write({"microsoft_calendar_rtoken": REFRESH})
env.cr.commit()
def synchronise():
    env.user._refresh_microsoft_calendar_token()
    MicrosoftCalendarService(env["microsoft.service"]).get_events(
        token=env.user.microsoft_calendar_token)
for name in ("microsoft", "microsoft-slow"):
    case(name, synchronise)
"""
MAP = """
provider = env.ref("base_geolocalize.geoprovider_google_map")
settings(base_geolocalize__geo_provider=str(provider.id))
def locate():
    partner = env["res.partner"].create({"name": "Here", "street": "Street 1", "city": "Ghent"})
    partner.with_context(force_geo_localize=True).geo_localize()
    return round(partner.partner_latitude)
for name in ("map", "map-gone"):
    case(name, locate)
"""


@pytest.fixture(scope="module")
def hosts() -> Iterator[Outside]:
    """Yield the services' hosts."""
    with outside(*HOSTS) as found:
        yield found


@pytest.fixture
def world(hosts: Outside) -> Outside:
    """Return the hosts, with nothing said yet."""
    hosts.forget()
    return hosts


@pytest.fixture(scope="module")
def services(new_database: Callable[[str], str], log_folder: Path, hosts: Outside) -> Foreign:
    """Return a database with the modules installed and configured."""
    return foreign(new_database, log_folder, hosts, MODULES, SETUP)


def assert_no_secret(services: Foreign) -> None:
    """Look for every secret in every line."""
    text = services.everything()
    assert not [name for name, secret in SECRETS.items() if secret in text]


def in_turn(*answers: Answer | Callable[[Received], Answer]) -> Callable[[Received], Answer]:
    """Return what gives one answer after the other."""
    waiting = list(answers)

    def answer(request: Received) -> Answer:
        found = waiting.pop(0)
        return found if isinstance(found, Answer) else found(request)

    return answer


def test_tax_numbers(services: Foreign, world: Outside) -> None:
    """A check by SOAP is two calls, of its description and of the service; neither is seen."""
    description = Answer(WSDL.read_bytes())
    world.says(VIES, "/taxation_customs/vies/checkVatService.wsdl", description)
    world.says(VIES, "/taxation_customs/vies/services/", in_turn(VALID, FAULT, Answer(status=0)))
    assert services.run(TAX_NUMBERS) == {"vies-0": True, "vies-1": False, "vies-2": False}
    service = f"POST {VIES}/taxation_customs/vies/services/checkVatService"
    assert services.told("vies-0") == [
        ("vies", f"GET {VIES}/taxation_customs/vies/checkVatService.wsdl", 200, "ok"),
        ("vies", service, 200, "ok"),
    ]
    # A fault of SOAP, and a service that hangs up; the description is known by then.
    assert services.told("vies-1") == [("vies", service, 500, "server")]
    assert services.told("vies-2") == [("vies", service, None, "connect")]
    [got, called] = services.lines("vies-0")
    assert got["response_bytes"] == len(description.body)
    assert called["request_bytes"] == len(world.of(VIES, "/taxation_customs/vies/services")[0].body)
    assert "MS_UNAVAILABLE" in services.lines("vies-1")[0]["response_excerpt"]


def test_credits_and_messages(services: Foreign, world: Outside) -> None:
    """The credit is used up, no customer gets a message, and the log says that all is well."""
    name = "odoo.addons.iap.models.iap.InsufficientCreditError"
    spent = {"code": 200, "message": "Odoo Server Error", "data": {"name": name, "message": "{}"}}
    results = [{"partner_name": "Shop", "country_code": "BE", "duns": "1"}]
    world.says(
        COMPANIES,
        "/api/dnb/1/search_by_name",
        in_turn(Answer({"jsonrpc": "2.0", "id": "1", "result": {"data": results}}),
                Answer({"jsonrpc": "2.0", "id": "2", "error": spent})),
    )  # fmt: skip
    world.says(SMS, "/api/sms/3/send", lambda request: sent(request, services))
    refused = {"code": 20003, "message": "Authenticate", "status": 401}
    world.says(TWILIO, "/2010-04-01/Accounts/", Answer(refused, 401))
    answers = services.run(f"TWILIO = {SECRETS['twilio']!r}" + CREDITS)
    assert answers == {
        "companies": 1, "companies-credit": 0, "sms": "pending", "sms-refused": "sms_server",
        "twilio": "unknown",
    }  # fmt: skip
    search = f"POST {COMPANIES}/api/dnb/{{id}}/search_by_name"
    send = f"POST {SMS}/api/sms/{{id}}/send"
    assert services.told("companies") == [("odoo", search, 200, "ok")]
    assert services.told("companies-credit") == [("odoo", search, 200, "business")]
    assert services.told("sms") == [("odoo", send, 200, "ok")]
    assert services.told("sms-refused") == [("odoo", send, 503, "server")]
    call = f"POST {TWILIO}/2010-04-01/Accounts/{{token}}/Messages.json"
    assert services.told("twilio") == [(None, call, 401, "auth")]
    # Odoo's services are answered 200 whatever happens.
    assert "InsufficientCredit" in services.lines("companies-credit")[0]["response_excerpt"]
    assert SECRETS["credits"] in world.of(SMS)[0].body.decode()
    assert world.of(SMS)[0].headers["x-correlation-id"] == "sms"
    assert world.of(TWILIO)[0].headers["authorization"].startswith("Basic ")
    assert_no_secret(services)


def sent(request: Received, services: Foreign) -> Answer:
    """Take a message, but for the second one."""
    if len(services.outside.of(SMS)) > 1:
        return Answer({"message": "later"}, 503)
    [message] = json.loads(request.body)["params"]["messages"]
    uuid = message["numbers"][0]["uuid"]
    return Answer({"jsonrpc": "2.0", "id": "1", "result": [{"uuid": uuid, "state": "success"}]})


def test_google_calendar(services: Foreign, world: Outside) -> None:
    """A token in the address comes back in the words of a failed connection."""
    token = {"access_token": SECRETS["google"], "expires_in": 3600}
    revoked = {"error": "invalid_grant", "refresh_token": SECRETS["google refresh"]}

    def take_away(_request: Received) -> Answer:
        world.gone.add(GOOGLE)
        return Answer(token)

    world.says(ACCOUNTS, "/o/oauth2/token", in_turn(Answer(token), take_away, Answer(revoked, 400)))
    world.says(GOOGLE, "/calendar/v3/", Answer({"items": []}))
    answers = services.run(f"REFRESH = {SECRETS['google refresh']!r}" + GOOGLE_CALENDAR)
    assert "invalid_grant" in answers["google-revoked"]
    refresh = f"POST {ACCOUNTS}/o/oauth2/token"
    events = f"GET {GOOGLE}/calendar/v3/calendars/primary/events"
    assert services.told("google") == [
        ("google", refresh, 200, "ok"),
        ("google", events, 200, "ok"),
    ]
    assert services.told("google-gone") == [
        ("google", refresh, 200, "ok"),
        ("google", events, None, "connect"),
    ]
    assert services.told("google-revoked") == [("google", refresh, 400, "client")]
    assert f"access_token={SECRETS['google']}" in world.of(GOOGLE)[0].path
    assert_no_secret(services)


def test_microsoft_calendar(services: Foreign, world: Outside) -> None:
    """A calendar that slows us down looks like one that is down."""
    token = Answer({"access_token": SECRETS["microsoft"], "expires_in": 3600})
    world.says(LOGIN, "/common/oauth2/v2.0/token", token)
    error = Answer({"error": {"code": "TooManyRequests"}}, 429, {"Retry-After": "12"})
    found = Answer({"value": [], "@odata.deltaLink": f"https://{GRAPH}/v1.0/me?$deltatoken=9"})
    world.says(GRAPH, "/v1.0/me/calendarView/delta", in_turn(found, error))
    services.run(f"REFRESH = {SECRETS['microsoft refresh']!r}" + MICROSOFT_CALENDAR)
    refresh = ("microsoft", f"POST {LOGIN}/common/oauth2/v2.0/token", 200, "ok")
    events = f"GET {GRAPH}/v1.0/me/calendarView/delta"
    assert services.told("microsoft") == [refresh, ("microsoft", events, 200, "ok")]
    assert services.told("microsoft-slow") == [refresh, ("microsoft", events, 429, "rate_limit")]
    assert services.lines("microsoft-slow")[-1]["retry_after"] == 12
    assert_no_secret(services)


def test_maps(services: Foreign, world: Outside) -> None:
    """The key for maps, which is paid by use, stands in each line."""
    place = {"geometry": {"location": {"lat": 51.05, "lng": 3.72}}}

    def once(_request: Received) -> Answer:
        world.gone.add(MAPS)
        return Answer({"status": "OK", "results": [place]})

    world.says(MAPS, "/maps/api/geocode/json", once)
    assert services.run(MAP)["map"] == 51
    call = f"GET {MAPS}/maps/api/geocode/json"
    assert services.told("map") == [("google", call, 200, "ok")]
    assert services.told("map-gone") == [("google", call, None, "connect")]
    assert SECRETS["maps"] in world.of(MAPS)[0].path
    assert_no_secret(services)
