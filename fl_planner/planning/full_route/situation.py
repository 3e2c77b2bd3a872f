"""The conditions of the table of routes, for one patient [trials.md 9.3]."""

from collections.abc import Callable, Iterable

from msgspec import Struct

from fl_planner.basis.three_valued import Truth
from fl_planner.planning.volume_pathway.situation import PathwaySituation
from fl_planner.planning.volume_pathway.states import DiagnosisState, FlrState
from fl_planner.trials.condition import RouteRow, When
from fl_planner.trials.criterion import Centre, Offer, find_offer
from fl_planner.trials.judge import Judgement, Verdict
from fl_planner.trials.load import parse_condition

# no effect on the route: the calliper decides, and each trial is judged by its own answers
KNOWN_DOUBTS = ("contradiction.largest_lesion", "contradiction.per_trial")

# [trials.md 9.1, a reading of this project]
_NONE_OUTSIDE = {"extrahepatic_status": {"equals": "none", "unknown_if": ["indeterminate"]}}
OPERABLE = parse_condition(
    "operable",
    {
        "liver_tumour_resectability": {"equals": "resectable"},
        "prohibitive_comorbidity": "is_false",
        **_NONE_OUTSIDE,
        "child_pugh_class": {"equals": "A"},
        "ecog": {"at_most": 2},
    },
)
RESECTABLE = parse_condition(
    "resectable", {**_NONE_OUTSIDE, "liver_tumour_resectability": {"equals": "resectable"}}
)
PERHAPS_RESECTABLE = parse_condition(
    "resectable",
    {
        **_NONE_OUTSIDE,
        "liver_tumour_resectability": {"one_of": ["resectable", "potentially_resectable"]},
    },
)


class Situation(Struct, frozen=True):
    """One patient, trials and centre, as the rows require them.

    - `patient`: facts and states.
    - `contradictions`: contradictions in words, except those without effect on the route.
    - `judgements`: every trial that was judged.
    - `centre`: recruitment of the trials; None without a centre file.
    """

    patient: PathwaySituation
    contradictions: tuple[str, ...]
    judgements: tuple[Judgement, ...]
    centre: Centre | None

    @property
    def diagnosis(self) -> DiagnosisState:
        """The diagnosis."""
        return self.patient.states.diagnosis

    @property
    def flr(self) -> FlrState:
        """The state of the FLR by volume."""
        return self.patient.states.flr

    @property
    def flr_undetermined(self) -> bool:
        """Whether the FLR is not known, or its state depends on a missing answer on the liver.

        False if function has reached its limit after an embolisation.
        """
        if self.patient.states.reached_by_function:
            return False
        return self.flr in (FlrState.UNDETERMINED, FlrState.NOT_GIVEN)

    @property
    def function(self) -> Truth:
        """Whether the FLR function exceeds the limit."""
        return self.patient.states.function

    @property
    def limit_by_function(self) -> bool:
        """Whether function exceeds its limit and the volume is not known to be sufficient."""
        too_small = self.flr is FlrState.INSUFFICIENT and self.function is Truth.TRUE
        return too_small or self.patient.states.reached_by_function

    @property
    def portal_hypertension(self) -> bool:
        """Whether portal hypertension is recorded as present."""
        return self.patient.facts.get("portal_hypertension") is True

    @property
    def fits_resection(self) -> bool:
        """Whether the FLR is sufficient by volume and the patient is operable.

        In CRLM, a recorded liver risk excludes this.
        """
        operable = OPERABLE.judge(self.patient.facts)
        at_risk = self.diagnosis is DiagnosisState.CRLM and bool(self.patient.states.risks)
        return self.flr is FlrState.SUFFICIENT and operable is Truth.TRUE and not at_risk

    @property
    def resectable(self) -> bool:
        """Whether the FLR is sufficient and the tumour resectable, without extrahepatic disease."""
        resectable = RESECTABLE.judge(self.patient.facts)
        return self.flr is FlrState.SUFFICIENT and resectable is Truth.TRUE

    @property
    def may_be_resected(self) -> bool:
        """Whether resection may be named as an alternative: no recorded fact excludes it."""
        hypertensive = self.diagnosis is DiagnosisState.HCC and self.portal_hypertension
        clear = self.patient.states.lesions_left is Truth.FALSE
        return (
            self.fits_resection and clear and not hypertensive and self.function is not Truth.FALSE
        )

    @property
    def lesions_missing(self) -> bool:
        """Whether only the number of lesions left in the remnant is missing for resection."""
        return self.fits_resection and self.patient.states.lesions_left is Truth.UNKNOWN

    @property
    def perhaps_resectable(self) -> bool:
        """Whether the tumour is (potentially) resectable, without extrahepatic disease."""
        return PERHAPS_RESECTABLE.judge(self.patient.facts) is Truth.TRUE

    @property
    def resectability_missing(self) -> bool:
        """Whether a route below the FLR limit depends on a missing answer on resectability."""
        hcc = self.diagnosis is DiagnosisState.HCC and self.flr is FlrState.INSUFFICIENT
        unknown = PERHAPS_RESECTABLE.judge(self.patient.facts) is Truth.UNKNOWN
        return unknown and (hcc or self.limit_by_function)

    @property
    def perhaps_operable(self) -> bool:
        """Whether the FLR is sufficient and resectability is not ruled out."""
        excluded = RESECTABLE.judge(self.patient.facts) is Truth.FALSE
        return self.flr is FlrState.SUFFICIENT and not excluded

    def judged(self, short: str | None) -> Judgement | None:
        """Return the judgement of a trial by its short name; None if it was not judged."""
        return next((judged for judged in self.judgements if judged.trial.short == short), None)

    def offer(self, judged: Judgement) -> Offer:
        """Return the recruitment of a trial with respect to this centre."""
        return find_offer(self.centre, judged.trial)

    def takes(self, row: RouteRow) -> bool:
        """Whether the patient is potentially eligible for a trial that recruits here."""
        judged = self.judged(row.trial)
        if judged is None or judged.verdict is not Verdict.ELIGIBLE:
            return False
        return self.offer(judged).status == "open"

    def fails_only_anatomy(self, row: RouteRow) -> bool:
        """Whether the exclusion of combined PVE/HVE is the only failed criterion of the trial."""
        judged = self.judged(row.trial)
        if judged is None or judged.unknown:
            return False
        own = judged.trial.asked_for("no_pve_hve")
        return judged.failed == tuple(criterion.id for criterion in own)

    @property
    def routed(self) -> tuple[Judgement, ...]:
        """The trials for this diagnosis with rows in the table of routes."""
        return tuple(judged for judged in self._fitting if judged.trial.routes)

    @property
    def undecided(self) -> tuple[Judgement, ...]:
        """The trials that are undecided and not closed here."""
        return tuple(judged for judged in self.routed if self._is_undecided(judged))

    @property
    def unsettled(self) -> tuple[Judgement, ...]:
        """These trials, followed by a hospital's own trials, which have no rows."""
        own = (judged for judged in self._fitting if not judged.trial.routes)
        return (*self.undecided, *filter(self._is_undecided, own))

    @property
    def _fitting(self) -> tuple[Judgement, ...]:
        mine = self.diagnosis.value
        return tuple(judged for judged in self.judgements if judged.trial.diagnosis == mine)

    def _is_undecided(self, judged: Judgement) -> bool:
        undecided = judged.verdict is Verdict.INDETERMINATE
        return undecided and self.offer(judged).status != "closed"


