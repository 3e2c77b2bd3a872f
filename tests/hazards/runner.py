"""Runs tests again and again without paying for pytest's start and its imports each time.

Started in a copy of the project as a script. It reads one line of JSON a run: the `tests`, the
`most_seconds` that they may take, whether it `keeps_bytecode`, and the `change` of a function, if
any. A child made by fork runs them, and the answer is a line of JSON: pytest's exit code (null
where the tests did not end in time), the tests that failed, what pytest printed, whether a test
failed only as it waited no longer, and a name without a value for which one failed.

    runner.py FOLDER          # nothing of the project is loaded before a run: any change is seen
    runner.py FOLDER FILE...  # these files of tests, and all that they import, are collected once

In the second, a change must be laid into what is loaded: the code of one function is exchanged, so
that whoever imported the function runs it, or a constant, also where it was imported. Where that
cannot be done, the answer is `CANNOT`.
Temporary files of tests are made in FOLDER, which is shared with no other runner at that moment.

A child of a process with several threads may hang: a lock that another thread holds at that moment
is never released there. So a file of tests may load no library that starts a thread (as pandas does
by pyarrow); a test loads it itself.

Tests that are stopped end none of the processes that they began. The runner does so: on Linux, a
process whose own parent has ended becomes its child.
"""

from __future__ import annotations

import ast
import ctypes
import json
import os
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from importlib import import_module
from itertools import zip_longest
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import IO, Any, TypeAlias

import psutil
import pytest

# A failed assertion is not explained: on a build server pytest would compare all lines of two large
# values for minutes, for nobody to read.
QUIET = ("-q", "-rfE", "--tb=no", "--no-header", "--assert=plain")
OPTIONS = ("-m", "", *QUIET, "-p", "no:cacheprovider")
CANNOT = 99  # exit code of a run whose change cannot be laid into what is loaded
CRASHED = 3  # as pytest's own: a fault of what runs the tests
PR_SET_CHILD_SUBREAPER = 36  # of Linux

RunTests: TypeAlias = "Callable[[Sequence[str], Failures], int]"


class Failures:
    """Plugin that keeps the tests whose call failed, by file and function.

    - `waited`: whether one failed only as it waited no longer.
    - `nameless`: the message where one failed for a name without a value; else empty.
    """

    def __init__(self) -> None:
        self.names: set[str] = set()
        self.waited = False
        self.nameless = ""

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep the name of a test that failed in one of its cases."""
        if report.failed and report.when == "call":
            self.names.add(name_of(report.nodeid))

    def pytest_exception_interact(self, call: pytest.CallInfo[None]) -> None:
        """Note the end of a wait, which Python and a browser call by one name; and lost names."""
        if call.excinfo is None:
            return
        self.waited |= call.excinfo.typename == "TimeoutError"
        if isinstance(call.excinfo.value, NameError):
            self.nameless = str(call.excinfo.value)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Leave out the further cases of a test that has failed."""
        if name_of(item.nodeid) in self.names:
            pytest.skip("failed in another case")


class Collected:
    """Plugin that answers runs where pytest would run all tests that it has collected."""

    def __init__(self, door: Door) -> None:
        self.door = door

    def pytest_runtestloop(self, session: pytest.Session) -> bool | None:
        """Answer runs until the input ends; leave it to pytest where a file cannot be loaded."""
        if session.testsfailed:
            return None
        if threads := other_threads():
            raise pytest.UsageError(f"files of tests start threads: {', '.join(threads)}")
        # by name now: a child that looked at all of them would copy all
        by_name: dict[str, list[pytest.Item]] = {}
        for item in session.items:
            by_name.setdefault(name_of(item.nodeid), []).append(item)
        self.door.answer(lambda tests, failures: self._run(session, by_name, tests, failures))
        return True

    @staticmethod
    def _run(
        session: pytest.Session,
        by_name: Mapping[str, Sequence[pytest.Item]],
        tests: Sequence[str],
        failures: Failures,
    ) -> int:
        if missing := set(tests) - by_name.keys():
            sys.stdout.write(f"not found: {', '.join(sorted(missing))}")
            return pytest.ExitCode.USAGE_ERROR
        items = [item for name, of_name in by_name.items() if name in tests for item in of_name]
        session.config.pluginmanager.register(failures)
        for item, after in zip_longest(items, items[1:]):
            session.config.hook.pytest_runtest_protocol(item=item, nextitem=after)
        return pytest.ExitCode.TESTS_FAILED if session.testsfailed else pytest.ExitCode.OK


class Door:
    """Where runs are asked for and answered: this process's input and output, kept from pytest.

    What pytest and the tests print goes to a file.
    """

    def __init__(self) -> None:
        self.asked = os.fdopen(os.dup(0))
        self.answered = os.fdopen(os.dup(1), "w")
        self.complained = os.fdopen(os.dup(2), "w")
        self.printed: IO[str] = tempfile.TemporaryFile("w+")  # noqa: SIM115  as long as the process
        for stream in (1, 2):
            os.dup2(self.printed.fileno(), stream)

    def answer(self, run_tests: RunTests) -> None:
        """Answer runs until the input ends."""
        for line in self.asked:
            asked = json.loads(line)
            self.printed.seek(0)
            self.printed.truncate()
            with tempfile.TemporaryFile("w+") as failed:
                code = run_in_child(run_tests, failed, **asked)
                failed.seek(0)
                names, *why = json.loads(failed.read() or '[[], false, ""]')
            self.answered.write(json.dumps([code, names, self.read_printed(), *why]) + "\n")
            self.answered.flush()

    def read_printed(self) -> str:
        """Read what was printed."""
        self.printed.seek(0)
        return self.printed.read()


