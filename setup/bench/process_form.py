"""The screen of one transaction as a whole: what the web client reads when somebody opens it."""

from __future__ import annotations

from typing import Any

from lxml import etree

from .database import environment, partners

MESSAGES, EXCEPTIONS, DOCUMENTS = 30, 3, 8
FAULT = "The partner answered HTTP 503."
_LINKS = """
INSERT INTO integration_transaction_document (
    transaction_id, res_model, res_id, document_name, role)
SELECT %s, 'stock.picking', 1000000000 + n, 'OUT/' || n, 'out' FROM generate_series(1, %s) n
"""


def enrich(registry: Any) -> int:
    """Give one transaction messages, exceptions and documents; return its id."""
    ids = partners(registry, systems=1, each=1)
    with registry.cursor() as cursor:
        env = environment(cursor)
        owner = env["integration.transaction"].search(
            [("state", "=", "in_progress")], limit=1, offset=1000
        )
        flow = env["integration.flow"].browse(ids["flows"])
        messages = env["integration.message"].create(
            [
                {
                    "flow_id": flow.id,
                    "system_id": flow.system_id.id,
                    "endpoint_id": flow.endpoint_id.id,
                    "company_id": owner.company_id.id,
                    "direction": "outbound",
                    "message_type": flow.message_type,
                    "transaction_id": owner.id,
                    "state": "dead" if number < EXCEPTIONS else "done",
                    "error_message": FAULT if number < EXCEPTIONS else "",
                }
                for number in range(MESSAGES)
            ]
        )
        env["integration.exception"]._open(
            [
                {
                    "name": f"Failure {number}",
                    "dedupe_key": f"bench:{number}",
                    "error_class": "server",
                    "error_message": FAULT,
                    "flow_id": flow.id,
                    "message_id": messages[number].id,
                    "transaction_id": owner.id,
                }
                for number in range(EXCEPTIONS)
            ]
        )
        env.flush_all()
        cursor.execute(_LINKS, [owner.id, DOCUMENTS])
        return owner.id


def open_form(env: Any, transaction_id: int) -> Any:
    """Read the view, and the record with every field and list of it, as the web client does."""
    Transaction = env["integration.transaction"]
    view = env.ref("integration_monitor.integration_transaction_view_form")
    arch = Transaction.get_views([(view.id, "form")])["views"]["form"]["arch"]
    one = Transaction.browse(transaction_id)
    return one.web_read(_specification(env, Transaction._name, etree.fromstring(arch)))


def _specification(env: Any, model: str, view: Any) -> dict[str, Any]:
    """:return: what ``web_read`` takes, of the fields of a view and of the lists in it"""
    names: dict[str, Any] = {}
    for node in view.iterdescendants("field"):
        if next(node.iterancestors("field"), view) not in (view, *view.iterancestors()):
            continue  # of a list in the view
        field = env[model]._fields[node.get("name")]
        names[field.name] = {}
        if field.type == "many2one":
            names[field.name] = {"fields": {"display_name": {}}}
        elif field.type in ("one2many", "many2many"):
            lines = node.find("list")
            names[field.name] = {
                "fields": _specification(env, field.comodel_name, lines),
                "limit": int(lines.get("limit", 40)),
            }
    return names
