"""Which parts of a tumour count as its lesions, and tumour that a treated area misses."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import reduce
from math import ceil, pi
from operator import sub

import numpy as np

from fl_planner.basis.findings import Finding, Severity
from fl_planner.basis.formula import computes
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
from fl_planner.space.mask import Mask, unite

LEAST_LESION_ML = Fraction("0.03")  # of a lesion, a sphere of 4 mm is 0.034 mL [clinical.md 11.1]
PLACE_DIGITS = 3  # decimals of a place in mm that tell lesions of one size apart


@computes(
    "parts of the tumour mask that touch by face, edge or corner, "
    f"{as_plain(LEAST_LESION_ML)} mL or more",
    "this project's choice",
    name="Lesions",
    key="lesion_summary.count",
)
def list_lesions(anatomy: Anatomy, least_ml: Fraction = LEAST_LESION_ML) -> tuple[Mask, ...]:
    """List the lesions of at least `least_ml` as they are numbered, the first one number 1."""
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
    """Count the voxels that a lesion of `least_ml` has at least."""
    return max(1, ceil(least_ml / tumour.grid.exact_voxel_ml))


def _order(lesion: Mask) -> tuple[float, ...]:
    """Put larger lesions first, equal ones from the head down, however they are stored."""
    x, y, z = measure_centre_mm(lesion).round(PLACE_DIGITS).tolist()
    return -lesion.voxel_count, -z, x, y


# Of the ball across its box that the largest piece fills. Six public masks of liver vessels have
# 1.1 % at most, tumours 14 to 16 % and cigars of six to one 2.6 %: project's choice.
THIN_PERCENT = Fraction(5, 2)
LEAST_VESSEL_ML = Fraction("0.5")  # smaller pieces are a few voxels of any shape: ours
MOST_NAMED = 4  # labels with their reasons in one message


@dataclass(frozen=True, slots=True)
class ToldApart:
    """What the labels of a tumour come to.

    - `lesions`: one mask a lesion, without specks; empty where its connected pieces are the
      lesions.
    - `vessels`: labels that look like vessels beside others that do not, and are no lesions.
    - `findings`: why labels are no lesions.
    """

    lesions: tuple[Mask, ...] = ()
    vessels: tuple[Mask, ...] = ()
    findings: tuple[Finding, ...] = ()


def judge_labels(anatomy: Anatomy) -> tuple[Anatomy, tuple[Finding, ...]]:
    """Keep those labels of an anatomy that are lesions, and say why others are none."""
    if anatomy.tumour is None:
        return anatomy, ()
    told = tell_apart(anatomy.lesions or (anatomy.tumour,))
    lesions, vessels = (
        tuple(mask.renamed("tumour") for mask in masks) for masks in (told.lesions, told.vessels)
    )
    return replace(anatomy, lesions=lesions, tumour_vessels=vessels), told.findings


def tell_apart(labels: Sequence[Mask]) -> ToldApart:
    """Tell which labels are lesions; each mask's name is what the label is called.

    They are where each is one piece, and none lies within another [safety.md F10a]. Pieces and
    labels that are too small for a lesion decide nothing.
    """
    drawn = [label for label in labels if label.voxel_count]
    vessels = tuple(label for label in drawn if is_vessel_like(label))
    others = [label for label in drawn if label not in vessels]
    findings = tuple(map(_tell_vessel, vessels))
    if len(others) < 2:
        return ToldApart((), vessels if others else (), findings)
    least = least_voxels(drawn[0], LEAST_LESION_ML)
    pieces = [split_parts(label, LESION_CONNECTIVITY, least_voxels=least) for label in others]
    split, enclosed = [*_find_split(others, pieces)], [*_find_enclosed(others, least)]
    if split and not enclosed and _are_files_of_lesions(others, pieces, least):
        return ToldApart((), vessels, findings)
    if reasons := [*split, *enclosed]:
        return ToldApart((), vessels, (*findings, _tell_tissues(others, reasons)))
    lesions = tuple(next(iter(large), label) for label, large in zip(others, pieces, strict=True))
    return ToldApart(lesions, vessels, findings)


def is_vessel_like(label: Mask) -> bool:
    """Whether the largest piece is long and thin throughout, as a branching vessel is."""
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
            yield f"{_say(label)} is {len(large)} pieces"


def _find_enclosed(labels: Sequence[Mask], least: int) -> Iterator[str]:
    large = [label for label in labels if label.voxel_count >= least]
    for inner in large:
        for outer in large:
            if outer is not inner and 2 * count_within(inner, outer) > inner.voxel_count:
                yield f"{_say(inner)} lies within {_name(outer)}"
                break


def _are_files_of_lesions(
    labels: Sequence[Mask], pieces: Sequence[tuple[Mask, ...]], least: int
) -> bool:
    """Whether several files hold lesions apart: their pieces are those of all files together."""
    if len({label.file for label in labels}) < 2:
        return False
    together = split_parts(unite(labels), LESION_CONNECTIVITY, least_voxels=least)
    return len(together) == sum(map(len, pieces))


def _tell_tissues(labels: Sequence[Mask], reasons: Sequence[str]) -> Finding:
    told = "; ".join(reasons[:MOST_NAMED])
    more = f"; and {len(reasons) - MOST_NAMED} more" if len(reasons) > MOST_NAMED else ""
    least = least_voxels(labels[0], LEAST_LESION_ML)
    count = len(split_parts(unite(labels), LESION_CONNECTIVITY, least_voxels=least))
    by_file = len({label.file for label in labels}) > 1
    whose, word = ("tumour", "file") if by_file else (labels[0].source, "label")
    message = (
        f"{whose}: its {word}s are not counted as lesions, as they may be tissues of "
        f"one: {told}{more}. Lesions are the connected pieces of all {word}s together, {count} of "
        f"them. Where each {word} is meant as a lesion, draw it in one piece"
    )
    file = None if by_file else labels[0].file
    return Finding("lesions.tissues", Severity.WARNING, message, file, count, "1")


def _tell_vessel(label: Mask) -> Finding:
    message = (
        f"{label.source}: {_say(label)} is long and thin like a vessel and no lesion, yet counted "
        "as tumour: if it is vessels, give the tumour without it (fl-planner convert FILE "
        "--structure tumour=LABEL --to NEW.nii.gz)"
    )
    volume_ml = label.volume_ml
    return Finding("tumour.vessel_like", Severity.ERROR, message, label.file, volume_ml, "mL")


def _say(label: Mask) -> str:
    return f"{_name(label)} ({as_ml(label.volume_ml)})"


def _name(label: Mask) -> str:
    """Name a label, or the file of which it is all."""
    return "the tumour" if label.name == "tumour" else label.name


MOST_OUTSIDE_PERCENT = 1  # of the tumour; exactly so much is covered [clinical.md 10.3]


@dataclass(frozen=True, slots=True)
class UntreatedTumour:
    """What of the tumour lies outside the treated area.

    - `outside_ml`, `tumour_ml`: volume outside, and of all tumour.
    - `covered`: whether at most 1 % of the tumour, and no whole lesion, lies outside.
    - `lesions`: by number, those of which no voxel is inside.
    - `file`: of the treated area.
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
    """Find an area that does not cover the tumour: drawn too small, it spares too much."""
    if found.covered:
        return ()
    whole = ""
    if found.lesions:
        named = ", ".join(map(str, found.lesions))
        whole = f", lesion{'s' if len(found.lesions) > 1 else ''} {named} whole"
    message = (
        f"the treated area leaves {as_ml(found.outside_ml)} of {as_ml(found.tumour_ml)} tumour "
        f"outside{whole}: what it spares answers no limit"
    )
    code = "treated.tumour_outside"
    return (Finding(code, Severity.ERROR, message, found.file, found.outside_ml, "mL"),)
