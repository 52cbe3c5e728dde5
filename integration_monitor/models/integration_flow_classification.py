"""What a flow declares of itself, and what follows from it."""

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import SQL

from ..tools.classification import defaults_of
from .integration_system import CRITICALITIES


class IntegrationFlow(models.Model):
    """Promises of a flow; retry policy, priority and fallback follow from its criticality.

    A value that differs from the default of the criticality it was chosen under is set by hand, and
    stays when the criticality changes.
    """

    _inherit = "integration.flow"

    criticality = fields.Selection(
        compute="_compute_criticality",
        store=True,
        readonly=False,
        precompute=True,
        help="Retry policy, priority and fallback follow from it, unless somebody sets them by "
        "hand. A new flow takes its system's.",
    )
    classified_as = fields.Selection(
        CRITICALITIES, help="The criticality whose defaults the flow was given last."
    )
    latency_tolerance = fields.Integer(
        string="Late After (minutes)",
        help="Minutes within which 95 of 100 messages are done, counted from when it happened, or "
        "came.",
    )
    recovery_time = fields.Integer(
        string="Recovers Within (minutes)",
        default=60,
        required=True,
        help="After a failure, messages flow again within so many minutes. A message that has "
        "failed for longer counts as lost.",
    )
    tolerated_loss = fields.Float(
        default=0.0,
        digits=(16, 2),
        help="So many messages may be lost in a period of 7 or 30 days: given up by people, or "
        "failed for longer than the recovery time. 0: none.",
    )
    tolerated_loss_unit = fields.Selection(
        [("messages", "messages"), ("percent", "% of the messages")],
        default="messages",
        required=True,
    )
    classification_text = fields.Char(
        string="Follows from It", compute="_compute_classification_text"
    )
    hand_set_text = fields.Char(string="Set by Hand", compute="_compute_classification_text")
    service_ids = fields.One2many("integration.flow.service", "flow_id")
    outage_ids = fields.One2many("integration.flow.outage", "flow_id")

    _recovery_time_range = models.Constraint(
        "CHECK (recovery_time >= 0)", "The minutes until a flow has recovered are zero or more."
    )

    def init(self):
        """Flows that were there before keep what they have."""
        self.env.cr.execute(
            SQL(
                "UPDATE integration_flow SET classified_as = criticality"
                " WHERE classified_as IS NULL"
            )
        )
        return super().init()

    @api.constrains("tolerated_loss", "tolerated_loss_unit")
    def _check_tolerated_loss(self):
        """Refuse a share that cannot be, and half messages."""
        for flow in self:
            loss, percent = flow.tolerated_loss, flow.tolerated_loss_unit == "percent"
            if loss < 0 or (percent and loss > 100) or (not percent and loss != int(loss)):
                raise ValidationError(
                    self.env._(
                        "The tolerated loss is a whole number of messages, 0 or more, or a share "
                        "between 0 and 100 %."
                    )
                )

    @api.depends("system_id")
    def _compute_criticality(self):
        """A new flow is as critical as its system; what was chosen stays."""
        for flow in self:
            flow.criticality = flow.criticality or flow.system_id.criticality

    def _classification_defaults(self, criticality):
        """:return: dict of field name to the value that follows from a criticality"""
        defaults = defaults_of(criticality)
        values = {"priority": defaults.priority}
        policy = self.env.ref(
            f"integration_monitor.retry_policy_{defaults.retry_policy}", raise_if_not_found=False
        )
        if policy and policy.active:
            values["retry_policy_id"] = policy
        # A partner who is out sends nothing, and nothing has to be done in his place.
        values["fallback"] = defaults.fallback if self.direction == "outbound" else "hold"
        return values

    @api.model_create_multi
    def create(self, vals_list):
        """Give what the caller leaves open as the criticality says."""
        flows = super().create(vals_list)
        for flow, vals in zip(flows, vals_list, strict=True):
            if flow.classified_as != flow.criticality:
                flow._follow_classification(given=vals)
        return flows

    def write(self, vals):
        """Follow a change of the criticality; a form has done so before it saves."""
        result = super().write(vals)
        if "criticality" in vals and "classified_as" not in vals:
            for flow in self:
                flow._follow_classification(given=vals)
        return result

    @api.onchange("criticality")
    def _onchange_criticality(self):
        """Propose what follows from the criticality."""
        if self.criticality:
            self._follow_classification()

    def _follow_classification(self, given=()):
        """Take over the defaults of the criticality where nobody set something else.

        :param given: names of fields that were set together with the criticality: they stay
        """
        before = self._classification_defaults(self.classified_as or "normal")
        after = self._classification_defaults(self.criticality)
        values = {
            name: value
            for name, value in after.items()
            if name not in given and self[name] == before.get(name) and self[name] != value
        }
        self.update({**values, "classified_as": self.criticality})

    def action_use_classification(self):
        """Give up what was set by hand."""
        self.check_access("write")
        for flow in self:
            flow.update(
                {
                    **self._classification_defaults(flow.criticality),
                    "classified_as": flow.criticality,
                }
            )

    @api.depends("criticality", "priority", "retry_policy_id", "fallback", "direction")
    def _compute_classification_text(self):
        """Say which values follow from the criticality, and which somebody set by hand."""
        for flow in self:
            follows, by_hand = [], []
            defaults = self._classification_defaults(flow.criticality) if flow.criticality else {}
            for name, value in defaults.items():
                field = self._fields[name]
                label = field._description_string(self.env)
                if flow[name] == value:
                    follows.append(f"{label}: {field.convert_to_export(flow[name], flow)}")
                else:
                    by_hand.append(
                        self.env._(
                            "%(label)s: %(chosen)s (the classification says %(default)s)",
                            label=label,
                            chosen=field.convert_to_export(flow[name], flow),
                            default=field.convert_to_export(value, flow),
                        )
                    )
            flow.classification_text = "; ".join(follows)
            flow.hand_set_text = "; ".join(by_hand)
