"""What the result of a case rests on, as hashes: two runs with one key have one result."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from hashlib import file_digest, sha256
from pathlib import Path

import fl_planner
from fl_planner import trials
from fl_planner.basis.version import __version__
from fl_planner.workup.many.plans import ForAll

MISSING = "missing"  # in place of the hash of a file that is not there
RESULTS = "results"  # what was made; "" where it is not what it was
OF_WHAT = {  # part of a key -> what changed where it differs
    "inputs": "its files",
    "facts": "what is said of it",
    "protocols": "the trials or the centre's file",
    "options": "the options",
    "version": "the version of fl_planner",
    "code": "the program",
}
COMPILED = "__pycache__"  # made of the sources, and not always


def hash_text(text: str) -> str:
    """Hash a text."""
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def hash_all(parts: Iterable[tuple[str, str]]) -> str:
    """Hash names and what stands for each, whose order counts."""
    return hash_text(json.dumps([*parts]))


def hash_results(files: Mapping[str, bytes]) -> str:
    """Hash what was made of a case."""
    return hash_all((name, sha256(files[name]).hexdigest()) for name in sorted(files))


def find_shared_key(said: ForAll, *, report: bool, pictures: bool) -> dict[str, str]:
    """Find the part of the key that all cases share."""
    protocols = [Path(trials.__file__).with_name("data")]
    protocols += [path for path in (said.trials, said.centre) if path is not None]
    options = [
        ("as_of", str(said.as_of)),
        ("size_limit", str(said.size_limit)),
        ("profile", said.profile),
        ("report", str(report)),
        ("pictures", str(pictures)),
    ]
    return {
        "protocols": hash_paths(protocols),
        "options": hash_all(options),
        "version": __version__,
        "code": hash_program(),
    }


@cache
def hash_program() -> str:
    """Hash the program that makes results, with all its data: a changed clone has one version."""
    sources = list_within(Path(fl_planner.__file__).parent)
    return hash_all(
        (name.as_posix(), _hash_file(file)) for name, file in sources if COMPILED not in name.parts
    )


def hash_paths(paths: Iterable[Path]) -> str:
    """Hash the content of files, and of all that lies in folders.

    Their names count, where they lie does not.
    """
    return hash_all(
        (str(name), _hash_file(file)) for path in paths for name, file in list_within(path)
    )


def list_within(path: Path) -> Iterator[tuple[Path, Path]]:
    """List all files of a folder, or the one that a path is of: the name of each, and its path."""
    if path.is_dir():
        for file in sorted(path.rglob("*")):
            if file.is_file():
                yield file.relative_to(path), file
    else:
        yield Path(path.name), path


def _hash_file(path: Path) -> str:
    """Hash a file; what cannot be read is told by its reader, later."""
    try:
        with path.open("rb") as file:
            return file_digest(file, "sha256").hexdigest()
    except OSError:
        return MISSING


def find_changed(before: Mapping[str, str], now: Mapping[str, str]) -> tuple[str, ...]:
    """Tell what changed between two keys, in words.

    Examples
    --------
    >>> find_changed({"inputs": "a", "results": "c"}, {"inputs": "b", "results": "d"})
    ('its files',)
    """
    parts = [part for part in OF_WHAT if before.get(part) != now.get(part)]
    if "version" in parts:  # says it already
        parts.remove("code")
    found = [OF_WHAT[part] for part in parts]
    return (*found, *(() if before.get(RESULTS) else ("its result in the folder",)))
