"""What a case file says of itself, though it is refused: its id, and the roles of its files."""

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

from fl_planner.basis.errors import InputRefused
from fl_planner.formats.stored.text import read_text

# topics of refusals whose reasons are about bytes and places, and hold no word of a file
OF_FILES = frozenset({"file", "gzip", "limit", "dims", "geometry", "grid", "mask", "volume"})
UNSAID = "the case file, or a file that it names, is refused"


def find_id(text: str) -> str | None:
    """Find the id that a case file gives, also where the rest of it cannot be used.

    Examples
    --------
    >>> find_id('id = "case-001"'), find_id("id = 7"), find_id("id =")
    ('case-001', None, None)
    """
    said = _parse(text).get("id")
    return said if isinstance(said, str) and said.strip() else None


def say_refused(path: Path, wrong: InputRefused) -> str:
    """Say why a case is refused: its files by their roles, and no word of them.

    A file's name may be a patient's, and what a case file or a header says may be too.
    """
    if wrong.code.partition(".")[0] not in OF_FILES:
        return UNSAID
    roles = dict(_roles(_parse(read_text(path, "case.unreadable", "a case file")[0])))
    roles[path.name] = "the case file"
    if wrong.source not in roles:
        return UNSAID
    said = f"{wrong.source}: {wrong.reason}"
    for name in sorted(roles, key=len, reverse=True):
        said = said.replace(name, roles[name])
    return said


def _parse(text: str) -> Mapping[str, object]:
    try:
        return tomllib.loads(text)
    except (ValueError, ArithmeticError, RecursionError):
        return {}


def _roles(table: object, role: str = "") -> Iterator[tuple[str, str]]:
    """Give each path that a case file may name, its parts, and the role that they have."""
    if isinstance(table, str) and role:
        *folders, name = Path(table).parts or ("",)
        yield from ((folder, "folder") for folder in folders if folder.strip("./\\"))
        yield from ((one, role) for one in (table, name) if one)
    elif isinstance(table, list):
        for one in table:
            yield from _roles(one, role)
    elif isinstance(table, Mapping):
        for key, inner in table.items():
            if key not in ("facts", "id", "label"):
                yield from _roles(inner, role if key in ("file", "scheme") and role else str(key))
