"""Lesions and remnants that a file holds beside what it was given for, and nobody asks for."""

from collections.abc import Collection, Iterable, Iterator

from fl_planner.basis.findings import Finding, Severity
from fl_planner.basis.text.brevity import list_first
from fl_planner.formats.voxels.label_file import LabelFile, SegmentFile
from fl_planner.liver.names.structures import EXCLUDE

LABEL_MAP = "labelmap"  # a role that asks for every segment
MOST_NAMED = 12  # segments that a message lists
# What a file may hold: structures of which one is enough, what is missing, how it is given.
SOUGHT = (
    (("tumour",), "tumour", "--tumour"),
    (("flr", "resected"), "remnant", "--flr (what is to be removed: --resected)"),
)


def find_unasked(
    files: Iterable[LabelFile | SegmentFile], given: Collection[str]
) -> tuple[Finding, ...]:
    """Tell segments of lesions and of a remnant in files that were given for something else.

    For a case where nobody gives a tumour, whose liver then counts it as working liver; or
    neither a remnant nor what is to be removed. `given` are the masks that there are, by role.
    """
    # "plan 2 flr" is one too
    roles = {name.split()[-1] for name in given if not name.startswith(EXCLUDE)}
    named = [
        file for file in files if isinstance(file, SegmentFile) and file.inputs[0].role != LABEL_MAP
    ]
    found: dict[str, Finding] = {}
    for structures, missing, option in SOUGHT:
        if roles.isdisjoint(structures):
            found |= _tell(named, structures, f"and no {missing} was given: give it as {option}")
    return tuple(found.values())


def _tell(
    files: Iterable[SegmentFile], structures: Collection[str], why: str
) -> Iterator[tuple[str, Finding]]:
    """Tell each file once, by its name and what is missing."""
    for file in files:
        names = [one.name for one in file.segments if one.structure in structures]
        if len(file.segments) > 1 and names:
            held = list_first(names, MOST_NAMED)
            message = f"{file.name}: holds {held} too, {why} as well, or as --labelmap"
            finding = Finding("segments.not_asked", Severity.WARNING, message, file.name)
            yield f"{file.name}, {why}", finding
