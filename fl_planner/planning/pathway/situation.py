"""What the sentences of a pathway are made from: one patient's facts, states, limits and days."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from fl_planner.basis.shown import as_number, as_plain, as_words
from fl_planner.basis.standing_words import CARRIED_FROM_ANOTHER_SCAN, TYPED_HERE
from fl_planner.planning.assessment.near_limits import (
    AFTER_CLEARING,
    FLR,
    EnteredLimit,
    Limited,
    Threshold,
    read_entered_share,
)
from fl_planner.planning.pathway.states import (
    Protocols,
    States,
    find_holding,
    say_limit,
)
from fl_planner.planning.pathway.table import PathwayRow
from fl_planner.planning.withdrawal import Withdrawn
from fl_planner.trials.criterion import Limits, Trial, find_limits
from fl_planner.trials.facts.facts import FACTS, Facts
from fl_planner.trials.statements import RADIOEMBOLISED, TREATED_BEFORE

UNTREATED = "untreated_nontumorous_fraction"
FUNCTION = "flr_function_pct_per_min_per_m2"
LUNG_DOSE = "lung_dose_gy_at_150gy_tumour"
FUNCTION_UNIT = "%/min/m²"
OF_BASELINE, AFTER_1MM = "flr_of_baseline_fraction", "flr_after_clearing_1mm_fraction"


@dataclass(frozen=True, slots=True)
class PathwaySituation:
    """One patient's facts and states, the row they lead to, and what was measured beside.

    `thresholds` are those of the shares that masks gave, `entered` those of shares that were
    entered; `largest_shunt` is the largest lung shunt that keeps the limit on the lung dose, with
    known masses. `limits` are those of every trial that is judged, a hospital's own among them: no
    number that is said changes its side of one. Without them, those of the protocols hold.
    `withdrawn` are facts that are unknown because an error forbids to use their number. `drawing`
    says which drawing the FLR is of; None without masks. `crossing` is the limit that another
    reading would cross most often, of those that the pathway turns on, where that is borderline.
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
    crossing: Limited | None = None
    entered: tuple[EnteredLimit, ...] = ()

    @property
    def limited(self) -> tuple[Limited, ...]:
        """Every share against its limits, measured or entered."""
        return (*self.thresholds, *self.entered)

    @property
    def flr_of_liver(self) -> str:
        """The FLR as a share of the liver without its tumour, and whether it was typed."""
        typed = read_entered_share(self.facts)
        if typed is None:
            return f"{self.say_share(FLR)} of the non-tumorous liver"
        from fl_planner.trials.convert import say_percent  # where one was typed

        said = say_percent(typed, self.limits_on(FLR))
        return f"{said} of the non-tumorous liver ({TYPED_HERE})"

    @property
    def made(self) -> str:
        """How the FLR was made: "as drawn"."""
        if self.is_typed:
            return "as typed"
        return "as carried" if CARRIED_FROM_ANOTHER_SCAN in (self.drawing or "") else "as drawn"

    @property
    def is_typed(self) -> bool:
        """Whether nobody measured the FLR here: it was typed in percent, or as volumes."""
        volumes = self.drawing is None and self.facts.get("flr_volume_ml") is not None
        return volumes or read_entered_share(self.facts) is not None

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

    def say_day(self) -> str:
        """Say the day of the scan after each earlier treatment: "day 21 after PVE"."""
        return " and ".join(self._days())

    def _days(self) -> Iterator[str]:
        for treatment in self._treatments:
            day = self.number(f"{treatment}_day")
            name = name_treatment(treatment, self.facts)
            if day is None:
                yield f"after {name}, day of the scan not recorded"
            else:
                yield f"day {as_plain(day)} after {name}"

    def say_kinds(self) -> str:
        """Name each earlier treatment: "PVE"."""
        return " and ".join(name_treatment(one, self.facts) for one in self._treatments)

    @property
    def augmented_by(self) -> str:
        """What made the remnant grow: radioembolisation alone, or an FLR augmentation."""
        alone = self._treatments == (RADIOEMBOLISED,)
        return "radioembolisation" if alone else "FLR augmentation"

    @property
    def _treatments(self) -> tuple[str, ...]:
        return tuple(one for one in TREATED_BEFORE if self.facts.get(one) is True)

    def find_limit(self, fact: str = FLR) -> Limited | None:
        """Find the limit that holds for a share of the FLR [trials.md 9.2].

        The largest that applies to this liver: of a share that is too small by what is known, of
        one that suffices by what may be. None where no share, or no limit, is known.
        """
        holding = find_holding(self.facts, self.protocols, self.states.diagnosis)
        if holding is None:
            return None
        own = [one for one in self.limited if one.limit.fact == fact]
        return next((one for one in own if one.limit.value == holding), None)

    def say_limit(self) -> str:
        """Say the limit that holds, with its source: "30 % (DRAGON 2)"."""
        return say_limit(self.facts, self.protocols)

    def limits_on(self, fact: str) -> tuple[Fraction, ...]:
        """Every number that a protocol sets on a fact: what is said keeps its side of each.

        After clearing, and of the first scan's liver, the FLR is held to the limits of the FLR.
        """
        every = self.limits or find_limits(self.protocols.each)
        shares = (AFTER_CLEARING, AFTER_1MM, OF_BASELINE)
        return every.get(FLR if fact in shares else fact, ())


def name_treatment(treatment: str, facts: Facts) -> str:
    """Name what was closed or irradiated before this scan: one of the five kinds."""
    if treatment == RADIOEMBOLISED:
        return "Y90"
    return str(facts.get(f"{treatment}_kind") or "embolisation of unrecorded kind")
