"""Take out one control after the other: the tests that name it must turn red.

A test is real only when it fails without what it tests. In a copy of the package each control of
`controls/` is taken out in turn, and only the tests that it names are run.

    python -m tests.hazards.mutate              # all controls
    python -m tests.hazards.mutate gzip f1      # those whose name holds one of these
    python -m tests.hazards.mutate --passed     # all, right after all tests passed here
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from time import monotonic
from types import TracebackType
from typing import NamedTuple, Self

import click

from tests.hazards.register import HERE, PROJECT, Control, read_controls

COPIED = (  # all that tests read: none fails in a copy for want of a file
    *("fl_planner", "tests", "sample_data", "docs", "benchmarks", "notebooks", "changes", ".ci"),
    *("pyproject.toml", "README.md", "CHANGELOG.md", "CITATION.cff", "CONTRIBUTING.md", "LICENSE"),
)
HALF_WRITTEN = shutil.ignore_patterns("*.pyc.*")  # bytecode, by another process at this moment
AT_ONCE = 2  # each copy collects all tests, and what `.ci/run` began fills the waits
LONG_S = 10  # of one control, which is named: a shorter test may hold it as well
MOST_S = 120  # of one control: tests that never end, not those of a slow machine
MOST_GREEN_S = 600  # of a share of all named tests
SHARES = 20  # of all named tests, before any control is taken out: none takes minutes
ENDLESS = "its tests do not end"
LATE = "its tests wait too long with it as well"
ALL_PASSED, SOME_FAILED = 0, 1  # what pytest returns; more: nothing was tested


@dataclass(frozen=True, slots=True)
class Run:
    """What the tests of one control said without it; `wrong` is empty where all turned red."""

    control: Control
    seconds: float
    wrong: str = ""


class Answer(NamedTuple):
    """What a run of tests gave: pytest's code, None where they do not end, and what it printed.

    - `failed`: tests that failed, by file and function.
    - `waited`: whether one failed only as it waited no longer.
    - `nameless`: the message where one failed for a name without a value; else empty.
    """

    code: int | None
    failed: list[str]
    output: str
    waited: bool
    nameless: str


class Runner:
    """A process that runs tests of a copy, each run in a child of its own [runner.py]."""

    def __init__(self, root: Path, loaded: Sequence[str] = ()) -> None:
        variables = {k: v for k, v in os.environ.items() if k != "PYTEST_ADDOPTS"}
        variables["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"  # what is loaded already is no fault
        variables.pop("PYTHONDONTWRITEBYTECODE", None)  # the runner says when it is written
        variables["HYPOTHESIS_PROFILE"] = "first-failure"  # no time for the smallest example
        variables["OPENBLAS_NUM_THREADS"] = "1"  # none beside the one that forks
        self.process = subprocess.Popen(
            [sys.executable, str(HERE / "runner.py"), str(root.parent / "tmp"), *loaded],
            cwd=root,
            env=variables,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(
        self,
        tests: Sequence[str],
        change: Mapping[str, str] | None = None,
        *,
        most_seconds: int,
        keeps_bytecode: bool = False,
    ) -> Answer:
        """Run these tests.

        - `change`: of a function that is loaded already.
        - `keeps_bytecode`: for later runs; never of a change, for two of one size and time look
          alike.
        """
        assert self.process.stdin
        assert self.process.stdout
        asked = {
            "tests": tests,
            "most_seconds": most_seconds,
            "keeps_bytecode": keeps_bytecode,
            "change": change,
        }
        self.process.stdin.write(json.dumps(asked) + "\n")
        self.process.stdin.flush()
        return Answer(*json.loads(self.process.stdout.readline()))


class Copy:
    """A copy of the project in which one file at a time is changed, and runners of its tests."""

    def __init__(self, folder: Path, tests: Sequence[str]) -> None:
        self.root = folder / "project"
        self.root.mkdir(parents=True)
        for name in COPIED:
            source, target = PROJECT / name, self.root / name
            if source.is_dir():
                shutil.copytree(source, target, ignore=HALF_WRITTEN)
            else:
                shutil.copy2(source, target)
        beside = PROJECT.parent / "shared"  # reference files, where tests look for them
        if beside.exists():
            (folder / "shared").symlink_to(beside)
        files = sorted({test.partition("::")[0] for test in tests})
        self._bare, self.loaded = Runner(self.root), Runner(self.root, files)

    def __enter__(self) -> Self:
        """Give itself; the runners are ended at the end."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the runners."""
        for runner in (self._bare, self.loaded):
            runner.process.communicate()

    def run_without(self, control: Control) -> Run:
        """Take a control out, run its tests, and put it back.

        It is taken out of its file, which every process that a test begins reads, and of what is
        loaded. Only where the tests then pass, or where it cannot be taken out of what is loaded,
        are they run with nothing loaded before. Tests that did not end are not run again, nor those
        of a script of the page, which is never loaded. Where a test waited no longer, all must pass
        in that time with the control.
        """
        started = monotonic()
        file = self.root / control.file
        text, before = file.read_text("utf-8"), file.stat()
        module, _, symbol = control.guard.partition(":")
        tests = control.tests
        try:
            without = control.taken_out(text)
            file.write_text(without, "utf-8")
            os.utime(file, (before.st_atime, before.st_mtime - 1000))  # no stale bytecode
            change = {"module": module, "symbol": symbol, "source": without}
            laid = None if control.is_script else change
            answer = self.loaded.run(tests, laid, most_seconds=MOST_S)
            wrong = _judge(tests, answer)
            if wrong and wrong != ENDLESS and laid:
                answer = self._bare.run(tests, most_seconds=MOST_S)
                wrong = _judge(tests, answer)
        except LookupError as error:
            return Run(control, monotonic() - started, str(error.args[0]))
        finally:
            file.write_text(text, "utf-8")
            os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
        if answer.waited and not wrong:
            with_it = self.loaded.run(tests, most_seconds=MOST_S)
            wrong = "" if with_it.code == ALL_PASSED else LATE
        return Run(control, monotonic() - started, wrong)


