"""What a message shows: its document's name, its attempts, its headers."""

import json

from odoo import api, fields, models

from ..tools import json_layout
from .integration_message import CONTENT_GROUPS


class IntegrationMessage(models.Model):
    """Read-only helpers of the screens; nothing here changes a message."""

    _inherit = "integration.message"

    document_name = fields.Char(compute="_compute_document_name", string="Document")
    log_ids = fields.One2many(
        "integration.log",
        compute="_compute_log_ids",
        string="Attempts Log",
        groups="integration_monitor.group_support",
    )
    open_exception_count = fields.Integer(compute="_compute_open_exception_count")
    headers_text = fields.Text(
        compute="_compute_headers_text", groups="integration_monitor.group_support"
    )

    built_anew = fields.Boolean(compute="_compute_built_anew")
    payload_layout = fields.Text(
        compute="_compute_payload_layout",
        inverse="_inverse_payload_layout",
        string="Content",
        groups=CONTENT_GROUPS,
        help="The payload with a line for each member.",
    )

    @api.depends("flow_id", "external_id", "message_uid", "res_model", "res_id")
    def _compute_display_name(self):
        """Name the flow and the document, else the partner's reference, or our own."""
        for message in self:
            reference = message.external_id or message.message_uid or ""
            about = message.document_name or reference[:24]
            message.display_name = f"{message.flow_id.name or ''} · {about}".strip(" ·")

    def action_open_jobs(self):
        """Open the background jobs behind the attempts, as long as queue_job keeps them."""
        self.ensure_one()
        # The lines of its own attempts, whoever may read the rest of the log.
        uuids = {*self.sudo().log_ids.mapped("job_uuid"), self.sudo().last_job_uuid}
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Jobs of %s", self.display_name),
            "res_model": "queue.job",
            "view_mode": "list,form",
            "domain": [("uuid", "in", sorted(filter(None, uuids)))],
        }

    @api.depends("payload")
    def _compute_payload_layout(self):
        """Lay the payload out for reading."""
        for message in self:
            message.payload_layout = json_layout.indent(message.payload or "")

    def _inverse_payload_layout(self):
        """Keep what a person corrected; white space alone is no correction."""
        for message in self:
            if message.payload_layout != json_layout.indent(message.payload or ""):
                message.payload = message.payload_layout

    @api.depends("subject_key", "flow_id.coalesce", "event_uid", "direction")
    def _compute_built_anew(self):
        """Tell whether a correction would be lost, see :meth:`_tells_state`."""
        for message in self:
            message.built_anew = message._tells_state()

    @api.depends("res_model", "res_id")
    def _compute_document_name(self):
        """Name the document, for those who may read it: one query per kind of document."""
        self.document_name = False
        for model, messages in self.filtered("res_id").grouped("res_model").items():
            if model not in self.env:
                continue
            documents = self.env[model].browse(set(messages.mapped("res_id"))).exists()
            names = {
                document.id: document.display_name
                for document in documents._filtered_access("read")
            }
            for message in messages:
                message.document_name = names.get(message.res_id, False)

    @api.depends("message_uid")
    def _compute_log_ids(self):
        """Find what the log saw of the message, oldest first."""
        lines = self.env["integration.log"].search(
            [("message_uid", "in", self.mapped("message_uid"))],
            order="occurred_at, id",
            limit=200 * max(len(self), 1),
        )
        by_uid = lines.grouped("message_uid")
        for message in self:
            message.log_ids = by_uid.get(message.message_uid, lines.browse())

    @api.depends("exception_ids.state")
    def _compute_open_exception_count(self):
        """Count the open exceptions of each message."""
        groups = dict(
            self.env["integration.exception"]._read_group(
                [("message_id", "in", self.ids), ("is_open", "=", True)],
                ["message_id"],
                ["__count"],
            )
        )
        for message in self:
            message.open_exception_count = groups.get(message, 0)

    @api.depends("headers")
    def _compute_headers_text(self):
        """Lay the headers out for reading."""
        for message in self:
            message.headers_text = (
                json.dumps(message.headers, indent=2, ensure_ascii=False)
                if message.headers
                else False
            )
