"""Secrets never survive the redactor."""

import json
import string
from urllib.parse import quote_plus
from xml.sax.saxutils import escape, quoteattr

import pytest
from growth import assert_grows_evenly
from hypothesis import given
from hypothesis import strategies as st

from integration_monitor.tools import redaction as r
from integration_monitor.tools.redaction_patterns import is_sensitive_name

# Planted between letters that occur nowhere else, so that a part of it is noticed, too.
secrets = st.text(string.ascii_letters + string.digits + "-_+/=", min_size=6, max_size=40).map(
    lambda text: f"QZQ{text}QZQ"
)
any_secret = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=40).map(
    lambda text: f"QZQ{text}QZQ"
)
names = st.sampled_from(
    [
        "password", "Password", "user_password", "API_KEY", "apiKey", "api-key", "accessToken",
        "refresh_token", "clientSecret", "X-Signature", "hmac", "cvv", "cardNumber", "card",
        "iban", "e-mail", "email", "contact_email", "phone", "phoneNumber", "mobile", "street",
        "street2", "address1", "address_2", "sessionId", "Authorization", "credentials", "pin",
    ]
)  # fmt: skip


def gone(text):
    return "QZQ" not in text


@given(names, secrets)
def test_headers(name, secret):
    """An API key is read in the log."""
    assert gone(str(r.redact_headers({name: secret, "X-Info": f"Bearer {secret}"})))


@given(names, secrets)
def test_urls(name, secret):
    """A token in an address is read in an error text."""
    url = f"https://user:{quote_plus(secret)}@h.example/p?a=1&{quote_plus(name)}={quote_plus(secret)}#t"
    assert gone(r.redact_url(url))
    assert gone(r.redact_text(f"GET {url} failed"))
    assert "h.example/p" in r.redact_url(url)
    assert "a=1" in r.redact_url(url)


@given(names, any_secret, st.booleans())
def test_json_bodies(name, secret, ascii_only):
    """A customer's password is read in an excerpt."""
    nested = {"a": [{"b": {name: secret}}], "plain": "kept", "inner": json.dumps({name: secret})}
    pair = {"list": [{"name": name, "value": secret}]}
    for value in (nested, pair, {name: {"deep": [secret]}}, {"n": json.dumps(nested)}):
        body = json.dumps(value, ensure_ascii=ascii_only)
        assert gone(r.redact_body(body.encode(), "application/json"))
        assert gone(r.redact_body(body, None))
        assert gone(json.dumps(r.redact_json(value)))
    assert '"plain":"kept"' in r.redact_body(json.dumps(nested), "application/json", 10**6)


@given(names, any_secret, st.data())
def test_broken_json_bodies(name, secret, data):
    """A body that was cut off is kept in clear."""
    body = json.dumps({"x": [{"y": 1, name: secret}], "z": {name: [secret, {"q": secret}]}})
    cut = data.draw(st.integers(1, len(body) - 1))
    assert gone(r.redact_body(body[:cut], "application/json"))
    escaped = json.dumps({"outer": body})
    cut = data.draw(st.integers(1, len(escaped) - 1))
    assert gone(r.redact_text(escaped[:cut]))
    assert gone(r.redact_text("log: " + json.dumps(escaped)[:cut]))


@given(names, any_secret)
def test_forms(name, secret):
    """A form's password is kept in clear."""
    body = f"a=1&{quote_plus(name)}={quote_plus(secret)}&b=2"
    assert gone(r.redact_body(body.encode(), "application/x-www-form-urlencoded; charset=utf-8"))
    assert "a=1" in r.redact_body(body, "application/x-www-form-urlencoded")


@given(names, any_secret, st.booleans())
def test_xml(name, secret, closed):
    """A carrier's SOAP header shows its password."""
    element = f"<w:{name}  k='v'>{escape(secret)}</w:{name}>"
    cdata = f"<{name}><![CDATA[{secret.replace(']]>', '')}]]></{name}>"
    attribute = f"<a {name}={quoteattr(secret)}/>"
    for body in (f"<r>{element}</r>", f"<r>{attribute}</r>", f"<r>{cdata}</r>"):
        text = body if closed else body[: body.rindex("QZQ") + 3]
        assert gone(r.redact_body(text.encode(), "application/xml"))


@given(names, secrets)
def test_free_text(name, secret):
    """An exception's text shows the password that was refused."""
    for text in (
        f"{name}={secret}",
        f"{name}: {secret}",
        f"{name} = '{secret}'",
        f"login failed {{'{name}': '{secret}', 'x': 1}}",
        f'{{"{name}":"{secret}"',
        f"{name} => {secret}; x",
        f"Authorization: Basic {secret}",
        f"Cookie: a=b; sid={secret}; c=d",
        f"Bearer {secret}",
    ):
        assert gone(r.redact_text(text)), text


@pytest.mark.parametrize(
    "text",
    [
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "sk_live_51HxABCDEFGH",
        "shpat_0123456789abcdef0123456789abcdef",
        "ghp_abcdefghijklmnopqrstuvwxyz0123456789",
        "AKIAIOSFODNN7EXAMPLE",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc-def",
        "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----",
        "4111 1111 1111 1111",
        "5500-0000-0000-0004",
        "378282246310005",
        "DE89 3704 0044 0532 0130 00",
        "GB29NWBK60161331926819",
        "jo.public+shop@mail.example.com",
        "+49 (30) 1234-5678",
        "41111111-1111-1111",
    ],
)
def test_shapes(text):
    """A card number in a free text is kept."""
    assert r.redact_text(f"before {text} after") == f"before {r.MASK} after"