def other_threads() -> list[str]:
    """List the names of this process's other threads, also of those that no Python code started."""
    tasks = Path("/proc/self/task")  # of Linux
    return [
        (task / "comm").read_text("utf-8").strip()
        for task in (sorted(tasks.iterdir()) if tasks.is_dir() else [])
        if int(task.name) != os.getpid()
    ]


def name_of(nodeid: str) -> str:
    """Return file and function of a test, without its case."""
    return nodeid.partition("[")[0]


def run_in_child(
    run_tests: RunTests,
    failed: IO[str],
    *,
    tests: Sequence[str],
    most_seconds: int,
    keeps_bytecode: bool,
    change: Mapping[str, str] | None,
) -> int | None:
    """Run tests in a child of this process; write those that failed to a file."""
    sys.stdout.flush()  # or both would print what is not yet written
    child = os.fork()
    if child == 0:
        code, failures = CRASHED, Failures()
        try:
            signal.alarm(most_seconds)
            sys.dont_write_bytecode = not keeps_bytecode
            if not keeps_bytecode:  # the processes that tests begin write none either
                os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
            laid_in = change is None or place_in(change)
            code = int(run_tests(tests, failures)) if laid_in else CANNOT
            json.dump([sorted(failures.names), failures.waited, failures.nameless], failed)
            failed.flush()
            sys.stdout.flush()
        finally:
            os._exit(code)
    ended, status = os.wait()
    while ended != child:  # what tests began and did not wait for
        ended, status = os.wait()
    if os.WIFEXITED(status):
        return os.WEXITSTATUS(status)
    end_children()
    return None


def adopt_orphans() -> None:
    """Make this process the parent of each process that it began whose own parent has ended.

    A browser and a server begin sessions of their own, which the end of a group does not reach.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def end_children() -> None:
    """End the children of this process, and theirs, which are its own as soon as these ended."""
    me = psutil.Process()
    while children := me.children():
        for one in children:
            one.kill()
            one.wait()


def place_in(change: Mapping[str, str]) -> bool:
    """Exchange a constant or the code of a loaded function; False where that cannot be done.

    - `change`: `module` and `symbol` of either, and the whole `source` that its module would have.
    """
    module = import_module(change["module"])
    if not callable(vars(module).get(change["symbol"], callable)):
        return _place_constant(module, change["symbol"], change["source"])
    code: CodeType | None = compile(change["source"], module.__file__ or "", "exec")
    place: Any = module
    for name in change["symbol"].split("."):
        found = [one for one in _codes(code) if one.co_name == name] if code else []
        code = found[0] if len(found) == 1 else None
        place = vars(place).get(name)
    if isinstance(place, staticmethod | classmethod):
        place = place.__func__
    elif isinstance(place, property | cached_property):
        place = place.fget if isinstance(place, property) else place.func
    while hasattr(place, "__wrapped__"):
        if hasattr(place, "cache_clear"):
            place.cache_clear()
        place = place.__wrapped__
    if not isinstance(place, FunctionType) or code is None:
        return False
    if place.__code__.co_freevars != code.co_freevars:
        return False
    place.__code__ = code
    return True


def _place_constant(module: ModuleType, name: str, source: str) -> bool:
    """Exchange a constant in its module and wherever it was imported from there by its name.

    What was computed of it as modules were loaded stays. Where tests therefore pass, they are run
    again with nothing loaded.
    """
    from tests.hazards.places import find_symbol  # of the copy, whose folder is known by now

    stated = find_symbol(ast.parse(source), name)
    if not isinstance(stated, ast.Assign | ast.AnnAssign) or not stated.value:
        return False
    old = vars(module)[name]
    new = eval(compile(ast.Expression(stated.value), module.__file__ or "", "eval"), vars(module))
    for one in [*sys.modules.values()]:
        has_it = getattr(one, "__dict__", {}).get(name) is old
        if one is module or (has_it and _imports(one, name, module.__name__)):
            setattr(one, name, new)
    return True


def _imports(module: ModuleType, name: str, origin: str) -> bool:
    """Return whether a module imports a name from another: small numbers of a name are alike."""
    tree = ast.parse(Path(module.__file__ or os.devnull).read_text("utf-8"))
    asked = [one for one in ast.walk(tree) if isinstance(one, ast.ImportFrom)]
    return any(one.module == origin and name in [each.name for each in one.names] for one in asked)


def _codes(code: CodeType) -> Iterator[CodeType]:
    return (one for one in code.co_consts if isinstance(one, CodeType))


def main(folder: str, *files: str) -> None:
    """Answer runs until the input ends."""
    sys.path[:] = [str(Path.cwd()), *sys.path[1:]]  # not this script's folder
    options = [*OPTIONS, f"--basetemp={folder}"]
    door = Door()
    adopt_orphans()
    if files:
        code = pytest.main([*options, *files], plugins=[Collected(door)])
        if code:
            door.complained.write(door.read_printed())
            door.complained.flush()
            raise SystemExit(code)
    else:
        load_libraries()
        door.answer(lambda tests, told: pytest.main([*options, *tests], plugins=[told]))


def load_libraries() -> None:
    """Load what most tests load."""
    import numpy
    import scipy.ndimage
    import scipy.spatial

    assert all((numpy, scipy))


if __name__ == "__main__":
    del __file__  # else each process that a test spawns would load this script, and pytest
    main(*sys.argv[1:])
