"""JSON from strangers."""

import json

import pytest
from growth import assert_grows_evenly
from hypothesis import given
from hypothesis import strategies as st

from integration_monitor.tools.errors import ContractError
from integration_monitor.tools.json_safe import MalformedJson, loads

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**18), 10**18)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")),
    lambda children: st.lists(children)
    | st.dictionaries(
        st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")), children
    ),
    max_leaves=20,
)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "empty"),
        (b"   ", "empty"),
        (b"{", "line 1"),
        (b"{'a': 1}", "line 1"),
        (b'{"a": NaN}', "NaN"),
        (b"[Infinity]", "Infinity"),
        (b"[-Infinity]", "Infinity"),
        (b"[1e999]", "too large"),
        (b"[" * 100_000, "deeper than 64"),
        (b"[" * 65 + b"]" * 65, "deeper than 64"),
        (b'{"a":' * 65 + b"1" + b"}" * 65, "deeper than 64"),
        (b"[" + b"9" * 4301 + b"]", "digits"),
        (b"[0." + b"9" * 5000 + b"]", "digits"),
        (b'"\\u0000"', "NUL"),
        (b'{"\\u0000": 1}', "NUL"),
        (b'"\0"', "control character"),
        (b'"\\ud800"', "surrogate"),
        (b'{"a": {"\\udfff": []}}', "surrogate"),
        (b'"\xff"', "UTF-8"),
        (b'"\xed\xa0\x80"', "UTF-8"),
        ('"\ud800"', "surrogate"),
        (b'"open', "line 1"),
        (b"[1] [2]", "Extra data"),
    ],
)
def test_bad_input_is_named(data, says):
    """A hostile body crashes the request with a 500, or poisons the database."""
    with pytest.raises(MalformedJson) as caught:
        loads(data)
    assert says.lower() in caught.value.message.lower()
    assert isinstance(caught.value, ContractError)
    assert isinstance(caught.value, ValueError)


def test_good_input_at_the_limits():
    """A legal payload is refused."""
    assert loads(b"[" * 64 + b"]" * 64)
    assert loads(b'"' + b"[" * 500 + b'"') == "[" * 500
    assert loads(b'"\\"' + b"[{" * 200 + b'\\\\"') == '"' + "[{" * 200 + "\\"
    assert loads(b"[" + b"9" * 4300 + b"]")
    assert loads(b"\xef\xbb\xbf{}") == {}
    assert loads(b'"\\ud83d\\ude00"') == "\U0001f600"
    assert loads('{"a": 1}') == {"a": 1}


@given(json_values)
def test_what_json_writes_is_read_back(value):
    """Payloads change when they are read."""
    assert loads(json.dumps(value).encode()) == value
    assert loads(json.dumps(value, ensure_ascii=False).encode()) == value


@given(st.binary(max_size=200))
def test_no_bytes_crash(data):
    """Noise raises something that no caller expects."""
    try:
        loads(data)
    except MalformedJson as error:
        assert error.message


@pytest.mark.parametrize(
    "body",
    ['"' * 10**6, '"\\' * 500_000, '["a",' * 200_000, '"' + "\\" * 10**6],
    ids=["quotes", "escaped", "open", "backslashes"],
)
def test_a_megabyte_of_quotes_and_backslashes_is_scanned_quickly(body):
    """A crafted body keeps a worker busy for minutes."""

    def work(text):
        with pytest.raises(MalformedJson):
            loads(text.encode())

    assert_grows_evenly(work, body)
