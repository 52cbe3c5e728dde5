"""Installing on a company's data, upgrading, uninstalling without a trace, installing again."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from lifecycle_scripts import (
    BUSINESS,
    DROPSHIPS,
    OLD_DATA,
    PURCHASES,
    STATE,
    TRAFFIC,
    UNINSTALL,
    WORKED_ON,
)
from shell import OdooShell

from provision import addons, databases, templates


@pytest.fixture(scope="module")
def shell(new_database: Callable[[str], str], log_folder: Path) -> OdooShell:
    """Return the command line of a database with business in it, and without the suite."""
    shell = OdooShell(new_database(templates.base_template()), log_folder / "odoo.log")
    shell.old = shell.run(OLD_DATA)  # type: ignore[attr-defined]
    return shell


def query(shell: OdooShell, statement: str, *values: Any) -> list[tuple[Any, ...]]:
    """Return the rows of a statement."""
    with databases.cursor(shell.database) as cr:
        cr.execute(statement, values)
        return list(cr.fetchall())


def complaints(output: str) -> list[str]:
    """Return the warnings and errors of Odoo's output."""
    return [line for line in output.splitlines() if re.search(r" (WARNING|ERROR|CRITICAL) ", line)]


def test_install_on_data(shell: OdooShell) -> None:
    """Installing changes a company's orders, takes for ever, or leaves old orders without end."""
    before = query(shell, STATE)
    output = shell.command("-i", ",".join(addons.installable_names()))
    assert complaints(output) == []
    assert query(shell, STATE) == before
    old = shell.old  # type: ignore[attr-defined]
    finished = shell.run(
        BUSINESS
        + f"""
waiting = env["sale.order"].browse({old["waiting"]})
invoices = finish(waiting)
env.cr.commit()
transaction = waiting.integration_transaction_ids
result = [invoices.mapped("payment_state"), transaction.state, len(transaction)]
"""
    )
    assert finished[0] in (["paid"], ["in_payment"])
    # An order from before the installation is followed from its next movement on.
    assert finished[2] == 1


def test_purchases_from_before(shell: OdooShell) -> None:
    """Purchases from before the installation have no transaction, and get none."""
    old = shell.old  # type: ignore[attr-defined]
    adopted = shell.run(
        BUSINESS
        + PURCHASES
        + f"""
adoption = env["integration.adoption"].search([("root_model", "=", "purchase.order")])
before = [adoption.state, adoption.total_count]
adoption.with_context(queue_job__no_delay=True)._run()
bought = env["purchase.order"].browse({old["bought"]})
steps = [bought.integration_transaction_ids.waits_for_step_id.code]
finish_purchase(bought)
env.cr.commit()
bought.invalidate_recordset()
steps.append(bought.integration_transaction_ids.waits_for_step_id.code)
dropped = env["purchase.order"].browse({old["dropped"]}).integration_transaction_ids
result = [before, adoption.state, adoption.done_count, steps, dropped.process_id.code]
"""
    )
    assert adopted == [["running", 3], "done", 3, ["received", "paid"], "dropship"]


def test_upgrade_with_traffic(shell: OdooShell, log_folder: Path) -> None:
    """An upgrade loses messages, settings or figures, or complains."""
    from world import PAYLOADS

    from provision import paths

    settled = shell.run(
        TRAFFIC.format(
            setup=str(paths.SETUP),
            output=str(log_folder / "seed.json"),
            sample=str(PAYLOADS / "shopify" / "order_created.json"),
        )
    )
    assert settled == ["done", "", "sale.order"]
    kept = """SELECT 'messages', count(*) FROM integration_message
        UNION ALL SELECT 'flows', count(*) FROM integration_flow
        UNION ALL SELECT 'milestones', count(*) FROM integration_milestone
        UNION ALL SELECT 'log', count(*) FROM integration_log
        UNION ALL SELECT 'steps', count(*) FROM integration_process_step
        UNION ALL SELECT 'policies', count(*) FROM integration_retry_policy"""
    before, documents = query(shell, kept), query(shell, STATE)
    assert all(count for _what, count in before)
    assert complaints(shell.command("-u", ",".join(addons.installable_names()))) == []
    assert query(shell, kept) == before
    assert query(shell, STATE) == documents


