"""The hazards, and the controls that hold them: read from `hazards.toml` and `controls/`.

A hazard is how a wrong number could come to look right. A control is the function or the constant
that stands against it, together with how it is taken out, and the tests that must then turn red.
"""

import ast
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

from tests.hazards.removal import Removal, parse_removal

HERE = Path(__file__).resolve().parent
PROJECT = HERE.parents[1]
NAMED = re.compile(r"test_h(\d\d)_")  # how a test says which hazard it is about


@dataclass(frozen=True, slots=True)
class Hazard:
    """One way to a wrong number.

    - `id`: `H-01`; tests about it are called `test_h01_...`.
    - `name`, `held`: the cause, and in one sentence the controls.
    - `rooms`: paths of the project; while none of them exists, the hazard has no room yet.
    """

    id: str
    name: str
    held: str
    rooms: tuple[str, ...]

    @property
    def has_room(self) -> bool:
        """Whether the code that it is about exists."""
        return any((PROJECT / room).exists() for room in self.rooms)


@dataclass(frozen=True, slots=True)
class Control:
    """What in the code holds a hazard.

    - `name`: `gzip-checksums`.
    - `hazards`: ids of those it holds.
    - `rule`: rule of safety.md that asks for it, `F1`; empty where none does.
    - `holds`: what it does, in words.
    - `guard`: what holds it, `fl_planner.liver.stray:find_stray`.
    - `removal`: how it is taken out.
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
    def file(self) -> str:
        """Where it stands, from the project's root."""
        path = self.guard.partition(":")[0].replace(".", "/")
        return f"{path}/__init__.py" if (PROJECT / path).is_dir() else f"{path}.py"

    def taken_out(self, text: str) -> str:
        """Give the text of its file without the control; `LookupError` if it is not there once."""
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


def find_tests() -> dict[str, tuple[str, ...]]:
    """Find every test function: path from the project's root to names, as they stand there."""
    paths = sorted((PROJECT / "tests").rglob("test_*.py"))
    return {path.relative_to(PROJECT).as_posix(): _tests_in(path) for path in paths}


def hazard_of(test: str) -> str | None:
    """Give the id of the hazard that a test's name says, `H-01` of `test_h01_...`."""
    named = NAMED.match(test)
    return f"H-{named[1]}" if named else None


def _tests_in(path: Path) -> tuple[str, ...]:
    tree = ast.parse(path.read_text("utf-8"))
    functions = (node for node in tree.body if isinstance(node, ast.FunctionDef))
    return tuple(one.name for one in functions if one.name.startswith("test_"))
