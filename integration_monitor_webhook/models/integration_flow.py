"""The webhook side of a flow: address, secrets, limits, and what arrived last."""

from typing import NamedTuple

from odoo import api, fields, models, tools
from odoo.exceptions import UserError, ValidationError
from odoo.tools import SQL

from odoo.addons.integration_monitor.models.integration_flow import CODE_PATTERN

from ..tools.adapters import ADAPTERS

MAX_BODY_KB = 64 * 1024


class WebhookProfile(NamedTuple):
    """What the route must know of a flow, read once and remembered until it changes.

    ``credentials`` holds (id, encrypted secret, end of validity or None), newest first.
    """

    flow_id: int
    system_id: int
    company_id: int | None
    user_id: int | None
    active: bool
    adapter: str
    max_bytes: int
    rate_per_minute: int
    credentials: tuple


class IntegrationFlow(models.Model):
    """Adds to inbound flows what partners deliver to."""

    _inherit = "integration.flow"

    webhook_adapter = fields.Selection(
        "_selection_webhook_adapter",
        string="Signature",
        required=True,
        default="standard",
        help="How the partner signs what it delivers.",
    )
    webhook_max_kb = fields.Integer(
        string="Largest Delivery (KB)",
        required=True,
        default=1024,
        help="Larger bodies are refused with 413, before and after unpacking.",
    )
    webhook_rate_limit = fields.Integer(
        string="Deliveries per Minute",
        required=True,
        default=6000,
        help="From one address, in each worker process; more is refused with 429. 0: no limit.",
    )
    webhook_url = fields.Char(string="Webhook Address", compute="_compute_webhook_url")
    webhook_secret_ids = fields.One2many(
        "integration.credential",
        "flow_id",
        string="Webhook Secrets",
        domain=[("kind", "=", "webhook_secret")],
    )
    webhook_secret_count = fields.Integer(
        string="Active Secrets", compute="_compute_webhook_secret_count"
    )

    @api.model
    def _selection_webhook_adapter(self):
        """Every registered signature adapter."""
        return [(code, adapter.label) for code, adapter in sorted(ADAPTERS.items())]

    @api.constrains("webhook_max_kb", "webhook_rate_limit")
    def _check_webhook_limits(self):
        """Limits must be usable."""
        for flow in self:
            if not 1 <= flow.webhook_max_kb <= MAX_BODY_KB:
                raise ValidationError(
                    self.env._(
                        "The largest delivery of a flow is between 1 and %(limit)s KB.",
                        limit=MAX_BODY_KB,
                    )
                )
            if flow.webhook_rate_limit < 0:
                raise ValidationError(
                    self.env._("Deliveries per minute: enter 0 for no limit, or a positive number.")
                )

    @api.depends("webhook_path")
    def _compute_webhook_url(self):
        """The full address, below the address that this database is known by."""
        base = self.get_base_url().rstrip("/")
        for flow in self:
            flow.webhook_url = base + flow.webhook_path if flow.webhook_path else False

    @api.depends("webhook_secret_ids.state")
    def _compute_webhook_secret_count(self):
        """How many secrets are valid now; two while a partner changes over."""
        groups = self.env["integration.credential"]._read_group(
            [
                ("flow_id", "in", self.ids),
                ("kind", "=", "webhook_secret"),
                ("state", "=", "active"),
            ],
            ["flow_id"],
            ["__count"],
        )
        counts = {flow.id: count for flow, count in groups}
        for flow in self:
            flow.webhook_secret_count = counts.get(flow.id, 0)

    # What the route reads

    @api.model
    def _webhook_profile(self, code):
        """The ``WebhookProfile`` of an inbound flow, archived ones too, or None."""
        profile = self._webhook_profiles().get(code)
        # What cannot be a code is not asked for: PostgreSQL refuses some of it.
        possible = profile is None and CODE_PATTERN.fullmatch(code)
        if possible and self._is_inbound_code(code):
            # Made by a process that did not tell the others (a script): nobody must read 404,
            # because partners stop delivering to an address that is not there.
            self.env.registry.clear_cache()
            profile = self._webhook_profiles().get(code)
        return profile

    @api.model
    def _is_inbound_code(self, code):
        """Whether the database, not the cache, knows an inbound flow of this code."""
        query = SQL(
            "SELECT 1 FROM integration_flow WHERE code = %s AND direction = 'inbound'", code
        )
        return bool(self.env.execute_query(query))

    @api.model
    @tools.ormcache()
    def _webhook_profiles(self):
        """All profiles by code. One entry, so that guessed codes cannot push others out.

        The engine forgets it whenever a flow changes, this addon when a secret or a system does.
        """
        self.env["integration.flow"].flush_model()
        self.env["integration.credential"].flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT flow.code, flow.id, flow.system_id, flow.company_id, flow.service_user_id,
                       flow.active AND system.active, flow.webhook_adapter, flow.webhook_max_kb,
                       flow.webhook_rate_limit,
                       (SELECT array_agg(ARRAY[c.id::text, c.secret_encrypted,
                                               extract(epoch FROM c.expires_at)::text]
                                         ORDER BY c.id DESC)
                          FROM integration_credential AS c
                         WHERE c.flow_id = flow.id AND c.kind = 'webhook_secret'
                           AND c.state = 'active' AND c.secret_encrypted IS NOT NULL)
                  FROM integration_flow AS flow
                  JOIN integration_system AS system ON system.id = flow.system_id
                 WHERE flow.direction = 'inbound'
                """
            )
        )
        profiles = {}
        for code, flow_id, system, company, user, active, adapter, kb, rate, secrets in rows:
            credentials = tuple(
                (int(key), token, float(end) if end else None) for key, token, end in secrets or ()
            )
            profiles[code] = WebhookProfile(
                flow_id, system, company, user, active, adapter, kb * 1024, rate, credentials
            )
        return profiles

    # Secrets

    def action_new_webhook_secret(self):
        """Make a further secret and show it once; the former ones stay valid until retired."""
        self.ensure_one()
        return self._hand_over_secret()._open()

    def _hand_over_secret(self):
        """Make a secret for each flow; returns the dialogs' records that show them once."""
        vals_list = []
        for flow in self:
            if flow.direction != "inbound":
                raise UserError(
                    self.env._(
                        "Only inbound flows are delivered to; %(flow)s is outbound.", flow=flow.name
                    )
                )
            credential, _secret = self.env["integration.credential"]._issue_webhook_secret(flow)
            vals_list.append({"flow_id": flow.id, "credential_id": credential.id})
        return self.env["integration.webhook.handover"].create(vals_list)
