"""Resections by segments compared with the trials' limits and with estimated liver volume.

Estimates from body size are information for the surgeon; no trial's rule uses them [clinical.md 3].
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable
from fractions import Fraction
from typing import TYPE_CHECKING

from msgspec import Struct

from fl_planner.basis.findings import Finding, InputRefused, Severity
from fl_planner.basis.shown import Share, as_interval, as_ml, as_number, as_plain
from fl_planner.liver.all_resections import Resection
from fl_planner.liver.anatomy import HALVES
from fl_planner.liver.names.structures import as_roman
from fl_planner.liver.scatter.spread import Spread
from fl_planner.liver.segments.segments import FOURTH, name_whole
from fl_planner.liver.volumetry import LiverVolumes
from fl_planner.patient.body_size import (
    DEFAULT_TLV,
    LARGE_RATIO,
    ODD_RATIO,
    TLV_FORMULAS,
    BodySize,
    TlvFormula,
    compute_flr_bw_percent,
    compute_sflr_percent,
    estimate_tlv_ml,
    find_extrapolated,
)
from fl_planner.patient.published_flr_thresholds import SFLR_LINES
from fl_planner.planning.assessment.near_limits import LimitedShare, Threshold
from fl_planner.trials.criterion import Limit

if TYPE_CHECKING:
    from fl_planner.liver.lesions.lesions import Lesions
    from fl_planner.planning.assessment.function import LiverFunction

# Lesions suitable for local treatment: each smaller than this (axial, outer), and at most this many
# [NCT06449937, ablation; clinical.md 12]
SMALLER_THAN_MM, MOST_TREATED = 30, 5
ALWAYS_SHOWN = ("right hepatectomy", "left hepatectomy")


class Denominator(Struct, frozen=True):
    """One total volume as denominator of the FLR.

    - `name`: `measured_nontumour` or `measured_liver`, otherwise the key of the formula.
    - `ml`: total, in mL.
    - `flr_percent`: FLR as a share of this total; None without a remnant.
    - `formula`: formula of an estimate; None for a measured total.
    """

    name: str
    ml: float
    flr_percent: float | None
    formula: TlvFormula | None = None


class BodyEstimates(Struct, frozen=True):
    """Estimates of liver volume from height and weight.

    - `size`: None if the height is not known.
    - `weight_kg`: exact weight, as entered.
    - `denominators`: the measured one first, then the result of each formula applicable to these
      values.
    - `sflr_percent`: sFLR by the default formula, that of Vauthey with BSA; None without a remnant
      or a height.
    - `flr_bw_percent`: FLR to body weight, 1 mL taken as 1 g; None without a remnant.
    """

    size: BodySize | None
    weight_kg: Fraction
    denominators: tuple[Denominator, ...]
    sflr_percent: float | None
    flr_bw_percent: Fraction | None

    @property
    def standard_ml(self) -> float | None:
        """Total volume by the default formula; None if the height is not known."""
        return {d.name: d.ml for d in self.denominators}.get(DEFAULT_TLV)

    @property
    def spread_percent(self) -> tuple[float, float] | None:
        """Smallest and largest share by the formulas; None without a remnant."""
        by_formula = [d.flr_percent for d in self.denominators if d.formula and d.flr_percent]
        return (min(by_formula), max(by_formula)) if by_formula else None


def compute_estimates(
    volumes: LiverVolumes, height_cm: Fraction | None, weight_kg: Fraction | None
) -> BodyEstimates | None:
    """Compare a liver with estimates from body size; None without weight."""
    if weight_kg is None:
        return None
    size = BodySize.of(height_cm, weight_kg)
    voxels = volumes.flr_voxels  # in double precision, exactly 0.5 % of body weight may be more
    exact = None if voxels is None else voxels * volumes.exact_voxel_ml
    flr_ml = None if exact is None else float(exact)
    share = volumes.flr_share  # from counts: of volumes, exactly 30 % may be 30.000000000000004 %
    percent = None if share is None else share.percent
    denominators = (
        Denominator(volumes.denominator, volumes.nontumorous_ml, percent),
        *(
            Denominator(name, ml, None if flr_ml is None else compute_sflr_percent(flr_ml, ml), of)
            for name, ml, of in _estimate(size, weight_kg)
        ),
    )
    standard = {d.name: d.flr_percent for d in denominators}.get(DEFAULT_TLV)
    by_weight = None if exact is None else compute_flr_bw_percent(exact, weight_kg)
    return BodyEstimates(size, weight_kg, denominators, standard, by_weight)


def find_body_doubts(
    estimates: BodyEstimates | None, limits: Iterable[Limit], others: Iterable[Limit] = ()
) -> tuple[Finding, ...]:
    """Find body size outside the formulas, an implausible liver, and denominators that disagree.

    - `limits`: limits that apply, or may apply, to this liver.
    - `others`: other limits; a share is not rounded across any of them.
    """
    if estimates is None:
        return ()
    bsa_m2 = None if estimates.size is None else estimates.size.bsa_m2()
    return (
        *find_extrapolated(bsa_m2, "body surface area (Mosteller)"),
        *_find_unexpected(estimates),
        *_find_large(estimates),
        *_find_apart(
            estimates, sorted({limit.value for limit in limits}), [limit.value for limit in others]
        ),
    )


def _estimate(
    size: BodySize | None, weight_kg: Fraction
) -> Iterable[tuple[str, float, TlvFormula]]:
    """Compute each formula; only those from weight alone if the height is not known."""
    for formula in TLV_FORMULAS.values():
        if size is not None:
            yield formula.key, estimate_tlv_ml(formula, size), formula
        elif formula.needs_weight_alone:
            yield formula.key, formula.estimate(0.0, 0.0, float(weight_kg)), formula


def _find_unexpected(estimates: BodyEstimates) -> Iterable[Finding]:
    whole, expected = estimates.denominators[0], estimates.standard_ml
    if expected is None or 1 / ODD_RATIO <= whole.ml / expected <= ODD_RATIO:
        return
    ratio = whole.ml / expected
    message = (
        f"the {_name(whole)} measures {as_ml(whole.ml)}, but {as_ml(expected)} is expected for "
        "this height and weight: check that the mask, height and weight belong to the same "
        "patient, and check the voxel spacing of the mask"
    )
    yield Finding("body.unexpected_volume", Severity.WARNING, message, None, ratio, "{ratio}")


def _name(whole: Denominator) -> str:
    return "non-tumorous liver" if whole.name == "measured_nontumour" else "liver including tumour"


def _find_large(estimates: BodyEstimates) -> Iterable[Finding]:
    """Find a liver that is large for body size, but not implausible.

    Its volume is above 1.5 times the default estimate and above every other formula; beyond twice,
    spacing and body size are questioned instead (`ODD_RATIO`). No source gives a limit. For one
    body size, the nine formulas differ by about 25 % in either direction, so a factor of 1.5 is
    beyond all of them, but far below the effect of a lost spacing. A share of such a liver is
    smaller than a share of the expected liver.
    """
    whole, expected = estimates.denominators[0], estimates.standard_ml
    if expected is None:
        return
    ratio, largest = whole.ml / expected, max(each.ml for each in estimates.denominators[1:])
    if not LARGE_RATIO < ratio <= ODD_RATIO or whole.ml <= largest:
        return
    message = (
        f"the {_name(whole)} measures {as_ml(whole.ml)}, "
        f"{as_number(ratio, [LARGE_RATIO, ODD_RATIO])} times the {as_ml(expected)} expected for "
        f"this height and weight (Vauthey), and more than any formula predicts (at most "
        f"{as_ml(largest)}): check whether the liver is enlarged or the mask includes other "
        "tissue. An FLR is a smaller percentage of this volume than of the expected volume"
    )
    yield Finding("body.volume_above_estimate", Severity.WARNING, message, None, ratio, "{ratio}")


def _find_apart(
    estimates: BodyEstimates, limits: list[Fraction], others: list[Fraction]
) -> Iterable[Finding]:
    """Find limits between the FLR share of the measured total and of the estimated totals."""
    measured, *estimated = (d.flr_percent for d in estimates.denominators)
    if measured is None:
        return
    percents = [100 * limit for limit in (*limits, *others)]
    for limit in percents[: len(limits)]:
        if len({percent < limit for percent in (measured, *estimated) if percent is not None}) == 2:
            message = (
                f"FLR is {as_number(measured, percents)} % of the measured liver and "
                f"{_format_estimated(estimates, percents)} estimated from body size, on different "
                f"sides of {as_plain(limit)} %; trials use the measured volume"
            )
            yield Finding("body.denominators_disagree", Severity.INFO, message, None, measured, "%")


def _format_estimated(estimates: BodyEstimates, percents: list[Fraction]) -> str:
    """Format the shares by formula, with the digits of the sFLR line; or the only share."""
    shares = [d.flr_percent for d in estimates.denominators if d.formula and d.flr_percent]
    lines = [*(line.percent for line in SFLR_LINES), *percents]
    if len(shares) == 1:
        return f"{as_number(shares[0], lines)} % of the volume"
    sflr = "" if estimates.sflr_percent is None else as_number(estimates.sflr_percent, lines)
    return f"{as_interval((min(shares), max(shares)), lines, '%', of=sflr)} of the volumes"


class ResectionRow(Struct, frozen=True):
    """One resection with its FLR.

    - `resection`: segments removed and kept, lesions removed.
    - `flr_ml`: non-tumorous liver that remains.
    - `thresholds`: its share compared with each limit, with the variation of segment labels.
    - `sflr_percent`: share of the total estimated from height and weight.
    - `flr_bw_percent`: ratio to body weight.
    - `function_per_min_m2`: function of the remaining segments, if a scintigraphy was given.
    """

    resection: Resection
    flr_ml: float
    thresholds: tuple[Threshold, ...]
    sflr_percent: float | None
    flr_bw_percent: Fraction | None
    function_per_min_m2: Fraction | None = None


class Discussed(Struct, frozen=True):
    """Two named resections for discussion, in addition to the pathway [clinical.md 12].

    - `margin_mm`: margin of liver cleared around remaining lesions.
    - `leaves_no_lesion`: resection with the largest remnant among those that remove all lesions;
      None if there is none.
    - `with_local_treatment`: among those that remove some lesions, cut none and leave few and small
      ones, the one with sufficient liver and the least remaining tumour; None if there is none.
    """

    margin_mm: float
    leaves_no_lesion: ResectionRow | None
    with_local_treatment: ResectionRow | None


def tabulate_resections(
    resections: Iterable[Resection],
    volumes: LiverVolumes,
    limits: tuple[Limit, ...],
    spread_of: Callable[[Resection], Spread],
    estimates: BodyEstimates | None,
    function: LiverFunction | None = None,
) -> tuple[ResectionRow, ...]:
    """Compare resections with limits and body size, in their order.

    `volumes` are those of the same liver. `spread_of` gives the spread of readings of a remnant
    composed of its segments.
    """
    expected = None if estimates is None else estimates.standard_ml
    rows = []
    for resection in resections:
        share = resection.flr
        relative_sd = spread_of(resection).relative_sd
        measured = LimitedShare("flr_fraction", share, volumes.voxel_ml, relative_sd)
        exact = resection.flr.numerator_voxels * volumes.exact_voxel_ml
        rows.append(
            ResectionRow(
                resection,
                resection.flr.numerator_voxels * volumes.voxel_ml,
                tuple(Threshold(limit, measured) for limit in limits),
                None if expected is None else compute_sflr_percent(float(exact), expected),
                None if estimates is None else compute_flr_bw_percent(exact, estimates.weight_kg),
                None if function is None else function.kept_per_min_m2(resection.kept),
            )
        )
    return tuple(rows)


def choose_rows(
    rows: Iterable[ResectionRow],
    requested: Iterable[ResectionRow] = (),
    planned: Container[tuple[str, ...]] = (),
) -> tuple[ResectionRow, ...]:
    """Choose the resections to show: named ones that remove the most lesions, and requested ones.

    - `planned`: segments removed by plans of the case.

    Named resections that remove the highest number of lesions come first, the largest remnant
    first; if a map divides IV, each is followed by those that remove only one half of it and the
    same lesions. Planned resections, right and left hepatectomy, and requested ones follow.
    """
    rows = tuple(rows)
    named = [row for row in rows if row.resection.name]
    most = max((len(row.resection.cleared) for row in named), default=0)
    best = [row for row in named if len(row.resection.cleared) == most]
    ordered = sorted(best, key=lambda row: -row.resection.flr.numerator_voxels)
    chosen = [each for row in ordered for each in (row, *_list_sparing(row, rows))]
    always = [row for row in rows if is_always_shown(row, planned)]
    return tuple({row.resection.removed: row for row in (*chosen, *always, *requested)}.values())


def is_always_shown(row: ResectionRow, planned: Container[tuple[str, ...]]) -> bool:
    """Whether a resection is shown regardless of the lesions it removes [clinical.md 12]."""
    return row.resection.name in ALWAYS_SHOWN or row.resection.removed in planned


def _list_sparing(named: ResectionRow, rows: Iterable[ResectionRow]) -> list[ResectionRow]:
    """List resections of one half of IV instead of all of it that remove the same lesions."""
    removed = named.resection.removed
    if FOURTH not in removed:
        return []
    halved = [tuple(half if name == FOURTH else name for name in removed) for half in HALVES]
    return [
        row
        for row in rows
        if row.resection.removed in halved and row.resection.cleared == named.resection.cleared
    ]


def select_resections(
    rows: Iterable[ResectionRow], requested: Iterable[tuple[str, ...]]
) -> tuple[ResectionRow, ...]:
    """Select the resections of these sets of segments, in the order requested.

    Raises `InputRefused`: for a half of IV that is not drawn, a segment that does not exist, or all
    segments.
    """
    by_segments = {row.resection.removed: row for row in rows}
    found = []
    for segments in requested:
        gone = tuple(sorted(name_whole(segments)))
        if gone not in by_segments:
            names = ", ".join(map(as_roman, gone))
            reason = f"a resection of {names} cannot be calculated from this label map"
            remedy = (
                "give segments of the label map, or one half of IV if both halves are drawn; at "
                "least one segment must remain"
            )
            raise InputRefused("resections.unknown", "--resect", reason, remedy)
        found.append(by_segments[gone])
    return tuple(found)


def choose_discussed(
    rows: Iterable[ResectionRow],
    margin_mm: float,
    lesions: Lesions | None,
    is_enough: Callable[[Share], bool],
) -> Discussed | None:
    """Choose the named resections for discussion, with and without the caudate lobe.

    Of those that remove all lesions, the one with the largest remnant is chosen. Those that leave
    lesions suitable for local treatment are ranked first by whether the remnant `is_enough` after
    clearing, then by the smallest remaining tumour, then by the largest remnant. None is chosen
    without lesions.
    """
    named = [row for row in rows if row.resection.name]
    if lesions is None or not lesions.items:
        return None
    clear = [row for row in named if not row.resection.staying]
    small = {
        lesion.number: lesion.mask.voxel_count
        for lesion in lesions.items
        if lesion.diameters.axial_outer_mm2 < SMALLER_THAN_MM**2
    }
    leave = [row for row in named if _leaves_treatable(row.resection, small)]

    def order(row: ResectionRow) -> tuple[bool, int, int]:
        after = row.resection.flr_after_clearing[margin_mm]
        tumour = sum(small[number] for number in row.resection.left)
        return not is_enough(after), tumour, -after.numerator_voxels

    return Discussed(
        margin_mm,
        max(clear, key=lambda row: row.resection.flr.numerator_voxels, default=None),
        min(leave, key=order, default=None),
    )


def _leaves_treatable(resection: Resection, small: Container[int]) -> bool:
    """Whether the remaining lesions are suitable for local treatment: uncut, small and few."""
    left = resection.left
    if resection.cut or not resection.cleared or not 0 < len(left) <= MOST_TREATED:
        return False
    return all(number in small for number in left)
