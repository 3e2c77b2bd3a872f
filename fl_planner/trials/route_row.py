"""One row of the table of routes: when it holds, where it leads, and what it says."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, get_args

from fl_planner.basis.diagnoses import Cancer
from fl_planner.basis.errors import InputRefused

When = Literal[
    "facts_contradict",
    "eligible_and_open",  # the row's own trial takes the patient, and recruits here
    "only_anatomy_forbids",  # of its own trial, combined PVE/HVE is ruled out; nothing else
    "function_above_limit",
    "function_not_above_limit",
    "flr_too_small",
    "operable_and_flr_suffices",
    "resectable_and_flr_suffices",  # without disease elsewhere, fitness not asked
    "perhaps_resectable",
    "portal_hypertension",
    "no_tumour",  # by volume or count, where one was diagnosed
    "lesions_left",  # in the remnant
    "no_lesion_left",  # known
    "embolised",  # before this scan
    "not_embolised",  # none on file
    "liver_risk",
    "no_liver_risk",  # none on file
    "risk_or_embolised",
    "trials_undecided",
    "data_missing",  # of a trial, of the FLR, or of nothing but the lesions in the remnant
]
PatientOf = Cancer | Literal["undecided", "neither"]
# what stands for words or sentences that differ from patient to patient
IN_HEADLINE = frozenset({"against", "eligible", "lesions", "trial", "undecided"})
IN_REASONS = frozenset(
    {
        *("contradictions", "diagnosis", "flr", "open_flr", "lesions", "function", "trials"),
        *("undecided", "notes", "no_tumour"),
    }
)
IN_STEPS = frozenset({"propose", "near", "ask"})
_NAME = re.compile(r"([RCH])(\d+)([a-z]?)")  # its place: H3a stands between H3 and H4
_LETTERS: dict[PatientOf | None, str] = {"crlm": "C", "hcc": "H"}  # others: R
_BRACED = re.compile(r"\{(\w*)\}")


@dataclass(frozen=True, slots=True)
class RouteRow:
    """One row of the table: the first one that holds is the route of a patient.

    - `name`: `C5a`, which is its place too: after C5, before C6.
    - `diagnosis`: whom it is for; None for anybody.
    - `route`, `csv`: the route's stable name, and its code in study rows, the same for ever.
    - `when`: what must hold, all of it.
    - `headline`: one line for people; `IN_HEADLINE` lists what it may leave to be filled in.
    - `reasons`, `next_steps`: sentences in their order; `{flr}` and the like stand for those that
      are made of a patient's numbers.
    - `trial`: short name of the trial whose file brings the row.
    - `beside_resection`: whether a resection may stand beside it.
    - `settles_first`: whether nothing else is said or asked before a person has settled the facts.
    """

    name: str
    diagnosis: PatientOf | None
    route: str
    csv: int
    headline: str
    when: tuple[When, ...] = ()
    reasons: tuple[str, ...] = ()
    next_steps: tuple[str, ...] = ()
    trial: str | None = None
    beside_resection: bool = False
    settles_first: bool = False

    def __post_init__(self) -> None:
        """Refuse a name without a place, unknown conditions, and blanks that nobody fills in."""
        letter = _LETTERS.get(self.diagnosis, "R")
        if not _NAME.fullmatch(self.name) or self.name[0] != letter:
            raise self._refused(f"row = {self.name!r}", f"name it by its place: {letter}5a")
        unknown = {*self.when} - {*get_args(When)}
        if unknown:
            raise self._refused(f"when = {sorted(unknown)}", f"use {sorted(get_args(When))}")
        self._require_known([self.headline], IN_HEADLINE)
        self._require_known(self.reasons, IN_REASONS)
        self._require_known(self.next_steps, IN_STEPS)
        for text in (*self.reasons, *self.next_steps):
            if "{" in text and not _BRACED.fullmatch(text):
                raise self._refused(text, "let a name in braces stand alone: it is sentences")
        named = f"{self.headline} {' '.join(self.next_steps)}"
        if {"eligible", "trial", "propose"} & {*_BRACED.findall(named)} and not self.leads:
            raise self._refused("a trial as its route", "give eligible_and_open in when")
        if self.settles_first is ("{ask}" in self.next_steps):
            raise self._refused("next_steps", "name {ask} once, unless facts must be settled first")

    @property
    def leads(self) -> bool:
        """Whether it leads to its own trial."""
        return "eligible_and_open" in self.when

    @property
    def place(self) -> tuple[int, int, str]:
        """What rows are ordered by."""
        found = _NAME.fullmatch(self.name)
        assert found is not None  # or it would have been refused
        letter, number, behind = found.groups()
        return "RCH".index(letter), int(number), behind

    def _require_known(self, texts: Iterable[str], known: frozenset[str]) -> None:
        for text in texts:
            unknown = {*_BRACED.findall(text)} - known
            if unknown:
                raise self._refused(f"{{{min(unknown)}}}", f"use {sorted(known)}")

    def _refused(self, what: str, remedy: str) -> InputRefused:
        return InputRefused("trial.unreadable", f"row {self.name}", f"cannot read {what}", remedy)
