"""Starts, drives and kills simulators from Python; for tests and the demonstration."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import quote

import requests

SETUP = Path(__file__).resolve().parents[1]
NAMES = ("shop", "wms", "carrier", "finance")


class SimulatorError(RuntimeError):
    """A simulator did not start, or refused what was asked of it."""


class Simulator:
    """One simulator process.

    `name` is one of NAMES; `ledger` the ledger file (default: a temporary one that `stop`
    removes); `config` settings as in the configuration file; `odoo_url` the base of targets given
    as a path; `port` 0 takes a free port, which restarts keep.
    """

    def __init__(
        self,
        name: str,
        ledger: str | Path | None = None,
        config: dict[str, Any] | None = None,
        odoo_url: str = "http://127.0.0.1:8069",
        port: int = 0,
    ) -> None:
        if name not in NAMES:
            raise ValueError(f"{name!r} is not one of {NAMES}")
        self.name = name
        self.config = config or {}
        self.odoo_url = odoo_url
        self.port = port
        self._folder = tempfile.TemporaryDirectory(prefix=f"simulator-{name}-")
        folder = Path(self._folder.name)
        self.ledger_path = Path(ledger) if ledger else folder / "ledger.sqlite"
        self.log_path = Path(f"{self.ledger_path}.log")
        self._config_path = folder / "config.json"
        self._ready_path = folder / "ready.json"
        self._process: subprocess.Popen[bytes] | None = None
        self._session = requests.Session()
        self._session.trust_env = False

    # -- life --------------------------------------------------------------------------------

    def start(self, timeout: float = 15.0) -> "Simulator":
        """Start the process and wait until it serves. Raises SimulatorError."""
        if self._process is not None:
            raise SimulatorError(f"{self.name} is running already")
        self._ready_path.unlink(missing_ok=True)
        self._config_path.write_text(json.dumps(self.config), encoding="utf-8")
        self.ledger_path.parent.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", f"simulators.{self.name}", "--exit-with-parent"]
        command += ["--port", str(self.port), "--ledger", str(self.ledger_path)]
        command += ["--odoo-url", self.odoo_url, "--config", str(self._config_path)]
        command += ["--ready-file", str(self._ready_path)]
        with self.log_path.open("ab") as log:
            self._process = subprocess.Popen(
                command, cwd=SETUP, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        try:
            self._await_ready(timeout)
        except SimulatorError:
            self.kill9()
            raise
        return self

    def _await_ready(self, timeout: float) -> None:
        end = time.monotonic() + timeout
        while not self._ready_path.exists():
            if self._process is None or self._process.poll() is not None:
                raise SimulatorError(f"{self.name} did not start: {self._log_tail()}")
            if time.monotonic() > end:
                raise SimulatorError(f"{self.name} is not ready after {timeout} s")
            time.sleep(0.01)
        self.port = json.loads(self._ready_path.read_text(encoding="utf-8"))["port"]

    def stop(self, timeout: float = 10.0) -> None:
        """End the process by SIGTERM, by SIGKILL after `timeout` seconds; remove own files."""
        process, self._process = self._process, None
        if process is not None:
            process.terminate()
            try:
                process.wait(timeout)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._session.close()
        self._folder.cleanup()

    def kill9(self) -> None:
        """Kill the process at once (SIGKILL) and wait for its end."""
        process, self._process = self._process, None
        if process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process.pid, signal.SIGKILL)
            process.wait()

    def restart(self) -> "Simulator":
        """Start again on the same ledger and port; kill the process first if it runs."""
        self.kill9()
        self._session.close()
        return self.start()

    def __enter__(self) -> "Simulator":
        return self if self._process is not None else self.start()

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def pid(self) -> int | None:
        """Return the process id, None when it does not run."""
        return self._process.pid if self._process else None

    @property
    def exit_code(self) -> int | None:
        """Return how the process ended (negative: the signal), None unless it ended by itself."""
        return self._process.poll() if self._process else None

    @property
    def url(self) -> str:
        """Return the base address, without a final slash."""
        return f"http://127.0.0.1:{self.port}"

    def _log_tail(self) -> str:
        text = self.log_path.read_text(encoding="utf-8", errors="replace")
        return text[-2000:].strip() or "no message"

    # -- control API -------------------------------------------------------------------------

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        headers: dict[str, str] | None = None,
        timeout: float = 30.0,
    ) -> requests.Response:
        """Send any request, with the bearer token of the configuration; return the answer."""
        own = {"Authorization": f"Bearer {self.config['token']}"} if "token" in self.config else {}
        return self._session.request(
            method,
            self.url + path,
            json=body,
            headers={**own, **(headers or {})},
            timeout=timeout,
        )

    def control(self, method: str, path: str, body: Any = None, **query: Any) -> Any:
        """Call `/control/<path>` and return its JSON. Raises SimulatorError when refused."""
        return self._json(method, f"/control/{path}", body, query)

    def ledger(self, page: str, **filters: Any) -> list[dict[str, Any]]:
        """Return the items of `/ledger/<page>`, e.g. `ledger("effects", kind="shipment")`.

        Filters are columns, or members of the data with `__` for the dot: `data__sku="A"`.
        """
        query = {key.replace("__", "."): value for key, value in filters.items()}
        return self._json("GET", f"/ledger/{page}", None, query)["items"]

    def faults(self, *faults: dict[str, Any]) -> list[dict[str, Any]]:
        """Switch faults on."""
        return self.control("POST", "faults", list(faults))

    def clear_faults(self) -> None:
        """Switch all faults off; hanging requests go on."""
        self.control("DELETE", "faults")

    def targets(self, **targets: dict[str, str]) -> None:
        """Add webhook targets; `order__created={"url": …, "secret": …}` is `order.created`."""
        named = {key.replace("__", "."): value for key, value in targets.items()}
        self.control("PATCH", "targets", named)

    def behaviour(self, **changes: Any) -> dict[str, Any]:
        """Change how the partner behaves by itself; return all settings."""
        return self.control("PUT", "behaviour", changes)

    def wait_for(
        self,
        page: str,
        count: int = 1,
        timeout: float = 10.0,
        check: Callable[[dict[str, Any]], bool] | None = None,
        **filters: Any,
    ) -> list[dict[str, Any]]:
        """Wait until a ledger page has `count` items that pass `check`; return these.

        Raises SimulatorError after `timeout` seconds.
        """
        end = time.monotonic() + timeout
        while True:
            items = [i for i in self.ledger(page, **filters) if check is None or check(i)]
            if len(items) >= count:
                return items
            if time.monotonic() > end:
                raise SimulatorError(
                    f"{self.name}: {len(items)} of {count} in {page} {filters} after {timeout} s"
                )
            time.sleep(0.03)

    def _json(self, method: str, path: str, body: Any, query: dict[str, Any]) -> Any:
        if query:
            path += "?" + "&".join(f"{k}={quote(str(v), safe='')}" for k, v in query.items())
        answer = self.call(method, path, body)
        if not answer.ok:
            raise SimulatorError(f"{self.name} {method} {path}: {answer.text}")
        return answer.json()
