"""Secrets: encrypted at rest, revealed to the engine alone."""

from odoo import api, fields, models
from odoo.fields import NO_ACCESS


class IntegrationCredential(models.Model):
    """One secret of an endpoint (to sign in) or of a flow (to verify webhooks)."""

    _name = "integration.credential"
    _description = "Integration credential"
    _inherit = ["mail.thread"]
    _order = "state, id desc"

    name = fields.Char(compute="_compute_name", store=True)
    endpoint_id = fields.Many2one("integration.endpoint", index="btree_not_null", ondelete="cascade")
    flow_id = fields.Many2one("integration.flow", index="btree_not_null", ondelete="cascade")
    company_id = fields.Many2one("res.company", compute="_compute_company_id", store=True)
    kind = fields.Selection(
        [
            ("bearer", "Bearer token"),
            ("basic", "User and password"),
            ("api_key", "API key"),
            ("webhook_secret", "Webhook secret"),
        ],
        required=True,
        default="bearer",
    )
    login = fields.Char(help="User name, for sign-in with user and password.")
    secret_encrypted = fields.Char(copy=False, groups=NO_ACCESS)
    fingerprint = fields.Char(readonly=True, copy=False, help="Last four characters.")
    state = fields.Selection(
        [("active", "Active"), ("retired", "Retired")],
        default="active",
        required=True,
        tracking=True,
        copy=False,
    )
    expires_at = fields.Datetime(tracking=True)
    last_used_at = fields.Datetime(readonly=True, copy=False)

    _one_owner = models.Constraint(
        "CHECK((endpoint_id IS NULL) <> (flow_id IS NULL))",
        "A credential belongs either to an endpoint or to a flow.",
    )

    @api.depends("endpoint_id.name", "flow_id.name", "kind", "fingerprint")
    def _compute_name(self):
        """Name the owner and the kind, with the last characters of the secret."""
        labels = dict(self._fields["kind"]._description_selection(self.env))
        for credential in self:
            owner = credential.endpoint_id.name or credential.flow_id.name or ""
            tail = f" …{credential.fingerprint}" if credential.fingerprint else ""
            credential.name = f"{owner}: {labels.get(credential.kind, '')}{tail}"

    @api.depends("endpoint_id.company_id", "flow_id.company_id")
    def _compute_company_id(self):
        """The company of the owner."""
        for credential in self:
            owner = credential.endpoint_id or credential.flow_id
            credential.company_id = owner.company_id
