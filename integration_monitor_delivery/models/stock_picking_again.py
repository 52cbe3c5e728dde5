"""What came back on its way, and was sent again."""

from odoo import models
from odoo.tools import float_compare

from ..tools.tracking import came_back, last_arrival, numbers_of, turned_at


class StockPicking(models.Model):
    """Deliveries whose parcels came back, and those that bring the goods once more."""

    _inherit = "stock.picking"

    def _integration_sent_again(self):
        """Tell whether all goods were moved once already, and the order never knew: repairs.

        As the recorder tells its role ``again``.
        """
        if self.picking_type_code == "incoming" or not (self.return_id or self.backorder_id):
            return False
        moves = self.move_ids
        return bool(moves) and all(
            move.origin_returned_move_id and not move.origin_returned_move_id.to_refund
            for move in moves
        )

    def _integration_tells_of(self):
        """Return the deliveries of an order that arrive, or may, with a parcel of this one.

        Itself, unless the order never knew of it, and those that left before with the same goods
        and of which a parcel came back on its way. A return brings nobody's goods once more.
        """
        if self.picking_type_code == "incoming" or not (self.return_id or self.backorder_id):
            return self
        told = self.browse() if self._integration_sent_again() else self
        moves, before = self.move_ids, self.move_ids.browse()
        while moves := moves.origin_returned_move_id.origin_returned_move_id - before:
            before |= moves
        return told | before.picking_id.filtered(
            lambda one: not one.integration_delivered_at
            and one._integration_came_back()
            # Of what no carrier tells, the order waits to hear only where this one stands for it.
            and (not told or one._integration_known_parcels())
            and not one._integration_sent_again()
            and one._integration_is_kept()
        )

    def _integration_is_kept(self):
        """Tell whether the order waits for a part of it still: not all came back for good."""
        refunded = self.move_ids.returned_move_ids.filtered(
            lambda move: move.to_refund and _is_done(move)
        )
        return _is_less(_pieces(refunded), _pieces(self.move_ids.filtered(_is_done)))

    def _integration_came_back(self):
        """:return: how many of its parcels came back, if the others arrived"""
        return came_back(numbers_of(self.carrier_tracking_ref), self._integration_known_parcels())

    def _integration_arrived_at(self, asked_by=frozenset()):
        """:return: when it arrived (UTC) with what came back and was sent again, or False

        :param asked_by: ids of the deliveries whose goods this one brings once more
        """
        back = not self.integration_delivered_at and self._integration_came_back()
        if not back or self.id in asked_by:
            return self.integration_delivered_at
        returns = self.move_ids.returned_move_ids.filtered(lambda move: move.state != "cancel")
        again = returns.returned_move_ids.filtered(_is_sent)
        # What was sent again may have come back as well, and be on its way once more.
        asked_by |= {self.id}
        moments = {one: one._integration_arrived_at(asked_by) for one in again.picking_id}
        arrived = {one: moment for one, moment in moments.items() if moment}
        if not arrived:
            return False
        parcels = sum(len(numbers_of(one.carrier_tracking_ref)) or 1 for one in arrived)
        if parcels < back and (
            len(arrived) < len(moments) or not self._integration_all_again(returns, back)
        ):
            return False
        own = last_arrival(numbers_of(self.carrier_tracking_ref), self._integration_known_parcels())
        return max([*arrived.values(), own] if own else arrived.values())

    def _integration_all_again(self, returns, back):
        """Tell whether everything that came back was sent again, in however many parcels.

        No carrier says what is in a parcel. One whose return is not booked yet shows by having
        turned round after the last return was done, or by fewer pieces than parcels that are back.

        :param returns: the moves that bring goods of this delivery back
        :param back: how many of its parcels came back
        """
        if any(
            not _is_done(move)
            or _is_less(_pieces(move.returned_move_ids.filtered(_is_sent)), _pieces(move))
            for move in returns
        ):
            return False
        came = _pieces(returns)
        left = _pieces(self.move_ids.filtered(_is_done))
        if not _is_less(came, left):
            return True
        numbers = numbers_of(self.carrier_tracking_ref)
        turned = turned_at(numbers, self._integration_known_parcels())
        booked = max(returns.mapped("date"))
        return not _is_less(came, back) and (not turned or turned <= booked)


def _is_done(move):
    """Tell whether goods were moved."""
    return move.state == "done"


def _is_sent(move):
    """Tell whether goods go to a customer, or by a transit to another company."""
    return move.state != "cancel" and move.location_dest_id._is_outgoing()


def _pieces(moves):
    """Return how much moves bring, in the smallest unit of each: pieces, or grams."""
    return sum(move.quantity * move.product_uom.factor for move in moves)


def _is_less(quantity, other):
    """Compare quantities, whatever remains of converting units."""
    return float_compare(quantity, other, precision_digits=6) < 0
