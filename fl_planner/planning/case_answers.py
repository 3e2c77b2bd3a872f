"""What the facts of a measured case come to: those of the images and those that were said."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from fl_planner.basis.findings import Finding
from fl_planner.basis.steps import begin_step
from fl_planner.planning.assessment.assess import Measured, measure
from fl_planner.planning.assessment.plan_measures import OF_PLAN
from fl_planner.planning.assessment.thresholds import find_thresholds
from fl_planner.planning.facts import (
    LUNG_DOSE,
    limit_shares,
    say_drawing,
    state_case,
    state_measured,
)
from fl_planner.planning.given.case import Case
from fl_planner.planning.given.prior_embolisation import lay_embolisation
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
from fl_planner.trials.criterion import Trial
from fl_planner.trials.derive import derive_facts
from fl_planner.trials.facts.facts import Facts
from fl_planner.trials.statements import Stated

if TYPE_CHECKING:  # loaded where a case has one
    from fl_planner.planning.assessment.dose import TreatmentDose


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
    return measured if bilirubin[0] == bilirubin[1] else measure(case, OF_PLAN)


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
