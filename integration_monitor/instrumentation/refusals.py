"""Put equal refusals together, and faults of strangers, so that they cannot flood the log.

Per process: the first refusal of a kind is written at once, further ones within ten seconds are
counted and written as one line that carries the count. Nothing is lost from the figures.
"""

import dataclasses
import threading
import time
from collections import OrderedDict

from ..tools.observation import utcnow

WINDOW = 10.0
MAX_KEYS = 500


class Coalescer:
    """Holds back repetitions; ``clock`` is monotonic and injectable."""

    def __init__(self, clock=time.monotonic):
        self._clock = clock
        self._lock = threading.Lock()
        # key -> [window start, held observation or None]
        self._held = OrderedDict()

    def offer(self, dbname, observation):
        """Whether the observation must be written now; else it was counted."""
        key = (
            dbname,
            observation.kind,
            observation.flow_id,
            observation.endpoint_id,
            observation.path_template,
            observation.status_code,
            observation.error_class,
            observation.company_id,
        )
        why = (observation.error_message or "")[:200]
        fine = (*key, observation.host, observation.operation, _claimed(observation), why)
        now = self._clock()
        with self._lock:
            if fine in self._held or len(self._held) < MAX_KEYS:
                key = fine
            # else: somebody tries many names or addresses; they share a line from here on.
            entry = self._held.get(key)
            if entry is None:
                if len(self._held) >= 2 * MAX_KEYS:
                    return True  # too many kinds at once: rather write than lose
                self._held[key] = [now, None]
                return True
            if entry[1] is None:
                entry[1] = dataclasses.replace(observation, occurred_at=utcnow())
            else:
                entry[1].count += observation.count
            return False

    def due(self, everything=False):
        """Pairs of (database, observation) whose window has ended; ``everything`` at exit."""
        now = self._clock()
        result = []
        with self._lock:
            for key, (start, observation) in list(self._held.items()):
                if not everything and now - start < WINDOW:
                    continue
                del self._held[key]
                if observation is not None:
                    result.append((key[0], observation))
        return result

    def reset(self):
        """Forget everything, with a new lock: for a forked process."""
        self._lock = threading.Lock()
        self._held = OrderedDict()


def is_repeatable(observation):
    """Whether anybody at all can cause such lines, as often as he likes."""
    if observation.outcome == "refused":
        return True
    return (
        observation.kind == "rpc_in"
        and observation.outcome == "error"
        and observation.user_id is None
    )


def _claimed(observation):
    """Whom the sender says he is: login or beginning of the key."""
    detail = observation.detail or {}
    return detail.get("login"), detail.get("key")
