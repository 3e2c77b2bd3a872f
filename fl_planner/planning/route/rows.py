"""The table of routes: which row a patient hits, by all facts [trials.md 9.3]."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from fl_planner.basis.truth import Truth
from fl_planner.planning.pathway.situation import Told
from fl_planner.planning.pathway.states import DiagnosisState, FlrState
from fl_planner.trials.centre import Centre, Offer, find_offer
from fl_planner.trials.judge import Judgement, Verdict
from fl_planner.trials.language import parse_condition

DRAGON_2, PUMP_IT, RESCUE = "dragon2", "pump_it", "rescue"
LOCAL, ABLATION = "local_plus_systemic", "ablation_timing"
ROUTED = {  # by diagnosis, in registry order: the trials that the table of routes knows
    DiagnosisState.CRLM: (DRAGON_2, LOCAL, ABLATION, PUMP_IT),
    DiagnosisState.HCC: (RESCUE,),
}
RESECTION = "resection_without_augmentation"
ANATOMY = "E9"  # of DRAGON 2: combined PVE/HVE is ruled out
KNOWN_DOUBT = "contradiction.largest_lesion"  # the calliper decides: no effect on the route

# [trials.md 9.1, a reading of this project]
NONE_OUTSIDE = {"extrahepatic_status": {"equals": "none", "unknown_if": ["indeterminate"]}}
OPERABLE = parse_condition(
    "operable",
    {
        "liver_tumour_resectability": {"equals": "resectable"},
        "prohibitive_comorbidity": "is_false",
        **NONE_OUTSIDE,
        "child_pugh_class": {"equals": "A"},
        "ecog": {"at_most": 2},
    },
)
PERHAPS_RESECTABLE = parse_condition(
    "resectable",
    {
        **NONE_OUTSIDE,
        "liver_tumour_resectability": {"one_of": ["resectable", "potentially_resectable"]},
    },
)


@dataclass(frozen=True, slots=True)
class Situation:
    """All that a row asks about one patient.

    Parameters
    ----------
    told : Told
        Facts and states.
    contradictions : tuple of str
        Codes of what excludes what, without those that leave the route as it is.
    judgements : tuple of Judgement
        Every trial that was judged.
    centre : Centre or None
        Where the trials can be had; None where nobody said.
    """

    told: Told
    contradictions: tuple[str, ...]
    judgements: tuple[Judgement, ...]
    centre: Centre | None

    @property
    def diagnosis(self) -> DiagnosisState:
        """Which cancer it is."""
        return self.told.states.diagnosis

    @property
    def flr(self) -> FlrState:
        """The FLR by volume."""
        return self.told.states.flr

    @property
    def flr_open(self) -> bool:
        """Whether the FLR is not known, or a missing answer on the liver would decide."""
        return self.flr in (FlrState.UNDETERMINED, FlrState.NOT_GIVEN)

    @property
    def function(self) -> Truth:
        """Whether the FLR's function exceeds the limit."""
        return self.told.states.function

    @property
    def portal_hypertension(self) -> bool:
        """Whether it is known to be there."""
        return self.told.facts.get("portal_hypertension") is True

    @property
    def fits_resection(self) -> bool:
        """Whether the FLR suffices and the patient is operable, function not asked."""
        operable = OPERABLE.judge(self.told.facts)
        return self.flr is FlrState.SUFFICIENT and operable is Truth.TRUE

    @property
    def perhaps_resectable(self) -> bool:
        """Whether it is resectable or may become so, without disease elsewhere."""
        return PERHAPS_RESECTABLE.judge(self.told.facts) is Truth.TRUE

    @property
    def fails_only_anatomy(self) -> bool:
        """Whether DRAGON 2 fails because combined PVE/HVE is ruled out, and for nothing else."""
        judged = self.judged(DRAGON_2)
        return judged is not None and judged.failed == (ANATOMY,) and not judged.unknown

    def judged(self, short: str) -> Judgement | None:
        """Find a trial's answers; None where it was not judged."""
        found = (one for one in self.judgements if one.trial.short == short)
        return next(found, None)

    def offer(self, judged: Judgement) -> Offer:
        """Find how a trial is reached from here."""
        return find_offer(self.centre, judged.trial)

    def takes(self, short: str) -> bool:
        """Whether a trial is eligible and open here."""
        judged = self.judged(short)
        if judged is None or judged.verdict is not Verdict.ELIGIBLE:
            return False
        return self.offer(judged).status == "open"

    @property
    def undecided(self) -> tuple[Judgement, ...]:
        """Trials for this diagnosis without a verdict, closed ones left out."""
        routed = (self.judged(short) for short in ROUTED.get(self.diagnosis, ()))
        return tuple(
            one
            for one in routed
            if one is not None
            and one.verdict is Verdict.INDETERMINATE
            and self.offer(one).status != "closed"
        )

    @property
    def unsettled(self) -> tuple[Judgement, ...]:
        """The same, and after them a hospital's own trials, which no row knows."""
        own = (
            one
            for one in self.judgements
            if one.trial.short not in ROUTED.get(self.diagnosis, ())
            and one.trial.diagnosis == self.diagnosis.value
            and one.verdict is Verdict.INDETERMINATE
            and self.offer(one).status != "closed"
        )
        return (*self.undecided, *own)


