"""Where an image comes from, what refusals call it, and where it lies, whatever its spelling.

Two paths are one place where they lead to one file, so links, hard links, names in another case on
a disk that has no case, and folders taken twice are all seen.
"""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from fl_planner.basis.findings import Finding, InputRefused, Severity
from fl_planner.basis.run import Identity, Ledger, Place, current_ledger

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from fl_planner.space.grid import Grid

EXPORT_AGAIN = "export it again from the program that made it, or copy it again"


class NamedFile:
    """A file, or what was read of one, that names it in refusals and findings."""

    __slots__ = ()

    name: str

    def refuse(self, code: str, reason: str, remedy: str = EXPORT_AGAIN) -> InputRefused:
        """Build a refusal that names the file."""
        return InputRefused(code, self.name, reason, remedy)

    def find(
        self,
        code: str,
        what: str,
        severity: Severity = Severity.WARNING,
        value: float | None = None,
        unit: str | None = None,
    ) -> Finding:
        """Build a finding that names the file."""
        return Finding(code, severity, f"{self.name}: {what}", self.name, value, unit)


@dataclass(frozen=True, slots=True, eq=False)
class HeldImage(NamedFile):
    """An image in memory, its place known; named as a file would be: "array flr".

    - `format` ("array", "nibabel", "simpleitk"): what it was handed over as.
    - `voxels` (array of the grid's shape): numbers as they are held.
    - `slope`, `inter`: value = number * slope + inter.
    - `grid`: where the voxels are.
    - `odd`: what was odd about how it says so.
    """

    name: str
    format: str
    voxels: npt.NDArray[np.generic]
    grid: Grid
    odd: tuple[Finding, ...] = ()
    slope: float = 1.0
    inter: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class HeldDicom(NamedFile):
    """DICOM data sets in memory, each as the bytes of its file, with a name of its own."""

    name: str
    files: tuple[tuple[str, bytes], ...]


Source: TypeAlias = Path | HeldImage | HeldDicom


def note_input(path: Path) -> None:
    """Note a file or a folder that is read, or that a document names.

    Raises `InputRefused`: `output.is_input` where an output of this run lies there.
    """
    ledger = current_ledger()
    if ledger is not None:
        ledger.read(_locate(path, ledger))


def note_output(path: Path, *, grows: bool = False) -> None:
    """Note a file or a folder that will be written, before the work.

    Raises `InputRefused`: `output.is_input`, `output.twice`.
    """
    ledger = current_ledger()
    if ledger is not None:
        ledger.write(_locate(path, ledger), grows=grows)


def require_apart(path: Path) -> None:
    """Refuse to write where an input of this run lies.

    Raises `InputRefused`: `output.is_input`, and what was refused of another output.
    """
    ledger = current_ledger()
    if ledger is not None:
        ledger.require_apart(_locate(path, ledger))


def is_output(path: Path) -> bool:
    """Whether a file was noted as an output that grows."""
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
    """Find the real path of a folder, and what it and all folders around it are; once a run."""
    try:
        named = Path.cwd() / folder
        if str(named) not in ledger.around:
            real = os.path.realpath(named)
            paths = [Path(real), *Path(real).parents]
            if os.pardir not in named.parts:  # as it was named, through links
                paths += [named, *named.parents]
            seen = (_look(path) for path in paths)
            identities = frozenset((one.st_dev, one.st_ino) for one in seen if one is not None)
            ledger.around[str(named)] = real, identities
    except (OSError, ValueError):  # the working folder is gone, or no name that can be one
        return str(folder), frozenset()
    return ledger.around[str(named)]


def _is_link(path: Path) -> bool:
    try:
        return path.is_symlink()
    except (OSError, ValueError):  # no access, or no name that can be one
        return False


def _look(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except (OSError, ValueError):  # nothing there, or no name that can be one
        return None
