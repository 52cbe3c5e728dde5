"""Faults for the tests of issues."""

import uuid

from ..instrumentation import log_writer
from ..tools.errors import BusinessError
from ..tools.observation import Observation
from .common import IntegrationCase


class IssueCase(IntegrationCase):
    """Makes failed lines and failed messages, and runs the roll-up."""

    def lines(self, number=1, **values):
        """Failed lines in the log, as the writer writes them."""
        line = Observation(
            **{
                "kind": "rpc_in",
                "outcome": "error",
                "error_class": "server",
                "error_message": "Order 4711 failed",
                "flow_id": self.inbound.id,
                "system_id": self.system.id,
                "company_id": self.env.company.id,
                **values,
            }
        )
        log_writer.write_on(self.env.cr, [line] * number)

    def roll_up(self):
        """The roll-up of the next minute."""
        self.assertTrue(self.env["integration.metric"]._roll_up_on(self.env.cr))

    def issues(self, **where):
        domain = [(name, "=", value) for name, value in where.items()]
        return self.env["integration.issue"].search(domain or [("system_id", "=", self.system.id)])

    def refuse(self, **handler):
        """A message that its handler refuses, with the lines of its attempt in the log."""

        def handle(handler, message, payload):
            raise BusinessError(f"No such product: {message.id}")

        message, _created = self.receive({"id": 1}, external_id=uuid.uuid4().hex)
        with self.handler(self.inbound, _handle=handle, **handler):
            seen = self.drain(self.inbound)
        log_writer.write_on(self.env.cr, seen)
        return message