@dataclass(frozen=True, slots=True)
class RouteRow:
    """One row: the diagnosis it is for, when it holds, and the route it gives.

    `trial` is the one that it leads to, by its short name.
    """

    name: str
    diagnosis: DiagnosisState | None
    route: str
    when: Callable[[Situation], bool]
    trial: str | None = None

    def holds(self, situation: Situation) -> bool:
        """Tell whether the row matches."""
        of_this = self.diagnosis is None or situation.diagnosis is self.diagnosis
        return of_this and self.when(situation)


def _to_trial(
    name: str, diagnosis: DiagnosisState, trial: str, when: Callable[[Situation], bool]
) -> RouteRow:
    """Make a row that leads to a trial which is eligible and open here."""

    def holds(situation: Situation) -> bool:
        return situation.takes(trial) and when(situation)

    return RouteRow(name, diagnosis, f"trial_{trial}", holds, trial)


def _always(_: Situation) -> bool:
    return True


_CRLM, _HCC = DiagnosisState.CRLM, DiagnosisState.HCC
# in order: the first row that holds wins, and the last of each diagnosis always does
ROWS: tuple[RouteRow, ...] = (
    RouteRow(
        "R1",
        None,
        "needs_mdt",
        lambda s: bool(s.contradictions) or s.diagnosis is DiagnosisState.BOTH,
    ),
    RouteRow("R2", DiagnosisState.OPEN, "needs_data", _always),
    RouteRow("R3", DiagnosisState.NEITHER, "needs_mdt", _always),
    _to_trial("C1", _CRLM, PUMP_IT, _always),
    _to_trial("C2", _CRLM, DRAGON_2, lambda s: s.function is Truth.TRUE),
    _to_trial("C3", _CRLM, DRAGON_2, _always),
    _to_trial("C4", _CRLM, LOCAL, _always),
    _to_trial("C5", _CRLM, ABLATION, _always),
    RouteRow(
        "C6",
        _CRLM,
        "needs_mdt",
        lambda s: s.fails_only_anatomy and s.function is Truth.TRUE,
    ),
    RouteRow("C7", _CRLM, "pve_outside_trial", lambda s: s.fails_only_anatomy),
    RouteRow("C8", _CRLM, "needs_mdt", lambda s: s.fits_resection and s.function is Truth.FALSE),
    RouteRow("C9", _CRLM, RESECTION, lambda s: s.fits_resection),
    RouteRow("C10", _CRLM, "needs_data", lambda s: bool(s.undecided) or s.flr_open),
    RouteRow("C11", _CRLM, "needs_mdt", _always),
    _to_trial("H1", _HCC, RESCUE, _always),
    RouteRow("H2", _HCC, "needs_data", lambda s: bool(s.undecided)),
    RouteRow("H3", _HCC, "needs_mdt", lambda s: s.fits_resection and s.function is Truth.FALSE),
    RouteRow("H3a", _HCC, "needs_mdt", lambda s: s.fits_resection and s.portal_hypertension),
    RouteRow("H4", _HCC, RESECTION, lambda s: s.fits_resection),
    RouteRow(
        "H5",
        _HCC,
        "outside_five_dragon_plc",
        lambda s: s.flr is FlrState.INSUFFICIENT and s.perhaps_resectable,
    ),
    RouteRow("H6", _HCC, "needs_data", lambda s: s.flr_open),
    RouteRow("H7", _HCC, "needs_mdt", _always),
)


def find_route_row(situation: Situation) -> RouteRow:
    """Find the first row that holds."""
    return next(row for row in ROWS if row.holds(situation))
