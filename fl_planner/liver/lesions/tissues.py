"""Which labels of a tumour are lesions: tissues of one lesion are none, nor are vessels."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import pi

import numpy as np

from fl_planner.basis.findings import Finding, Severity
from fl_planner.basis.shown import as_ml
from fl_planner.basis.units import MM3_IN_ML
from fl_planner.liver.anatomy import Anatomy
from fl_planner.liver.lesions.lesion_parts import DEFAULT, LEAST_ML, least_voxels
from fl_planner.space.components import find_holes, split_parts
from fl_planner.space.enclosure import count_within
from fl_planner.space.mask import Mask, unite

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
    least = least_voxels(drawn[0], LEAST_ML)
    pieces = [split_parts(label, DEFAULT, least_voxels=least) for label in others]
    split, enclosed = [*_find_split(others, pieces)], [*_find_enclosed(others, least)]
    if split and not enclosed and _are_files_of_lesions(others, pieces, least):
        return ToldApart((), vessels, findings)
    if reasons := [*split, *enclosed]:
        return ToldApart((), vessels, (*findings, _tell_tissues(others, reasons)))
    lesions = tuple(next(iter(large), label) for label, large in zip(others, pieces, strict=True))
    return ToldApart(lesions, vessels, findings)


def is_vessel_like(label: Mask) -> bool:
    """Whether the largest piece is long and thin throughout, as a branching vessel is."""
    largest = split_parts(label, DEFAULT)[0]
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
    together = split_parts(unite(labels), DEFAULT, least_voxels=least)
    return len(together) == sum(map(len, pieces))


def _tell_tissues(labels: Sequence[Mask], reasons: Sequence[str]) -> Finding:
    told = "; ".join(reasons[:MOST_NAMED])
    more = f"; and {len(reasons) - MOST_NAMED} more" if len(reasons) > MOST_NAMED else ""
    least = least_voxels(labels[0], LEAST_ML)
    count = len(split_parts(unite(labels), DEFAULT, least_voxels=least))
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
