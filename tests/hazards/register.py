"""Hazards and their controls, read from `hazards.toml` and `controls/`.

A hazard is a cause of a wrong number that looks right. A control is the function or constant that
prevents it, with the way to remove it and the tests that must then fail.
"""

import ast
import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.hazards.removal import SCRIPT, Removal, parse_removal

HERE = Path(__file__).resolve().parent
PROJECT = HERE.parents[1]
NAMED = re.compile(r"test_h(\d\d)_")  # hazard in the name of a test


@dataclass(frozen=True, slots=True)
class Hazard:
    """Cause of a wrong number that looks right.

    - `id`: `H-01`; tests about it are called `test_h01_...`.
    - `name`, `held`: the cause, and in one sentence the controls.
    - `rooms`: paths of the project; the hazard applies once one of them exists.
    """

    id: str
    name: str
    held: str
    rooms: tuple[str, ...]

    @property
    def has_room(self) -> bool:
        """Whether the code that it concerns exists."""
        return any((PROJECT / room).exists() for room in self.rooms)


@dataclass(frozen=True, slots=True)
class Control:
    """Part of the code that prevents a hazard.

    - `name`: `gzip-checksums`.
    - `hazards`: ids of the hazards it prevents.
    - `rule`: rule of safety.md that requires it, `F1`; empty if none does.
    - `holds`: its effect, in words.
    - `guard`: function or constant, `fl_planner.liver.stray:find_stray`; of a script of the page,
      with its path, `fl_planner/web/static/strip.js:tellPlan`.
    - `removal`: how it is removed.
    - `tests`: `tests/room/test_x.py::test_y`: each must fail without the control.
    """

    name: str
    hazards: tuple[str, ...]
    rule: str
    holds: str
    guard: str
    removal: Removal
    tests: tuple[str, ...]

    @property
    def is_script(self) -> bool:
        """Whether it is in a script of the page, which a server reads anew for each request."""
        return self.removal.way == SCRIPT

    @property
    def file(self) -> str:
        """Path of its module from the project's root."""
        if self.is_script:
            return self.guard.partition(":")[0]
        path = self.guard.partition(":")[0].replace(".", "/")
        return f"{path}/__init__.py" if (PROJECT / path).is_dir() else f"{path}.py"

    def taken_out(self, text: str) -> str:
        """Return the text of its file without the control; `LookupError` unless it occurs once."""
        try:
            return self.removal.apply(text)
        except LookupError as error:
            module = self.guard.partition(":")[0]
            raise LookupError(f"{self.name}: {module}:{error.args[0]}") from None


def read_hazards() -> tuple[Hazard, ...]:
    table = tomllib.loads((HERE / "hazards.toml").read_text("utf-8"))
    return tuple(
        Hazard(id_, one["name"], one["held"], tuple(one["rooms"])) for id_, one in table.items()
    )


def read_controls() -> tuple[Control, ...]:
    return tuple(
        Control(
            name,
            tuple(one["hazards"]),
            one.get("rule", ""),
            one["holds"],
            one["guard"],
            parse_removal(one["guard"].partition(":")[2], one),
            tuple(one["tests"]),
        )
        for path in sorted((HERE / "controls").glob("*.toml"))
        for name, one in tomllib.loads(path.read_text("utf-8")).items()
    )


@cache  # half a thousand files are parsed, where a test asks for them
def find_tests() -> dict[str, tuple[str, ...]]:
    """Find every test function: path from the project's root to names, in order."""
    paths = sorted((PROJECT / "tests").rglob("test_*.py"))
    return {path.relative_to(PROJECT).as_posix(): _tests_in(path) for path in paths}


def hazard_of(test: str) -> str | None:
    """Return the id of the hazard in a test's name, `H-01` of `test_h01_...`."""
    named = NAMED.match(test)
    return f"H-{named[1]}" if named else None


def _tests_in(path: Path) -> tuple[str, ...]:
    tree = ast.parse(path.read_text("utf-8"))
    functions = (node for node in tree.body if isinstance(node, ast.FunctionDef))
    return tuple(one.name for one in functions if one.name.startswith("test_"))
