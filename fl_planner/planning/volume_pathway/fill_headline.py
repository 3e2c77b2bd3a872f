"""The headline of a pathway, and the words that replace the names in its rows.

A headline begins with the FLR, its distance to the applicable limit, and the chance that another
reading crosses it. The consequences follow.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction

from msgspec import structs

from fl_planner.basis.plain_text import join_words
from fl_planner.basis.shown import as_ml, as_most, as_plain
from fl_planner.basis.standing_words import TYPED_HERE
from fl_planner.basis.three_valued import Truth
from fl_planner.liver.scatter.crossing_chance import as_crossing_chance
from fl_planner.planning.assessment.near_limits import AFTER_CLEARING, FLR, Limited, Threshold
from fl_planner.planning.volume_pathway.changes import list_crossed, try_other_sides
from fl_planner.planning.volume_pathway.pathway_rows import (
    NOT_ANSWERED,
    choose_row,
    describe_augmentation,
    describe_row,
)
from fl_planner.planning.volume_pathway.situation import (
    AFTER_1MM,
    OF_BASELINE,
    UNTREATED,
    PathwaySituation,
)
from fl_planner.planning.volume_pathway.states import (
    DiagnosisState,
    FlrState,
    choose_limit,
    judge_states,
    list_missing_by_limit,
    list_possible,
    name_source,
    name_treatments,
)
from fl_planner.trials.condition import fill_in
from fl_planner.trials.facts.quantities import name_fact

FOR_DISCUSSION = (  # wherever lesions are left; never a resection alone [trials.md 9.2]
    "two-stage hepatectomy, or clearing by resection or ablation in the same operation, for "
    "discussion"
)
_REQUIRED = {
    "total_liver_volume_ml": "liver mask or volume",
    "tumour_volume_ml": "tumour mask or volume (or --no-tumour if there is none)",
    "flr_volume_ml": "remnant, drawn or defined by its segments, or its volume",
}


def format_headline(patient: PathwaySituation) -> str:
    """Format the headline of a pathway: FLR, limit and distance first, then the consequences."""
    parts = [fill_in(patient.row.line, _WORDS, patient)]
    if patient.states.embolised and patient.format_day() not in parts[0]:
        parts.append(patient.format_day())
    if "{flr}" in patient.row.reasons and patient.number(FLR) is not None:
        parts += [patient.drawing] if patient.drawing is not None else []
        parts += [f"FLR {TYPED_HERE}"] if patient.is_entered_share else []
    crossing = max(patient.crossed, key=lambda limited: limited.crossing_chance, default=None)
    if crossing is not None and crossing not in _leading(_without_radioembolisation(patient)):
        parts.append(_format_crossing(crossing))
    return "; ".join(parts)


def _lead(patient: PathwaySituation) -> str:
    """Format the FLR, its distance to the limit with number and source, and the chance."""
    shares = ", ".join(_shares(patient))
    day = f", {patient.format_day()}" if patient.states.embolised else ""
    known = _leading(patient)
    source = name_source(patient.protocols, patient.states.diagnosis)
    distances = "".join(f", {_distance(limited)}" for limited in known)
    likely = max(
        (limited for limited in known if limited.has_chance),
        key=lambda limited: limited.crossing_chance,
        default=None,
    )
    ends = ["borderline"] if any(limited in patient.crossed for limited in known) else []
    if likely is not None:
        which = f" {as_plain(100 * likely.limit.value)} %" if len(known) > 1 else ""
        ends.append(f"{as_crossing_chance(likely.crossing_chance)} chance of crossing{which}")
    ending = f"; {', '.join(ends)}" if ends else ""
    limits = f"{distances} ({source})" if known else ""
    return f"FLR {shares}{day}{limits}{ending}: "


def _leading(patient: PathwaySituation) -> list[Limited]:
    """List the limits that open the headline: the applicable one, or those on either side."""
    if patient.states.flr is FlrState.UNDETERMINED:
        return [*_around(patient)]
    holding = patient.find_limit()
    return [] if holding is None or "{lead}" not in patient.row.line else [holding]


def _around(patient: PathwaySituation) -> Iterator[Limited]:
    """List the nearest limits below and above an FLR whose state depends on a missing answer."""
    possible = list_possible(patient.facts, patient.protocols, patient.states.diagnosis)
    own = [x for x in patient.limited if x.limit.fact == FLR and x.limit.value in possible]
    own.sort(key=lambda limited: limited.limit.value)
    yield from [limited for limited in own if limited.answer != "below"][-1:]
    yield from [limited for limited in own if limited.answer == "below"][:1]


def _shares(patient: PathwaySituation) -> Iterator[str]:
    """Format the FLR in percent; after an embolisation, also the liver to which it refers.

    The baseline's liver is added if the two percentages are on different sides of the limit.
    """
    share = patient.format_share(FLR)
    if not patient.states.embolised:
        yield share
        return
    first, limit = patient.number(OF_BASELINE), patient.find_limit()
    if first is None:
        yield f"{share} of this scan's liver (which shrinks after {name_treatments(patient.facts)})"
        return
    yield f"{share} of this scan's liver"
    now = patient.number(FLR)
    assert now is not None  # checked by the caller
    apart = limit is not None and (now < limit.limit.value) is not (first < limit.limit.value)
    if apart:
        yield f"{patient.format_share(OF_BASELINE)} of the {patient.baseline}'s"


def _distance(limited: Limited) -> str:
    if not isinstance(limited, Threshold):
        return limited.distance
    percent = f"{as_plain(100 * limited.limit.value)} %"
    if limited.answer == "at":
        return f"exactly at {percent}"
    return f"{as_ml(abs(limited.distance_ml))} {limited.answer} {percent}"


def _format_crossing(limited: Limited) -> str:
    """Format the distance to a borderline limit and the chance that another reading crosses it."""
    named = {FLR: "FLR", AFTER_CLEARING: "FLR after clearing"}
    part = named.get(limited.limit.fact, "untreated liver")
    chance = as_crossing_chance(limited.crossing_chance)
    return f"borderline: {part} {_distance(limited)}, {chance} chance of crossing"


def format_not_answered(patient: PathwaySituation) -> str:
    """Format the headline of a pathway that is not assessed, with the errors that prevent it."""
    return fill_in(
        NOT_ANSWERED.line, {**_WORDS, "headline": lambda _: NOT_ANSWERED.headline}, patient
    )


def describe_flr_alone(patient: PathwaySituation) -> str:
    """Describe the pathway based on the FLR alone, without radioembolisation."""
    return _answer_by_flr(
        patient, lambda alone: describe_row(alone.row, alone.facts, alone.protocols)
    )


def _format_flr_alone(patient: PathwaySituation) -> str:
    """Format the headline that the FLR alone would have; "volume only" would repeat "alone"."""
    words = {**_WORDS, "volume_only": lambda _: ""}
    return _answer_by_flr(patient, lambda alone: fill_in(alone.row.line, words, alone))


def _answer_by_flr(patient: PathwaySituation, describe: Callable[[PathwaySituation], str]) -> str:
    if FLR in patient.withdrawn:
        return format_not_answered(patient)
    return describe(_without_radioembolisation(patient))


def _without_radioembolisation(patient: PathwaySituation) -> PathwaySituation:
    if not patient.states.fits_radioembolisation:
        return patient
    states = structs.replace(patient.states, fits_radioembolisation=False)
    facts = {**patient.facts, UNTREATED: None}
    crossed = list_crossed(try_other_sides(patient.limited, facts, patient.protocols))
    return structs.replace(patient, states=states, row=choose_row(states), crossed=crossed)


def describe_missing(patient: PathwaySituation) -> str:
    """Describe the inputs required before the FLR can be calculated; withdrawn ones were given."""
    known = {name for name, value in patient.facts.items() if value is not None}
    given = known | set(patient.withdrawn)
    missing = [words for fact, words in _REQUIRED.items() if fact not in given]
    return "; ".join(missing) or "consistent volumes"


def format_shunt(shunt: Fraction | float) -> str:
    """Format the largest lung shunt within the limit of the lung dose, in percent, rounded down."""
    return f"{as_most(100 * shunt)} %"


def _shunt(patient: PathwaySituation) -> str:
    if (shunt := patient.largest_shunt) is None:
        return ""
    most = f"{patient.lung_dose_limit} Gy ({patient.protocols.radioembolisation.name})"
    return f"; lung dose at most {most} up to a lung shunt of {format_shunt(shunt)}"


def _with_damage(patient: PathwaySituation, *, damage: bool) -> str:
    facts = {**patient.facts, "chemo_liver_damage": damage}
    return describe_row(
        choose_row(judge_states(facts, patient.protocols)), facts, patient.protocols
    )


def _limits_by_answer(patient: PathwaySituation) -> str:
    """Format the applicable limit, and those that missing answers would set."""
    diagnosis = patient.states.diagnosis
    limits = list_missing_by_limit(patient.facts, patient.protocols, diagnosis)
    each = (
        f"{as_plain(100 * limit)} %"
        + (f" with {join_words(sorted(map(name_fact, missing)))}" if missing else "")
        for limit, missing in sorted(limits.items())
    )
    named = _leading(patient)  # with their source, before this
    source = "" if named else f" ({name_source(patient.protocols, diagnosis)})"
    return f"the limit is {', or '.join(each)}{source}"


def _function_first(patient: PathwaySituation) -> str:
    """Format a sufficient function, with the first question, whether augmentation is needed."""
    if patient.states.function is not Truth.TRUE:
        return ""
    return (
        f"{describe_function_above_limit(patient)}: the first question for the tumour board is "
        "whether FLR augmentation is needed; "
    )


def describe_limit_by_function(patient: PathwaySituation) -> str:
    """Describe a limit reached by function, with its source and the state of the volume."""
    volume = f"volume below {patient.format_limit()}"
    if patient.states.flr is FlrState.UNDETERMINED:
        volume = "volume undetermined"
    return f"limit reached by function ({patient.format_function()}, {_above(patient)}), {volume}"


def describe_lesions_left(patient: PathwaySituation) -> str:
    """Describe how many lesions are left in the remnant."""
    count = patient.number("lesions_in_remnant_count") or 0
    return f"{as_plain(count)} lesion{'' if count == 1 else 's'} left in the remnant"


def describe_clearing(patient: PathwaySituation) -> str:
    """Describe the FLR after the lesions left in it are cleared, and its side of the limit."""
    if patient.number(AFTER_CLEARING) is None:
        return "not known after clearing"
    margin = patient.number("clearing_margin_mm")
    by = "" if margin is None else f" with a {as_plain(margin)} mm margin"
    cleared = f"{patient.format_share(AFTER_CLEARING)} after clearing{by}"
    if patient.states.flr is not FlrState.SUFFICIENT:
        return cleared
    between = {
        FlrState.INSUFFICIENT: f", with {patient.format_limit()} between the two values",
        FlrState.UNDETERMINED: ", possibly with a limit between the two values",
    }
    return f"{cleared}{between.get(patient.states.after_clearing, '')}{_with_1mm(patient)}"


def _with_1mm(patient: PathwaySituation) -> str:
    """Describe the FLR after clearing with a 1 mm margin if this crosses the limit."""
    least, cleared = patient.number(AFTER_1MM), patient.number(AFTER_CLEARING)
    limit = choose_limit(patient.facts, patient.protocols, patient.states.diagnosis)
    if least is None or cleared is None or limit is None:
        return ""
    if (least < limit) is (cleared < limit):
        return ""
    side = "below" if least < limit else "not below"
    share = patient.format_share(AFTER_1MM)
    return f"; {share} with a 1 mm margin, {side} {as_plain(100 * limit)} %"


def _left(patient: PathwaySituation) -> str:
    """Format the lesions left, if any, to be added to a headline on another subject."""
    if patient.states.lesions_left is not Truth.TRUE or patient.number(FLR) is None:
        return ""
    drawn = f"FLR {patient.format_share(FLR)} {patient.made}, {describe_clearing(patient)}"
    return f"; {describe_lesions_left(patient)}: {drawn}"


def _volume_only(patient: PathwaySituation) -> str:
    return "; volume only" if patient.states.function is Truth.UNKNOWN else ""


def _format_function_result(patient: PathwaySituation) -> str:
    """Add a known function to a volume-based pathway."""
    if patient.states.function is not Truth.TRUE:
        return _function_not_above(patient)
    return f"; {describe_function_above_limit(patient)}"


def _function_not_above(patient: PathwaySituation) -> str:
    """Add a function that does not exceed its limit."""
    if patient.states.function is not Truth.FALSE:
        return ""
    return f"; {describe_function_not_above_limit(patient)}"


def describe_function_above_limit(patient: PathwaySituation) -> str:
    """Describe a function above its limit, with the source of the limit."""
    return _compare_function(patient, "exceeds")


def describe_function_not_above_limit(patient: PathwaySituation) -> str:
    """Describe a function that does not exceed its limit, with the source of the limit."""
    return _compare_function(patient, "does not exceed")


def _compare_function(patient: PathwaySituation, verb: str) -> str:
    limit = f"{patient.function_limit} ({name_function_source(patient)})"
    return f"function {patient.format_function()} {verb} {limit}"


def _above(patient: PathwaySituation) -> str:
    return f"above {patient.function_limit}, {name_function_source(patient)}"


def name_function_source(patient: PathwaySituation) -> str:
    """Name the protocol with the limit on the function, and its disease if that is another."""
    of = patient.protocols.crlm.name
    return f"{of} for CRLM" if patient.states.diagnosis is DiagnosisState.HCC else of


def _no_tumour(patient: PathwaySituation) -> str:
    if patient.facts.get("recist_response_after_chemo") == "complete_response":
        return (
            "no residual tumour to plan for, complete response recorded: for tumour board "
            "discussion"
        )
    return (
        "FLR not assessed: a liver tumour has been diagnosed, but tumour volume or lesion count is "
        "0; diagnosis and masks disagree"
    )


def _format_hcc_trial(patient: PathwaySituation) -> str:
    """Describe whether the protocol of the background limits may cover the patient."""
    name = patient.protocols.hcc.name
    if patient.states.risks:
        risks = join_words(patient.states.risks)
        return f"{name} excludes {risks}; for tumour board discussion"
    return f"{name} may"


def _causes(patient: PathwaySituation) -> str:
    return "; ".join(dict.fromkeys(number.why for number in patient.withdrawn.values()))


_WORDS: dict[str, Callable[[PathwaySituation], str]] = {
    "headline": lambda patient: describe_row(patient.row, patient.facts, patient.protocols),
    "lead": _lead,
    "limit": PathwaySituation.format_limit,
    "augmentation": lambda patient: describe_augmentation(patient.facts, patient.protocols),
    "by_function": describe_limit_by_function,
    "function": PathwaySituation.format_function,
    "above": _above,
    "function_beside": _format_function_result,
    "function_not_above": _function_not_above,
    "causes": _causes,
    "flr_alone": _format_flr_alone,
    "shunt": _shunt,
    "missing": describe_missing,
    "with_damage": lambda patient: _with_damage(patient, damage=True),
    "without_damage": lambda patient: _with_damage(patient, damage=False),
    "limits_by_answer": _limits_by_answer,
    "function_first": _function_first,
    "left": _left,
    "lesions": describe_lesions_left,
    "drawn": lambda patient: patient.format_share(FLR),
    "made": lambda patient: patient.made,
    "cleared": describe_clearing,
    "for_discussion": lambda _: FOR_DISCUSSION,
    "kinds": lambda patient: name_treatments(patient.facts),
    "volume_only": _volume_only,
    "no_tumour": _no_tumour,
    "hcc_beside": _format_hcc_trial,
}
