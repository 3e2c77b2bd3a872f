"""Tables of a cohort: one row per case, lesion, segment, resection, criterion or finding.

`cases_in_words` contains the cases for human readers. Nothing is computed here. The columns of all
others are named by their path in `plan --json` and have the declared meaning. A column of codes is
followed by the codes in words where needed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, get_args

from msgspec import Struct, json

from fl_planner.basis.constants import DIAGNOSES
from fl_planner.cohort.in_words import CaseInWords, list_case_columns, read_in_words
from fl_planner.cohort.result import CASES, PLAN, CaseResult, Status, find_folder, read_cohort
from fl_planner.export.columns_from_keys import Column, Entries, Read, list_key_columns
from fl_planner.export.plan_columns import IN_WORDS, SEGMENTS, list_limits, read_word
from fl_planner.export.table_writing import Cell
from fl_planner.intake.documents.protocols import in_order, read_bundled_trials
from fl_planner.liver.all_resections import CLEARING_MM
from fl_planner.patient.body_size import BSA_FORMULAS, TLV_FORMULAS
from fl_planner.record.anatomy import LesionRecord, SegmentRecord
from fl_planner.record.declaration.part import DENOMINATORS, RecordPart, follow
from fl_planner.record.head import SEVERITIES, FindingRecord
from fl_planner.record.plan import PlanRecord
from fl_planner.record.resections import ResectionRecord
from fl_planner.record.trials import CriterionAnswerRecord, TrialAnswerRecord
from fl_planner.report.words import ANSWERS
from fl_planner.trials.criterion import REACH
from fl_planner.trials.judge import CHANGES


@dataclass(frozen=True, slots=True)
class Names:
    """Names in every run, followed by those of this one, such as a hospital's trials."""

    limits: tuple[str, ...]
    trials: tuple[str, ...]
    denominators: tuple[str, ...]


class _NamedPart(Struct, frozen=True):
    name: str


class _NumberedPart(Struct, frozen=True):
    id: str


class _ListedParts(Struct, frozen=True):
    trials: tuple[_NumberedPart, ...] = ()
    thresholds: tuple[_NamedPart, ...] = ()
    denominators: tuple[_NamedPart, ...] = ()


def collect_names(out: Path) -> Names:
    """Collect the names from the plans of a run.

    Raises `InputRefused`: see `read_cohort`; a damaged plan is refused when it is read in full.
    """
    limits = dict.fromkeys(list_limits())
    trials = dict.fromkeys(trial.id for trial in read_bundled_trials())
    denominators = dict.fromkeys((*DENOMINATORS, *TLV_FORMULAS))
    for found in _list_found(out):
        limits |= dict.fromkeys(threshold.name for threshold in found.thresholds)
        trials |= dict.fromkeys(one.id for one in found.trials)
        denominators |= dict.fromkeys(denominator.name for denominator in found.denominators)
    return Names(tuple(limits), tuple(in_order(trials)), tuple(denominators))


def _list_found(out: Path) -> Iterable[_ListedParts]:
    for case_id in read_cohort(out).ids:
        with suppress(OSError, ValueError):
            yield json.decode((find_folder(out, case_id) / PLAN).read_bytes(), type=_ListedParts)


FIRST = (  # the most important keys of a plan
    "flr_percent", "flr_percent_shown", "volumes_ml.flr", "volumes_ml.nontumorous_liver",
    "volumes_ml.liver", "volumes_ml.tumour", "case.diagnosis", "case.diagnosis_word",
    "pathway.name", "pathway.headline", "route.name", "route.headline",
)  # fmt: skip
WORDS: dict[str, Mapping[Any, str]] = {  # codes in words, by key
    "diagnosis": DIAGNOSES,
    "denominator": DENOMINATORS,
    "reach": REACH,
    "changes": CHANGES,
}
ROWS = {  # table -> meaning of a row
    "cases": "case",
    "lesions": "lesion in the tumour mask",
    "segments": "segment of the label map",
    "resections": "resection of whole segments",
    "criteria": "criterion of a trial, with its answer",
    "findings": "finding",
    "cases_in_words": "case, described in words, in the order of the worklist",
}
OWN_TABLE = ("lesions", "segments", "resections", "lesion_summary.by_definition")
# identical for all patients: see `trials show` and the texts of the formulas
OF_A_TRIAL = ("name", "source", "notes", "criteria")
CONSTANT = ("source", "by", "reading", "note")  # of a criterion
OF_A_FORMULA = ("formula", "population", "bsa", "source")
NAMED_BY_ROLE = "role of the file; with --profile clinical, its base name instead"
OF_ENTRY = ""  # source of a column that is not a key of a plan
Row = Sequence[Cell]


