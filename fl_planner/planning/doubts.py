"""What is near a limit of the trials, or told otherwise elsewhere: doubts of a plan's numbers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from fl_planner.basis.findings import Finding, Severity
from fl_planner.basis.shown import as_number, as_plain
from fl_planner.liver.lesions.lesions import find_lesion_doubts
from fl_planner.planning.assessment.assess import Measured
from fl_planner.planning.assessment.thresholds import FLR, Threshold, find_shares_apart
from fl_planner.planning.facts import FLR_FUNCTION, LUNG_DOSE
from fl_planner.planning.withdrawal import Withdrawn
from fl_planner.trials.criterion import Trial
from fl_planner.trials.facts.numbers import Limits
from fl_planner.trials.statements import Stated

if TYPE_CHECKING:  # loaded where a case has them
    from fl_planner.planning.assessment.dose import TreatmentDose
    from fl_planner.planning.assessment.function import LiverFunction


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


def doubt_supply(measured: Measured, thresholds: Iterable[Threshold]) -> tuple[Finding, ...]:
    """Tell limits that lie between the FLR and what of it keeps its vessels."""
    vessels, volumes = measured.vessels, measured.volumes
    supplied = None if vessels is None else vessels.plans[0].loss.supplied
    flr = None if volumes is None else volumes.flr_share
    if supplied is None or flr is None:
        return ()
    limits = {100 * one.limit.value for one in thresholds if one.limit.fact == FLR}
    between = sorted(
        limit for limit in limits if 100 * supplied.fraction < limit <= 100 * flr.fraction
    )
    if not between:
        return ()
    whole, kept = (as_number(100 * share.fraction, limits) for share in (flr, supplied))
    message = (
        f"the FLR is {whole} %, and {kept} % without what loses its vessels: on different sides of "
        f"{' and '.join(map(as_plain, between))} %. Trials and their limits take the FLR as drawn"
    )
    code = "vessels.supply_decides"
    return (Finding(code, Severity.WARNING, message, None, supplied.percent, "%"),)


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
