"""What a partner is given: address, secret (once), and an example that runs."""

from urllib.parse import urlsplit

from odoo import fields, http, models

from ..tools import examples


class IntegrationWebhookHandover(models.TransientModel):
    """One flow's hand-over. The secret is never stored here: it is read while it may be shown."""

    _name = "integration.webhook.handover"
    _description = "Webhook hand-over"
    _order = "id"

    wizard_id = fields.Many2one("integration.connect.wizard", ondelete="cascade")
    flow_id = fields.Many2one("integration.flow", required=True, readonly=True, ondelete="cascade")
    credential_id = fields.Many2one(
        "integration.credential", required=True, readonly=True, ondelete="cascade"
    )
    flow_name = fields.Char(related="flow_id.name", string="Name of the Flow")
    webhook_url = fields.Char(related="flow_id.webhook_url")
    secret = fields.Char(compute="_compute_secret")
    former_secret_count = fields.Integer(compute="_compute_secret")
    database_header = fields.Char(compute="_compute_database_header")
    example_shell = fields.Text(string="With curl", compute="_compute_examples")
    example_python = fields.Text(string="With Python", compute="_compute_examples")
    last_delivery_text = fields.Char(related="flow_id.webhook_last_delivery_text")
    last_refusal_text = fields.Char(related="flow_id.webhook_last_refusal_text")
    last_refusal = fields.Char(related="flow_id.webhook_last_refusal")
    test_state = fields.Selection([("ok", "Works"), ("failed", "Failed")], readonly=True)
    test_message = fields.Char(readonly=True)

    def _compute_secret(self):
        """Show a fresh secret to the person who made it, and to nobody later."""
        for handover in self:
            handover.secret = handover.credential_id._show_once()
            handover.former_secret_count = max(0, handover.flow_id.webhook_secret_count - 1)

    def _compute_database_header(self):
        """The database that senders must name, when the server has several."""
        host = urlsplit(self.get_base_url()).netloc
        several = len(http.db_list(force=True, host=host)) > 1
        self.database_header = self.env.cr.dbname if several else False

    def _compute_examples(self):
        """Examples with the real address, and with the secret as long as it may be seen."""
        for handover in self:
            values = (
                handover.webhook_url,
                handover.secret or self.env._("whsec_… (your secret)"),
                handover.database_header,
            )
            handover.example_shell = examples.shell(*values)
            handover.example_python = examples.python(*values)

    def action_send_test_event(self):
        """Send a signed test event to our own address and keep the outcome on the screen."""
        self.ensure_one()
        outcome = self.flow_id._send_test_event()
        self.write({"test_state": "ok" if outcome.ok else "failed", "test_message": outcome.text})
        return self._reopen()

    def action_refresh(self):
        """Read again when the partner delivered last."""
        return self._reopen()

    def action_open_example(self):
        """Show the examples on a page of their own."""
        return self._open()

    def action_back(self):
        """Return to the wizard."""
        return self.wizard_id._reopen()

    def action_done(self):
        """The secret was copied: nobody sees it again."""
        self._close()
        return {"type": "ir.actions.act_window_close"}

    def _close(self):
        """End the time in which the secrets may be looked at."""
        self.credential_id.write({"handed_over_at": fields.Datetime.now()})

    def _reopen(self):
        """Show the wizard that this is part of, or the same dialog again."""
        return self.wizard_id._reopen() if self.wizard_id else self._open()

    def _open(self):
        """Show this record in a dialog."""
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Hand over to the partner"),
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
            "target": "new",
        }
