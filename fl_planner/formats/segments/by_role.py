"""Select the segments of a file by role, and read the bundled label schemes.

Rule S1 of safety.md, the same for every format: a single segment is selected; of several, the one
with the role's name, or all of them for lesions or excluded structures. Anything else is refused,
listing the segments. Rule S2: unknown names are reported.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path

from msgspec import Struct

from fl_planner.basis.findings import Finding, InputRefused, Severity
from fl_planner.basis.plain_text import format_count, is_plain, list_first
from fl_planner.basis.shown import as_ml
from fl_planner.formats.stored.source import NamedFile
from fl_planner.formats.voxels.values import PASSED_OVER, Segment, SegmentFile, remedy_to_extract
from fl_planner.liver.anatomy import HALVES
from fl_planner.liver.names.exclusions import OWN, is_meant, is_of_liver, read_excluded
from fl_planner.liver.names.part_names import adjacent_organ, is_numbered, means_other, structure_of
from fl_planner.liver.names.structures import EXCLUDE, PARTS, USED, VESSEL, WITHIN_LIVER, plain
from fl_planner.planning.given.case import InputFile
from fl_planner.space.grid import Grid
from fl_planner.space.labels import LabelScheme, parse_schemes
from fl_planner.space.mask import Author, Mask, Method

LABEL_MAP, CHECK = "labelmap", "check"  # roles that select every segment, used or not
_PLANNED = re.compile(r"^plan \d+ ")  # prefix of the role of a single plan's mask
MOST_NAMED = 12  # segments in a message
LONGEST = 64  # characters of a name in a message
BOTH_LIVER = "; all of these are counted as liver"
WITHOUT_VESSELS = (
    ": the liver volume excludes these vessels, so the FLR would be overestimated if the remnant "
    "was drawn with them"
)
COUINAUD, FOURTH = {*range(1, 9)}, {f"segment_{half}" for half in HALVES}
_DIGITS = re.compile(r"\d+")


class SegmentEntry(Struct, frozen=True):
    """The description of one segment of a file, without its voxels.

    Segments of one `layer` have no voxel in common, because a layer has one number per voxel; None
    if any segments may overlap.
    """

    name: str
    number: int
    structure: str | None
    layer: int | None = None
    coded: str | None = None  # meaning of its code
    author: Author | None = None


class Choice(Struct, frozen=True):
    """The segments selected by a role, as positions in the file's list."""

    meant: tuple[int, ...]  # at least one must not be empty
    drawn: tuple[int, ...]
    findings: tuple[Finding, ...] = ()
    unknown: tuple[int, ...] = ()  # with unknown names, other than those of other organs


def part_of(
    name: str, number: int, layer: int | None = None, *, automatic: bool = False
) -> SegmentEntry:
    """Return the entry of a segment, with its name shortened to one line."""
    shown = "".join(c if is_plain(c) else " " for c in name).strip()
    if len(shown) > LONGEST:
        return SegmentEntry(f"{shown[: LONGEST - 3]}...", number, None, layer)
    return SegmentEntry(shown, number, structure_of(shown, automatic=automatic), layer)


_METHODS: Mapping[str, Method] = {
    "MANUAL": "manual",
    "SEMIAUTOMATIC": "semi-automatic",
    "AUTOMATIC": "automatic",
}
AUTHOR_TAGS = (  # of a segment of 3D Slicer: type, engine, version
    "DICOM.SegmentAlgorithmType",
    "DICOM.SegmentAlgorithmName",
    "DICOM.AlgorithmVersion",
)
UNKNOWN_AUTHOR, NOT_STATED = "unknown", "not stated"  # instead of the name of a program
_NAMELESS = ("", UNKNOWN_AUTHOR, NOT_STATED)


def author_of(kind: str | None, engine: str | None, version: str | None = None) -> Author | None:
    """Return the author from the words of DICOM; None if they do not state one.

    A program must write a type in DICOM even if the author is unknown. This program then writes
    SEMIAUTOMATIC by "unknown", which is read as unknown again.

    Examples
    --------
    >>> author_of("AUTOMATIC", "nnU-Net").method
    'automatic'
    >>> author_of("SEMIAUTOMATIC", "unknown") is None
    True
    """
    method = _METHODS.get((kind or "").strip().upper())
    named, stated = _name_program(engine), _name_program(version)
    if method is None or (method == "semi-automatic" and (engine or "").strip() == UNKNOWN_AUTHOR):
        return None
    return Author(method, named, stated if named else None)