_HOLDS: dict[When, Callable[[Situation, RouteRow], bool]] = {
    "facts_contradict": lambda s, _: bool(s.contradictions) or s.diagnosis is DiagnosisState.BOTH,
    "no_tumour": lambda s, _: s.patient.states.has_no_tumour,
    "eligible_and_open": Situation.takes,
    "only_anatomy_forbids": Situation.fails_only_anatomy,
    "function_above_limit": lambda s, _: s.function is Truth.TRUE,
    "function_not_above_limit": lambda s, _: s.function is Truth.FALSE,
    "flr_too_small": lambda s, _: s.flr is FlrState.INSUFFICIENT,
    "operable_and_flr_suffices": lambda s, _: s.fits_resection,
    "resectable_and_flr_suffices": lambda s, _: s.resectable,
    "lesions_left": lambda s, _: s.patient.states.lesions_left is Truth.TRUE,
    "no_lesion_left": lambda s, _: s.patient.states.lesions_left is Truth.FALSE,
    "embolised": lambda s, _: s.patient.states.embolised,
    "not_embolised": lambda s, _: not s.patient.states.embolised,
    "liver_risk": lambda s, _: bool(s.patient.states.risks),
    "no_liver_risk": lambda s, _: not s.patient.states.risks,
    "limit_by_function": lambda s, _: s.limit_by_function,
    "too_small_or_by_function": lambda s, _: s.flr is FlrState.INSUFFICIENT or s.limit_by_function,
    "risk_embolised_or_function": lambda s, _: (
        bool(s.patient.states.risks) or s.patient.states.embolised or s.limit_by_function
    ),
    "perhaps_resectable": lambda s, _: s.perhaps_resectable,
    "portal_hypertension": lambda s, _: s.portal_hypertension,
    "trials_undecided": lambda s, _: bool(s.undecided),
    "data_missing": lambda s, _: bool(s.undecided) or s.flr_undetermined or s.lesions_missing,
}


def holds(row: RouteRow, situation: Situation) -> bool:
    """Check whether a row's diagnosis and conditions are met."""
    of_this = row.diagnosis in (None, situation.diagnosis.value)
    return of_this and all(_HOLDS[condition](situation, row) for condition in row.when)


def choose_route_row(situation: Situation, rows: Iterable[RouteRow]) -> RouteRow:
    """Return the first row, in the order of the whole table, whose conditions are met."""
    return next(row for row in rows if holds(row, situation))
