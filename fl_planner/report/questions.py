"""Words for routes, open questions, and the effect of answers."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from fl_planner.basis.shown import as_plain, as_unit
from fl_planner.basis.standing_words import OTHER_OPTIONS
from fl_planner.intake.documents.protocols import find_trial_name, read_route_rows
from fl_planner.planning.full_route.reasons import join_criteria
from fl_planner.planning.judgement import Judged
from fl_planner.planning.next_question import RangeEnd, TriedAnswer, changes_of, changes_pathway
from fl_planner.planning.only_just_eligible import show_verdict
from fl_planner.record.judgement import (
    AlternativeRecord,
    PathwayRecord,
    QuestionRecord,
    RouteRecord,
)
from fl_planner.report import words as phrases
from fl_planner.report.document.blocks import Sentences
from fl_planner.trials.criterion import Criterion
from fl_planner.trials.facts.quantities import name_code
from fl_planner.trials.judge import Judgement
from fl_planner.trials.statements import Amount, EarlierEmbolisation

MOST = 5  # that a person reads at once


def describe_question(one: QuestionRecord, *, brief: bool = False) -> str:
    """Describe a question and who can answer it; `brief` omits explanations."""
    offered = "" if one.computed is None else f", {one.computed.says}"
    return f"{phrases.question(one, brief=brief)}{offered}"


def describe_settling(one: QuestionRecord) -> str:
    """Describe a question and the criteria that it settles."""
    settles = phrases.settled(one.criteria)
    return describe_question(one) + (f": {settles}" if settles else "")


NOTHING = (
    "This answer alone does not change any verdict, the answer to any criterion, or the route."
)
CONTRADICTS = "Contradicts the recorded facts."


def describe_tried(tried: TriedAnswer) -> str:
    """Describe an answer, or the range of numbers that it represents."""
    unit = "days before the assessment date" if tried.unit == "d" else as_unit(tried.unit)
    match tried.given:
        case bool():
            return phrases.YES_NO[tried.given]
        case EarlierEmbolisation():
            return str(tried.given.kind)
        case str():
            return name_code(tried.given)
        case tuple():
            return phrases.numbered(name_code(find_trial_name(one)) for one in tried.given)
    return _range(tried.low, tried.high, unit)


def describe_effects(here: Judged, tried: TriedAnswer) -> tuple[str, ...]:
    """Describe the changes caused by an answer: verdicts, criteria, pathway and route."""
    lines = tuple(_changes(here, tried.judged)) or (NOTHING,)
    return tuple(_name_range(line, tried) for line in lines)


def _name_range(line: str, tried: TriedAnswer) -> str:
    """Name the range of an answer instead of the number next to its end that was tried."""
    ends = [end.value for end in (tried.low, tried.high) if end is not None]
    if not isinstance(tried.given, Amount) or tried.given.value in ends:
        return line
    number = f"{as_plain(tried.given.value)} {as_unit(tried.given.unit)}"
    return line.replace(number, describe_tried(tried))


def _changes(here: Judged, there: Judged) -> Iterator[str]:
    new = {one.code for one in there.findings} - {one.code for one in here.findings}
    if any(code.startswith("contradiction.") for code in new):
        yield CONTRADICTS
    for before, after in zip(here.judgements, there.judgements, strict=True):
        if before.applies or after.applies:
            yield from _verdict(before, after, here, there)
    if changes_pathway(here, there):
        yield f"Volume-based pathway: {there.pathway.headline}."
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
        yield f"{name}: remains {shown}; criteria answered: {join_criteria(settled)}."


def _failing(one: Criterion) -> str:
    answer = {"inclusion": "not_met", "exclusion": "met"}[one.kind]
    return f"{one.kind} {phrases.ANSWERS[one.kind][answer]}: {one.says} ({one.id})"


def _range(low: RangeEnd | None, high: RangeEnd | None, unit: str) -> str:
    """Format a range, with its unit once if both ends have the same."""
    if low is None and high is None:
        return "any number"
    ends = [_as_stated(end, unit) for end in (low, high) if end is not None]
    numbers = [f"{amount} {of}" if of != ends[-1][1] else amount for amount, of in ends]
    to = " to below " if low is not None and high is not None and high.open else " to "
    amount = to.join(numbers) if low != high else numbers[0]
    shown = f"{amount} {ends[-1][1]}".strip()
    if low is None:
        assert high is not None
        return f"below {shown}" if high.open else f"{shown} or less"
    above = f"above {shown}" if low.open else shown
    return above if low.open or high is not None else f"{shown} or more"


def _as_stated(end: RangeEnd, unit: str) -> tuple[str, str]:
    """Return an end and its unit: that of the trial, if the number is not exact in this one."""
    shown = as_plain(end.value)
    if end.stated is None or Fraction(shown) == end.value:
        return shown, unit
    return as_plain(end.stated.value), as_unit(end.stated.unit)


ROUTES = {  # short names of routes with several headlines
    "needs_data": "information missing",
    "needs_mdt": "for tumour board discussion",
    "resection_without_augmentation": "resection without prior FLR augmentation, for discussion",
    "resection_after_augmentation": "resection after FLR augmentation or radioembolisation, for "
    "discussion",
}


def name_route(name: str) -> str:
    """Return the short name of a route, for lists of patients.

    Examples
    --------
    >>> name_route("needs_data"), name_route("trial_dragon2"), name_route("own_way")
    ('information missing', 'DRAGON 2', 'own way')
    >>> name_route("pve_outside_trial")
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
    """Return the reasons for a pathway, and what would change it."""
    return (
        Sentences("Why this pathway", pathway.reasons),
        Sentences("What would change the pathway", pathway.would_change),
    )


def route_reasons(route: RouteRecord) -> tuple[Sentences, ...]:
    """Return the reasons for a route, other options, and next steps."""
    return (
        Sentences("Why this route", route.reasons),
        Sentences(OTHER_OPTIONS, tuple(map(_describe_option, route.alternatives))),
        Sentences("Next steps", route.next_steps),
    )


def describe_alternatives(route: RouteRecord) -> list[str]:
    """List the other applicable trials, including a hospital's own; none is ranked lower."""
    return [_describe_option(one) for one in route.alternatives if one.name.startswith("trial_")]


def _describe_option(option: AlternativeRecord) -> str:
    return f"{option.says}: {option.why}"
