"""Why a route is what it is: whole sentences, the deciding ones first."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from fl_planner.basis.diagnoses import NAMES_BY_FACT
from fl_planner.basis.shown import as_number
from fl_planner.basis.truth import Truth
from fl_planner.planning.pathway.evidence import find_crossing, tell_distance
from fl_planner.planning.pathway.situation import FLR, FUNCTION
from fl_planner.planning.pathway.states import FlrState
from fl_planner.planning.route.rows import (
    DRAGON_2,
    ROUTED,
    RouteRow,
    Situation,
)
from fl_planner.planning.route.words import join_words, name_trial
from fl_planner.trials.judge import Answer, Judgement, Verdict

FEW = 2  # failures of a trial that are told with their numbers
_CHANGES = {
    "can_change": "which can change",
    "on_date": "which a date changes",
    "permanent": "which stays",
}
_OPERABLE = (
    "The patient is operable: resectable, no forbidding comorbidity, no disease elsewhere, "
    "Child-Pugh A, ECOG at most 2."
)
# what the rows say whatever the numbers [trials.md 9.3]
_SAID: dict[str, tuple[str, ...]] = {
    "R3": ("Neither CRLM nor HCC is present.",),
    "C1": (
        "The National Liver Panel calls the metastases unresectable, and no systemic therapy has "
        "been given.",
        "This window closes with the first cycle of chemotherapy; DRAGON 2 stays possible "
        "afterwards.",
    ),
    "C2": (
        "DRAGON 2 takes patients by volume, and the function is above the limit at which its text "
        "calls resection usual: the board should first ask whether it already allows resection.",
    ),
    "C3": ("The small remnant is what stands between the patient and resection.",),
    "C4": ("The disease outside the liver is limited, and the board calls it controllable.",),
    "C5": ("The metastases are few and small, and there are none elsewhere.",),
    "C6": (
        "Of DRAGON 2's criteria only exclusion 9 stands against it: combined PVE/HVE is ruled out.",
        "Outside the trial nothing forces a decision by volume alone.",
    ),
    "C7": (
        "Of DRAGON 2's criteria only exclusion 9 stands against it: combined PVE/HVE is ruled out.",
        "The text of DRAGON 2 calls PVE the current standard; to choose it where combined PVE/HVE "
        "is impossible is a reading of this project.",
    ),
    "C8": ("Volume and function disagree: neither overrules the other.",),
    "C9": (
        _OPERABLE,
        "This says nothing on chemotherapy before surgery.",
    ),
    "H3": ("Volume and function disagree: neither overrules the other.",),
    "H3a": (
        "Resection of two or more segments is advised against in cirrhosis with clinically "
        "significant portal hypertension; that is debated, and not from the five texts.",
    ),
    "H4": (_OPERABLE,),
    "H5": (
        "The remnant is too small for this liver, and none of the five trials covers that.",
        "DRAGON PLC, which is not one of the five, takes HCC and cholangiocarcinoma with an FLR "
        "below 30 %, below 40 % in an impaired liver, below 50 % in cirrhosis of Child-Pugh A5, or "
        "a function below 2.7 %/min/m².",
    ),
}


def say_route_reasons(row: RouteRow, situation: Situation) -> tuple[str, ...]:
    """Say the reasons of a route, what stands against the others, and what was not checked."""
    said = [*_SAID.get(row.name, ()), *_BY_ROW.get(row.name, _nothing)(situation)]
    if row.trial is not None:
        said += _notes(row.trial, situation)
    said += _pending(row, situation)
    if situation.centre is None:
        said.append(
            "Where the trials recruit was not checked: without a centre file each counts as open."
        )
    return tuple(said)


def _nothing(_: Situation) -> Iterator[str]:
    yield from ()


def _contradictions(situation: Situation) -> Iterator[str]:
    codes = situation.contradictions or ("both cancers are said to be present",)
    yield (
        f"The facts exclude each other ({join_words(codes)}): no plan stands on them until a "
        "person has settled it."
    )


def _diagnosis(situation: Situation) -> Iterator[str]:
    facts = situation.told.facts
    unknown = [name for fact, name in NAMES_BY_FACT.items() if facts.get(fact) is None]
    yield (
        "Neither CRLM nor HCC is known to be present, and whether there is "
        f"{' or '.join(unknown)} is not answered."
    )


def _flr(situation: Situation) -> Iterator[str]:
    told = situation.told
    withdrawn = told.say_withdrawn(FLR)
    if withdrawn is not None:
        yield f"The FLR is not to be used: {withdrawn}."
    elif situation.flr is FlrState.NOT_GIVEN:
        yield "The FLR is not known, and it decides between the routes."
    elif situation.flr is FlrState.UNDETERMINED:
        yield (
            f"The FLR, {told.say_share(FLR)} of the non-tumorous liver, lies where a missing "
            "answer on the liver decides whether it is enough."
        )
    else:
        enough = "suffices" if situation.flr is FlrState.SUFFICIENT else "is too small"
        yield f"The FLR, {told.say_share(FLR)} of the non-tumorous liver, {enough} by volume."


def _function(situation: Situation) -> Iterator[str]:
    told = situation.told
    withdrawn = told.say_withdrawn(FUNCTION)
    if withdrawn is not None:
        yield f"Its function is not to be used: {withdrawn}."
        return
    if situation.function is Truth.UNKNOWN:
        yield "Function was not measured, so volume decides alone."
        return
    does = "exceeds" if situation.function is Truth.TRUE else "does not exceed"
    yield f"Its function, {told.say_function()}, {does} {told.function_limit}."


def _volume_and_function(situation: Situation) -> Iterator[str]:
    yield from _flr(situation)
    yield from _function(situation)


def _none_fits(situation: Situation) -> Iterator[str]:
    """Say what stands against each trial for this diagnosis."""
    for short in ROUTED[situation.diagnosis]:
        judged = situation.judged(short)
        if judged is None:
            continue
        if judged.verdict is Verdict.NOT_ELIGIBLE:
            yield f"{name_trial(judged)}: not eligible, {_failures(judged, situation)}."
        elif judged.verdict is Verdict.ELIGIBLE:
            yield f"{name_trial(judged)} fits, {situation.offer(judged)}."
        else:
            yield f"{name_trial(judged)} is not decided, and {situation.offer(judged)}."
    yield from _flr(situation)
    yield from _function(situation)


def _failures(judged: Judgement, situation: Situation) -> str:
    """Name what fails; few failures with their sentence and how far the number is."""
    failed = [answer for answer in judged.answers if answer.fails]
    if len(failed) > FEW:
        return ", ".join(judged.failed)
    return "; ".join(_failure(answer, situation) for answer in failed)


def _failure(answer: Answer, situation: Situation) -> str:
    told = situation.told
    distance = tell_distance(answer.against, told.thresholds, told.limits)
    near = f", {distance}" if distance else ""
    crossing = find_crossing(answer.against, told.thresholds)
    if crossing is not None and crossing.is_borderline:
        chance = as_number(100 * crossing.crossing_chance, (), 0)
        near += f"; another reading would cross it with a chance of {chance} %"
    says = answer.criterion.says
    return f"{answer.criterion.id} ({says}{near}), {_CHANGES[answer.changes]}"


def _undecided(situation: Situation) -> Iterator[str]:
    """Say which criteria of which trials are not answered."""
    for judged in situation.undecided:
        human = ", which only a person can answer" if judged.only_human_open else ""
        yield f"{name_trial(judged)} is open: {join_words(judged.unknown)}{human}."


def _data(situation: Situation) -> Iterator[str]:
    yield from _undecided(situation)
    if situation.flr_open:
        yield from _flr(situation)


def _pending(row: RouteRow, situation: Situation) -> Iterator[str]:
    """Name the trials that a missing value would hide behind another route."""
    if row.route == "needs_data" or row.name == "R1":
        return
    for sentence in _undecided(situation):
        yield f"Pending: {sentence}"


def _notes(short: str, situation: Situation) -> Iterator[str]:
    judged = situation.judged(short)
    for note in judged.trial.notes if judged is not None else ():
        yield f"{note[:1].upper()}{note[1:]}."
    if short == DRAGON_2:
        yield from _volume_and_function(situation)


_BY_ROW: dict[str, Callable[[Situation], Iterator[str]]] = {
    "R1": _contradictions,
    "R2": _diagnosis,
    "C6": _function,
    "C8": _volume_and_function,
    "C9": _volume_and_function,
    "C10": _data,
    "C11": _none_fits,
    "H2": _data,
    "H3": _volume_and_function,
    "H4": _volume_and_function,
    "H5": _volume_and_function,
    "H6": _data,
    "H7": _none_fits,
}
