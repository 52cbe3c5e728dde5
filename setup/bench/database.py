"""A throw-away database with the suite, opened by this process, and lines to fill its log."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from typing import Any

from provision import databases, progress, templates

#: Lines as a company of some size has them: mostly calls and jobs that go well, in chains of six
#: that share a correlation id, spread evenly over the time.
_FILL = """
INSERT INTO integration_log_data (
    occurred_at, retention_class, kind, direction, system_id, endpoint_id, flow_id, message_id,
    message_uid, correlation_id, trace_id, span_id, method, host, path_template, status_code,
    outcome, error_class, error_message, fingerprint, attempt, duration_ms, request_bytes,
    response_bytes, company_id, operation, lag_ms, request_headers, response_excerpt, count)
SELECT now() AT TIME ZONE 'UTC' - %(seconds)s * interval '1 second' * (1 - n / %(rows)s::float8),
       CASE WHEN n %% 50 = 0 THEN 'refused' WHEN n %% 50 = 1 THEN 'audit' ELSE 'standard' END,
       (ARRAY['http_out', 'http_out', 'job', 'message',
              'webhook_in', 'rpc_in', 'cron'])[n %% 7 + 1],
       CASE WHEN n %% 7 IN (0, 1) THEN 'outbound' WHEN n %% 7 IN (4, 5) THEN 'inbound' END,
       e.system_id, e.id, (%(flows)s)[n %% %(flow_count)s + 1], n / 3,
       md5((n / 3)::text), md5((n / 6)::text), md5((n / 6)::text || 't'), left(md5(n::text), 16),
       (ARRAY['GET', 'POST', 'PUT'])[n %% 3 + 1], 'api-' || e.id || '.example.com',
       '/v1/orders/{id}/lines', CASE WHEN n %% 33 = 0 THEN 503 ELSE 200 END,
       CASE WHEN n %% 50 = 0 THEN 'refused' WHEN n %% 33 = 0 THEN 'error' ELSE 'ok' END,
       CASE WHEN n %% 33 = 0 THEN
            (ARRAY['timeout', 'server', 'connect', 'auth', 'business'])[n %% 5 + 1] END,
       CASE WHEN n %% 33 = 0 THEN 'The service is not available at the moment, try later.' END,
       CASE WHEN n %% 33 = 0 THEN left(md5((n %% 40)::text), 16) END,
       1, exp(ln(120) + 0.8 * sqrt(-2 * ln(1 - random())) * cos(2 * pi() * random())),
       200 + n %% 900, 400 + n %% 3000, %(company)s, 'integration.flow._drain', n %% 400,
       '{"Accept": "application/json", "User-Agent": "Odoo"}'::jsonb,
       CASE WHEN n %% 33 = 0 THEN '{"error": "unavailable"}' END, 1
  FROM generate_series(%(first)s, %(last)s) n
  JOIN unnest(%(endpoints)s, %(systems)s) WITH ORDINALITY AS e(id, system_id, place)
    ON e.place = n %% %(endpoint_count)s + 1
"""


@contextlib.contextmanager
def suite_registry(part: str, modules: list[str]) -> Iterator[tuple[str, Any]]:
    """Yield the name and the registry of a copy of the suite's template; it goes afterwards."""
    # Only here: a benchmark that starts Odoo processes of its own must not load one itself.
    import odoo.sql_db
    from odoo.modules.registry import Registry
    from odoo.tools import config

    name = f"im_bench_{os.getpid()}_{part}"
    try:
        with progress.step("A database with the suite"):
            databases.clone(templates.suite_template(modules), name)
            options = ["-d", name, "--max-cron-threads=0", "--log-level=warn"]
            config.parse_config(["-c", os.environ["ODOO_RC"], *options])
            registry = Registry(name)
        yield name, registry
    finally:
        odoo.sql_db.close_db(name)
        databases.drop(name)


def partners(registry: Any, systems: int = 12, each: int = 4) -> dict[str, list[int]]:
    """Make systems with endpoints and flows; return the ids, those of systems per endpoint."""
    with registry.cursor() as cursor:
        env = environment(cursor)
        made = env["integration.system"].create(
            [{"name": f"Partner {n}", "code": f"bench{n}"} for n in range(systems)]
        )
        endpoints = env["integration.endpoint"].create(
            [
                {
                    "name": f"API {n} of {system.name}",
                    "code": f"{system.code}.{n}",
                    "system_id": system.id,
                    "base_url": f"https://api-{n}.{system.code}.example.com",
                }
                for system in made
                for n in range(each)
            ]
        )
        flows = env["integration.flow"].create(
            [
                {
                    "name": f"Orders of {endpoint.name}",
                    "code": f"{endpoint.code}.orders",
                    "system_id": endpoint.system_id.id,
                    "endpoint_id": endpoint.id,
                    "direction": "outbound",
                    "handler": "integration.handler.noop",
                    "message_type": "orders",
                }
                for endpoint in endpoints
            ]
        )
        return {
            "endpoints": endpoints.ids,
            "systems": [endpoint.system_id.id for endpoint in endpoints],
            "flows": flows.ids,
        }


def fill(
    cursor: Any, ids: dict[str, list[int]], rows: int, seconds: float, first: int = 1, last: int = 0
) -> None:
    """Insert ``rows`` lines that are spread over the last ``seconds``, or a part of them."""
    cursor.execute(
        _FILL,
        {
            "rows": rows,
            "seconds": seconds,
            "first": first,
            "last": last or rows,
            "company": 1,
            "endpoints": ids["endpoints"],
            "systems": ids["systems"],
            "endpoint_count": len(ids["endpoints"]),
            "flows": ids["flows"],
            "flow_count": len(ids["flows"]),
        },
    )


def environment(cursor: Any) -> Any:
    """A superuser's environment, to prepare things."""
    from odoo.api import SUPERUSER_ID, Environment

    return Environment(cursor, SUPERUSER_ID, {})
