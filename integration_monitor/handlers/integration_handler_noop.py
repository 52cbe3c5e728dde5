"""A handler that does nothing: to try a connection, and for flows that are only watched."""

from odoo import models


class IntegrationHandlerNoop(models.AbstractModel):
    """Accepts every inbound message; sends the message's own payload by POST."""

    _name = "integration.handler.noop"
    _inherit = "integration.handler"
    _description = "Only record the message"

    def _handle(self, message, payload):
        """Make no document."""
        return None

    def _prepare(self, message):
        """Send a small test event with the message's identity."""
        return {"type": message.message_type, "id": message.message_uid}

    def _request(self, message, payload):
        """Post to the endpoint's address itself."""
        return {"method": "POST", "path": ""}
