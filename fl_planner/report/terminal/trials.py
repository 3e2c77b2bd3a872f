"""Print trials and a patient's answers in 80 columns."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Group, RenderableType
from rich.text import Text

from fl_planner.basis.constants import CANCERS
from fl_planner.basis.plain_text import format_count
from fl_planner.basis.standing_words import QUESTIONS
from fl_planner.record.head import state_accepted
from fl_planner.record.judgement import JudgementKeys, JudgementRecord, RouteRecord
from fl_planner.record.trials import (
    CriterionAnswerRecord,
    CriterionKeys,
    ListedTrialRecord,
    TrialAnswerRecord,
    TrialListRecord,
)
from fl_planner.report import words as phrases
from fl_planner.report.document.blocks import Sentences
from fl_planner.report.questions import (
    MOST,
    describe_alternatives,
    describe_settling,
    route_reasons,
)
from fl_planner.report.terminal.measurements import context_rows
from fl_planner.report.terminal.plan import MOST_FINDINGS, entered_rows
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


def judged_table(
    record: JudgementRecord, *, verbose: bool = False, only: str | None = None
) -> RenderableType:
    """Print the answers for a patient in short, or with every criterion.

    The answer comes first, then the findings to review.

    - `only`: id of the trial to be shown, with the questions that concern it; None for all.
    """
    judged = record.judged
    trials = [one for one in judged.trials if only in (None, one.trial.id)]
    last = record.notice if verbose else with_rest(record.notice)
    return Group(
        *_answer(judged, state_accepted(record.findings)),
        *finding_rows(record.findings, verbose=verbose, most=None if verbose else MOST_FINDINGS),
        *_route(judged.route, verbose=verbose),
        *(row for trial in trials for row in _trial(trial, verbose=verbose)),
        *(() if record.context is None else context_rows(record.context, verbose=verbose)),
        *_questions(judged, only, verbose=verbose),
        notice(f"{phrases.BOARD}\n{phrases.sentence(last)}"),
    )


def _answer(judged: JudgementKeys, accepted: str) -> Iterable[RenderableType]:
    """Print the headlines of route and pathway, and the sides of an entered FLR.

    - `accepted`: the errors despite which the pathway is given; "" if none.
    """
    yield Text(phrases.sentence(judged.route.headline), style="bold")
    for other in describe_alternatives(judged.route):
        yield Text(f"also: {other}")
    yield Text(f"Volume-based pathway: {phrases.sentence(judged.pathway.headline)}{accepted}")
    if judged.typed_flr is not None:
        yield from entered_rows(judged.typed_flr)
    yield Text("")


def _route(route: RouteRecord, *, verbose: bool) -> Iterable[RenderableType]:
    """Print other options; reasons and next steps if `verbose`."""
    why, others, steps = route_reasons(route)
    if verbose:
        yield from print_sentences(why, gap="")
        yield from print_sentences(others)
        yield from print_sentences(steps)
    elif others.sentences:
        yield from print_sentences(others, gap="")
        yield Text("")


def criteria_table(record: TrialListRecord) -> RenderableType:
    """Print the criteria of one trial."""
    (trial,) = record.trials
    rows: list[RenderableType] = [*_head(trial)]
    rows += [inset(phrases.sentence(note)) for note in trial.trial.notes]
    for one in record.criteria or ():
        rows.append(hanging(f"{one.criterion.id:5} ", Text(one.criterion.says)))
        rows += _marks(one.criterion)
    rows += print_sentences(
        Sentences("Background information, not criteria", tuple(record.background or ()))
    )
    return Group(*rows)


def trial_list_table(record: TrialListRecord) -> RenderableType:
    """Print each trial: population, arms, number of criteria, and date of its text."""
    rows = [row for trial in record.trials for row in (*_head(trial), Text())]
    if record.limits_only:
        rows.append(
            Text(
                "Trials used only for their limits; patients are not assessed for them:",
                style="bold",
            )
        )
        rows += [row for trial in record.limits_only for row in _head(trial)]
    return Group(*rows)


def _head(trial: ListedTrialRecord) -> Iterable[RenderableType]:
    yield Text(trial.trial.called, style="bold")
    count = trial.criteria_count
    criteria = format_count(count, "criterion", "criteria")
    text = f"text dated {trial.text_date}" if trial.text_date else "text not dated"
    yield inset(phrases.joined(CANCERS[trial.diagnosis], criteria if count else None, text))
    if trial.arms:
        yield inset(f"arms: {'; '.join(trial.arms)}" if len(trial.arms) > 1 else trial.arms[0])
    yield inset(trial.link or trial.trial.source)


def _questions(
    judged: JudgementKeys, only: str | None, *, verbose: bool
) -> Iterable[RenderableType]:
    """Print five questions, or all, with who can answer them and the criteria they settle."""
    every = [
        one
        for one in judged.route.questions
        if only is None or only in (each.trial for each in one.criteria)
    ]
    more = 0 if verbose else len(every) - MOST
    questions = tuple(map(describe_settling, every if verbose else every[:MOST]))
    title = f"{QUESTIONS}; {more} more with {all_by()}" if more > 0 else QUESTIONS
    yield from print_sentences(Sentences(title, questions))


def _trial(one: TrialAnswerRecord, *, verbose: bool) -> Iterable[RenderableType]:
    """Print a verdict with the first criteria that exclude the patient, or with every criterion.

    A trial for another diagnosis, or with only missing answers, is one line.
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
            f"and {more} further {'criterion' if more == 1 else 'criteria'} not satisfied "
            f"(shown with {all_by()})"
        )


def _missing(one: TrialAnswerRecord) -> str:
    if not (number := phrases.missing(one)):
        return ""
    if one.only_human_open:
        return (
            f"; {phrases.criteria(number)} {'needs' if number == 1 else 'need'} clinical judgement"
        )
    return f"; {phrases.criteria(number)} not answered"


def _criterion(answer: CriterionAnswerRecord) -> Iterable[RenderableType]:
    """Print one answer: criterion, evidence, distance, and whether it is modifiable."""
    asked, crosses, holds = answer.criterion, None, None
    if answer.crossing_chance is not None:
        crosses = phrases.crossing(answer.crossing_chance)
    if answer.holds_days is not None:
        holds = f"valid for {format_count(int(answer.holds_days), 'day')}"
    head = f"{asked.kind} {phrases.ANSWERS[asked.kind][answer.answer]}"
    words = Text.assemble((head, "bold"), f": {asked.says}")
    yield hanging(f"{asked.id:5} ", words, indent=2)
    unknown = answer.answer == "unknown"
    changes = f"to be answered by: {asked.asked_of}" if unknown else CHANGES[answer.changes]
    line = phrases.joined(answer.evidence, answer.distance, crosses, changes, holds)
    yield inset(line, "dim", by=8)
    yield from _marks(asked)


def _marks(asked: CriterionKeys) -> Iterable[RenderableType]:
    """Print the chosen reading of a criterion, and its note."""
    for mark in phrases.marks(asked):
        yield inset(mark, "dim italic", by=8)
