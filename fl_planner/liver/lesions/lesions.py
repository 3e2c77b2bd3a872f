"""Number and size of lesions, and their dependence on the definition [clinical.md 11]."""

from collections.abc import Iterable
from fractions import Fraction
from functools import reduce
from math import cbrt, isqrt, pi
from operator import sub

from msgspec import Struct

from fl_planner.basis.findings import Finding, Severity
from fl_planner.basis.formula import computes
from fl_planner.basis.plain_text import join_words
from fl_planner.basis.shown import as_number
from fl_planner.basis.units import MM3_IN_ML
from fl_planner.liver.anatomy import Anatomy
from fl_planner.liver.lesions.count import (
    LEAST_LESION_ML,
    count_lesions,
    least_voxels,
    list_lesions,
)
from fl_planner.space.components import (
    LESION_CONNECTIVITY,
    Connectivity,
    measure_parts,
    split_parts,
)
from fl_planner.space.distance import Diameters, measure_diameters
from fl_planner.space.gap import Surface, gather_outline
from fl_planner.space.mask import Mask

CONNECTIVITIES: tuple[Connectivity, ...] = (6, 18, 26)
LEAST_SIZES_ML = (LEAST_LESION_ML, Fraction("0.1"), Fraction("0.5"))  # alternatives to the first
ROOT_DIGITS = 12  # decimals of an irrational diameter in mm


class Lesion(Struct, frozen=True):
    """One lesion; `number` counts from 1, largest first."""

    number: int
    mask: Mask
    diameters: Diameters
    surface: Surface

    @property
    @computes("(6·V/π)^(1/3)", "geometry; for information only: not used by any trial")
    def sphere_diameter_mm(self) -> float:
        """Diameter of the sphere with the volume V of the lesion, {formula}, in mm."""
        return cbrt(6 * float(self.mask.exact_ml * MM3_IN_ML) / pi)


class Definition(Struct, frozen=True):
    """Number and largest diameter of lesions by one definition.

    `connectivity` of 6, 18 or 26 neighbours; `least_ml`: smallest volume of a lesion.
    """

    connectivity: Connectivity
    least_ml: Fraction
    count: int
    largest_cm: Fraction | None


class Lesions(Struct, frozen=True):
    """All lesions of a tumour mask, largest first.

    - `items`: lesions of at least `least_ml`.
    - `origin` ("components" or "labels"): 26-connected parts of the mask, or one label per lesion
      as drawn.
    - `count_by_faces`: number with connection by faces only, which separates touching lesions.
    - `dropped`: number of parts below `least_ml`, not in `items`.
    - `definitions`: results by other definitions; empty with one label per lesion.
    """

    items: tuple[Lesion, ...]
    origin: str
    count_by_faces: int
    dropped: int
    least_ml: Fraction = LEAST_LESION_ML
    definitions: tuple[Definition, ...] = ()

    @property
    def count(self) -> int:
        """Number of lesions."""
        return len(self.items)

    @property
    def largest(self) -> Lesion | None:
        """Lesion with the longest axial diameter; None without lesions."""
        return max(self.items, key=lambda x: x.diameters.axial_outer_mm2, default=None)

    @property
    @computes(
        "longest straight line in one axial slice, between outer corners of voxels",
        "RECIST practice; not specified by the trials",
        name="Diameter",
        key="lesion_summary.largest_axial_cm",
    )
    def largest_cm(self) -> Fraction | None:
        """Longest outer axial diameter of a single lesion, in cm; None without lesions."""
        largest = self.largest
        return None if largest is None else root(largest.diameters.axial_outer_mm2) / 10


def measure_lesions(anatomy: Anatomy, least_ml: Fraction = LEAST_LESION_ML) -> Lesions | None:
    """Measure the lesions of a tumour mask; None without a mask.

    With one label per lesion, labels are used instead of connected parts.
    """
    if anatomy.tumour is None:
        return None
    tumour = reduce(sub, anatomy.tumour_vessels, anatomy.tumour)
    parts = list_lesions(anatomy, least_ml)
    items = tuple(
        Lesion(number, part, measure_diameters(part), gather_outline(part))
        for number, part in enumerate(parts, start=1)
    )
    by_label = bool(anatomy.lesions)
    return Lesions(
        items,
        "labels" if by_label else "components",
        count_lesions(tumour, 6, least_ml),
        len(measure_parts(reduce(sub, parts, tumour), LESION_CONNECTIVITY)),
        least_ml,
        () if by_label or least_ml != LEAST_LESION_ML else _define(tumour, items),
    )


