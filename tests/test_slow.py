"""Slow tests are left out of a plain run, never of `.ci/run` or of the controls.

Only those of the night are left out of both.
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

from tests.hazards.mutate import PYTEST
from tests.hazards.register import PROJECT

pytestmark = pytest.mark.slow

TESTS = """
import pytest
def test_quick(): pass
@pytest.mark.slow
def test_slow(): pass
"""


def options_of_ci() -> list[list[str]]:
    """Read with which options `.ci/run` runs the tests, once and again."""
    found = re.findall(r'^PYTEST_ADDOPTS="(.*)" ', (PROJECT / ".ci" / "run").read_text(), re.M)
    return [shlex.split(one) for one in found]


def marked(options: Sequence[str]) -> Sequence[str]:
    """Keep which marks are asked for; none where that is left to the project."""
    if "-m" not in options:
        return ()
    at = options.index("-m")
    return options[at : at + 2]


def list_passed(options: Sequence[str], folder: Path) -> list[str]:
    """List which of the two tests a run with these options holds."""
    shutil.copy2(PROJECT / "pyproject.toml", folder)
    (folder / "test_two.py").write_text(TESTS)
    command = [sys.executable, "-m", "pytest", "-v", "-p", "no:cacheprovider", *options, "."]
    # What pytest itself was called with must not reach the run within.
    ours = {name: value for name, value in os.environ.items() if name != "PYTEST_ADDOPTS"}
    ran = subprocess.run(command, cwd=folder, env=ours, capture_output=True, text=True, check=True)
    return re.findall(r"::(\w+) PASSED", ran.stdout)


def test_a_plain_run_leaves_the_slow_one_out(tmp_path: Path) -> None:
    assert list_passed((), tmp_path) == ["test_quick"]


def test_the_build_server_runs_each_of_both_once(tmp_path: Path) -> None:
    runs = (list_passed(marked(options), tmp_path) for options in options_of_ci())
    assert sorted(name for names in runs for name in names) == ["test_quick", "test_slow"]


def test_controls_are_judged_by_both(tmp_path: Path) -> None:
    assert list_passed(marked(PYTEST), tmp_path) == ["test_quick", "test_slow"]


@pytest.fixture
def own(request: pytest.FixtureRequest) -> Any:
    """Return what `tests/conftest.py` holds, as pytest loaded it."""
    return request.config.pluginmanager.get_plugin(str(PROJECT / "tests" / "conftest.py"))


def collected(path: Path) -> Any:
    """Return a slow test of a file, as far as it is looked at."""
    return SimpleNamespace(path=path, get_closest_marker=lambda name: name == "slow")


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
    only_slow, all_tests = (SimpleNamespace(getoption=lambda _, m=m: m) for m in ("slow", ""))
    assert own.pytest_ignore_collect(path, only_slow) is (None if loaded else True)
    assert own.pytest_ignore_collect(path, all_tests) is None
    if loaded:
        own.pytest_collection_modifyitems(only_slow, [collected(path)])
    else:
        with pytest.raises(pytest.UsageError, match=r"would not load: .*test_one\.py"):
            own.pytest_collection_modifyitems(all_tests, [collected(path)])


def test_those_of_the_night_are_left_out_by_day_and_counted(
    own: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    of_night = SimpleNamespace(path=Path(__file__), get_closest_marker=lambda _: True)
    of_day, left_out = collected(Path(__file__)), list[Any]()
    hook = SimpleNamespace(pytest_deselected=lambda items: left_out.extend(items))
    config = SimpleNamespace(getoption=lambda _: "slow", hook=hook)
    for night, kept in (("", [of_day]), ("1", [of_day, of_night])):
        monkeypatch.setenv("FL_PLANNER_NIGHT", night)
        items = [of_day, of_night]
        own.pytest_collection_modifyitems(config, items)
        assert items == kept
    assert left_out == [of_night]


def test_long_files_are_begun_first(own: Any) -> None:
    paths = [PROJECT / "tests" / f"{one}.py" for one in own.LONG.split()]
    assert [one for one in paths if not one.exists()] == []
    items = [*(collected(Path(__file__)) for _ in range(9)), collected(paths[0])]
    own.pytest_collection_modifyitems(SimpleNamespace(getoption=lambda _: "slow"), items)
    assert items[0].path == paths[0]
