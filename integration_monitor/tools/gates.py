"""Gates: a document step is kept back until a milestone of its transaction is reached."""

from __future__ import annotations

from dataclasses import dataclass

from .milestones import DONE_STATES

#: The model of the documents whose step is kept back.
MODELS = {
    "picking_out": "stock.picking",
    "picking": "stock.picking",
    "invoice": "account.move",
}
#: What happens to an invoice that passes.
INVOICE_EVENTS = frozenset({"invoice.posted", "invoice.paid"})


@dataclass(frozen=True, slots=True)
class Rule:
    """One gate, as the guards need it; empty sets do not narrow it."""

    id: int
    name: str
    document_step: str
    step_code: str
    company_id: int | None = None
    warehouse_ids: frozenset[int] = frozenset()
    type_ids: frozenset[int] = frozenset()
    domain: str = ""
    holds_unlinked: bool = False
    root_model: str = ""

    def concerns(self, root_model: str) -> bool:
        """Tell whether a kind of root has the gate's milestone; others have steps of that code."""
        return self.root_model in ("", root_model)

    def explains(self, step_code: str, event_code: str) -> bool:
        """Tell whether a document that is ready and kept back is why an order waits for a step.

        Goods that are ready have to go. An invoice can be drafted at any time: an order without
        stock does not wait for that.
        """
        return (
            self.document_step != "invoice"
            or step_code == self.step_code
            or event_code in INVOICE_EVENTS
        )

    def covers_warehouse(self, warehouse_id: int | None) -> bool:
        """Tell whether the gate is meant for documents of a warehouse."""
        return not self.warehouse_ids or warehouse_id in self.warehouse_ids


def is_open(state: str, *, expected: int, optional: bool) -> bool:
    """Tell whether a milestone lets the document pass.

    Reached and skipped ones do, and an optional one that nothing is expected of: nobody would ever
    reach it.
    """
    return state in DONE_STATES or (state == "pending" and optional and not expected)
