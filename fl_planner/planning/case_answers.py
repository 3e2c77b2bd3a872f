"""What the facts of a measured case come to, and which numbers are near a limit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from fl_planner.basis.findings import Finding, Severity
from fl_planner.basis.run import begin_step
from fl_planner.basis.shown import Share, as_ends, as_number, as_plain
from fl_planner.liver.lesions.lesions import find_lesion_doubts
from fl_planner.liver.names.structures import TreeName
from fl_planner.planning.assessment.assess import Measured
from fl_planner.planning.assessment.near_limits import (
    FLR,
    Threshold,
    find_shares_apart,
    find_thresholds,
)
from fl_planner.planning.assessment.plan_measures import measure_plan
from fl_planner.planning.facts import (
    FLR_FUNCTION,
    LUNG_DOSE,
    limit_shares,
    say_drawing,
    state_case,
    state_measured,
)
from fl_planner.planning.given.case import Case
from fl_planner.planning.given.study_days import lay_embolisation
from fl_planner.planning.judgement import Grounds, Judged, judge_facts
from fl_planner.planning.pathway.states import Protocols, find_diagnosis
from fl_planner.planning.withdrawal import (
    Withdrawn,
    find_withdrawn,
    find_withdrawn_facts,
    withdraw_facts,
    withdraw_measured,
    withdraw_stated,
)
from fl_planner.trials.criterion import Limits, Trial
from fl_planner.trials.derive import derive_facts
from fl_planner.trials.facts.facts import Facts
from fl_planner.trials.statements import Stated

if TYPE_CHECKING:
    from fl_planner.planning.assessment.dose import TreatmentDose
    from fl_planner.planning.assessment.function import LiverFunction


@dataclass(frozen=True, slots=True)
class CaseAnswers:
    """A case, judged.

    - `measured`: what the masks hold, marked where it is not to be used.
    - `withdrawn`: numbers that an error forbids to use.
    - `stated`: what was said, without what masks under an error would decide.
    - `seen`: facts of the images.
    - `asked`: trials for the diagnosis, whose limits count.
    - `judged`: what all facts come to.
    """

    measured: Measured
    withdrawn: tuple[Withdrawn, ...]
    stated: Stated
    seen: Facts
    asked: tuple[Trial, ...]
    judged: Judged


def measured_with(measured: Measured, before: Case, case: Case) -> Measured:
    """Give what was measured; anew where a scintigraphy rests on a bilirubin that changed."""
    if case.scintigraphy is None:
        return measured
    from fl_planner.planning.assessment.function import BILIRUBIN_KEY  # for these only

    bilirubin = [one.stated.values.get(BILIRUBIN_KEY) for one in (before, case)]
    return measured if bilirubin[0] == bilirubin[1] else measure_plan(case)


def answer_case(case: Case, measured: Measured, grounds: Grounds) -> CaseAnswers:
    """Judge a case by what its images hold and by what was said of it."""
    begin_step("limits and trials")
    withdrawn = find_withdrawn(case, measured)
    measured = withdraw_measured(measured, withdrawn)
    said, embolised, odd = lay_embolisation(
        state_case(case), case.embolisation, case.reading.scanned_on
    )
    stated = withdraw_stated(said, withdrawn)
    seen = withdraw_facts(state_measured(measured), withdrawn)
    facts, doubts = derive_facts(
        stated, grounds.trials, as_of=case.as_of, measured={**seen, **embolised}
    )
    asked = grounds.protocols.trials_of(find_diagnosis(facts))
    remnant = measured.remnant
    judged = judge_facts(
        facts,
        grounds,
        doubts=(*_without_measured(doubts, measured), *odd),
        thresholds=find_thresholds(limit_shares(case.anatomy, measured, facts), asked),
        withdrawn=find_withdrawn_facts(withdrawn, facts),
        drawing=None if remnant is None else say_drawing(case.anatomy, remnant),
        largest_shunt=_find_largest_shunt(measured.dose, grounds.protocols),
    )
    return CaseAnswers(measured, withdrawn, stated, seen, asked, judged)


def _find_largest_shunt(dose: TreatmentDose | None, protocols: Protocols) -> Fraction | None:
    """Find the largest lung shunt that still passes, where the masses are known."""
    limits = [one.value for one in protocols.radioembolisation.limits_on(LUNG_DOSE)]
    return None if dose is None else dose.largest_shunt(min(limits))


def _without_measured(doubts: tuple[Finding, ...], measured: Measured) -> list[Finding]:
    """Leave out of the doubts of facts what the masks tell with its volume."""
    told = {one.code for one in measured.findings} & {"treated.tumour_outside"}
    return [doubt for doubt in doubts if doubt.code not in told]


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
    loss = None if measured.vessels is None else measured.vessels.plans[0].loss
    flr = measured.volumes.flr_share
    if flr is None or loss is None or (ends := loss.supplied_range) is None:
        return
    supplied, either = loss.supplied, loss.flr_either
    assert supplied is not None  # as it has ends
    assert either is not None
    shares, lost = (flr, supplied), _name_lost(loss.trees)
    limits = sorted({100 * one.limit.value for one in thresholds if one.limit.fact == FLR})
    between = [one for one in limits if 100 * supplied.fraction < one <= 100 * flr.fraction]
    if between:
        says = f"on different sides of {_list(between)}"
        yield _say_supply(DECIDES, shares, limits, lost, says)
        return
    least, most = (100 * end.fraction for end in ends)
    within = [one for one in limits if least < one <= most and one <= 100 * flr.fraction]
    if within:
        low, high = as_ends((least, most), limits)
        says = f"by other readings of the vessels {low} to {high} %, which holds {_list(within)}"
        yield _say_supply(DECIDES, shares, limits, lost, says)
    elif either.voxels > MUCH * (kept := supplied.numerator_voxels + either.voxels):
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
    if measured.volumes.tumour_voxels is None:
        return ()
    limits = [limit for trial in trials for limit in trial.limits_on("flr_fraction")]
    gone = {one.number for one in withdrawn}
    found: list[Finding] = []
    for number, planned in enumerate(measured.planned, start=1):
        if ("plans" if number > 1 else "flr") not in gone:
            called = f"plan {planned.operation.name or number}: " if number > 1 else ""
            found += find_shares_apart(planned, limits, called)
    return tuple(found)
