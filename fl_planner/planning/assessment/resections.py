"""Each resection against the trials' limits, and over what a liver should measure.

Estimates by body size are context for a surgeon; no trial's rule sees them [clinical.md 3].
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from fl_planner.basis.findings import Finding, InputRefused, Severity
from fl_planner.basis.shown import Share, as_ml, as_number, as_plain
from fl_planner.liver.anatomy import HALVES
from fl_planner.liver.resections import Resection
from fl_planner.liver.scatter.interval import default_scatter
from fl_planner.liver.segments.segments import FOURTH, name_whole
from fl_planner.liver.volumetry import LiverVolumes
from fl_planner.patient.body_size import (
    DEFAULT_TLV,
    LARGEST_BSA_M2,
    LEAST_BSA_M2,
    TLV_FORMULAS,
    BodySize,
    TlvFormula,
    estimate_tlv_ml,
    find_flr_bw_percent,
    find_sflr_percent,
)
from fl_planner.planning.assessment.near_limits import LimitedShare, Threshold
from fl_planner.trials.criterion import Limit

if TYPE_CHECKING:
    from fl_planner.liver.lesions.lesions import Lesions
    from fl_planner.planning.assessment.function import LiverFunction

# Of lesions that are treated where they are: each of less than so much (axial, outer), and at most
# so many [NCT06449937, ablation; clinical.md 12]
SMALLER_THAN_MM, MOST_TREATED = 30, 5
ALWAYS_SHOWN = ("right hepatectomy", "left hepatectomy")
# measured to expected volume, above which a liver is named as large for its body: half as much
# again, where formulas differ by about a quarter either way [project's choice]
LARGE_RATIO = Fraction(3, 2)
ODD_RATIO = 2  # measured to expected volume, or the reverse, that is asked about [project's choice]


@dataclass(frozen=True, slots=True)
class Denominator:
    """One total that the remnant can be set against.

    - `name`: `measured_nontumour` or `measured_liver`, else the key of the formula.
    - `ml`: the total, in mL.
    - `flr_percent`: the remnant over it; None without a remnant.
    - `formula`: how it was estimated; None for what was measured.
    """

    name: str
    ml: float
    flr_percent: float | None
    formula: TlvFormula | None = None


@dataclass(frozen=True, slots=True)
class BodyEstimates:
    """What height and weight say of a liver.

    - `size`: None where the height is not known.
    - `weight_kg`: exact, as typed.
    - `denominators`: the measured one first, then each formula that these two numbers allow.
    - `sflr_percent`: by the default formula, Vauthey's of BSA; None without a remnant or a height.
    - `flr_bw_percent`: FLR to body weight, 1 mL taken as 1 g; None without a remnant.
    """

    size: BodySize | None
    weight_kg: Fraction
    denominators: tuple[Denominator, ...]
    sflr_percent: float | None
    flr_bw_percent: Fraction | None

    @property
    def standard_ml(self) -> float | None:
        """Total that the default formula expects; None where the height is not known."""
        return {d.name: d.ml for d in self.denominators}.get(DEFAULT_TLV)

    @property
    def spread_percent(self) -> tuple[float, float] | None:
        """Least and largest share by the formulas; None without a remnant."""
        by_formula = [d.flr_percent for d in self.denominators if d.formula and d.flr_percent]
        return (min(by_formula), max(by_formula)) if by_formula else None


def find_estimates(
    volumes: LiverVolumes, height_cm: Fraction | None, weight_kg: Fraction | None
) -> BodyEstimates | None:
    """Set a liver against what a body of this size is expected to have; None without weight."""
    if weight_kg is None:
        return None
    size = BodySize.of(height_cm, weight_kg)
    totals = [(volumes.denominator, volumes.nontumorous_ml, None), *_estimate(size, weight_kg)]
    flr_ml = None if volumes.flr_voxels is None else volumes.flr_voxels * volumes.voxel_ml
    denominators = tuple(
        Denominator(name, ml, None if flr_ml is None else find_sflr_percent(flr_ml, ml), formula)
        for name, ml, formula in totals
    )
    standard = {d.name: d.flr_percent for d in denominators}.get(DEFAULT_TLV)
    by_weight = None if flr_ml is None else find_flr_bw_percent(Fraction(str(flr_ml)), weight_kg)
    return BodyEstimates(size, weight_kg, denominators, standard, by_weight)


def find_body_doubts(
    estimates: BodyEstimates | None, limits: Iterable[Limit]
) -> tuple[Finding, ...]:
    """Find a body beyond the formulas, a liver unlike it, and denominators that disagree."""
    if estimates is None:
        return ()
    return (
        *_find_extrapolated(estimates),
        *_find_unexpected(estimates),
        *_find_large(estimates),
        *_find_apart(estimates, sorted({limit.value for limit in limits})),
    )


def _estimate(
    size: BodySize | None, weight_kg: Fraction
) -> Iterable[tuple[str, float, TlvFormula | None]]:
    """Give each formula's total; of weight alone only where the height is not known."""
    for formula in TLV_FORMULAS.values():
        if size is not None:
            yield formula.key, estimate_tlv_ml(formula, size), formula
        elif formula.needs_weight_alone:
            yield formula.key, formula.estimate(0.0, 0.0, float(weight_kg)), formula


