"""A struct copied with `dataclasses.replace` is refused by mypy."""

import sys
from pathlib import Path

import pytest
from mypy import api

from tests.contributing.struct_replace import REFUSED

PLUGIN = Path(__file__).with_name("struct_replace.py")

CODE = """\
from dataclasses import dataclass, replace
from typing import TypeVar

from msgspec import Struct


class Pair(Struct):
    first: int


class Named(Pair):
    name: str


@dataclass
class Point:
    x: int


AnyPair = TypeVar("AnyPair", bound=Pair)


def copy(pair: AnyPair) -> AnyPair:
    return replace(pair, first=1)  # refused


replace(Pair(1), first=2)  # refused
replace(Named(1, ""), first=2)  # refused
replace(Point(1), x=2)
"""


@pytest.mark.slow
def test_a_struct_is_not_copied_as_a_dataclass(tmp_path: Path) -> None:
    module = tmp_path / "copies.py"
    module.write_text(CODE, "utf-8")
    config = tmp_path / "mypy.ini"

    config.write_text(f"[mypy]\nplugins = {PLUGIN}\n", "utf-8")
    cache = ["--cache-dir", str(tmp_path / "cache"), "--python-executable", sys.executable]
    said, _, _ = api.run([str(module), "--config-file", str(config), *cache])
    found = [int(line.split(":")[-3]) for line in said.splitlines() if REFUSED in line]
    refused = [n for n, line in enumerate(CODE.splitlines(), 1) if "# refused" in line]
    assert found == refused
