"""One Odoo that talks on command: reads an operation a line, answers with its cost.

Started twice by the benchmark ``log``, on a database with the suite and on one without. What the
suite wraps is wrapped here as in a server, because loading the database installs the wrappers.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import sys
import threading
import time
from typing import Any

PER_BATCH = 500


class Worker:
    """The work of one database; the log writer is None where the suite is not installed."""

    def __init__(self, database: str, address: str) -> None:
        from odoo.modules.registry import Registry
        from odoo.tools import config

        config.parse_config(["-c", os.environ["ODOO_RC"], "-d", database, "--max-cron-threads=0"])
        self.database, self.address = database, address
        self.registry = Registry(database)
        self.log_writer: Any = None
        if "integration.log" in self.registry:
            from odoo.addons.integration_monitor.instrumentation import log_writer

            self.log_writer = log_writer
        # As in the thread of a request: wrappers look here for the database.
        threading.current_thread().dbname = database
        threading.current_thread().uid = 2
        self.prepared = self.setup()

    def environment(self, cursor: Any, user_id: int = 2) -> Any:
        """An environment of the administrator, or of the superuser (1)."""
        from odoo.api import Environment

        return Environment(cursor, user_id, {"lang": "en_US", "tz": "UTC"})

    def setup(self) -> dict[str, Any]:
        """Make an API key, a scheduled action, and an endpoint for the local server."""
        with self.registry.cursor() as cursor:
            env = self.environment(cursor, 1)
            groups = [env.ref("base.group_user").id, env.ref("base.group_partner_manager").id]
            if self.log_writer:
                groups.append(env.ref("integration_monitor.group_service").id)
                system = env["integration.system"].create({"name": "Local", "code": "bench"})
                env["integration.endpoint"].create(
                    {
                        "name": "Local",
                        "code": "bench.local",
                        "system_id": system.id,
                        "base_url": self.address,
                    }
                )
            user = env["res.users"].create(
                {"name": "Bench", "login": "bench", "group_ids": [(6, 0, groups)]}
            )
            key = env["res.users.apikeys"].with_user(user).sudo()._generate("rpc", "bench", None)
            cron = env["ir.cron"].create(
                {
                    "name": "Bench: nothing to do",
                    "model_id": env.ref("base.model_res_partner").id,
                    "state": "code",
                    "code": "model.search_count([])",
                    "interval_type": "hours",
                }
            )
            partner = env["res.partner"].create({"name": "Bench"})
            return {"key": key, "cron": cron.id, "partner": partner.id}

    def execution(self) -> Any:
        """What a request or job runs in: its observations are flushed at the end."""
        return self.log_writer.execution() if self.log_writer else contextlib.nullcontext()

    def outbound(self) -> dict[str, float]:
        """One call to a partner, and what the end of its execution costs."""
        import requests

        begun_all = time.perf_counter()
        with self.execution():
            with self.registry.cursor() as cursor:
                self.environment(cursor)
                begun = time.perf_counter()
                requests.get(f"{self.address}/v1/orders/4711", timeout=10)
                seconds = time.perf_counter() - begun
            ended = time.perf_counter()
        return {
            "seconds": seconds,
            "flush": time.perf_counter() - ended,
            "all": time.perf_counter() - begun_all,
        }

    def batch(self) -> dict[str, float]:
        """Observations one by one, and their flush: seconds for each row."""
        from odoo.addons.integration_monitor.tools.observation import Observation

        with self.log_writer.execution(correlation_id="4bf92f3577b34da6a3ce929d0e0e4736"):
            begun = time.perf_counter()
            for number in range(PER_BATCH - 1):
                self.log_writer.record(
                    self.database,
                    Observation(
                        "http_out",
                        method="POST",
                        host="api.example.com",
                        path_template="/v1/orders/{id}",
                        status_code=200,
                        duration_ms=12.5 + number,
                        request_headers={"Accept": "*/*", "User-Agent": "python-requests/2"},
                    ),
                )
            self.log_writer.flush()
            return {"seconds": (time.perf_counter() - begun) / (PER_BATCH - 1)}

    def cron(self) -> dict[str, float]:
        """One run of a scheduled action, as the cron thread does it."""
        cron_class = self.registry["ir.cron"]
        with self.registry.cursor() as cursor:
            cursor.execute(
                "UPDATE ir_cron SET nextcall = now() AT TIME ZONE 'UTC' - interval '1 minute'"
                " WHERE id = %s",
                [self.prepared["cron"]],
            )
        with self.registry.cursor() as cursor:
            begun = time.perf_counter()
            job = cron_class._acquire_one_job(cursor, self.prepared["cron"])
            cron_class._process_job(cursor, job)
            cursor.commit()
            return {"seconds": time.perf_counter() - begun}

    def jobs(self, number: int) -> list[str]:
        """Make jobs that do nothing, ready for the runner's call; return their uuids."""
        with self.registry.cursor() as cursor:
            env = self.environment(cursor)
            made = [env["queue.job"].with_delay()._test_job().uuid for _ in range(number)]
            cursor.execute(
                "UPDATE queue_job SET state = 'enqueued', date_enqueued = now() AT TIME ZONE 'UTC'"
                " WHERE uuid = ANY(%s)",
                [made],
            )
            return made

    def sustain(self, seconds: float, rate: int) -> dict[str, Any]:
        """Business of short transactions while ``rate`` observations a second are made.

        Two of three belong to the business, ten an execution; the others to one long execution
        in a thread of its own, as a nightly import is one.
        """
        stop = threading.Event()
        importer = threading.Thread(target=self._import, args=(stop, rate / 3))
        importer.start()
        per_second = rate * 2 / 3 / 10
        samples = []
        rss = [resident()]
        begun = time.monotonic()
        number = 0
        while time.monotonic() < begun + seconds:
            due = begun + number / per_second
            if (wait := due - time.monotonic()) > 0:
                stop.wait(wait)
            started = time.perf_counter()
            with self.execution():
                self._business(number)
                # As of a request: its answer is sent now, its log is written then.
                answered = time.perf_counter()
            ended = time.perf_counter()
            samples.append([round(due - begun, 3), answered - started, ended - started])
            number += 1
            if not number % int(per_second * 10):
                gc.collect()
                rss.append(resident())
        seconds = time.monotonic() - begun
        stop.set()
        importer.join()
        counters = self.log_writer.stats() if self.log_writer else {}
        return {
            "seconds": seconds,
            "samples": samples,
            "rss": rss,
            "stats": counters,
            "lines": self._lines(),
        }

    def _business(self, number: int) -> None:
        with self.registry.cursor() as cursor:
            env = self.environment(cursor)
            partner = env["res.partner"].browse(self.prepared["partner"])
            env["res.partner"].search_fetch([("name", "ilike", "a")], ["name", "email"], limit=20)
            partner.write({"comment": f"<p>{number}</p>"})
            for _ in range(10):
                self._observe(env)

    def _import(self, stop: threading.Event, rate: float) -> None:
        threading.current_thread().dbname = self.database
        begun = time.monotonic()
        number = 0
        with self.execution(), self.registry.cursor() as cursor:
            env = self.environment(cursor)
            while not stop.wait(max(0.0, begun + number / rate - time.monotonic())):
                for _ in range(10):
                    self._observe(env)
                number += 10

    def _observe(self, env: Any) -> None:
        if not self.log_writer:
            return
        from odoo.addons.integration_monitor.tools.observation import Observation

        self.log_writer.record(
            env,
            Observation("custom", operation="bench.sustain", duration_ms=1.0, detail={"n": 1}),
        )

    def _lines(self) -> int:
        if not self.log_writer:
            return 0
        with self.registry.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM integration_log_data WHERE operation = 'bench.sustain'"
            )
            return cursor.fetchone()[0]


def resident() -> float:
    """Return the memory of this process in MB."""
    with open("/proc/self/statm", encoding="ascii") as handle:
        return int(handle.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1024 / 1024


def main() -> None:
    """Answer each line of the input, a list of operation and arguments, with one line of JSON."""
    channel = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # whatever Odoo prints must not mix with the answers
    worker = Worker(sys.argv[1], sys.argv[2])
    print(json.dumps(worker.prepared), file=channel, flush=True)
    for line in sys.stdin:
        operation, *arguments = json.loads(line)
        gc.collect()
        print(json.dumps(getattr(worker, operation)(*arguments)), file=channel, flush=True)


if __name__ == "__main__":
    main()
