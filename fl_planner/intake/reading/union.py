"""Combine the files of one role: read separately, resampled to one grid, then united."""

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
MANY = frozenset({"tumour", "baseline", "second reader tumour"})  # roles with several files

UNKNOWN = (  # reason and remedy for the name of an excluded structure
    "the name is unknown, so it is unclear whether the structure is part of the liver",
    f"give one of {LISTED}; for an organ next to the liver, its name (spleen, stomach, bile_duct); "
    f"for any other structure in the liver '{OWN}NAME'",
)
LABELLED = (
    f"the name contains {OF_LABEL}, but a single label can be selected only for a vessel",
    "name that label in your own label map (docs/how-to/own-labels.md), or give one file for each "
    "structure",
)


def each_of(files: Paths) -> tuple[Source, ...]:
    """List the files of a role."""
    return files if isinstance(files, tuple) else (files,)


def number_files(role: str, files: Paths) -> list[tuple[str, Source]]:
    """Return the files of a role with keys: the role, numbered if there are several."""
    paths = each_of(files)
    if len(paths) == 1:
        return [(role, paths[0])]
    return [(f"{role}, file {number}", path) for number, path in enumerate(paths, start=1)]


def require_one(role: str, files: Paths) -> None:
    """Refuse several files, or none, for a role with exactly one.

    Raises `InputRefused`: `option.repeated`, naming the role.
    """
    given = each_of(files)
    if len(given) == 1 or (given and role in MANY):
        return
    reason = f"{len(given)} files were given ({', '.join(path.name for path in given)})"
    remedy = "give one file; combine parts into one mask in the program that drew them"
    raise InputRefused("option.repeated", role, reason, remedy)


def fold_excluded(excluded: Mapping[str, Paths]) -> dict[str, Paths]:
    """Normalise the names of excluded structures.

    Raises `InputRefused`: `exclude.unknown` for an unknown name, listing the known names; and for
    a name with a label number, which only a vessel may have.
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
    """Normalise the names of vessels; a label number is kept.

    Raises `InputRefused`: `vessels.unknown`, listing the known names.
    """
    folded: dict[str, Paths] = {}
    for name, files in vessels.items():
        if (parsed := parse_vessel(name)) is None:
            shown = as_plain_text(name)[:LONGEST_NAME]
            near = find_nearest(name.casefold(), NAMES)
            meant = f"; did you mean {near[0]}?" if near else ""
            reason = NO_LABEL if lacks_label(name) else f"the vessel's name is unknown{meant}"
            remedy = f"give one of {VESSELS_LISTED}; portal_veins#2 is label 2 of a file"
            raise InputRefused("vessels.unknown", f"{VESSEL}{shown}", reason, remedy)
        known, label = parsed
        _add(folded, known if label is None else f"{known}{OF_LABEL}{label}", files)
    return folded


def group_vessels(vessels: Mapping[str, Paths]) -> dict[str, list[tuple[Source, int | None]]]:
    """Group the files of each vessel, each with its selected label, or None for all."""
    found: dict[str, list[tuple[Source, int | None]]] = {}
    for entry, files in vessels.items():
        name, _, label = entry.partition(OF_LABEL)
        each = ((source, int(label) if label else None) for source in each_of(files))
        found.setdefault(name, []).extend(each)
    return found


def _add(folded: dict[str, Paths], name: str, files: Paths) -> None:
    every = (*each_of(folded.get(name, ())), *each_of(files))
    folded[name] = every if len(every) > 1 else every[0]


def unite_roles(
    placed: Mapping[str, Mask], parts: Mapping[str, Sequence[str]]
) -> tuple[dict[str, Mask], tuple[Finding, ...]]:
    """Unite the masks of each role with several files, all on one grid; report each volume.

    - `placed` (mapping of str to Mask): all masks by key.
    - `parts` (mapping of str to sequence of str): by role, the keys of the masks of its files.

    Raises `InputRefused`: `input.same_file` if a tumour file is identical to the liver or FLR.
    """
    united, findings = dict(placed), []
    for role, keys in parts.items():
        masks = [placed[key] for key in keys]
        if role == "tumour":
            _require_apart(role, masks, placed)
        united[role] = _unite(masks)
        findings += [*_report_union(role, masks, united[role])]
    return united, tuple(findings)


def drop_same(
    parts: Iterable[Mask], *, of_map: bool = False
) -> tuple[tuple[Mask, ...], tuple[Finding, ...]]:
    """Omit empty parts, keep only the first of identical parts, and report those of one source.

    That is one file, or a map (`of_map`). Identical files of a role are reported by `unite_roles`.
    """
    kept: list[Mask] = []
    findings: list[Finding] = []
    for part in parts:
        same = next(filter(part.is_same, kept), None)
        if part.voxel_count and same is None:
            kept.append(part)
        elif same is not None and (of_map or same.file == part.file):
            findings.append(_report_same(part, same))
    return tuple(kept), tuple(findings)


def _report_same(part: Mask, other: Mask) -> Finding:
    message = (
        f"{part.source}: {part.name} has the same voxels as {other.name}; counted as one "
        "lesion. Check whether another lesion was intended"
    )
    return Finding("segments.overlap", Severity.WARNING, message, part.file)


def _unite(parts: Sequence[Mask]) -> Mask:
    """Unite files; the result keeps the name of the only file with voxels."""
    drawn = [part for part in parts if part.voxel_count]
    if len(drawn) < 2:
        return drawn[0] if drawn else parts[0]
    seen = reduce(or_, (part.field for part in parts))
    held = reduce(or_, (part.filled for part in parts))
    return replace(unite(drawn), file=None, field=seen, held=held)


def _report_union(role: str, parts: Sequence[Mask], whole: Mask) -> Iterator[Finding]:
    """Report the volume of each file of a role; identical files are counted once."""
    volumes = [
        f"{part.source} ({as_ml(part.volume_ml) if part.voxel_count else 'empty'})"
        for part in parts
    ]
    message = f"{role}: {' and '.join(volumes)}, in total {as_ml(whole.volume_ml)}"
    yield Finding("input.united", Severity.INFO, message, None, whole.volume_ml, "mL")
    for number, part in enumerate(parts):
        same = [one for one in parts[:number] if part.voxel_count and part.is_same(one)]
        if same:
            message = (
                f"{part.source}: identical to {same[0].source}, which is also given as {role}; "
                "counted once. Check whether another file was intended"
            )
            yield Finding("input.same_file", Severity.WARNING, message, part.file)


def _require_apart(role: str, parts: Iterable[Mask], placed: Mapping[str, Mask]) -> None:
    for part in parts:
        for other in ("liver", "flr"):
            if part.voxel_count and other in placed and part.is_same(placed[other]):
                reason = f"the mask is identical to {placed[other].source}, given as {other}"
                raise InputRefused(
                    "input.same_file", part.source, reason, f"remove it from the {role} files"
                )