def find_lesion_doubts(
    lesions: Lesions, size_limits_cm: Iterable[Fraction], count_limits: Iterable[Fraction]
) -> tuple[Finding, ...]:
    """Find limits of trials for which the answer depends on the definition of lesions."""
    findings = []
    if apart := [cm for cm in sorted(set(size_limits_cm)) if _disagree(lesions, cm)]:
        findings.append(_size_doubt(lesions, apart))
    counts = (lesions.count_by_faces, lesions.count)
    if split := [n for n in sorted(set(count_limits)) if min(counts) <= n < max(counts)]:
        limits = f"a limit of {split[0]} is"
        if len(split) > 1:
            limits = f"limits of {join_words(map(str, split))} are"
        message = (
            f"lesions: {counts[1]} or {counts[0]}, depending on how touching lesions are "
            f"separated; {limits} between the two counts: count the lesions on the images"
        )
        findings.append(
            Finding("lesions.count_depends", Severity.WARNING, message, None, counts[1], "1")
        )
    return tuple(findings)


def root(square: Fraction) -> Fraction:
    """Return a square root: exact if rational, otherwise to `ROOT_DIGITS` decimals.

    An inexact root never equals a shorter decimal, so a limit is not met by rounding.

    Examples
    --------
    >>> root(Fraction(6400)), root(Fraction(6401)) > 80
    (Fraction(80, 1), True)
    """
    over, under = isqrt(square.numerator), isqrt(square.denominator)
    if over**2 == square.numerator and under**2 == square.denominator:
        return Fraction(over, under)
    scale = 10**ROOT_DIGITS
    floor = isqrt(square.numerator * scale**2 // square.denominator)
    return Fraction(2 * floor + 1, 2 * scale)


def _define(tumour: Mask, items: tuple[Lesion, ...]) -> tuple[Definition, ...]:
    """Count the lesions of a mask by each connectivity and smallest size.

    Fewer neighbours can only split parts, so an equal number of parts means the same parts.
    """
    sizes = {by: measure_parts(tumour, by) for by in CONNECTIVITIES}
    usual = [(lesion.mask.voxel_count, lesion.diameters.axial_outer_mm2) for lesion in items]
    found = []
    for connectivity in CONNECTIVITIES:
        parts = usual
        if len(sizes[connectivity]) != len(sizes[LESION_CONNECTIVITY]):
            least = least_voxels(tumour, min(LEAST_SIZES_ML))
            split = split_parts(tumour, connectivity, least_voxels=least)
            parts = [(x.voxel_count, measure_diameters(x).axial_outer_mm2) for x in split]
        for least_ml in LEAST_SIZES_ML:
            least = least_voxels(tumour, least_ml)
            large = [mm2 for voxels, mm2 in parts if voxels >= least]
            largest_cm = root(max(large)) / 10 if large else None
            found.append(Definition(connectivity, least_ml, len(large), largest_cm))
    return tuple(found)


def _disagree(lesions: Lesions, limit_cm: Fraction) -> bool:
    """Whether the largest diameter is on different sides of a limit by different definitions."""
    limit_mm2 = (10 * limit_cm) ** 2
    by_definition = zip(*(lesion.diameters.squares_mm2 for lesion in lesions.items), strict=True)
    largest = [max(squares) for squares in by_definition]
    return len({(mm2 > limit_mm2) - (mm2 < limit_mm2) for mm2 in largest}) > 1


def _size_doubt(lesions: Lesions, limits_cm: list[Fraction]) -> Finding:
    """State the largest diameter by every definition, so that each side of a limit is named.

    The definitions are in the order of `Diameters.squares_mm2`.
    """
    largest = [
        max(lesions.items, key=lambda x: x.diameters.squares_mm2[definition])
        for definition in range(4)
    ]
    broad = largest[0]
    one = all(lesion is broad for lesion in largest)
    axial, axial_centre, longest, longest_centre = (
        f"{as_number(root(lesion.diameters.squares_mm2[definition]) / 10, limits_cm, 2)} cm"
        f"{'' if one else f' (lesion {lesion.number})'}"
        for definition, lesion in enumerate(largest)
    )
    sizes = join_words(f"{float(cm):g}" for cm in limits_cm)
    limits = "a trial limit" if len(limits_cm) == 1 else "trial limits"
    message = (
        "lesions: depending on the definition, the largest diameter"
        f"{f' (lesion {broad.number})' if one else ''} may be on either side of "
        f"{sizes} cm, {limits}: axial {axial}, between voxel centres {axial_centre}; in any "
        f"direction {longest}, between voxel centres {longest_centre}; measure it on the images "
        "with callipers"
    )
    code = "lesions.definitions_disagree"
    broad_cm = float(root(broad.diameters.axial_outer_mm2)) / 10
    return Finding(code, Severity.WARNING, message, broad.mask.file, broad_cm, "cm")
