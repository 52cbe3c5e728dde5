"""Doing transfers with the quantities that a warehouse reports."""

from collections import defaultdict

from odoo import models

from ..models.integration_milestone_record import Event
from ..tools.errors import BusinessError


class IntegrationWmsTransfer(models.AbstractModel):
    """Validates a transfer and those that follow it, without asking anybody."""

    _name = "integration.wms.transfer"
    _description = "Transfers done by a warehouse system"

    def _parts(self, picking):
        """Return the released transfer and the back orders that its release covers still.

        :return: transfers in the order in which they are done; at most the last one is open
        """
        parts = last = picking
        while last.state == "done" and last.integration_release_ref:
            last = last.backorder_ids.filtered(
                lambda p: p.integration_release_ref == picking.integration_release_ref
            )[:1]
            parts |= last
        return parts

    def _moves_by_line(self, parts):
        """Return what is open of each line that the warehouse was told of.

        The warehouse names the move that was released; Odoo splits the rest off as another one.

        :param parts: see :meth:`_parts`
        :return: dict of line number → ``stock.move``, empty when nothing is left of the line
        """
        left = parts[-1].move_ids.filtered(lambda move: move.state != "cancel")
        moves = {move.id: move for move in left}
        for told in parts[:-1].move_ids.filtered(lambda move: move.state != "cancel"):
            moves[told.id] = left.filtered(
                lambda move, told=told: (move.product_id, move.sale_line_id)
                == (told.product_id, told.sale_line_id)
            )[:1]
        return moves

    def _keep_open(self, picking, data):
        """Leave what was not shipped with the release, so that it is not released again."""
        release = picking.integration_release_ref or data.text("release_id") or picking.name
        rest = picking.backorder_ids.filtered(lambda p: p.state not in ("done", "cancel"))
        (picking | rest).write({"integration_release_ref": release})

    def _close_release(self, picking, data):
        """Release a back order by itself: the warehouse closed the release that covered it.

        :return: the back order
        """
        picking.integration_release_ref = False
        picking._message_log(
            body=self.env._(
                "The warehouse closed the release without these goods: shipment %s.",
                data.text("shipment_id"),
            )
        )
        if picking.state == "assigned":
            company = picking.company_id.id
            event = Event("picking.first.ready", picking._name, picking.id, None, company)
            # Which flows there are is the engine's knowledge, not the account's.
            self.env["integration.flow"].sudo()._emit_for_events([event])
        return picking

    def _ship(self, picking, quantities, data):
        """Do the transfer and carry its quantities through the chain.

        :return: the transfers that are done now, the released one first
        """
        shipment = data.text("shipment_id")
        done = self.env["stock.picking"]
        waiting = [(picking, quantities)]
        while waiting:
            current, amounts = waiting.pop(0)
            self._validate(current, amounts, shipment)
            done |= current
            waiting += self._following(current)
        if not data.flag("close", default=True):
            self._keep_open(picking, data)
        packages = ", ".join(
            package.text("sscc", "id") for package in data.children("packages", "package")
        )
        picking._message_log(
            body=self.env._(
                "Shipped by the warehouse: shipment %(shipment)s at %(moment)s. Packages: "
                "%(packages)s.",
                shipment=shipment,
                moment=data.text("shipped_at") or "–",
                packages=packages or "–",
            )
        )
        return done

    def _validate(self, picking, quantities, shipment):
        """Set the real quantities and validate without a question.

        :raise BusinessError: Odoo does not let the transfer be done
        """
        for move in picking.move_ids.filtered(lambda m: m.state not in ("done", "cancel")):
            quantity, lots = quantities.get(move, (0.0, []))
            if lots and move.has_tracking != "none":
                self._set_lots(picking, move, lots)
            elif move.product_uom.compare(move.quantity, quantity):
                move.quantity = quantity
            move.picked = bool(quantity)
        picking.integration_shipment_ref = shipment
        picking.with_context(skip_backorder=True, skip_sms=True).button_validate()
        if picking.state != "done":
            raise self._refusal(
                picking, self.env._("cannot be done without a decision: open it and validate it")
            )

    def _set_lots(self, picking, move, lots):
        """Replace what was reserved by the lots that were really shipped.

        :raise BusinessError: an unknown lot
        """
        found = self.env["stock.lot"].search(
            [
                ("name", "in", [name for name, _quantity in lots]),
                ("product_id", "=", move.product_id.id),
                ("company_id", "in", (picking.company_id.id, False)),
            ]
        )
        by_name = {lot.name: lot for lot in found}
        move.move_line_ids.unlink()
        vals_list = []
        for name, quantity in lots:
            if name not in by_name:
                raise self._refusal(
                    picking,
                    self.env._(
                        "was shipped with lot %(lot)s of %(product)s, which does not exist",
                        lot=name,
                        product=move.product_id.display_name,
                    ),
                )
            vals_list.append(
                {
                    **move._prepare_move_line_vals(quantity=quantity),
                    "lot_id": by_name[name].id,
                    "quantity": quantity,
                }
            )
        self.env["stock.move.line"].create(vals_list)

    def _following(self, picking):
        """Return the next transfers of the chain with the quantities that reached them."""
        reached = defaultdict(float)
        for move in picking.move_ids.filtered(lambda m: m.state == "done"):
            left = move.quantity
            for following in move.move_dest_ids:
                if following.state in ("done", "cancel") or left <= 0:
                    continue
                part = min(
                    left,
                    following.product_uom._compute_quantity(
                        following.product_uom_qty, move.product_uom
                    ),
                )
                reached[following] += move.product_uom._compute_quantity(
                    part, following.product_uom, rounding_method="HALF-UP"
                )
                left -= part
        by_picking = defaultdict(dict)
        for move, quantity in reached.items():
            if move.picking_id and quantity:
                by_picking[move.picking_id][move] = (quantity, [])
        return list(by_picking.items())

    def _refusal(self, picking, what):
        """Return the error for a shipment that does not fit the transfer."""
        return BusinessError(
            self.env._(
                "Transfer %(picking)s %(what)s. Clear it with the warehouse, then press Retry, or "
                "Ignore.",
                picking=picking.name,
                what=what,
            ),
            source={"res_model": "stock.picking", "key": "id", "value": picking.id},
        )
