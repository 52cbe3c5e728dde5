"""One message of a replay: what would happen to it, and what did."""

from odoo import api, fields, models
from odoo.exceptions import UserError

DOCUMENT_STATES = [
    ("none", "No document yet"),
    ("draft", "Draft"),
    ("open", "Open"),
    ("confirmed", "Confirmed, as the message says"),
    ("changed", "Differs from the message"),
    ("older", "Knows a newer version"),
    ("waiting", "Not reserved"),
    ("ready", "Ready"),
    ("released", "Released"),
    ("applied", "Has this already"),
    ("booked", "Booked"),
    ("locked", "Locked"),
    ("shipped", "Shipped"),
    ("invoiced", "Invoiced"),
    ("cancelled", "Cancelled"),
    ("archived", "Archived"),
    ("deleted", "Deleted"),
    ("unreadable", "Cannot be judged"),
    ("busy", "Message in work"),
    ("running", "Being replayed"),
    ("replaced", "Message replaced"),
    ("later", "Later message done"),
    ("given_up", "Message cancelled"),
    ("by_hand", "Done by hand"),
    ("content", "Content hidden or removed"),
    ("inactive", "Flow cannot run"),
    ("gone", "Message removed"),
]


class IntegrationReplayLine(models.Model):
    """Written by the engine alone; kept with its replay."""

    _name = "integration.replay.line"
    _description = "Message of an integration replay"
    _order = "replay_id desc, id"
    _rec_name = "message_uid"

    replay_id = fields.Many2one(
        "integration.replay", required=True, readonly=True, index=True, ondelete="restrict"
    )
    company_id = fields.Many2one("res.company", readonly=True, index=True)
    # Messages are removed after their retention; the line stays.
    message_id = fields.Many2one(
        "integration.message", readonly=True, index="btree_not_null", ondelete="set null"
    )
    message_uid = fields.Char(string="Message ID", readonly=True, required=True)
    flow_id = fields.Many2one("integration.flow", readonly=True, ondelete="restrict", index=True)
    res_model = fields.Char(string="Document Model", readonly=True)
    res_id = fields.Many2oneReference(string="Document ID", model_field="res_model", readonly=True)
    document_name = fields.Char(compute="_compute_document_name", string="Document")
    document_state = fields.Selection(DOCUMENT_STATES, string="Present State", readonly=True)
    verdict = fields.Selection(
        [("replay", "Replay"), ("skip", "Skip"), ("refuse", "Refuse")], readonly=True
    )
    reason = fields.Char(readonly=True)
    overridable = fields.Boolean(readonly=True)
    overridden = fields.Boolean(readonly=True)
    overridden_state = fields.Selection(
        DOCUMENT_STATES,
        readonly=True,
        help="The state that somebody agreed to; in another one the message is refused again.",
    )
    state = fields.Selection(
        [
            ("planned", "Planned"),
            ("left_out", "Left out"),
            ("sent", "Handed over"),
            ("cancelled", "Cancelled"),
        ],
        required=True,
        readonly=True,
    )
    result_id = fields.Many2one(
        "integration.message",
        string="New Message",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
    )
    result_state = fields.Selection(related="result_id.state", string="Outcome")
    sent_at = fields.Datetime(readonly=True)

    _message_uniq = models.Constraint(
        "UNIQUE (replay_id, message_uid)", "A replay takes each message once."
    )
    _planned_idx = models.Index("(replay_id, id) WHERE state = 'planned'")

    @api.depends("res_model", "res_id")
    def _compute_document_name(self):
        """Name the documents, for those who may read them: one query per kind of document."""
        self.document_name = False
        for model, lines in self.filtered("res_id").grouped("res_model").items():
            if model not in self.env:
                continue
            documents = self.env[model].browse(set(lines.mapped("res_id"))).exists()
            names = {d.id: d.display_name for d in documents._filtered_access("read")}
            for line in lines:
                line.document_name = names.get(line.res_id, False)

    def _judge(self, verdicts, gone):
        """Note the verdicts.

        :param dict verdicts: message id → ``Verdict``
        :param gone: ``Verdict`` on a message that was removed meanwhile
        """
        states = dict(self._fields["overridden_state"]._description_selection(self.env))
        for line in self:
            verdict = verdicts.get(line.message_id.id, gone)
            agreed = line.overridden and verdict.state == line.overridden_state
            goes = verdict.action == "replay" or (agreed and verdict.overridable)
            reason = verdict.reason
            if line.overridden and verdict.action == "refuse" and not agreed:
                reason = self.env._(
                    "Overridden while it was “%(state)s”; that has changed. %(reason)s",
                    state=states.get(line.overridden_state, "…"),
                    reason=reason,
                )
            values = {
                "verdict": verdict.action,
                "document_state": verdict.state,
                "reason": reason,
                "overridable": verdict.overridable,
                "state": "planned" if goes else "left_out",
            }
            changed = {name: value for name, value in values.items() if line[name] != value}
            if changed:
                line.write(changed)

    def action_open_message(self):
        """Open the message."""
        self.ensure_one()
        return self._open(self.message_id)

    def action_open_result(self):
        """Open what the replay made of the message."""
        self.ensure_one()
        return self._open(self.result_id)

    def _open(self, message):
        if not message:
            raise UserError(self.env._("There is no message to open."))
        return {
            "type": "ir.actions.act_window",
            "res_model": message._name,
            "res_id": message.id,
            "views": [(False, "form")],
        }

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        """Refuse: the lines tell what was replayed."""
        raise UserError(self.env._("The lines of a replay are kept."))
