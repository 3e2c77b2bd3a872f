"""Trials with their missing answers, findings, method and sources: the second page."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from fl_planner.basis.shown import as_number
from fl_planner.basis.standing_words import NOT_CHECKED, QUESTIONS
from fl_planner.record.growth import GrowthKeys
from fl_planner.record.judgement import JudgementKeys
from fl_planner.record.plan import PlanRecord
from fl_planner.record.trials import CriterionAnswerRecord, TrialAnswerRecord
from fl_planner.report import words as phrases
from fl_planner.report.document.blocks import Block, Card, NamedValue, RowTable, Sentences, filled
from fl_planner.report.document.operations import (
    NEAREST_VESSEL,
    lesion_table,
    plan_table,
    resection_table,
)
from fl_planner.report.page.method import finding_rows, method_blocks
from fl_planner.report.page.prose import Charts, measurements
from fl_planner.report.page.values import find_expiry
from fl_planner.report.questions import MOST, describe_question, describe_settling, list_questions
from fl_planner.trials.criterion import REACH
from fl_planner.trials.judge import CHANGES

MOST_LESIONS, MOST_RESECTIONS, MOST_FAILED, MOST_MISSING = 8, 6, 2, 5
MORE = "{what} not shown: {{}}; " + f"{phrases.IN_APPENDIX}."
LINE = "______________________   Date: ______________"


def trial_page(record: PlanRecord, growth: GrowthKeys | None = None) -> tuple[Block, ...]:
    """Build the second page: trials with missing answers, questions, findings, method, sources."""
    return filled(
        (
            trial_lines(record.judged),
            _questions(record.judged, phrases.IN_APPENDIX),
            finding_rows(record),
            *method_blocks(record, growth),
            SIGNED,
        )
    )


def plan_tables(record: PlanRecord) -> tuple[Block, ...]:
    """Build the tables of plans, if there are several, of resections and of lesions."""
    return filled(
        (
            *((plan_table(record),) if record.case.other_plans else ()),
            resection_table(record).first(MOST_RESECTIONS, MORE.format(what="Resections")),
            lesion_table(record)
            .without(NEAREST_VESSEL)
            .first(MOST_LESIONS, MORE.format(what="Lesions")),
        )
    )


def answer_blocks(
    record: PlanRecord, growth: GrowthKeys | None, charts: Charts
) -> tuple[Block, ...]:
    """Build the blocks of the local page below the values: trials, plans and measurements."""
    questions = _questions(record.judged, "see the appendix")
    tables = plan_tables(record)
    measured = filled(measurements(record, growth, charts))
    return (*filled((trial_lines(record.judged), questions)), *tables, *measured)


SIGNED = Card(
    "Reviewed and approved",
    (
        NamedValue("Masks approved by", LINE),
        NamedValue("Plan approved by", LINE),
        NamedValue("Tumour board", LINE),
    ),
)


def trial_lines(judged: JudgementKeys) -> RowTable:
    """Build the table of trials: answer, criteria not met, and missing answers."""
    checked = any(one.reach for one in judged.trials)
    recruiting = ("Recruiting",) if checked else ()
    head = ("Trial", "Answer", *recruiting, "Criteria not satisfied or not answered")
    rows = tuple(_line(one, checked=checked) for one in judged.trials)
    unchecked = (one for one in judged.route.reasons if one.startswith(NOT_CHECKED))
    ends = find_expiry(judged.trials)
    expiry = () if ends is None else (f"First result to expire: {ends[0]}, {ends[1]}.",)
    return RowTable("Trials", head, rows, (*expiry, *(() if checked else unchecked)))


def _line(one: TrialAnswerRecord, *, checked: bool) -> tuple[str, ...]:
    reach = REACH[one.reach] if one.reach else "not checked"
    here = (reach if one.applies else "-",) if checked else ()
    return (one.trial.called, one.shown, *here, "; ".join(_obstacles(one)) or "-")


def _obstacles(one: TrialAnswerRecord) -> Iterator[str]:
    if not one.applies:
        return
    if one.by_design:
        yield one.reasons[0].removesuffix(".")
    lost = [answer.in_the_way for answer in one.criteria if answer.in_the_way is not None]
    yield from lost[:MOST_FAILED]
    if len(lost) > MOST_FAILED:
        yield f"further criteria not satisfied: {len(lost) - MOST_FAILED}"
    if missing := phrases.missing(one):
        yield f"{phrases.criteria(missing)} not yet answered: {_name_missing(one)}"


def _name_missing(one: TrialAnswerRecord) -> str:
    """Name the first unanswered criteria in words, and count the others."""
    unknown = [each.criterion.says for each in one.criteria if each.criterion.id in one.unknown]
    named = "; ".join(unknown[:MOST_MISSING])
    more = len(unknown) - MOST_MISSING
    return f"{named}; and {more} more" if more > 0 else named


def _questions(judged: JudgementKeys, where: str) -> Sentences:
    every = list_questions(judged)
    lines = [describe_question(each) for each in every[:MOST]]
    if len(every) > MOST:
        lines.append(f"Further questions: {len(every) - MOST}; {where}.")
    return Sentences(QUESTIONS, tuple(lines))


FEW = 2  # criteria not met by which a trial is a near miss
HEAD = ("Criterion", "Answer", "Criterion in words", "Evidence", "Who can answer; modifiability")


def trial_blocks(judged: JudgementKeys) -> Iterator[Block]:
    """List near misses, questions, and each trial by criterion."""
    applying = [one for one in judged.trials if one.applies]
    yield Sentences(
        "Excluded by only one or two criteria whose answers may change", tuple(_near(applying))
    )
    yield Sentences(QUESTIONS, tuple(map(describe_settling, list_questions(judged))))
    for one in applying:
        trial = one.trial
        beside = (*map(phrases.sentence, trial.notes), f"Source: {trial.source}.")
        title = f"{trial.called}: {one.shown}"
        yield RowTable(title, HEAD, tuple(map(_criterion, one.criteria)), beside)


def _near(trials: Iterable[TrialAnswerRecord]) -> Iterator[str]:
    """List trials whose criteria fail only in one or two modifiable values, with these values."""
    for one in trials:
        lost = [answer for answer in one.criteria if answer.against]
        fixed = one.by_design or any(answer.changes == "permanent" for answer in lost)
        for answer in lost if len(lost) <= FEW and not fixed else ():
            known = phrases.joined(answer.in_the_way, answer.distance, CHANGES[answer.changes])
            yield f"{one.trial.name} {answer.criterion.id}: {known}"


def _criterion(answer: CriterionAnswerRecord) -> tuple[str, ...]:
    asked, crosses, holds = answer.criterion, None, ""
    if answer.crossing_chance is not None:
        crosses = phrases.crossing(answer.crossing_chance)
    if answer.holds_days is not None:
        holds = f"; valid for {as_number(answer.holds_days, (), 0)} days"
    return (
        asked.id,
        f"{asked.kind}: {phrases.ANSWERS[asked.kind][answer.answer]}",
        ". ".join([asked.says, *map(phrases.sentence, phrases.marks(asked))]),
        phrases.joined(answer.evidence, answer.distance, crosses),
        f"{asked.asked_of}; {CHANGES[answer.changes]}{holds}",
    )
