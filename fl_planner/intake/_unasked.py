"""Lesions that a file holds beside what it was given for: named, and nobody asks for them."""

from __future__ import annotations

from collections.abc import Iterable

from fl_planner.basis.findings import Finding, Severity
from fl_planner.intake._labelfile import LabelFile, SegmentFile

LABEL_MAP = "labelmap"  # a role that asks for every segment
MOST_NAMED = 12  # segments that a message lists


def find_unasked(files: Iterable[LabelFile | SegmentFile]) -> tuple[Finding, ...]:
    """Tell segments of lesions in files that were given for something else.

    For a case whose tumour nobody gives: its liver then counts them as working liver.
    """
    names: dict[str, tuple[str, ...]] = {}
    for file in files:
        if isinstance(file, SegmentFile) and file.inputs[0].role != LABEL_MAP:
            lesions = tuple(one.name for one in file.segments if one.structure == "tumour")
            names |= {file.name: lesions} if len(file.segments) > 1 and lesions else {}
    return tuple(
        Finding(
            "segments.not_asked",
            Severity.WARNING,
            f"{name}: holds {_listed(lesions)} too, and no tumour was given: give it as --tumour "
            "as well, or as --labelmap",
            name,
        )
        for name, lesions in names.items()
    )


def _listed(names: tuple[str, ...]) -> str:
    more = len(names) - MOST_NAMED
    return ", ".join(names[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
