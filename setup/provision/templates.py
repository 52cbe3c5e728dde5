"""Template databases: Odoo with the base modules, with the suite, and with bundles of its pages.

Each is built once per content and copied in about a second. The base template is kept in the
user's cache as well (embedded PostgreSQL only): a second clone of the project need not build it.
Runs in the run-time environment, as ``databases`` does.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from . import addons, config, databases, odoo_package, paths, postgres, progress, stamps, venv
from .errors import ProvisionError

BASE_MODULES = (
    "sale_management", "stock", "account", "stock_delivery", "purchase_stock",
    "stock_dropshipping", "queue_job",
)  # fmt: skip
BASE_PREFIX, SUITE_PREFIX, BUILD_PREFIX = "im_base_", "im_suite_", "im_build_"
PAGES_PREFIX = "im_pages_"
#: Counted up when templates are made in another way.
FORMAT = 2
#: Odoo's command line, which writes down what the log of an installation has to complain of.
WATCHED = paths.SETUP / "testing" / "odoo_launcher.py"
#: Makes the bundles as Odoo does before tests that open pages: it finds them, and makes none.
BUNDLES = """
pages = env(context={})["ir.qweb"]
scripts, styles = pages._get_bundles_to_pregenarate()
# What pages of the backend load when they need it.
scripts |= {
    "bus.websocket_worker_assets", "web.assets_backend_lazy", "web.assets_emoji", "web.chartjs_lib",
}
styles |= {"web.assets_backend_lazy"}
# The largest are of pages that no test opens.
without = {
    "api_doc.assets",
    "mail.assets_discuss_public_test_tours",
    "mail.assets_public",
    "spreadsheet.public_spreadsheet",
    "web.assets_web_dark",
    "web.qunit_suite_tests",
    "web.tests_assets",
}
for name in sorted(scripts - without):
    pages._get_asset_bundle(name, css=False, js=True).js()
for name in sorted(styles - without):
    pages._get_asset_bundle(name, css=True, js=False).css()
env.cr.commit()
"""
#: How many suite templates stay, and for how many seconds an unused one does.
KEEP_TEMPLATES, KEEP_SECONDS = 3, 7 * 24 * 3600
#: Files that do not change what a database contains.
IGNORED_PARTS = {"__pycache__", "tests", "readme", "node_modules"}


def base_template() -> str:
    """Return the name of the template with Odoo's base modules, building it if need be."""
    key = base_key()
    name = BASE_PREFIX + stamps.digest(key, paths.database_id())[:10]
    with stamps.lock("templates"):
        if databases.exists(name) and databases.filestore(name).is_dir():
            _used(name)
            return name
        databases.drop(name)
        _sweep(BASE_PREFIX, keep={name}, count=0)
        build = f"{BUILD_PREFIX}{name}"
        databases.drop(build)
        archive = paths.cache() / "templates" / f"base-{key}"
        if not _restore(archive, build):
            with progress.step("Template database with Odoo's base modules (once)"):
                databases.create(build)
                # Odoo notes every addon on its path in the database: the suite's must not be there.
                bare = config.write(paths.WORK / "conf" / "base.conf", with_suite=False)
                install(build, BASE_MODULES, bare)
            _save(archive, build)
        databases.rename(build, name)
        databases.freeze(name)
        _used(name)
    return name


def base_key() -> str:
    """Return the hash of what the base template is made from."""
    queue_job = (venv.queue_job_addons() / "queue_job" / "__manifest__.py").read_text("utf-8")
    return stamps.digest(odoo_package.build(), queue_job, BASE_MODULES, FORMAT)


def suite_template(modules: Iterable[str] = ()) -> str:
    """Return the name of a template with addons of the suite installed on the base modules.

    :param modules: technical names; by default every addon of the clone
    """
    chosen = sorted(modules or addons.installable_names())
    base = base_template()
    key = stamps.digest(base, chosen, _content(), WATCHED.with_name("log_watch.py"))
    name = SUITE_PREFIX + key[:10]

    def fill(build: str) -> None:
        install(build, chosen, program=[WATCHED, install_results(name)])

    what = "Template database with the suite (once per version of its files)"
    _provide(name, base, what, fill, keep=KEEP_TEMPLATES)
    return name


def pages_template(suite: str) -> str:
    """Return the name of a copy of a suite template that has the bundles of its pages.

    Scripts and styles of all addons are put together and compiled for half a minute: by each
    process that runs tests with pages, if it does not find them.
    """
    name = PAGES_PREFIX + stamps.digest(suite, BUNDLES)[:10]

    def fill(build: str) -> None:
        program = [WATCHED, install_results(name), "shell"]
        _odoo(program, build, [], f"Making bundles in {build}", script=BUNDLES)

    _provide(name, suite, "Template database with the bundles of pages", fill, keep=1)
    return name


