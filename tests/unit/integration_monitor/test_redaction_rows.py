"""No planted secret reaches a row of the log, whatever it is, wherever it stands."""

import base64
import json
import string
import sys
from urllib.parse import quote, quote_plus
from xml.sax.saxutils import escape, quoteattr

import pytest
from growth import assert_grows_evenly
from hypothesis import given
from hypothesis import strategies as st
from secret_texts import named_texts

from integration_monitor.instrumentation.log_rows import row
from integration_monitor.tools import redaction as r
from integration_monitor.tools.observation import COLUMNS, Observation

# Planted between letters that occur nowhere else, so that a part of it is noticed, too.
ALPHABET = string.ascii_letters + string.digits + "-_+/="
words = st.text(ALPHABET, min_size=6, max_size=40).map(lambda text: f"QZQ{text}QZQ")
names = st.sampled_from(
    [
        "password", "PassWord", "db_passwd", "API_KEY", "x-ApI-kEy", "accessToken", "clientSecret",
        "X-Hub-Signature-256", "cvv", "cardNumber", "iban", "e-mail", "phone", "street2", "jwt",
        "PHPSESSID", "JSESSIONID", "credentials", "transactionKey", "AccountKey", "sessionKey",
        "session", "client_assertion", "SAMLResponse", "connectionString", "X-Mashape-Key",
        "Passwort", "Kennwort", "Ocp-Apim-Subscription-Key", "x-functions-key",
    ]
)  # fmt: skip
digits = st.text(string.digits, min_size=1)


def _luhn(number):
    """The number with its check digit."""
    total = 0
    for position, char in enumerate(reversed(number)):
        digit = int(char) * (1 if position % 2 else 2)
        total += digit - 9 if digit > 9 else digit
    return number + str(-total % 10)


@st.composite
def shapes(draw):
    """A secret that is known by its looks, and the part of it that must not be seen."""
    token = draw(st.text(string.ascii_letters + string.digits, min_size=24, max_size=40))
    number = draw(st.text("123456789", min_size=15, max_size=15))
    grouped = "".join(char + draw(st.sampled_from(["", " "])) * (place % 4 == 3)
                      for place, char in enumerate(_luhn(number)))  # fmt: skip
    kinds = (
        "bearer basic whsec stripe github aws jwt pem card grouped iban mail phone userinfo"
        " cookie shopify slack bare_login"
    )
    kind = draw(st.sampled_from(kinds.split()))
    iban = f"DE{number[:2]}{number}12345"
    login = base64.b64encode(f"user:{token}".encode()).decode()
    return {
        "bearer": (f"Bearer {token}", token),
        "basic": (f"Basic {login}", login),
        "whsec": (f"whsec_{token}", token),
        "stripe": (f"sk_live_{token}", token),
        "github": (f"ghp_{token}", token),
        "aws": (f"AKIA{token[:16].upper()}", token[:16].upper()),
        "jwt": (f"eyJ{token}.{token}.{token}", token),
        "pem": (f"-----BEGIN PRIVATE KEY-----\n{token}\n-----END PRIVATE KEY-----", token),
        "card": (_luhn(number), _luhn(number)),
        "grouped": (grouped, grouped),
        "iban": (iban, iban),
        "mail": (f"{token}@mail.example.com", token),
        "phone": (f"+49 {number[:3]} {number[3:11]}", number[3:11]),
        "userinfo": (f"https://bob:{token}@h.example/x", token),
        "cookie": (f"Cookie: a=1; sid={token}; b=2", token),
        "shopify": (f"shpat_{token}", token),
        "slack": (f"xoxb-{token}", token),
        "bare_login": (login, login),
    }[kind]


def written(**values):
    """Everything that the row holds, as one text."""
    made = row(Observation("http_out", outcome="error", **values))
    return "\n".join(
        f"{name}={getattr(value, 'adapted', value)}"
        for name, value in zip(COLUMNS, made, strict=True)
        if value is not None and name != "occurred_at"
    )


@given(names, words, st.data())
def test_named_secrets(name, secret, data):
    """A password in an error text, an answer or a fact is read by everybody who sees the log."""
    place = data.draw(st.sampled_from(["error_message", "response_excerpt", "detail", "bytes"]))
    for text in named_texts(name, secret):
        if place == "bytes":
            seen = written(response_excerpt=text.encode())
        elif place == "detail":
            seen = written(detail={"said": text, "more": {"list": [text]}, name: secret})
        else:
            seen = written(**{place: text})
        assert "QZQ" not in seen, (place, text, seen)


