"""Slow tests are left out of a plain run; `.ci/run` runs the essential ones, `.ci/night` all.

Essential are those that are marked so and those that a control names.
"""

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.hazards.register import PROJECT
from tests.hazards.runner import OPTIONS

pytestmark = pytest.mark.slow

TESTS = """
import pytest
def test_quick(): pass
@pytest.mark.slow
def test_slow(): pass
@pytest.mark.essential
@pytest.mark.slow
def test_essential(): pass
"""


def options_of_ci(script: str, found: str) -> list[list[str]]:
    """Read with which options a script of `.ci` runs the tests, once and again."""
    text = (PROJECT / ".ci" / script).read_text()
    return [shlex.split(one) for one in re.findall(found, text, re.MULTILINE)]


def marked(options: Sequence[str]) -> Sequence[str]:
    """Keep which marks are asked for; none where that is left to the project."""
    if "-m" not in options:
        return ()
    at = options.index("-m")
    return options[at : at + 2]


def list_passed(options: Sequence[str], folder: Path) -> list[str]:
    """List which of the three tests a run with these options holds."""
    shutil.copy2(PROJECT / "pyproject.toml", folder)
    (folder / "test_three.py").write_text(TESTS)
    command = [sys.executable, "-m", "pytest", "-v", "-p", "no:cacheprovider", *options, "."]
    # What pytest itself was called with must not reach the run within.
    ours = {name: value for name, value in os.environ.items() if name != "PYTEST_ADDOPTS"}
    ran = subprocess.run(command, cwd=folder, env=ours, capture_output=True, text=True, check=True)
    return re.findall(r"::(\w+) PASSED", ran.stdout)


def test_a_plain_run_leaves_the_slow_one_out(tmp_path: Path) -> None:
    assert list_passed((), tmp_path) == ["test_quick"]


@pytest.mark.essential
def test_the_build_server_runs_what_is_quick_and_what_is_essential(tmp_path: Path) -> None:
    every = options_of_ci("run", r'^PYTEST_ADDOPTS="(.*)" ')
    runs = (list_passed(marked(options), tmp_path) for options in every)
    assert sorted(name for names in runs for name in names) == ["test_essential", "test_quick"]


def test_the_night_runs_every_slow_test(tmp_path: Path) -> None:
    (options,) = options_of_ci("night", r"^FL_PLANNER_NIGHT=1 \S+pytest (.*)$")
    assert list_passed(marked(options), tmp_path) == ["test_slow", "test_essential"]


def test_controls_are_judged_by_all(tmp_path: Path) -> None:
    every = ["test_quick", "test_slow", "test_essential"]
    assert list_passed(marked(OPTIONS), tmp_path) == every


@pytest.fixture
def own(request: pytest.FixtureRequest) -> Any:
    """Return what `tests/conftest.py` holds, as pytest loaded it."""
    return request.config.pluginmanager.get_plugin(str(PROJECT / "tests" / "conftest.py"))


def collected(path: Path, name: str = "test_one", mark: str = "slow") -> Any:
    """Return a test of a file, as far as it is looked at."""
    marks, nodeid = [mark], f"{path.as_posix().removeprefix(f'{PROJECT.as_posix()}/')}::{name}"
    of = {"get_closest_marker": marks.__contains__, "add_marker": marks.append}
    return SimpleNamespace(path=path, nodeid=nodeid, marks=marks, **of)


def asked(mark: str) -> Any:
    """Return how pytest is configured where only tests of a mark are asked for."""
    return SimpleNamespace(getoption=lambda _: mark)


@pytest.mark.essential
@pytest.mark.parametrize(
    ("text", "loaded"),
    [
        ("@pytest.mark.slow\n", True),
        ("from tests.web.test_browser import pytestmark\n", True),
        ("from elsewhere import costly\n\n@costly\n", False),
    ],
)
def test_a_slow_test_that_its_run_would_not_load_is_refused(
    text: str, loaded: bool, own: Any, tmp_path: Path
) -> None:
    path = tmp_path / "test_one.py"
    path.write_text(text, "utf-8")
    only_slow, all_tests = asked("slow"), asked("")
    assert own.pytest_ignore_collect(path, only_slow) is (None if loaded else True)
    assert own.pytest_ignore_collect(path, all_tests) is None
    if loaded:
        own.pytest_collection_modifyitems(only_slow, [collected(path)])
    else:
        with pytest.raises(pytest.UsageError, match=r"would not load: .*test_one\.py"):
            own.pytest_collection_modifyitems(all_tests, [collected(path)])


