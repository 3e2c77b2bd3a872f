"""Print a plan on one screen, or in full."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from fl_planner.basis.plain_text import format_count, join_words
from fl_planner.basis.shown import as_ml
from fl_planner.basis.standing_words import QUESTIONS, TYPED_HERE
from fl_planner.record.dose import LungDoseRecord
from fl_planner.record.function import RemnantFunctionRecord
from fl_planner.record.head import mark, state_not_answered
from fl_planner.record.judgement import JudgementKeys, TypedFlrRecord
from fl_planner.record.plan import PlanRecord
from fl_planner.record.trials import CriterionAnswerRecord, EvidenceRecord, TrialAnswerRecord
from fl_planner.record.volumes import VolumeKeys
from fl_planner.report import words as phrases
from fl_planner.report.answer import make_answer
from fl_planner.report.document.blocks import Bar, Lead, LimitMark, Sentences
from fl_planner.report.document.flr_lead import list_leads
from fl_planner.report.findings import has_errors, split_by_acceptance
from fl_planner.report.questions import MOST, describe_question, pathway_reasons, route_reasons
from fl_planner.report.terminal.anatomy import (
    baseline_rows,
    body_rows,
    lesion_rows,
    plan_rows,
    resection_rows,
    supplied_rows,
    vessel_rows,
)
from fl_planner.report.terminal.growth import plan_growth_rows
from fl_planner.report.terminal.measurements import (
    context_rows,
    days_row,
    dose_rows,
    function_rows,
    scores_rows,
)
from fl_planner.report.terminal.readers import spread_rows
from fl_planner.report.terminal.table import (
    STYLES,
    all_by,
    in_order,
    inset,
    no_flr_row,
    notice,
    print_sentences,
    share_rows,
    volume_rows,
    wide_table,
    with_reason,
    with_rest,
)
from fl_planner.report.vessel_words import OF_MAP
from fl_planner.report.words import PER_MIN_M2, describe_excluded
from fl_planner.trials.criterion import By
from fl_planner.y90.constants_and_limits import TRIAL_DOSE_GY


def case_row(record: PlanRecord) -> Iterable[RenderableType]:
    """Print the known details of the case."""
    case = record.case
    scanned = f"scan of {case.reading.date}" if case.reading.date else None
    cancer = phrases.diagnosis(record)
    diagnosis = None if cancer == phrases.NOT_GIVEN else cancer
    named = [case.id, case.label, scanned, case.plan.name, diagnosis]
    if any(named):
        yield Text(" \u00b7 ".join(part for part in named if part), style="dim")


def answer_rows(record: PlanRecord) -> Iterable[RenderableType]:
    """Print the headlines of pathway and route, and other applicable trials."""
    answer = make_answer(record)
    accepted = f", {answer.accepted}" if answer.accepted else ""
    yield Text(f"{answer.headline}{accepted}", style="bold")
    for one in answer.beside:
        yield Text(one.value, style="bold")
        yield from (Text(words) for words in (one.beside,) if words)


def lead_rows(record: PlanRecord) -> Iterable[RenderableType]:
    """Print the FLR and the untreated liver with their limits, or why they are not answered."""
    leads = [lead for lead in list_leads(record) if lead.bars]
    doubts = _count_doubts(record)
    for number, lead in enumerate(leads):
        yield from _bar_rows(lead, "" if number else doubts)
    yield from _limit_rows([limit for lead in leads for limit in lead.limits])
    for name, words in phrases.PARTS.items():
        if unanswered := state_not_answered(record, name):
            yield Text(f"Limits on the {words} {unanswered}", style="bold red")


def _count_doubts(record: PlanRecord) -> str:
    """Count the findings listed below a number, for the line of the number itself."""
    open_ones, _ = split_by_acceptance(record.findings)
    if not open_ones or has_errors(record.findings):  # errors come before the number
        return ""
    return f"{format_count(len(open_ones), 'warning')}: see below"


def _bar_rows(lead: Lead, doubts: str) -> Iterable[RenderableType]:
    for number, bar in enumerate(lead.bars):
        first = number == 0
        yield Text(f"{bar.name} {bar.value}{_beside(bar)}", style="bold" if first else "")
        if words := [one for one in (bar.interval, doubts if first else "") if one]:
            yield inset("; ".join(words))


def _beside(bar: Bar) -> str:
    """Add the volume of a share."""
    joined = " " if bar.beside.startswith("of ") else " = "  # an entered share has no volume
    return f"{joined}{bar.beside}" if bar.beside else ""


def _limit_rows(limits: Sequence[LimitMark]) -> Iterable[RenderableType]:
    """Print the position relative to every limit, and the chance of crossing it."""
    if not limits:
        return
    table = wide_table("Limit", "share is", "crossing chance")
    for limit in limits:
        style = "yellow" if limit.near else ""
        chance = f"{limit.chance or UNKNOWN}{phrases.borderline(limit.near)}"
        table.add_row(limit.name, limit.side, chance, style=style)
    yield inset(table)


def entered_rows(typed: TypedFlrRecord) -> Iterable[RenderableType]:
    """Print an entered FLR, and its position relative to every limit."""
    yield Text(f"FLR {typed.shown} of the non-tumorous liver, {TYPED_HERE}")
    for limit in typed.limits:
        style = "yellow" if limit.is_close else ""
        yield Text(
            f"  {phrases.name_applied(limit)}: {phrases.against_entered(limit)}", style=style
        )


MOST_FINDINGS, MOST_NAMED = 6, 2
NOT_EVERY_CRITERION = (
    "criteria answered by images, or not satisfied; all: fl-planner trials judge -v"
)
UNKNOWN = "unknown"  # chance of an entered share
GIVEN = "as entered"
DOUBT = " (not to be used)"


def summary(record: PlanRecord) -> RenderableType:
    """Print a plan on one screen."""
    return Group(
        *case_row(record),
        *in_order(record.findings, (*lead_rows(record), *answer_rows(record)), most=MOST_FINDINGS),
        *_volumes(record),
        *supplied_rows(record),
        *plan_rows(record),
        *resection_rows(record, brief=True),
        *lesion_rows(record, record.clearing, brief=True),
        *baseline_rows(record),
        *plan_growth_rows(record, brief=True),
        *_stated_in_short(record),
        *(() if record.context is None else context_rows(record.context, verbose=False)),
        Text(""),
        *_trials_in_short(record.judged),
        *question_rows(record.judged),
        notice(with_rest(record.notice)),
    )


def question_rows(judged: JudgementKeys) -> Iterable[RenderableType]:
    """Print the most informative questions, and the number of others."""
    every = judged.route.questions
    more = f"; {len(every) - MOST} more with {all_by()}" if len(every) > MOST else ""
    if every:
        yield Text(f"{QUESTIONS}{more}", style="bold")
    for one in every[:MOST]:
        yield inset(f"- {describe_question(one, brief=True)}")


def _volumes(record: PlanRecord) -> Iterable[RenderableType]:
    """Print the volumes on a line, and shares not printed above or that must not be used."""
    volumes = record.volumes
    yield Text(f"\n{_in_words(volumes, mark(record, 'flr'))}")
    if excluded := describe_excluded(volumes.excluded_structures):
        yield inset(excluded, STYLES["info"])
    if reason := mark(record, "volumes"):
        yield Text(reason, style=STYLES["error"])
    yield from share_rows(volumes, record, led=True)
    if record.judged.typed_flr is None and volumes.volumes_ml.untreated is None:
        yield from no_flr_row(volumes)


def _in_words(volumes: VolumeKeys, flr_reason: str) -> str:
    ml = volumes.volumes_ml
    parts = {"whole liver": ml.liver, "tumour": ml.tumour}
    if ml.tumour is not None:
        parts["non-tumorous liver"] = ml.nontumorous_liver
    parts["FLR"] = ml.flr
    words = ", ".join(f"{name} {as_ml(x)}" for name, x in parts.items() if x is not None)
    reason = f" ({flr_reason})" if flr_reason and ml.flr is not None else ""
    return phrases.sentence(f"{words}{reason}")


def _stated_in_short(record: PlanRecord) -> Iterable[RenderableType]:
    """Print function and dose, each on a line, and whether the number may be used."""
    function, dose = record.function, record.dose
    lines = []
    if function is not None and function.known is not None:
        doubt = DOUBT if function.unusable and function.origin != "given" else ""
        origin = GIVEN if function.origin == "given" else "measured"
        lines.append(f"FLR function {function.known} {PER_MIN_M2}, {origin}{doubt}")
    if dose is not None and dose.shown is not None:
        unusable = dose.computed is not None and not dose.computed.usable
        origin = GIVEN if dose.origin == "given" else f"computed{DOUBT if unusable else ''}"
        lines.append(f"Lung dose {dose.shown} Gy at a tumour dose of {TRIAL_DOSE_GY} Gy, {origin}")
    if lines:
        yield Text("\n".join(lines))


def _trials_in_short(judged: JudgementKeys) -> Iterable[RenderableType]:
    """Print the answers of all trials on one line, grouped; then what excludes from the first."""
    names: dict[str, list[str]] = {}
    for one in sorted(judged.trials, key=lambda one: not one.applies):
        names.setdefault(one.shown, []).append(one.trial.name)
    first = next(iter(names), None)
    groups = (f"{_name(these, first=shown == first)} {shown}" for shown, these in names.items())
    yield Text(f"Trials: {'; '.join(groups)}")
    for one in judged.trials:
        if one.shown == first and (why := "; ".join(phrases.obstacles(one))):
            yield inset(f"{one.trial.name}: {why}")


def _name(trials: list[str], *, first: bool) -> str:
    """Name trials with one answer; only their number if there are many after the first."""
    named = first or len(trials) <= MOST_NAMED
    return join_words(trials) if named else f"{len(trials)} others"


def plan_table(record: PlanRecord, *, verbose: bool = False) -> RenderableType:
    """Print a plan on one screen, or in full."""
    return _whole(record) if verbose else summary(record)


def _whole(record: PlanRecord) -> RenderableType:
    judged = record.judged
    asked = Sentences(QUESTIONS, tuple(map(describe_question, judged.route.questions)))
    why = (*pathway_reasons(judged.pathway), *route_reasons(judged.route), asked)
    return Group(
        *case_row(record),
        *in_order(record.findings, (*lead_rows(record), *answer_rows(record)), verbose=True),
        Text(""),
        *volume_rows(record.volumes, record),
        *_intervals(record),
        *supplied_rows(record),
        *plan_rows(record),
        *lesion_rows(record, record.clearing),
        *baseline_rows(record),
        *vessel_rows(record),
        *resection_rows(record),
        *body_rows(record),
        *plan_growth_rows(record),
        *_stated(record),
        *(row for one in why for row in print_sentences(one)),
        *_trials(record.judged.trials),
        notice(record.notice),
    )


def _intervals(record: PlanRecord) -> Iterable[RenderableType]:
    for name in record.ratios.by_part:
        line = f"{phrases.PARTS[name]}: {phrases.interval(record, name)}"
        reason = mark(record, name)
        yield inset(with_reason(line, reason)) if reason else inset(line, "dim")
    yield from spread_rows(record)


def _stated(record: PlanRecord) -> Iterable[RenderableType]:
    if record.function is not None:
        yield from _function(record.function, mark(record, *OF_MAP))
    if record.dose is not None:
        yield from _dose(record.dose)
    if record.scores is not None:
        yield from scores_rows(record.scores)
    if record.context is not None:
        yield from context_rows(record.context, verbose=True)


def _dose(part: LungDoseRecord) -> Iterable[RenderableType]:
    """Print the lung dose in use, and computed doses."""
    if part.computed is not None:
        yield from dose_rows(part)
    else:
        yield Text(f"Lung dose {part.shown} Gy at a tumour dose of {TRIAL_DOSE_GY} Gy, {GIVEN}")


def _function(part: RemnantFunctionRecord, of_map: str) -> Iterable[RenderableType]:
    """Print the function in use; a measured one is also shown if one was entered."""
    if part.origin == "given":
        yield Text(f"FLR function {part.shown} {PER_MIN_M2}, {GIVEN}")
    if part.measured is not None:
        yield from function_rows(part.measured, of_map=of_map)
    yield days_row(part.ct_to_scintigraphy_days)


def _trials(trials: Iterable[TrialAnswerRecord]) -> Iterable[RenderableType]:
    yield Text("\nTrials", style="bold")
    yield inset(NOT_EVERY_CRITERION, "dim")
    for one in trials:
        missing = phrases.missing(one)
        unknown = f"; {phrases.criteria(missing)} not answered" if missing else ""
        yield inset(f"{one.trial.called}: {one.shown}{unknown}")
        if one.by_design is not None:
            yield inset(one.reasons[0], by=4)
        for answer in one.criteria if one.applies else ():
            yield from _criterion(answer)


def _criterion(answer: CriterionAnswerRecord) -> Iterable[RenderableType]:
    """Print a criterion that fails or is answered by images, with its evidence."""
    asked = answer.criterion
    parts: list[tuple[Sequence[By], EvidenceRecord]]
    parts = [(one.by, one) for one in answer.parts] or [(asked.by, answer)]
    seen = [one for by, one in parts if "imaging" in by]
    if not seen and not answer.against:
        return
    words = phrases.ANSWERS[asked.kind]
    yield inset(f"{asked.id} ({asked.kind}) {words[answer.answer]}: {asked.says}", by=4)
    for one in seen:
        of_part = f"{words[one.answer]}: " if answer.parts else ""
        yield inset(f"{of_part}{phrases.joined(one.evidence, one.distance)}", "dim", by=6)
    if not seen and answer.in_the_way:
        yield inset(answer.in_the_way, "dim", by=6)
