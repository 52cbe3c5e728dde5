"""What proves a payload."""

import hashlib

from integration_monitor.tools.errors import CATEGORIES, ERROR_CLASSES, category_of
from integration_monitor.tools.payload import proof


def test_checksum_and_size_are_those_of_the_bytes():
    """The checksum is that of something else than what was sent."""
    data = "größer".encode()
    assert proof("größer") == {
        "payload_sha256": hashlib.sha256(data).hexdigest(),
        "payload_bytes": len(data),
    }
    assert proof("")["payload_bytes"] == 0
    assert proof(None) == proof(False) == {"payload_sha256": None, "payload_bytes": None}


def test_every_class_has_a_category():
    """A wrong format is the engineers' business, a missing product the partner's."""
    assert {category_of(name) for name in ERROR_CLASSES} == set(CATEGORIES)
    assert category_of("contract") == "partner"
    assert category_of("business") == "business"
    assert category_of(None) == category_of("timeout") == "technical"
