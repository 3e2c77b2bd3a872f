"""Formulas of volumes: body size, standardised FLR, segments and voxels.

An FLR by segments is the non-tumorous volume of the remaining segments in mL, or their share of
all segments in %. Names are those of Brisbane 2000, codes those of the New World terminology 2021
[clinical.md 12]. The volume of n voxels is n·abs(det A)/1000 mL, with A the 3 x 3 matrix from
voxels to mm [clinical.md 1.1].
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Annotated

from fl_planner.basis.constants import LARGEST_EDGE_MM, LEAST_EDGE_MM, SHEARED_COSINE
from fl_planner.basis.findings import Finding, InputRefused, Severity
from fl_planner.basis.plain_text import find_nearest, join_words
from fl_planner.basis.shown import as_plain
from fl_planner.basis.units import MM3_IN_ML, Plausible, at_least, between
from fl_planner.calculator.formula import (
    Amounts,
    Answer,
    Input,
    Number,
    Numbers,
    Rows,
    Whole,
    YesNo,
    answer,
    formula,
    when_given,
)
from fl_planner.liver.growth import FLR_ML
from fl_planner.patient.body_size import (
    AT_RISK_PERCENT,
    BSA_FORMULAS,
    DEFAULT_BSA,
    DEFAULT_TLV,
    LARGEST_HEIGHT_CM,
    LARGEST_WEIGHT_KG,
    LEAST_HEIGHT_CM,
    LEAST_WEIGHT_KG,
    TLV_FORMULAS,
    BodySize,
    BsaFormula,
    TlvFormula,
    compute_flr_bw_percent,
    compute_sflr_percent,
    estimate_tlv_of_bsa_ml,
    find_extrapolated,
    find_unlikely_build,
)

BY_WEIGHT = TLV_FORMULAS["vauthey_weight"]
OTHER_BSA = 0.05  # further formulas differ by less from the three listed [project's choice]
ONE_G_PER_ML = Fraction(1)
HEIGHT = Plausible(
    between(str(LEAST_HEIGHT_CM), str(LARGEST_HEIGHT_CM)),
    "cm",
    "possibly given in metres or inches",
)
WEIGHT = Plausible(
    between(str(LEAST_WEIGHT_KG), str(LARGEST_WEIGHT_KG)), "kg", "possibly given in grams or pounds"
)
# bodies of those heights and weights have 0.79 to 4.6 m2
BSA = Plausible(between("0.7", "4.6"), "m2", "possibly given in cm², or of a child")
DENSITY = Plausible(between("0.5", "2"), "g/mL", "possibly given in g/L")

HeightCm = Annotated[Number, Input("height", HEIGHT)]
WeightKg = Annotated[Number, Input("weight", WEIGHT)]
BsaM2 = Annotated[Number, Input("body surface area", BSA)]
Tlv = Annotated[
    str, Input(f"formula (default {DEFAULT_TLV})", words={name: name for name in TLV_FORMULAS})
]
FlrMl = Annotated[Number, Input("FLR", FLR_ML)]
TLV_RESULTS = {
    "tlv_est_ml": "estimated total liver volume, mL",
    "formula": "formula used",
    "across_formulas_ml": "smallest and largest estimates from all applicable formulas, mL",
}


@formula(bsa_m2="body surface area, m2", formula="formula used")
def bsa(
    height_cm: HeightCm,
    weight_kg: WeightKg,
    formula: Annotated[BsaFormula, Input(f"formula (default {DEFAULT_BSA})")] = DEFAULT_BSA,
) -> Answer:
    """Body surface area from height and weight."""
    size = when_given(BodySize, height_cm, weight_kg)
    surface = None if size is None else size.bsa_m2(formula)
    doubts = find_unlikely_build(height_cm, weight_kg)
    return answer(doubts, bsa_m2=surface, formula=formula)


@formula(**TLV_RESULTS)
def tlv_est(
    *, bsa_m2: BsaM2, formula: Tlv = DEFAULT_TLV, height_cm: HeightCm, weight_kg: WeightKg
) -> Answer:
    """Total liver volume estimated from body size; not used for any trial criterion."""
    body = bsa_m2, height_cm, weight_kg
    estimates = {name: _estimate(each, *body) for name, each in TLV_FORMULAS.items()}
    known = [ml for ml in estimates.values() if ml is not None]
    return answer(
        (
            *find_unlikely_build(height_cm, weight_kg),
            *_find_other_surface(*body),
            *_find_doubts(TLV_FORMULAS[formula], _surface(TLV_FORMULAS[formula], *body)),
        ),
        tlv_est_ml=estimates[formula],
        formula=formula,
        across_formulas_ml=[min(known), max(known)] if known else None,
    )


@formula(**TLV_RESULTS, sflr_percent="standardised FLR, %")
def sflr(
    *,
    flr_ml: FlrMl,
    bsa_m2: BsaM2,
    formula: Tlv = DEFAULT_TLV,
    height_cm: HeightCm,
    weight_kg: WeightKg,
) -> Answer:
    """FLR as a percentage of the estimated liver volume; not used for any trial criterion."""
    body = {"bsa_m2": bsa_m2, "height_cm": height_cm, "weight_kg": weight_kg}
    estimated = tlv_est.compute(formula=formula, **body)
    tlv, share = estimated.results["tlv_est_ml"], None
    if flr_ml is not None and isinstance(tlv, float):
        share = compute_sflr_percent(float(flr_ml), tlv)
    doubts = (*estimated.findings, *_find_large_flr(flr_ml, tlv))
    return answer(doubts, **estimated.results, sflr_percent=share)


@formula(
    flr_bw_percent="FLR-to-body-weight ratio, %",
    at_risk_0_5_or_less="whether the ratio is in the risk group (0.5 % or less, Truant 2007)",
)
def flr_bw(
    flr_ml: FlrMl,
    weight_kg: WeightKg,
    density_g_per_ml: Annotated[
        Fraction, Input(f"density (default {float(ONE_G_PER_ML)})", DENSITY)
    ] = ONE_G_PER_ML,
) -> Answer:
    """FLR as a percentage of body weight; exactly 0.5 % is in the risk group."""
    percent = when_given(compute_flr_bw_percent, flr_ml, weight_kg, density_g_per_ml)
    at_risk = None if percent is None else percent <= AT_RISK_PERCENT
    doubts = _find_large_flr(flr_ml, _estimate(BY_WEIGHT, None, None, weight_kg))
    return answer(doubts, flr_bw_percent=percent, at_risk_0_5_or_less=at_risk)


def _estimate(
    formula: TlvFormula, bsa_m2: Number, height_cm: Number, weight_kg: Number
) -> float | None:
    """Estimate from the given inputs; None if the formula requires other inputs."""
    if formula.needs_bsa:
        surface = _surface(formula, bsa_m2, height_cm, weight_kg)
        return None if surface is None else estimate_tlv_of_bsa_ml(formula, surface)
    if weight_kg is None or ("h" in formula.text and height_cm is None):
        return None
    return formula.estimate(0.0, float(height_cm or 0), float(weight_kg))


def _surface(
    formula: TlvFormula, bsa_m2: Number, height_cm: Number, weight_kg: Number
) -> float | None:
    """Return the body surface as given, or by the BSA formula of the estimate."""
    if bsa_m2 is not None:
        return float(bsa_m2)
    size = when_given(BodySize, height_cm, weight_kg)
    return None if size is None else size.bsa_m2(formula.bsa or DEFAULT_BSA)


def _find_large_flr(flr_ml: Number, liver_ml: object) -> list[Finding]:
    """Find an FLR larger than the whole liver expected from body size."""
    if flr_ml is None or not isinstance(liver_ml, float) or flr_ml <= liver_ml:
        return []
    message = f"flr_ml: {float(flr_ml):g} mL is more than the whole liver expected from body size, "
    message += f"{liver_ml:.0f} mL: check the FLR, height and weight"
    value = float(flr_ml)
    return [Finding("body.flr_above_liver", Severity.WARNING, message, None, value, "mL")]


def _find_other_surface(bsa_m2: Number, height_cm: Number, weight_kg: Number) -> list[Finding]:
    """Find a body surface area that is not that of the height and weight, by any formula."""
    size = when_given(BodySize, height_cm, weight_kg)
    if bsa_m2 is None or size is None:
        return []
    each = [size.bsa_m2(name) for name in BSA_FORMULAS]
    if min(each) * (1 - OTHER_BSA) <= bsa_m2 <= max(each) * (1 + OTHER_BSA):
        return []
    given = float(bsa_m2)
    message = f"bsa_m2: {given:.3g} m2 was given, but height and weight give {min(each):.2f} to "
    message += f"{max(each):.2f} m2; bsa_m2 is used"
    return [Finding("body.bsa_apart", Severity.WARNING, message, None, given, "m2")]


def _find_doubts(formula: TlvFormula, bsa_m2: float | None) -> list[Finding]:
    found = [*find_extrapolated(bsa_m2, "bsa_m2")]
    if formula.weighs:
        message = f"formula: {formula.key} predicts grams; a density of 1 g/mL is assumed"
        found.append(Finding("body.grams", Severity.INFO, message))
    return found


SEGMENT_ML = Plausible(between("0", "4000"), "mL", "possibly given in litres or mm³")
LEAST_LIVER_ML = 100  # of all segments; a smaller value is in litres [project's choice]
LEAST_SEGMENT_ML = 5  # the caudate, the smallest, has about 20 mL [project's choice]
COUNT = Plausible(at_least("0"), "voxels", "a count is required")
FLATTEST = Fraction(1, 10**6)  # of a box of the same edges [safety.md F7]
ENDS_WITH = [Fraction(entry) for entry in (0, 0, 0, 1)]  # last row of an affine matrix

_CODE = re.compile(r"h([1-8]+)", re.ASCII)


@formula(
    resected_segments="resected segments",
    flr_segments="remaining segments",
    new_world="New World terminology code",
    flr_ml="FLR, mL",
    total_ml="all segments, mL",
    flr_percent="FLR, % of all segments",
    flr_percent_caudate_kept="FLR if segment I remains, %",
    flr_percent_caudate_resected="FLR if segment I is resected, %",
    place="volumes.segments",
)
def segments(
    resection: Annotated[str, Input("Brisbane name or code, such as H5678")],
    caudate_resected: Annotated[YesNo, Input("whether segment I is resected")],
    segment_nontumour_ml: Annotated[
        Amounts | None, Input("non-tumorous volume of each segment (1 to 8, 4a, 4b)", SEGMENT_ML)
    ],
) -> Answer:
    """Segments removed and remaining after a named resection, with volumes."""
    gone = _removed(resection, caudate_resected)
    volumes, absent = _volumes(segment_nontumour_ml or {})
    total = _total(volumes, "12345678")
    if total is not None and total < LEAST_LIVER_ML:
        reason = f"{float(total):g} mL in all segments: possibly given in litres"
        raise InputRefused("value.implausible", "segment_nontumour_ml", reason, "give mL")
    without, with_caudate = _kept(gone, "1"), _kept(gone + "1", "")
    kept = None if caudate_resected is None and "1" not in gone else _kept(gone, "")
    flr = None if kept is None else _total(volumes, kept)
    return answer(
        [*_doubt_segments(resection, gone, absent), *_find_small_segments(volumes)],
        resected_segments=None if kept is None else gone,
        flr_segments=kept,
        new_world=None if kept is None else f"H{gone}",
        flr_ml=flr,
        total_ml=total,
        flr_percent=when_given(_percent, flr, total),
        flr_percent_caudate_kept=when_given(_percent, _total(volumes, without), total),
        flr_percent_caudate_resected=when_given(_percent, _total(volumes, with_caudate), total),
    )


def _doubt_segments(asked: str, gone: str, absent: list[str]) -> list[Finding]:
    """Find questions: the extent of an "extended" resection, and missing segments."""
    found = []
    if "extended" in asked.casefold():
        message = (
            f"{asked}: interpreted as segments {gone}; often only part of segment 4 (or of "
            "segments 5 and 8) is resected"
        )
        found.append(Finding("segments.extended", Severity.WARNING, message))
    if absent:
        message = f"segment_nontumour_ml: no volume for segment {join_words(absent, 'or')}"
        found.append(Finding("segments.absent_or_missing", Severity.WARNING, message))
    return found


def _find_small_segments(volumes: Mapping[str, Fraction]) -> list[Finding]:
    """Find segments of nearly 0 mL: not segmented, or given in litres."""
    small = [name for name, ml in sorted(volumes.items()) if ml < LEAST_SEGMENT_ML]
    if not small:
        return []
    message = f"segment_nontumour_ml: below {LEAST_SEGMENT_ML} mL in segment "
    message += f"{join_words(small, 'and')}: check whether it is absent or filled with "
    message += "tumour in this patient, was not segmented, or is in litres"
    return [Finding("segments.nearly_zero", Severity.WARNING, message)]


def _percent(part: Fraction, whole: Fraction) -> Fraction:
    return 100 * part / whole


def _kept(gone: str, besides: str) -> str:
    """List the segments that remain, including `besides`."""
    return "".join(name for name in "12345678" if name not in gone or name in besides)


def _total(volumes: Mapping[str, Fraction], names: str) -> Fraction | None:
    """Return the sum of segments; None if a volume is unknown, which is not 0 mL."""
    if any(name not in volumes for name in names):
        return None
    return sum((volumes[name] for name in names), Fraction(0))


def _removed(asked: str, caudate: bool | None) -> str:
    """List the segments removed by a resection, with the answer on the caudate."""
    from fl_planner.liver.names.resection_names import NAMED, SYNONYMS

    name = " ".join(asked.casefold().replace("_", " ").replace("-", " ").split())
    if code := _CODE.fullmatch(name):
        gone = "".join(sorted(set(code[1])))
        if "1" in gone and caudate is False:
            reason = f"{asked} includes segment 1, but caudate_resected is 'no'"
            raise InputRefused("calc.twice", "caudate_resected", reason, "correct one of them")
    elif (known := SYNONYMS.get(name, name)) in NAMED:
        gone = "".join(NAMED[known])
    else:
        raise _unknown(asked, name, sorted({*NAMED, *SYNONYMS}))
    return "".join(sorted({*gone, "1"})) if caudate else gone


def _unknown(asked: str, name: str, known: list[str]) -> InputRefused:
    from fl_planner.liver.names.resection_names import AMBIGUOUS

    if name in AMBIGUOUS:
        reason = f"{asked} means {AMBIGUOUS[name]}"
        remedy = "give left lateral sectionectomy (2-3) or left hepatectomy (2-4)"
    else:
        reason = f"{asked!r} is not a known resection"
        near = find_nearest(name, known, 2) or known
        remedy = f"give {' or '.join(near)}, or a code such as H5678"
    return InputRefused("segments.resection_unknown", "resection", reason, remedy)


def _volumes(typed: Mapping[str, Fraction]) -> tuple[dict[str, Fraction], list[str]]:
    """Return the volumes of segments 1 to 8, IV as the sum of its halves, and missing ones."""
    from fl_planner.liver.names.structures import parse_segment

    parts: dict[str, Fraction] = {}
    for key, ml in typed.items():
        if (name := parse_segment(key)) is None:
            reason, remedy = f"{key!r} is not a segment", "give 1 to 8, I to VIII, 4a or 4b"
            raise InputRefused("calc.input", "segment_nontumour_ml", reason, remedy)
        if name in parts:
            raise _twice(name)
        parts[name] = ml
    halves = [parts.pop(half) for half in ("4a", "4b") if half in parts]
    if halves and "4" in parts:
        raise _twice("4")
    if len(halves) == 2:  # with one half, IV is unknown: the other is not 0 mL
        parts["4"] = halves[0] + halves[1]
    return parts, [name for name in "12345678" if name not in parts]


def _twice(name: str) -> InputRefused:
    reason = f"segment {name} was given twice"
    return InputRefused("segments.given_twice", "segment_nontumour_ml", reason, "give it once")


@formula(
    voxel_volume_mm3="volume of one voxel, mm3",
    volume_ml="volume of all voxels, mL",
    source="limits for edges and angles: this project's choice",
    place="volumes.segments",
)
def volume_from_affine(
    voxel_count: Annotated[Whole, Input("number of voxels", COUNT)],
    affine_mm: Annotated[
        Rows,
        Input("matrix from voxel index to patient position, 3 or 4 rows of 4 numbers", unit="mm"),
    ],
) -> Answer:
    """Volume of voxels, from the determinant of the matrix of their grid."""
    from fl_planner.space.grid import Grid  # loads numpy, which is slow

    _refuse_no_affine(affine_mm)
    _refuse_edges(affine_mm)
    x, y, z = (tuple(float(entry) for entry in row) for row in affine_mm[:3])
    voxel_mm3 = Grid((1, 1, 1), ((*x,), (*y,), (*z,))).exact_voxel_mm3  # type: ignore[arg-type]
    return answer(
        voxel_volume_mm3=voxel_mm3,
        volume_ml=None if voxel_count is None else voxel_count * voxel_mm3 / MM3_IN_ML,
    )


def _refuse_no_affine(rows: tuple[Numbers, ...]) -> None:
    """Refuse anything but three or four rows of four numbers, the fourth 0, 0, 0, 1."""
    right = len(rows) in (3, 4) and all(len(row) == 4 for row in rows)
    if not right or (len(rows) == 4 and list(rows[3]) != ENDS_WITH):
        reason = (
            "the matrix does not have 3 rows of 4 numbers, or 4 with 0, 0, 0, 1 as the last row"
        )
        raise _wrong_affine("calc.input", reason)


def _refuse_edges(rows: tuple[Numbers, ...]) -> None:
    """Refuse implausible voxel sizes, and axes that are too oblique or coplanar."""
    columns = [[row[axis] for row in rows[:3]] for axis in range(3)]
    x, y, z = (_dot(column, column) for column in columns)
    for square in (x, y, z):
        if not LEAST_EDGE_MM**2 <= square <= LARGEST_EDGE_MM**2:
            reason = f"an edge of {float(square) ** 0.5:g} mm is outside "
            reason += (
                f"{as_plain(LEAST_EDGE_MM)} to {as_plain(LARGEST_EDGE_MM)} mm: possibly given "
            )
            raise _wrong_affine("value.implausible", f"{reason}in metres or micrometres")
    xy, xz, yz = (_dot(columns[a], columns[b]) for a, b in ((0, 1), (0, 2), (1, 2)))
    for dot, both in ((xy, x * y), (xz, x * z), (yz, y * z)):
        if dot * dot > SHEARED_COSINE**2 * both:
            reason = "the angle between two axes is less than 60 degrees"
            raise _wrong_affine("geometry.sheared", reason)
    squared_volume = x * y * z + 2 * xy * xz * yz - x * yz**2 - y * xz**2 - z * xy**2  # Gram
    if squared_volume < FLATTEST**2 * x * y * z:
        raise _wrong_affine("geometry.singular", "the three axes are in the same plane")


def _dot(first: Iterable[Fraction], second: Iterable[Fraction]) -> Fraction:
    return sum((a * b for a, b in zip(first, second, strict=True)), Fraction(0))


def _wrong_affine(code: str, reason: str) -> InputRefused:
    return InputRefused(code, "affine_mm", reason, "give the voxel-to-world matrix in mm")
