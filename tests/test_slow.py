"""Slow tests are left out of a plain run, never of `.ci/run` or of the controls."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

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
