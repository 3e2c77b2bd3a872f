"""Plans, resections, lesions and trials of a report as tables, and the board's page of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from fractions import Fraction
from itertools import chain

from fl_planner.basis.glossary import QUESTIONS
from fl_planner.basis.shown import as_ml, as_number
from fl_planner.liver.names.structures import as_roman
from fl_planner.record.anatomy import LesionSegmentRecord, LesionSummaryRecord
from fl_planner.record.declaration.part import as_percent
from fl_planner.record.growth import GrowthKeys
from fl_planner.record.head import mark
from fl_planner.record.judgement import JudgementKeys, QuestionRecord
from fl_planner.record.operations import OperationRecord
from fl_planner.record.plan import PlanRecord
from fl_planner.record.resections import ResectionKeys, ResectionRecord, list_slivers
from fl_planner.record.trials import CriterionAnswerRecord, TrialAnswerRecord
from fl_planner.record.vessels import FlrSuppliedKeys
from fl_planner.report import words as say
from fl_planner.report.page.blocks import Block, Card, NamedValue, RowTable, Sentences, filled
from fl_planner.report.page.prose import Charts, measurements
from fl_planner.report.questions import MOST, list_questions, say_question
from fl_planner.report.vessel_words import (
    KEPT,
    beside_plans,
    kept_by_plans,
    kept_with_segments,
    supplied_range,
)
from fl_planner.trials.criterion import REACH
from fl_planner.trials.judge import CHANGES

LIMITS_MM = (30, 40, 80)


def resection_tables(record: PlanRecord, most: int | None = None) -> Iterator[RowTable]:
    """Tell plans side by side, and the resections that a person sees, or the first of them."""
    yield _plans(record)
    told = record.by_segments
    if told is None:
        return
    rows = told.shown[:most]
    with_size = any(row.sflr_percent is not None for row in rows)
    with_function = any(row.function_shown is not None for row in rows)
    total, margin_mm = record.tumour.count, told.clearing_margin_mm
    head = ["Resection", "removes", "clears", "margin mm", "FLR mL", "FLR %"]
    with_supply = any(row.supply is not None for row in rows)
    head += [f"% + {margin_mm:g} mm", *([KEPT] if with_supply else [])]
    head += ["sFLR %"] if with_size else []
    head += ["%/min/m2"] if with_function else []
    size_limits = record.volumes.share_limits if with_size else None
    lines = [
        (
            *_resection(row, total, margin_mm),
            *([_supplied(row)] if with_supply else []),
            *_beside_share(row, size_limits, with_function),
        )
        for row in rows
    ]
    more = _more(len(told.shown) - len(rows), "resections")
    beside = (*more, *_beside(told, mark(record, "resections")))
    yield RowTable(told.title, tuple(head), tuple(lines), beside)


def _resection(row: ResectionRecord, total: int, margin_mm: float) -> tuple[str, ...]:
    return (
        f"{row.code} {row.name or ''}".strip(),
        say.numbered(row.removed),
        row.fates.say_cleared(total) if total else "-",
        _or_dash(row.fates.margin_mm),
        bare_ml(row.flr_ml),
        row.share.flr_percent.shown,
        row.say_after_clearing(margin_mm),
    )


def _beside_share(
    row: ResectionRecord, size_limits: list[Fraction] | None, with_function: bool
) -> tuple[str, ...]:
    """Tell a resection's sFLR, where limits are given to keep it on its side of, and function."""
    sflr = row.sflr_percent
    return (
        *(["-" if sflr is None else as_percent(sflr, size_limits)] if size_limits else []),
        *([row.function_shown or "-"] if with_function else []),
    )


def _supplied(row: ResectionRecord) -> str:
    return "-" if row.supply is None else row.supply.flr_supplied_percent.shown


