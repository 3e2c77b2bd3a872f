"""Where many patients stand, one after the other: as `judge_stated`, and no sentence made.

A list has thousands of patients and no room for sentences. What is the same for many of them is
found once [answer_cache.py].
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from fl_planner.basis.findings import Finding
from fl_planner.planning.answer_cache import Recall
from fl_planner.planning.judgement import Grounds, set_typed
from fl_planner.planning.offered_scores import ScoreSources
from fl_planner.planning.pathway.pathway import find_doubts
from fl_planner.planning.pathway.situation import PathwaySituation
from fl_planner.planning.pathway.states import find_states
from fl_planner.planning.pathway.table import find_row
from fl_planner.planning.route.route import Way, find_situation, find_way
from fl_planner.planning.route.situation import find_route_row
from fl_planner.planning.route.table import merge_rows
from fl_planner.trials.centre import Centre, find_centre_doubts
from fl_planner.trials.criterion import find_limits
from fl_planner.trials.derive import derive_facts
from fl_planner.trials.facts.facts import Facts
from fl_planner.trials.judge import Judgement
from fl_planner.trials.statements import Stated

if TYPE_CHECKING:  # loaded where an FLR was typed
    from fl_planner.planning.assessment.typed_limits import TypedLimit


@dataclass(frozen=True, slots=True)
class Standing:
    """One patient, judged: all of `Judged` but its sentences; a list has no masks."""

    facts: Facts
    judgements: tuple[Judgement, ...]
    route: Way
    findings: tuple[Finding, ...]
    centre: Centre | None = None
    limited: tuple[TypedLimit, ...] = ()


class Standings:
    """Judges many patients by the same grounds."""

    def __init__(self, grounds: Grounds) -> None:
        self._grounds = grounds
        self._recall = Recall(grounds.trials)
        self._limits = find_limits(grounds.rules)
        self._rows = merge_rows(grounds.rules)
        self._centre = find_centre_doubts(grounds.centre, grounds.trials, grounds.as_of)

    def judge(self, stated: Stated) -> Standing:
        """Judge what was said of a patient, without any image."""
        grounds, recall = self._grounds, self._recall
        facts, doubts = derive_facts(stated, grounds.trials, as_of=grounds.as_of)
        judgements = recall.judge_trials(recall.find_like(facts), facts)
        codes = [finding.code for finding in doubts]
        states = find_states(facts, grounds.protocols, contradictions=codes)
        typed = set_typed(facts, grounds.protocols)
        row = find_row(states)
        patient = PathwaySituation(
            facts, grounds.protocols, states, row, limits=self._limits, typed=typed
        )
        situation = find_situation(patient, judgements, doubts, grounds.centre)
        findings = (
            *doubts,
            *(finding for judgement in judgements for finding in judgement.findings),
            *find_doubts(patient),
            *(one.finding for one in typed if one.is_borderline),
            *self._centre,
        )
        way = find_way(situation, find_route_row(situation, self._rows))
        sources = ScoreSources(facts, stated, grounds.as_of)
        way = replace(way, questions=sources.offer(way.questions, self._limits))
        every = tuple(dict.fromkeys(findings))
        return Standing(facts, judgements, way, every, grounds.centre, typed)
