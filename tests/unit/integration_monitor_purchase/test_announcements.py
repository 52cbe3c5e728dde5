"""What of several shipments of a line is under way, and which receipts each of them fills."""

from __future__ import annotations

import json

from integration_monitor_purchase.tools.announcements import Announced


def again(announced: Announced, received: float = 0.0) -> Announced:
    """Read what the line kept, so many pieces having come by now."""
    return Announced(json.loads(json.dumps(announced.dump())), received)


def test_first_announced_comes_first() -> None:
    announced = Announced(None, 2)
    announced.announce("A", 3, None)
    announced.announce("B", 2, None)
    later = again(announced, 6)
    assert [shipment.under_way for shipment in later.shipments] == [0, 1]
    assert [shipment.number for shipment in later.beside("C")] == ["B"]
    # What was counted once is not counted again, nor what went back to the vendor.
    assert [shipment.under_way for shipment in again(later, 6).shipments] == [0, 1]
    assert [shipment.under_way for shipment in again(again(later, 4), 5).shipments] == [0, 0]


def test_a_further_notice_takes_the_place_of_the_former() -> None:
    announced = Announced(None, 0)
    announced.announce("A", 3, "2031-03-03T06:00:00")
    announced = again(announced, 2)
    corrected = announced.announce("A", 4, None)
    assert (corrected.under_way, corrected.expected) == (2, "2031-03-03T06:00:00")
    assert announced.announce("A", 1, None).under_way == 0
    announced.forget("A")
    assert again(announced).shipments == []


def test_each_stays_with_the_receipts_that_it_filled() -> None:
    announced = Announced(None, 0)
    announced.announce("A", 2, None)
    assert announced.fill("A", [(1, 2.0), (2, 3.0)]) == [1]
    announced.announce("B", 3, None)
    assert announced.fill("B", [(2, 3.0), (1, 2.0)]) == [2]
    assert announced.fill("A", [(2, 3.0), (1, 2.0)]) == [1]


def test_pieces_for_several_receipts() -> None:
    announced = Announced(None, 0)
    announced.announce("A", 3, None)
    assert announced.fill("A", [(1, 2.0), (2, 3.0)]) == [1, 2]
    announced.announce("B", 2, None)
    assert announced.fill("B", [(1, 2.0), (2, 3.0)]) == [2]
    # The first receipt was done, its rest goes on under another number.
    announced = again(announced, 2)
    assert announced.fill("A", [(2, 3.0)]) == [2]
    assert announced.fill("B", [(2, 3.0)]) == [2]


def test_what_has_come_fills_nothing() -> None:
    announced = Announced(None, 0)
    announced.announce("A", 2, None)
    announced.fill("A", [(1, 2.0)])
    announced = again(announced, 2)
    assert announced.fill("A", [(2, 3.0)]) == []
    assert announced.shipments[0].receipts == [1]


def test_what_is_missing_is_under_way_no_more() -> None:
    announced = Announced(None, 0)
    announced.announce("A", 3, None)
    announced.announce("B", 1, None)
    announced = again(announced, 2)
    announced.announce("C", 3, None)
    # Nothing came of B: it is on its way.
    assert [shipment.number for shipment in announced.give_up("C", 0)] == ["A"]
    assert [shipment.under_way for shipment in announced.shipments] == [0, 1, 3]
    assert [shipment.missing for shipment in again(announced, 6).shipments] == [1, 0, 0]
    # The missing piece comes last, after all.
    assert [shipment.missing for shipment in again(announced, 7).shipments] == [0, 0, 0]
    assert announced.give_up("C", 0) == []
    assert announced.announce("A", 3, None).under_way == 1
    assert announced.give_up("C", 1) == []