@dataclass(frozen=True, slots=True)
class RowOf:
    """Content of a row: a part of a case's plan, and the trial of a criterion."""

    result: CaseResult
    part: RecordPart | None
    trial: TrialAnswerRecord | None = None


@dataclass(frozen=True, slots=True)
class CohortTable:
    """A table of a cohort: name in `ROWS`, columns, and rows of a case.

    - `by_urgency`: whether its rows follow the worklist instead of the source.
    """

    name: str
    columns: tuple[Column, ...]
    list_entries: Callable[[CaseResult], Iterable[RowOf | CaseInWords]]
    by_urgency: bool = False

    def list_rows(self, result: CaseResult) -> Iterator[Row]:
        """List the rows of a case."""
        reads = [(column.read, column.source == OF_ENTRY) for column in self.columns]
        for entry in self.list_entries(result):
            if (part := entry.part) is None:
                yield [read(entry) if leads else None for read, leads in reads]
            else:
                yield [read(entry) if leads else read(part) for read, leads in reads]


@lru_cache(maxsize=8)  # most shards have the same names
def list_tables(names: Names) -> tuple[CohortTable, ...]:
    """List the tables of a run with these names."""
    entries = {"thresholds": names.limits, "flr_after_clearing": CLEARING_MM}
    of_criteria = (ID, *OF_TRIAL, *_list_criterion_columns())
    return (
        CohortTable("cases", _list_case_columns(names), lambda one: [RowOf(one, one.plan)]),
        _as_parts("lesions", LesionRecord, "tumour.lesions"),
        _as_parts("segments", SegmentRecord, "segments"),
        _as_parts("resections", ResectionRecord, "by_segments.resections", entries),
        CohortTable("criteria", of_criteria, _list_criteria),
        CohortTable("findings", (ID, *_list_finding_columns()), _list_findings),
        CohortTable(
            "cases_in_words",
            list_case_columns(names.trials),
            lambda one: [read_in_words(one)],
            by_urgency=True,
        ),
    )


def _as_parts(
    name: str, part: type[RecordPart], where: str, entries: Entries | None = None
) -> CohortTable:
    """Return the table of a list of parts, found along these fields of a plan."""
    leading = (ID, IN_REMNANT) if part is LesionRecord else (ID,)
    entries = {"segments": SEGMENTS} if part is LesionRecord else entries or {}
    columns = (*leading, *_list_keys(part, entries))
    return CohortTable(name, columns, partial(_list_parts, where.split(".")))


def _list_parts(fields: Sequence[str], result: CaseResult) -> Iterator[RowOf]:
    for part in follow(result.plan, fields) or ():
        yield RowOf(result, part)


def _list_findings(result: CaseResult) -> Iterator[RowOf]:
    for finding in result.findings:
        yield RowOf(result, finding)


def _list_criteria(result: CaseResult) -> Iterator[RowOf]:
    for trial in () if result.plan is None else result.plan.judged.trials:
        for criterion in trial.criteria:
            yield RowOf(result, criterion, trial)


def _list_finding_columns() -> Iterator[Column]:
    for column in _list_keys(FindingRecord, {}):
        yield replace(column, meaning=NAMED_BY_ROLE) if column.name == "file" else column


def _list_criterion_columns() -> Iterator[Column]:
    """List the columns of a criterion; its id comes first, named differently from the case id."""
    columns = {
        key.name: key for key in _list_keys(CriterionAnswerRecord, dict.fromkeys(CONSTANT, ()))
    }
    yield replace(columns.pop("id"), name="criterion")
    yield from columns.values()


