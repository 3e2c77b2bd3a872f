"""Structures of a label map; a separate file of the same structure takes precedence.

Differences between map and file are reported: a lesion only in the map is counted as liver.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain

from msgspec import Struct

from fl_planner.basis.findings import Finding, InputRefused, Severity
from fl_planner.basis.shown import as_ml
from fl_planner.formats.segments.by_role import read_bundled_schemes
from fl_planner.formats.voxels.values import (
    PASSED_OVER,
    LabelFile,
    Segment,
    SegmentFile,
    remedy_to_extract,
)
from fl_planner.intake.reading.numbering import (
    MOST_LISTED,
    find_blended,
    find_named_otherwise,
    find_unknown,
    measure_labels_ml,
    require_named,
)
from fl_planner.liver.names.exclusions import ONE_DRAWING, is_of_liver
from fl_planner.liver.names.part_names import adjacent_organ
from fl_planner.liver.names.structures import (
    EXCLUDE,
    PARTS,
    VESSEL,
    VESSELS,
    describe_structure,
    place_of,
)
from fl_planner.space.common_grid.same_grid import bring_together, find_turn
from fl_planner.space.components import find_apart
from fl_planner.space.labels import LabelScheme
from fl_planner.space.mask import Mask, unite

REMNANT = frozenset({"flr", "resected"})
APART_ML = 0.1  # minimum volume of lesions only in the map [project's choice]
OTHER_ML, OTHER_PART = 1.0, 0.1  # tolerated difference of two outlines [project's choice]


def settle(
    of_map: Mapping[str, Mask], files: Mapping[str, Sequence[Mask]]
) -> tuple[dict[str, Mask], tuple[Finding, ...]]:
    """Omit structures that a separate file also gives; a remnant takes precedence over a resection.

    A remnant and a part to be removed define the same cut, so a file of either replaces both.
    `files` are the masks of the files by role. The liver is kept, because the two are compared.
    """
    kept, findings = dict(of_map), []
    for place, mask in of_map.items():
        own = REMNANT if place in REMNANT else {place, f"{VESSEL}{place.removeprefix(EXCLUDE)}"}
        by = own & files.keys()
        if not by or place == "liver":
            continue
        if place != "tumour":  # the tumour is needed to fill its hole in the map's liver
            del kept[place]
        findings.append(_compare(place, mask, min(by), files[min(by)]))
    if kept.keys() >= REMNANT:
        mask = kept.pop("resected")
        message = (
            f"{mask.source}: contains both a remnant (flr) and a part to be removed (resected); "
            "the remnant is used"
        )
        findings.append(Finding("labels.two_remnants", Severity.WARNING, message, mask.file))
    return kept, tuple(findings)


def _compare(place: str, mask: Mask, role: str, files: Sequence[Mask]) -> Finding:
    """Report that the file is used instead of the map, and any relevant difference."""
    message = f"{mask.source}: also contains {place}; the file given as {role} is used"
    if not (other_ml := _measure_other(place, mask, role, files)):
        return Finding("labels.file_wins", Severity.INFO, message, mask.file)
    if place == "tumour":
        message += f", so {as_ml(other_ml)} of tumour that is only in the map is counted as liver"
        remedy = "Give every tumour file (repeat --tumour), or remove the tumour from the map"
    elif place in REMNANT:
        message += f"; the map differs by {as_ml(other_ml)}"
        remedy = "Check which is correct, and remove the other"
    else:
        message += f", so {as_ml(other_ml)} that is only in the map is omitted"
        option = "--vessel" if role.startswith(VESSEL) else "--exclude"
        remedy = f"Give it as a further file ({option} {place.removeprefix(EXCLUDE)}=FILE)"
    message = f"{message}. {remedy}"
    return Finding("labels.file_wins", Severity.WARNING, message, mask.file, other_ml, "mL")


def _measure_other(place: str, mask: Mask, role: str, files: Sequence[Mask]) -> float:
    """Measure the volume in mL that only the map contains; 0 if negligible.

    On different lattices only volumes are compared, and a remnant is not compared with a part to
    be removed.
    """
    if not all(_is_on_region(mask, one) for one in files):
        if role != place:
            return 0.0
        difference_ml = mask.volume_ml - sum(one.volume_ml for one in files)
        return _unless_small(abs(difference_ml) if place in REMNANT else difference_ml, mask)
    ours, *theirs = bring_together((mask, *files))
    drawn = unite(theirs)
    if role != place:
        return _unless_small((ours & drawn).volume_ml, mask)
    missed = ours - drawn
    if place in REMNANT:
        return _unless_small(missed.volume_ml + (drawn - ours).volume_ml, mask)
    apart_ml = find_apart(ours, drawn).volume_ml if place == "tumour" else 0.0
    return missed.volume_ml if apart_ml > APART_ML else _unless_small(missed.volume_ml, mask)


def _unless_small(other_ml: float, mask: Mask) -> float:
    return other_ml if other_ml > max(OTHER_ML, OTHER_PART * mask.volume_ml) else 0.0


def _is_on_region(mask: Mask, other: Mask) -> bool:
    """Whether two masks can be compared voxel by voxel."""
    ours, theirs = mask.grid, other.grid
    if ours.placed and theirs.placed:
        return find_turn(ours, theirs) is not None
    return ours == theirs


OWN_LABELS = "own labels"  # instead of a scheme, if the user defines the numbers
BY_NAME = "names"  # instead of a scheme, if the file names its segments
TUMOUR = "tumour"
EXPLAINED_BY = ("labels.unknown", "labels.passed_over", PASSED_OVER)  # why a map is not used
LIVER_OF_MAP = frozenset({"liver", *PARTS})


class Mapped(Struct, frozen=True):
    """Masks of a label map by structure, with its interpretation and findings.

    The liver includes parts that the file separated from it, because it allows one number per
    voxel. `tumours` are the named labels or segments of the tumour, if there are several.
    """

    masks: Mapping[str, Mask]
    recorded: Mapping[str, object]
    findings: tuple[Finding, ...] = ()
    tumours: tuple[Mask, ...] = ()


def map_numbers(file: LabelFile, scheme: LabelScheme, *, named: bool = True) -> Mapped:
    """Map the numbers of a file to structures according to a scheme.

    `named` is whether the user named this scheme.

    Raises `InputRefused`: `labels.which_scheme` if not, and the numbers fit another scheme.
    """
    fitting = () if named else require_named(file, scheme)
    present = file.labelled.labels
    used: dict[str, tuple[int, ...]] = {}
    for label in present:
        if (place := place_of(scheme.structures.get(label))) is not None:
            used[place] = (*used.get(place, ()), label)
    masks = {place: file.mask(_called(place), *labels) for place, labels in used.items()}
    recorded = {
        "file": file.name,
        "scheme": scheme.name,
        "source": scheme.source,
        "labels": {str(n): scheme.structures.get(n, "unknown") for n in present},
    }
    own = used if scheme.name == OWN_LABELS else {}
    names = {place: f"label {labels[0]}" for place, labels in own.items()}
    findings = (
        *(find_blended(file, [*chain(*used.values())]) if LIVER_OF_MAP & used.keys() else ()),
        *find_unknown(file, scheme, fitting),
        *find_named_otherwise(file, scheme),
        *_report_ignored(file, scheme),
        *_report_vessels(file.name, names, masks),
    )
    tumours = tuple(file.mask(f"label {label}", label) for label in used.get(TUMOUR, ()))
    return Mapped(_with_cuts(masks, masks), recorded, findings, tumours if len(tumours) > 1 else ())


def map_names(file: SegmentFile, scheme: LabelScheme, given: frozenset[str]) -> Mapped:
    """Map the segment names of a file to structures; names take precedence over any scheme.

    Raises `InputRefused`: `segments.name` if two segments are the same unique structure, and the
    `given` roles contain no separate file of it.
    """
    found: dict[str, list[Mask]] = {}
    layers: dict[str, set[int | None]] = {}
    called: dict[str, list[Segment]] = {}
    for segment, mask in file.drawn():
        place = place_of(segment.structure)
        if place is not None and mask.voxel_count:
            found.setdefault(place, []).append(mask.renamed(f"segment {segment.name}"))
            layers.setdefault(place, set()).add(segment.layer)
            called.setdefault(place, []).append(segment)
    _require_one_drawing(file, called, given)
    masks = {place: unite(parts).renamed(_called(place)) for place, parts in found.items()}
    shared = layers.get("liver", set()) - {None}
    cut = [place for place in masks if layers[place] & shared and is_of_liver(place)]
    names = Counter(segment.name for segment in file.segments)
    recorded = {
        "file": file.name,
        "scheme": BY_NAME,
        "source": "names of the file's segments",
        "labels": {
            one.name if names[one.name] == 1 else f"{one.name} ({n})": (
                one.structure if place_of(one.structure) in masks else "not used"
            )
            for n, one in enumerate(file.segments, 1)
        },
    }
    over = (finding for finding in file.findings if finding.code == PASSED_OVER)
    drawn = {place: parts[0].name for place, parts in called.items()}
    used = [one.number for parts in called.values() for one in parts]
    blended = find_blended(file, used) if LIVER_OF_MAP & masks.keys() else ()
    findings = (
        *(*blended, *over, *_report_cuts(file.name, cut)),
        *(*_report_vessels(file.name, drawn, masks), *_report_unused_labels(file.name, scheme)),
    )
    tumours = tuple(found.get(TUMOUR, ()))
    return Mapped(_with_cuts(masks, cut), recorded, findings, tumours if len(tumours) > 1 else ())


def _with_cuts(masks: Mapping[str, Mask], shared: Iterable[str]) -> dict[str, Mask]:
    """Add to the liver the parts separated from it because voxels have one number.

    A map that contains only segments receives a liver if another part was separated from them.
    """
    if not masks.keys() & LIVER_OF_MAP:
        return dict(masks)
    cut = [place for place in shared if is_of_liver(place)]
    if "liver" in masks:
        cut.append("liver")
    elif not set(cut) - set(PARTS):
        return dict(masks)
    return {**masks, "liver": unite(masks[place] for place in cut).renamed("liver")}


def _report_cuts(name: str, cut: list[str]) -> Iterator[Finding]:
    if cut:
        listed = [describe_structure(place.removeprefix(EXCLUDE)) for place in cut]
        message = (
            f"{name}: the whole-liver segment omits {', '.join(listed)} in the same layer of the "
            "file; the omitted voxels are counted as liver"
        )
        yield Finding("segments.layer", Severity.WARNING, message, name)


def _require_one_drawing(
    file: SegmentFile, called: Mapping[str, list[Segment]], given: frozenset[str]
) -> None:
    """Refuse two drawings of one structure, such as a left and a right remnant."""
    for place in (*ONE_DRAWING, *PARTS):
        settled = REMNANT if place in REMNANT else {place}
        if len(called.get(place, ())) > 1 and not settled & given:
            names = " and ".join(one.name for one in called[place])
            reason = f"{len(called[place])} segment names denote the {place}: {names}"
            remedy = remedy_to_extract(place, as_map=False)
            raise InputRefused("segments.name", file.name, reason, remedy)


def _report_ignored(file: LabelFile, scheme: LabelScheme) -> Iterator[Finding]:
    """Report the user's label names that are neither used nor another organ."""
    if scheme.name != OWN_LABELS:
        return
    known = {name for one in read_bundled_schemes().values() for name in one.structures.values()}
    volumes_ml = measure_labels_ml(file)
    over = {
        label: name
        for label in volumes_ml
        if (name := scheme.structures.get(label)) is not None
        and place_of(name) is None
        and name not in known
        and adjacent_organ(name) is None
    }
    if over:
        total_ml = sum(volumes_ml[label] for label in over)
        listed = [
            f"label {label} ({as_ml(volumes_ml[label])}) is named {over[label]!r}"
            for label in [*over][:MOST_LISTED]
        ]
        listed += [f"{len(over) - MOST_LISTED} more"] if len(over) > MOST_LISTED else []
        which = "an unknown structure" if len(listed) == 1 else "unknown structures"
        message = f"{file.name}: {', '.join(listed)}: {which}, not counted"
        yield Finding("labels.passed_over", Severity.WARNING, message, file.name, total_ml, "mL")


