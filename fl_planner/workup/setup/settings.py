"""Which settings hold: of the project's file over the user's; options lie over both."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from fl_planner.basis.errors import InputRefused

if TYPE_CHECKING:
    from fl_planner.intake.documents.settings_file import Value
    from fl_planner.record.files.settings import SettingsRecord

APPLICATION = "fl-planner"
Origin = Literal["option", "project", "user", "default"]
DEFAULTS = {  # where nobody says anything
    "centre": "none: every trial is taken to be recruiting",
    "trials": "none: the bundled trials alone",
    "size_limit": "1",
    "profile": "shareable",
    "semicolons": "no",
    "bom": "no",
}


@dataclass(frozen=True, slots=True)
class Said:
    """What one place says of a key."""

    key: str
    value: Value
    origin: Origin
    line: int | None = None

    @property
    def told(self) -> str:
        """What it says, to a person; of a file or folder its name.

        Examples
        --------
        >>> Said("bom", True, "user").told, Said("centre", Path("a/c.toml"), "user").told
        ('yes', 'c.toml')
        """
        if isinstance(self.value, bool):
            return "yes" if self.value else "no"
        return self.value.name if isinstance(self.value, Path) else str(self.value)


def find_settings(named: Iterable[Path]) -> dict[str, tuple[Said, ...]]:
    """Find what files say of each key, what holds first.

    - `named`: files and folders that a command was given. The project's file lies beside them, or
      else in the working folder.

    Raises `InputRefused`: `settings.several` where files of several folders have each their own;
    as `read_settings`.
    """
    said: dict[str, tuple[Said, ...]] = {}
    for origin, path in (*_find_project(named), *_find_user()):
        from fl_planner.intake.documents.settings_file import read_settings  # most have none

        for one in read_settings(path):
            more = Said(one.key, one.value, origin, one.line)
            said[one.key] = (*said.get(one.key, ()), more)
    return said


def _find_project(named: Iterable[Path]) -> Iterator[tuple[Origin, Path]]:
    here = Path.cwd()
    folders = [one if one.is_dir() else one.parent for one in named] or [here]
    found = {_find_in(folder) or _find_in(here) for folder in folders}
    first, *others = {None if path is None else path.resolve() for path in found}
    if others:
        reason = "files of several folders were given, and these folders have not the same one"
        remedy = "give the files of one folder, or run with --no-settings and options"
        raise InputRefused("settings.several", "fl-planner.toml", reason, remedy)
    if first is not None:
        yield "project", first


def _find_user() -> Iterator[tuple[Origin, Path]]:
    path = _find_in(find_user_folder())
    if path is not None:
        yield "user", path


def find_user_folder() -> Path:
    """Find where a user's settings are kept, whether or not there is such a folder."""
    if sys.platform == "linux":  # `platformdirs` finds the same, and takes 4 ms of each start
        for name, below in (("XDG_CONFIG_HOME", ""), ("HOME", ".config")):
            home = Path(os.environ.get(name, ""))
            if home.is_absolute():
                return home / below / APPLICATION
    from platformdirs import user_config_path

    return user_config_path(APPLICATION, appauthor=False)


def _find_in(folder: Path) -> Path | None:
    path = folder / "fl-planner.toml"
    return path if path.exists() or path.is_symlink() else None


def list_settings(
    named: Iterable[Path], options: Mapping[str, Any], *, use: bool
) -> SettingsRecord:
    """Tell for each key what holds and why; `options` go before files, which `use` switches off."""
    from fl_planner.record.files.settings import as_settings

    said = find_settings(named) if use else {}
    every: dict[str, tuple[Said, ...]] = {}
    for key in DEFAULTS:
        given = options.get(key)
        first = () if given is None else (Said(key, given, "option"),)
        every[key] = (*first, *said.get(key, ()), Said(key, DEFAULTS[key], "default"))
    return as_settings(every)
