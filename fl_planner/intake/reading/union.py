"""A role of several files: read one by one, brought onto one grid, and then united."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import reduce
from operator import or_

from fl_planner.basis.findings import Finding, InputRefused, Severity
from fl_planner.basis.plain_text import as_plain_text, find_nearest
from fl_planner.basis.shown import as_ml
from fl_planner.formats.stored.source import Source
from fl_planner.liver.names.exclusions import (
    LISTED,
    NAMES,
    NO_LABEL,
    OF_LABEL,
    OWN,
    lacks_label,
    parse_vessel,
    read_excluded,
)
from fl_planner.liver.names.exclusions import LISTED_VESSELS as VESSELS_LISTED
from fl_planner.liver.names.structures import EXCLUDE, VESSEL
from fl_planner.space.mask import Mask, unite

Paths = Source | tuple[Source, ...]  # one file of a role, or several
LONGEST_NAME = 64  # letters of a name that are shown
MANY = frozenset({"tumour", "baseline", "second reader tumour"})  # roles that several files unite

UNKNOWN = (  # what is wrong with the name of an excluded structure, and what to do
    "is no name that is known: whether it is a part of the liver is unclear",
    f"name it as one of {LISTED}; an organ beside the liver by its name (spleen, stomach, "
    f"bile_duct); or '{OWN}NAME' for anything else that lies in the liver",
)
LABELLED = (
    f"has {OF_LABEL} in its name, and only a vessel is taken as one label of a file",
    "name that label in a label map of your own, docs/how-to/own-labels.md; several files of one "
    "name are united",
)


def each_of(files: Paths) -> tuple[Source, ...]:
    """List the files of a role."""
    return files if isinstance(files, tuple) else (files,)


def number_files(role: str, files: Paths) -> list[tuple[str, Source]]:
    """Give each file of a role a key: the role, and a number behind it where there are several."""
    paths = each_of(files)
    if len(paths) == 1:
        return [(role, paths[0])]
    return [(f"{role}, file {number}", path) for number, path in enumerate(paths, start=1)]


def require_one(role: str, files: Paths) -> None:
    """Refuse several files, or none, of a role that holds one.

    Raises `InputRefused`: `option.repeated`, naming the role.
    """
    given = each_of(files)
    if len(given) == 1 or (given and role in MANY):
        return
    reason = f"was given {len(given)} files ({', '.join(path.name for path in given)})"
    remedy = "give one file: what belongs together must be united before"
    raise InputRefused("option.repeated", role, reason, remedy)


def fold_excluded(excluded: Mapping[str, Paths]) -> dict[str, Paths]:
    """Give excluded structures the one name that each has, however it is spelled.

    Raises `InputRefused`: `exclude.unknown`, listing the names: whether it leaves the liver is not
    known; or for a label behind its name, as a vessel may have.
    """
    folded: dict[str, Paths] = {}
    for name, files in excluded.items():
        known = read_excluded(name)
        labelled = OF_LABEL in name and not (known or "").startswith(OWN)
        if known is None or labelled:
            reason, remedy = LABELLED if labelled else UNKNOWN
            shown = as_plain_text(name)[:LONGEST_NAME]
            raise InputRefused("exclude.unknown", f"{EXCLUDE}{shown}", reason, remedy)
        _add(folded, known, files)
    return folded


def fold_vessels(vessels: Mapping[str, Paths]) -> dict[str, Paths]:
    """Give vessels the one name that each has, however it is spelled; a label stays behind it.

    Raises `InputRefused`: `vessels.unknown`, listing the names.
    """
    folded: dict[str, Paths] = {}
    for name, files in vessels.items():
        parsed = parse_vessel(name)
        if parsed is None:
            shown = as_plain_text(name)[:LONGEST_NAME]
            near = find_nearest(name.casefold(), NAMES)
            meant = f"; did you mean {near[0]}?" if near else ""
            reason = (
                NO_LABEL if lacks_label(name) else f"is no name of a vessel that is known{meant}"
            )
            remedy = f"name it as one of {VESSELS_LISTED}; portal_veins#2 is label 2 of a file"
            raise InputRefused("vessels.unknown", f"{VESSEL}{shown}", reason, remedy)
        known, label = parsed
        _add(folded, known if label is None else f"{known}{OF_LABEL}{label}", files)
    return folded


def group_vessels(vessels: Mapping[str, Paths]) -> dict[str, list[tuple[Source, int | None]]]:
    """Group the files of each vessel, each with the label of it that is meant, or None for all."""
    found: dict[str, list[tuple[Source, int | None]]] = {}
    for entry, files in vessels.items():
        name, _, label = entry.partition(OF_LABEL)
        each = ((source, int(label) if label else None) for source in each_of(files))
        found.setdefault(name, []).extend(each)
    return found


def _add(folded: dict[str, Paths], name: str, files: Paths) -> None:
    """Add files to those of a name."""
    every = (*each_of(folded.get(name, ())), *each_of(files))
    folded[name] = every if len(every) > 1 else every[0]


def require_drawn(role: str, mask: Mask) -> Mask:
    """Refuse an empty mask of a plan or a vessel: a failed drawing, and not 0 mL."""
    if not mask.voxel_count:
        reason = f"the {role} mask is empty"
        raise InputRefused("mask.empty", mask.source, reason, "check the label and the export")
    return mask


def unite_roles(
    placed: Mapping[str, Mask], parts: Mapping[str, Sequence[str]]
) -> tuple[dict[str, Mask], tuple[Finding, ...]]:
    """Unite the masks of each role that has several files, all on one grid; tell what each adds.

    - `placed` (mapping of str to Mask): all masks by key.
    - `parts` (mapping of str to sequence of str): by role the keys of the masks that its files
      gave.

    Raises `InputRefused`: `input.same_file` where a file of the tumour is the liver or its remnant
    itself.
    """
    united, findings = dict(placed), []
    for role, keys in parts.items():
        masks = [placed[key] for key in keys]
        if role == "tumour":
            _require_apart(role, masks, placed)
        united[role] = _unite(masks)
        findings += [*_tell(role, masks, united[role])]
    return united, tuple(findings)


def drop_same(parts: Iterable[Mask]) -> tuple[Mask, ...]:
    """Leave out empty parts, and all but the first of those that hold the same voxels."""
    kept: list[Mask] = []
    for part in parts:
        if part.voxel_count and not any(part.is_same(other) for other in kept):
            kept.append(part)
    return tuple(kept)


def _unite(parts: Sequence[Mask]) -> Mask:
    """Unite files; the result bears the name of a file that alone has voxels."""
    drawn = [part for part in parts if part.voxel_count]
    if len(drawn) < 2:
        return drawn[0] if drawn else parts[0]
    seen = reduce(or_, (part.field for part in parts))
    held = reduce(or_, (part.filled for part in parts))
    return replace(unite(drawn), file=None, field=seen, held=held)


def _tell(role: str, parts: Sequence[Mask], whole: Mask) -> Iterator[Finding]:
    """Tell what each file of a role adds; files that hold the same voxels count once."""
    volumes = [
        f"{part.source} ({as_ml(part.volume_ml) if part.voxel_count else 'empty'})"
        for part in parts
    ]
    message = f"{role}: {' and '.join(volumes)}, united to {as_ml(whole.volume_ml)}"
    yield Finding("input.united", Severity.INFO, message, None, whole.volume_ml, "mL")
    for number, part in enumerate(parts):
        same = [one for one in parts[:number] if part.voxel_count and part.is_same(one)]
        if same:
            message = (
                f"{part.source}: holds the same voxels as {same[0].source}, given as {role} too; "
                "they count once: check which file is missing"
            )
            yield Finding("input.same_file", Severity.WARNING, message, part.file)


def _require_apart(role: str, parts: Iterable[Mask], placed: Mapping[str, Mask]) -> None:
    for part in parts:
        for other in ("liver", "flr"):
            if part.voxel_count and other in placed and part.is_same(placed[other]):
                reason = f"holds the same voxels as {placed[other].source}, given as {other}"
                raise InputRefused(
                    "input.same_file", part.source, reason, f"leave it out of the {role}"
                )
