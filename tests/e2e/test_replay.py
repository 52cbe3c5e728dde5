"""Replays by people, over real jobs, against a partner that counts its calls."""

from __future__ import annotations

import ledgers
from test_exceptions import bookings, exception_of, picking_of, ship, state_of
from world import World

from testing.waiting import wait_until


def test_replay_of_what_died(world: World) -> None:
    """Messages that died while the carrier was down are booked never, or twice, by a replay."""
    carrier = world.partners["carrier"]
    world.set_policy(max_attempts=2, base_seconds=1, cap_seconds=1)
    carrier.faults({"kind": "status", "status": 503, "path": "/shipments", "method": "POST"})
    keys = [ship(world, 61), ship(world, 62)]
    pickings = [picking_of(world, key) for key in keys]
    exceptions = [exception_of(world, picking) for picking in pickings]
    messages = [exception["message_id"][0] for exception in exceptions]
    carrier.clear_faults()

    operator = world.person("oscar")
    wizard = operator.call(
        "integration.replay.wizard",
        "create",
        {
            "scope": "selection",
            "message_ids": [(6, 0, messages)],
            "reason": "The carrier was down",
            "max_count": 10,
            "rate": 6,  # one message each ten seconds: two slices, two jobs
        },
    )
    replay = operator.call("integration.replay.wizard", "action_check", [wizard])["res_id"]
    names = ["state", "replay_count", "sent_count", "done_count", "progress"]

    def present() -> list[object]:
        [values] = operator.call("integration.replay", "read", [replay], names)
        return [values[name] for name in names]

    assert present()[:3] == ["draft", 2, 0]
    operator.call("integration.replay", "action_start", [replay])
    wait_until(lambda: present() == ["done", 2, 2, 2, 100.0], 150, "both replayed", interval=0.5)
    for exception, picking in zip(exceptions, pickings, strict=True):
        wait_until(lambda e=exception: state_of(world, e)[0] == "resolved", 30, "resolved")
        tried = bookings(world, picking)
        assert [request["status"] for request in tried] == [503, 503, 201]
        assert len({request["idempotency_key"] for request in tried}) == 1
    world.wait_completed(keys)
    ledgers.compare(world, keys)
    moments = world.query(
        "SELECT sent_at FROM integration_replay_line WHERE replay_id = %s ORDER BY id", replay
    )
    assert (moments[1][0] - moments[0][0]).total_seconds() >= 10
