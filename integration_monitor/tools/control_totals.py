"""Control totals: did everything that a batch announced arrive, and was it applied?"""

from __future__ import annotations


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
