"""The running system as a test sees it: people's RPC, the partners' controls, the database."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg2
import requests
from standardwebhooks.webhooks import Webhook
from statements import Statements

from demo.scenario import Scenario
from demo.stack import Stack
from testing.rpc import RpcClient
from testing.waiting import NotInTime, wait_until

PAYLOADS = Path(__file__).resolve().parents[1] / "data" / "payloads"
# Long enough for two busy processors; a test that meets its condition does not wait for it.
PATIENCE = 180.0


class World:
    """One stack, with what tests ask of it."""

    def __init__(self, stack: Stack) -> None:
        """Take a started stack."""
        self.stack = stack
        self.odoo = stack.odoo
        self.partners = stack.partners
        self._statements = Statements(stack.database)

    @property
    def scenario(self) -> Scenario:
        """Return what customers do, on a session of the present server."""
        return Scenario(self.stack)

    def person(self, login: str = "admin") -> RpcClient:
        """Return the logged-in client of a person; passwords are logins."""
        return self.odoo.rpc(login, login)

    def order(self, shop: str = "shop-us", **options: Any) -> list[str]:
        """Let customers order; return the keys of the orders (see ``Scenario.order``)."""
        return [order["key"] for order in self.scenario.order(shop, **options)]

    def post_sample(self, shop: str, sample: str, style: str, **options: Any) -> dict[str, Any]:
        """Let a shop send a published sample, unchanged; return what the shop knows of it."""
        payload = json.loads((PAYLOADS / sample).read_text("utf-8"))
        body = {"payload": payload, "format": style, **options}
        return self.partners[shop].control("POST", "orders", body)

    def query(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """Return the rows of a statement run on the test's own connection."""
        return self._statements.rows(statement, *values)

    def value(self, statement: str, *values: Any) -> Any:
        """Return the first column of the first row, or None."""
        rows = self.query(statement, *values)
        return rows[0][0] if rows else None

    @contextmanager
    def locked(self, statement: str, *values: Any) -> Iterator[None]:
        """Hold what *statement* locks, on a connection of the test, until the block ends."""
        connection = psycopg2.connect(dbname=self.stack.database)
        try:
            with connection.cursor() as cr:
                cr.execute(statement, values)
                yield
        finally:
            connection.close()

    def wait_blocked(self, table: str, timeout: float = PATIENCE) -> None:
        """Wait until a connection that writes to *table* waits for a lock, of it or of a row."""
        statement = """SELECT count(*) FROM pg_locks w JOIN pg_locks l ON l.pid = w.pid
             WHERE NOT w.granted AND l.relation = %s::regclass AND l.mode = 'RowExclusiveLock'
               AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())"""
        wait_until(lambda: self.value(statement, table), timeout, f"a worker blocked at {table}")

    def wait_message(
        self, flow: str, state: str, timeout: float = PATIENCE, **equal: Any
    ) -> dict[str, Any]:
        """Wait for a message of a flow in a state; return its columns.

        :param equal: more columns of the message and their values
        """
        conditions = "".join(f" AND m.{column} = %s" for column in equal)
        statement = (
            "SELECT to_jsonb(m) FROM integration_message m JOIN integration_flow f "
            "ON f.id = m.flow_id WHERE f.code = %s AND m.state = %s" + conditions + " LIMIT 1"
        )
        return wait_until(
            lambda: self.value(statement, flow, state, *equal.values()),
            timeout,
            f"a message of {flow} that is {state} {equal or ''}",
        )

    def wait_order(self, key: str, timeout: float = PATIENCE) -> dict[str, Any]:
        """Wait until the sales order of a shop order is confirmed; return its columns."""
        statement = (
            "SELECT to_jsonb(o) FROM sale_order o "
            "WHERE integration_external_key = %s AND state = 'sale'"
        )
        return wait_until(lambda: self.value(statement, key), timeout, f"order {key} confirmed")

    def orders_of(self, key: str) -> int:
        """Return how many sales orders a shop order became."""
        return self.value(
            "SELECT count(*) FROM sale_order WHERE integration_external_key = %s", key
        )

    def wait_completed(self, keys: list[str], timeout: float = PATIENCE) -> None:
        """Wait until the orders are delivered, invoiced and paid; else tell what is in the way."""
        try:
            self.scenario.wait_completed(keys, timeout)
        except NotInTime as error:
            raise NotInTime(f"{error}\n{self.report()}") from error

    def report(self) -> str:
        """Return what is unfinished or failed, for a test that waited in vain."""
        rows = self.query(
            """SELECT 'transaction', name, state, cause, cause_text, waits_on
                 FROM integration_transaction WHERE state != 'completed'
               UNION ALL
               SELECT 'message', f.code, m.state, m.hold_reason, m.error_message,
                      m.res_model || ',' || m.res_id
                 FROM integration_message m JOIN integration_flow f ON f.id = m.flow_id
                WHERE m.state NOT IN ('done', 'cancelled')
               UNION ALL
               SELECT 'exception', name, state, error_class, error_message, ''
                 FROM integration_exception WHERE is_open
               UNION ALL
               SELECT 'transfer', p.name, p.state, p.integration_release_ref,
                      p.integration_shipment_ref, p.integration_tracking_status
                 FROM stock_picking p WHERE p.state NOT IN ('done', 'cancel')
               UNION ALL
               SELECT 'job', name, state, method_name, exc_message, eta::text
                 FROM queue_job WHERE state != 'done'"""
        )
        return "\n".join(" | ".join(str(cell or "-") for cell in row) for row in rows)

    def wait_quiet(self, timeout: float = PATIENCE) -> None:
        """Wait until no message waits or is worked on, and no webhook is on its way."""

        def quiet() -> bool:
            busy = self.value(
                "SELECT count(*) FROM integration_message "
                "WHERE state IN ('pending', 'processing', 'retry')"
            )
            return not busy and not any(
                partner.ledger("deliveries", state="pending") for partner in self.partners.values()
            )

        wait_until(quiet, timeout, "all messages settled", interval=0.2)

    def set_policy(self, **values: Any) -> None:
        """Change the retry policy of all flows, as an administrator does."""
        admin = self.person()
        policies = admin.call(
            "integration.retry.policy", "search", [("code", "=", "demonstration")]
        )
        admin.call("integration.retry.policy", "write", policies, values)

    def sign(self, flow: str, body: bytes, webhook_id: str) -> dict[str, str]:
        """Return the headers of a correctly signed delivery."""
        from datetime import datetime, timezone

        moment = datetime.now(tz=timezone.utc)
        text = body.decode("utf-8", "surrogateescape")
        signature = Webhook(self.stack.seed["secrets"][flow]).sign(webhook_id, moment, text)
        return {
            "Content-Type": "application/json",
            "webhook-id": webhook_id,
            "webhook-timestamp": str(int(moment.timestamp())),
            "webhook-signature": signature,
        }

    def deliver(
        self, flow: str, body: bytes, webhook_id: str = "", **headers: str
    ) -> requests.Response:
        """Deliver a body to a flow's webhook; signed when it has an id."""
        signed = self.sign(flow, body, webhook_id) if webhook_id else {}
        with requests.Session() as session:
            session.trust_env = False
            return session.post(
                f"{self.odoo.url}/integration/webhook/{flow}",
                data=body,
                headers={"Content-Type": "application/json", **signed, **headers},
                timeout=60,
            )

    def restart(self) -> float:
        """Start Odoo again after a kill; return the moment (monotonic seconds)."""
        self.odoo.start()
        self.odoo.wait_ready()
        return time.monotonic()
