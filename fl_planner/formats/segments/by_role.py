"""Which segments of a file a role asks for, and the label schemes that are known.

Rule S1 of safety.md, the same for every format: one segment alone is meant; of several the one
that bears the role's name, or all of them where lesions or excluded parts are asked for. What is
neither is refused, and the segments there are named. Rule S2: a name that means nothing is told.
"""

from __future__ import annotations

import re
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from fl_planner.basis.findings import Finding, InputRefused
from fl_planner.basis.plain_text import is_plain, list_first
from fl_planner.basis.shown import as_ml
from fl_planner.formats.stored.source import NamedFile
from fl_planner.formats.voxels.values import PASSED_OVER, Segment, SegmentFile, take_out
from fl_planner.liver.names.exclusions import OWN, is_meant, read_excluded
from fl_planner.liver.names.part_names import is_numbered, means_other, organ_beside, structure_of
from fl_planner.liver.names.structures import (
    EXCLUDE,
    OF_LIVER,
    PARTS,
    USED,
    VESSEL,
    WITHIN_LIVER,
    plain,
)
from fl_planner.planning.given.case import InputFile
from fl_planner.space.grid import Grid
from fl_planner.space.labels import LabelScheme, parse_schemes
from fl_planner.space.mask import Mask

LABEL_MAP, CHECK = "labelmap", "check"  # roles that ask for every segment, used or not
_PLANNED = re.compile(r"^plan \d+ ")  # before the role of a mask that one plan has for itself
MOST_NAMED = 12  # segments of a file that a message lists
LONGEST = 64  # letters of a name that are shown
BOTH_LIVER = "; both are the liver"
WITHOUT_VESSELS = (
    ": the liver's volume does not hold these vessels, and a remnant drawn with them has too large "
    "a share"
)
COUINAUD = {*range(1, 9)}
_DIGITS = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class SegmentEntry:
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

    meant: tuple[int, ...]  # of which one must not be empty
    drawn: tuple[int, ...]
    findings: tuple[Finding, ...] = ()
    unknown: tuple[int, ...] = ()  # of a name that means nothing, and that of no other organ


def part_of(
    name: str, number: int, layer: int | None = None, *, automatic: bool = False
) -> SegmentEntry:
    """Describe a segment by its name, on one line and not too long to show."""
    shown = "".join(c if is_plain(c) else " " for c in name).strip()
    if len(shown) > LONGEST:
        return SegmentEntry(f"{shown[: LONGEST - 3]}...", number, None, layer)
    return SegmentEntry(shown, number, structure_of(shown, automatic=automatic), layer)


def choose(header: NamedFile, parts: Sequence[SegmentEntry], role: str) -> Choice:
    """Choose the segments that a file given as `role` is asked for.

    Raises `InputRefused`: where none or several of several segments bear the role's name.
    """
    role = _PLANNED.sub("", role)
    if role == CHECK:
        return Choice((), tuple(range(len(parts))))
    unknown = tuple(n for n, part in enumerate(parts) if _is_unknown(part))
    if role == LABEL_MAP:
        asked = tuple(n for n, part in enumerate(parts) if part.structure)
        return Choice((), asked, unknown=unknown)
    if len(parts) == 1:
        return Choice((0,), (0,), _misnamed(header, parts[0], role))
    named = tuple(n for n, part in enumerate(parts) if _bears(part, role))
    several = role == "tumour" or role.startswith((EXCLUDE, VESSEL))
    if not named or (len(named) > 1 and not several):
        raise _unclear(header, parts, named, role)
    joined = _beside_liver(parts, named[0], OF_LIVER)
    vessels = _beside_liver(parts, named[0], WITHIN_LIVER)
    found = (
        *_tell_left_out(header, parts, joined, BOTH_LIVER),
        *_tell_left_out(header, parts, vessels, WITHOUT_VESSELS),
    )
    return Choice(named, (*named, *joined), found, unknown)


def tell_unknown(
    header: NamedFile, parts: Sequence[SegmentEntry], volumes_ml: Mapping[int, float | None]
) -> tuple[Finding, ...]:
    """Tell the segments whose names mean nothing here, each with its volume where it is known."""
    drawn = {n: ml for n, ml in volumes_ml.items() if ml != 0}
    if not drawn:
        return ()
    told = [parts[n].name + ("" if ml is None else f" ({as_ml(ml)})") for n, ml in drawn.items()]
    whose = "a segment" if len(told) == 1 else f"{len(told)} segments"
    what = (
        f"holds {whose} of a name that is not known, counted in nothing: "
        f"{list_first(told, MOST_NAMED)}; name it as what it is (Tumour 1, FLR, cyst, "
        "Segment IV), or leave it if it is no part of the liver"
    )
    return (header.find(PASSED_OVER, what),)


