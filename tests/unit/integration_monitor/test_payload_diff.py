from integration_monitor.tools import payload_diff


def test_one_member():
    """A person sees two long payloads and must find what was changed."""
    diff = payload_diff.unified('{"sku":"A","qty":10.00}', '{"sku":"B","qty":10.00}')
    assert '-  "sku": "A",' in diff.splitlines()
    assert '+  "sku": "B",' in diff.splitlines()
    assert '-  "qty": 10.00' not in diff


def test_white_space_is_no_difference():
    """Laying a payload out counts as a correction."""
    assert payload_diff.unified('{"a":1}', '{\n "a": 1\n}') == ""


def test_no_json():
    """A text payload cannot be corrected."""
    assert "+c" in payload_diff.unified("a\nb", "a\nc")
    assert payload_diff.unified("", "") == ""


def test_bounded():
    """A payload of megabytes is stored twice more as a difference."""
    diff = payload_diff.unified("a\n" * 40_000, "b\n" * 40_000)
    assert len(diff) <= payload_diff.LIMIT + 2
