"""A record is saved while the message that misses it is at work: real transactions that overlap."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from shell import OdooShell

from provision import templates

SCRIPT = r"""
from odoo import api
from odoo.addons.integration_monitor.tools.errors import MappingError

system = env["integration.system"].create(
    {"name": "Late", "code": "late", "environment": "test"})
flow = env["integration.flow"].create({"name": "Late", "code": "late.in", "system_id": system.id,
    "direction": "inbound", "handler": "integration.handler.noop", "message_type": "late",
    "payload_policy": "keep"})
product = env["product.product"].create({"name": "Late", "default_code": "OTHER"})
env.cr.commit()
saver = env.registry.cursor()
saving = api.Environment(saver, 2, {})["product.product"]
tries = []

def correct():
    if KIND == "create":
        saving.create({"name": "Late", "default_code": "LATE"})
    elif KIND == "write":
        saving.browse(product.id).default_code = "LATE"
    elif KIND == "savepoint":
        with saver.savepoint():
            saving.create({"name": "Late", "default_code": "LATE"})
    elif KIND == "map":
        saving.env["integration.mapping"].create({"system_id": system.id, "kind": "product",
            "external_value": "LATE", "res_model": "product.product", "res_id": product.id})
    saving.env.flush_all()

def handle(self, message, payload):
    tries.append(1)
    mapped = self.env["integration.mapping"].sudo()._resolve(message.flow_id, "product", "LATE")
    found = mapped or self.env["product.product"].sudo().search([("default_code", "=", "LATE")])
    if len(tries) == 1:
        if not EARLY:
            correct()
        if WHEN == "at work":
            saver.commit()
    if not found:
        raise MappingError("product.product", "default_code", "LATE", "LATE is not known.")
    return self.env["product.product"]

type(env["integration.handler.noop"])._handle = handle

def drain():
    with env.registry.cursor() as cr:
        lane = flow._as_service()
        lane.with_env(lane.env(cr=cr))._drain()
    env.cr.rollback()
    env.invalidate_all()

def release():
    jobs = env["queue.job"].search(
        [("method_name", "=", "_release"), ("state", "=", "pending")])
    for job in jobs:
        job.records._release()
    count = len(jobs)
    jobs.write({"state": "done"})
    env.cr.commit()
    if count:
        drain()
    return count

def sweep():
    env["integration.message"]._sweep()
    env.cr.commit()

if EARLY:
    correct()
message, _created = flow._receive(b"{}", {}, content_type="application/json")
env.cr.commit()
drain()
died = message.state
jobs = [release()]
sweep()
jobs.append(release())
if WHEN == "later":
    saver.commit()
    sweep()
    jobs.append(release())
sweep()
jobs.append(release())
result = [died, jobs, len(tries), message.state, message.exception_ids.mapped("state")]
saver.close()
"""


def run(new_database: Callable[[str], str], log: Path, **values: object) -> list:
    """:return: state after the first attempt, releases, attempts, state and exceptions then"""
    settings = "".join(f"{name} = {value!r}\n" for name, value in values.items())
    return OdooShell(new_database(templates.suite_template()), log).run(settings + SCRIPT)


@pytest.mark.parametrize("kind", ["create", "map"])
def test_saved_while_at_work(
    new_database: Callable[[str], str], log_folder: Path, kind: str
) -> None:
    """Nobody waits when the product is saved, and the message that misses it stays dead."""
    found = run(new_database, log_folder / "odoo.log", KIND=kind, WHEN="at work", EARLY=False)
    assert found == ["dead", [1, 0, 0], 2, "done", ["resolved"]]


@pytest.mark.parametrize(("kind", "early"), [("write", False), ("savepoint", True)])
def test_committed_after_the_message_died(
    new_database: Callable[[str], str], log_folder: Path, kind: str, early: bool
) -> None:
    """An import saves the product and commits a minute later; the message stays dead."""
    found = run(new_database, log_folder / "odoo.log", KIND=kind, WHEN="later", EARLY=early)
    assert found == ["dead", [0, 0, 1, 0], 2, "done", ["resolved"]]


def test_nothing_was_saved(new_database: Callable[[str], str], log_folder: Path) -> None:
    """What nobody corrected is tried again and again."""
    found = run(new_database, log_folder / "odoo.log", KIND="nothing", WHEN="at work", EARLY=False)
    assert found == ["dead", [0, 0, 0], 1, "dead", ["open"]]


def test_saved_and_still_wrong(new_database: Callable[[str], str], log_folder: Path) -> None:
    """A correction that does not help has the message tried for ever while others are at work."""
    busy = 'busy = env.registry.cursor()\nbusy.execute("SELECT pg_current_xact_id()")\n'
    script = busy + SCRIPT.replace("if not found:", "if True:")
    shell = OdooShell(new_database(templates.suite_template()), log_folder / "odoo.log")
    found = shell.run("KIND, WHEN, EARLY = 'write', 'at work', False\n" + script)
    assert found == ["dead", [1, 0, 0], 2, "dead", ["open"]]
