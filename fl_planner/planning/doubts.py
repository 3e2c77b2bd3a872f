"""What is near a limit of the trials, or told otherwise elsewhere: doubts of a plan's numbers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from typing import TYPE_CHECKING

from fl_planner.basis.findings import Finding, Severity
from fl_planner.basis.share import Share
from fl_planner.basis.shown import as_number, as_plain
from fl_planner.liver.lesions.lesions import find_lesion_doubts
from fl_planner.liver.names.vessel_trees import TreeName
from fl_planner.planning.assessment.assess import Measured
from fl_planner.planning.assessment.thresholds import FLR, Threshold, find_shares_apart
from fl_planner.planning.facts import FLR_FUNCTION, LUNG_DOSE
from fl_planner.planning.withdrawal import Withdrawn
from fl_planner.trials.criterion import Limits, Trial
from fl_planner.trials.statements import Stated

if TYPE_CHECKING:  # loaded where a case has them
    from fl_planner.planning.assessment.dose import TreatmentDose
    from fl_planner.planning.assessment.function import LiverFunction

LOST: Mapping[TreeName, str] = {"portal": "inflow", "hepatic": "outflow"}
DECIDES = "vessels.supply_decides"
MUCH = Fraction(1, 4)  # of the FLR, without inflow or outflow [project's choice]


def doubt_function(
    function: LiverFunction | None, stated: Stated, every: Limits
) -> tuple[Finding, ...]:
    """Tell where function lies near a limit, or a typed figure lies elsewhere."""
    if function is None:
        return ()
    from fl_planner.planning.assessment.function import find_function_apart, find_nearness

    limits = every.get(FLR_FUNCTION, ())
    return (*find_nearness(function, limits), *find_function_apart(function, stated, limits))


def doubt_dose(dose: TreatmentDose | None, stated: Stated, every: Limits) -> tuple[Finding, ...]:
    """Tell where the lung dose lies near a limit, or a typed figure or shunt lies elsewhere."""
    if dose is None:
        return ()
    from fl_planner.planning.assessment.dose import (
        find_dose_apart,
        find_dose_nearness,
        find_shunts_apart,
    )

    limits = every.get(LUNG_DOSE, ())
    return (
        *find_dose_nearness(dose, limits),
        *find_shunts_apart(dose, limits),
        *find_dose_apart(dose, stated, limits),
    )


def doubt_lesions(measured: Measured, trials: tuple[Trial, ...]) -> tuple[Finding, ...]:
    """Tell where count or size of the lesions depends on how they are told apart."""
    if measured.lesions is None:
        return ()
    sizes, counts = (
        [limit.value for trial in trials for limit in trial.limits_on(fact)]
        for fact in ("largest_lesion_cm", "lesion_count")
    )
    return find_lesion_doubts(measured.lesions, sizes, counts)


def doubt_supply(measured: Measured, thresholds: Iterable[Threshold]) -> Iterator[Finding]:
    """Tell where it matters that a part of the FLR loses its vessels.

    Limits between the FLR and what keeps its vessels; else those within the range of that; and a
    loss of more than `MUCH` of the FLR, though both lie on one side of every limit.
    """
    volumes = measured.volumes
    loss = None if measured.vessels is None else measured.vessels.plans[0].loss
    flr = None if volumes is None else volumes.flr_share
    if loss is None or loss.supplied is None or loss.flr_either is None or flr is None:
        return
    supplied, either = loss.supplied, loss.flr_either
    shares, lost = (flr, supplied), _name_lost(loss.trees)
    limits = sorted({100 * one.limit.value for one in thresholds if one.limit.fact == FLR})
    between = [one for one in limits if 100 * supplied.fraction < one <= 100 * flr.fraction]
    if between:
        says = f"on different sides of {_list(between)}"
        yield _say_supply(DECIDES, shares, limits, lost, says)
        return
    kept, whole = supplied.numerator_voxels + either.voxels, supplied.denominator_voxels
    least, most = (Fraction(100 * (kept - gone), whole) for gone in (either.high, either.low))
    within = [one for one in limits if least < one <= most and one <= 100 * flr.fraction]
    if within:
        low, high = (as_number(one, limits) for one in (least, most))
        says = f"by other readings of the vessels {low} to {high} %, which holds {_list(within)}"
        yield _say_supply(DECIDES, shares, limits, lost, says)
    elif either.voxels > MUCH * kept:
        percent = as_number(Fraction(100 * either.voxels, kept))
        says = f"{percent} % of the FLR lose {'it' if len(loss.trees) == 1 else 'one or both'}"
        yield _say_supply("vessels.supply_lost", shares, limits, lost, says)


def _list(limits: Iterable[Fraction]) -> str:
    return f"{' and '.join(map(as_plain, limits))} %"


def _name_lost(trees: tuple[TreeName, ...]) -> str:
    """Name what is lost, as far as trees tell it; the other is not told."""
    lost = " or ".join(LOST[tree] for tree in trees)
    return lost if len(trees) == len(LOST) else f"{lost}, by the {trees[0]} veins alone"


def _say_supply(
    code: str, shares: tuple[Share, Share], limits: list[Fraction], lost: str, says: str
) -> Finding:
    whole, kept = (as_number(100 * share.fraction, limits) for share in shares)
    message = (
        f"the FLR is {whole} %, and {kept} % without what loses its {lost}: {says}. Trials and "
        "their limits take the FLR as drawn"
    )
    return Finding(code, Severity.WARNING, message, None, shares[1].percent, "%")


def doubt_plans(
    measured: Measured, trials: tuple[Trial, ...], withdrawn: tuple[Withdrawn, ...]
) -> tuple[Finding, ...]:
    """Set both shares of a remnant made of segments against limits, where they may be used.

    Not without a tumour mask: then no limit is answered.
    """
    if measured.volumes is None or measured.volumes.tumour_voxels is None:
        return ()
    limits = [limit for trial in trials for limit in trial.limits_on("flr_fraction")]
    gone = {one.number for one in withdrawn}
    found: list[Finding] = []
    for number, planned in enumerate(measured.planned, start=1):
        if ("plans" if number > 1 else "flr") not in gone:
            called = f"plan {planned.operation.name or number}: " if number > 1 else ""
            found += find_shares_apart(planned, limits, called)
    return tuple(found)
