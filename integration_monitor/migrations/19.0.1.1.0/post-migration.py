"""The complete order-to-cash comes as the next version of the process."""

from odoo import SUPERUSER_ID, api
from odoo.tools import convert_file

MODULE = "integration_monitor"


def migrate(cr, _version):
    """Bring the complete process; new orders follow it where they followed the former one.

    Where an administrator has put a version of his own in use, or none at all, that stays, and the
    complete process waits as a draft. Transactions that are under way keep their version.
    """
    env = api.Environment(cr, SUPERUSER_ID, {})
    processes = env["integration.process"]
    followed = processes.browse(processes._for_root("sale.order", False))
    convert_file(
        env, MODULE, "data/integration_process_order_to_cash.xml", {}, mode="init", noupdate=True
    )
    complete = env.ref(f"{MODULE}.process_order_to_cash")
    former = env.ref(f"{MODULE}.process_order_to_cash_1", raise_if_not_found=False)
    if former and followed == former:
        complete._put_in_use()
    else:
        complete._switch("draft")
