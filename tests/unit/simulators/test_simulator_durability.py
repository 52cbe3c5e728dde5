"""kill -9 and restart: nothing is lost, nothing happens twice."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest
import requests

from simulators.launcher import SETUP, Simulator, SimulatorError


def test_undelivered_webhooks_survive_kill9(start, receiver):
    shop = start("shop")
    receiver.default = 503
    shop.targets(order__created=receiver.target())
    shop.control("POST", "orders", {"payload": {"id": 1}, "event_id": "msg_1"})
    shop.control("POST", "orders", {"payload": {"id": 2}, "event_id": "msg_2"})
    receiver.wait(2)
    port = shop.port
    shop.kill9()
    receiver.default = 200
    assert shop.restart().port == port
    done = shop.wait_for("deliveries", 2, state="delivered")
    assert [row["webhook_id"] for row in done] == ["msg_1", "msg_2"]
    assert {hook.id for hook in receiver.received} == {"msg_1", "msg_2"}
    assert len(shop.ledger("orders")) == 2


def test_effects_and_kept_answers_survive_kill9(start):
    carrier = start("carrier", behaviour={"auto_advance": False})
    booking = {"reference": "OUT/1", "to": {"city": "X"}, "parcels": [{"weight": 1}]}
    first = carrier.call("POST", "/shipments", booking, {"Idempotency-Key": "k"})
    carrier.restart()
    again = carrier.call("POST", "/shipments", booking, {"Idempotency-Key": "k"})
    assert again.text == first.text and again.headers["Idempotent-Replayed"] == "true"
    assert len(carrier.ledger("shipments")) == 1


def test_killed_after_the_effect_before_the_answer(start):
    carrier = start("carrier", behaviour={"auto_advance": False})
    carrier.faults({"kind": "hang_after"})
    booking = {"reference": "OUT/1", "to": {"city": "X"}, "parcels": [{"weight": 1}]}
    with pytest.raises(requests.RequestException):
        carrier.call("POST", "/shipments", booking, {"Idempotency-Key": "k"}, timeout=0.3)
    carrier.wait_for("shipments")
    carrier.restart()
    again = carrier.call("POST", "/shipments", booking, {"Idempotency-Key": "k"})
    assert again.status_code == 201 and len(carrier.ledger("shipments")) == 1


def test_timers_and_settings_survive_kill9(start, receiver):
    wms = start("wms", behaviour={"delay": 2})
    wms.targets(shipment__confirmed=receiver.target())
    wms.behaviour(short={"A": 1})
    release = {
        "reference": "WH/PICK/00001",
        "warehouse": "WH",
        "lines": [{"line_id": 7, "sku": "A", "quantity": 3}],
    }
    wms.call("POST", "/releases", release, {"X-Correlation-ID": "corr"})
    wms.restart()
    [hook] = receiver.wait(1)
    event = json.loads(hook.body)
    assert event["data"]["lines"] == [{"line_id": 7, "sku": "A", "quantity": 1}]
    assert hook.headers["x-correlation-id"] == "corr" and hook.id == event["id"]


def test_sigterm_ends_it_cleanly_even_with_a_hanging_request(start):
    shop = start("shop")
    shop.faults({"kind": "hang"})
    with pytest.raises(requests.ReadTimeout):
        shop.call("GET", "/stock", timeout=0.2)
    process = shop._process
    process.terminate()
    assert process.wait(30) == 0


def test_ready_line_and_usage_errors(tmp_path):
    command = [sys.executable, "-m", "simulators.wms", "--ledger", str(tmp_path / "l.sqlite")]
    process = subprocess.Popen(command, cwd=SETUP, stdout=subprocess.PIPE, text=True)
    try:
        line = json.loads(process.stdout.readline())
        assert line["name"] == "wms"
        assert requests.get(f"http://127.0.0.1:{line['port']}/health", timeout=30).ok
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
        process.stdout.close()
    with pytest.raises(SimulatorError, match="Unknown settings"):
        Simulator("shop", ledger=tmp_path / "x.sqlite", config={"nonsense": 1}).start()


def test_it_ends_with_its_parent(tmp_path):
    code = (
        "from simulators.launcher import Simulator; import os\n"
        f"s = Simulator('shop', ledger={str(tmp_path / 'l.sqlite')!r}).start()\n"
        "print(s.pid, flush=True); os._exit(0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=SETUP, capture_output=True, text=True, check=True
    )
    pid, end = int(done.stdout), time.monotonic() + 30
    while _alive(pid):
        assert time.monotonic() < end, "the simulator outlived its parent"
        time.sleep(0.05)


def _alive(pid):
    try:
        os.kill(pid, 0)
        with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
            return stat.read().rsplit(")", 1)[1].split()[0] != "Z"
    except (ProcessLookupError, FileNotFoundError):
        return False
