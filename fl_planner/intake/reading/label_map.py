"""What a label map gives, and which of it files of their own give too: the file counts.

Where the map draws something else it is said: a lesion that the map alone shows counts as liver.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from fl_planner.basis.findings import Finding, InputRefused, Severity
from fl_planner.basis.shown import as_ml
from fl_planner.formats.segments.by_role import read_bundled_schemes
from fl_planner.formats.voxels.values import PASSED_OVER, LabelFile, Segment, SegmentFile, take_out
from fl_planner.intake.reading.numbering import (
    MOST_LISTED,
    find_blended,
    find_unknown,
    measure_labels_ml,
    require_named,
)
from fl_planner.liver.anatomy import BESIDE_THE_LIVER
from fl_planner.liver.names.exclusions import ONE_DRAWING
from fl_planner.liver.names.part_names import organ_beside
from fl_planner.liver.names.structures import EXCLUDE, OF_LIVER, PARTS, VESSEL, VESSELS, place_of
from fl_planner.space.common_grid.lattice import bring_together, find_turn
from fl_planner.space.components import find_apart
from fl_planner.space.labels import LabelScheme
from fl_planner.space.mask import Mask, unite

REMNANT = frozenset({"flr", "resected"})
APART_ML = 0.1  # of lesions that the map alone has; smaller specks are none [project's choice]
OTHER_ML, OTHER_PART = 1.0, 0.1  # what outlines of one thing may differ by [project's choice]


def settle(
    of_map: Mapping[str, Mask], files: Mapping[str, Sequence[Mask]]
) -> tuple[dict[str, Mask], tuple[Finding, ...]]:
    """Leave out what a file of its own gives too; the file wins, and a remnant over a resection.

    A remnant and a part to be removed are two words on one thing: a file with either leaves out
    both. `files` are the masks of the files by role. The liver is left: the two are compared.
    """
    kept, findings = dict(of_map), []
    for place, mask in of_map.items():
        own = REMNANT if place in REMNANT else {place, f"{VESSEL}{place.removeprefix(EXCLUDE)}"}
        by = own & files.keys()
        if not by or place == "liver":
            continue
        if place != "tumour":  # which is needed to fill the hole it leaves in the map's liver
            del kept[place]
        findings.append(_tell(place, mask, min(by), files[min(by)]))
    if kept.keys() >= REMNANT:
        mask = kept.pop("resected")
        message = (
            f"{mask.source}: holds a remnant (flr) and a part to be removed (resected); the "
            "remnant is used"
        )
        findings.append(Finding("labels.two_remnants", Severity.WARNING, message, mask.file))
    return kept, tuple(findings)


def _tell(place: str, mask: Mask, role: str, files: Sequence[Mask]) -> Finding:
    """Tell which of the two is used, and what the other has otherwise where that is no trifle."""
    message = f"{mask.source}: holds {place} too; the file given as {role} is used"
    other_ml = _measure_other(place, mask, role, files)
    if not other_ml:
        return Finding("labels.file_wins", Severity.INFO, message, mask.file)
    if place == "tumour":
        message += f", and {as_ml(other_ml)} that the map alone has as tumour count as liver"
        remedy = "give every file of the tumour (--tumour again), or take it out of the map"
    elif place in REMNANT:
        message += f", and the map has it otherwise by {as_ml(other_ml)}"
        remedy = "check which one is meant, and take the other out"
    else:
        message += f", and {as_ml(other_ml)} of the map's are left out"
        option = "--vessel" if role.startswith(VESSEL) else "--exclude"
        remedy = f"give it as a file too ({option} {place.removeprefix(EXCLUDE)}=FILE)"
    message = f"{message}: {remedy}"
    return Finding("labels.file_wins", Severity.WARNING, message, mask.file, other_ml, "mL")


def _measure_other(place: str, mask: Mask, role: str, files: Sequence[Mask]) -> float:
    """Measure in mL what a map draws and the files do not; 0 is a trifle.

    On two lattices volumes alone are held against each other, and a remnant against a part to be
    removed not at all.
    """
    if not all(_lies_on(mask, one) for one in files):
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


def _lies_on(mask: Mask, other: Mask) -> bool:
    """Whether two masks can be held against each other voxel by voxel."""
    ours, theirs = mask.grid, other.grid
    if ours.placed and theirs.placed:
        return find_turn(ours, theirs) is not None
    return ours == theirs


OWN_LABELS = "own labels"  # in place of a scheme, where the user says what numbers mean
BY_NAME = "names"  # in place of a scheme, where the file names its segments
TUMOUR = "tumour"
TOLD = ("labels.unknown", "labels.passed_over", PASSED_OVER)  # why nothing of a map is used
LIVER_OF_MAP = frozenset({"liver", *PARTS})
CUTS = frozenset(filter(None, map(place_of, OF_LIVER)))  # parts of the liver, as they are kept


@dataclass(frozen=True, slots=True)
class Mapped:
    """Masks of a label map by structure, how it was read, and what was odd.

    The liver holds what a file cut out of it by giving each voxel one number. `tumours` are the
    labels or segments of the tumour, each by what it is called, where there are several.
    """

    masks: Mapping[str, Mask]
    told: Mapping[str, object]
    findings: tuple[Finding, ...] = ()
    tumours: tuple[Mask, ...] = ()


def map_numbers(file: LabelFile, scheme: LabelScheme, *, named: bool = True) -> Mapped:
    """Take the structures that a scheme gives to the numbers of a file.

    `named` is whether somebody said that it follows this scheme.

    Raises `InputRefused`: `labels.which_scheme` where nobody did, and it fits another.
    """
    fitting = () if named else require_named(file, scheme)
    present = file.labelled.labels
    used: dict[str, tuple[int, ...]] = {}
    for label in present:
        place = place_of(scheme.structures.get(label))
        if place is not None:
            used[place] = (*used.get(place, ()), label)
    masks = {place: file.mask(_called(place), *labels) for place, labels in used.items()}
    told = {
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
        *_find_passed_over(file, scheme),
        *_tell_vessels(file.name, names, masks),
    )
    tumours = tuple(file.mask(f"label {label}", label) for label in used.get(TUMOUR, ()))
    return Mapped(_with_cuts(masks, masks), told, findings, tumours if len(tumours) > 1 else ())


def map_names(file: SegmentFile, scheme: LabelScheme, given: frozenset[str]) -> Mapped:
    """Take the structures that a file's own names mean; they go before any scheme.

    Raises `InputRefused`: `segments.name` where two segments are one part of which there is one
    drawing, and no file of its own among the roles that were `given`.
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
    cut = [place for place in masks if layers[place] & shared and _is_cut(place)]
    names = Counter(segment.name for segment in file.segments)
    told = {
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
        *(*blended, *over, *_tell_cuts(file.name, cut)),
        *(*_tell_vessels(file.name, drawn, masks), *_tell_unused(file.name, scheme)),
    )
    tumours = tuple(found.get(TUMOUR, ()))
    return Mapped(_with_cuts(masks, cut), told, findings, tumours if len(tumours) > 1 else ())


