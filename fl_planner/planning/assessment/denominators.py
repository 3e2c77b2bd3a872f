"""The remnant over what a liver should measure, beside what it does measure.

Estimates by body size are context for a surgeon; no trial's rule sees them [clinical.md 3].
"""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from fl_planner.basis.findings import Finding, Severity
from fl_planner.basis.shown import as_number, as_plain
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
from fl_planner.trials.criterion import Limit

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
