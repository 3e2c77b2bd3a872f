"""Sentences on growth, function, dose, scores and additional liver assessment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from fl_planner.basis.constants import FARTHEST_SHIFT
from fl_planner.basis.formula import formula_of
from fl_planner.basis.shown import as_ends, as_ml, as_number, as_plain
from fl_planner.basis.standing_words import EXTRAHEPATIC, FIVE_TRIALS
from fl_planner.function.mebrofenin import BILIARY_FUNCTION
from fl_planner.patient.body_size import (
    AT_RISK_PERCENT,
    SFLR_CONTEXT,
    WEIGHT_CONTEXT,
    compute_flr_bw_percent,
)
from fl_planner.record.context import NOTE, NoteRecord, ScoresRecord
from fl_planner.record.declaration.part import USUAL_LIMITS_PERCENT, as_percent, list_values
from fl_planner.record.dose import ComputedDoseRecord, LungDoseRecord
from fl_planner.record.dose_model import LungShuntRecord, TumourToNormalRecord
from fl_planner.record.function import RemnantFunctionRecord, ScintigraphyRecord
from fl_planner.record.growth import EndpointKeys, GrowthKeys, RegionalFunctionRecord
from fl_planner.record.head import SEE, mark, mark_measured
from fl_planner.record.plan import PlanRecord
from fl_planner.report import words as phrases
from fl_planner.report.document.blocks import Block, RowTable, Sentences, Shown
from fl_planner.report.endpoint_words import (
    CHANGED_SCORES,
    describe_censored,
    describe_labs_age,
    format_regional_function,
    format_score_change,
    list_scores,
)
from fl_planner.report.page.growth import growth_blocks, response_sentences
from fl_planner.report.words import sentence
from fl_planner.y90.constants_and_limits import TRIAL_DOSE_GY


def describe_context(record: PlanRecord) -> Sentences:
    """Describe additional liver assessment in a sentence."""
    notes = [] if record.context is None else list_values(record.context, "row", NoteRecord)
    known = "; ".join(
        f"{declared['row']} {one.format_note()}" for _, declared, one in notes if one.known
    )
    return Sentences(ASSESSMENT, (f"{sentence(known)} ({NOTE}).",) if known else ())


def context_table(record: PlanRecord) -> RowTable:
    """Build the table of additional liver assessment, FLR to body weight first."""
    notes = [] if record.context is None else [*list_values(record.context, "row", NoteRecord)]
    body = None if record.estimates is None else record.estimates.body
    share = None if body is None or mark(record, "flr") else body.flr_bw_percent
    weighed = as_number(share, (AT_RISK_PERCENT,), 2) if share is not None else None
    formula = formula_of(compute_flr_bw_percent)
    how = f"{formula.text.partition(';')[0]}; {formula.source}"
    first = (formula.name, f"{weighed} %", how)
    rows = [(declared["row"], one.format_note(), one.format_origin()) for _, declared, one in notes]
    head = ("Quantity", "value", "formula, range and source")
    lines = (*([first] if weighed and rows else []), *rows)
    return RowTable(
        ASSESSMENT, head, tuple(lines), (f"None of these is a criterion of the {FIVE_TRIALS}.",)
    )


ASSESSMENT = "Additional liver assessment"
SCORED = "Scores (computed; to be confirmed)"

Charts = Mapping[str, Shown]  # pictures by what they show


def measurements(record: PlanRecord, growth: GrowthKeys | None, charts: Charts) -> Iterator[Block]:
    """Describe measurements other than volumes, each before its picture."""
    endpoints = EndpointKeys() if growth is None else growth.endpoints
    if growth is not None:
        yield from growth_blocks(growth, mark(record, "growth"))
        yield from _chart(charts, "growth")
        yield response_sentences(growth, in_hcc=record.case.diagnosis == "hcc")
    function = [] if record.function is None else [*_function(record.function)]
    yield Sentences("Function", (*function, *_sides(endpoints.regional_function)))
    yield from _chart(charts, "function")
    if record.dose is not None:
        yield Sentences("Radioembolisation dose", tuple(_dose(record.dose)))
    changed = (
        f"{CHANGED_SCORES[one.score]} up to day {one.to_day}: {format_score_change(one)}."
        for one in endpoints.score_changes
    )
    yield Sentences(SCORED, (*_scores(record.scores), *changed, *_censored(endpoints)))
    yield Sentences("Body size", tuple(_body(record)))
    yield describe_context(record)


def _chart(charts: Charts, name: str) -> Iterator[Block]:
    if name in charts:
        yield charts[name]


def _sides(change: RegionalFunctionRecord | None) -> Iterator[str]:
    if change is not None:
        days = f"day {change.baseline_day} to day {change.last_day}"
        yield f"FLR (untreated), {days}: {format_regional_function(change.untreated)}."
        yield f"Rest of the liver (treated), {days}: {format_regional_function(change.treated)}."


def _scores(scores: ScoresRecord | None) -> Iterator[str]:
    """Describe known scores, the age of their blood tests, and missing values of others."""
    every = () if scores is None else (*list_scores(scores),)
    if known := "; ".join(str(one) for one in every if one.known):
        yield f"{known}."
    aged = "" if scores is None else describe_labs_age(scores)
    if aged:
        yield aged
    if unknown := "; ".join(str(one) for one in every if not one.known):
        yield f"{unknown}."


def _censored(endpoints: EndpointKeys) -> Iterator[str]:
    part = describe_censored(endpoints)
    if part is not None and (endpoints.score_changes or endpoints.regional_function is not None):
        yield f"{phrases.sentence(part)}."


def _function(function: RemnantFunctionRecord) -> Iterator[str]:
    measured = function.measured
    if function.known is not None:
        origin = phrases.ORIGINS[function.origin or "measured"]
        doubt = mark_measured(function.origin, usable=not function.unusable)
        value = f"{function.known} {phrases.PER_MIN_M2}"
        yield f"FLR function {value}, {_with(doubt, origin)}."
        yield f"{sentence(BILIARY_FUNCTION)}."
    if measured is not None:
        yield from _measured(measured)
    if function.ct_to_scintigraphy_days is not None:
        yield f"CT and scintigraphy {phrases.days_apart(function.ct_to_scintigraphy_days)}."


def _measured(measured: ScintigraphyRecord) -> Iterator[str]:
    clearance, share = measured.clearance, measured.share
    if clearance is not None:
        begin, end = (f"{second:g}" for second in clearance.window_s)
        by_body = "" if clearance.shown is None else f", {clearance.shown} {phrases.PER_MIN_M2}"
        yield (
            f"Mebrofenin uptake of the whole liver {as_number(clearance.pct_per_min, (), 2)} %/min"
            f"{by_body}, {begin}\u2013{end} s, {EXTRAHEPATIC}; compared with the "
            f"site's workstation: {phrases.stated(measured.validated_locally)}."
        )
    if share is not None:
        ratio = share.function_to_volume
        beside = (
            "" if ratio is None else f", {as_number(ratio, (), 2)} times its share of the volume"
        )
        low, high = as_ends(share.range_by_shift_percent, USUAL_LIMITS_PERCENT)
        yield (
            f"The FLR contains {share.percent_shown} % of the counts{beside}; {low} to {high} % "
            f"with masks moved by up to {FARTHEST_SHIFT}."
        )


def _with(doubt: str, origin: str) -> str:
    return f"{origin}; {doubt}" if doubt else origin


def _dose(part: LungDoseRecord) -> Iterator[str]:
    if part.shown is not None:
        doubt = mark_measured(part.origin, usable=part.computed is None or part.computed.usable)
        origin = _with(doubt, phrases.ORIGINS[part.origin])
        yield f"Lung dose {part.shown} Gy at a tumour dose of {TRIAL_DOSE_GY} Gy, {origin}."
    if part.computed is not None:
        yield from _computed(part.computed)


def _computed(part: ComputedDoseRecord) -> Iterator[str]:
    treated, shunt, ratio = part.treated, part.lung_shunt, part.tumour_to_normal
    if treated is not None:
        tumour, liver = as_ml(treated.tumour_ml), as_ml(treated.liver_ml)
        yield f"Treated: {tumour} of tumour and {liver} of non-tumorous liver."
    named = (("lung shunt", shunt), ("tumour-to-normal ratio", ratio))
    if known := phrases.joined(*(_state(name, one, part) for name, one in named)):
        yield f"{phrases.sentence(known)}."
    for one in part.listed_doses:
        if one.treated_liver_gy is not None:
            lungs = "not known" if one.lung_shown is None else f"{one.lung_shown} Gy"
            doses = f"treated liver {as_number(one.treated_liver_gy)} Gy, lungs {lungs}"
            parts = (doses, ", ".join(phrases.list_activities(one)), "" if part.usable else SEE)
            yield (
                f"At a tumour dose of {as_plain(one.tumour_gy)} Gy: "
                f"{'; '.join(filter(None, parts))}."
            )


def _state(
    name: str, one: LungShuntRecord | TumourToNormalRecord | None, part: ComputedDoseRecord
) -> str | None:
    """State what a dose is computed from; an entered value does not depend on the counts."""
    if one is None:
        return None
    doubt = mark_measured(one.origin, usable=part.usable)
    return f"{name} {one.shown} ({doubt})" if doubt else f"{name} {one.shown}"


def _body(record: PlanRecord) -> Iterator[str]:
    part = record.estimates
    if part is None or part.body.sflr_percent is None or part.standard_ml is None:
        return
    sflr = as_percent(part.body.sflr_percent, record.volumes.share_limits)
    reason = mark(record, "flr")
    yield (
        f"sFLR {sflr} % of {as_ml(part.standard_ml)}, the liver volume estimated from body "
        f"surface area (Vauthey){f'; {reason}' if reason else ''}."
    )
    yield f"{sentence(SFLR_CONTEXT)}; not a criterion of the trials."
    if part.body.flr_bw_percent is not None:
        yield f"FLR-to-body-weight ratio: {WEIGHT_CONTEXT}; not a criterion of the trials."
