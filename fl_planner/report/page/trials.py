"""The trials in a report: every criterion, what is missing, and misses by little."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from fl_planner.basis.glossary import QUESTIONS
from fl_planner.basis.shown import as_number
from fl_planner.record.trials.judgement import JudgementKeys
from fl_planner.record.trials.route import QuestionRecord
from fl_planner.record.trials.trials import CriterionAnswerRecord, TrialAnswerRecord
from fl_planner.report import words as say
from fl_planner.report.page.blocks import Block, RowTable, Sentences
from fl_planner.report.questions import list_questions, say_question
from fl_planner.trials.judge import CHANGES

FEW = 2  # criteria by which a trial is lost that is called near
HEAD = ("Criterion", "Answer", "What it asks", "What is known", "Asked of; may it change")


def trial_blocks(judged: JudgementKeys) -> Iterator[Block]:
    """Tell near misses, what to find out, and each trial by criterion."""
    applying = [one for one in judged.trials if one.applies]
    yield Sentences("Near misses", tuple(_near(applying)))
    yield Sentences(QUESTIONS, tuple(map(_question, list_questions(judged))))
    for one in applying:
        trial = one.trial
        beside = (*map(say.sentence, trial.notes), f"Source: {trial.source}.")
        title = f"{trial.name} ({trial.id}): {one.shown}"
        yield RowTable(title, HEAD, tuple(map(_criterion, one.criteria)), beside)


def _near(trials: Iterable[TrialAnswerRecord]) -> Iterator[str]:
    """Tell trials that are lost by one or two values which may change, by the value in the way."""
    for one in trials:
        lost = [answer for answer in one.criteria if answer.against]
        fixed = one.by_design or any(answer.changes == "permanent" for answer in lost)
        for answer in lost if len(lost) <= FEW and not fixed else ():
            known = say.joined(answer.in_the_way, answer.distance, CHANGES[answer.changes])
            yield f"{one.trial.name} {answer.criterion.id}: {known}"


def _question(one: QuestionRecord) -> str:
    settles = say.settled(one.criteria)
    return say_question(one) + (f": {settles}" if settles else "")


def _criterion(answer: CriterionAnswerRecord) -> tuple[str, ...]:
    asked, crosses, holds = answer.criterion, None, ""
    if answer.crossing_chance is not None:
        crosses = f"chance that another reading crosses it: {say.chance(answer.crossing_chance)}"
    if answer.holds_days is not None:
        holds = f"; holds for {as_number(answer.holds_days, (), 0)} days"
    return (
        asked.id,
        f"{asked.kind}: {say.ANSWERS[asked.kind][answer.answer]}",
        ". ".join([asked.says, *map(say.sentence, say.marks(asked))]),
        say.joined(answer.evidence, answer.distance, crosses),
        f"{asked.asked_of}; {CHANGES[answer.changes]}{holds}",
    )
