"""Sources of images: their names in refusals, and their locations in any spelling.

Two paths to the same file are one location, including links, hard links, different case on a disk
that ignores case, and repeated folders.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Container, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from msgspec import Struct

from fl_planner.basis.findings import Finding, InputRefused, Severity
from fl_planner.basis.run import Identity, Ledger, Place, current_ledger

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from fl_planner.space.grid import Grid
    from fl_planner.space.mask import Author

MOST_AROUND = 64  # folders kept: a gateway writes to a new one for every study
EXPORT_AGAIN = "export the file again from the program that created it, or copy it again"

LEFT_BY_SYSTEMS = frozenset({".DS_Store", "Thumbs.db", "desktop.ini"})


def is_left_by_system(name: str) -> bool:
    """Return whether macOS or Windows adds a file of this name to folders that a user views.

    On a drive of another format, macOS keeps the attributes of a file `x` in `._x`.
    """
    return name in LEFT_BY_SYSTEMS or name.startswith("._")


class NamedFile:
    """A file, or an object read from it, that names the file in refusals and findings."""

    __slots__ = ()

    name: str

    def refuse(self, code: str, reason: str, remedy: str = EXPORT_AGAIN) -> InputRefused:
        """Return a refusal that names the file."""
        return InputRefused(code, self.name, reason, remedy)

    def find(
        self,
        code: str,
        what: str,
        severity: Severity = Severity.WARNING,
        value: float | None = None,
        unit: str | None = None,
    ) -> Finding:
        """Return a finding that names the file."""
        return Finding(code, severity, f"{self.name}: {what}", self.name, value, unit)


class HeldImage(NamedFile, Struct, frozen=True, eq=False):
    """An image in memory with its grid, named like a file: "array flr".

    - `format` ("array", "nibabel", "simpleitk"): its type.
    - `voxels` (array of the grid's shape): stored numbers.
    - `slope`, `inter`: value = number * slope + inter.
    - `grid`: its grid.
    - `odd`: findings on its geometry.
    - `author`, `label_names`: of its labels, if its header has any.
    - `keys`: keys of its header, which may name segments.
    - `owner`: the object that frees the memory of `voxels` when it is deleted.
    - `path`: the file from which it was loaded, if known.
    """

    name: str
    format: str
    voxels: npt.NDArray[np.generic]
    grid: Grid
    odd: tuple[Finding, ...] = ()
    slope: float = 1.0
    inter: float = 0.0
    author: Author | None = None
    label_names: Mapping[int, str] = {}
    keys: Mapping[str, str] = {}
    owner: object = None
    path: Path | None = None


class HeldDicom(NamedFile, Struct, frozen=True, eq=False):
    """DICOM data sets in memory, each as the bytes of its file, with its name."""

    name: str
    files: tuple[tuple[str, bytes], ...]


Source: TypeAlias = Path | HeldImage | HeldDicom


def note_input(path: Path) -> None:
    """Register a file or folder that is read, or that a document names.

    Raises `InputRefused`: `output.is_input` if it is also an output of this run.
    """
    if (ledger := current_ledger()) is not None:
        ledger.read(_locate(path, ledger))


def list_folder(folder: Path, inner: str, kinds: Container[str]) -> list[Path]:
    """List the files of these kinds in a folder, and the file `inner` of each folder in it.

    Entries that cannot be opened are listed too, such as a broken link or a pipe: each is refused
    when it is opened, because a patient must not disappear from a list silently.
    """
    paths = [one / inner if one.is_dir() else one for one in sorted(folder.iterdir())]
    return [one for one in paths if _is_listed(one, kinds)]


def _is_listed(path: Path, kinds: Container[str]) -> bool:
    suffix = path.suffix.lower()
    if path.exists():
        return suffix in kinds and not path.is_dir()
    if not path.is_symlink() or path.name.startswith("."):
        return False  # the locks of editors are hidden links that lead nowhere
    is_folder = not suffix.strip(".0123456789")  # also "1.2.840", on a drive that is gone
    return is_folder or suffix in kinds


def name_folder(folder: Path) -> str:
    """Name a folder in a finding or refusal: its base name, also of `.` and `..`.

    A link keeps its own name. The root of a disk has no base name; it is "the folder".
    """
    if folder.name in {"", ".."}:
        folder = folder.resolve()
    return folder.name or "the folder"


def nested_too_deeply(folder: Path) -> InputRefused:
    """Describe a folder with hundreds of levels of sub-folders, which cannot be listed."""
    reason, remedy = "its sub-folders are nested too deeply", "give the folder of the files"
    return InputRefused("file.unreadable", name_folder(folder), reason, remedy)


def note_output(path: Path, *, grows: bool = False) -> None:
    """Register a file or folder that will be written, in advance.

    Raises `InputRefused`: `output.is_input`, `output.twice`.
    """
    if (ledger := current_ledger()) is not None:
        ledger.write(_locate(path, ledger), grows=grows)


def require_apart(path: Path) -> None:
    """Refuse to overwrite an input of this run.

    Raises `InputRefused`: `output.is_input`, and as for another output.
    """
    if (ledger := current_ledger()) is not None:
        ledger.require_apart(_locate(path, ledger))


def is_output(path: Path) -> bool:
    """Whether a file is registered as an output to which entries are added."""
    ledger = current_ledger()
    return ledger is not None and ledger.keeps(_locate(path, ledger))


def _locate(path: Path, ledger: Ledger) -> Place:
    seen = _look(path)
    real_folder, above = _look_above(path.parent, ledger)
    real = str(Path(real_folder, path.name))
    if path.name in ("", os.pardir) or _is_link(path):
        real = os.path.realpath(path)
        above |= _look_above(Path(real).parent, ledger)[1]
    identity = None if seen is None else (seen.st_dev, seen.st_ino)
    is_folder = seen is not None and stat.S_ISDIR(seen.st_mode)
    return Place(Path(real).name or real, real, identity, above, is_folder)


def _look_above(folder: Path, ledger: Ledger) -> tuple[str, frozenset[Identity]]:
    """Return the real path of a folder, and the identities of it and its parents; cached."""
    try:
        named = Path.cwd() / folder
        if str(named) not in ledger.around:
            if len(ledger.around) >= MOST_AROUND:
                ledger.around.clear()
            real = os.path.realpath(named)
            paths = [Path(real), *Path(real).parents]
            if os.pardir not in named.parts:  # as it was named, through links
                paths += [named, *named.parents]
            seen = (_look(path) for path in paths)
            identities = frozenset((one.st_dev, one.st_ino) for one in seen if one is not None)
            ledger.around[str(named)] = real, identities
    except (OSError, ValueError):  # the working folder is gone, or the name is invalid
        return str(folder), frozenset()
    return ledger.around[str(named)]


def is_file(path: Path) -> bool:
    """Whether a file exists and is accessible."""
    try:
        return path.is_file()
    except (OSError, ValueError):  # no access, or a name too long or with a zero byte
        return False


def _is_link(path: Path) -> bool:
    try:
        return path.is_symlink()
    except (OSError, ValueError):  # no access, or an invalid name
        return False


def _look(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except (OSError, ValueError):  # no file, or an invalid name
        return None
