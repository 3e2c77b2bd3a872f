"""The first page of a report, which a tumour board can read in ten seconds."""

from __future__ import annotations

from collections.abc import Iterator

from fl_planner.basis.shown import as_mm, as_number
from fl_planner.basis.standing_words import LOOK_FIRST
from fl_planner.liver.all_resections import CAUDATE
from fl_planner.liver.names.structures import as_roman
from fl_planner.record.anatomy import LesionRecord
from fl_planner.record.growth import GrowthKeys
from fl_planner.record.head import mark
from fl_planner.record.operations import OperationRecord
from fl_planner.record.plan import PlanRecord
from fl_planner.record.resections import ResectionRecord, list_row_notes
from fl_planner.report import words as phrases
from fl_planner.report.answer import make_answer
from fl_planner.report.document.blocks import (
    Block,
    Card,
    Columns,
    NamedValue,
    RowTable,
    Sentences,
    filled,
)
from fl_planner.report.document.flr_lead import list_leads
from fl_planner.report.document.operations import LIMITS_MM, mark_places, name_denominator
from fl_planner.report.findings import has_errors, list_grave
from fl_planner.report.page.growth import growth_card, radioembolisation_card
from fl_planner.report.page.values import describe_operation, function_card
from fl_planner.report.questions import describe_question
from fl_planner.report.words import format_finding

MOST_LESIONS, MOST_OPTIONS, MOST_FINDINGS = 8, 4, 3
MOST_SIGNS = 600  # of these warnings: the fullest page stays on one sheet [project's choice]
MORE_LESIONS = "Lesions not shown: {}; see All values."
MORE_OPTIONS = "Resections not shown: {}; see All values, or the appendix if it was requested."


def summary_page(
    record: PlanRecord, growth: GrowthKeys | None, pictures: tuple[Block, ...]
) -> tuple[Block, ...]:
    """Build the first page: number, answer, finding to read first, pictures, operation, trials."""
    left = filled((_operation(record), _measured(record, growth), _lesions(record)))
    asked = map(describe_question, record.judged.route.questions[:1])
    question = Sentences("Next question", tuple(asked))
    right = filled((_options(record), _trials(record), question))
    warning = _warning(record)
    answer: tuple[Block, ...] = (*list_leads(record), make_answer(record))
    first = (warning, *answer) if has_errors(record.findings) else (*answer, warning)
    return filled((*first, *pictures, Columns((left, right))))


def _warning(record: PlanRecord) -> Sentences:
    """List all errors, or the most important warnings and any accepted errors.

    The others are counted.
    """
    grave, has_open = list_grave(record.findings), has_errors(record.findings)
    errors = [one for one in grave if one.severity == "error"]
    others = [] if has_open else [one for one in grave if one not in errors][:MOST_FINDINGS]
    while len(others) > 1 and sum(len(format_finding(one)) for one in others) > MOST_SIGNS:
        others.pop()
    lines = [format_finding(one) for one in grave if one in errors or one in others]
    if more := len(grave) - len(lines):
        lines.append(f"Further findings: {more}; see Trials, method and sources.")
    return Sentences(LOOK_FIRST, tuple(lines), loud=True, grave=has_open)


def _operation(record: PlanRecord) -> Card:
    fates, total = record.case.plan.fates, record.tumour.count
    lines = [describe_operation(record)]
    if fates.lesions is not None and total:
        lines.append(NamedValue("Lesions removed", fates.format_cleared(total)))
        if fates.lesions.left or fates.lesions.cut or fates.slivers:
            lines.append(
                NamedValue("Remaining in the FLR", phrases.lesions_left(fates, "cut through"))
            )
    if fates.margin_mm is not None:
        nearest = "from the nearest resected lesion to the remaining liver"
        lines.append(NamedValue("Margin", phrases.margin(fates.margin_mm), nearest, strong=True))
    reason = mark(record, "flr", "lesions")
    doubt = [NamedValue("Lesions", reason, strong=True)] if reason and len(lines) > 1 else []
    return Card("Operation", tuple(one for one in (*lines, *doubt) if one.is_known))