def as_dicom_words(author: Author | None) -> tuple[str | None, str | None, str | None]:
    """Return type, engine and version in the words of DICOM; each None if unknown."""
    if author is None:
        return None, None, None
    kind = next(word for word, method in _METHODS.items() if method == author.method)
    return kind, author.engine, author.version


def _name_program(text: str | None) -> str | None:
    shown = "".join(c if is_plain(c) else " " for c in text or "").strip()[:LONGEST]
    return None if shown.casefold() in _NAMELESS else shown


def choose(header: NamedFile, parts: Sequence[SegmentEntry], role: str) -> Choice:
    """Select the segments of a file given as `role`.

    Raises `InputRefused`: if none, or more than one, of several segments has the role's name.
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
    joined = _find_separated(parts, named[0], is_of_liver)
    vessels = _find_separated(parts, named[0], WITHIN_LIVER.__contains__)
    found = (
        *_report_left_out(header, parts, joined, BOTH_LIVER),
        *_report_left_out(header, parts, vessels, WITHOUT_VESSELS),
    )
    return Choice(named, (*named, *joined), found, unknown)


def find_unknown(
    header: NamedFile, parts: Sequence[SegmentEntry], volumes_ml: Mapping[int, float | None]
) -> tuple[Finding, ...]:
    """Report segments with unknown names, each with its volume if known."""
    if not (drawn := {n: ml for n, ml in volumes_ml.items() if ml != 0}):
        return ()
    listed = [parts[n].name + ("" if ml is None else f" ({as_ml(ml)})") for n, ml in drawn.items()]
    whose = "a segment has an unknown name and is"
    if len(listed) > 1:
        whose = f"{len(listed)} segments have an unknown name and are"
    what = (
        f"{whose} not counted: {list_first(listed, MOST_NAMED)}. Name each segment that is part of "
        "the liver after its structure (Tumour 1, FLR, cyst, Segment IV)"
    )
    return (header.find(PASSED_OVER, what),)


def number_named(parts: Sequence[tuple[str, int]]) -> bool:
    """Whether segments are numbered by a program, and not Couinaud's eight.

    Names that are only numbers, in the order of storage, may be either; eight of them, 1 to 8, are
    Couinaud's, also with IVa and IVb in place of 4. `parts` are names and numbers in the file.

    Examples
    --------
    >>> number_named([("Segment_1", 1), ("Segment_2", 2), ("Segment_3", 3)])
    True
    >>> number_named([("Segment_2", 1), ("Segment_3", 2)])
    False
    >>> number_named([("1", 1), ("2", 2), ("3", 3), ("4a", 4), ("4b", 5)])
    True
    """
    numbered = [
        (int(_DIGITS.findall(name)[-1]), number, place)
        for place, (name, number) in enumerate(parts, 1)
        if is_numbered(name)
    ]
    eight = {named for named, _, _ in numbered}
    if {structure_of(name) for name, _ in parts} >= FOURTH:
        eight.add(4)
    if eight == COUINAUD:
        return False
    return bool(numbered) and all(named in (number, place) for named, number, place in numbered)


def _is_unknown(part: SegmentEntry) -> bool:
    organ = adjacent_organ(part.name) or adjacent_organ(part.coded or "")
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
    """Return the refusal for a file with no segment, or several segments, of a role's name."""
    wanted = role.removeprefix(EXCLUDE).removeprefix(VESSEL)
    count = "none" if not named else f"{len(named)} of them"
    has = format_count(len(parts), "segment")
    reason = f"the file has {has} ({_listed(parts)}), {count} named {wanted}"
    if named:
        reason += f" ({_listed([parts[n] for n in named])})"
    held = {part.structure for part in parts}
    as_map = role != "liver" or bool(held & {"liver", *PARTS})
    if not as_map and held & {*USED}:
        remedy = "give the file that contains the liver as --liver, and this file as --labelmap"
        return header.refuse("segments.name", reason, remedy)
    return header.refuse("segments.name", reason, remedy_to_extract(wanted, as_map=as_map))


