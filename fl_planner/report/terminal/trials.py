"""Trials and a patient's answers as tables that fit 80 columns."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Group, RenderableType
from rich.text import Text

from fl_planner.basis.constants import CANCERS
from fl_planner.basis.standing_words import QUESTIONS
from fl_planner.record.judgement import JudgementKeys, JudgementRecord, RouteRecord
from fl_planner.record.trials import (
    CriterionAnswerRecord,
    CriterionKeys,
    ListedTrialRecord,
    TrialAnswerRecord,
    TrialListRecord,
)
from fl_planner.report import words as say
from fl_planner.report.document.blocks import Sentences
from fl_planner.report.questions import (
    MOST,
    beside_route,
    list_questions,
    route_reasons,
    say_settling,
)
from fl_planner.report.terminal.measurements import context_rows
from fl_planner.report.terminal.plan import MOST_FINDINGS, typed_rows
from fl_planner.report.terminal.table import (
    all_by,
    finding_rows,
    hanging,
    inset,
    notice,
    print_sentences,
    with_rest,
)
from fl_planner.trials.criterion import REACH
from fl_planner.trials.judge import CHANGES

STYLES = {"eligible": "bold green", "indeterminate": "yellow", "not_eligible": ""}
FEW = 2  # failures of a trial that are shown


def judged_table(record: JudgementRecord, *, verbose: bool = False) -> RenderableType:
    """Show the answer to a patient's facts in short, or with every criterion.

    The answer stands first, and below it what to look at before it is trusted.
    """
    judged = record.judged
    return Group(
        *_answer(judged),
        *finding_rows(record.findings, verbose=verbose, most=None if verbose else MOST_FINDINGS),
        *_route(judged.route, verbose=verbose),
        *(row for trial in judged.trials for row in _trial(trial, verbose=verbose)),
        *(() if record.context is None else context_rows(record.context, verbose=verbose)),
        *_questions(judged, verbose=verbose),
        Text(f"\n{say.BOARD}", style="dim"),
        notice(record.notice if verbose else with_rest(record.notice)),
    )


def _answer(judged: JudgementKeys) -> Iterable[RenderableType]:
    """Show route and pathway by their headlines, and the sides of an FLR that was typed."""
    yield Text(say.sentence(judged.route.headline), style="bold")
    for other in beside_route(judged.route):
        yield Text(f"beside it: {other}")
    yield Text(f"By volume alone: {say.sentence(judged.pathway.headline)}")
    if judged.typed_flr is not None:
        yield from typed_rows(judged.typed_flr)
    yield Text("")


def _route(route: RouteRecord, *, verbose: bool) -> Iterable[RenderableType]:
    """Show what else there is beside a route; why it is this one and what to do when asked for."""
    why, others, steps = route_reasons(route)
    if verbose:
        yield from print_sentences(why, gap="")
        yield from print_sentences(others)
        yield from print_sentences(steps)
    elif others.sentences:
        yield from print_sentences(others, gap="")
        yield Text("")


def criteria_table(record: TrialListRecord) -> RenderableType:
    """Show the criteria of one trial."""
    (trial,) = record.trials
    rows: list[RenderableType] = [*_head(trial)]
    rows += [inset(say.sentence(note)) for note in trial.trial.notes]
    for one in record.criteria or ():
        rows.append(hanging(f"{one.criterion.id:5} ", Text(one.criterion.says)))
        rows += _marks(one.criterion)
    rows += print_sentences(Sentences("Beside its criteria", tuple(record.background or ())))
    return Group(*rows)


def trial_list_table(record: TrialListRecord) -> RenderableType:
    """Show each trial: whom it is for, its arms, how much it asks, and of when its text is."""
    rows = [row for trial in record.trials for row in (*_head(trial), Text())]
    if record.limits_only:
        rows.append(Text("No patient is judged by these; they lend a limit alone:", style="bold"))
        rows += [row for trial in record.limits_only for row in _head(trial)]
    return Group(*rows)


def _head(trial: ListedTrialRecord) -> Iterable[RenderableType]:
    yield Text(trial.trial.called, style="bold")
    count = trial.criteria_count
    criteria = "1 criterion" if count == 1 else f"{count} criteria"
    text = f"text of {trial.text_date}" if trial.text_date else "date of its text not on file"
    yield inset(say.joined(CANCERS[trial.diagnosis], criteria if count else None, text))
    if trial.arms:
        yield inset(f"arms: {'; '.join(trial.arms)}" if len(trial.arms) > 1 else trial.arms[0])
    yield inset(trial.link or trial.trial.source)


def _questions(judged: JudgementKeys, *, verbose: bool) -> Iterable[RenderableType]:
    """Tell what to find out, who can tell it, and what it settles: five, or all when asked for."""
    every = list_questions(judged)
    more = 0 if verbose else len(every) - MOST
    told = tuple(map(say_settling, every if verbose else every[:MOST]))
    title = f"{QUESTIONS}, and {more} more ({all_by()})" if more > 0 else QUESTIONS
    yield from print_sentences(Sentences(title, told))


def _trial(one: TrialAnswerRecord, *, verbose: bool) -> Iterable[RenderableType]:
    """Show a verdict and the first failures that decide it; or every criterion.

    A trial for another diagnosis, or one that only lacks answers, is one line.
    """
    reach = f", {REACH[one.reach]}" if one.reach else ""
    yield Text.assemble(
        "\n" if verbose else "",
        (one.trial.called, "bold"),
        ": ",
        (one.shown, STYLES[one.verdict]),
        f"{reach}{_missing(one)}",
    )
    if not one.applies and not verbose:
        return
    if one.by_design:
        yield inset(one.reasons[0])
    shown = one.failed[:FEW]
    for answer in one.criteria:
        if verbose or answer.criterion.id in shown:
            yield from _criterion(answer)
    more = 0 if verbose else len(one.failed) - FEW
    if more > 0:
        yield inset(
            f"and {say.criteria(more)} more that {'is' if more == 1 else 'are'} in the way: "
            f"{all_by()}"
        )


def _missing(one: TrialAnswerRecord) -> str:
    number = say.missing(one)
    if not number:
        return ""
    person = "from a person" if one.only_human_open else "missing"
    return f"; {number} answer{'' if number == 1 else 's'} {person}"


def _criterion(answer: CriterionAnswerRecord) -> Iterable[RenderableType]:
    """Show one answer: what is asked, what is known, how far, whether it may change."""
    asked, crosses, holds = answer.criterion, None, None
    if answer.crossing_chance is not None:
        crosses = say.crossing(answer.crossing_chance)
    if answer.holds_days is not None:
        holds = f"holds for {answer.holds_days:g} days"
    told = f"{asked.kind} {say.ANSWERS[asked.kind][answer.answer]}"
    said = Text.assemble((told, "bold"), f": {asked.says}")
    yield hanging(f"{asked.id:5} ", said, indent=2)
    unknown = answer.answer == "unknown"
    changes = f"asked of: {asked.asked_of}" if unknown else CHANGES[answer.changes]
    line = say.joined(answer.evidence, answer.distance, crosses, changes, holds)
    yield inset(line, "dim", by=8)
    yield from _marks(asked)


def _marks(asked: CriterionKeys) -> Iterable[RenderableType]:
    """Show the reading that was chosen, and what to know of a criterion."""
    for mark in say.marks(asked):
        yield inset(mark, "dim italic", by=8)