def _find_extrapolated(estimates: BodyEstimates) -> Iterable[Finding]:
    bsa_m2 = None if estimates.size is None else estimates.size.bsa_m2()
    if bsa_m2 is not None and not LEAST_BSA_M2 <= bsa_m2 <= LARGEST_BSA_M2:
        message = (
            f"body surface {bsa_m2:.2f} m2 (Mosteller) lies outside {LEAST_BSA_M2} to "
            f"{LARGEST_BSA_M2} m2: formulas of liver volume are stretched beyond their patients"
        )
        yield Finding("body.extrapolated", Severity.WARNING, message, None, bsa_m2, "m2")


def _find_unexpected(estimates: BodyEstimates) -> Iterable[Finding]:
    measured, expected = estimates.denominators[0].ml, estimates.standard_ml
    if expected is None or 1 / ODD_RATIO <= measured / expected <= ODD_RATIO:
        return
    ratio = measured / expected
    message = (
        f"the liver measures {measured:.0f} mL without tumour, {expected:.0f} mL are expected of "
        "this height and weight: are they this patient's, and is the mask's spacing right?"
    )
    yield Finding("body.unexpected_volume", Severity.WARNING, message, None, ratio, "{ratio}")


def _find_large(estimates: BodyEstimates) -> Iterable[Finding]:
    """Find a liver far above what its body leads one to expect, and not yet an unlikely one.

    Above 1.5 times the default estimate and above that of every other formula; beyond twice,
    spacing and body size are asked about instead (`ODD_RATIO`). No source gives a limit: the nine
    formulas lie about a quarter apart either way for one body, so that half as much again is beyond
    all of them, and still far from a lost spacing. A share of such a liver is below one of the
    liver that the body needs.
    """
    whole, expected = estimates.denominators[0], estimates.standard_ml
    if expected is None:
        return
    ratio, largest = whole.ml / expected, max(one.ml for one in estimates.denominators[1:])
    if not LARGE_RATIO < ratio <= ODD_RATIO or whole.ml <= largest:
        return
    of = "non-tumorous liver" if whole.name == "measured_nontumour" else "liver, tumour included,"
    message = (
        f"the {of} measures {as_ml(whole.ml)}, {as_number(ratio, [LARGE_RATIO, ODD_RATIO])} times "
        f"the {as_ml(expected)} expected of this height and weight (Vauthey), and more than by any "
        f"formula ({as_ml(largest)} at most): is it enlarged, or does the mask hold more than "
        "liver? A share of it is smaller than one of the expected liver"
    )
    yield Finding("body.volume_above_estimate", Severity.WARNING, message, None, ratio, "{ratio}")


def _find_apart(estimates: BodyEstimates, limits: list[Fraction]) -> Iterable[Finding]:
    """Find limits on different sides of which measured and estimated totals put the patient."""
    measured, *estimated = (d.flr_percent for d in estimates.denominators)
    if measured is None:
        return
    for limit in limits:
        below = {percent < 100 * limit for percent in (measured, *estimated) if percent is not None}
        if len(below) == 2:
            low, high = estimates.spread_percent or (measured, measured)
            percents = [100 * one for one in limits]
            message = (
                f"FLR is {as_number(measured, percents)} % of the measured liver and "
                f"{as_number(low, percents)} to {as_number(high, percents)} % of estimates by body "
                f"size, on different sides of {as_plain(100 * limit)} %; trials use the measured"
            )
            yield Finding("body.denominators_disagree", Severity.INFO, message, None, measured, "%")


@dataclass(frozen=True, slots=True)
class ResectionRow:
    """One resection, and what its remnant comes to.

    - `resection`: what goes, what stays, which lesions are cleared.
    - `flr_ml`: tumour-free liver that stays.
    - `thresholds`: its share against each limit; the scatter is that of borders from segment
      labels.
    - `sflr_percent`: over the total that is expected of this height and weight.
    - `flr_bw_percent`: to body weight.
    - `function_per_min_m2`: uptake of the segments that stay, where a scintigraphy was given.
    """

    resection: Resection
    flr_ml: float
    thresholds: tuple[Threshold, ...]
    sflr_percent: float | None
    flr_bw_percent: Fraction | None
    function_per_min_m2: Fraction | None = None


@dataclass(frozen=True, slots=True)
class Discussed:
    """Two named resections that stand beside the pathway, for discussion [clinical.md 12].

    - `margin_mm`: of the liver around lesions that stay, cleared with them.
    - `leaves_no_lesion`: the one that removes the least non-tumorous liver of those that clear all
      lesions; None if none does.
    - `with_local_treatment`: of those that clear some, cross none and leave few and small ones, the
      one that leaves enough liver and the least tumour; None if there is none.
    """

    margin_mm: float
    leaves_no_lesion: ResectionRow | None
    with_local_treatment: ResectionRow | None