@given(names, words)
def test_headers(name, secret):
    """A key in a header of odd case, or inside a harmless header, is kept."""
    seen = written(
        request_headers={
            name.upper(): secret,
            "X-Info": f"Bearer {secret}",
            "Referer": f"https://h.example/cb?{quote_plus(name)}={quote_plus(secret)}",
            "X-Debug": json.dumps({name: secret}),
            "Location": f"/cb?code={quote_plus(secret)}",
        }
    )
    assert "QZQ" not in seen, seen


columns = st.sampled_from(
    "operation path_template host correlation_id message_uid trace_id method region res_model"
    " span_id fingerprint error_class direction".split()
)


@given(names, words, columns)
def test_columns_that_hold_names(name, secret, column):
    """A partner puts a key into its correlation id, or a path carries it."""
    for text in (
        f"/orders;{name}={quote(secret)}",
        f"/orders?{name}={quote_plus(secret)}&a=1",
        f"https://bob:{quote(secret, safe='')}@h.example/x?{name}={quote_plus(secret)}",
        f"send {name}={secret}",
        f"send {name}: {secret}",
        json.dumps({name: secret}),
        f"bob:{quote(secret, safe='')}@h.example",
        quote(json.dumps({name: secret})),
    ):
        seen = written(**{column: text})
        assert "QZQ" not in seen, (text, seen)


@given(shapes(), st.sampled_from(["error_message", "response_excerpt", "operation",
                                  "path_template", "host", "correlation_id", "message_uid",
                                  "request_headers", "detail", "json", "xml"]))  # fmt: skip
def test_shapes_everywhere(shape, place):
    """A card number or a key is kept where nobody expected one."""
    text, secret = shape
    inside = f"before {text} after"
    seen = {
        "request_headers": lambda: written(request_headers={"X-Note": text}),
        "detail": lambda: written(detail={"note": inside, "list": [{"a": text}]}),
        "json": lambda: written(response_excerpt=json.dumps({"a": [{"note": inside}]})),
        "xml": lambda: written(response_excerpt=f"<a n={quoteattr(inside)}>{escape(inside)}</a>"),
    }.get(place, lambda: written(**{place: inside}))()
    assert secret not in seen, (place, text, seen)
    if place not in ("json", "xml", "detail", "request_headers"):
        assert secret not in written(**{place: text})


@pytest.mark.parametrize(
    ("column", "text"),
    [
        ("operation", "Mail: Email Queue Manager"),
        ("operation", "Users: Notify About Unregistered Users"),
        ("operation", "res.partner.search_read"),
        ("operation", "common.authenticate"),
        ("operation", "integration.flow._drain"),
        ("operation", "SFTP upload of orders_2026-05-01.csv"),
        ("path_template", "/token/{token}/orders"),
        ("error_message", "Session: POS/00012 is closed"),
        ("error_message", "Please select an item from the list 'Spare parts'"),
        ("error_message", 'column "x_phone" of relation "res_partner" does not exist'),
        ("error_message", "GET https://h.example/orders/SO0042/lines?page=2 answered 500"),
        ("error_message", "Process 12 waits for ShareLock on transaction 4 (first), of 2."),
        ("error_message", "Tom &amp; Jerry &lt;3 of order S00042"),
        ("response_excerpt", '{"fields":["email","phone","note"],"id":"SO1","label":"Box"}'),
        ("response_excerpt", '{"pos":["S1","open"],"attributes":[{"id":"color","value":"red"}]}'),
        ("response_excerpt", "<pay><code>card</code><amount>12.50</amount></pay>"),
        ("error_message", "https://cdn.example/files/1/products/IMG_2024Blue.jpg?v=1 is missing"),
        ("error_message", "https://api.example/v1/customers/cus_NffrFeUfNV2Hib answered 404"),
        ("response_excerpt", "<item><name>Chair</name><value>12.50</value></item>"),
        ("host", "mail.example.com:587"),
        ("host", "auth.api-eu.example.com"),
        ("host", "[2001:db8::1]:8443"),
        ("host", "10.0.0.12:8069"),
        ("path_template", "/v1/orders/{id}/lines/{uuid}"),
        ("path_template", "/json/2/res.partner/search_read"),
        ("path_template", "/oauth2/token"),
        ("path_template", "/web/session/authenticate"),
        ("path_template", "/v1/accounts:lookup"),
        ("correlation_id", "4bf92f3577b34da6a3ce929d0e0e4736"),
        ("correlation_id", "7d444840-9dc0-11d1-b245-5ffdce74fad2"),
        ("correlation_id", "SO/2026/00042"),
        ("message_uid", "msg_2LhNKqvVZYvRh6b8Q8vXc1"),
        ("method", "DELETE"),
        ("res_model", "account.move"),
        ("error_message", "Order S00042: 3 lines, total 1234567.89 EUR at 12:30:00"),
        ("error_message", "Expected status 200, got 404 for https://h.example/orders?page=2"),
        ("error_message", "J%C3%BCrgen is not in list ['a', 'b'] (key: 12)"),
        ("error_message", "cannot pick -m file: No module named queue_job.jobrunner"),
        ("error_message", "<Response [502]> from <host>, see line 12, column 4"),
        ("error_message", "path/to/some/file/in/a/deep/folder is missing"),
        ("response_excerpt", '{"id":7,"state":"done","lines":[{"sku":"A-100-B","quantity":3}]}'),
        ("response_excerpt", '<order id="7" state="done"><line sku="A-100-B">3</line></order>'),
    ],
)
def test_ordinary_values_stay_readable(column, text):
    """Everything is masked and nobody can find the fault."""
    assert (
        dict(line.split("=", 1) for line in written(**{column: text}).split("\n"))[column] == text
    )


