"""Which endpoint a call belongs to, whoever makes it."""

import logging
import time

import psycopg2

from odoo import SUPERUSER_ID, api, models
from odoo.sql_db import PoolError
from odoo.tools import SQL, ormcache
from odoo.tools.cache import get_cache_key_counter

from ..tools.endpoint_match import MatchTable, Target

_logger = logging.getLogger(__name__)

# Nobody asks again for so long when the endpoints could not be read.
PAUSE_SECONDS = 10.0
# By database: the last table that was read, and when another may be tried (monotonic clock).
_known = {}

# Fields that the table is made of; others (health, statistics) change with every call.
MATCH_FIELDS = {"active", "base_url", "host_patterns", "inject_trace", "system_id", "company_id"}


class IntegrationEndpoint(models.Model):
    """The table of hosts that the wrapper around ``requests`` looks calls up in."""

    _inherit = "integration.endpoint"

    @api.model_create_multi
    def create(self, vals_list):
        """Let the new endpoints be matched."""
        endpoints = super().create(vals_list)
        self._forget_match_table()
        return endpoints

    def write(self, vals):
        """Match anew when addresses change."""
        result = super().write(vals)
        if MATCH_FIELDS & set(vals):
            self._forget_match_table()
        return result

    def unlink(self):
        """Match no more."""
        result = super().unlink()
        self._forget_match_table()
        return result

    @api.model
    @ormcache()
    def _match_table(self):
        """:return: the ``MatchTable`` of all active endpoints of all companies"""
        self.flush_model(MATCH_FIELDS)
        self.env["integration.system"].flush_model(["region"])
        rows = self.env.execute_query(
            SQL(
                """
                SELECT e.id, e.system_id, e.company_id, e.base_url, e.host_patterns,
                       s.region, COALESCE(e.inject_trace, FALSE)
                  FROM integration_endpoint e
                  JOIN integration_system s ON s.id = e.system_id
                 WHERE e.active
                """
            )
        )
        return MatchTable(Target(*row) for row in rows)

    @classmethod
    def _match_table_of(cls, registry):
        """Return the table from the cache without an environment: no cursor, no query.

        Only when the cache is empty it is read, on a cursor of its own, because the caller's may
        be in a failed transaction. While it cannot be read (an upgrade has locked the endpoints),
        calls are matched by what was known last.
        """
        cache, key, _counter = get_cache_key_counter(cls(None, (), ())._match_table)
        table = cache.get(key)
        if table is not None:
            return table
        known, not_before = _known.get(registry.db_name, (MatchTable(()), 0.0))
        if time.monotonic() < not_before:
            return known
        try:
            with registry.cursor() as cr:
                # The caller's transaction may hold a lock that it would wait for in vain.
                cr.execute(SQL("SET LOCAL lock_timeout = '500ms'"))
                table = api.Environment(cr, SUPERUSER_ID, {})[cls._name]._match_table()
        except (psycopg2.Error, PoolError) as error:
            _logger.warning("The endpoints cannot be read: %s", type(error).__name__)
            _known[registry.db_name] = known, time.monotonic() + PAUSE_SECONDS
            return known
        _known[registry.db_name] = table, 0.0
        return table

    @api.model
    def _forget_match_table(self):
        """Let the table be read anew, by all workers."""
        registry = self.env.registry
        registry.clear_cache()
        cache, key, _counter = get_cache_key_counter(self._match_table)
        # A call between now and the commit caches the table as it was before.
        self.env.cr.postcommit.add(lambda: cache.pop(key, None))