def test_a_key_without_its_end_takes_the_rest_along():
    """Half a private key is kept because the text was cut off."""
    assert r.redact_text("see -----BEGIN PRIVATE KEY-----\nMIIE") == f"see {r.MASK}"


def test_what_only_begins_as_an_id():
    """A card number is kept behind the beginning of an id."""
    text = r.redact_text("deadbeef-dead-beef-4111111111111111")
    assert text == f"deadbeef-dead-beef-{r.MASK}"


@pytest.mark.parametrize(
    "text",
    [
        "Order S00042 of 2026-05-01 12:30:00 has 3 lines, total 1234567.89 EUR",
        "discarded cardinality passage compass",
        "correlation 4bf92f3577b34da6a3ce929d0e0e4736",
        "4111111111111112 is no card",
        "job 00514722-4262-4277-8051-ffca2b29fb9d, after AB12CD34-0123-4567-89AB-0123456789AB",
        "message 4c1f6b0d-deef-4b60-9254-683816910928",
        "status: 200, path: /orders/1, authentication failed",
        "Basic authentication is required",
    ],
)
def test_ordinary_texts_stay_readable(text):
    """Everything is masked and nobody can find the fault."""
    assert r.redact_text(text) == text


def test_names():
    """Harmless fields are masked, or harmful ones are not."""
    for name in ("discard", "cardinality", "keyboard", "status", "passenger", "monkey", "spinner"):
        assert not is_sensitive_name(name), name
    for name in ("X-Api-Key", "webhook-signature", "Set-Cookie", "card", "cardCvv", "PIN"):
        assert is_sensitive_name(name), name


def test_flags_and_gaps_stay():
    """A reader cannot see that a field was missing."""
    value = {"password": None, "email_verified": True, "token": "", "phone": "1"}
    assert r.redact_json(value) == {**value, "phone": r.MASK}


def test_size_is_bounded_in_and_out():
    """A huge body stops the worker, or a secret on the border survives in half."""
    body = "x" * (r.MAX_INPUT - 10) + " token=QZQsecretQZQ" + "y" * 10**6
    assert gone(r.redact_body(body, "text/plain", 10**6))
    assert len(r.redact_body("a " * 10**6, None, 100)) == 100
    assert r.redact_body(b"\x89PNG\0\0", "image/png") == "(6 bytes of binary data)"
    deep = current = {}
    for _ in range(200):
        current["a"] = {}
        current = current["a"]
    assert r.redact_json(deep)
    assert len(r.redact_headers({f"h{n}": "v" for n in range(1000)})) == r.MAX_HEADERS


@pytest.mark.parametrize(
    "body", ["a" * 65536, "<a" * 32768, '"' * 65536, "a=" * 32768, "1 " * 32768, "a.b@" * 16384,
             "password=" * 7000, "\\" * 65536, "https://" * 8192, "+1" * 32768],
    ids=lambda body: body[:9],
)  # fmt: skip
def test_hostile_texts_are_handled_quickly(body):
    """A crafted answer keeps a worker busy for minutes."""
    assert_grows_evenly(r.redact_text, body)


@given(st.binary(max_size=300), st.sampled_from([None, "application/json", "text/xml", "x"]))
def test_no_body_crashes(body, content_type):
    """Noise in an answer breaks the call that it came with."""
    r.redact_body(body, content_type)
    r.redact_text(body.decode("latin-1"))


def test_the_digest_is_of_the_unmasked_bytes():
    """Nobody can prove later what was received."""
    assert r.digest(b"abc").startswith("ba7816bf")


def test_a_value_that_looks_like_a_name() -> None:
    """A bank account with "Pw" in it passes for the next name of a list."""
    assert r.redact_body('[["iban", "DE00Pw12"], ["email", "phone"]]') == (
        '[["iban","[redacted]"],["email","phone"]]'
    )


@pytest.mark.parametrize(
    "text",
    [
        "Invalid API key: {}",
        "No such API key {}",
        "token {} is expired",
        "access_token {} is unknown",
        "curl -u bob:{} https://h.example",
        "mysqldump -h db -p{} shop",
        '{{"senha":"{}"}}',
        '{{"parola_chiave":"{}"}}',
        "failed with Authentication: {}",
    ],
)
def test_what_partners_and_tools_say(text):
    """A partner echoes the key that he refuses, and everybody reads it in the log."""
    secret = "QZQ7vT9wX3kLmP2sR"
    assert gone(r.redact_text(text.format(secret)))
    assert gone(r.redact_body(text.format(secret)))


@pytest.mark.parametrize("name", ["Authentication", "DPoP", "Api-User"])
def test_less_usual_headers(name):
    """A header that only some partners use carries the key into the log."""
    assert gone(str(r.redact_headers({name: "bob:QZQ7vT9wX3kLmP2sR"})))


@pytest.mark.parametrize(
    "text",
    ["token sale.order is unknown", "API key: missing", "Authentication: failed", "mysql -h db"],
)
def test_words_about_keys_stay(text):
    """Nobody can tell what the partner said."""
    assert r.redact_text(text) == text
