"""Standard Webhooks."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integration_monitor.tools import signature as sig

NOW = 1_700_000_000
SECRET = sig.generate_secret()
BODY = b'{"a": 1}'


def headers(**changes):
    result = sig.signed_headers([SECRET], "msg_1", BODY, NOW)
    result.update({name.replace("_", "-"): value for name, value in changes.items()})
    return {name: value for name, value in result.items() if value is not None}


def test_the_published_example_verifies():
    """Partners that follow the specification are refused."""
    published = {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }
    verified = sig.verify(
        ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"],
        published,
        b'{"test": 2432232314}',
        now=1614265330,
    )
    assert verified == sig.Verified("msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, 0)


@given(st.binary(max_size=500), st.integers(24, 64))
def test_what_is_signed_verifies_and_any_other_body_does_not(body, size):
    """A changed body passes."""
    secret = sig.generate_secret(size)
    sent = sig.signed_headers([secret], "evt-1", body, NOW)
    assert sig.verify([secret], sent, body, now=NOW).message_id == "evt-1"
    with pytest.raises(sig.SignatureError) as caught:
        sig.verify([secret], sent, body + b"x", now=NOW)
    assert caught.value.reason == "no_match"


def test_secrets_rotate():
    """Deliveries fail while the partner changes over to the new secret."""
    new = sig.generate_secret()
    assert sig.verify([new, SECRET], headers(), BODY, now=NOW).secret_index == 1
    both = sig.signed_headers([new, SECRET], "msg_1", BODY, NOW)
    assert sig.verify([SECRET], both, BODY, now=NOW).secret_index == 0


def test_unpadded_and_url_safe_secrets_are_read():
    """A secret copied without its padding refuses every delivery."""
    raw = bytes(range(200, 225))
    padded = "whsec_" + base64.b64encode(raw).decode()
    assert sig.decode_secret(padded.rstrip("=")) == raw
    assert sig.decode_secret(base64.urlsafe_b64encode(raw).decode().rstrip("=")) == raw


@pytest.mark.parametrize(
    "secret", ["", "whsec_", "whsec_AAAA", "whsec_é", "whsec_" + "A" * 100, "a*b"]
)
def test_bad_secrets_are_a_configuration_fault(secret):
    """A weak or broken secret is accepted silently."""
    with pytest.raises(ValueError, match="secret"):
        sig.decode_secret(secret)


@pytest.mark.parametrize(
    ("now", "reason"),
    [(NOW + 300, None), (NOW + 301, "too_old"), (NOW - 300, None), (NOW - 301, "too_new")],
)
def test_old_and_future_deliveries_are_refused(now, reason):
    """A recorded delivery is replayed a day later."""
    if reason is None:
        assert sig.verify([SECRET], headers(), BODY, now=now)
    else:
        with pytest.raises(sig.SignatureError) as caught:
            sig.verify([SECRET], headers(), BODY, now=now)
        assert caught.value.reason == reason


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"webhook_id": None}, "missing_header"),
        ({"webhook_signature": ""}, "missing_header"),
        ({"webhook_id": "a.b"}, "bad_id"),
        ({"webhook_id": "a b"}, "bad_id"),
        ({"webhook_id": "ä"}, "bad_id"),
        ({"webhook_timestamp": "now"}, "bad_timestamp"),
        ({"webhook_timestamp": "1.5"}, "bad_timestamp"),
        ({"webhook_timestamp": "-1"}, "bad_timestamp"),
        ({"webhook_timestamp": "٣"}, "bad_timestamp"),
        ({"webhook_timestamp": "9" * 400}, "bad_timestamp"),
        ({"webhook_signature": "v1,äöü"}, "no_match"),
        ({"webhook_signature": "v1,"}, "no_match"),
        ({"webhook_signature": "v1a,xxxx v2,yyyy"}, "no_match"),
        ({"webhook_signature": "nonsense"}, "no_match"),
        ({"webhook_id": "msg_2"}, "no_match"),
    ],
)
def test_bad_deliveries_have_a_reason(changes, reason):
    """A hostile header ends in a 500, or an operator cannot see why a partner is refused."""
    with pytest.raises(sig.SignatureError) as caught:
        sig.verify([SECRET], headers(**changes), BODY, now=NOW)
    assert caught.value.reason == reason
    assert reason in sig.REASONS


def test_other_versions_are_skipped_and_names_may_vary():
    """A partner that also signs asymmetrically, or through Svix, is refused."""
    sent = headers()
    mixed = {**sent, "webhook-signature": "v1a,abc " + sent["webhook-signature"]}
    assert sig.verify([SECRET], mixed, BODY, now=NOW)
    svix = {name.replace("webhook", "Svix").title(): value for name, value in sent.items()}
    assert sig.verify([SECRET], svix, BODY, now=NOW)


def test_no_secret_means_no_entry():
    """A flow without a secret accepts everybody."""
    with pytest.raises(sig.SignatureError) as caught:
        sig.verify([], headers(), BODY, now=NOW)
    assert caught.value.reason == "no_secret"


def test_ids_we_send_hold_no_dot():
    """Two different messages carry the same signature."""
    with pytest.raises(ValueError):
        sig.sign(SECRET, "a.b", NOW, BODY)
