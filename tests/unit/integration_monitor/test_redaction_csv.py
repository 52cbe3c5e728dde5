"""Tables that partners answer with."""

from integration_monitor.tools import redaction, redaction_names

SECRET = "kQ7zT2mV9xLp4RsW"


def test_secret_columns_are_masked():
    """An export of accounts stands in the log, passwords included."""
    for delimiter in ",;\t|":
        text = "\n".join(
            delimiter.join(row)
            for row in (("user", "password", "city"), ("bob", SECRET, "Oslo"), ("", SECRET, ""))
        )
        masked = redaction.redact_body(text, "text/csv")
        assert SECRET not in masked
        assert "Oslo" in masked
        assert "user" in masked


def test_quoted_values_and_short_rows():
    """A value with the delimiter in it moves the columns."""
    text = f'name,token\n"Holt, Ada",{SECRET}\nbroken\n'
    masked = redaction.redact_body(text)
    assert SECRET not in masked
    assert "broken" in masked


def test_sentences_are_no_tables():
    """An error in words loses half of them."""
    text = "Sign-in failed. The password, as given, is wrong.\nTry again, later, please, now."
    assert redaction.redact_body(text) == redaction.redact_text(text)
    assert "later" in redaction.redact_body(text)


def test_headers_of_ones_own():
    """A flow hides the colour, and X-Colour stands in the log."""
    with redaction_names.using(redaction_names.rules(["colour"], [])):
        headers = redaction.redact_headers({"X-Colour": "red", "Colour": "red", "Age": "7"})
    assert headers == {"X-Colour": redaction.MASK, "Colour": redaction.MASK, "Age": "7"}
