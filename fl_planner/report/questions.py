"""What a person reads for a route, what to find out next on it, and what an answer would do."""

from __future__ import annotations

from collections.abc import Iterator

from fl_planner.basis.shown import as_plain
from fl_planner.basis.standing_words import OTHER_OPTIONS
from fl_planner.intake.documents.protocols import find_trial_name, read_route_rows
from fl_planner.planning.judgement import Judged
from fl_planner.planning.next_question import RangeEnd, TriedAnswer, changes_of
from fl_planner.planning.only_just import show_verdict
from fl_planner.planning.route.reasons import join_criteria
from fl_planner.planning.route.route import ask_besides
from fl_planner.record.judgement import (
    AlternativeRecord,
    JudgementKeys,
    PathwayRecord,
    QuestionRecord,
    RouteRecord,
    as_question,
)
from fl_planner.report import words as say
from fl_planner.report.document.blocks import Sentences
from fl_planner.trials.criterion import Criterion
from fl_planner.trials.judge import Judgement
from fl_planner.trials.statements import EarlierEmbolisation

MOST = 5  # that a person reads at once


def list_questions(judged: JudgementKeys) -> list[QuestionRecord]:
    """List every question, in the order in which it is asked; what facts exclude comes alone."""
    asked = judged.route.questions
    known = {one.key for one in asked}  # where facts are to be settled first, none is asked yet
    besides = ask_besides((key for key in judged.pathway.to_ask if key not in known), ())
    return [*asked, *map(as_question, besides)]


def say_question(one: QuestionRecord, *, brief: bool = False) -> str:
    """Say what is to be found out, and who can tell it; `brief` leaves explanations out."""
    offered = "" if one.computed is None else f", {one.computed.says}"
    return f"{say.question(one, brief=brief)}{offered}"


def say_settling(one: QuestionRecord) -> str:
    """Say a question, and the criteria that it settles."""
    settles = say.settled(one.criteria)
    return say_question(one) + (f": {settles}" if settles else "")


NOTHING = "By itself it changes no verdict, no criterion and no route."
CONTRADICTS = "Contradicts what is on file."


def say_tried(tried: TriedAnswer) -> str:
    """Say an answer, or the range of numbers that it stands for."""
    unit = "days before the assessment date" if tried.unit == "d" else say.said_unit(tried.unit)
    match tried.given:
        case bool():
            return say.YES_NO[tried.given]
        case EarlierEmbolisation():
            return str(tried.given.kind)
        case str():
            return say.code(tried.given)
        case tuple():
            return say.numbered(say.code(find_trial_name(one)) for one in tried.given)
    return _range(tried.low, tried.high, unit)


def say_effects(here: Judged, tried: TriedAnswer) -> tuple[str, ...]:
    """Say what changes with an answer: verdicts, what settles them, pathway and route."""
    return tuple(_changes(here, tried.judged)) or (NOTHING,)


def _changes(here: Judged, there: Judged) -> Iterator[str]:
    known = {one.code for one in here.findings}
    new = {one.code for one in there.findings} - known
    if any(code.startswith("contradiction.") for code in new):
        yield CONTRADICTS
    for before, after in zip(here.judgements, there.judgements, strict=True):
        if before.applies or after.applies:
            yield from _verdict(before, after, here, there)
    if (here.pathway.row, here.pathway.name) != (there.pathway.row, there.pathway.name):
        yield f"Pathway by volume: {there.pathway.headline}."
    if (here.route.row, here.route.name) != (there.route.row, there.route.name):
        yield f"Route: {there.route.headline}."


def _verdict(before: Judgement, after: Judgement, here: Judged, there: Judged) -> Iterator[str]:
    name, shown = after.trial.name, show_verdict(after, there.facts, there.limited)
    failed, settled = (
        [after.trial.criterion(id_) for id_ in ids] for ids in changes_of(before, after)
    )
    if shown != show_verdict(before, here.facts, here.limited):
        yield f"{'; '.join((f'{name}: {shown}', *map(_failing, failed)))}."
    elif settled:
        yield f"{name}: stays {shown}; answers: {join_criteria(settled)}."


def _failing(one: Criterion) -> str:
    against = {"inclusion": "not_met", "exclusion": "met"}[one.kind]
    return f"{one.kind} {say.ANSWERS[one.kind][against]}: {one.says} ({one.id})"


def _range(low: RangeEnd | None, high: RangeEnd | None, unit: str) -> str:
    """Say a range; the limit of another unit may have no end in this one: six decimals."""
    if low is None and high is None:
        return "any number"
    ends = [as_plain(end.value) for end in (low, high) if end is not None]
    amount = " to ".join(ends) if low != high else ends[0]
    if low is not None and high is not None and high.open:
        amount = f"{ends[0]} to below {ends[1]}"
    told = f"{amount} {unit}".strip()
    if low is None:
        assert high is not None
        return f"below {told}" if high.open else f"{told} or less"
    above = f"above {told}" if low.open else told
    return above if low.open or high is not None else f"{told} or more"


ROUTES = {  # in short, where a route has several headlines
    "needs_data": "information missing",
    "needs_mdt": "for the tumour board",
    "resection_without_augmentation": "resection without prior FLR augmentation, for discussion",
    "resection_after_augmentation": "resection after FLR augmentation or radioembolisation, for "
    "discussion",
}


def say_route(name: str) -> str:
    """Say a route in short, where many patients stand below one another.

    Examples
    --------
    >>> say_route("needs_data"), say_route("trial_dragon2"), say_route("own_way")
    ('information missing', 'DRAGON 2', 'own way')
    >>> say_route("pve_outside_trial")
    'PVE outside a trial, for discussion'
    """
    if name in ROUTES:
        return ROUTES[name]
    trial = name.removeprefix("trial_")
    if trial != name:
        return find_trial_name(trial).replace("_", " ")
    headlines = (row.headline for row in read_route_rows() if row.route == name)
    return next(headlines, name.replace("_", " ")).partition(": anatomy")[0]


def pathway_reasons(pathway: PathwayRecord) -> tuple[Sentences, ...]:
    """Tell why a pathway is this one, and what would change it."""
    return (
        Sentences("Why this pathway", pathway.reasons),
        Sentences("What would change it", pathway.would_change),
    )


def route_reasons(route: RouteRecord) -> tuple[Sentences, ...]:
    """Tell why a route is this one, what else there is, and what to do."""
    return (
        Sentences("Why this route", route.reasons),
        Sentences(OTHER_OPTIONS, tuple(map(_say_option, route.alternatives))),
        Sentences("Next steps", route.next_steps),
    )


def beside_route(route: RouteRecord) -> list[str]:
    """Tell the other trials that fit, a hospital's own among them: none is ranked below."""
    return [_say_option(one) for one in route.alternatives if one.name.startswith("trial_")]


def _say_option(option: AlternativeRecord) -> str:
    return f"{option.says}: {option.why}"
