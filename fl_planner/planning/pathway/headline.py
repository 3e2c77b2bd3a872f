"""The pathway in one line, and the words that its rows leave open: how each is filled.

A headline begins with the FLR: its share, the distance to the limit that holds, and the chance
that another reading crosses it. What follows from them comes behind.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from fl_planner.basis.shown import as_ml, as_most, as_plain
from fl_planner.basis.standing_words import TYPED_HERE
from fl_planner.basis.truth import Truth
from fl_planner.planning.assessment.near_limits import (
    AFTER_CLEARING,
    FLR,
    Limited,
    Threshold,
    format_chance,
)
from fl_planner.planning.pathway.situation import AFTER_1MM, OF_BASELINE, PathwaySituation
from fl_planner.planning.pathway.states import (
    DiagnosisState,
    FlrState,
    find_holding,
    find_states,
    list_possible,
    say_source,
)
from fl_planner.planning.pathway.table import NOT_ANSWERED, find_row, say_augmentation, say_row
from fl_planner.trials.condition import fill_in
from fl_planner.trials.facts.facts import Facts

FOR_DISCUSSION = (  # wherever lesions stay, and never a resection alone [trials.md 9.2]
    "two-stage hepatectomy, or clearing by resection or ablation in the same operation, for "
    "discussion"
)
_TO_GIVE = {
    "total_liver_volume_ml": "the liver mask",
    "tumour_volume_ml": "the tumour mask (--no-tumour when there is none)",
    "flr_volume_ml": "the remnant, as an outline or by its segments",
}


def say_headline(patient: PathwaySituation) -> str:
    """Say the pathway in one line: FLR, limit and distance first, then what follows from them."""
    said = [fill_in(patient.row.line, _WORDS, patient)]
    if patient.states.embolised and patient.say_day() not in said[0]:
        said.append(patient.say_day())
    if "{flr}" in patient.row.reasons and patient.number(FLR) is not None:
        said += [patient.drawing] if patient.drawing is not None else []
        said += [f"FLR {TYPED_HERE}"] if patient.is_typed else []
    crossing = patient.crossing
    if crossing is not None and crossing not in _leading(patient):
        said.append(_say_crossing(crossing))
    return "; ".join(said)


def _lead(patient: PathwaySituation) -> str:
    """Open with the FLR, its limit with number and source, the distance, and the chance."""
    if patient.number(FLR) is None:
        return ""
    shares = ", ".join(_shares(patient))
    day = f", {patient.say_day()}" if patient.states.embolised else ""
    known = _leading(patient)
    source = say_source(patient.protocols, patient.states.diagnosis)
    distances = "".join(f", {_distance(one)}" for one in known)
    likely = max(
        (one for one in known if one.has_chance), key=lambda one: one.crossing_chance, default=None
    )
    said = f"FLR {shares}{day}{distances}, {source}"
    if likely is not None:
        which = f" {as_plain(100 * likely.limit.value)} %" if len(known) > 1 else ""
        said += f"; {format_chance(likely.crossing_chance)} chance of crossing{which}"
    borderline = any(one.is_borderline for one in known)
    return f"{said}{' (borderline)' if borderline else ''}: "


def _leading(patient: PathwaySituation) -> list[Limited]:
    """Find the limits with which the line begins: that which holds, or those on either side."""
    if patient.states.flr is FlrState.UNDETERMINED:
        return [*_around(patient)]
    holding = patient.find_limit()
    return [] if holding is None or "{lead}" not in patient.row.line else [holding]


def _around(patient: PathwaySituation) -> Iterator[Limited]:
    """Find the limits beside an FLR that a missing answer decides on: the one below, and above."""
    possible = list_possible(patient.facts, patient.protocols, patient.states.diagnosis)
    own = [x for x in patient.limited if x.limit.fact == FLR and x.limit.value in possible]
    own.sort(key=lambda one: one.limit.value)
    yield from [one for one in own if one.answer != "below"][-1:]
    yield from [one for one in own if one.answer == "below"][:1]


def _shares(patient: PathwaySituation) -> Iterator[str]:
    """Say the FLR as a share, after an embolisation of which liver.

    Of the first scan's too where the two lie on different sides of the limit.
    """
    share = patient.say_share(FLR)
    if not patient.states.embolised:
        yield share
        return
    first, limit = patient.number(OF_BASELINE), patient.find_limit()
    if first is None:
        yield f"{share} of this scan's liver (which shrinks after {patient.say_kinds()})"
        return
    yield f"{share} of this scan's liver"
    now = patient.number(FLR)
    assert now is not None  # or nothing is said of it
    apart = limit is not None and (now < limit.limit.value) is not (first < limit.limit.value)
    if apart:
        yield f"{patient.say_share(OF_BASELINE)} of the first scan's"


def _distance(one: Limited) -> str:
    if not isinstance(one, Threshold):
        return one.distance
    percent = f"{as_plain(100 * one.limit.value)} %"
    if one.answer == "at":
        return f"exactly at {percent}"
    return f"{as_ml(abs(one.distance_ml))} {one.answer} {percent}"


def _say_crossing(limited: Limited) -> str:
    """Say how near a borderline limit is, and how often another reading would cross it."""
    named = {FLR: "FLR", AFTER_CLEARING: "FLR after clearing"}
    of = named.get(limited.limit.fact, "untreated liver")
    return (
        f"borderline: {of} {_distance(limited)}, {format_chance(limited.crossing_chance)} chance "
        "of crossing"
    )


def say_not_answered(patient: PathwaySituation) -> str:
    """Say that there is no answer, and by what errors."""
    return fill_in(
        NOT_ANSWERED.line, {**_WORDS, "headline": lambda _: NOT_ANSWERED.headline}, patient
    )


def say_flr_alone(patient: PathwaySituation) -> str:
    """Say what the FLR alone would lead to, as if there were no radioembolisation."""
    if FLR in patient.withdrawn:
        return say_not_answered(patient)
    alone = replace(patient.states, fits_radioembolisation=False)
    return say_row(find_row(alone), patient.facts, patient.protocols)


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
    return say_row(find_row(find_states(facts, patient.protocols)), facts, patient.protocols)


def _function_first(patient: PathwaySituation) -> str:
    """Open with a function that suffices: the board asks first if augmentation is needed."""
    if patient.states.function is not Truth.TRUE:
        return ""
    return (
        f"function {patient.say_function()} exceeds {patient.function_limit}: first question for "
        "the tumour board is whether FLR augmentation is needed; "
    )


def say_by_function(patient: PathwaySituation) -> str:
    """Say that function reaches its limit, whose figure that is, and where the volume stands."""
    of, limit = patient.protocols.crlm.name, patient.say_limit()
    crlm = " for CRLM" if patient.states.diagnosis is DiagnosisState.HCC else ""
    volume = f"volume below {limit}"
    if patient.states.flr is FlrState.UNDETERMINED:
        volume = "whether the volume suffices depends on the liver"
    return (
        f"limit reached by function ({patient.say_function()}, above {patient.function_limit}, "
        f"{of}{crlm}), {volume}"
    )


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
    margin = patient.number("clearing_margin_mm")
    by = "" if margin is None else f" with a {as_plain(margin)} mm margin"
    said = f"{patient.say_share(AFTER_CLEARING)} after clearing{by}"
    if patient.states.flr is not FlrState.SUFFICIENT:
        return said
    between = {
        FlrState.INSUFFICIENT: f", {patient.say_limit()} is between",
        FlrState.UNDETERMINED: ", and a limit may lie between",
    }
    return f"{said}{between.get(patient.states.after_clearing, '')}{_with_1mm(patient)}"


def _with_1mm(patient: PathwaySituation) -> str:
    """Say what clearing with 1 mm would leave, where that is on the other side of the limit."""
    least, cleared = patient.number(AFTER_1MM), patient.number(AFTER_CLEARING)
    limit = find_holding(patient.facts, patient.protocols, patient.states.diagnosis)
    if least is None or cleared is None or limit is None:
        return ""
    if (least < limit) is (cleared < limit):
        return ""
    side = "below" if least < limit else "not below"
    return f"; with 1 mm: {patient.say_share(AFTER_1MM)}, {side} {as_plain(100 * limit)} %"


def _left(patient: PathwaySituation) -> str:
    """Add the lesions left to a headline that is about something else; nothing without any."""
    if patient.states.lesions_left is not Truth.TRUE or patient.number(FLR) is None:
        return ""
    drawn = f"FLR {patient.say_share(FLR)} {patient.made}, {say_cleared(patient)}"
    return f"; {say_lesions_left(patient)} in the remnant: {drawn}"


def _volume_only(patient: PathwaySituation) -> str:
    return "; volume only" if patient.states.function is Truth.UNKNOWN else ""


def _function_beside(patient: PathwaySituation) -> str:
    """Say a function that suffices beside an answer by volume."""
    if patient.states.function is not Truth.TRUE:
        return ""
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
    return f"{name} may"


def _causes(patient: PathwaySituation) -> str:
    return "; ".join(dict.fromkeys(one.why for one in patient.withdrawn.values()))


_WORDS: dict[str, Callable[[PathwaySituation], str]] = {
    "headline": lambda patient: say_row(patient.row, patient.facts, patient.protocols),
    "lead": _lead,
    "limit": PathwaySituation.say_limit,
    "augmentation": lambda patient: say_augmentation(patient.facts, patient.protocols),
    "by_function": say_by_function,
    "function": PathwaySituation.say_function,
    "function_beside": _function_beside,
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
    "kinds": PathwaySituation.say_kinds,
    "volume_only": _volume_only,
    "no_tumour": _no_tumour,
    "hcc_beside": _hcc_beside,
}