def _beside(told: ResectionKeys, reason: str) -> tuple[str, ...]:
    if not told.shown:
        return ()
    margin = f"{told.clearing_margin_mm:g} mm"
    return (
        *(f"{line}." for line in list_slivers(told.shown)),
        *([reason] if reason else []),
        f"{say.sentence(told.shown[0].not_assessed)}; borders of segments are known to about 1 cm.",
        f"+ {margin}: after clearing the lesions that stay, with {margin} around them.",
        *(f"{line}." for line in kept_with_segments(told.shown)),
        *(f"{say.sentence(line)}." for line in say.discussed(told.resections_for_discussion)),
    )


def _plans(record: PlanRecord) -> RowTable:
    kept = kept_by_plans(record.vessels)
    lines = tuple(
        (
            one.name or f"plan {number}",
            one.say_kept(none="-"),
            bare_ml(one.flr_ml),
            one.share.flr_percent.shown,
            *map(_keeps, kept[number - 1 : number]),
            say.lesions_left(one.fates),
            _cleared(one),
            _or_dash(one.fates.margin_mm),
        )
        for number, one in enumerate(record.case.operations, start=1)
        if one.flr_ml is not None and one.share is not None
    )
    supply = (KEPT,) if kept else ()
    rest = ("lesions left", "% after clearing", "margin mm")
    head = ("Plan", "keeps", "FLR mL", "FLR %", *supply, *rest)
    reason = mark(record, "plans", "flr")
    notes = (f"{line}; in brackets by other readings of them." for line in beside_plans(kept))
    return RowTable("Plans side by side", head, lines, (*([reason] if reason else []), *notes))


def _keeps(told: FlrSuppliedKeys | None) -> str:
    """Say the share of a remnant that keeps its supply, and its range."""
    if told is None:
        return "-"
    return f"{told.flr_supplied_percent.shown} ({supplied_range(told)})"


def _cleared(one: OperationRecord) -> str:
    """Tell a plan's FLR after clearing the lesions that stay, with its own margin."""
    after = one.flr_after_clearing_percent
    return "-" if after is None else f"{after.shown} with {one.clearing_margin_mm:g} mm"


def lesion_table(record: PlanRecord, most: int | None = None) -> RowTable:
    """Tell each lesion, or the first so many."""
    tumour = record.tumour
    every = tumour.lesions or ()
    lines = [
        (
            f"L{one.number}",
            bare_ml(one.volume_ml),
            as_number(one.axial_diameter_mm, LIMITS_MM),
            as_number(one.longest_diameter_mm, LIMITS_MM),
            _or_dash(one.surface_mm),
            say.numbered(map(_place, one.segments or ()), "not mapped"),
        )
        for one in every[:most]
    ]
    head = ("Lesion", "mL", "axial mm", "longest mm", "depth mm", "segments")
    more = _more(len(every) - len(lines), "lesions")
    beside = _counting(tumour.lesion_summary, mark(record, "lesions"))
    return RowTable("Lesions", head, tuple(lines), (*more, *beside))


def _more(count: int, what: str) -> tuple[str, ...]:
    return (f"And {count} more {what}: see the appendix.",) if count > 0 else ()


def _counting(summary: LesionSummaryRecord | None, reason: str) -> tuple[str, ...]:
    if summary is None:
        return ()
    return (
        *([reason] if reason else []),
        f"{summary.count} counted, parts of at least {as_ml(summary.least_ml)} that touch by "
        f"face, edge or corner ({summary.connectivity}); {summary.count_by_faces} where "
        f"faces alone connect; {summary.dropped} smaller left out.",
        f"Diameter: {summary.diameter}.",
    )


def _place(part: LesionSegmentRecord) -> str:
    return f"{as_roman(part.name)} ({as_number(part.percent, (), 0)} %)"


def _or_dash(number: float | None) -> str:
    return "-" if number is None else as_number(number)


def bare_ml(ml: float) -> str:
    """Say millilitres under a heading that names the unit."""
    return as_ml(ml).removesuffix(" mL")


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
    return (one.trial.name, one.trial.id, one.shown, *here, "; ".join(_obstacles(one)) or "-")


def _obstacles(one: TrialAnswerRecord) -> Iterator[str]:
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
