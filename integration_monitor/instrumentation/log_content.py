"""Which flow hides what: read once, then from the registry's cache, for the rows of the log."""

import logging
import time

import psycopg2

from odoo.modules.registry import Registry

from ..tools.redaction_names import ContentRules
from .environment import environment_on

_logger = logging.getLogger(__name__)

_NOTHING_SPECIAL = ContentRules()
_UNKNOWN = ContentRules(drop=True)
# Nobody asks again for so long when the flows could not be read: an upgrade has locked them.
PAUSE_SECONDS = 10.0
_not_before = {}  # by database, on the monotonic clock


def rules_of(cr, observations):
    """What is special about the contents of each line, in the order of the observations.

    No query once the flows are known. When they cannot be read, answers are left out: rather a
    line without its answer than one that shows what its flow hides.
    """
    if all(observation.flow_id is None for observation in observations):
        return [_NOTHING_SPECIAL] * len(observations)
    registry = Registry.registries.get(cr.dbname)
    if (
        registry is None
        or "integration.flow" not in registry
        or time.monotonic() < _not_before.get(cr.dbname, 0.0)
    ):
        return [_UNKNOWN] * len(observations)
    try:
        known = environment_on(cr, registry)["integration.flow"]._content_rules()
    except psycopg2.Error as error:
        _logger.warning("The flows' hidden fields cannot be read: %s", type(error).__name__)
        _not_before[cr.dbname] = time.monotonic() + PAUSE_SECONDS
        return [_UNKNOWN] * len(observations)
    return [known.get(observation.flow_id, _NOTHING_SPECIAL) for observation in observations]
