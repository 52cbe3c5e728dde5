"""The demonstration: provisioned, seeded, running, and playing its scenario.

Run by ``./setup/demo.sh``; see ``--help``.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import shutil
import signal
import sys
import threading
from pathlib import Path
from types import FrameType

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from demo.scenario import Scenario  # noqa: E402
from demo.stack import Stack, StackEnded, seeded_template  # noqa: E402
from provision import databases, postgres, stamps  # noqa: E402
from provision.errors import ProvisionError  # noqa: E402
from provision.progress import step  # noqa: E402
from simulators.launcher import SimulatorError  # noqa: E402
from testing.processes import ServerEnded  # noqa: E402
from testing.waiting import NotInTime, port_refusal  # noqa: E402

DATABASE = "integration_demo"
PORT = 8069
LOOK = """
  {url}    database {database}, sign in as admin/admin

  First switch both companies on at the top right: the European orders belong to the second one.

  What to look at
    Integrations > Control Tower     what is late, at risk, open and broken, live
    Integrations > Operations        the orders' Transactions with their milestones, Issues, and
      Exceptions: press Retry on “{retry}”,
      the carrier works again
    Integrations > Reporting > Log   every call, delivery, scheduled action and job; also Queues
    Integrations > Operations > Subscriptions, Integrations > Configuration > Gates
                                     two partners that are told of events; an invoice that waits
    Integrations > Configuration > Discovered
                                     after a minute: a host that some module called
    Sales > Orders > Orders          each order says what it waits for ({url}/odoo/orders),
    Purchase > Orders                so does each purchase, its receipt and its bill
    Inventory > Operations > Order Progress
                                     the return {back}: its goods are here, its refund is due
    Purchase > Orders                {dropship}: the vendor ships to the customer, and has not yet
    as wendy/wendy (warehouse) or sam/sam (support): the same, as they see it
    {url}/integration/health         whether this installation works
    {url}/integration/metrics        Prometheus (make a token in the settings)
"""


def say(text: str) -> None:
    """Print one line at once."""
    print(text, flush=True)


def folder_of(database: str) -> Path:
    """Return the folder for ledgers and logs of a demonstration's database."""
    return postgres.folder("demo") / ("run" if database == DATABASE else database)


def prepare(database: str, fresh: bool) -> dict[str, object]:
    """Provide the demonstration's database; return the output of its seeding.

    The database of an earlier run is kept, unless the suite's files changed or *fresh* asks for
    a new one.
    """
    template, seed = seeded_template()
    folder = folder_of(database)
    mark = folder / "template"
    known = mark.read_text(encoding="utf-8") if mark.exists() else ""
    if fresh or known != template or not databases.exists(database):
        with step("Database of the demonstration"):
            databases.drop(database)
            shutil.rmtree(folder, ignore_errors=True)
            databases.clone(template, database)
        folder.mkdir(parents=True)
        mark.write_text(template, encoding="utf-8")
    return seed


def start(arguments: argparse.Namespace) -> int:
    """Check that nothing is in the way before anything is touched, then run."""
    running = (
        f"A demonstration with the database {arguments.database} runs already; "
        "end it with Ctrl-C, or run another beside it with --port and --database."
    )
    with stamps.only_one(f"demo-{arguments.database}", running):
        if refusal := port_refusal(arguments.port):
            raise ProvisionError(f"Port {arguments.port} {refusal}; choose another with --port.")
        return run(arguments)


def run(arguments: argparse.Namespace) -> int:
    """Start everything, play, wait for an interrupt; return the exit code."""
    stop = threading.Event()

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        stop.set()
        raise KeyboardInterrupt

    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupt)
    database = arguments.database
    seed = prepare(database, arguments.fresh)
    stack = Stack(database, seed, folder_of(database), port=arguments.port)
    with contextlib.ExitStack() as exits:
        with step("Starting the partner systems and Odoo"):
            exits.enter_context(stack)
        say(f"Odoo runs at {stack.odoo.url} (database {database}, admin/admin)")
        for name, partner in stack.partners.items():
            say(f"  partner {name}: {partner.url}")
        scenario = Scenario(stack)
        missed = scenario.play(lambda text: say(f"· {text}"))
        say(
            LOOK.format(
                url=stack.odoo.url,
                database=database,
                retry=scenario.retry or "the carrier's exception",
                back=scenario.back,
                dropship=scenario.dropship,
            )
        )
        if arguments.once:
            return 1 if missed else 0
        say("  New orders keep coming. Press Ctrl-C to stop.\n")
        try:
            scenario.trickle(stop)
        except KeyboardInterrupt:
            say("Stopping …")
    return 0


def main() -> int:
    """Parse the command line and run."""
    parser = argparse.ArgumentParser(prog="./setup/demo.sh", description=__doc__)
    parser.add_argument("--port", type=int, default=PORT, help="where Odoo listens (8069)")
    parser.add_argument("--database", default=DATABASE, help="its database (integration_demo)")
    parser.add_argument("--fresh", action="store_true", help="start from a new database")
    parser.add_argument("--once", action="store_true", help="end when the scenario has been played")
    try:
        return start(parser.parse_args())
    except KeyboardInterrupt:
        say("Stopped.")
        return 130
    except (
        ProvisionError,
        ServerEnded,
        StackEnded,
        SimulatorError,
        NotInTime,
        json.JSONDecodeError,
    ) as error:
        print(f"demo: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
