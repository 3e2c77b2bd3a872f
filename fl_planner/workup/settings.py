"""Settings in effect, from options, the project's file and the user's file, in this order."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from errno import ENAMETOOLONG
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from msgspec import Struct

from fl_planner.basis.defaults import BOUNDS, DEFAULTS, PROFILES
from fl_planner.basis.findings import InputRefused

if TYPE_CHECKING:
    from fl_planner.intake.documents.settings_file import Value
    from fl_planner.record.files.settings import SettingsRecord

APPLICATION, SETTINGS_FILE = "fl-planner", "fl-planner.toml"
Origin = Literal["option", "project", "user", "default"]
IN_WORDS = {  # defaults
    "centre": "none: every trial is assumed to be recruiting",
    "trials": "none: bundled trials only",
    "size_limit": str(DEFAULTS["size_limit"]),
    "profile": DEFAULTS["profile"],
    "semicolons": "no",
    "bom": "no",
}


LEAST_GIB, MOST_GIB = BOUNDS["size_limit"]
STRICTEST = {"profile": PROFILES, "size_limit": tuple(range(LEAST_GIB, MOST_GIB + 1))}  # first


class KnownSetting(Struct, frozen=True):
    """The value of a key at one origin."""

    key: str
    value: Value
    origin: Origin
    line: int | None = None

    @property
    def shown(self) -> str:
        """The value in words; for a file or folder its name.

        Examples
        --------
        >>> KnownSetting("bom", True, "user").shown
        'yes'
        >>> KnownSetting("centre", Path("a/c.toml"), "user").shown
        'c.toml'
        """
        if isinstance(self.value, bool):
            return "yes" if self.value else "no"
        return self.value.name if isinstance(self.value, Path) else str(self.value)


def read_all_settings(named: Iterable[Path]) -> dict[str, tuple[KnownSetting, ...]]:
    """Read the settings of each key from files, with the setting in effect first.

    - `named`: files and folders given to a command. The project's file is in their folder, or
      otherwise in the working folder.

    Raises `InputRefused`: `settings.unreadable` for an inaccessible folder; `settings.several` if
    files of several folders have different settings; see also `read_settings`.
    """
    known: dict[str, tuple[KnownSetting, ...]] = {}
    for origin, path in (*_find_project(named), *_find_user()):
        from fl_planner.intake.documents.settings_file import read_settings  # most have none

        for entry in read_settings(path):
            more = KnownSetting(entry.key, entry.value, origin, entry.line)
            known[entry.key] = (*known.get(entry.key, ()), more)
    return known


def require_no_loosening(known: Mapping[str, Sequence[KnownSetting]], keys: Iterable[str]) -> None:
    """Refuse a project's file that would disclose more patient data or accept larger files.

    Such a file may come with data from any source. It may be stricter than the user's file and the
    defaults, but not less strict; for that, an option or the user's file is required.

    Raises `InputRefused`: `settings.loosens` with key and line.
    """
    for key in sorted(STRICTEST.keys() & {*keys} & known.keys()):
        first, *others = known[key]
        order = STRICTEST[key]
        own = others[0].value if others else order[0]
        if first.origin == "project" and order.index(first.value) > order.index(own):
            at = "" if first.line is None else f"line {first.line}: "
            theirs = "the user's settings" if others else "the default"
            reason = f"{at}{key} = {first.shown} is less strict than {theirs} ({own})"
            remedy = (
                f"give --{key.replace('_', '-')}, set it in the settings file of your "
                "configuration folder, or use --no-settings"
            )
            raise InputRefused("settings.loosens", SETTINGS_FILE, reason, remedy)


def _find_project(named: Iterable[Path]) -> Iterator[tuple[Origin, Path]]:
    here = Path()
    folders = [path if _is_folder(path) else path.parent for path in named] or [here]
    found = {_find_in(folder) or _find_in(here) for folder in folders}
    first, *others = {None if path is None else _real(path) for path in found}
    if others:
        reason = "the given files are in folders with different settings files"
        remedy = "give files from one folder, or use --no-settings and options"
        raise InputRefused("settings.several", SETTINGS_FILE, reason, remedy)
    if first is not None:
        yield "project", Path(first)


def _real(path: Path) -> str:
    """Return the real path of a file; a broken link has its own path."""
    return os.path.realpath(path) if path.exists() else str(path.absolute())


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except (OSError, ValueError):  # no access or an invalid name, reported by its reader
        return False


def _find_user() -> Iterator[tuple[Origin, Path]]:
    if (path := _find_in(user_folder())) is not None:
        yield "user", path


def user_folder() -> Path:
    """Return the folder of the user's settings, whether or not it exists."""
    if sys.platform == "linux":  # same result as `platformdirs`, which takes 4 ms
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
    except (FileNotFoundError, NotADirectoryError, ValueError):  # or a null byte in a name
        return None
    except OSError as error:
        if error.errno == ENAMETOOLONG:  # of a folder that cannot exist
            return None
        reason = f"its folder cannot be accessed: {error.strerror}"
        remedy = "request access to the folder, or use --no-settings"
        raise InputRefused("settings.unreadable", path.name, reason, remedy) from error
    return path


def list_settings(
    named: Iterable[Path], options: Mapping[str, Any], *, use: bool
) -> SettingsRecord:
    """List each setting in effect with its origin; files are read only if `use` is set.

    Raises `InputRefused`: `file.missing` for a case or folder that does not exist.
    """
    from fl_planner.intake.reading.files import require_present
    from fl_planner.record.files.settings import as_settings

    named = [*named]
    require_present(named, {})
    known = read_all_settings(named) if use else {}
    require_no_loosening(known, [key for key in known if options.get(key) is None])
    every: dict[str, tuple[KnownSetting, ...]] = {}
    for key in IN_WORDS:
        given = options.get(key)
        first = () if given is None else (KnownSetting(key, given, "option"),)
        every[key] = (*first, *known.get(key, ()), KnownSetting(key, IN_WORDS[key], "default"))
    return as_settings(every)
