"""Read a settings file (`fl-planner.toml`): defaults of options; all errors together.

A setting is only the default of the option with the same name: it changes no fact and hides no
finding. Paths are relative to the file.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fl_planner.basis.defaults import BOUNDS, PROFILES, Profile
from fl_planner.basis.findings import InputRefused
from fl_planner.formats.stored.file import read_text
from fl_planner.given.kinds import OneOf, Text, Version, Whole, YesNo
from fl_planner.given.table import Error, Table, check_shape, key, keys_of
from fl_planner.given.toml import find_line, join_errors, read_table

CODE = "settings.unreadable"
REMEDY = "correct these keys, or run with --no-settings; docs/how-to/settings.md lists all keys"
RANGE = "give a whole number from {} to {}, in GiB".format(*BOUNDS["size_limit"])
Value = Path | int | str | bool


class _SettingsFile(Table):
    schema: int | None = key(Version(), required=True)
    centre: str | None = key(Text())
    trials: str | None = key(Text())
    size_limit: int | None = key(Whole(*BOUNDS["size_limit"], RANGE))
    profile: Profile | None = key(OneOf(*PROFILES))
    semicolons: bool | None = key(YesNo())
    bom: bool | None = key(YesNo())


KEYS = tuple(name for name in keys_of(_SettingsFile) if name != "schema")


@dataclass(frozen=True, slots=True)
class Setting:
    """One key of a file, with its value and its line if known."""

    key: str
    value: Value
    line: int | None


def read_settings(path: Path) -> tuple[Setting, ...]:
    """Read a settings file.

    Raises `InputRefused`: `settings.unreadable`, naming every invalid key with its line, the error,
    and the nearest valid name; also for a missing file or folder.
    """
    text, _ = read_text(path, CODE, "a settings file")
    table = read_table(text, CODE, path.name)
    file, errors = check_shape(table, _SettingsFile)
    errors += _find_missing(table, path.parent)
    if errors or file is None:
        raise InputRefused(CODE, path.name, join_errors(text, errors), REMEDY)
    return tuple(
        Setting(
            key, path.parent / value if key in ("centre", "trials") else value, find_line(text, key)
        )
        for key in KEYS
        if (value := getattr(file, key)) is not None
    )


def _find_missing(table: Mapping[str, Any], folder: Path) -> Iterator[Error]:
    centre, trials = table.get("centre"), table.get("trials")
    if isinstance(centre, str) and centre and not (folder / centre).is_file():
        yield ("centre",), "centre: no such file; paths are relative to the settings file"
    if isinstance(trials, str) and trials and not (folder / trials).is_dir():
        yield ("trials",), "trials: no such folder; paths are relative to the settings file"
