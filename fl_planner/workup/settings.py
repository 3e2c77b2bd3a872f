"""Which settings hold: of the project's file over the user's; options lie over both."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from errno import ENAMETOOLONG
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from fl_planner.basis.defaults import BOUNDS, DEFAULTS, PROFILES
from fl_planner.basis.findings import InputRefused

if TYPE_CHECKING:
    from fl_planner.intake.documents.settings_file import Value
    from fl_planner.record.files.settings import SettingsRecord

APPLICATION, SETTINGS_FILE = "fl-planner", "fl-planner.toml"
Origin = Literal["option", "project", "user", "default"]
IN_WORDS = {  # where nobody says anything
    "centre": "none: every trial is taken to be recruiting",
    "trials": "none: the bundled trials alone",
    "size_limit": str(DEFAULTS["size_limit"]),
    "profile": DEFAULTS["profile"],
    "semicolons": "no",
    "bom": "no",
}


LEAST_GIB, MOST_GIB = BOUNDS["size_limit"]
STRICTEST = {"profile": PROFILES, "size_limit": tuple(range(LEAST_GIB, MOST_GIB + 1))}  # first


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

    Raises `InputRefused`: `settings.unreadable` where a folder cannot be looked into;
    `settings.several` where files of several folders have each their own;
    as `read_settings`.
    """
    said: dict[str, tuple[Said, ...]] = {}
    for origin, path in (*_find_project(named), *_find_user()):
        from fl_planner.intake.documents.settings_file import read_settings  # most have none

        for one in read_settings(path):
            more = Said(one.key, one.value, origin, one.line)
            said[one.key] = (*said.get(one.key, ()), more)
    return said


def require_no_loosening(said: Mapping[str, Sequence[Said]], keys: Iterable[str]) -> None:
    """Refuse a project's file that shows more of a patient, or reads larger files, than asked.

    Such a file may come with the data, from anybody. It may be stricter than the user's own file
    and the defaults, and not looser: that is for options and for the user's own file.

    Raises `InputRefused`: `settings.loosens`, naming key and line.
    """
    for key in STRICTEST.keys() & {*keys} & said.keys():
        first, *others = said[key]
        order = STRICTEST[key]
        own = others[0].value if others else order[0]
        if first.origin == "project" and order.index(first.value) > order.index(own):
            at = "" if first.line is None else f"line {first.line}: "
            reason = f"{at}{key} = {first.told} is looser than your own settings ({own})"
            remedy = (
                f"type --{key.replace('_', '-')}, write it into the file of your own configuration "
                "folder, or run with --no-settings"
            )
            raise InputRefused("settings.loosens", SETTINGS_FILE, reason, remedy)


def _find_project(named: Iterable[Path]) -> Iterator[tuple[Origin, Path]]:
    here = Path()
    folders = [one if _is_folder(one) else one.parent for one in named] or [here]
    found = {_find_in(folder) or _find_in(here) for folder in folders}
    first, *others = {None if path is None else _real(path) for path in found}
    if others:
        reason = "files of several folders were given, and these folders have not the same one"
        remedy = "give the files of one folder, or run with --no-settings and options"
        raise InputRefused("settings.several", SETTINGS_FILE, reason, remedy)
    if first is not None:
        yield "project", Path(first)


def _real(path: Path) -> str:
    """Give the real place of a file; a link that leads nowhere is called by its own name."""
    return os.path.realpath(path) if path.exists() else str(path.absolute())


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except (OSError, ValueError):  # no access, or no name that can be one: its reader says so
        return False


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
    path = folder / SETTINGS_FILE
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError, ValueError):  # or a zero byte in a name
        return None
    except OSError as error:
        if error.errno == ENAMETOOLONG:  # of a folder that cannot be there
            return None
        reason = f"cannot be looked for: {error.strerror}"
        remedy = "ask for access to its folder, or run with --no-settings"
        raise InputRefused("settings.unreadable", path.name, reason, remedy) from error
    return path


def list_settings(
    named: Iterable[Path], options: Mapping[str, Any], *, use: bool
) -> SettingsRecord:
    """Tell for each key what holds and why; `options` go before files, which `use` switches off."""
    from fl_planner.record.files.settings import as_settings

    said = find_settings(named) if use else {}
    require_no_loosening(said, [key for key in said if options.get(key) is None])
    every: dict[str, tuple[Said, ...]] = {}
    for key in IN_WORDS:
        given = options.get(key)
        first = () if given is None else (Said(key, given, "option"),)
        every[key] = (*first, *said.get(key, ()), Said(key, IN_WORDS[key], "default"))
    return as_settings(every)