def _list_case_columns(names: Names) -> tuple[Column, ...]:
    """List the columns of a case, the most important first."""
    entries: dict[str, Iterable[Any]] = {
        **dict.fromkeys(OWN_TABLE, ()),
        "body.bsa_m2": tuple(BSA_FORMULAS),
        "denominators": names.denominators,
        "thresholds": names.limits,
        "trials": names.trials,
        **{f"trials.{trial}.{key}": () for trial in names.trials for key in OF_A_TRIAL},
        **{
            f"denominators.{denominator}.{key}": ()
            for denominator in names.denominators
            for key in OF_A_FORMULA
        },
    }
    keys = {one.name: one for one in (*_list_keys(PlanRecord, entries), *COUNTS)}
    first = [keys.pop(name) for name in FIRST]
    return (ID, STATUS, *first, *REFUSAL, *keys.values())


def _list_keys(part: type[RecordPart], entries: Entries) -> Iterator[Column]:
    """List the columns of a part's keys; codes are followed by their words."""
    for column in list_key_columns(part, entries):
        yield column
        words = WORDS.get(column.name.rpartition(".")[2])
        if column.choices and words is not None:
            yield _in_words(column, partial(read_word, column.read, words))
        elif part is CriterionAnswerRecord and column.name == "answer":
            yield _in_words(column, lambda one: ANSWERS[one.criterion.kind][one.answer])


def _in_words(column: Column, read: Read) -> Column:
    name, meaning = f"{column.name}{IN_WORDS}", f"{column.meaning.removesuffix('.')}, in words"
    return Column(name, meaning, column.source, read, kind="text")


def _stays(entry: RowOf) -> bool | None:
    """Check whether a lesion is left in the remnant; None if unknown."""
    clearing = follow(entry.result.plan, ("clearing",))
    lesion = entry.part
    assert isinstance(lesion, LesionRecord)
    return None if clearing is None else lesion.number in clearing.lesions_in_remnant


def _count(severity: str, entry: RowOf) -> int | None:
    result = entry.result
    return None if result.plan is None else result.count_findings(severity)


def _lead(name: str, meaning: str, read: Read, **more: Any) -> Column:
    """Return a column that is not a key of a plan."""
    return Column(name, meaning, OF_ENTRY, read, **{"kind": "text", **more})


def _of(*fields: str) -> Read:
    """Read the value at a path of fields in an entry."""
    return partial(follow, fields=fields)


ID = _lead(
    "id",
    "pseudonym of the case, as given by the user; the same in every table",
    _of("result", "id"),
)
STATUS = _lead(
    "status",
    "whether the case was planned, was refused, or failed (memory limit, time limit or defect)",
    _of("result", "status"),
    kind="choice",
    choices=get_args(Status),
)
REFUSAL = (
    _lead(
        "refusal.code", "refusal code, explained in docs/codes.md", _of("result", "refusal", "code")
    ),
    _lead(
        "refusal.file",
        f"{NAMED_BY_ROLE}, or the option, key or id concerned",
        _of("result", "refusal", "source"),
    ),
    _lead("refusal.reason", "what is wrong", _of("result", "refusal", "reason")),
    _lead("refusal.remedy", "what to do", _of("result", "refusal", "remedy")),
    _lead("failure", "why the case was not completed", _of("result", "failure")),
    _lead(
        "folder",
        "folder with the plan of the case, next to the tables",
        lambda one: f"{CASES}/{one.result.folder.name}",
    ),
)
OF_TRIAL = (
    _lead("trial", "registry id of the trial", _of("trial", "trial", "id")),
    _lead(f"trial{IN_WORDS}", "name of the trial", _of("trial", "trial", "name")),
)
IN_REMNANT = _lead("in_remnant", "whether the lesion remains in the remnant", _stays, kind="yes_no")
COUNTS = tuple(
    _lead(
        f"findings.{severity}",
        f"number of {severity}-level findings",
        partial(_count, severity),
        kind="integer",
    )
    for severity in SEVERITIES
)
