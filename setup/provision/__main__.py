"""Command line of the provisioning, called by the scripts in ``setup/``.

``python -m provision odoo ARG…``      provision, then run Odoo's command line
``python -m provision run PROGRAM ARG…``  provision, then run a program in Odoo's environment
``python -m provision test ARG…``      provision, then run the tests
``python -m provision lint ARG…``      provide the linters, then run them
``python -m provision runtime``        provision only
``python -m provision postgres start|stop|status``
"""

from __future__ import annotations

import os
import sys

from . import addons, config, odoo_package, paths, postgres, stamps, venv
from .errors import ProvisionError


def provide_runtime() -> None:
    """Provide Odoo, its Python packages, the addon links and the configuration file."""
    paths.WORK.mkdir(exist_ok=True)
    with stamps.lock("runtime"):
        venv.check_python()
        odoo_package.provide()
        venv.provide_runtime()
        addons.link()
        config.write()


def odoo(arguments: list[str]) -> None:
    """Replace this process by Odoo's command line."""
    run([str(venv.python()), str(config.program()), *arguments])


def run(arguments: list[str]) -> None:
    """Replace this process by a program in Odoo's environment, with PostgreSQL running."""
    provide_runtime()
    postgres.hold()
    if not arguments:
        raise ProvisionError("No program given to run.")
    os.execvpe(arguments[0], arguments, config.environment())


def test(arguments: list[str]) -> None:
    """Replace this process by the test runner."""
    run([str(venv.python()), str(paths.SETUP / "testing" / "main.py"), *arguments])


def lint(arguments: list[str]) -> None:
    """Replace this process by the linters, which need neither Odoo nor a database."""
    venv.check_python()
    os.execvpe(sys.executable, [sys.executable, "-m", "testing.linting", *arguments], os.environ)


def postgres_command(arguments: list[str]) -> None:
    """Start and keep, stop, or show the embedded PostgreSQL."""
    action = arguments[0] if arguments else "status"
    if action == "start":
        provide_runtime()
        postgres.keep()
    elif action == "stop":
        postgres.stop()
    elif action != "status":
        raise ProvisionError(f"Unknown action {action}: start, stop or status.")
    if postgres.is_external():
        print(f"external server {os.environ['PGHOST']}")
    elif running := postgres.pid():
        variables = " ".join(f"{name}={value}" for name, value in postgres.connection().items())
        print(f"running, process {running}: {variables}")
    else:
        print("stopped")


def main(arguments: list[str]) -> int:
    """Run one command; an error of provisioning is one line and exit code 1."""
    command = arguments[0] if arguments else ""
    commands = {
        "odoo": odoo,
        "run": run,
        "test": test,
        "lint": lint,
        "runtime": lambda _arguments: provide_runtime(),
        "postgres": postgres_command,
    }
    if command not in commands:
        print(__doc__, file=sys.stderr)
        return 2
    try:
        commands[command](arguments[1:])
    except ProvisionError as error:
        print(f"setup: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