def as_segment_file(
    header: NamedFile,
    parts: Sequence[SegmentEntry],
    choice: Choice,
    masks: Mapping[int, Mask],
    grid: Grid,
    inputs: tuple[InputFile, ...],
    findings: tuple[Finding, ...],
) -> SegmentFile:
    """Build a segment file; `masks` are the masks of the selected segments.

    Raises `InputRefused`: if the selected segment has no voxels.
    """
    if choice.meant and not any(masks[n].voxel_count for n in choice.meant):
        called = " and ".join(f"{parts[n].name} (label {parts[n].number})" for n in choice.meant)
        reason = f"the segment {called} has no voxels"
        remedy = "draw the segment, or omit the file; --no-tumour states that there is no tumour"
        raise header.refuse("segments.empty", reason, remedy)
    alone = len(choice.meant) == 1
    if empty := [parts[n] for n in choice.drawn if not (alone or masks[n].voxel_count)]:
        what = f"segments without voxels: {_listed(empty)}"
        findings = (*findings, header.find("segments.empty", what))
    drawn = {n: mask.drawn_by(parts[n].author) for n, mask in masks.items()}
    segments = tuple(
        Segment(part.name, part.structure, part.number, drawn.get(n), part.layer)
        for n, part in enumerate(parts)
    )
    united = _report_united(header, parts, [n for n in choice.meant if masks[n].voxel_count], masks)
    findings = (*findings, *choice.findings, *united, *_report_automatic(header, parts, drawn))
    return SegmentFile(inputs[0].file, grid, segments, inputs, findings)


def _report_united(
    header: NamedFile,
    parts: Sequence[SegmentEntry],
    counted: Sequence[int],
    masks: Mapping[int, Mask],
) -> tuple[Finding, ...]:
    """Report the segments of one file that are counted together, each with its volume."""
    if len(counted) < 2:
        return ()
    listed = [f"{parts[n].name} ({as_ml(masks[n].volume_ml)})" for n in counted]
    what = f"{len(counted)} segments are counted together: {list_first(listed, MOST_NAMED)}"
    return (header.find("segments.united", what, Severity.INFO),)


def _report_automatic(
    header: NamedFile, parts: Sequence[SegmentEntry], masks: Mapping[int, Mask]
) -> Iterator[Finding]:
    """Report segments in use that a program drew, once for each program."""
    by_program: dict[str, list[str]] = {}
    for n in masks:
        author = parts[n].author
        if author is not None and author.method == "automatic":
            by_program.setdefault(author.drawn_automatically, []).append(parts[n].name)
    for drawn, names in by_program.items():
        what = f"{drawn}: {list_first(names, MOST_NAMED)}"
        yield header.find("segments.automatic", what, Severity.INFO)


def _misnamed(header: NamedFile, part: SegmentEntry, role: str) -> tuple[Finding, ...]:
    """Report a single segment with the name of another structure."""
    wanted = role.removeprefix(VESSEL)
    same = plain(part.name).removesuffix("s") == wanted.removesuffix("s")  # such as lungs
    meant = same or role.startswith(EXCLUDE) or is_meant(part.structure, wanted)
    if meant or not means_other(part.name, wanted):
        return ()
    what = f"the only segment is named {part.name} instead of {wanted}; counted as {wanted}"
    return (header.find("segments.name", what),)


def _find_separated(
    parts: Sequence[SegmentEntry], meant: int, is_separated: Callable[[str | None], bool]
) -> tuple[int, ...]:
    """Find segments separated from a liver because its layer has one number per voxel."""
    liver = parts[meant]
    if liver.structure != "liver" or liver.layer is None:
        return ()
    return tuple(
        n
        for n, part in enumerate(parts)
        if part.layer == liver.layer and is_separated(part.structure)
    )


def _report_left_out(
    header: NamedFile, parts: Sequence[SegmentEntry], left_out: tuple[int, ...], meaning: str
) -> tuple[Finding, ...]:
    """Report structures omitted from a whole-liver segment, and the consequence."""
    if not left_out:
        return ()
    called = _listed([parts[n] for n in left_out])
    what = f"the whole-liver segment does not include {called}, drawn in the same layer{meaning}"
    return (header.find("segments.layer", what),)


def _listed(parts: Sequence[SegmentEntry]) -> str:
    return list_first([part.name for part in parts], MOST_NAMED)


SCHEMES = Path(__file__).with_name("schemes.toml")  # by its path: `importlib.resources` adds 13 ms


@cache
def read_bundled_schemes() -> Mapping[str, LabelScheme]:
    """Read the bundled schemes by name."""
    return parse_schemes(SCHEMES.read_text("utf-8"))
