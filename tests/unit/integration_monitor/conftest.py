"""Fixtures of the engine's unit tests; makes the helpers of this folder importable."""

import sys
from pathlib import Path

import pytest

from integration_monitor.tools.http_client import close_sessions

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture(autouse=True)
def _no_kept_connections():
    """Connections of one test must not serve the next."""
    yield
    close_sessions()
