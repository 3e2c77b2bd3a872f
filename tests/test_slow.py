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

TESTS = """
import pytest
def test_quick(): pass
@pytest.mark.slow
def test_slow(): pass
"""


def options_of_ci() -> list[str]:
    """Read with which options `.ci/run` runs the README's command."""
    options = re.search(r'^PYTEST_ADDOPTS="(.*)" ', (PROJECT / ".ci" / "run").read_text(), re.M)
    assert options
    return shlex.split(options[1])


def marked(options: Sequence[str]) -> Sequence[str]:
    """Keep which marks are asked for."""
    at = options.index("-m")
    return options[at : at + 2]


@pytest.mark.parametrize(
    ("options", "passed"), [((), 1), (marked(options_of_ci()), 2), (marked(PYTEST), 2)]
)
def test_the_slow_one_of_two_tests(options: Sequence[str], passed: int, tmp_path: Path) -> None:
    shutil.copy2(PROJECT / "pyproject.toml", tmp_path)
    (tmp_path / "test_two.py").write_text(TESTS)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *options, "."]
    # What pytest itself was called with must not reach the run within.
    ours = {name: value for name, value in os.environ.items() if name != "PYTEST_ADDOPTS"}
    ran = subprocess.run(
        command, cwd=tmp_path, env=ours, capture_output=True, text=True, check=True
    )
    assert re.search(rf"^{passed} passed", ran.stdout, re.M), ran.stdout
