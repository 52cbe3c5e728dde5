"""The demonstration that newcomers start."""

from __future__ import annotations

import os
import re
import socket
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest

from provision import config, databases, paths, stamps, venv
from testing.waiting import free_port


@pytest.fixture
def own_database() -> Iterator[str]:
    """Yield the name of a database that a refused demonstration must not make."""
    name = f"im_test_{paths.clone_id()}_refused_{os.getpid()}"
    yield name
    databases.drop(name)
    (paths.WORK / f".demo-{name}.lock").unlink(missing_ok=True)


def refused(database: str, port: int) -> str:
    """Start a demonstration that has to end at once, untouched; return what it says."""
    command = [str(venv.python()), str(paths.SETUP / "demo" / "__main__.py"), "--once"]
    command += ["--database", database, "--port", str(port)]
    done = subprocess.run(
        command,
        env=config.environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1, done
    assert not databases.exists(database)
    lines = (done.stdout + done.stderr).strip().splitlines()
    assert len(lines) == 1, lines
    return lines[0]


def test_a_used_port_is_told_in_one_line(own_database: str) -> None:
    """Somebody else listens there: a traceback, or a system that belongs to somebody else."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        line = refused(own_database, port)
    assert line == f"demo: Port {port} is in use; choose another with --port."


def test_a_second_demonstration_is_refused(own_database: str) -> None:
    """Both would write to one database and to the same ledgers."""
    with stamps.only_one(f"demo-{own_database}", "held by the test itself"):
        line = refused(own_database, free_port())
    assert "runs already" in line and "--database" in line


#: Process -> the step that the demonstration leaves open, and on whom it waits.
LEFT_OPEN = {"returns": ("refunded", "team"), "dropship": ("shipped", "partner")}
WAITING = """
    SELECT process.code, transaction.name, transaction.res_id, step.code, transaction.waits_on_kind
      FROM integration_transaction transaction
      JOIN integration_process process ON process.id = transaction.process_id
      JOIN integration_process_step step ON step.id = transaction.waits_for_step_id
     WHERE transaction.state = 'in_progress' AND process.code IN ('returns', 'dropship')"""


def test_return_and_dropship_are_there_to_look_at(demonstration: Any) -> None:
    """Two kinds of business that warehouses live with, and a newcomer finds no trace of them."""
    code, output = demonstration.result()
    assert code == 0, output[-3000:]
    look = output.partition("What to look at")[2].splitlines()
    with databases.cursor(demonstration.database) as cr:
        cr.execute(WAITING)
        found = {row[0]: row[1:] for row in cr.fetchall()}
        assert {process: row[2:] for process, row in found.items()} == LEFT_OPEN
        for name, *_rest in found.values():
            assert len([line for line in look if name in line]) == 1, look
        cr.execute(
            "SELECT transfer.state, refund.state, refund.payment_state "
            "FROM stock_picking transfer, account_move refund "
            "WHERE transfer.id = %s AND refund.move_type = 'out_refund'",
            [found["returns"][1]],
        )
        assert cr.fetchall() == [("done", "posted", "not_paid")]
        cr.execute(
            "SELECT purchase.state, transfer.state FROM purchase_order purchase "
            "JOIN purchase_order_line line ON line.order_id = purchase.id "
            "JOIN stock_move move ON move.purchase_line_id = line.id "
            "JOIN stock_picking transfer ON transfer.id = move.picking_id "
            "JOIN stock_location target ON target.id = transfer.location_dest_id "
            "WHERE purchase.id = %s AND target.usage = 'customer'",
            [found["dropship"][1]],
        )
        assert cr.fetchall() == [("purchase", "assigned")]
        # The order of the dropship waits for the vendor, too, and not for a shelf.
        cr.execute(
            "SELECT DISTINCT owner.waits_on_kind FROM integration_transaction owner "
            "JOIN sale_order_line sold ON sold.order_id = owner.res_id "
            "JOIN purchase_order_line bought ON bought.sale_line_id = sold.id "
            "WHERE owner.res_model = 'sale.order' AND bought.order_id = %s",
            [found["dropship"][1]],
        )
        assert cr.fetchall() == [("partner",)]


def test_demonstration_plays_to_its_end(demonstration: Any) -> None:
    """The first thing that a newcomer runs ends with an error, or shows nothing to look at."""
    code, output = demonstration.result()
    assert code == 0, output[-3000:]
    assert "not in time" not in output, output[-3000:]
    assert f"http://127.0.0.1:{demonstration.port}" in output
    assert re.search(r"press Retry on “(?!the carrier)[^”]+”", output), "no exception to look at"
    steps = re.findall(r"^· (.+)$", output, re.MULTILINE)
    assert len(steps) >= 9, steps
    with databases.cursor(demonstration.database) as cr:
        cr.execute(
            "SELECT DISTINCT timeliness FROM integration_transaction WHERE state = 'in_progress'"
        )
        assert {"missed", "warning"} <= {row[0] for row in cr.fetchall()}
        cr.execute(
            "SELECT kind, status_code FROM integration_log "
            "WHERE host = 'localhost' OR operation = 'product.product.search_read'"
        )
        assert {("http_out", 202), ("rpc_in", 200)} <= set(cr.fetchall())