def _provide(name: str, source: str, what: str, fill: Callable[[str], None], *, keep: int) -> None:
    """Make a template of a copy of another one, unless it is there; drop those beyond *keep*.

    :param fill: takes the name of the copy, and writes ``install_results`` of the template
    """
    with stamps.lock("templates"):
        made = databases.exists(name) and databases.filestore(name).is_dir()
        if not (made and install_results(name).exists()):
            databases.drop(name)
            build = f"{BUILD_PREFIX}{name}"
            databases.drop(build)
            with progress.step(what):
                databases.clone(source, build)
                install_results(name).parent.mkdir(parents=True, exist_ok=True)
                fill(build)
            databases.rename(build, name)
            databases.freeze(name)
        _used(name)
        _sweep(name[: name.rindex("_") + 1], keep={name}, count=keep)


def install_results(name: str) -> Path:
    """Return the file that tells of warnings and errors while a template was made.

    Tests report them whichever run made the template; see ``testing/log_watch.py``.
    """
    return postgres.folder("installations") / f"{name}.json"


def install(
    database: str,
    modules: Iterable[str],
    conf: Path | None = None,
    program: Iterable[Path | str] = (),
) -> None:
    """Install modules into a database by Odoo's command line.

    :param conf: configuration file, by default the clone's
    :param program: runs in place of Odoo's own program, with these arguments in front
    :raise ProvisionError: when Odoo ends with an error; the message names its log
    """
    arguments = ["-i", ",".join(modules), "--stop-after-init", "--without-demo"]
    what = f"Installing {', '.join(modules)}"
    _odoo(list(program) or [config.program()], database, arguments, what, conf)


def _odoo(
    program: Iterable[Path | str],
    database: str,
    arguments: Iterable[str],
    what: str,
    conf: Path | None = None,
    script: str = "",
) -> None:
    """Run Odoo's command line on a database; its log stays when it fails.

    :param what: what it is done for, for the message
    :param script: what a shell reads
    """
    paths.LOGS.mkdir(parents=True, exist_ok=True)
    log = paths.LOGS / f"install-{database}.log"
    command = [str(venv.python()), *map(str, program), "-d", database, *arguments]
    command += ["--no-http", "--max-cron-threads=0"]
    with log.open("w", encoding="utf-8") as handle:
        result = subprocess.run(
            command,
            input=script,
            text=True,
            env=config.environment(conf),
            stdout=handle,
            stderr=subprocess.STDOUT,
            check=False,
        )
    if result.returncode:
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
        words = [line for line in lines if re.search(r"Error\b|CRITICAL", line)] or lines or ["-"]
        raise ProvisionError(f"{what} failed: {words[-1][:300]} — see {log}")
    log.unlink()


def _content() -> list[str]:
    """Return the hash of every file of the suite that an installed database depends on."""
    found = []
    for name in addons.suite_names():
        source = addons.source_of(name)
        files = source.glob("__manifest__.py") if name == paths.SUITE else source.rglob("*")
        for file in sorted(files):
            if file.is_file() and not IGNORED_PARTS & set(file.relative_to(source).parts):
                digest = hashlib.sha256(file.read_bytes()).hexdigest()
                found.append(f"{name}/{file.relative_to(source)} {digest}")
    return found


def _used(name: str) -> None:
    marks = paths.WORK / "templates"
    marks.mkdir(parents=True, exist_ok=True)
    (marks / name).touch()


def _sweep(prefix: str, *, keep: set[str], count: int) -> None:
    """Drop templates of this clone that are old or beyond *count*."""
    marks = paths.WORK / "templates"
    own = sorted(
        (mark for mark in marks.glob(f"{prefix}*") if mark.name not in keep),
        key=lambda mark: mark.stat().st_mtime,
        reverse=True,
    )
    for place, mark in enumerate(own, start=len(keep)):
        if place >= count or time.time() - mark.stat().st_mtime > KEEP_SECONDS:
            databases.drop(mark.name)
            install_results(mark.name).unlink(missing_ok=True)
            mark.unlink()


def _save(archive: Path, database: str) -> None:
    """Keep a database and its filestore in the cache, for the next clone."""
    folder = postgres.binaries()
    if folder is None:
        return
    part = archive.with_name(f"{archive.name}.{os.getpid()}")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    command = [folder / "pg_dump", "-Fc", "-Z1", "--no-owner", "-f", part / "database", database]
    if subprocess.run(command, env=config.environment(), check=False).returncode == 0:
        if databases.filestore(database).is_dir():
            shutil.copytree(databases.filestore(database), part / "filestore")
        shutil.rmtree(archive, ignore_errors=True)
        part.rename(archive)
    shutil.rmtree(part, ignore_errors=True)


def _restore(archive: Path, database: str) -> bool:
    """Bring a database back from the cache; return whether it was there and whole."""
    folder = postgres.binaries()
    if folder is None or not (archive / "database").exists():
        return False
    with progress.step("Template database with Odoo's base modules (from the cache)"):
        databases.create(database)
        command = [folder / "pg_restore", "-j2", "--no-owner", "-d", database, archive / "database"]
        done = subprocess.run(
            command, env=config.environment(), capture_output=True, check=False
        ).returncode
        if done:
            databases.drop(database)
            return False
        if (archive / "filestore").is_dir():
            shutil.copytree(archive / "filestore", databases.filestore(database))
    return True
