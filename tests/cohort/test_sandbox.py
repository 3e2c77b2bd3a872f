"""A case that takes too much, or whose process is ended, ends alone."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from fl_planner.cohort.engine import sandbox as room
from fl_planner.cohort.engine.sandbox import MOST_TRIES, Attempt, Bounds, Sandbox
from tests.cases import each_case

pytest.importorskip("psutil")
MIB = 1 << 20
ROOMY = Bounds(1 << 30, 60.0)
ANSWERS = """\
import sys
while True:
    told = sys.stdin.buffer.read(5)
    sys.stdout.buffer.write((5).to_bytes(8, "big") + told.upper())
    sys.stdout.flush()
"""
HAS_A_VARIABLE = """\
import os, sys
name = sys.stdin.buffer.read(22).decode()
text = os.environ.get(name, "not set").encode()
sys.stdout.buffer.write(len(text).to_bytes(8, "big") + text)
sys.stdout.flush()
"""
WAITS = "import time; time.sleep(60)"
GROWS = "held = bytearray(400 << 20); import time; time.sleep(60)"
IS_KILLED = "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"
CRASHES = "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)"
HAS_A_DEFECT = "raise SystemExit(1)"


@pytest.fixture
def child(monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    """Give a sandbox whose children run a script of the test."""
    monkeypatch.setattr(room, "CHILD", (sys.executable, "-c", ANSWERS))
    held = Sandbox()
    yield held
    held.end()


def test_a_child_stays_for_the_next_case(child: Sandbox) -> None:
    assert child.run(b"first", ROOMY) == Attempt(b"FIRST")
    first = child.child
    assert child.run(b"again", ROOMY) == Attempt(b"AGAIN")
    assert child.child is first


def test_a_child_keeps_freed_memory_although_its_worker_returns_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Dask sets the variable for workers; a child then spends a third of its time on pages."""
    monkeypatch.setenv("MALLOC_TRIM_THRESHOLD_", "65536")
    monkeypatch.setattr(room, "CHILD", (sys.executable, "-c", HAS_A_VARIABLE))
    held = Sandbox()
    assert held.run(b"MALLOC_TRIM_THRESHOLD_", ROOMY) == Attempt(b"not set")
    held.end()


@pytest.mark.slow
@each_case(
    "script, bounds, attempt",
    {
        "time": (WAITS, Bounds(1 << 30, 0.3), Attempt(None, "took longer than 0.005 min")),
        "memory": (
            GROWS,
            Bounds(200 * MIB, 60),
            Attempt(None, "required more than 0.195312 GiB of memory"),
        ),
        "killed": (
            IS_KILLED, ROOMY,
            Attempt(
                None,
                "its process was terminated from outside (signal 9) in each of 3 attempts",
                MOST_TRIES,
            ),
        ),
        "defect": (
            HAS_A_DEFECT, ROOMY,
            Attempt(
                None,
                "this is a defect in fl_planner; please report it, and plan the case on its own to "
                "locate the fault (status 1)",
            ),
        ),
        "crash": (
            CRASHES, ROOMY,
            Attempt(
                None,
                "this is a defect in fl_planner; please report it, and plan the case on its own to "
                "locate the fault (signal 11)",
            ),
        ),
    },
)  # fmt: skip
def test_what_ends_a_case_is_reported_and_the_next_is_planned(
    script: str, bounds: Bounds, attempt: Attempt, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = Sandbox()
    monkeypatch.setattr(room, "CHILD", (sys.executable, "-c", script))
    assert held.run(b"first", bounds) == attempt
    monkeypatch.setattr(room, "CHILD", (sys.executable, "-c", ANSWERS))
    assert held.run(b"again", ROOMY) == Attempt(b"AGAIN")
    held.end()


def require_end_with_stdin() -> None:
    held = Sandbox()
    child = held._begin()
    assert child.stdin is not None
    child.stdin.close()
    assert child.wait(60) == 0
    held.end()


@pytest.mark.slow
def test_a_child_imports_nothing_from_the_working_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("random", "fl_planner", "numpy", "pickle", "queue"):
        trap = f"import pathlib\npathlib.Path({str(tmp_path / 'caught')!r}).touch()\n"
        (tmp_path / f"{name}.py").write_text(trap, "utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(room, "SAFE_PATH", {})  # either rule holds by itself
    require_end_with_stdin()
    assert not (tmp_path / "caught").exists()


@pytest.mark.slow
def test_a_case_of_another_version_is_reported_at_once() -> None:
    """A worker of Dask passes bytes; its child then waited for the time limit of the case."""
    held = Sandbox()
    attempt = held.run(b"cfl_planner.cohort.moved\nGone\n.", ROOMY)
    reason = "its worker cannot read the case: it has a different version of fl_planner"
    assert attempt == Attempt(None, reason)
    held.end()


@pytest.mark.slow
def test_a_child_ends_with_its_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    """At the end of stdin nobody would take the answer."""
    require_end_with_stdin()
