"""When something happened that nobody recorded, and what happens just now."""

from datetime import datetime

from integration_monitor.tools.document_moments import Moments, change_now

MARCH, PAID, NOW = datetime(2026, 3, 1), datetime(2026, 3, 9), datetime(2026, 11, 27)


def changed(old):
    """:return: the moments of an invoice of March whose first old values are those"""
    moments = {("account.move", 1): Moments(MARCH, PAID)}
    change_now(moments, {"account.move": {1: old, 2: {}}, "stock.picking": {1: {}}}, NOW)
    return moments


def test_change_now():
    """What is posted today bears the date of last week, or an old invoice is posted today."""
    key = ("account.move", 1)
    assert changed({}) == {key: Moments(MARCH, PAID)}
    assert changed({"state": "posted", "payment_state": "paid"}) == {key: Moments(MARCH, PAID)}
    assert changed({"payment_state": "not_paid"}) == {key: Moments(MARCH, NOW)}
    assert changed({"state": "draft", "payment_state": "not_paid"}) == {key: Moments(NOW, NOW)}
