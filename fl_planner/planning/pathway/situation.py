"""What the sentences of a pathway are made from, and the words that fill them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import TYPE_CHECKING

from fl_planner.basis.glossary import NOT_DRAWN, TYPED_HERE
from fl_planner.basis.shown import as_ml, as_most, as_number, as_plain, as_words
from fl_planner.basis.truth import Truth
from fl_planner.planning.assessment.thresholds import (
    AFTER_CLEARING,
    FLR,
    Threshold,
    find_typed_share,
)
from fl_planner.planning.pathway.states import FlrState, Protocols, States, find_states
from fl_planner.planning.pathway.table import NOT_ANSWERED, PathwayRow, find_row
from fl_planner.planning.withdrawal import Withdrawn
from fl_planner.trials.condition import fill_in
from fl_planner.trials.criterion import Limits, Trial, find_limits
from fl_planner.trials.facts.facts import FACTS, Facts

if TYPE_CHECKING:
    from fl_planner.planning.assessment.thresholds import TypedLimit

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
        from fl_planner.trials.convert import say_percent  # where one was typed

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


FOR_DISCUSSION = (  # wherever lesions stay, and never a resection alone [trials.md 9.2]
    "two-stage hepatectomy, or clearing by resection or ablation in the same operation, for "
    "discussion"
)
_NAMES: dict[str, Callable[[Protocols], str]] = {
    "crlm": lambda protocols: protocols.crlm.name,
    "hcc": lambda protocols: protocols.hcc.name,
    "radioembolisation": lambda protocols: protocols.radioembolisation.name,
}
_TO_GIVE = {
    "total_liver_volume_ml": "the liver mask",
    "tumour_volume_ml": "the tumour mask (--no-tumour when there is none)",
    "flr_volume_ml": "the remnant, as an outline or by its segments",
}


def say_row(row: PathwayRow, protocols: Protocols) -> str:
    """Say what a row says of any patient."""
    return fill_in(row.headline, _NAMES, protocols)


def say_headline(patient: PathwaySituation) -> str:
    """Say the pathway in one line: the answer, which drawing it rests on, how near a limit is."""
    said = [fill_in(patient.row.line, _WORDS, patient)]
    if "{flr}" in patient.row.reasons and patient.number(FLR) is not None:
        said += [patient.drawing] if patient.drawing is not None else []
        said += [f"FLR {TYPED_HERE}"] if patient.is_typed else []
    if patient.crossing is not None:
        said.append(_say_crossing(patient.crossing))
    if patient.typed_crossing is not None:
        said.append(f"borderline: FLR {patient.typed_crossing.distance}")
    return "; ".join(said)


def _say_crossing(threshold: Threshold) -> str:
    """Say how near a borderline limit is, and how often another reading would cross it."""
    percent = as_plain(100 * threshold.limit.value)
    named = {FLR: "FLR", AFTER_CLEARING: "FLR after clearing"}
    of = named.get(threshold.limit.fact, "untreated liver")
    side = "below" if threshold.answer == "below" else "above"
    near = f"{as_ml(abs(threshold.distance_ml))} {side} {percent} %"
    if threshold.answer == "at":
        near = f"{percent} % to the voxel"
    chance = as_number(100 * threshold.crossing_chance, (), 0)
    return f"borderline: {of} {near}, crossing chance {chance} %"


def say_not_answered(patient: PathwaySituation) -> str:
    """Say that there is no answer, and by what errors."""
    return fill_in(
        NOT_ANSWERED.line, {**_WORDS, "headline": lambda _: NOT_ANSWERED.headline}, patient
    )


def say_flr_alone(patient: PathwaySituation) -> str:
    """Say what the FLR alone would lead to, as if there were no radioembolisation."""
    if FLR in patient.withdrawn:
        return say_not_answered(patient)
    alone = replace(patient.states, within_imaging_limits=False)
    return say_row(find_row(alone), patient.protocols)


def say_missing(facts: Facts) -> str:
    """Say what must be given before the FLR's share can be computed."""
    missing = [advice for fact, advice in _TO_GIVE.items() if facts.get(fact) is None]
    return "; ".join(missing) or "volumes that fit together"


def say_shunt(patient: PathwaySituation) -> str:
    """Say the largest lung shunt that keeps the lung dose, in percent."""
    shunt = patient.largest_shunt
    return "not known" if shunt is None else f"{as_most(100 * shunt)} %"