def test_a_quoted_element_hides_its_line_only():
    """Odoo's own error about a view is cut where the field's name sounds personal."""
    text = "Element '<field name=\"email\">' cannot be located\nView: res.partner.form"
    assert "View: res.partner.form" in r.redact_text(text)
    assert "QZQ" not in r.redact_text("<r><entry key='password'>QZQabcQZQ")
    assert "QZQ" not in r.redact_text("<r><token a='1'>QZQ\nabcQZQ")


HOSTILE = {
    "letters": "a" * 65536, "names": "password=" * 7000, "tags": "<a b='c' " * 7000,
    "open tags": "<token>" * 9000, "attributes": "<a " + "b='c' " * 11000, "percent": "%25" * 21000,
    "base64": "QUJD" * 16000, "queries": "?a=b" * 16000, "pairs": "('password', " * 5000,
    "options": "--password " * 6000, "colons": "a:" * 32000, "ats": "a:b@" * 16000,
    "quotes": "\"'" * 32000, "digits": "1-" * 32000, "escapes": '\\"' * 32000,
    "spaces": " " * 65536,
    "newlines": "token:\n" * 9000, "hyphens": "-" * 65536, "keys": "-----BEGIN A-----" * 4000,
    "urls": "http://a?b=c&" * 5000, "json": '{"a":' * 13000, "words": "A1 " * 21000,
    "keys of rows": "Key (a)=(" * 7000, "rows": "Failing row contains (" * 2900,
    "details": "DETAIL:  a (" * 5400, "lines": "LINE 1: x\n" * 6500, "selects": "select a " * 7200,
    "inserts": "insert into a values ('" * 2900, "entities": "&amp;lt;" * 8000,
    "parts": 'content-disposition: name="a"\n' * 2000, "php": 's:8:"password";s:9:"' * 3200,
    "siblings": "<name>password</name>" * 3100, "below": "password:\n  " * 5000,
    "rest": "password=a, " + "b, " * 21000, "slashes": "/" * 65536, "paths": " /token/a" * 7200,
    "spoken": "password '" * 6500, "breaks": "\\n" * 32000, "multi": "name=" * 13000,
    "carets": "LINE 1: " + " " * 65000, "twice": base64.b64encode(b"QUJD" * 12000).decode(),
    "dots": "a." * 32000, "nested": json.dumps({"a": json.dumps({"b": "x" * 60000})}),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_texts_are_handled_quickly(name):
    """A crafted answer of 64 kB keeps a worker busy for minutes."""

    def work(text):
        r.redact_text(text)
        r.redact_label(text)
        r.redact_body(text.encode())
        written(operation=text, error_message=text, detail={"a": text})

    assert_grows_evenly(work, HOSTILE[name])


def test_a_usual_line_costs_little():
    """Ten thousand lines of a nightly import cost seconds of redaction."""
    usual = {
        "host": "api.example.com",
        "method": "POST",
        "path_template": "/v1/orders/{id}",
        "request_headers": {"Accept": "*/*", "User-Agent": "x/1.0", "Authorization": "Bearer abc"},
        "correlation_id": "4bf92f3577b34da6a3ce929d0e0e4736",
        "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736",
    }
    row(Observation("http_out", **usual))
    calls = 0

    def count(_frame, event, _argument):
        nonlocal calls
        calls += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        row(Observation("http_out", **usual))
    finally:
        sys.setprofile(before)
    assert 0 < calls < 600