def number_named(parts: Sequence[tuple[str, int]]) -> bool:
    """Whether a program numbered the segments, and Couinaud's eight are not meant.

    Names that are numbers alone, in the order in which they are stored, could be either; eight
    of them, 1 to 8, are Couinaud's. `parts` are names and numbers as the file has them.

    Examples
    --------
    >>> number_named([("Segment_1", 1), ("Segment_2", 2), ("Segment_3", 3)])
    True
    >>> number_named([("Segment_2", 1), ("Segment_3", 2)])
    False
    """
    said = [
        (int(_DIGITS.findall(name)[-1]), number, place)
        for place, (name, number) in enumerate(parts, 1)
        if is_numbered(name)
    ]
    if {one for one, _, _ in said} == COUINAUD:
        return False
    return bool(said) and all(one in (number, place) for one, number, place in said)


def _is_unknown(part: SegmentEntry) -> bool:
    organ = organ_beside(part.name) or organ_beside(part.coded or "")
    return part.structure is None and organ is None


def _bears(part: SegmentEntry, role: str) -> bool:
    if role.startswith(EXCLUDE):
        wanted = role.removeprefix(EXCLUDE)
        own = plain(wanted.removeprefix(OWN))
        return wanted in (read_excluded(part.name), part.structure) or own == plain(part.name)
    if role.startswith(VESSEL):
        return is_meant(part.structure, role.removeprefix(VESSEL))
    return role in (part.structure, plain(part.name))


def _unclear(
    header: NamedFile, parts: Sequence[SegmentEntry], named: Sequence[int], role: str
) -> InputRefused:
    """Say that none or several of the segments bear a role's name, and what to do."""
    wanted = role.removeprefix(EXCLUDE).removeprefix(VESSEL)
    count = "none" if not named else f"{len(named)} of them"
    reason = f"has {len(parts)} segments ({_listed(parts)}), {count} named {wanted}"
    if named:
        reason += f" ({_listed([parts[n] for n in named])})"
    held = {part.structure for part in parts}
    as_map = role != "liver" or bool(held & {"liver", *PARTS})
    if not as_map and held & {*USED}:
        remedy = "give the file with the liver as --liver, and this one beside it as --labelmap"
        return header.refuse("segments.name", reason, remedy)
    return header.refuse("segments.name", reason, take_out(wanted, as_map=as_map))


def as_segment_file(
    header: NamedFile,
    parts: Sequence[SegmentEntry],
    choice: Choice,
    masks: Mapping[int, Mask],
    grid: Grid,
    inputs: tuple[InputFile, ...],
    findings: tuple[Finding, ...],
) -> SegmentFile:
    """Put together what was read; `masks` are those of the segments that were chosen.

    Raises `InputRefused`: where the one segment that is meant has no voxel.
    """
    if choice.meant and not any(masks[n].voxel_count for n in choice.meant):
        called = " and ".join(f"{parts[n].name} (label {parts[n].number})" for n in choice.meant)
        reason = f"has no voxel of its segment {called}"
        remedy = "draw it, or leave the file out; --no-tumour says that there is none"
        raise header.refuse("segments.empty", reason, remedy)
    alone = len(choice.meant) == 1
    empty = [parts[n] for n in choice.drawn if not (alone or masks[n].voxel_count)]
    if empty:
        what = f"has no voxel of its segments {_listed(empty)}"
        findings = (*findings, header.find("segments.empty", what))
    segments = tuple(
        Segment(part.name, part.structure, part.number, masks.get(n), part.layer)
        for n, part in enumerate(parts)
    )
    return SegmentFile(inputs[0].file, grid, segments, inputs, (*findings, *choice.findings))


def _misnamed(header: NamedFile, part: SegmentEntry, role: str) -> tuple[Finding, ...]:
    """Name a segment that stands alone and is called something else."""
    wanted = role.removeprefix(VESSEL)
    meant = role.startswith(EXCLUDE) or is_meant(part.structure, wanted)
    if meant or not means_other(part.name, wanted):
        return ()
    what = f"its one segment is called {part.name}, not {wanted}; counted as {wanted}"
    return (header.find("segments.name", what),)


def _beside_liver(
    parts: Sequence[SegmentEntry], meant: int, structures: Container[str | None]
) -> tuple[int, ...]:
    """Find what was cut out of a liver by the one number a voxel that its layer has."""
    liver = parts[meant]
    if liver.structure != "liver" or liver.layer is None:
        return ()
    return tuple(
        n
        for n, part in enumerate(parts)
        if part.layer == liver.layer and part.structure in structures
    )


def _tell_left_out(
    header: NamedFile, parts: Sequence[SegmentEntry], left_out: tuple[int, ...], meaning: str
) -> tuple[Finding, ...]:
    """Name what a liver's segment leaves out, and what that means for the liver."""
    if not left_out:
        return ()
    called = _listed([parts[n] for n in left_out])
    what = f"its liver segment leaves out {called}, in one layer with it{meaning}"
    return (header.find("segments.layer", what),)


def _listed(parts: Sequence[SegmentEntry]) -> str:
    return list_first([part.name for part in parts], MOST_NAMED)


SCHEMES = Path(__file__).with_name("schemes.toml")  # by its path: `importlib.resources` takes 13 ms


def read_bundled_schemes() -> dict[str, LabelScheme]:
    """Read every scheme that comes with the package, name to scheme."""
    return parse_schemes(SCHEMES.read_text("utf-8"))
