"""The processes of a prefork server: long polling observes nothing, a limit cuts nothing off."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
import statements

from demo.stack import KEY_VARIABLE, encryption_key
from provision import templates
from testing.processes import OdooServer
from testing.waiting import wait_until

PATIENCE = 120.0
CPU_SECONDS = 6
LOOP = "for number in range(10 ** 12): number = number"


@pytest.fixture(scope="module")
def server(new_database: Callable[[str], str], log_folder: Path) -> Iterator[OdooServer]:
    """Yield a server with a worker, a process for long polling, and a limit of CPU time."""
    server = OdooServer(
        new_database(templates.suite_template()),
        log_folder / "odoo.log",
        workers=1,
        channels="",
        options=("--max-cron-threads=0", f"--limit-time-cpu={CPU_SECONDS}"),
        env={KEY_VARIABLE: encryption_key()},
    )
    try:
        server.start()
        server.wait_ready()
        yield server
    finally:
        server.kill9()
        server.conf.unlink(missing_ok=True)


def lines(server: OdooServer, operation: str) -> list[tuple[Any, ...]]:
    """Return outcome, class and message of the requests to an operation."""
    return statements.on(server.database).rows(
        "SELECT outcome, error_class, error_message FROM integration_log_data"
        " WHERE kind = 'rpc_in' AND operation = %s ORDER BY id",
        operation,
    )


def json_rpc(
    server: OdooServer, port: int, model: str, method: str, *args: Any
) -> requests.Response:
    """Call a method as a script with the administrator's password does."""
    parameters = [server.database, 2, "admin", model, method, list(args), {}]
    params = {"service": "object", "method": "execute_kw", "args": parameters}
    with requests.Session() as session:
        session.trust_env = False
        return session.post(
            f"http://127.0.0.1:{port}/jsonrpc",
            json={"jsonrpc": "2.0", "method": "call", "params": params, "id": 1},
            timeout=60,
        )


def test_the_process_for_long_polling_observes_nothing(server: OdooServer) -> None:
    """Thousands of waiting browsers share one process, and each takes a connection for its log."""

    def answers() -> bool:
        answer = json_rpc(server, server.gevent_port, "res.partner", "search_count", [])
        assert "result" in answer.json(), answer.text
        return True

    wait_until(answers, PATIENCE, "long polling", ignore=(requests.RequestException,))
    # The first call has loaded the suite; only those after it could be observed.
    assert answers()
    # The same call to a worker is the proof that it would be seen.
    answer = json_rpc(server, server.port, "res.partner", "search_count", [])
    assert "result" in answer.json(), answer.text
    found = wait_until(
        lambda: lines(server, "res.partner.search_count"), PATIENCE, "the worker's line"
    )
    assert [line[0] for line in found] == ["ok"]


def test_a_worker_that_reaches_its_limit(server: OdooServer) -> None:
    """A request burns a worker's CPU time, the worker ends, and nobody finds out who it was."""
    values = {"name": "Loop", "state": "code", "code": LOOP}
    model = server.rpc().call("ir.model", "search", [("model", "=", "res.partner")])
    action = server.rpc().call("ir.actions.server", "create", {**values, "model_id": model[0]})
    with pytest.raises(requests.RequestException):
        answer = json_rpc(server, server.port, "ir.actions.server", "run", [action])
        pytest.fail(answer.text)
    found = wait_until(lambda: lines(server, "ir.actions.server.run"), PATIENCE, "the request")
    assert [line[:2] for line in found] == [("error", "server")]
    assert "ended" in found[0][2]