def _judge(tests: Sequence[str], answer: Answer) -> str:
    if answer.code is None:
        return ENDLESS
    if answer.code == ALL_PASSED:
        return "all of its tests still pass"
    if answer.code != SOME_FAILED:
        return f"its tests cannot be run:\n{answer.output}"
    if answer.nameless:  # the code does not run, so its tests show nothing
        return f"the code without it is not whole: {answer.nameless}"
    still = sorted(set(tests) - set(answer.failed))
    return f"still passes: {', '.join(still)}" if still else ""


def run(controls: Sequence[Control], folder: Path, *, passed: bool = False) -> Iterable[Run]:
    """Take each control out in turn, in several copies at once; give them in order.

    - `passed`: whether all tests passed a moment ago, in the project that is copied; else those
      that are named must pass first.
    """
    free: SimpleQueue[Copy] = SimpleQueue()

    def look(control: Control) -> Run:
        with _borrow(free) as copy:
            return copy.run_without(control)

    def require_green(tests: Sequence[str]) -> None:
        with _borrow(free) as copy:
            answer = copy.loaded.run(tests, most_seconds=MOST_GREEN_S, keeps_bytecode=True)
        if answer.code != ALL_PASSED:
            raise click.ClickException(
                f"tests fail before any control is taken out:\n{answer.output}"
            )

    with ThreadPoolExecutor(AT_ONCE) as pool, ExitStack() as stack:
        named = sorted({test for control in controls for test in control.tests})
        for n in range(AT_ONCE):
            free.put(stack.enter_context(Copy(folder / str(n), named)))
        # one a copy also where none has to pass: it is answered once all files are loaded, and a
        # control that is taken out before would stay out of what is loaded
        tests = [] if passed else named
        shares = max(AT_ONCE, min(SHARES, len(tests)))
        [*pool.map(require_green, (tests[n::shares] for n in range(shares)))]
        yield from pool.map(look, controls)


@contextmanager
def _borrow(free: SimpleQueue[Copy]) -> Iterator[Copy]:
    copy = free.get()
    try:
        yield copy
    finally:
        free.put(copy)


@click.command()
@click.argument("parts", nargs=-1)
@click.option("--passed", is_flag=True, help="All tests passed a moment ago, in this folder.")
def main(parts: tuple[str, ...], passed: bool) -> None:
    """Take controls out, all or those whose name holds one of PARTS.

    Of all of them, those that turn red are counted, and named only where they take long.
    """
    controls = [c for c in read_controls() if not parts or any(part in c.name for part in parts)]
    started, survived = monotonic(), 0
    with tempfile.TemporaryDirectory() as folder:
        for done in run(controls, Path(folder), passed=passed):
            survived += bool(done.wrong)
            if not parts and not done.wrong and done.seconds < LONG_S:
                continue
            said = "red" if not done.wrong else f"NOT HELD: {done.wrong}"
            held = " ".join(done.control.hazards)
            click.echo(f"{done.control.name:<34} {held:<16} {done.seconds:5.1f} s  {said}")
    seconds = monotonic() - started
    click.echo(f"{len(controls)} controls, {survived} not held, {seconds:.0f} s")
    if survived:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
