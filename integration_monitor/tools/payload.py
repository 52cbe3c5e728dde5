"""What proves a payload without keeping it."""

from __future__ import annotations

from typing import TypedDict

from .redaction import digest


class Proof(TypedDict):
    """Checksum and size, under the names of the fields of ``integration.message``."""

    payload_sha256: str | None
    payload_bytes: int | None


def proof(text: str | bool | None) -> Proof:
    """Checksum and size of an outbound payload; both None without one."""
    if not isinstance(text, str):
        return {"payload_sha256": None, "payload_bytes": None}
    data = text.encode()
    return {"payload_sha256": digest(data), "payload_bytes": len(data)}
