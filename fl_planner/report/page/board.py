"""Trials with their missing answers, findings, method and sources: the second page."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from fl_planner.basis.plain_text import format_count
from fl_planner.basis.standing_words import NOT_CHECKED, QUESTIONS
from fl_planner.record.growth import GrowthKeys
from fl_planner.record.head import mark
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
from fl_planner.report.findings import group_findings, list_grave
from fl_planner.report.page.prose import measurements
from fl_planner.report.page.values import find_expiry
from fl_planner.report.questions import MOST, describe_question, describe_settling
from fl_planner.report.vessel_words import LOSES
from fl_planner.trials.criterion import REACH
from fl_planner.trials.judge import CHANGES


def finding_rows(record: PlanRecord, *, every: bool = False) -> RowTable:
    """List findings with their codes, accepted ones last; `every`: also for information."""
    found = group_findings(record.findings) if every else list_grave(record.findings)
    rows = tuple((one.severity, phrases.format_accepted_finding(one), one.code) for one in found)
    return RowTable("Findings", ("Level", "Finding", "Code"), rows)


def file_rows(record: PlanRecord, growth: GrowthKeys | None) -> RowTable:
    """List the files with their hashes."""
    files = [(one.role, one.file, one.format, one.sha256) for one in record.inputs]
    files += _previous_files(record, growth)
    return RowTable("Files", ("Role", "File", "Format", "SHA-256"), tuple(files))


def _previous_files(
    record: PlanRecord, growth: GrowthKeys | None
) -> Iterator[tuple[str, str, str, str]]:
    """List the files of previous scans that are not files of the plan."""
    own = {one.sha256 for one in record.inputs}
    for scan in growth.time_points if growth else ():
        for one in scan.files:
            if one.sha256 not in own:
                yield f"scan {scan.number}: {one.role}", one.file, "-", one.sha256


def basis_rows(record: PlanRecord) -> RowTable:
    """List each number with its source."""
    return RowTable("Basis of the numbers", ("Number", "Source"), tuple(_list_sources(record)))


def limit_sentences(record: PlanRecord) -> Sentences:
    """State what the report does not cover."""
    return Sentences(
        "Limitations of this report", (*LIMITS[:2], _describe_supply(record), *LIMITS[2:])
    )


LIMITS = (
    "Each volume is the number of voxels multiplied by the voxel volume; its accuracy depends "
    "on the accuracy of the masks.",
    "The interval reflects variation between readers; it does not show whether a mask is "
    "incorrect.",
    "Not covered: PVE/HVE outside a trial, biliary drainage, cholangiocarcinoma, liver stiffness. "
    "Consensus on preoperative preparation: Innsbruck guidelines (E-AHPBA, ESSO, ESSR), Br J Surg "
    "2023, doi 10.1093/bjs/znad233.",
    "Pathway and route are for discussion at the tumour board; enrolment is decided by the trial "
    "team.",
)


def _describe_supply(record: PlanRecord) -> str:
    """Describe how far inflow and outflow of the remnant are assessed."""
    supplied = None if record.vessels is None else record.vessels.supplied
    if supplied is None:
        return "Inflow, outflow and bile ducts of the remnant are not assessed."
    left = [words for tree, words in LOSES.items() if tree not in supplied.flr_supplied_by]
    known = " and ".join(words for words in LOSES.values() if words not in left)
    verb = "is" if left else "are"
    return (
        f"{known.capitalize()} of the remnant {verb} estimated from the nearest drawn vessel. "
        f"{phrases.sentence(', '.join([*left, 'bile ducts']))} and the hepatic artery are "
        "not assessed."
    )


def _list_sources(record: PlanRecord) -> Iterator[tuple[str, str]]:
    yield "fl_planner", record.version
    for name, ratio in record.ratios.by_part.items():
        whole = f"{ratio.numerator_voxels} of {ratio.denominator_voxels} voxels"
        yield f"{phrases.SIDES[name]}: share", phrases.joined(whole, mark(record, name))
        yield f"{phrases.SIDES[name]}: interval", ratio.cv.rests_on
    for one in record.thresholds:
        yield phrases.limit_name(one.name), one.source


MOST_RESECTIONS, MOST_MISSING = 6, 5
MORE = "Resections not shown: {}; " + f"{phrases.IN_APPENDIX}."
LINE = "______________________   Date: ______________"


def trial_page(record: PlanRecord, growth: GrowthKeys | None) -> tuple[Block, ...]:
    """Build the second page: trials with missing answers, questions, findings, method, sources."""
    return filled(
        (
            trial_lines(record.judged),
            _questions(record.judged, phrases.IN_APPENDIX),
            finding_rows(record),
            basis_rows(record),
            limit_sentences(record),
            file_rows(record, growth),
            SIGNED,
        )
    )


def plan_tables(record: PlanRecord) -> tuple[Block, ...]:
    """Build the tables of plans, if there are several, of resections and of lesions."""
    return filled(
        (
            *((plan_table(record),) if record.case.other_plans else ()),
            resection_table(record).first(MOST_RESECTIONS, MORE),
            lesion_table(record).without(NEAREST_VESSEL),
        )
    )


def answer_blocks(record: PlanRecord, growth: GrowthKeys | None) -> tuple[Block, ...]:
    """Build the blocks of the local page below the values: trials, plans and measurements."""
    questions = _questions(record.judged, "see the appendix")
    tables = plan_tables(record)
    measured = filled(measurements(record, growth, {}))
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
    yield from phrases.obstacles(one)
    if missing := phrases.missing(one):
        yield f"{phrases.criteria(missing)} not yet answered: {_name_missing(one)}"


def _name_missing(one: TrialAnswerRecord) -> str:
    """Name the first unanswered criteria in words, and count the others."""
    unknown = [each.criterion.says for each in one.criteria if each.criterion.id in one.unknown]
    named = "; ".join(unknown[:MOST_MISSING])
    more = len(unknown) - MOST_MISSING
    return f"{named}; and {more} more" if more > 0 else named


def _questions(judged: JudgementKeys, where: str) -> Sentences:
    every = judged.route.questions
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
    yield Sentences(QUESTIONS, tuple(map(describe_settling, judged.route.questions)))
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
        holds = f"; valid for {format_count(int(answer.holds_days), 'day')}"
    return (
        asked.id,
        f"{asked.kind}: {phrases.ANSWERS[asked.kind][answer.answer]}",
        ". ".join([asked.says, *map(phrases.sentence, phrases.marks(asked))]),
        phrases.joined(answer.evidence, answer.distance, crosses),
        f"{asked.asked_of}; {CHANGES[answer.changes]}{holds}",
    )
