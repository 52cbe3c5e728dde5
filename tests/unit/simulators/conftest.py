"""Real simulator processes and a receiver of webhooks, on free ports of the loopback."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "setup"))
sys.path.insert(0, str(Path(__file__).resolve().parent))

from webhook_receiver import Receiver  # noqa: E402

from simulators.launcher import Simulator  # noqa: E402


@pytest.fixture
def receiver():
    """A server that records the webhooks it gets and answers as told."""
    with Receiver() as server:
        yield server


@pytest.fixture
def start(tmp_path):
    """Return a function that starts a simulator, ended after the test."""
    started = []

    def begin(name, **config):
        config.setdefault("retry_schedule", [0.05, 0.1])
        path = tmp_path / f"{name}{len(started)}.sqlite"
        started.append(Simulator(name, ledger=path, config=config).start())
        return started[-1]

    yield begin
    for simulator in started:
        simulator.stop()


def _shared(name, tmp_path_factory):
    config = {"retry_schedule": [0.05, 0.1]}
    path = tmp_path_factory.mktemp(name) / "ledger.sqlite"
    return Simulator(name, ledger=path, config=config)


@pytest.fixture(scope="module")
def shop_process(tmp_path_factory):
    """One shop for all tests of a module; use the fixture `shop`."""
    with _shared("shop", tmp_path_factory) as simulator:
        yield simulator


@pytest.fixture(scope="module")
def wms_process(tmp_path_factory):
    """One warehouse system for all tests of a module; use the fixture `wms`."""
    with _shared("wms", tmp_path_factory) as simulator:
        yield simulator


@pytest.fixture(scope="module")
def carrier_process(tmp_path_factory):
    """One carrier for all tests of a module; use the fixture `carrier`."""
    with _shared("carrier", tmp_path_factory) as simulator:
        yield simulator


def _cleaned(simulator, behaviour):
    simulator.clear_faults()
    simulator.control("PUT", "targets", {})
    simulator.control("PUT", "catalogue", {"skus": None})
    simulator.behaviour(**behaviour)
    simulator.control("DELETE", "ledger")
    return simulator


@pytest.fixture
def shop(shop_process):
    """A shop without faults, targets, catalogue and records."""
    return _cleaned(shop_process, {})


@pytest.fixture
def wms(wms_process):
    """An empty warehouse system that ships only when told."""
    defaults = {"auto_ship": False, "delay": 0.05, "short": {}, "short_rate": 0, "lots": {}}
    return _cleaned(wms_process, defaults)


@pytest.fixture
def carrier(carrier_process):
    """An empty carrier whose parcels move only when told."""
    return _cleaned(carrier_process, {"auto_advance": False, "delay": 0.05})
