"""All known values of a plan, in cards: the third page of a report, and the local page."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

from fl_planner.basis.plain_text import format_count
from fl_planner.basis.shown import as_interval, as_ml, as_number
from fl_planner.basis.standing_words import CARRIED_FROM_ANOTHER_SCAN, LOOK_FIRST, TYPED_HERE
from fl_planner.liver.growth import OTHER_THAN_PVE
from fl_planner.liver.names.structures import as_roman, name_segments
from fl_planner.patient.body_size import AT_RISK_PERCENT, BY_ALL
from fl_planner.record.declaration.part import as_percent
from fl_planner.record.function import RemnantFunctionRecord
from fl_planner.record.growth import GrowthKeys
from fl_planner.record.head import NOT_ANSWERED, SEE, FindingRecord, find_why, mark
from fl_planner.record.judgement import JudgementKeys, TypedFlrRecord
from fl_planner.record.operations import CaseRecord
from fl_planner.record.plan import PlanRecord
from fl_planner.record.ratios import ThresholdRecord
from fl_planner.record.trials import TrialAnswerRecord
from fl_planner.record.volumes import LiverParts
from fl_planner.report import words as phrases
from fl_planner.report.answer import make_answer
from fl_planner.report.document.blocks import Block, Card, Cards, NamedValue, Sentences, filled
from fl_planner.report.findings import list_grave
from fl_planner.report.page.growth import growth_card, needed, radioembolisation_card
from fl_planner.report.page.vessels import cuts_card, supplied_line, touched_line
from fl_planner.report.questions import describe_question
from fl_planner.report.vessel_words import OF_MAP
from fl_planner.report.words import BOARD, NOT_GIVEN, describe_excluded, describe_finding
from fl_planner.trials.criterion import REACH


def volumes_card(record: PlanRecord) -> Card:
    """Build the card of liver, tumour, FLR and excluded parts."""
    volumes = record.volumes
    ml, reason = volumes.volumes_ml, mark(record, "volumes")
    excluded = describe_excluded(volumes.excluded_structures)
    lines = (
        NamedValue("Whole liver (TLV)", as_ml(ml.liver), phrases.joined(reason, excluded)),
        *_tumour(ml, reason),
        _share_line(record),
        *supplied_line(record),
        *_body(record, volumes.share_limits),
    )
    return Card("Volumes", lines)


def _tumour(ml: LiverParts[float], reason: str) -> Iterator[NamedValue]:
    """List tumour and non-tumorous liver; both unknown without a tumour mask."""
    if ml.tumour is None:
        yield from (NamedValue("Tumour"), NamedValue("Non-tumorous liver"))
        return
    yield NamedValue("Tumour", as_ml(ml.tumour), reason)
    yield NamedValue("Non-tumorous liver", as_ml(ml.nontumorous_liver), reason)


def _share_line(record: PlanRecord) -> NamedValue:
    if (typed := record.judged.typed_flr) is not None:
        shown = f"{typed.shown} of the non-tumorous liver"
        return NamedValue("FLR", shown, TYPED_HERE, strong=True)
    beside = mark(record, "flr") or phrases.interval(record, "flr")
    return NamedValue("FLR", phrases.share(record, "flr"), beside, strong=True)


def _body(record: PlanRecord, limits: list[Fraction]) -> Iterator[NamedValue]:
    estimates, reason = record.estimates, mark(record, "flr")
    sflr, spread, by_weight = (
        (None, None, None)
        if estimates is None
        else (
            estimates.body.sflr_percent,
            estimates.body.sflr_spread_percent,
            estimates.body.flr_bw_percent,
        )
    )
    shown = "" if sflr is None else as_percent(sflr, limits)
    ends = "" if spread is None else as_interval(spread, limits, "%", of=shown)
    beside = f"Vauthey; {ends} {BY_ALL}" if ends else ""
    yield NamedValue("sFLR", f"{shown} %" if shown else NOT_GIVEN, reason or beside)
    at_risk = (AT_RISK_PERCENT,)
    weight = NOT_GIVEN if by_weight is None else f"{as_number(by_weight, at_risk, 2)} %"
    yield NamedValue("FLR-to-body-weight ratio", weight, reason)


MOST_FINDINGS, MOST_REASONS = 6, 5


def value_blocks(record: PlanRecord, growth: GrowthKeys | None) -> tuple[Block, ...]:
    """Build the blocks of the local page with the values."""
    cards = value_cards(record, growth)
    return filled((_findings(record), _answer(record), cards, reason_sentences(record.judged)))


def known_cards(record: PlanRecord, growth: GrowthKeys | None) -> Cards:
    """Build the cards without empty lines, so that missing values take no space.

    Trials have a separate page.
    """
    cards = (
        Card(one.title, tuple(line for line in one.lines if line.is_known))
        for one in value_cards(record, growth).cards
        if one.title != TRIALS
    )
    return Cards(tuple(one for one in cards if one.lines))


def value_cards(record: PlanRecord, growth: GrowthKeys | None) -> Cards:
    """Build the cards of all values."""
    cards = (
        _case(record),
        volumes_card(record),
        _limits(record),
        _liver(record),
        _lesions(record),
        _segments(record),
        cuts_card(record),
        function_card(record),
        growth_card(record, growth),
        radioembolisation_card(record),
        _trials(record.judged),
    )
    return Cards(tuple(card for card in cards if card.lines))


def _findings(record: PlanRecord) -> Sentences:
    grave = list_grave(record.findings)
    lines = [describe_finding(one) for one in grave[:MOST_FINDINGS]]
    if len(grave) > MOST_FINDINGS:
        lines.append(f"Further findings: {len(grave) - MOST_FINDINGS}; see the appendix.")
    return Sentences(LOOK_FIRST, tuple(lines), loud=True)


def _answer(record: PlanRecord) -> Card:
    answer = make_answer(record)
    pathway = NamedValue(answer.title, answer.headline, answer.accepted, strong=True)
    route = (replace(one, strong=True) for one in answer.beside)
    return Card("Pathway and route", (pathway, *route))


def _case(record: PlanRecord) -> Card:
    case, edges = record.case, record.voxel_mm
    status = {"draft": "DRAFT, not verified", "verified": "verified", None: "status not given"}
    lines = [
        NamedValue("Case", case.id or NOT_GIVEN),
        *([NamedValue("Label", case.label)] if case.label else []),
        NamedValue("Diagnosis", phrases.diagnosis(record)),
        NamedValue("Scan", phrases.scanned(case.reading)),
        NamedValue(
            "Slice spacing",
            NOT_GIVEN if edges is None else phrases.number(edges[2], 2, "mm"),
            "" if edges is None else f"mask voxel size {phrases.edges(edges)}",
        ),
        NamedValue("Reader", case.reading.reader or NOT_GIVEN),
        NamedValue("Masks", status[case.reading.status], strong=True),
        describe_operation(record),
        _embolised(case),
    ]
    return Card("Case", tuple(lines))


def describe_operation(record: PlanRecord) -> NamedValue:
    """Name the operation, and its remnant."""
    plan, ratio = record.case.plan, record.ratios.by_part.get("flr")
    kept = plan.remnant_segments
    carried = ratio is not None and ratio.cv.carried is not None
    how = f"remnant: {name_segments(kept)}" if kept else ""
    if plan.cut_by is not None:
        how = ", ".join(part for part in (how, f"cut by {plan.cut_by}") if part)
    elif not kept and plan.origin == "drawn":
        how = f"remnant {CARRIED_FROM_ANOTHER_SCAN}" if carried else "remnant as drawn"
    shown = plan.name or NOT_GIVEN
    stages = "FLR after stage 2 of 2" if plan.stages == 2 else ""
    return NamedValue("Planned operation", shown, phrases.joined(how, stages))


def _embolised(case: CaseRecord) -> NamedValue:
    """Name the territory to be embolised in the plan, otherwise the one already embolised."""
    done, names = case.embolisation, case.plan.embolised_segments
    if done is not None:
        names = names or done.segments
    territory = name_segments(names) if names else NOT_GIVEN
    if done is None and names:
        return NamedValue("Territory to be embolised", territory)
    other = done is not None and done.kind in OTHER_THAN_PVE
    name = "Treated territory" if other else "Embolised territory"
    return NamedValue(name, territory, f"{done.kind} performed" if done else "")


def _limits(record: PlanRecord) -> Card:
    lines = [
        NamedValue(phrases.name_applied(one), phrases.against(one), _format_limit(one))
        for one in record.thresholds
    ]
    lines += _typed(record.judged.typed_flr)
    for name, side in phrases.SIDES.items():
        if (why := find_why(record, name)) is not None:
            lines.append(NamedValue(f"Limits on the {side}", NOT_ANSWERED, why, strong=True))
    of_other = record.judged.pathway.name == "no_threshold_applies"
    none = "none for this diagnosis" if of_other else "not yet compared"
    return Card(LIMITS, tuple(lines) or (NamedValue("Limits", none),))


def _typed(flr: TypedFlrRecord | None) -> Iterator[NamedValue]:
    """List the position of an entered FLR relative to every limit."""
    for one in () if flr is None else flr.limits:
        yield NamedValue(phrases.name_applied(one), phrases.against_entered(one), one.distance)


def _format_limit(limit: ThresholdRecord) -> str:
    crosses = f"{phrases.crossing(limit.crossing_chance)}{phrases.borderline(limit.is_close)}"
    return phrases.joined(crosses, needed(limit))


def _liver(record: PlanRecord) -> Card:
    asked = {
        "Chemotherapy-associated liver injury": "chemo_liver_damage",
        "Underlying liver disease": "underlying_liver_disease",
        "Cirrhosis": "cirrhosis",
    }
    lines = (NamedValue(name, phrases.yes_no(record, fact)) for name, fact in asked.items())
    return Card("Liver disease", tuple(lines))


def function_card(record: PlanRecord) -> Card:
    """Build the card of the mebrofenin function."""
    known = record.function or RemnantFunctionRecord()
    checked = ""
    if known.measured:
        checked = f"validated locally: {phrases.stated(known.measured.validated_locally)}"
    share = f"{known.share} % of the counts" if known.share else NOT_GIVEN
    unusable = known.unusable and known.origin != "given"
    origin = SEE if unusable else phrases.ORIGINS[known.origin]
    lines = (
        NamedValue("Mebrofenin uptake, whole liver", _per_min_m2(known.clearance), checked),
        NamedValue("FLR share of counts", share),
        NamedValue("FLR function", _per_min_m2(known.known), origin, strong=True),
        _days_apart(record.function),
    )
    return Card("Function", lines)


def _per_min_m2(shown: str | None) -> str:
    return NOT_GIVEN if shown is None else f"{shown} {phrases.PER_MIN_M2}"


def _days_apart(function: RemnantFunctionRecord | None) -> NamedValue:
    name = "Dates of CT and scintigraphy"
    days = None if function is None else function.ct_to_scintigraphy_days
    if days is None:
        return NamedValue(name, NOT_GIVEN, "both dates are required" if function else "")
    return NamedValue(name, phrases.days_apart(days))


def _lesions(record: PlanRecord) -> Card:
    summary, fates = record.tumour.lesion_summary, record.case.plan.fates
    facts = record.judged.facts
    count = facts.get("lesion_count", summary.count if summary else None)
    by_mask, by_reader = facts.get(phrases.ON_MASK), facts.get(phrases.CALLIPER)
    reason = mark(record, "lesions")
    if reason and summary:
        shown = f"{summary.count} on the mask"
        return Card("Lesions", (NamedValue("Lesions", shown, reason, strong=True),))
    on_mask = ""
    if summary is not None and count != summary.count:
        on_mask = f"as entered; {summary.count} on the mask"
    lines = [
        NamedValue("Lesions", NOT_GIVEN if count is None else str(count), on_mask),
        NamedValue(
            "Largest diameter by calliper",
            NOT_GIVEN if by_reader == by_mask else phrases.as_cm(by_reader),
        ),
        NamedValue(
            "Largest diameter on the mask",
            phrases.as_cm(by_mask),
            "" if by_mask is None else "longest axial diameter",
        ),
        NamedValue(
            "Remaining in the FLR",
            NOT_GIVEN if fates.lesions is None else phrases.lesions_left(fates, "cut through"),
            phrases.clearing(record.clearing, record),
        ),
        NamedValue("Margin", *_margin(fates.margin_mm, mark(record, "flr"))),
        *touched_line(record.tumour.lesions or ()),
    ]
    return Card("Lesions", tuple(lines))


def _margin(margin_mm: float | None, reason: str) -> tuple[str, str]:
    """Format the distance of the nearest resected lesion to the remaining liver."""
    if margin_mm is None:
        return NOT_GIVEN, ""
    nearest = "from the nearest resected lesion to the remaining liver"
    return phrases.margin(margin_mm), reason or nearest


def _segments(record: PlanRecord) -> Card:
    """Build the card of the FLR by segment, with the lesions in each."""
    lines = [
        _in_segment(record, one.name, one.flr_ml) for one in record.segments or () if one.flr_ml
    ]
    reason = mark(record, "flr", *OF_MAP) if lines else ""
    doubt = [NamedValue("These volumes", reason, strong=True)] if reason else []
    return Card("FLR by segment", (*doubt, *lines))


def _in_segment(record: PlanRecord, segment: str, ml: float) -> NamedValue:
    there = [
        f"L{lesion.number}"
        for lesion in record.tumour.lesions or ()
        if segment in {part.name for part in lesion.segments or ()}
    ]
    return NamedValue(f"Segment {as_roman(segment)}", as_ml(ml), phrases.numbered(there, ""))


def _trials(judged: JudgementKeys) -> Card:
    lines = []
    for one in judged.trials:
        count = phrases.missing(one)
        missing = f"{phrases.criteria(count)} not yet answered" if count else ""
        beside = (REACH[one.reach] if one.reach else "", missing)
        lines.append(NamedValue(one.trial.name, one.shown, phrases.joined(*beside)))
    asked, ends = [*map(describe_question, judged.route.questions[:1])], find_expiry(judged.trials)
    lines.append(NamedValue("Next question", *(asked or ("none",))))
    lines.append(NamedValue("First result to expire", *(ends or ("none known",))))
    return Card(TRIALS, tuple(lines))


def find_expiry(trials: Iterable[TrialAnswerRecord]) -> tuple[str, str] | None:
    """Return the earliest expiry of a result, and the result, among trials not excluded."""
    ends = [
        (answer.holds_days, f"{one.trial.name} {answer.criterion.id}: {answer.criterion.says}")
        for one in trials
        if not one.failed and not one.by_design
        for answer in one.criteria
        if answer.holds_days is not None
    ]
    if not ends:
        return None
    days, name = min(ends)
    return f"in {format_count(int(days), 'day')}", name


def reason_sentences(judged: JudgementKeys) -> Sentences:
    """List the first reasons of pathway and route."""
    pathway, route = judged.pathway, judged.route
    reasons = [*pathway.reasons[:MOST_REASONS], *route.reasons[:MOST_REASONS], BOARD]
    return Sentences("Reasons", tuple(dict.fromkeys(reasons)))


LIVER, TUMOUR, FLR = "Whole liver (TLV)", "Tumour", "FLR"
VOLUMES, LIMITS, LESIONS, SEGMENTS, FUNCTION, GROWTH, TRIALS = (
    "Volumes", "Comparison with limits", "Lesions", "FLR by segment", "Function",
    "FLR growth", "Trials",
)  # fmt: skip
Place = tuple[str, str]  # title of a card, and name of its line; "" for the whole card
TOPICS: Mapping[str, Place] = {  # code of a finding, or the part before its dot
    "baseline": (LESIONS, ""),
    "body": (VOLUMES, "sFLR"),
    "borderline": (LIMITS, ""),
    "contradiction.largest_lesion": (LESIONS, ""),
    "contradiction.no_tumour": (LESIONS, ""),
    "contradiction.volumes": (VOLUMES, ""),
    "ct": (VOLUMES, ""),
    "curves": (FUNCTION, ""),
    "edge.lesion_end": (LESIONS, ""),
    "edge.segment_end": (SEGMENTS, ""),
    "flr": (VOLUMES, FLR),
    "flr.lesions_stay": (LESIONS, "Remaining in the FLR"),
    "flr.typed_near_limit": (LIMITS, ""),
    "function": (FUNCTION, ""),
    "growth": (GROWTH, ""),
    "lesions": (LESIONS, ""),
    "overlap.excluded_tumour": (VOLUMES, TUMOUR),
    "overlap.flr_tumour": (VOLUMES, FLR),
    "plausibility.extent": (VOLUMES, LIVER),
    "plausibility.flr_share": (VOLUMES, FLR),
    "plausibility.liver_volume": (VOLUMES, LIVER),
    "plausibility.side": (VOLUMES, LIVER),
    "plausibility.swapped": (VOLUMES, ""),
    "plausibility.tumour_share": (VOLUMES, TUMOUR),
    "region": (FUNCTION, ""),
    "remnant": (VOLUMES, FLR),
    "scintigram": (FUNCTION, ""),
    "second_reader": (VOLUMES, FLR),
    "segments": (SEGMENTS, ""),
    "spect": (FUNCTION, ""),
    "threshold": (LIMITS, ""),
    "tumour": (VOLUMES, TUMOUR),
}
ROLES: Mapping[str, Place] = {  # of the file of a finding
    "flr": (VOLUMES, FLR),
    "labelmap": (SEGMENTS, ""),
    "liver": (VOLUMES, LIVER),
    "resected": (VOLUMES, FLR),
    "second": (VOLUMES, FLR),
    "tumour": (VOLUMES, TUMOUR),
    **dict.fromkeys(("curves", "dynamic", "region", "regions", "spect"), (FUNCTION, "")),
}


@dataclass(frozen=True, slots=True)
class Concern:
    """A finding and the value that it concerns.

    - `card`, `line`: title of the card and name of the line; an empty name is the whole card.
    - `severity`: warning or error.
    - `sentence`: the finding as printed in the list of findings.
    """

    card: str
    line: str
    severity: str
    sentence: str


def find_concerns(record: PlanRecord) -> Iterator[Concern]:
    """Return the value that each warning and error concerns; others are omitted."""
    for one in list_grave(record.findings):
        if (place := _find_place(record, one)) is not None:
            yield Concern(*place, one.severity, describe_finding(one))


def _find_place(record: PlanRecord, one: FindingRecord) -> Place | None:
    for about in (one.code, one.code.partition(".")[0]):
        if about in TOPICS:
            return TOPICS[about]
    roles = [each.role.split()[0] for each in record.inputs if each.file == one.file]
    return next((ROLES[role] for role in roles if role in ROLES), None)
