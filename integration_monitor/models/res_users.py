"""Whether a person wants the daily digest."""

from odoo import fields, models


class ResUsers(models.Model):
    """One preference; people set it themselves."""

    _inherit = "res.users"

    integration_digest_wanted = fields.Boolean(
        string="Integration Digest",
        default=True,
        help="Get the daily mail about integrations, if your role gets one.",
    )

    @property
    def SELF_READABLE_FIELDS(self):
        """People see their own choice."""
        return super().SELF_READABLE_FIELDS + ["integration_digest_wanted"]

    @property
    def SELF_WRITEABLE_FIELDS(self):
        """People make their own choice."""
        return super().SELF_WRITEABLE_FIELDS + ["integration_digest_wanted"]
