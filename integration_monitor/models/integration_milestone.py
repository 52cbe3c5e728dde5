"""Milestones: what happened to a business transaction, and what is still to come."""

from odoo import fields, models

from .integration_loose_reference_mixin import GuardedMany2one, OwnedMany2one


class IntegrationMilestone(models.Model):
    """One step of one transaction. Written raw by the recorder, never by hand."""

    _name = "integration.milestone"
    _description = "Transaction Milestone"
    _order = "transaction_id, sequence, id"
    _log_access = False
    _rec_name = "step_id"

    transaction_id = OwnedMany2one(
        "integration.transaction", required=True, readonly=True, ondelete="cascade"
    )
    # A step that is in use is never deleted.
    step_id = GuardedMany2one(
        "integration.process.step",
        required=True,
        readonly=True,
        ondelete="restrict",
    )
    sequence = fields.Integer(readonly=True)
    step_code = fields.Char(related="step_id.code")
    state = fields.Selection(
        [
            ("pending", "Pending"),
            ("partial", "Partly done"),
            ("reached", "Done"),
            ("skipped", "Not needed"),
            ("failed", "Failed"),
        ],
        default="pending",
        required=True,
        readonly=True,
    )
    planned_at = fields.Datetime(string="Planned", readonly=True)
    reached_at = fields.Datetime(string="Done At", readonly=True)
    expected_count = fields.Integer(
        string="Expected", readonly=True, help="Documents that must get here."
    )
    reached_count = fields.Integer(string="Reached", readonly=True, help="Documents that got here.")
    res_model = fields.Char(readonly=True)
    res_id = fields.Many2oneReference(model_field="res_model", readonly=True)
    message_id = fields.Many2one(
        "integration.message",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
        groups="integration_monitor.group_viewer",
    )
    source = fields.Selection(
        [
            ("document", "Document"),
            ("message", "Message"),
            ("external", "Partner"),
            ("manual", "By hand"),
        ],  # fmt: skip
        readonly=True,
    )
    evidence = fields.Json(
        readonly=True,
        help="Who reported it: the moment by document, so that a repeated report counts once.",
    )
    history = fields.Json(
        readonly=True,
        help="Earlier states: a list of {at, from, to, reached_at}, oldest first.",
    )

    # No further index: each is written with each step of each order, and one on what changes makes
    # PostgreSQL write all of them.
    _step_uniq = models.Constraint(
        "UNIQUE(transaction_id, step_id)", "A transaction goes through each step once."
    )

    def _timeline_entry(self, now, open_ids):
        """Return one milestone in the reader's words, its moments in UTC.

        :param datetime now: UTC, to tell what is late
        :param set open_ids: ids of the steps that somebody must reach next, one of each branch
        """
        self.ensure_one()
        owner, step = self.transaction_id, self.step_id
        labels = dict(self._fields["state"]._description_selection(self.env))
        awaited = owner.state == "in_progress" and owner.waits_for_step_id == step
        beside = owner.state == "in_progress" and not awaited and step.id in open_ids
        measured = self.reached_at or now
        unexpected = step.optional and self.state == "pending" and not self.expected_count
        # The plan was made when the order came; of what is open the first deadline is known.
        opened, planned = awaited or beside, self.planned_at
        first = opened and step == (owner.due_step_id or owner.waits_for_step_id)
        if first or (opened and not owner.due_at):
            planned = owner.due_at
        elif opened and planned:
            planned = max(planned, owner.due_at)
        # The first one is as late as the badge says.
        late = first and owner.timeliness == "missed"
        if planned and not first and not unexpected and owner.state != "cancelled":
            late = self.state != "skipped" and measured > planned
        return {
            "id": self.id,
            "code": step.code,
            "name": step.name,
            "icon": step.icon or "fa-circle-o",
            "state": self.state,
            "label": self._timeline_label(awaited or beside, unexpected, labels),
            "awaited": awaited,
            "beside": beside,
            "late": late,
            "planned": "" if unexpected else fields.Datetime.to_string(planned) or "",
            "reached": fields.Datetime.to_string(self.reached_at) or "",
            "count": self._timeline_count() if self.expected_count > 1 else "",
            # Nobody waits for it, and nothing of it was started.
            "idle": unexpected or (step.optional and self.state == "skipped"),
            "undone": len(self.history or ()),
        }

    def _timeline_count(self):
        """Return how many of its documents got here: '2 of 3 parcels'."""
        numbers = {"reached": self.reached_count, "expected": self.expected_count}
        event = self.step_id.event_code or ""
        if (self.step_id.message_type or "").startswith("carrier."):
            return self.env._("%(reached)s of %(expected)s parcels", **numbers)
        if event in ("return.credited", "return.refunded"):
            return self.env._("%(reached)s of %(expected)s credit notes", **numbers)
        if event.startswith(("picking.", "return.")):
            return self.env._("%(reached)s of %(expected)s transfers", **numbers)
        if event.startswith("invoice."):
            return self.env._("%(reached)s of %(expected)s invoices", **numbers)
        return self.env._("%(reached)s of %(expected)s", **numbers)

    def _timeline_label(self, awaited, unexpected, labels):
        """Return the word under a milestone that was not reached."""
        if awaited:
            return self.env._("Waiting")
        return self.env._("If needed") if unexpected else labels[self.state]
