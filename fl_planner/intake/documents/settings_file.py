"""A settings file (`fl-planner.toml`): what holds unless an option says other; all errors at once.

A setting stands for an option of its name, and nothing else: it changes no fact, and hides no
finding. Paths are relative to the file.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from fl_planner.basis.findings import InputRefused
from fl_planner.formats.stored.file import read_text
from fl_planner.intake.documents.toml import (
    WRONG,
    Error,
    Table,
    Text,
    check_shape,
    find_line,
    join_errors,
    read_table,
)

SETTINGS_FILE = "fl-planner.toml"
CODE = "settings.unreadable"
REMEDY = "correct the keys named, or run with --no-settings; docs/how-to/settings.md has them all"
RANGE = "give a whole number of 1 to 64, in GiB"
OUT_OF_RANGE = {**WRONG, "greater_than_equal": RANGE, "less_than_equal": RANGE, "int_type": RANGE}
Value = Path | int | str | bool


class _SettingsFile(Table):
    schema_: Literal[1] = Field(alias="schema")
    centre: Text | None = None
    trials: Text | None = None
    size_limit: Annotated[int, Field(ge=1, le=64)] | None = None
    profile: Literal["shareable", "clinical"] | None = None
    semicolons: bool | None = None
    bom: bool | None = None


KEYS = tuple(name for name in _SettingsFile.model_fields if name != "schema_")


@dataclass(frozen=True, slots=True)
class Setting:
    """One key of a file: what it says, and where; `line` where it can be told."""

    key: str
    value: Value
    line: int | None


def read_settings(path: Path) -> tuple[Setting, ...]:
    """Read a settings file.

    Raises `InputRefused`: `settings.unreadable`, naming every wrong key with its line where it can
    be told, what is wrong with it, and the nearest right name; a file or folder that is not there
    too.
    """
    text, _ = read_text(path, CODE, "a settings file")
    table = read_table(text, CODE, path.name)
    file, errors = check_shape(table, _SettingsFile, OUT_OF_RANGE)
    errors += _find_lost(table, path.parent)
    if errors or file is None:
        raise InputRefused(CODE, path.name, join_errors(text, errors), REMEDY)
    said = {key: getattr(file, key) for key in KEYS}
    return tuple(
        Setting(
            key, path.parent / value if key in ("centre", "trials") else value, find_line(text, key)
        )
        for key, value in said.items()
        if value is not None
    )


def _find_lost(table: Mapping[str, Any], folder: Path) -> Iterator[Error]:
    centre, trials = table.get("centre"), table.get("trials")
    if isinstance(centre, str) and centre and not (folder / centre).is_file():
        yield ("centre",), "centre: no such file; its path is relative to this one"
    if isinstance(trials, str) and trials and not (folder / trials).is_dir():
        yield ("trials",), "trials: no such folder; its path is relative to this file"
