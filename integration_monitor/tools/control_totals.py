"""Control totals: did everything that a batch announced arrive, and was it applied?"""

from __future__ import annotations

import operator
from decimal import Decimal
from typing import Any

# More records or bytes than anything has: a misplaced identifier, or infinity.
_MOST = 2**63 - 1


def count_of(value: Any) -> int:
    """Return a number of records or bytes, however a file, a trailer or a library gives it.

    :param value: whole numbers of any type, ``Decimal``, or text like ``"5"``
    :raises ValueError: it is none: negative, infinite, a fraction, words
    """
    try:
        if isinstance(value, bytes | bytearray):
            value = bytes(value).decode()
        if isinstance(value, str):
            value = Decimal(value.strip())
        if isinstance(value, float | Decimal):
            # First: what is endless or huge must not be written out.
            if not 0 <= value <= _MOST or value != int(value):
                raise ValueError
            return int(value)
        number = operator.index(value)
    except (ArithmeticError, TypeError, ValueError) as error:
        raise ValueError("not a number of records or bytes") from error
    if not 0 <= number <= _MOST:
        raise ValueError("not a number of records or bytes")
    return number


def mismatch(announced: int | None, received: int | None, applied: int | None) -> str | None:
    """What does not add up, as a sentence; None when the totals agree or say nothing.

    :param announced: records that the sender counted
    :param received: records that came
    :param applied: records that were booked
    """
    if announced is not None and received is not None and received != announced:
        if received < announced:
            return f"Partial batch: {received} of {announced} announced records came."
        return f"The batch has {received} records, but announced {announced} only."
    expected = announced if announced is not None else received
    if expected is None or applied is None or applied == expected:
        return None
    if applied < expected:
        return f"Partial batch: {applied} of {expected} records were applied."
    return f"{applied} records were applied, but the batch has {expected} only."
