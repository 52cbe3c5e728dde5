"""From an observation to the values of a log row: redacted, cut, fit for PostgreSQL."""

import math
import re
from functools import lru_cache

from psycopg2.extras import Json

from ..tools import redaction, redaction_names
from ..tools.fingerprint import of_fault, scope_of
from ..tools.observation import COLUMNS
from ..tools.redaction_names import ContentRules

_MAX_CHAR = 256
_MAX_PATH = 512
_MAX_MESSAGE = 2000
_MAX_FACTS = 24
#: The fact that tells batches apart whose shown names are the same.
BATCH_MARK = "batch_mark"
_INT4 = 2**31 - 1
# More is a claim, and no message: a tebibyte.
_MAX_BYTES = 2**40
_DURATIONS = {"duration_ms", "lag_ms"}
_BIG = {"request_bytes", "response_bytes"}


# Constants of ours; every other text may have been said by a partner.
_CLOSED = {"kind", "outcome", "retention_class"}
_OWN_WAY = {"error_message", "response_excerpt"}
#: Ids as we, and W3C trace contexts, make them: nothing can hide in them.
_PLAIN_ID = re.compile(r"[0-9a-f]{32}|[0-9a-f]{16}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_LABELS = tuple(name for name in COLUMNS if name not in _CLOSED | _OWN_WAY)
_NOTHING_SPECIAL = ContentRules()
_PARCEL = redaction_names.rules((), ("tracking_number",))


def row(observation, content=_NOTHING_SPECIAL):
    """Values in the order of ``COLUMNS``; this is where the one redactor stands.

    :param content: the ``ContentRules`` of the observation's flow
    """
    with redaction_names.using(content.names):
        return _row(observation, content)


def _row(observation, content):
    values = {name: getattr(observation, name) for name in COLUMNS}
    message = values["error_message"]
    if message:
        message = redaction.redact_text(str(message), _MAX_MESSAGE)
        values["error_message"] = message
    if observation.outcome == "error" and not values["fingerprint"]:
        values["fingerprint"] = of_fault(
            values["error_class"],
            message,
            flow_id=values["flow_id"],
            endpoint_id=values["endpoint_id"],
            status=values["status_code"],
            **scope_of(values),
        )
    if content.drop and observation.outcome != "error":
        # What a flow does not keep once it is done; a failure needs its answer to be understood.
        values["response_excerpt"] = None
    if values["response_excerpt"]:
        values["response_excerpt"] = redaction.redact_body(values["response_excerpt"])
    if values["request_headers"] is not None:
        values["request_headers"] = Json(
            _clean_headers(redaction.redact_headers(values["request_headers"]))
        )
    if values["detail"] is not None:
        values["detail"] = Json(_detail(values["detail"], content))
    for name in _LABELS:
        value = values[name]
        if isinstance(value, str) and value:
            values[name] = value if _is_plain_id(value) else _label(value, content.names)
    return tuple(None if value is None else _clean(name, value) for name, value in values.items())


def _redacted_facts(detail, content):
    """A parcel's number reads like one of an account: who cancels a label needs it."""
    names = content.names
    if "tracking_number" in detail:
        readable = names.readable | _PARCEL.readable
        names = redaction_names.NameRules(names.masked, readable)
    with redaction_names.using(names):
        return redaction.redact_json(detail)


def _is_plain_id(value):
    return bool(_PLAIN_ID.fullmatch(value)) and not value.isdigit()


# Hosts, paths, operations repeat; ids are made to be told apart, and rarely come here.
@lru_cache(maxsize=2048)
def _label(value, _names):
    """Redacted by the names in force, which are part of the cache's key."""
    return redaction.redact_label(value, _MAX_PATH)


def _detail(given, content):
    """The facts of a line; with the mark of the batch only where its name is not shown whole."""
    mark = given.get(BATCH_MARK)
    given = {name: value for name, value in given.items() if name != BATCH_MARK}
    detail = _clean_detail(_redacted_facts(given, content))
    if mark is not None and detail.get("batch") != given.get("batch") and _is_plain_id(str(mark)):
        detail[BATCH_MARK] = mark
    return detail


def _clean_detail(detail):
    """A few facts, each short: the column is no place for payloads."""
    result = {}
    for name, value in list(detail.items())[:_MAX_FACTS]:
        if isinstance(value, float) and not math.isfinite(value):
            value = None
        if value is not None and not isinstance(value, bool | int | float):
            value = _clean_text(value if isinstance(value, str) else str(value))[:_MAX_PATH]
        result[_clean_text(str(name))[:64]] = value
    return result


def _clean_headers(headers):
    return {_clean_text(name): _clean_text(value) for name, value in headers.items()}


def _clean(name, value):
    if isinstance(value, str):
        limit = {"error_message": _MAX_MESSAGE, "path_template": _MAX_PATH}.get(name, _MAX_CHAR)
        if name == "response_excerpt":
            limit = redaction.MAX_EXCERPT
        return _clean_text(value)[:limit]
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, int):
        limit = _MAX_BYTES if name in _BIG else _INT4
        if name in _DURATIONS:
            return max(value, 0)
        return max(min(value, limit), -limit)
    if isinstance(value, float):
        if not math.isfinite(value):
            return None
        return max(value, 0.0)  # a clock that was set back between start and end
    return value


def _clean_text(value):
    """PostgreSQL refuses NUL and half surrogate pairs; a strange byte must not cost the line."""
    return value.replace("\0", "�").encode("utf-8", "replace").decode()