def _shunt(patient: PathwaySituation) -> str:
    if patient.largest_shunt is None:
        return ""
    return f"; a lung shunt of up to {say_shunt(patient)} passes"


def _with_damage(patient: PathwaySituation, *, damage: bool) -> str:
    facts = {**patient.facts, "chemo_liver_damage": damage}
    return say_row(find_row(find_states(facts, patient.protocols)), patient.protocols)


def _function_first(patient: PathwaySituation) -> str:
    """Open with a function that suffices: whether growth is needed is the board's question.

    After an embolisation nothing is said of growth: the text resects by volume or function.
    """
    if patient.states.function is not Truth.TRUE:
        return ""
    if patient.states.embolised:
        return f"function {patient.say_function()} exceeds {patient.function_limit}; "
    exceeds = f"function {patient.say_function()} exceeds {patient.function_limit}"
    return f"{exceeds}: whether growth is needed is the board's first question; "


def say_lesions_left(patient: PathwaySituation) -> str:
    """Say how many lesions stay in the remnant."""
    one = patient.number("lesions_in_remnant_count") == 1
    return f"{_count_lesions(patient)} {'stays' if one else 'stay'}"


def _count_lesions(patient: PathwaySituation) -> str:
    count = patient.number("lesions_in_remnant_count") or 0
    return f"{as_plain(count)} lesion{'' if count == 1 else 's'}"


def say_cleared(patient: PathwaySituation) -> str:
    """Say what the FLR comes to once the lesions left in it are cleared, and what that means."""
    if patient.number(AFTER_CLEARING) is None:
        return "after clearing not known"
    said = f"{patient.say_share(AFTER_CLEARING)} after clearing"
    if patient.states.flr is not FlrState.SUFFICIENT:
        return said
    between = {
        FlrState.INSUFFICIENT: ", the limit lies between",
        FlrState.UNDETERMINED: ", a limit may lie between",
    }
    return f"{said}{between.get(patient.states.after_clearing, '')}"


def _left(patient: PathwaySituation) -> str:
    """Add the lesions left to a headline that is about something else; nothing without any."""
    if patient.states.lesions_left is not Truth.TRUE or patient.number(FLR) is None:
        return ""
    drawn = f"FLR {patient.say_share(FLR)} {patient.made}, {say_cleared(patient)}"
    return f"; {say_lesions_left(patient)} in the remnant: {drawn}"


def _volume_only(patient: PathwaySituation) -> str:
    if patient.states.function is Truth.UNKNOWN:
        return " (volume only)"
    return f"; function {patient.say_function()} exceeds {patient.function_limit}"


def _no_tumour(patient: PathwaySituation) -> str:
    if patient.facts.get("recist_response_after_chemo") == "complete_response":
        return "no tumour is left to plan on, complete response on file: tumour board"
    return (
        "no answer on the FLR: a tumour is diagnosed and none is there by volume or count; "
        "diagnosis and masks disagree"
    )


def _hcc_beside(patient: PathwaySituation) -> str:
    """Say whether the protocol that lends its limits may take the patient."""
    name = patient.protocols.hcc.name
    if patient.states.risks:
        return f"not for {name} with {' and '.join(patient.states.risks)}: tumour board"
    return f"{name} may apply"


def _causes(patient: PathwaySituation) -> str:
    return "; ".join(dict.fromkeys(one.why for one in patient.withdrawn.values()))


_WORDS: dict[str, Callable[[PathwaySituation], str]] = {
    "headline": lambda patient: say_row(patient.row, patient.protocols),
    "causes": _causes,
    "flr_alone": say_flr_alone,
    "shunt": _shunt,
    "missing": lambda patient: say_missing(patient.facts),
    "with_damage": lambda patient: _with_damage(patient, damage=True),
    "without_damage": lambda patient: _with_damage(patient, damage=False),
    "limits_of_hcc": lambda patient: patient.protocols.hcc.told("flr_small").says,
    "function_first": _function_first,
    "left": _left,
    "lesions": say_lesions_left,
    "count": _count_lesions,
    "drawn": lambda patient: patient.say_share(FLR),
    "made": lambda patient: patient.made,
    "cleared": say_cleared,
    "for_discussion": lambda _: FOR_DISCUSSION,
    "embolised": PathwaySituation.say_embolisation,
    "volume_only": _volume_only,
    "no_tumour": _no_tumour,
    "hcc_beside": _hcc_beside,
}
