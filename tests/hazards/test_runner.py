"""A change that is laid into what is loaded: whoever imported the function runs the other code."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

import psutil
import pytest

from tests.cases import each_case
from tests.hazards import mutate
from tests.hazards.mutate import Copy, Runner
from tests.hazards.register import Control
from tests.hazards.removal import Removal
from tests.hazards.runner import CANNOT, place_in

SOURCE = """
from contextlib import contextmanager
from functools import cached_property, lru_cache

LIMIT = 1


def plain():
    return 1


@lru_cache
def kept():
    return 1


@contextmanager
def within():
    yield 1


def make(number):
    def inner():
        return number + 0
    return inner


closed = make(1)


class Noun:
    def method(self):
        return 1

    @staticmethod
    def static():
        return 1

    @property
    def asked(self):
        return 1

    @cached_property
    def found(self):
        return 1
"""


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    (tmp_path / "changed_module.py").write_text(SOURCE, "utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    import changed_module  # type: ignore[import-not-found]

    yield changed_module
    del sys.modules["changed_module"]


def change(symbol: str, one: str = "return 1", other: str = "return 2") -> dict[str, str]:
    source = SOURCE.replace(one, other)
    return {"module": "changed_module", "symbol": symbol, "source": source}


def test_a_function_is_exchanged_where_it_was_imported(module: ModuleType) -> None:
    imported = module.plain
    assert place_in(change("plain"))
    assert imported() == 2


@each_case("name", {"a method": "method", "a static one": "static"})
def test_a_method_is_exchanged(name: str, module: ModuleType) -> None:
    noun = module.Noun()
    assert place_in(change(f"Noun.{name}"))
    assert getattr(noun, name)() == 2


@each_case("name", {"a property": "asked", "one that is kept": "found"})
def test_a_property_is_exchanged(name: str, module: ModuleType) -> None:
    assert place_in(change(f"Noun.{name}"))
    assert getattr(module.Noun(), name) == 2


def test_an_answer_that_was_kept_is_forgotten(module: ModuleType) -> None:
    assert module.kept() == 1
    assert place_in(change("kept"))
    assert module.kept() == 2


def test_what_a_decorator_calls_is_exchanged(module: ModuleType) -> None:
    assert place_in(change("within", "yield 1", "yield 2"))
    with module.within() as number:
        assert number == 2


def test_a_constant_is_exchanged_where_it_was_imported_and_nowhere_else(
    module: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One number is one object, whichever constants of a name have it."""
    seen = {}
    for name, source in {
        "importing": "from changed_module import LIMIT\n",
        "another": "LIMIT = 1\n",
    }.items():
        path = tmp_path / f"{name}.py"
        path.write_text(source, "utf-8")
        seen[name] = ModuleType(name)
        vars(seen[name])["__file__"] = str(path)
        exec(source, vars(seen[name]))
        monkeypatch.setitem(sys.modules, name, seen[name])
    assert place_in(change("LIMIT", "LIMIT = 1", "LIMIT = min(2, 3)"))
    assert module.LIMIT == seen["importing"].LIMIT == 2
    assert seen["another"].LIMIT == 1


@each_case("symbol", {"a class": "Noun", "a name made by a call": "closed"})
def test_what_cannot_be_exchanged_is_stated(symbol: str, module: ModuleType) -> None:
    assert not place_in(change(symbol))
    assert (module.plain(), module.Noun().method(), module.closed()) == (1, 1, 1)


def plain_by(test: str) -> Control:
    """State a control of the changed module, by its test."""
    removal = Removal("plain", "gives", "", "2")
    return Control("wait", (), "", "", "changed_module:plain", removal, (test,))


@contextmanager
def copied(folder: Path, *files: str) -> Iterator[Copy]:
    """Make a copy that has no bare runner: none may be asked."""
    (folder / "changed_module.py").write_text(SOURCE, "utf-8")
    loaded = Runner(folder, files)
    copy = Copy.__new__(Copy)
    copy.root, copy.loaded = folder, loaded
    try:
        yield copy
    finally:
        loaded.process.communicate()


@pytest.mark.slow
def test_tests_that_do_not_end_are_stopped_and_not_run_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mutate, "MOST_S", 2)
    (tmp_path / "test_wait.py").write_text("def test_it():\n    while True:\n        pass\n")
    with copied(tmp_path) as copy:
        assert copy.run_without(plain_by("test_wait.py::test_it")).wrong == mutate.ENDLESS
    assert (tmp_path / "changed_module.py").read_text("utf-8") == SOURCE


BEGINS = """
import signal
import subprocess
import sys

LATER = "import time; time.sleep(600)"
BEGUN = f"import subprocess, sys; print(subprocess.Popen([sys.executable, '-c', {LATER!r}], "
BEGUN += f"start_new_session=True).pid, flush=True); {LATER}"


def test_it():
    words = [sys.executable, "-c", BEGUN]
    begun = subprocess.Popen(words, start_new_session=True, stdout=subprocess.PIPE, text=True)
    later = begun.stdout.readline()
    with open("begun", "w") as file:
        file.write(f"{begun.pid} {later}")
    signal.raise_signal(signal.SIGALRM)  # as the end of its time does
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="a runner adopts processes on Linux only")
def test_of_tests_that_are_stopped_no_process_is_left(tmp_path: Path) -> None:
    """A browser and the server of a page have sessions of their own, and so have their children."""
    (tmp_path / "test_begins.py").write_text(BEGINS, "utf-8")
    with copied(tmp_path, "test_begins.py") as copy:
        assert copy.loaded.run(("test_begins.py::test_it",), most_seconds=60).code is None
        begun = [int(one) for one in (tmp_path / "begun").read_text("utf-8").split()]
        left = [one for one in begun if psutil.pid_exists(one)]
    assert (len(begun), left) == (2, [])


SPAWNS = """
from multiprocessing import get_context