def _with_cuts(masks: Mapping[str, Mask], shared: Iterable[str]) -> dict[str, Mask]:
    """Give back to the liver what one number a voxel took from it; tumour is no liver.

    A map of segments alone has a liver where something else was cut out of them.
    """
    if not masks.keys() & LIVER_OF_MAP:
        return dict(masks)
    cut = [place for place in shared if _is_cut(place)]
    if "liver" in masks:
        cut.append("liver")
    elif not set(cut) - set(PARTS):
        return dict(masks)
    return {**masks, "liver": unite(masks[place] for place in cut).renamed("liver")}


def _is_cut(place: str) -> bool:
    """Whether a part is liver, if it was drawn out of it by the one number that a voxel has."""
    excluded = place.removeprefix(EXCLUDE)
    return place in CUTS or (place != excluded and excluded not in BESIDE_THE_LIVER)


def _tell_cuts(name: str, cut: list[str]) -> Iterator[Finding]:
    if cut:
        message = (
            f"{name}: its liver segment leaves out {', '.join(cut)}, in one layer with it; both "
            "are the liver"
        )
        yield Finding("segments.layer", Severity.WARNING, message, name)


def _require_one_drawing(
    file: SegmentFile, called: Mapping[str, list[Segment]], given: frozenset[str]
) -> None:
    """Refuse two drawings of one part: one remnant to the left, say, and one to the right."""
    for place in (*ONE_DRAWING, *PARTS):
        settled = REMNANT if place in REMNANT else {place}
        if len(called.get(place, ())) > 1 and not settled & given:
            names = " and ".join(one.name for one in called[place])
            reason = f"has {len(called[place])} segments that are each the {place}: {names}"
            raise InputRefused("segments.name", file.name, reason, take_out(place))


