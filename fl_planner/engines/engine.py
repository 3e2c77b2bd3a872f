"""A segmentation engine: an external program, with its commands, outputs and bounds."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import file_digest, sha256
from pathlib import Path

from fl_planner.basis.findings import InputRefused

VERSION = re.compile(r"\d+(?:\.\d+)+[\w.+-]*")
_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_DEFAULT = re.compile(r"\$\{(\w+):-([^}]*)\}")
CT, IMAGES, OUT, SCRATCH, WEIGHTS = "ct", "images", "out", "scratch", "weights"
PLACEHOLDERS = frozenset({CT, IMAGES, OUT, SCRATCH, WEIGHTS})
LABEL_MAP, TUMOUR, LIVER = "labelmap", "tumour", "liver"
VESSEL = "vessel "  # beginning of the role of a vessel
OF_WINDOWS = ("SYSTEMROOT", "USERPROFILE")  # libraries and sockets of the system; the home folder


@dataclass(frozen=True, slots=True)
class EngineOutput:
    """A file that an engine writes.

    - `file`: its path in the output folder; `*` stands for any characters, and one file must match.
    - `role`: "labelmap", "liver", "tumour", or "vessel " and the name of a vessel.
    - `saved_as`: its name among the results.
    - `scheme`: label scheme of a label map; or `labels`, the names of its numbers.
    - `may_be_empty`: whether an empty mask is a valid result, as for lesions.
    """

    file: str
    role: str
    saved_as: str
    scheme: str | None = None
    labels: Mapping[str, str] | None = None
    may_be_empty: bool = False


@dataclass(frozen=True, slots=True)
class SegmentationEngine:
    """A segmentation engine.

    - `name`: name of its file; `title`: title of the program, as in the origin of its masks.
    - `install`: instructions to install it and its weights.
    - `licence`: sentence that a user must accept; None if there is none.
    - `commands`: programs to run in order, as arrays of arguments, without a shell. `{ct}` is the
      CT as NIfTI, `{images}` a folder with it as `ct_0000.nii.gz`, `{out}` the output folder,
      `{scratch}` a folder for other files, `{weights}` the first entry of `weights`.
    - `version`: command that prints its version.
    - `weights`: files or folders that must exist, with `~`, `$NAME` and `${NAME:-DEFAULT}`; their
      hash is recorded.
    - `environment`: variables that it may read; no others.
    - `minutes`, `memory_gib`: bounds of all its processes.
    - `folder`: a folder with the outputs of an engine that was run elsewhere, without commands.
    """

    name: str
    title: str
    install: str
    outputs: tuple[EngineOutput, ...]
    commands: tuple[tuple[str, ...], ...] = ()
    version: tuple[str, ...] = ()
    licence: str | None = None
    weights: tuple[str, ...] = ()
    environment: tuple[str, ...] = ()
    minutes: int = 60
    memory_gib: int = 32
    folder: Path | None = None

    def require_licence(self, *, accepted: bool) -> None:
        """Check that a user has accepted the licence. Raises `InputRefused`: `engine.licence`."""
        if self.licence is not None and not accepted:
            remedy = "if you accept the licence, repeat the command with --accept-licence"
            raise InputRefused("engine.licence", self.name, self.licence, remedy)

    def choose_environment(self) -> dict[str, str]:
        """Return the variables that the engine may read, or without which Windows runs none."""
        names = (*self.environment, *OF_WINDOWS) if sys.platform == "win32" else self.environment
        return {name: os.environ[name] for name in names if name in os.environ}

    def find_weights(self) -> tuple[Path, ...]:
        """Return the weights. Raises `InputRefused`: `engine.weights`, with the remedy."""
        found = tuple(Path(_expand(one)) for one in self.weights)
        for path in found:
            if not path.exists():
                reason = f"its weights are not installed: {path.name} does not exist"
                raise InputRefused("engine.weights", self.name, reason, self.install)
        return found

    def fill(self, command: tuple[str, ...], places: Mapping[str, Path]) -> list[str]:
        """Return a command with its paths."""
        return [_PLACEHOLDER.sub(lambda m: str(places.get(m[1], m[0])), one) for one in command]


def _expand(path: str) -> str:
    """Expand `~`, `$NAME` and `${NAME:-DEFAULT}`.

    An unset variable without a default is kept, so that the path does not exist.
    """
    path = _DEFAULT.sub(lambda m: os.environ.get(m[1]) or m[2], path)
    return os.path.expandvars(Path(path).expanduser())


def find_placeholders(command: tuple[str, ...]) -> Iterator[str]:
    """List the placeholders of a command."""
    for one in command:
        yield from _PLACEHOLDER.findall(one)


def hash_weights(paths: tuple[Path, ...]) -> str | None:
    """Return one SHA-256 of all files of the weights, with their names; None without weights."""
    if not paths:
        return None
    every = sha256()
    for path in paths:
        files = sorted(one for one in path.rglob("*") if one.is_file()) if path.is_dir() else [path]
        for file in files:
            with file.open("rb") as content:
                digest = file_digest(content, "sha256").hexdigest()
            name = file.relative_to(path.parent).as_posix()
            every.update(f"{name}\0{digest}\n".encode())
    return every.hexdigest()
