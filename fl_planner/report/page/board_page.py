"""What a board reads behind the first page: trials, resections, measurements, and who signs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain

from fl_planner.basis.glossary import QUESTIONS
from fl_planner.record.growth.growth import GrowthKeys
from fl_planner.record.plan import PlanRecord
from fl_planner.record.trials.judgement import JudgementKeys
from fl_planner.record.trials.trials import TrialAnswerRecord
from fl_planner.report import words as say
from fl_planner.report.page.blocks import Block, Card, NamedValue, RowTable, Sentences, filled
from fl_planner.report.page.operations import lesion_table, resection_tables
from fl_planner.report.page.prose import Charts, measurements
from fl_planner.report.questions import MOST, list_questions, say_question
from fl_planner.trials.centre import REACH

MOST_LESIONS, MOST_RESECTIONS, MOST_FAILED = 8, 6, 2
LIMIT = re.compile(r"\(criterion: (?=(?:at least|at most|above|below) )")  # two fit one line
NOT_CHECKED = "Where the trials recruit was not checked."
LINE = "______________________   Date: ______________"


def board_pages(
    record: PlanRecord, growth: GrowthKeys | None, charts: Charts
) -> tuple[tuple[Block, ...], tuple[Block, ...]]:
    """Make the second page, and where growth is told a third; the last of them is signed.

    What was measured of one scan stands on the second.
    """
    trials = filled(
        chain(
            (trial_lines(record.judged), _questions(record.judged)),
            resection_tables(record, MOST_RESECTIONS),
            (lesion_table(record, MOST_LESIONS),),
        )
    )
    measured = (*filled(measurements(record, growth, charts)), SIGNED)
    return ((*trials, *measured), ()) if growth is None else (trials, measured)


SIGNED = Card(
    "Reviewed and approved",
    (NamedValue("Masks, by", LINE), NamedValue("Plan, by", LINE), NamedValue("Tumour board", LINE)),
)


def trial_lines(judged: JudgementKeys) -> RowTable:
    """Tell each trial on a line: its answer, and what stands in the way or is missing."""
    checked = any(one.reach for one in judged.trials)
    recruiting = ("Recruiting",) if checked else ()
    head = ("Trial", "Registry", "Answer", *recruiting, "Not met, or not answered")
    rows = tuple(_line(one, checked=checked) for one in judged.trials)
    return RowTable("Trials", head, rows, () if checked else (NOT_CHECKED,))


def _line(one: TrialAnswerRecord, *, checked: bool) -> tuple[str, ...]:
    reach = REACH[one.reach] if one.reach else "not checked"
    here = (reach if one.applies else "-",) if checked else ()
    return (one.trial.name, one.trial.id, one.shown, *here, "; ".join(_beside(one)) or "-")


def _beside(one: TrialAnswerRecord) -> Iterator[str]:
    if not one.applies:
        return
    lost = [answer.in_the_way for answer in one.criteria if answer.in_the_way is not None]
    yield from (LIMIT.sub("(", value) for value in lost[:MOST_FAILED])
    if len(lost) > MOST_FAILED:
        yield f"and {len(lost) - MOST_FAILED} more"
    if one.unknown and not lost:
        yield f"{say.criteria(len(one.unknown))} not yet answered"


def _questions(judged: JudgementKeys) -> Sentences:
    every = list_questions(judged)
    told = [say_question(one) for one in every[:MOST]]
    if len(every) > MOST:
        told.append(f"And {len(every) - MOST} more.")
    return Sentences(QUESTIONS, tuple(told))
