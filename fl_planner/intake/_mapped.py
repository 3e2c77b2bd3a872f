"""What a label map gives: masks by structure, by the meaning of its numbers or its names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from fl_planner.basis.errors import InputRefused
from fl_planner.basis.findings import Finding, Severity
from fl_planner.basis.shown import as_ml
from fl_planner.intake._labelfile import LabelFile, SegmentFile
from fl_planner.intake.schemes import read_bundled_schemes
from fl_planner.liver.structures import OF_LIVER, PARTS, place_of
from fl_planner.space.labels import LabelScheme
from fl_planner.space.mask import Mask, unite

OWN_LABELS = "own labels"  # in place of a scheme, where the user says what numbers mean
BY_NAME = "names"  # in place of a scheme, where the file names its segments
TUMOUR = "tumour"
_REMNANT = frozenset({"flr", "resected"})
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


def map_numbers(file: LabelFile, scheme: LabelScheme) -> Mapped:
    """Take the structures that a scheme gives to the numbers of a file."""
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
    findings = (*_find_unknown(file, scheme), *_find_passed_over(file, scheme))
    tumours = tuple(file.mask(f"label {label}", label) for label in used.get(TUMOUR, ()))
    return Mapped(_with_cuts(masks, masks), told, findings, tumours if len(tumours) > 1 else ())


def map_names(file: SegmentFile, scheme: LabelScheme) -> Mapped:
    """Take the structures that a file's own names mean; they go before any scheme."""
    found: dict[str, list[Mask]] = {}
    layers: dict[str, set[int | None]] = {}
    for segment, mask in file.drawn():
        place = place_of(segment.structure)
        if place is not None and mask.voxel_count:
            found.setdefault(place, []).append(mask.renamed(f"segment {segment.name}"))
            layers.setdefault(place, set()).add(segment.layer)
    masks = {place: unite(parts).renamed(_called(place)) for place, parts in found.items()}
    shared = layers.get("liver", set()) - {None}
    cut = [place for place in masks if layers[place] & shared and place in CUTS]
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
    findings = (*_tell_cuts(file.name, cut), *_tell_unused(file.name, scheme))
    tumours = tuple(found.get(TUMOUR, ()))
    return Mapped(_with_cuts(masks, cut), told, findings, tumours if len(tumours) > 1 else ())


def _with_cuts(masks: Mapping[str, Mask], shared: Iterable[str]) -> dict[str, Mask]:
    """Give back to the liver what one number a voxel took from it; tumour is no liver.

    A map of segments alone has a liver where something else was cut out of them.
    """
    if not masks.keys() & LIVER_OF_MAP:
        return dict(masks)
    cut = [place for place in shared if place in CUTS]
    if "liver" in masks:
        cut.append("liver")
    elif not set(cut) - set(PARTS):
        return dict(masks)
    return {**masks, "liver": unite(masks[place] for place in cut).renamed("liver")}


def _tell_cuts(name: str, cut: list[str]) -> Iterator[Finding]:
    if cut:
        message = (
            f"{name}: its liver segment leaves out {', '.join(cut)}, in one layer with it; both "
            "are the liver"
        )
        yield Finding("segments.layer", Severity.WARNING, message, name)


def _find_passed_over(file: LabelFile, scheme: LabelScheme) -> Iterator[Finding]:
    """Tell which of the user's own names are none that is used, nor that of another organ."""
    if scheme.name != OWN_LABELS:
        return
    known = {name for one in read_bundled_schemes().values() for name in one.structures.values()}
    for label, count in file.labelled.counts().items():
        name = scheme.structures.get(label)
        if name is not None and place_of(name) is None and name not in known:
            volume_ml = count * file.grid.voxel_ml
            message = (
                f"{file.name}: label {label} ({as_ml(volume_ml)}) is called {name!r}, which is no "
                "structure that is used; counted in nothing"
            )
            yield Finding(
                "labels.passed_over", Severity.WARNING, message, file.name, volume_ml, "mL"
            )


def _tell_unused(name: str, scheme: LabelScheme) -> Iterator[Finding]:
    if scheme.name == OWN_LABELS:
        message = f"{name}: names its segments itself; the labels of {scheme.source} are not used"
        yield Finding("labels.not_used", Severity.WARNING, message, name)


def find_unused(mapped: Mapped) -> tuple[Finding, ...]:
    """Find a map of which nothing is used: what it was given for is not there.

    Raises
    ------
    InputRefused
        If it holds no label: a failed segmentation, and no map of an empty liver.
    """
    name, labels = str(mapped.told["file"]), mapped.told["labels"]
    if mapped.masks or any(finding.code == "labels.unknown" for finding in mapped.findings):
        return ()
    if not labels:
        remedy = "check the export, or leave the label map out"
        raise InputRefused("mask.empty", name, "the label map holds no label", remedy)
    message = f"{name}: nothing of the label map is used: {_why_unused(mapped)}"
    return (Finding("labels.none_used", Severity.WARNING, message, name),)


def _why_unused(mapped: Mapped) -> str:
    if mapped.told["scheme"] == BY_NAME:
        return "none of its segments is drawn and bears a name that is known"
    return f"none of its labels is a part of the liver by the scheme {mapped.told['scheme']}"


def settle(
    of_map: Mapping[str, Mask], given: frozenset[str]
) -> tuple[dict[str, Mask], tuple[Finding, ...]]:
    """Leave out what a file of its own gives too; the file wins, and a remnant over a resection.

    A remnant and a part to be removed are two words on one thing: a file with either leaves out
    both. `given` are the roles of the files. The liver is left: the two are compared.
    """
    kept, findings = dict(of_map), []
    for place, mask in of_map.items():
        by = _REMNANT & given if place in _REMNANT else {place} & given
        if not by or place == "liver":
            continue
        if place != "tumour":  # which is needed to fill the hole it leaves in the map's liver
            del kept[place]
        message = f"{mask.source}: holds {place} too; the file given as {min(by)} is used"
        findings.append(Finding("labels.file_wins", Severity.INFO, message, mask.file))
    if kept.keys() >= _REMNANT:
        mask = kept.pop("resected")
        message = (
            f"{mask.source}: holds a remnant (flr) and a part to be removed (resected); the "
            "remnant is used"
        )
        findings.append(Finding("labels.two_remnants", Severity.WARNING, message, mask.file))
    return kept, tuple(findings)


def _called(place: str) -> str:
    """Name the mask of an excluded structure by that alone."""
    return place.removeprefix("exclude ")


def _find_unknown(file: LabelFile, scheme: LabelScheme) -> Iterator[Finding]:
    if not scheme.complete:
        return
    unknown = [label for label in file.labelled.labels if label not in scheme.structures]
    counts = file.labelled.counts() if unknown else {}
    for label in unknown:
        volume_ml = counts[label] * file.grid.voxel_ml
        message = (
            f"{file.name}: label {label} ({as_ml(volume_ml)}) is unknown to the scheme "
            f"{scheme.name}; counted in nothing"
        )
        yield Finding("labels.unknown", Severity.WARNING, message, file.name, volume_ml, "mL")
