"""Which segments of a file a role asks for: by name, the same for every format.

Rule S1 of safety.md: one segment alone is meant; of several the one that bears the role's
name. What is neither is refused, and the segments there are named.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fl_planner.basis.findings import Finding
from fl_planner.basis.plain_text import is_plain
from fl_planner.intake._labelfile import Segment, SegmentFile
from fl_planner.intake._place import Named
from fl_planner.intake._structures import means_other, structure_of
from fl_planner.liver.numerals import plain
from fl_planner.liver.structures import EXCLUDE, OF_LIVER
from fl_planner.planning.case import InputFile
from fl_planner.space.grid import Grid
from fl_planner.space.mask import Mask

LABEL_MAP, CHECK = "labelmap", "check"  # roles that ask for every segment, used or not
_PLANNED = re.compile(r"^plan \d+ ")  # before the role of a mask that one plan has for itself
MOST_NAMED = 12  # segments of a file that a message lists
LONGEST = 64  # letters of a name that are shown


@dataclass(frozen=True, slots=True)
class Part:
    """What a file says of one segment, before its voxels are drawn.

    Segments of one `layer` have no voxel in common, because it has one number a voxel; None
    where every segment may overlap every other.
    """

    name: str
    number: int
    structure: str | None
    layer: int | None = None
    coded: str | None = None  # what a code says that it is


@dataclass(frozen=True, slots=True)
class Choice:
    """The segments that a role asks for, as places in the file's list."""

    meant: int | None  # the one that must not be empty
    drawn: tuple[int, ...]
    findings: tuple[Finding, ...] = ()


def part_of(name: str, number: int, layer: int | None = None, *, automatic: bool = False) -> Part:
    """Describe a segment by its name, on one line and not too long to show."""
    shown = "".join(c if is_plain(c) else " " for c in name).strip()
    if len(shown) > LONGEST:
        return Part(f"{shown[: LONGEST - 3]}...", number, None, layer)
    return Part(shown, number, structure_of(shown, automatic=automatic), layer)


def choose(header: Named, parts: Sequence[Part], role: str) -> Choice:
    """Choose the segments that a file given as `role` is asked for.

    Raises
    ------
    InputRefused
        Where none or several of several segments bear the role's name.
    """
    role = _PLANNED.sub("", role)
    if role in (LABEL_MAP, CHECK):
        asked = [n for n, part in enumerate(parts) if role == CHECK or part.structure]
        return Choice(None, tuple(asked))
    wanted = role.removeprefix(EXCLUDE)
    if len(parts) == 1:
        return Choice(0, (0,), _misnamed(header, parts[0], role))
    called = plain(wanted)
    named = [n for n, part in enumerate(parts) if called in (part.structure, plain(part.name))]
    if len(named) != 1:
        count = "none" if not named else f"{len(named)} of them"
        reason = f"has {len(parts)} segments ({_listed(parts)}), {count} named {wanted}"
        remedy = f"name the one that is meant {wanted}, or export it alone"
        raise header.refuse("segments.name", reason, remedy)
    (meant,) = named
    joined = _part_of_liver(parts, meant)
    return Choice(meant, (meant, *joined), _tell_joined(header, parts, joined))


def as_segment_file(
    header: Named,
    parts: Sequence[Part],
    choice: Choice,
    masks: Mapping[int, Mask],
    grid: Grid,
    inputs: tuple[InputFile, ...],
    findings: tuple[Finding, ...],
) -> SegmentFile:
    """Put together what was read; `masks` are those of the segments that were chosen.

    Raises
    ------
    InputRefused
        Where the one segment that is meant has no voxel.
    """
    if choice.meant is not None and not masks[choice.meant].voxel_count:
        called = parts[choice.meant].name
        reason = f"has no voxel of its segment {called} (label {parts[choice.meant].number})"
        remedy = "draw it, or leave the file out; --no-tumour says that there is none"
        raise header.refuse("segments.empty", reason, remedy)
    empty = [parts[n] for n in choice.drawn if choice.meant is None and not masks[n].voxel_count]
    if empty:
        what = f"has no voxel of its segments {_listed(empty)}"
        findings = (*findings, header.find("segments.empty", what))
    segments = tuple(
        Segment(part.name, part.structure, part.number, masks.get(n), part.layer)
        for n, part in enumerate(parts)
    )
    return SegmentFile(inputs[0].file, grid, segments, inputs, (*findings, *choice.findings))


def _misnamed(header: Named, part: Part, role: str) -> tuple[Finding, ...]:
    """Name a segment that stands alone and is called something else."""
    if role.startswith(EXCLUDE) or not means_other(part.name, role):
        return ()
    what = f"its one segment is called {part.name}, not {role}; counted as {role}"
    return (header.find("segments.name", what),)


def _part_of_liver(parts: Sequence[Part], meant: int) -> tuple[int, ...]:
    """Find what was cut out of a liver by the one number a voxel that its layer has."""
    liver = parts[meant]
    if liver.structure != "liver" or liver.layer is None:
        return ()
    return tuple(
        n
        for n, part in enumerate(parts)
        if part.layer == liver.layer and part.structure in OF_LIVER
    )


def _tell_joined(
    header: Named, parts: Sequence[Part], joined: tuple[int, ...]
) -> tuple[Finding, ...]:
    if not joined:
        return ()
    called = _listed([parts[n] for n in joined])
    what = f"its liver segment leaves out {called}, in one layer with it; both are the liver"
    return (header.find("segments.layer", what),)


def _listed(parts: Sequence[Part]) -> str:
    names = [part.name for part in parts[:MOST_NAMED]]
    more = len(parts) - len(names)
    return ", ".join(names) + (f" and {more} more" if more else "")
