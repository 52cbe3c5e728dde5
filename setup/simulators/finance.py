"""The simulated finance system: takes events of orders and invoices, and checks credit."""

import sys
from typing import Any

from .core.app import Simulator
from .core.clock import iso, token
from .core.runner import main
from .core.wire import Request

ORDERED = "integration.sale.confirmed"
INVOICED = "integration.invoice.posted"


class Finance(Simulator):
    """A ledger that is told of orders and invoices, and reports the credit of each order."""

    name = "finance"
    defaults = {"check_credit": True}
    entity_pages = {"invoices": "invoice"}

    def setup(self) -> None:
        """There is nothing but the events that every simulator takes."""

    def took_event(self, event: dict[str, Any], request: Request) -> None:
        """Book an invoice; report that the customer of an order is good for it."""
        subject = str(event.get("subject", ""))
        if event["type"] == INVOICED:
            self.ledger.put("invoice", subject, event["data"])
            self.ledger.add_effect("invoice", subject, event["data"], request)
        elif event["type"] == ORDERED and self.behaviour()["check_credit"]:
            number = token("evt_")
            body = {
                "id": number,
                "type": "credit.checked",
                "timestamp": iso(),
                "data": {"order": subject, "approved": True},
            }
            self.outbox.enqueue(
                "credit.checked",
                body,
                number,
                subject=subject,
                correlation_id=request.correlation_id,
            )


if __name__ == "__main__":
    sys.exit(main(Finance))
