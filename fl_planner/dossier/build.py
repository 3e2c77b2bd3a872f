"""The commit of the installed program, from its clone or its release."""

from __future__ import annotations

import shutil
import subprocess
from importlib.resources import files
from pathlib import Path

import msgspec

from fl_planner.basis.version import __version__
from fl_planner.record.files.dossier import UNKNOWN_COMMIT, BuildRecord

FILE = "release.json"
TIMEOUT_S = 20


class ReleasedBuild(msgspec.Struct, frozen=True):
    """The commit from which a version was released; None before the first release."""

    version: str | None
    commit: str | None


def find_build(package: Path | None = None) -> BuildRecord:
    """Find the commit of the program; never use that of another project.

    A clone is asked with git, if it is the clone of this program: its top folder contains the
    package, and the package is tracked. A release states its commit in a file.
    """
    place = Path(str(files("fl_planner"))) if package is None else package
    if (found := _ask_clone(place)) is not None:
        return found
    released = read_released(place / "dossier" / "data" / FILE)
    if released.version == __version__ and released.commit is not None:
        return BuildRecord(commit=released.commit, changed=None, source="release")
    return BuildRecord(commit=None, changed=None, source=UNKNOWN_COMMIT)


def read_released(path: Path) -> ReleasedBuild:
    """Read the file of a release."""
    return msgspec.json.decode(path.read_bytes(), type=ReleasedBuild)


def _ask_clone(package: Path) -> BuildRecord | None:
    """Ask git for the commit of the clone that contains the package; None if it is in none."""
    clone = package.resolve().parent
    top = _ask_git(clone, "rev-parse", "--show-toplevel")
    if top is None or Path(top).resolve() != clone:
        return None
    if _ask_git(clone, "ls-files", "--error-unmatch", f"{package.name}/__init__.py") is None:
        return None
    commit = _ask_git(clone, "rev-parse", "HEAD")
    changed = _ask_git(clone, "status", "--porcelain", "--", package.name, "sample_data")
    if commit is None or changed is None:
        return None
    return BuildRecord(commit=commit, changed=bool(changed), source="git")


def _ask_git(folder: Path, *asked: str) -> str | None:
    program = shutil.which("git")
    if program is None:
        return None
    try:
        done = subprocess.run(
            [program, "-C", str(folder), *asked],
            capture_output=True,
            text=True,
            check=False,
            timeout=TIMEOUT_S,
            stdin=subprocess.DEVNULL,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None
