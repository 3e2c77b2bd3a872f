"""One patient's facts, states, limits and days, for the sentences of a pathway."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction

from msgspec import Struct, field

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
from fl_planner.planning.volume_pathway.pathway_rows import PathwayRow
from fl_planner.planning.volume_pathway.states import (
    Protocols,
    States,
    choose_limit,
    format_limit,
    list_treatments,
    name_treatment,
)
from fl_planner.planning.withdrawal import Withdrawn
from fl_planner.trials.criterion import Limits, Trial, find_limits
from fl_planner.trials.facts.facts import FACTS, Facts
from fl_planner.trials.statements import RADIOEMBOLISED

UNTREATED = "untreated_nontumorous_fraction"
FUNCTION = "flr_function_pct_per_min_per_m2"
LUNG_DOSE = "lung_dose_gy_at_150gy_tumour"
FUNCTION_UNIT = "%/min/m²"
FIRST_SCAN, BASELINE_SCAN = "first scan", "baseline scan"  # before the embolisation
OF_BASELINE, AFTER_1MM = "flr_of_baseline_fraction", "flr_after_clearing_1mm_fraction"


class PathwaySituation(Struct, frozen=True):
    """One patient's facts and states, the row they lead to, and further measurements.

    - `thresholds`: measured shares compared with their limits.
    - `largest_shunt`: the largest lung shunt within the limit of the lung dose, with known masses.
    - `limits`: limits of every trial that is judged, including a hospital's own. No number is
      rounded across any of them. Without them, the protocols' limits apply.
    - `withdrawn`: facts that are unknown because their number was withdrawn.
    - `drawing`: the drawing on which the FLR was measured; None without masks.
    - `crossed`: the borderline limits on which the pathway depends.
    - `entered`: entered shares compared with their limits.
    - `baseline`: name of the scan before the embolisation, to whose liver the FLR is also related.
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
    crossed: tuple[Limited, ...] = ()
    entered: tuple[EnteredLimit, ...] = ()
    baseline: str = FIRST_SCAN

    @property
    def limited(self) -> tuple[Limited, ...]:
        """All shares against their limits, measured or entered."""
        return (*self.thresholds, *self.entered)

    @property
    def flr_of_liver(self) -> str:
        """The FLR as a percentage of the non-tumorous liver, marked if it was entered."""
        share = f"{self.format_share(FLR)} of the non-tumorous liver"
        return share if read_entered_share(self.facts) is None else f"{share} ({TYPED_HERE})"

    @property
    def made(self) -> str:
        """The origin of the FLR: "as drawn", "as carried over" or "as entered"."""
        if self.is_entered_share:
            return "as entered"
        return (
            "as carried over" if CARRIED_FROM_ANOTHER_SCAN in (self.drawing or "") else "as drawn"
        )

    @property
    def is_entered_share(self) -> bool:
        """Whether the FLR was entered, in percent or as volumes, and not measured here."""
        volumes = self.drawing is None and self.facts.get("flr_volume_ml") is not None
        return volumes or read_entered_share(self.facts) is not None

    @property
    def trial(self) -> Trial:
        """The protocol whose FLR limits apply to the diagnosis."""
        return self.protocols.limits_flr(self.states.diagnosis)

    @property
    def function_limit(self) -> str:
        """The limit for a sufficient function, as text."""
        return self._format_least_limit(FUNCTION)

    @property
    def lung_dose_limit(self) -> str:
        """The limit of the lung dose in Gy, as text."""
        return self._format_least_limit(LUNG_DOSE)

    def _format_least_limit(self, fact: str) -> str:
        return as_plain(min(find_limits(self.protocols.each)[fact]))

    def number(self, fact: str) -> Fraction | None:
        """Return the number of a fact; None if it is not known."""
        known = self.facts.get(fact)
        return known if isinstance(known, Fraction) else None

    def format_share(self, fact: str) -> str:
        """Format a share in percent without rounding it across a limit; as entered, if it was."""
        typed = read_entered_share(self.facts) if fact == FLR else None
        if typed is not None:
            from fl_planner.trials.convert import format_entered  # needed only for entered shares

            return format_entered(typed, self.limits_on(FLR))
        limits = [100 * limit for limit in self.limits_on(fact)]
        known = self.number(fact)
        return "not known" if known is None else as_words(100 * known, limits, "%")

    def format_number(self, fact: str) -> str:
        """Format a number with its unit without rounding it across a limit."""
        known, limits = self.number(fact), self.limits_on(fact)
        if known is None:
            return "not known"
        least = 0 if known.denominator == 1 else 1
        return f"{as_number(known, limits, least)} {FACTS[fact].unit}".rstrip()

    def format_function(self) -> str:
        """Format the FLR function: two decimals, or one if the number entered has only one."""
        if (known := self.number(FUNCTION)) is None:
            return "not measured"
        least = 1 if (10 * known).denominator == 1 else 2
        return f"{as_number(known, self.limits_on(FUNCTION), least)} {FUNCTION_UNIT}"

    def describe_withdrawn(self, fact: str) -> str | None:
        """Describe why a fact is not to be used; None if it may be used."""
        number = self.withdrawn.get(fact)
        return None if number is None else f"{number.why} ({', '.join(number.codes)})"

    def format_day(self) -> str:
        """Format the day of the scan after each previous treatment: "day 21 after PVE"."""
        return " and ".join(self._days())

    @property
    def scan_of_day(self) -> str:
        """The same text for the scan: "scan on day 21 after PVE"."""
        day = self.format_day()
        return f"scan on {day}" if day.startswith("day ") else f"scan {day}"

    def _days(self) -> Iterator[str]:
        for treatment in self._treatments:
            day = self.number(f"{treatment}_day")
            name = name_treatment(treatment, self.facts)
            if day is None:
                yield f"after {name}, day of the scan not recorded"
            else:
                yield f"day {as_plain(day)} after {name}"

    @property
    def augmented_by(self) -> str:
        """The previous treatment: radioembolisation alone, or an FLR augmentation."""
        alone = self._treatments == (RADIOEMBOLISED,)
        return "radioembolisation" if alone else "FLR augmentation"

    @property
    def _treatments(self) -> tuple[str, ...]:
        return list_treatments(self.facts)

    def find_limit(self, fact: str = FLR) -> Limited | None:
        """Return the FLR share compared with the applicable limit [trials.md 9.2].

        For an insufficient FLR, this is the largest limit known to apply to this liver; for a
        sufficient FLR, the largest that may apply. None if no share, or no limit, is known.
        """
        holding = choose_limit(self.facts, self.protocols, self.states.diagnosis)
        own = (x for x in self.limited if (x.limit.fact, x.limit.value) == (fact, holding))
        return next(own, None)

    def format_limit(self) -> str:
        """Format the applicable limit with its source: "30 % (DRAGON 2)"."""
        return format_limit(self.facts, self.protocols)

    def limits_on(self, fact: str) -> tuple[Fraction, ...]:
        """List every limit that a protocol sets on a fact; no number is rounded across one.

        The limits on the FLR also apply after clearing, and to the baseline scan's liver.
        """
        every = self.limits or find_limits(self.protocols.each)
        shares = (AFTER_CLEARING, AFTER_1MM, OF_BASELINE)
        return every.get(FLR if fact in shares else fact, ())
