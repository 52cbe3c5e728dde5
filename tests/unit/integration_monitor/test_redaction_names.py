"""Names that a flow adds to the redactor's vocabulary, and names that it leaves readable."""

import json

from hypothesis import given
from hypothesis import strategies as st

from integration_monitor.tools import redaction, redaction_names, redaction_patterns
from integration_monitor.tools.redaction_patterns import MASK

CREDENTIALS = ["Authorization", "password", "access_token", "client-secret", "api_key", "key"]
CREDENTIALS += ["X-Hub-Signature-256", "Set-Cookie", "sessionId", "card_number", "cvv"]
CREDENTIALS += ["appkey", "authkey", "masterkey", "sharedkey", "signingkey", "sessid", "psk", "pw"]


def using(masked=(), readable=()):
    return redaction_names.using(redaction_names.rules(masked, readable))


def test_added_names_are_masked_everywhere():
    """A field that only this partner has is kept in clear."""
    with using(masked=["birth_date"]):
        body = redaction.redact_body(b'{"customer": {"birthDate": "1970-01-01", "id": 7}}')
        assert json.loads(body) == {"customer": {"birthDate": MASK, "id": 7}}
        assert redaction.redact_headers({"X-Birth": "1", "Birth-Date": "1970"}) == {
            "X-Birth": "1",
            "Birth-Date": MASK,
        }
        assert redaction.redact_text("refused: birth_date=1970-01-01") == (
            f"refused: birth_date={MASK}"
        )
        assert redaction.redact_url("https://a.example/?order[birth_date]=1970") == (
            f"https://a.example/?order[birth_date]={MASK}"
        )
        assert MASK in redaction.redact_text("<x:birthDate>1970</x:birthDate>")
    assert "1970" in redaction.redact_body(b'{"birthDate": "1970-01-01"}')


def test_names_are_left_readable():
    """Nobody can tell which customer a message was about, although the flow allows it."""
    with using(readable=["email", "Phone"]):
        value = {
            "email": "jo@example.com",
            "phone": "+49 170 1234567",
            "street": "Main Street 1",
            "attributes": [{"name": "email", "value": "jo@example.com"}],
        }
        assert redaction.redact_json(value) == {**value, "street": MASK}
        assert redaction.redact_headers({"Email": "jo@example.com"}) == {"Email": "jo@example.com"}
        form = redaction.redact_body("email=jo%40example.com", "application/x-www-form-urlencoded")
        assert form == "email=jo%40example.com"
    assert redaction.redact_json({"email": "jo@example.com"}) == {"email": MASK}


def test_credentials_stay_hidden():
    """A flow makes passwords readable by mistake."""
    with using(readable=CREDENTIALS):
        for name in CREDENTIALS:
            assert redaction_patterns.is_credential_name(name)
            assert not redaction_names.is_readable(name)
            if name != "key":  # masked in queries only
                assert redaction.redact_json({name: "hunter2"}) == {name: MASK}
        assert redaction.redact_url("https://a.example/?key=hunter2").endswith(f"key={MASK}")


def test_secrets_inside_a_readable_field_stay_hidden():
    """A readable note contains a token, a card, a password, and shows them."""
    with using(readable=["email", "customer_email"]):
        for secret in (
            "Bearer abcdef0123456789",
            "password: hunter2",
            "4111 1111 1111 1111",
            '{"password": "hunter2"}',
        ):
            kept = redaction.redact_json({"customer_email": secret})["customer_email"]
            assert MASK in kept
            assert "hunter2" not in kept and "4111" not in kept and "abcdef" not in kept


@given(st.text(max_size=30), st.sampled_from(CREDENTIALS))
def test_no_wording_of_a_setting_unmasks_a_credential(text, name):
    """Some spelling of a name in the setting opens a credential."""
    with using(readable=[text, name, name.upper(), f"a[{name}]"]):
        assert not redaction_names.is_readable(name)


def test_settings_are_read_as_people_write_them():
    """Names on lines of their own are taken for one name."""
    assert redaction_names.parse(" birth_date, note;\nX-Id ") == ["birth_date", "note", "X-Id"]
    assert redaction_names.parse(None) == []
    assert redaction_names.unusable(["note", "a b", "*", "ü"]) == ["a b", "*", "ü"]