def _measured(record: PlanRecord, growth: GrowthKeys | None) -> Card:
    """List growth, its rates, FLR function and lung dose, as in the cards of all values."""
    cards = (growth_card(record, growth), function_card(record), radioembolisation_card(record))
    lines = (line for card in cards for line in card.lines if line.strong and line.is_known)
    return Card("Growth, function and dose", tuple(lines))


def _lesions(record: PlanRecord) -> RowTable:
    """List each lesion on one line: size, segments, margin (or that it remains), nearest vessel."""
    plan = record.case.plan
    rows = []
    for one in record.tumour.lesions or ():
        nearest = min(one.vessels_mm.values()) if one.vessels_mm else None
        size = as_number(one.axial_diameter_mm, LIMITS_MM)
        vessel = "-" if nearest is None else as_mm(nearest)
        margin = _margin(one.number, plan)
        place = _where(one)
        rows.append((f"L{one.number}", size, phrases.bare_ml(one.volume_ml), place, margin, vessel))
    head = ("Lesion", "axial diameter mm", "mL", "segments", "margin mm", "nearest vessel mm")
    entered = phrases.sentence(phrases.entered_lesions(record))
    notes = (*_doubts(record), *((f"{entered}.",) if entered else ()))
    table = RowTable("Lesions", head, tuple(rows), notes if rows else ())
    return table.without(unknown="-").first(MOST_LESIONS, MORE_LESIONS)


def _doubts(record: PlanRecord) -> Iterator[str]:
    """Mark the lesions, or only their margins or segments, if they must not be used."""
    if reason := mark(record, "lesions"):
        yield reason
    elif record.case.plan.fates.lesions is not None and (reason := mark(record, "flr")):
        yield f"Margins: {reason}"
    yield from mark_places(record)


def _margin(number: int, plan: OperationRecord) -> str:
    """Format the margin of a removed lesion, or state its status in the plan."""
    margins = {one.lesion: as_mm(one.margin_mm) for one in plan.margins}
    if (fates := plan.fates.lesions) is None:
        return "-"
    if number in fates.left:
        return "not removed"
    return "cut through" if number in fates.cut else margins.get(number, "-")


def _where(one: LesionRecord) -> str:
    return (
        "-"
        if one.segments is None
        else phrases.numbered((as_roman(part.name) for part in one.segments), "-")
    )


def _options(record: PlanRecord) -> RowTable:
    """List named resections with the lesions they remove, their margin and FLR."""
    found, total = record.by_segments, record.tumour.count
    shown = () if found is None else found.shown
    margin_mm = 0.0 if found is None else found.clearing_margin_mm
    rows = tuple(
        (
            _name(one),
            one.fates.format_cleared(total) if total else "-",
            "-" if one.fates.margin_mm is None else as_mm(one.fates.margin_mm),
            f"{one.share.flr_percent.shown} %",
            f"{one.format_after_clearing(margin_mm)} %" if total else "-",
        )
        for one in shown
    )
    reason = mark(record, "resections")
    cleared = f"Cleared: FLR after clearing lesions that mostly remain, {margin_mm:g} mm margin."
    notes = (*((reason,) if reason else ()), *((cleared,) if total else ()))
    notes += (*name_denominator(record.volumes),)
    notes += (*(f"{line}." for line in list_row_notes(shown, _name)),)
    head = ("Resection", "removes", "margin mm", "FLR", "cleared")
    always = tuple(number for number, one in enumerate(shown) if one.always)
    table = RowTable("Comparison of resections", head, rows, notes if rows else (), always=always)
    return table.without(unknown="-").first(MOST_OPTIONS, MORE_OPTIONS)


def _name(one: ResectionRecord) -> str:
    """Name a resection; without a name, state the segments that it removes."""
    name = (one.name or "").replace(f"segment {CAUDATE}", f"segment {as_roman(CAUDATE)}")
    return phrases.sentence(name or phrases.numbered(map(as_roman, one.removed)))


def _trials(record: PlanRecord) -> RowTable:
    return RowTable("Trials", ("Trial", "Answer"), tuple(_answers(record)))


def _answers(record: PlanRecord) -> Iterator[tuple[str, str]]:
    for one in record.judged.trials:
        missing = phrases.missing(one)
        count = f"{phrases.criteria(missing)} not yet answered" if missing else None
        yield one.trial.name, "; ".join(filter(None, (one.shown, *phrases.obstacles(one), count)))
