"""Numbers of the settings page, as the engine reads them."""

from odoo import api, models

from ..tools.setting_numbers import PREFIX, RANGES


class IrConfigParameter(models.Model):
    """One way to read the suite's whole numbers, which anybody may have written."""

    _inherit = "ir.config_parameter"

    @api.model
    def _integration_number(self, name):
        """Return a whole number of the settings that can be worked with; see ``RANGES``.

        :param str name: of the system parameter, without the suite's prefix
        """
        # Settings are read on behalf of the engine.
        return RANGES[name].number_of(self.sudo().get_param(PREFIX + name))