def _find_passed_over(file: LabelFile, scheme: LabelScheme) -> Iterator[Finding]:
    """Tell which of the user's own names are none that is used, nor that of another organ."""
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
        and organ_beside(name) is None
    }
    if over:
        total_ml = sum(volumes_ml[label] for label in over)
        told = [
            f"label {label} ({as_ml(volumes_ml[label])}) is called {over[label]!r}"
            for label in [*over][:MOST_LISTED]
        ]
        told += [f"{len(over) - MOST_LISTED} more"] if len(over) > MOST_LISTED else []
        which = "which is no structure that is used" if len(told) == 1 else "no names that are used"
        message = f"{file.name}: {', '.join(told)}, {which}; counted in nothing"
        yield Finding("labels.passed_over", Severity.WARNING, message, file.name, total_ml, "mL")


def _tell_vessels(
    name: str, called: Mapping[str, str], masks: Mapping[str, Mask]
) -> Iterator[Finding]:
    """Tell which parts of a map are vessels, by their names, and what is done with them."""
    veins = [place for place in called if place in VESSELS]
    if veins:
        listed = ", ".join(
            f"{called[place]} ({as_ml(masks[place].volume_ml)}, {place.replace('_', ' ')})"
            for place in veins
        )
        message = (
            f"{name}: {listed}: a vessel by its name, so distances are measured to it. It adds "
            "nothing to the liver, which holds what its own segments hold of it"
        )
        yield Finding("vessels.of_map", Severity.INFO, message, name, len(veins), "vessels")


def _tell_unused(name: str, scheme: LabelScheme) -> Iterator[Finding]:
    if scheme.name == OWN_LABELS:
        message = f"{name}: names its segments itself; the labels of {scheme.source} are not used"
        yield Finding("labels.not_used", Severity.WARNING, message, name)


def find_unused(mapped: Mapped) -> tuple[Finding, ...]:
    """Find a map of which nothing is used: what it was given for is not there.

    Raises `InputRefused`: if it holds no label: a failed segmentation, and no map of an empty
    liver.
    """
    name, labels = str(mapped.told["file"]), mapped.told["labels"]
    if mapped.masks or any(finding.code in TOLD for finding in mapped.findings):
        return ()
    if not labels:
        remedy = "check the export, or leave the label map out"
        raise InputRefused("mask.empty", name, "the label map holds no label", remedy)
    why = f"none of its labels is a part of the liver by the scheme {mapped.told['scheme']}"
    if mapped.told["scheme"] == BY_NAME:
        why = "none of its segments is drawn and bears a name that is known"
    message = f"{name}: nothing of the label map is used: {why}"
    return (Finding("labels.none_used", Severity.WARNING, message, name),)


def no_liver(mapped: Mapped | None) -> InputRefused:
    """Say that a label map has no liver, and what to do."""
    told = mapped.told if mapped else {"file": "liver"}
    by = f"by the scheme {told.get('scheme')}"
    remedy = "give --liver beside it, or name the scheme that it follows (--scheme)"
    if told.get("scheme") == BY_NAME:
        by = "by the names of its segments"
        remedy = "give --liver beside it, or name its segments liver or Segment I to VIII"
    return InputRefused("labels.no_liver", str(told["file"]), f"has no liver label {by}", remedy)


def _called(place: str) -> str:
    """Name the mask of an excluded structure by that alone."""
    return place.removeprefix("exclude ")