def test_conflict_with_a_lane(shell: OdooShell) -> None:
    """A scheduled action that moves an order fails, because a lane settled a message meanwhile."""
    late = shell.run(
        """
transaction = env["integration.transaction"].search(
    [("state", "=", "in_progress"), ("res_model", "=", "sale.order")], limit=1)
order = env["sale.order"].browse(transaction.res_id)
order.read(["commitment_date"])
with env.registry.cursor() as other:
    other.execute("UPDATE integration_transaction SET cause_text = 'changed meanwhile'"
                  " WHERE id = %s", [transaction.id])
order.commitment_date = "2031-05-06 12:00:00"
env.cr.commit()
job = env["queue.job"].search([("method_name", "=", "_catch_up")])
from odoo.addons.queue_job.job import Job
loaded = Job.load(env, job.uuid)
loaded.perform()
loaded.set_done()
loaded.store()
env.cr.commit()
transaction.invalidate_recordset()
result = [len(job), str(order.commitment_date), str(transaction.promised_at)]
"""
    )
    assert late == [1, "2031-05-06 12:00:00", "2031-05-06 12:00:00"]


def test_uninstall_of_the_carriers(shell: OdooShell) -> None:
    """Without the carriers' addon no delivery can be done any more."""
    shell.run(UNINSTALL.format(names=["integration_monitor_suite", "integration_monitor_delivery"]))
    works = shell.run(BUSINESS + "\nresult = finish(order(4)).state\nenv.cr.commit()\n")
    assert works == "posted"
    flows = query(
        shell, "SELECT active, handler FROM integration_flow WHERE code LIKE 'carrier.%%'"
    )
    assert flows and set(flows) == {(False, "integration.handler.noop")}


def test_uninstall_of_the_dropships(shell: OdooShell) -> None:
    """Without the addon dropships are followed no longer, or their process stays behind."""
    shell.run(UNINSTALL.format(names=["integration_monitor_suite", "integration_monitor_dropship"]))
    followed = shell.run(
        BUSINESS
        + PURCHASES
        + DROPSHIPS
        + """
made = dropship(2)
finish_purchase(made)
env.cr.commit()
result = [made.invoice_ids.state, made.integration_transaction_ids.process_id.code]
"""
    )
    assert followed == ["posted", "procure_to_pay"]
    left = query(
        shell,
        r"""SELECT 'process', count(*) FROM integration_process WHERE root_kind IS NOT NULL
           UNION ALL SELECT 'event', count(*) FROM integration_event_type
            WHERE code LIKE 'dropship.%%'""",
    )
    assert [row for row in left if row[1]] == []
    # What followed it is adopted once more.
    again = query(
        shell,
        "SELECT state FROM integration_adoption WHERE root_model = 'purchase.order'"
        " ORDER BY id DESC LIMIT 1",
    )
    assert again == [("running",)]


def test_uninstall_of_the_purchases(shell: OdooShell) -> None:
    """Without the addon purchases cannot be worked on, or their transactions stay behind."""
    shell.run(UNINSTALL.format(names=["integration_monitor_suite", "integration_monitor_purchase"]))
    works = shell.run(
        BUSINESS + PURCHASES + "\nresult = finish_purchase(purchase(4)).state\nenv.cr.commit()\n"
    )
    assert works == "posted"
    left = query(
        shell,
        r"""SELECT 'transaction', count(*) FROM integration_transaction
            WHERE res_model = 'purchase.order'
           UNION ALL SELECT 'process', count(*) FROM integration_process
            WHERE root_model = 'purchase.order'
           UNION ALL SELECT 'rule', count(*) FROM integration_business_rule
            WHERE check_code IN ('receipt_without_bill', 'three_way_mismatch')
           UNION ALL SELECT 'adoption', count(*) FROM integration_adoption
            WHERE root_model = 'purchase.order'
           UNION ALL SELECT 'event', count(*) FROM integration_event_type
            WHERE code LIKE 'purchase.%%' OR code LIKE 'receipt.%%' OR code LIKE 'bill.%%'
           UNION ALL SELECT 'milestone', count(*) FROM integration_milestone
            WHERE transaction_id NOT IN (SELECT id FROM integration_transaction)
           UNION ALL SELECT 'column', count(*) FROM information_schema.columns
            WHERE table_name = 'purchase_order' AND column_name LIKE 'integration\_%%'""",
    )
    assert [row for row in left if row[1]] == []


