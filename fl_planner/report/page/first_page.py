"""The first page of a report: what a tumour board needs before it turns the page."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from fl_planner.basis.glossary import LOOK_FIRST, NOT_DRAWN
from fl_planner.basis.shown import as_ml, as_number
from fl_planner.liver.names.numerals import as_roman, say_segments
from fl_planner.record.case import CaseRecord
from fl_planner.record.function import RemnantFunctionRecord
from fl_planner.record.growth.growth import GrowthKeys
from fl_planner.record.plan import PlanRecord
from fl_planner.record.ratios import ThresholdRecord
from fl_planner.record.trials.judgement import JudgementKeys
from fl_planner.record.trials.trials import FactValue, TrialAnswerRecord
from fl_planner.record.trials.typed_flr import TypedFlrRecord
from fl_planner.record.withdrawal_words import NOT_ANSWERED, SEE, find_why, mark, say_accepted
from fl_planner.report import words as say
from fl_planner.report.findings import gather_alike
from fl_planner.report.page.blocks import Block, Card, Cards, NamedValue, Sentences, filled
from fl_planner.report.page.growth import growth_card, needed, radioembolisation_card
from fl_planner.report.page.vessels import cuts_card, touched_line
from fl_planner.report.page.volumes import volumes_card
from fl_planner.report.questions import list_questions, say_question
from fl_planner.report.route_words import beside_route
from fl_planner.report.words import BOARD, NOT_GIVEN
from fl_planner.trials.centre import REACH

MOST_FINDINGS, MOST_REASONS = 6, 5


def first_page(
    record: PlanRecord, pictures: tuple[Block, ...], growth: GrowthKeys | None = None
) -> tuple[Block, ...]:
    """Make the first page; pictures stand after the numbers that they show."""
    cards = (
        _case(record),
        volumes_card(record),
        _limits(record),
        _liver(record),
        _lesions(record),
        _segments(record),
        cuts_card(record),
        _function(record),
        growth_card(record, growth),
        radioembolisation_card(record),
        _trials(record.judged),
    )
    return filled(
        (
            _findings(record),
            _answer(record),
            Cards(tuple(card for card in cards if card.lines)),
            *pictures,
            _reasons(record.judged),
        )
    )


def _findings(record: PlanRecord) -> Sentences:
    every = gather_alike(record.findings)
    grave = [one for one in every if one.severity != "info"]
    told = [say.told(one) for one in grave[:MOST_FINDINGS]]
    if len(grave) > MOST_FINDINGS:
        told.append(f"And {len(grave) - MOST_FINDINGS} more: see the appendix.")
    return Sentences(LOOK_FIRST, tuple(told), loud=True)


def _answer(record: PlanRecord) -> Card:
    pathway, route = record.judged.pathway, record.judged.route
    return Card(
        "Pathway and route",
        (
            NamedValue(
                "Pathway by volume",
                say.sentence(pathway.headline),
                say_accepted(record).removeprefix(", "),
                strong=True,
            ),
            NamedValue(
                "Route by all facts",
                say.sentence(route.headline),
                "; ".join(f"beside it: {other}" for other in beside_route(route)),
                strong=True,
            ),
        ),
    )


def _case(record: PlanRecord) -> Card:
    case, edges = record.case, record.voxel_mm
    status = {"draft": "DRAFT, not verified", "verified": "verified", None: "status not given"}
    lines = [
        NamedValue("Case", case.id or NOT_GIVEN),
        *([NamedValue("Label", case.label)] if case.label else []),
        NamedValue("Diagnosis", say.diagnosis(record)),
        NamedValue("Scan", say.scanned(case.reading)),
        NamedValue(
            "Slice spacing",
            NOT_GIVEN if edges is None else say.number(edges[2], 2, "mm"),
            "" if edges is None else f"voxels of the masks {say.edges(edges)}",
        ),
        NamedValue("Reader", case.reading.reader or NOT_GIVEN),
        NamedValue("Masks", status[case.reading.status], strong=True),
        _operation(record),
        _embolised(case),
    ]
    return Card("Case", tuple(lines))


def _operation(record: PlanRecord) -> NamedValue:
    plan, ratio = record.case.plan, record.ratios.by_part.get("flr")
    kept = plan.remnant_segments
    carried = ratio is not None and ratio.cv.carried is not None
    how = f"keeps {say_segments(kept)}" if kept else ""
    if plan.cut_by is not None:
        how = ", ".join(part for part in (how, f"cut by {plan.cut_by}") if part)
    elif not kept and plan.origin == "drawn":
        how = f"remnant {NOT_DRAWN}" if carried else "remnant as drawn"
    stages = f"{plan.stages} operations" if plan.stages == 2 else ""
    beside = "; ".join(part for part in (how, stages) if part)
    return NamedValue("Planned operation", plan.name or NOT_GIVEN, beside)


def _embolised(case: CaseRecord) -> NamedValue:
    """Tell what is to be embolised by the plan, else what was by then."""
    done, names = case.embolisation, case.plan.embolised_segments
    if done is not None:
        names = names or done.segments
    told = say_segments(names) if names else NOT_GIVEN
    return NamedValue("Embolised territory", told, f"{done.kind} was done" if done else "")


def _limits(record: PlanRecord) -> Card:
    lines = [
        NamedValue(say.limit_name(one.name), say.against(one), _beside_limit(one))
        for one in record.thresholds
    ]
    lines += _typed(record.judged.typed_flr)
    for name, side in say.SIDES.items():
        why = find_why(record, name)
        if why is not None:
            lines.append(NamedValue(f"Limits on the {side}", NOT_ANSWERED, why, strong=True))
    return Card("Against the limits", tuple(lines) or (NamedValue("Limits", "no answer yet"),))


def _typed(flr: TypedFlrRecord | None) -> Iterator[NamedValue]:
    """Tell on which side of every limit an FLR lies that was typed."""
    for one in () if flr is None else flr.limits:
        yield NamedValue(say.limit_name(one.name), say.against_typed(one), one.distance)


def _beside_limit(limit: ThresholdRecord) -> str:
    chance = f"{say.chance(limit.crossing_chance)}{say.borderline(limit.borderline)}"
    crosses = f"chance that another reading crosses it {chance}"
    return "; ".join(part for part in (crosses, needed(limit)) if part)


def _liver(record: PlanRecord) -> Card:
    lines = [
        NamedValue("Damage by chemotherapy", say.yes_no(record, "chemo_liver_damage")),
        NamedValue("Liver disease", say.yes_no(record, "underlying_liver_disease")),
        NamedValue("Cirrhosis", say.yes_no(record, "cirrhosis")),
    ]
    return Card("The liver itself", tuple(lines))


def _function(record: PlanRecord) -> Card:
    told = record.function or RemnantFunctionRecord()
    checked = f"validated locally: {told.measured.validated_locally}" if told.measured else ""
    share = f"{told.share} % of the counts" if told.share else NOT_GIVEN
    unusable = told.unusable and told.origin != "given"
    origin = SEE if unusable else say.ORIGINS[told.origin]
    lines = [
        NamedValue("Clearance of the liver", _per_min_m2(told.clearance), checked),
        NamedValue("Share of the remnant", share),
        NamedValue("FLR function", _per_min_m2(told.known), origin, strong=True),
        _days_apart(record.function),
    ]
    return Card("Function", tuple(lines))


def _per_min_m2(shown: str | None) -> str:
    return NOT_GIVEN if shown is None else f"{shown} %/min/m2"


def _days_apart(told: RemnantFunctionRecord | None) -> NamedValue:
    name, days = "CT to scintigraphy", None if told is None else told.ct_to_scintigraphy_days
    if days is None:
        return NamedValue(name, NOT_GIVEN, "it takes the days of both" if told else "")
    return NamedValue(name, say.days_apart(days))


def _lesions(record: PlanRecord) -> Card:
    summary, fates = record.tumour.lesion_summary, record.case.plan.fates
    facts = record.judged.facts
    count = facts.get("lesion_count", summary.count if summary else None)
    by_mask = facts.get("largest_lesion_mask_cm")
    by_reader = facts.get("largest_lesion_cm")
    reason = mark(record, "lesions")
    if reason and summary:
        shown = f"{summary.count} on the mask"
        return Card("Lesions", (NamedValue("Lesions", shown, reason, strong=True),))
    lines = [
        NamedValue("Lesions", NOT_GIVEN if count is None else str(count)),
        NamedValue(
            "Largest by calliper", NOT_GIVEN if by_reader == by_mask else _say_cm(by_reader)
        ),
        NamedValue(
            "Largest on the mask", _say_cm(by_mask), "" if by_mask is None else "longest axial"
        ),
        NamedValue(
            "Left in the FLR",
            NOT_GIVEN if fates.lesions is None else say.lesions_left(fates, "cut through"),
            say.clearing(record.clearing, record),
        ),
        NamedValue("Margin", *_margin(fates.margin_mm)),
        *touched_line(record.tumour.lesions or ()),
    ]
    return Card("Lesions", tuple(lines))


def _margin(margin_mm: float | None) -> tuple[str, str]:
    """Tell how far the nearest lesion that goes is from what stays, or that it touches it."""
    if margin_mm is None:
        return NOT_GIVEN, ""
    told = "touches" if margin_mm == 0 else say.number(margin_mm, 1, "mm")
    return told, "from the nearest resected lesion to what remains"


def _segments(record: PlanRecord) -> Card:
    """Tell the FLR by segment, with the lesions that lie in each."""
    lines = [
        _in_segment(record, one.name, one.flr_ml) for one in record.segments or () if one.flr_ml
    ]
    reason = mark(record, "flr") if lines else ""
    doubt = [NamedValue("These volumes", reason, strong=True)] if reason else []
    return Card("FLR by segment", (*doubt, *lines))


def _in_segment(record: PlanRecord, segment: str, ml: float) -> NamedValue:
    there = [
        f"L{lesion.number}"
        for lesion in record.tumour.lesions or ()
        if segment in {part.name for part in lesion.segments or ()}
    ]
    return NamedValue(f"Segment {as_roman(segment)}", as_ml(ml), say.numbered(there, ""))


def _say_cm(fact: FactValue | None) -> str:
    return f"{as_number(fact, (3, 4, 8))} cm" if isinstance(fact, int | float) else NOT_GIVEN


def _trials(judged: JudgementKeys) -> Card:
    lines = []
    for one in judged.trials:
        missing = f"{say.criteria(len(one.unknown))} not yet answered"
        undecided = one.unknown and one.applies and not one.failed
        beside = (REACH[one.reach] if one.reach else "", missing if undecided else "")
        lines.append(NamedValue(one.trial.name, one.shown, say.joined(*beside)))
    return Card("Trials", (*lines, _question(judged), _expiry(judged.trials)))


def _question(judged: JudgementKeys) -> NamedValue:
    every = list_questions(judged)
    return NamedValue("Next question", say_question(every[0]) if every else "none")


def _expiry(trials: Iterable[TrialAnswerRecord]) -> NamedValue:
    """Tell the answer that ends first, of the trials that are not lost."""
    ends = [
        (answer.holds_days, f"{one.trial.name} {answer.criterion.id}: {answer.criterion.says}")
        for one in trials
        if not one.failed
        for answer in one.criteria
        if answer.holds_days is not None
    ]
    if not ends:
        return NamedValue("First answer to expire", "none known")
    days, name = min(ends)
    return NamedValue("First answer to expire", f"in {as_number(days, (), 0)} days", name)


def _reasons(judged: JudgementKeys) -> Sentences:
    pathway, route = judged.pathway, judged.route
    told = [*pathway.reasons[:MOST_REASONS], *route.reasons[:MOST_REASONS], BOARD]
    return Sentences("Why", tuple(dict.fromkeys(told)))
