"""Count lesions of a tumour mask, and measure tumour outside a treated area."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from functools import reduce
from itertools import combinations
from math import ceil, pi
from operator import sub

import numpy as np
from msgspec import Struct

from fl_planner.basis.findings import Finding, Severity
from fl_planner.basis.formula import computes
from fl_planner.basis.plain_text import list_first
from fl_planner.basis.shown import as_ml, as_plain
from fl_planner.basis.units import MM3_IN_ML
from fl_planner.liver.anatomy import Anatomy
from fl_planner.space.components import (
    LESION_CONNECTIVITY,
    Connectivity,
    count_within,
    find_holes,
    measure_parts,
    split_parts,
)
from fl_planner.space.distance import measure_centre_mm
from fl_planner.space.grid import NOWHERE
from fl_planner.space.mask import Mask, unite

LEAST_LESION_ML = Fraction("0.03")  # of a lesion; a sphere of 4 mm has 0.034 mL [clinical.md 11.1]
PLACE_DIGITS = 3  # decimals of a position in mm, to order lesions of equal size


@computes(
    "connected parts of the tumour mask (voxels that share a face, edge or corner), "
    f"{as_plain(LEAST_LESION_ML)} mL or more",
    "this project's choice",
    name="Lesions",
    key="lesion_summary.count",
)
def list_lesions(anatomy: Anatomy, least_ml: Fraction = LEAST_LESION_ML) -> tuple[Mask, ...]:
    """List the lesions of at least `least_ml` in the order of their numbers, from 1."""
    if anatomy.tumour is None:
        return ()
    tumour = reduce(sub, anatomy.tumour_vessels, anatomy.tumour)
    least = least_voxels(tumour, least_ml)
    parts = anatomy.lesions or split_parts(tumour, LESION_CONNECTIVITY, least_voxels=least)
    return tuple(sorted((part for part in parts if part.voxel_count >= least), key=_order))


def count_lesions(
    tumour: Mask, connectivity: Connectivity, least_ml: Fraction = LEAST_LESION_ML
) -> int:
    """Count the connected parts of at least `least_ml`."""
    least = least_voxels(tumour, least_ml)
    return sum(size >= least for size in measure_parts(tumour, connectivity))


def least_voxels(tumour: Mask, least_ml: Fraction) -> int:
    """Return the number of voxels of a lesion of `least_ml`, which is above 0: at least 1."""
    return ceil(least_ml / tumour.grid.exact_voxel_ml)


def _order(lesion: Mask) -> tuple[float, ...]:
    """Order by size, largest first; equal ones from head to foot, independent of storage."""
    x, y, z = measure_centre_mm(lesion).round(PLACE_DIGITS).tolist()
    return -lesion.voxel_count, -z, x, y


# Volume of the largest piece over that of the sphere around its box. Six public masks of liver
# vessels: at most 1.1 %; tumours: 14 to 16 %; ellipsoids of six to one: 2.6 % [project's choice].
THIN_PERCENT = Fraction(5, 2)
LEAST_VESSEL_ML = Fraction("0.5")  # smaller pieces may have any shape [project's choice]
MOST_NAMED = 4  # labels with their reasons in one message


class LesionLabels(Struct, frozen=True):
    """Interpretation of the labels of a tumour.

    - `lesions`: one mask per lesion, without pieces too small for a lesion; empty if connected
      pieces are the lesions.
    - `vessels`: labels that look like vessels, if others do not; not counted as lesions.
    - `findings`: findings on labels that are not lesions.
    """

    lesions: tuple[Mask, ...] = ()
    vessels: tuple[Mask, ...] = ()
    findings: tuple[Finding, ...] = ()


def judge_labels(anatomy: Anatomy) -> tuple[Anatomy, tuple[Finding, ...]]:
    """Keep the labels of an anatomy that are lesions, and find why others are not."""
    if anatomy.tumour is None:
        return anatomy, ()
    judged = classify_labels(anatomy.lesions or (anatomy.tumour,))
    lesions, vessels = (
        tuple(mask.renamed("tumour") for mask in masks)
        for masks in (judged.lesions, judged.vessels)
    )
    return replace(anatomy, lesions=lesions, tumour_vessels=vessels), judged.findings


def classify_labels(labels: Sequence[Mask]) -> LesionLabels:
    """Decide which labels are lesions; the name of each mask is that of the label.

    Labels are lesions if each consists of one piece and none is inside another [safety.md F10a].
    Pieces and labels too small for a lesion are ignored.
    """
    drawn = [label for label in labels if label.voxel_count]
    vessels = tuple(label for label in drawn if is_vessel_like(label))
    others = [label for label in drawn if label not in vessels]
    findings = tuple(map(_report_vessel, vessels))
    if len(others) < 2:
        return LesionLabels((), vessels if others else (), findings)
    least = least_voxels(drawn[0], LEAST_LESION_ML)
    pieces = [split_parts(label, LESION_CONNECTIVITY, least_voxels=least) for label in others]
    split, enclosed = [*_find_split(others, pieces)], [*_find_enclosed(others, least)]
    if split and not enclosed and _are_files_of_lesions(others, pieces, least):
        return LesionLabels((), vessels, findings)
    if reasons := [*split, *enclosed]:
        return LesionLabels((), vessels, (*findings, _warn_tissues(others, reasons)))
    lesions = tuple(next(iter(large), label) for label, large in zip(others, pieces, strict=True))
    return LesionLabels(lesions, vessels, (*findings, *_find_shared(others, lesions)))


def is_vessel_like(label: Mask) -> bool:
    """Whether the largest piece is long and thin throughout, like a branching vessel."""
    largest = split_parts(label, LESION_CONNECTIVITY)[0]
    if largest.exact_ml < LEAST_VESSEL_ML:
        return False
    length_mm = float(np.linalg.norm(np.multiply(largest.voxels.shape, largest.grid.spacing_mm)))
    ball_ml = pi / 6 * length_mm**3 / MM3_IN_ML
    filled = largest.voxel_count + find_holes(largest).voxel_count
    return 100 * filled * largest.grid.voxel_ml < THIN_PERCENT * ball_ml


def _find_split(labels: Sequence[Mask], pieces: Sequence[tuple[Mask, ...]]) -> Iterator[str]:
    for label, large in zip(labels, pieces, strict=True):
        if len(large) > 1:
            yield f"{_describe(label)} has {len(large)} pieces"


def _find_enclosed(labels: Sequence[Mask], least: int) -> Iterator[str]:
    large = [label for label in labels if label.voxel_count >= least]
    for inner in large:
        for outer in large:
            within = 0 if outer is inner else count_within(inner, outer)
            if 2 * within > inner.voxel_count:
                mostly = "mostly " if within < inner.voxel_count else ""
                yield f"{_describe(inner)} is {mostly}inside {_name(outer)}"
                break


def _find_shared(labels: Sequence[Mask], lesions: Sequence[Mask]) -> Iterator[Finding]:
    """Find lesions that overlap: the sum of their volumes is then larger than the tumour."""
    drawn = sum(lesion.voxel_count for lesion in lesions)
    if not (shared := drawn - unite(lesions).voxel_count):
        return
    named = [
        f"{_name(one)} and {_name(other)}"
        for (one, a), (other, b) in combinations(zip(labels, lesions, strict=True), 2)
        if a.box & b.box != NOWHERE and (a & b).voxel_count
    ]
    shared_ml = shared * lesions[0].grid.voxel_ml
    by_file = len({label.file for label in labels}) > 1
    message = (
        f"{'tumour' if by_file else labels[0].source}: lesions overlap "
        f"({list_first(named, MOST_NAMED)}): {as_ml(shared_ml)} is part of the volumes of more "
        "than one lesion, and is counted once in the tumour"
    )
    file = None if by_file else labels[0].file
    yield Finding("segments.overlap", Severity.INFO, message, file, shared_ml, "mL")


def _are_files_of_lesions(
    labels: Sequence[Mask], pieces: Sequence[tuple[Mask, ...]], least: int
) -> bool:
    """Whether the files contain separate lesions: joining them does not connect any pieces."""
    if len({label.file for label in labels}) < 2:
        return False
    together = split_parts(unite(labels), LESION_CONNECTIVITY, least_voxels=least)
    return len(together) == sum(map(len, pieces))


def _warn_tissues(labels: Sequence[Mask], reasons: Sequence[str]) -> Finding:
    named = "; ".join(reasons[:MOST_NAMED])
    more = f"; and {len(reasons) - MOST_NAMED} more" if len(reasons) > MOST_NAMED else ""
    least = least_voxels(labels[0], LEAST_LESION_ML)
    count = len(split_parts(unite(labels), LESION_CONNECTIVITY, least_voxels=least))
    by_file = len({label.file for label in labels}) > 1
    whose, word = ("tumour", "file") if by_file else (labels[0].source, "label")
    message = (
        f"{whose}: its {word}s are not counted as separate lesions, as they may be tissue "
        f"components of one lesion: {named}{more}. Lesions are the connected pieces of all "
        f"{word}s together ({count}). If each {word} is one lesion, draw it in one piece"
    )
    file = None if by_file else labels[0].file
    return Finding("lesions.tissues", Severity.WARNING, message, file, count, "1")


def _report_vessel(label: Mask) -> Finding:
    message = (
        f"{label.source}: {_describe(label)} is long and thin like a vessel; it is counted as "
        "tumour, but as a lesion only if no other label is left. If it is a vessel, give the "
        "tumour mask without it (fl-planner convert FILE --structure tumour=LABEL --to NEW.nii.gz)"
    )
    volume_ml = label.volume_ml
    return Finding("tumour.vessel_like", Severity.ERROR, message, label.file, volume_ml, "mL")


def _describe(label: Mask) -> str:
    return f"{_name(label)} ({as_ml(label.volume_ml)})"


def _name(label: Mask) -> str:
    """Return the name of a label; "the tumour" if the file has no labels."""
    return "the tumour" if label.name == "tumour" else label.name


MOST_OUTSIDE_PERCENT = 1  # of the tumour; exactly 1 % counts as covered [clinical.md 10.3]


class UntreatedTumour(Struct, frozen=True):
    """Tumour outside the treated area.

    - `outside_ml`, `tumour_ml`: volume outside the area, and of the whole tumour.
    - `covered`: whether at most 1 % of the tumour, and no whole lesion, is outside.
    - `lesions`: numbers of lesions completely outside.
    - `file`: file of the treated area.
    """

    outside_ml: float
    tumour_ml: float
    covered: bool
    lesions: tuple[int, ...]
    file: str | None


def measure_untreated_tumour(anatomy: Anatomy) -> UntreatedTumour | None:
    """Measure the tumour outside the treated area; None without an area or a tumour mask."""
    tumour, treated = anatomy.tumour, anatomy.treated
    if tumour is None or treated is None:
        return None
    outside = tumour - treated
    missed = tuple(
        number
        for number, lesion in enumerate(list_lesions(anatomy), start=1)
        if not (lesion & treated).voxel_count
    )
    much = 100 * outside.voxel_count > MOST_OUTSIDE_PERCENT * tumour.voxel_count
    covered = not (much or missed)
    return UntreatedTumour(outside.volume_ml, tumour.volume_ml, covered, missed, treated.file)


def find_untreated_tumour(found: UntreatedTumour) -> tuple[Finding, ...]:
    """Find a treated area that does not cover the tumour and so overestimates untreated liver."""
    if found.covered:
        return ()
    whole = ""
    if found.lesions:
        named = ", ".join(map(str, found.lesions))
        whole = f", including all of lesion{'s' if len(found.lesions) > 1 else ''} {named}"
    message = (
        f"{as_ml(found.outside_ml)} of {as_ml(found.tumour_ml)} of tumour is outside the treated "
        f"area{whole}: the untreated liver is not compared with limits"
    )
    code = "treated.tumour_outside"
    return (Finding(code, Severity.ERROR, message, found.file, found.outside_ml, "mL"),)