def test_uninstall_leaves_nothing(shell: OdooShell) -> None:
    """After uninstalling, orders cannot be opened, or tables, crons and jobs stay behind."""
    documents = query(shell, STATE)
    uninstall = UNINSTALL.format(names=addons.installable_names()).strip()
    shell.run(WORKED_ON % uninstall.replace("\n", "\n    "))
    left = leftovers(shell)
    assert not left, "\n".join(map(str, left))
    assert query(shell, STATE) == documents
    works = shell.run(BUSINESS + "\nresult = finish(order(4)).state\nenv.cr.commit()\n")
    assert works == "posted"


def leftovers(shell: OdooShell) -> list[tuple[str, str]]:
    """Return (kind, name) of everything of the suite that is still there."""
    return query(
        shell,
        r"""SELECT 'relation ' || relkind::text, relname::text FROM pg_class
             WHERE relname LIKE 'integration\_%%' AND relkind IN ('r', 'v', 'p', 'm', 'S')
            UNION ALL
            SELECT 'column', table_name || '.' || column_name FROM information_schema.columns
             WHERE column_name LIKE 'integration\_%%' AND table_schema = 'public'
               AND column_name != 'integration_level'  -- Odoo's own, of delivery methods
            UNION ALL
            SELECT 'function', proname::text FROM pg_proc WHERE proname LIKE 'integration\_%%'
            UNION ALL
            SELECT 'trigger', tgname::text FROM pg_trigger WHERE tgname LIKE 'integration\_%%'
            UNION ALL SELECT 'model', model FROM ir_model WHERE model LIKE 'integration.%%'
            UNION ALL SELECT 'xmlid', module || '.' || name FROM ir_model_data
             WHERE module LIKE 'integration\_monitor%%'
               -- Orders hold on to the articles of their lines, as to any other.
               AND model NOT IN ('product.product', 'product.template')
            UNION ALL
            SELECT 'cron', cron_name FROM ir_cron WHERE cron_name LIKE 'Integration%%'
            UNION ALL
            SELECT 'job function', method FROM queue_job_function WHERE method = '_drain'
            UNION ALL
            SELECT 'channel', complete_name FROM queue_job_channel
             WHERE complete_name LIKE 'root.integration%%'
            UNION ALL
            SELECT 'job', state FROM queue_job WHERE model_name LIKE 'integration.%%'
            UNION ALL
            SELECT 'parameter', key FROM ir_config_parameter
             WHERE key LIKE 'integration\_monitor%%'
            UNION ALL
            SELECT 'account', login FROM res_users
             WHERE active AND login LIKE '\_\_integration\_\_%%'
            UNION ALL
            SELECT 'filter', model_id FROM ir_filters WHERE model_id LIKE 'integration.%%'
            UNION ALL
            SELECT 'activity type', t.id::text FROM mail_activity_type t
             WHERE t.res_model LIKE 'integration.%%'""",
    )


def test_install_again(shell: OdooShell) -> None:
    """Whoever tried it once cannot install it any more."""
    output = shell.command("-i", ",".join(addons.installable_names()))
    assert complaints(output) == []
    states = query(
        shell,
        "SELECT DISTINCT state FROM ir_module_module WHERE name = ANY(%s)",
        addons.installable_names(),
    )
    assert states == [("installed",)]