def tabulate_resections(
    resections: Iterable[Resection],
    voxel_ml: float,
    limits: tuple[Limit, ...],
    estimates: BodyEstimates | None,
    function: LiverFunction | None = None,
) -> tuple[ResectionRow, ...]:
    """Set resections against limits and body size, in their order."""
    spread = default_scatter("segments").relative_sd
    expected = None if estimates is None else estimates.standard_ml
    rows = []
    for resection in resections:
        measured = LimitedShare("flr_fraction", resection.flr, voxel_ml, spread)
        flr_ml = resection.flr.numerator_voxels * voxel_ml
        rows.append(
            ResectionRow(
                resection,
                flr_ml,
                tuple(Threshold(measured, limit) for limit in limits),
                None if expected is None else find_sflr_percent(flr_ml, expected),
                None
                if estimates is None
                else find_flr_bw_percent(Fraction(str(flr_ml)), estimates.weight_kg),
                None if function is None else function.kept_per_min_m2(resection.kept),
            )
        )
    return tuple(rows)


def choose_rows(
    rows: Iterable[ResectionRow],
    asked: Iterable[ResectionRow] = (),
    planned: Container[tuple[str, ...]] = (),
) -> tuple[ResectionRow, ...]:
    """Choose what a person sees: named resections that clear the most, and those asked for.

    - `planned`: segments that plans of the case remove.

    Named ones that clear as many lesions as any named one does come first, ordered by what
    they leave, the most liver first. Where a map divides IV, what takes one half of it behind each
    of these and clears the same lesions. Then come those planned, right and left hepatectomy, and
    those asked for, in the order asked.
    """
    rows = tuple(rows)
    named = [row for row in rows if row.resection.name]
    most = max((len(row.resection.cleared) for row in named), default=0)
    best = [row for row in named if len(row.resection.cleared) == most]
    ordered = sorted(best, key=lambda row: -row.resection.flr.numerator_voxels)
    chosen = [one for row in ordered for one in (row, *_find_sparing(row, rows))]
    beside = [row for row in rows if is_always_shown(row, planned)]
    return tuple({row.resection.removed: row for row in (*chosen, *beside, *asked)}.values())


def is_always_shown(row: ResectionRow, planned: Container[tuple[str, ...]]) -> bool:
    """Tell whether a person sees a resection whatever it clears [clinical.md 12]."""
    return row.resection.name in ALWAYS_SHOWN or row.resection.removed in planned


def _find_sparing(named: ResectionRow, rows: Iterable[ResectionRow]) -> list[ResectionRow]:
    """Find what takes one half of IV instead of all of it, and clears the same lesions."""
    removed = named.resection.removed
    if FOURTH not in removed:
        return []
    halved = [tuple(half if name == FOURTH else name for name in removed) for half in HALVES]
    return [
        row
        for row in rows
        if row.resection.removed in halved and row.resection.cleared == named.resection.cleared
    ]


def find_asked(
    rows: Iterable[ResectionRow], asked: Iterable[tuple[str, ...]]
) -> tuple[ResectionRow, ...]:
    """Find the resections of these sets of segments, in the order asked.

    Raises `InputRefused`: if a set is none of them: a half of IV that no map draws, a segment that
    is not there, or all of them.
    """
    by_segments = {row.resection.removed: row for row in rows}
    found = []
    for segments in asked:
        gone = tuple(sorted(name_whole(segments)))
        if gone not in by_segments:
            reason = f"removing {', '.join(gone)} is none of the resections by segments"
            remedy = "name segments of the label map, a half of IV where it draws both; leave one"
            raise InputRefused("resections.unknown", "--resect", reason, remedy)
        found.append(by_segments[gone])
    return tuple(found)


def find_discussed(
    rows: Iterable[ResectionRow],
    margin_mm: float,
    lesions: Lesions | None,
    is_enough: Callable[[Share], bool],
) -> Discussed | None:
    """Find the named resections to discuss, with the caudate and without; never the largest.

    What removes less leaves more, so that the smallest is the one of the largest remnant.
    Of those that leave lesions, only one that may be treated where it is answers to them: first
    where the remnant `is_enough` once they are cleared, then the least tumour left, then the most
    liver. None where there is no lesion to clear.
    """
    named = [row for row in rows if row.resection.name]
    if lesions is None or not lesions.items:
        return None
    clear = [row for row in named if not row.resection.staying]
    small = {
        one.number: one.mask.voxel_count
        for one in lesions.items
        if one.diameters.axial_outer_mm2 < SMALLER_THAN_MM**2
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
    """Whether what stays may be treated where it is: whole, small and few."""
    left = resection.left
    if resection.cut or not resection.cleared or not 0 < len(left) <= MOST_TREATED:
        return False
    return all(number in small for number in left)
