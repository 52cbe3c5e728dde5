"""Programs of a stage: so many at once, in turn, none forgotten, none left behind."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from testing.claims import Claims
from testing.running import end_group, run_in_turn
from testing.waiting import wait_until

CLAIM = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from testing.claims import Claims
claims = Claims(Path(sys.argv[2]))
print(*(name for name in map(str, range(300)) if claims.take(name)))
"""


SERVER = """
import sys, time
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from testing.processes import ManagedProcess
from testing.running import interrupt_when_told
interrupt_when_told()
folder = Path(sys.argv[2])
with ManagedProcess(["sleep", "600"], folder / "server.log") as server:
    (folder / "pid").write_text(str(server.pid))
    time.sleep(600)
"""


def script(folder: Path, text: str, number: int) -> tuple[list[str], Path]:
    """Return a program of the shell and its log."""
    return ["sh", "-c", f"cd {folder}\n{text}"], folder / f"{number}.log"


def test_the_next_begins_where_one_ends(tmp_path: Path) -> None:
    """A long program keeps those waiting that stand behind it, while the other place is idle."""
    texts = ["until [ -e third ]; do sleep 0.05; done", "exit 3", "touch third"]
    programs = [script(tmp_path, text, number) for number, text in enumerate(texts)]
    assert run_in_turn(programs, 2, timeout=60) == [0, 3, 0]


def test_no_more_than_so_many_at_once(tmp_path: Path) -> None:
    """More programs run side by side than the machine was meant to bear."""
    (tmp_path / "running").mkdir()
    text = """touch running/$$; sleep 0.05; found=$(ls running | wc -l); rm running/$$
              [ $found -le 2 ]"""
    programs = [script(tmp_path, text, number) for number in range(6)]
    assert run_in_turn(programs, 2, timeout=60) == [0] * 6


def test_what_does_not_end_is_ended(tmp_path: Path) -> None:
    """A program that hangs is waited for, or goes on; those behind it count as passed."""
    programs = [script(tmp_path, "echo $$ > pid; exec sleep 600", 0), script(tmp_path, "true", 1)]
    assert run_in_turn(programs, 1, timeout=1) == [-1, -1]
    pid = (tmp_path / "pid").read_text(encoding="utf-8").strip()
    assert not Path(f"/proc/{pid}").exists()


def test_what_is_ended_puts_its_servers_away(tmp_path: Path) -> None:
    """A run of tests is broken off, and its Odoo servers go on for days."""
    setup = str(Path(__file__).resolve().parents[3] / "setup")
    command = [sys.executable, "-c", SERVER, setup, str(tmp_path)]
    told = tmp_path / "pid"
    run = subprocess.Popen(command, start_new_session=True)
    try:
        wait_until(lambda: told.exists() and told.read_text("utf-8"), 60, "its server")
    finally:
        end_group(run)
    assert not Path(f"/proc/{told.read_text('utf-8')}").exists()


def test_each_thing_is_taken_once(tmp_path: Path) -> None:
    """Two processes run the same class of tests, or none does."""
    setup = str(Path(__file__).resolve().parents[3] / "setup")
    command = [sys.executable, "-c", CLAIM, setup, str(tmp_path)]
    askers = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _asker in range(3)]
    taken = [name for asker in askers for name in asker.communicate()[0].split()]
    assert sorted(taken, key=int) == [str(number) for number in range(300)]


def test_nothing_is_shared_without_a_folder() -> None:
    """One process alone leaves out what it asked for before."""
    claims = Claims(None)
    assert claims.take("a") and claims.take("a")