@pytest.mark.essential
def test_the_tests_of_controls_are_essential(own: Any) -> None:
    named = next(one for one in sorted(own.tests_of_controls()) if own.may_be_slow(file_of(one)))
    of_control = collected(file_of(named), f"{named.partition('::')[2]}[a case]")
    others = [collected(file_of(named), "test_other"), collected(Path(__file__))]
    own.pytest_collection_modifyitems(asked("essential"), [of_control, *others])
    assert of_control.marks == ["slow", "essential"]
    assert [one.marks for one in others] == [["slow"], ["slow"]]
    assert own.pytest_ignore_collect(file_of(named), asked("essential")) is None


def file_of(test: str) -> Path:
    """Return the file of a test that a control names."""
    return PROJECT / test.partition("::")[0]


@pytest.mark.essential
def test_a_file_without_an_essential_test_is_not_loaded_for_them(own: Any, tmp_path: Path) -> None:
    path = tmp_path / "test_one.py"
    for text, loaded in (
        ("@pytest.mark.slow\n", True),
        ("@pytest.mark.essential\n@pytest.mark.slow\n", None),
        ("@pytest.mark.essential\n", True),
    ):
        path.write_text(text, "utf-8")
        assert own.pytest_ignore_collect(path, asked("essential")) is loaded


@pytest.mark.essential
def test_an_essential_test_that_is_not_slow_is_refused(own: Any) -> None:
    quick = collected(Path(__file__), "test_quick", "essential")
    with pytest.raises(pytest.UsageError, match=r"not slow: .*::test_quick"):
        own.pytest_collection_modifyitems(asked(""), [quick])


@pytest.mark.essential
def test_long_files_are_begun_first(own: Any) -> None:
    paths = [PROJECT / "tests" / f"{one}.py" for one in own.LONG.split()]
    assert [one for one in paths if not one.exists()] == []
    items = [*(collected(Path(__file__)) for _ in range(9)), collected(paths[0])]
    own.pytest_collection_modifyitems(asked("slow"), items)
    assert items[0].path == paths[0]


@pytest.mark.essential
def test_of_two_shares_each_compiles_one_half_of_the_files(
    own: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded: list[str] = []
    for name in ("room/test_one.py", "test_three.py", "test_two.py"):
        path = tmp_path / "tests" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("@pytest.mark.slow\n" if "two" in name else "", "utf-8")
    monkeypatch.setattr(own, "TESTS", tmp_path / "tests")

    def load(name: str) -> None:
        """Skip a file whose package is not installed, and find the others damaged."""
        loaded.append(name)
        if name == "tests.test_two":
            pytest.importorskip("fl_planner_not_installed")
        raise SyntaxError

    monkeypatch.setattr(own, "import_module", load)
    source = pytest.Config.ArgsSource
    for share, mark, given, backwards in (
        ("gw0", "", source.TESTPATHS, []),
        (
            "gw1",
            "",
            source.TESTPATHS,
            ["tests.test_two", "tests.test_three", "tests.room.test_one"],
        ),
        ("gw1", "slow", source.TESTPATHS, ["tests.test_two"]),
        ("gw1", "", source.ARGS, []),
    ):
        monkeypatch.setenv("PYTEST_XDIST_WORKER", share)
        config = SimpleNamespace(**vars(asked(mark)), args_source=given, ArgsSource=source)
        try:
            own.pytest_collection(SimpleNamespace(config=config))
        except pytest.skip.Exception:
            pytest.fail("a file that is skipped ends the run")
        assert loaded == backwards
        loaded.clear()
