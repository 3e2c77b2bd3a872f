"""What an answer would do, in words, before it is given."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from fl_planner.basis.shown import as_plain
from fl_planner.intake.documents.bundled_trials import find_trial_name
from fl_planner.planning.judgement import Judged
from fl_planner.planning.pathway.evidence import show_verdict
from fl_planner.planning.tried_answers import RangeEnd, TriedAnswer, changes_of
from fl_planner.report import words as say
from fl_planner.trials.judge import Judgement
from fl_planner.trials.statements import EarlierEmbolisation

NOTHING = "By itself it changes no verdict, no criterion and no route."
CONTRADICTS = "Contradicts what is on file."


def say_tried(tried: TriedAnswer) -> str:
    """Say an answer, or the range of numbers that it stands for."""
    unit = "days before the judging date" if tried.unit == "d" else say.said_unit(tried.unit)
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
    name, shown = after.trial.name, show_verdict(after, there.limited)
    failed, settled = map(_criteria, changes_of(before, after))
    if shown != show_verdict(before, here.limited):
        yield f"{name}: {shown}{f', by {failed}' if failed else ''}."
    elif settled:
        yield f"{name}: stays {shown}; answers {settled}."


def _criteria(ids: Iterable[str]) -> str:
    return ", ".join(map(say.criterion, ids))


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
