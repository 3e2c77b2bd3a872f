"""What the sentences of a pathway are made from, and the numbers in them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING

from fl_planner.basis.glossary import NOT_DRAWN, TYPED_HERE
from fl_planner.basis.shown import as_number, as_plain, as_words
from fl_planner.planning.assessment.thresholds import (
    AFTER_CLEARING,
    FLR,
    Threshold,
    find_typed_share,
)
from fl_planner.planning.pathway.states import Protocols, States
from fl_planner.planning.pathway.table import PathwayRow
from fl_planner.planning.withdrawal import Withdrawn
from fl_planner.trials.criterion import Limits, Trial, find_limits
from fl_planner.trials.facts.facts import FACTS, Facts

if TYPE_CHECKING:  # loaded where an FLR was typed
    from fl_planner.planning.assessment.typed_limits import TypedLimit

UNTREATED = "untreated_nontumorous_fraction"
FUNCTION = "flr_function_pct_per_min_per_m2"
LUNG_DOSE = "lung_dose_gy_at_150gy_tumour"
FUNCTION_UNIT = "%/min/m²"


@dataclass(frozen=True, slots=True)
class PathwaySituation:
    """One patient's facts and states, the row they lead to, and what was measured beside.

    `limits` are those of every trial that is judged, a hospital's own among them: no number that
    is said changes its side of one. Without them, those of the protocols hold.
    `withdrawn` are facts that are unknown because an error forbids to use their number. `drawing`
    says which drawing the FLR is of; None without masks. `crossing` is the threshold that another
    reading would cross most often, of those that the pathway turns on, where that is borderline.
    `typed` are the limits of an FLR that nobody measured here, `typed_crossing` the nearest that
    the pathway turns on, where it is near.
    """

    facts: Facts
    protocols: Protocols
    states: States
    row: PathwayRow
    thresholds: tuple[Threshold, ...] = ()
    largest_shunt: Fraction | float | None = None
    limits: Limits = field(default_factory=dict)
    withdrawn: Mapping[str, Withdrawn] = field(default_factory=dict)
    drawing: str | None = None
    crossing: Threshold | None = None
    typed: tuple[TypedLimit, ...] = ()
    typed_crossing: TypedLimit | None = None

    @property
    def limited(self) -> tuple[Threshold | TypedLimit, ...]:
        """Every share against its limits, measured or typed."""
        return (*self.thresholds, *self.typed)

    @property
    def flr_of_liver(self) -> str:
        """The FLR as a share of the liver without its tumour, and whether it was typed."""
        typed = find_typed_share(self.facts)
        if typed is None:
            return f"{self.say_share(FLR)} of the non-tumorous liver"
        from fl_planner.trials.typed_flr import say_percent  # where one was typed

        said = say_percent(typed, self.limits_on(FLR))
        return f"{said} of the non-tumorous liver ({TYPED_HERE})"

    @property
    def made(self) -> str:
        """How the FLR was made: "as drawn"."""
        if self.is_typed:
            return "as typed"
        return "as carried" if NOT_DRAWN in (self.drawing or "") else "as drawn"

    @property
    def is_typed(self) -> bool:
        """Whether nobody measured the FLR here: it was typed in percent, or as volumes."""
        volumes = self.drawing is None and self.facts.get("flr_volume_ml") is not None
        return volumes or find_typed_share(self.facts) is not None

    @property
    def trial(self) -> Trial:
        """The protocol whose FLR limits hold for the diagnosis."""
        return self.protocols.limits_flr(self.states.diagnosis)

    @property
    def function_limit(self) -> str:
        """The limit that function is to exceed, as text."""
        return as_plain(min(find_limits(self.protocols.each)[FUNCTION]))

    def number(self, fact: str) -> Fraction | None:
        """Look a number up by its fact; None where it is not known."""
        known = self.facts.get(fact)
        return known if isinstance(known, Fraction) else None

    def say_share(self, fact: str) -> str:
        """Say a share in percent, on its side of every limit."""
        limits = [100 * limit for limit in self.limits_on(fact)]
        known = self.number(fact)
        return "not known" if known is None else as_words(100 * known, limits, "%")

    def say_number(self, fact: str) -> str:
        """Say a number with its unit, on its side of every limit."""
        known, limits = self.number(fact), self.limits_on(fact)
        if known is None:
            return "not known"
        least = 0 if known.denominator == 1 else 1
        return f"{as_number(known, limits, least)} {FACTS[fact].unit}".rstrip()

    def say_function(self) -> str:
        """Say the FLR's function: two decimals, one where the typed number has no more."""
        known = self.number(FUNCTION)
        if known is None:
            return "not measured"
        least = 1 if (10 * known).denominator == 1 else 2
        return f"{as_number(known, self.limits_on(FUNCTION), least)} {FUNCTION_UNIT}"

    def say_withdrawn(self, fact: str) -> str | None:
        """Say why a fact is not to be used; None where nothing forbids it."""
        one = self.withdrawn.get(fact)
        return None if one is None else f"{one.why} ({', '.join(one.codes)})"

    def say_embolisation(self) -> str:
        """Say which embolisation is on file, and how many days before the judging date."""
        kind, days = self.facts.get("prior_pve_hve_kind"), self.number("prior_pve_hve_age_days")
        when = None
        if days is not None:
            when = f"{as_plain(days)} day{'' if days == 1 else 's'} before the judging date"
        told = ", ".join((str(kind or "kind not known"), when or "day not known"))
        return told if kind or when else "kind and day not known"

    def limits_on(self, fact: str) -> tuple[Fraction, ...]:
        """Every number that a protocol sets on a fact: what is said keeps its side of each.

        After clearing, the FLR is held to the limits of the FLR.
        """
        every = self.limits or find_limits(self.protocols.each)
        return every.get(FLR if fact == AFTER_CLEARING else fact, ())
