"""Apply the origin of masks that a user states to the files read."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace

from msgspec import structs

from fl_planner.basis.constants import CARRIED, CONSENSUS
from fl_planner.basis.findings import Finding, InputRefused, Severity
from fl_planner.basis.plain_text import as_plain_text
from fl_planner.basis.shown import as_number
from fl_planner.formats.voxels.values import LabelFile, Segment, SegmentFile
from fl_planner.liver.names.exclusions import fold_role, fold_vessel
from fl_planner.liver.names.structures import EXCLUDE, VESSEL
from fl_planner.planning.given.origin import StatedOrigin, join_origins
from fl_planner.space.mask import Author

MARKED = {
    CARRIED: "carried over from another scan",
    **dict.fromkeys(CONSENSUS.values(), "consensus masks"),
}
DIFFERS = "mask.origin_differs"


def fold_origins(
    origins: Iterable[tuple[str, StatedOrigin]], roles: Collection[str]
) -> dict[str, StatedOrigin]:
    """Return the stated origins by the roles of files; an empty name stands for every other role.

    A structure may be named without "exclude" or "vessel".

    Raises `InputRefused`: `mask.origin_of_none` for a structure without a file; `usage.wrong` for
    one that is stated twice, even if it has two names.
    """
    found: dict[str, StatedOrigin] = {}
    every: dict[str, StatedOrigin] = {}
    for name, stated in origins:
        if not name:
            every = dict.fromkeys(roles, stated)
            continue
        role = _find_role(name, roles)
        if role in found:
            reason = f"the origin of {role} was stated twice"
            raise InputRefused("usage.wrong", role, reason, "state it once")
        found[role] = stated
    return {**every, **found}


def _find_role(name: str, roles: Collection[str]) -> str:
    for role in (name, f"{EXCLUDE}{name}", f"{VESSEL}{name}"):
        known = fold_vessel(fold_role(role))
        if known in roles:
            return known
    shown = as_plain_text(name)
    reason = f"the origin of {shown} was stated, but no file was given for it"
    raise InputRefused("mask.origin_of_none", shown, reason, f"name one of: {', '.join(roles)}")


def lay_origin(file: LabelFile | SegmentFile, stated: StatedOrigin) -> LabelFile | SegmentFile:
    """Return a file with the stated origin of its masks; a contradiction is reported.

    - `stated`: completes what the file states, and never replaces it.
    """
    marks = [MARKED[one.code] for one in file.findings if one.code in MARKED]
    if marks:
        if stated.method == "unknown":
            return file
        return _with(file, [_find_difference(file.name, f"the masks are {marks[0]}", stated)])
    if stated.method == "carried":
        return _carry(file, stated)
    if stated.author is None:
        return file
    if isinstance(file, LabelFile):
        author, agrees = join_origins(file.author, stated.author)
        if agrees:
            joined = structs.replace(file, author=author)
            return (
                joined
                if file.author == author
                else structs.replace(file, author=None).drawn_by(author)
            )
        finding = _find_difference(file.name, _format_author(file.author), stated)
        return _with(structs.replace(file, author=author), [finding])
    return _lay_segments(file, stated.author, stated)


def _lay_segments(
    file: SegmentFile, stated: Author, origin: StatedOrigin
) -> LabelFile | SegmentFile:
    """Apply an origin to the masks of named segments."""
    segments: list[Segment] = []
    differences: dict[str, None] = {}
    for one in file.segments:
        if one.mask is None:
            segments.append(one)
            continue
        author, agrees = join_origins(one.mask.author, stated)
        segments.append(structs.replace(one, mask=one.mask.drawn_by(author)))
        if not agrees:
            differences[_format_author(one.mask.author)] = None
    found = [_find_difference(file.name, one, origin) for one in differences]
    made = structs.replace(file, segments=tuple(segments))
    if not differences and stated.method == "automatic":
        found.append(_report_automatic(file, stated))
    return _with(made, found)


def _report_automatic(file: SegmentFile, stated: Author) -> Finding:
    message = f"{file.name}: {stated.drawn_automatically}"
    return Finding("segments.automatic", Severity.INFO, message, file.name)


def _carry(file: LabelFile | SegmentFile, stated: StatedOrigin) -> LabelFile | SegmentFile:
    """Mark masks as carried; a file that states another origin contradicts it."""
    assert stated.error_mm is not None
    off_mm = stated.error_mm
    message = (
        f"{file.name}: carried over from another scan, as stated, with a surface error of "
        f"{as_number(off_mm)} mm"
    )
    carried = Finding(CARRIED, Severity.WARNING, message, file.name, off_mm, "mm")
    findings = [carried]
    findings += [
        _find_difference(file.name, _format_author(one), stated) for one in {*_authors(file)}
    ]
    if isinstance(file, SegmentFile):
        segments = (
            one
            if one.mask is None
            else structs.replace(one, mask=replace(one.mask, carried_mm=off_mm))
            for one in file.segments
        )
        file = structs.replace(file, segments=tuple(segments))
    return _with(file, findings)


def _authors(file: LabelFile | SegmentFile) -> Iterator[Author]:
    if isinstance(file, LabelFile):
        masks = [file.author]
    else:
        masks = [one.mask.author for one in file.segments if one.mask is not None]
    yield from (one for one in masks if one is not None)


def _format_author(author: Author | None) -> str:
    assert author is not None  # a file without a statement contradicts nothing
    by = f" by {author.program}" if author.program else ""
    return f"the origin in the file is {author.method}{by}"


def _find_difference(name: str, of_file: str, stated: StatedOrigin) -> Finding:
    """Report a contradiction; neither statement is preferred."""
    message = (
        f"{name}: {of_file}, but the stated origin is {stated.text.replace(':', ' ')}. The origin "
        "is treated as automatic if either of the two is automatic, otherwise as composed of "
        "segments if either is, otherwise as unknown. Correct the statement, or have a reader "
        "verify the mask"
    )
    return Finding(DIFFERS, Severity.WARNING, message, name)


def _with(file: LabelFile | SegmentFile, findings: list[Finding]) -> LabelFile | SegmentFile:
    return structs.replace(file, findings=(*file.findings, *findings))
