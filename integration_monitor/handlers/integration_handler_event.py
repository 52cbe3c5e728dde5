"""Business events go out as CloudEvents."""

from odoo import models

from ..tools import cloud_event


class IntegrationHandlerEvent(models.AbstractModel):
    """Tells a subscriber what happened: CloudEvents 1.0, structured JSON, one event a call.

    ``id`` is that of the event and the same for each repetition, which carries the header
    ``X-Repetition: true``. The ``Idempotency-Key`` names event and content: a repetition with the
    same content has the same one, unless the partner shall take an event again. Signed, if at all,
    by the sign-in of the endpoint.
    """

    _name = "integration.handler.event"
    _inherit = ["integration.handler", "integration.event.data"]
    _description = "Business events (CloudEvents)"

    def _directions(self):
        return ("outbound",)

    def _required_groups(self):
        """Return the external ids of the groups that the service account needs."""
        return (
            "stock.group_stock_user",
            "sales_team.group_sale_salesman_all_leads",
            "account.group_account_readonly",
        )

    def _takes_events(self):
        return True

    def _prepare(self, message):
        """Build the event; None when its document is gone or has nothing to tell."""
        record = self.env[message.res_model].browse(message.res_id).exists()
        data = self._event_data(message, record) if record else None
        if data is None:
            return None
        # The identity of a database is no secret; reading it needs a right that no account has.
        database = self.env["ir.config_parameter"].sudo().get_param("database.uuid")
        return cloud_event.envelope(
            event_id=message.event_uid or message.message_uid,
            source=f"urn:uuid:{database}",
            code=message.event_code or message.message_type,
            subject=self._event_subject(record, data),
            time=message.occurred_at,
            data=data,
            trace_id=message.trace_id or None,
        )

    def _request(self, message, payload):
        headers = {"Content-Type": cloud_event.CONTENT_TYPE}
        if message.repetition:
            # Beside the content: with the same key it has to be the same.
            headers["X-Repetition"] = "true"
        return {"method": "POST", "path": "", "headers": headers}