LOOKS = "import sys; open('loaded', 'w').write(' '.join(sys.modules))"


def test_it():
    begun = get_context("spawn").Process(target=exec, args=(LOOKS,))
    begun.start()
    begun.join()
    assert begun.exitcode == 0
"""


@pytest.mark.slow
def test_a_process_that_a_test_spawns_loads_nothing_of_the_runner(tmp_path: Path) -> None:
    (tmp_path / "test_spawns.py").write_text(SPAWNS, "utf-8")
    with copied(tmp_path, "test_spawns.py") as copy:
        assert copy.loaded.run(("test_spawns.py::test_it",), most_seconds=60).code == 0
    assert not {"pytest", "psutil"} & {*(tmp_path / "loaded").read_text("utf-8").split()}


WAITS = """
from changed_module import plain


def test_without():
    if plain() == 2:
        raise TimeoutError


def test_always():
    raise TimeoutError
"""


@pytest.mark.slow
def test_what_waited_no_longer_must_pass_in_that_time_with_its_control(tmp_path: Path) -> None:
    """Else a control that no test holds would turn red on a slow machine."""
    (tmp_path / "test_wait.py").write_text(WAITS, "utf-8")
    with copied(tmp_path, "test_wait.py") as copy:
        assert copy.loaded.run((), most_seconds=60).code == 0  # all is loaded by now
        for name, wrong in {"without": "", "always": mutate.LATE}.items():
            assert copy.run_without(plain_by(f"test_wait.py::test_{name}")).wrong == wrong


LOADED = """
import pytest
from changed_module import plain


def test_it():
    assert plain() == 1


def test_other():
    assert plain() in (1, 2)


def test_without_fixture(missing):
    pass


@pytest.mark.parametrize("case", range(3))
def test_cases(case):
    with open("begun", "a") as file:
        file.write(str(case))
    assert plain() == 1


class Table:
    def __repr__(self):
        open("explained", "w").close()
        return "a table"


def test_tables():
    assert Table() == Table()
"""


@pytest.fixture
def loaded(tmp_path: Path) -> Iterator[Runner]:
    """Collect a file of tests of the changed module once."""
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "test_loaded.py").write_text(LOADED, "utf-8")
    (folder / "changed_module.py").write_text(SOURCE, "utf-8")
    runner = Runner(folder, ["test_loaded.py"])
    yield runner
    runner.process.communicate()


@pytest.mark.slow
def test_tests_collected_once_are_run_with_each_change(loaded: Runner) -> None:
    both = ("test_loaded.py::test_it", "test_loaded.py::test_other")
    before = loaded.run(both, most_seconds=60)
    changed = loaded.run(both, change("plain"), most_seconds=60)
    after = loaded.run(both, most_seconds=60)
    assert (before.code, changed.code, after.code) == (0, 1, 0)
    assert changed.failed == ["test_loaded.py::test_it"]
    assert ("F" in changed.output, "F" in after.output) == (True, False)  # no other run's words
    assert loaded.run(both, change("Noun"), most_seconds=60).code == CANNOT


@pytest.mark.slow
def test_the_first_case_that_fails_ends_its_test(loaded: Runner, tmp_path: Path) -> None:
    begun = tmp_path / "project" / "begun"
    for given, cases in ((None, "012"), (change("plain"), "0120")):
        answer = loaded.run(["test_loaded.py::test_cases"], given, most_seconds=60)
        assert (answer.code, begun.read_text("utf-8")) == (int(given is not None), cases)


@pytest.mark.slow
def test_a_failed_assertion_is_not_explained(loaded: Runner, tmp_path: Path) -> None:
    """On a build server, pytest would compare two large tables for minutes."""
    answer = loaded.run(["test_loaded.py::test_tables"], most_seconds=60)
    assert answer.failed == ["test_loaded.py::test_tables"]
    assert not (tmp_path / "project" / "explained").exists()


@pytest.mark.slow
def test_a_test_that_is_not_there_or_cannot_begin_is_no_failure(loaded: Runner) -> None:
    lost = loaded.run(["test_loaded.py::test_it", "test_loaded.py::test_lost"], most_seconds=60)
    assert (lost.code, lost.output) == (4, "not found: test_loaded.py::test_lost")
    begun = loaded.run(["test_loaded.py::test_without_fixture"], most_seconds=60)
    assert (begun.code, begun.failed) == (1, [])


@pytest.mark.slow
def test_a_file_that_cannot_be_loaded_ends_the_runner(tmp_path: Path) -> None:
    (tmp_path / "test_loaded.py").write_text("import changed_module_that_is_lost\n", "utf-8")
    runner = Runner(tmp_path, ["test_loaded.py"])
    runner.process.communicate()
    assert runner.process.returncode


STARTS = """
from threading import Event, Thread

Thread(target=Event().wait, daemon=True).start()
"""


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="threads are listed on Linux only")
def test_a_file_that_starts_a_thread_ends_the_runner(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """A child of a process with two threads may hang."""
    (tmp_path / "test_loaded.py").write_text(f"{STARTS}{LOADED}", "utf-8")
    (tmp_path / "changed_module.py").write_text(SOURCE, "utf-8")
    runner = Runner(tmp_path, ["test_loaded.py"])
    runner.process.communicate()
    assert runner.process.returncode
    assert "files of tests start threads: python" in capfd.readouterr().err
