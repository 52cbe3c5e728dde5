"""An environment on a cursor of our own, without waiting for anybody."""

from odoo import SUPERUSER_ID, api
from odoo.orm.environments import Transaction


def environment_on(cr, registry):
    """The superuser's environment on ``cr``, for the engine's own work.

    ``api.Environment`` alone asks for the registry under a lock that is held while a registry is
    loaded: the log must not wait for that.

    :param registry: the loaded registry of the cursor's database
    """
    if cr.transaction is None:
        cr.transaction = Transaction(registry)
    return api.Environment(cr, SUPERUSER_ID, {})