def _report_vessels(
    name: str, called: Mapping[str, str], masks: Mapping[str, Mask]
) -> Iterator[Finding]:
    """Report the vessels of a map, recognised by their names, and their use."""
    if veins := [place for place in called if place in VESSELS]:
        listed = ", ".join(
            f"{called[place]} ({as_ml(masks[place].volume_ml)}, {place.replace('_', ' ')})"
            for place in veins
        )
        message = (
            f"{name}: vessels recognised by name: {listed}. Distances to vessels are measured; "
            "vessels are not added to the liver, which is defined by its segments"
        )
        yield Finding("vessels.of_map", Severity.INFO, message, name, len(veins), "vessels")


def _report_unused_labels(name: str, scheme: LabelScheme) -> Iterator[Finding]:
    if scheme.name == OWN_LABELS:
        message = f"{name}: its segments have names; the labels of {scheme.source} are not used"
        yield Finding("labels.not_used", Severity.WARNING, message, name)


def find_unused(mapped: Mapped) -> tuple[Finding, ...]:
    """Find a label map none of whose labels is used.

    Raises `InputRefused`: if it contains no label, as after a failed segmentation.
    """
    name, labels = str(mapped.recorded["file"]), mapped.recorded["labels"]
    if mapped.masks or any(finding.code in EXPLAINED_BY for finding in mapped.findings):
        return ()
    if not labels:
        remedy = "check the export, or omit the label map"
        raise InputRefused("mask.empty", name, "the label map contains no labels", remedy)
    scheme = mapped.recorded["scheme"]
    why = f"in the scheme {scheme}, no label in the map denotes a part of the liver"
    if scheme == BY_NAME:
        why = "no segment with voxels has a known name"
    message = f"{name}: no part of the label map is used: {why}"
    return (Finding("labels.none_used", Severity.WARNING, message, name),)


def no_liver(mapped: Mapped | None) -> InputRefused:
    """Return the refusal of a label map without a liver."""
    recorded = mapped.recorded if mapped else {"file": "liver"}
    reason = f"in the scheme {recorded.get('scheme')}, no label in the map denotes the liver"
    remedy = "also give --liver, or name the scheme of the map (--scheme)"
    if recorded.get("scheme") == BY_NAME:
        reason = "no segment with voxels has a name that denotes the liver"
        remedy = "also give --liver, or name the segments liver or Segment I to VIII"
    return InputRefused("labels.no_liver", str(recorded["file"]), reason, remedy)


def _called(place: str) -> str:
    """Return the name of an excluded structure without its prefix."""
    return place.removeprefix("exclude ")
