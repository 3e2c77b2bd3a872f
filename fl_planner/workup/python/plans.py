"""Stored plans in Python, and many plans as one table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any

from msgspec import ValidationError, structs

from fl_planner.basis.extras import require_pandas
from fl_planner.basis.findings import InputRefused
from fl_planner.basis.plain_text import as_compared
from fl_planner.basis.run import one_run
from fl_planner.record.declaration.json_form import read_record
from fl_planner.record.plan import PlanRecord
from fl_planner.workup.python.answers import PlanOutcome
from fl_planner.workup.python.result import NotebookView
from fl_planner.workup.python.types import AnyPath
from fl_planner.workup.python.words import as_path, require_kind

if TYPE_CHECKING:
    from pandas import DataFrame

    from fl_planner.export.columns_from_keys import Column

PLAN_AGAIN = "give the output of fl-planner plan --json"
TYPES = {"text": "string", "yes_no": "boolean", "integer": "Int64", "choice": "Int64"}
NUMBER = "Float64"  # unlike NaN, its NA makes a comparison unknown, not False


@one_run()
def read(plan: AnyPath) -> PlanOutcome:
    """Read a stored plan: the output of `fl-planner plan --json`, or `plan.json` of a cohort.

    Its numbers are not computed again; `fl-planner verify` compares them with their files.

    Parameters
    ----------
    plan : path
        The JSON file.

    Raises
    ------
    InputRefused
        For any other file, a refusal, or a plan with another schema number.
    """
    from fl_planner.report.terminal.plan import plan_table
    from fl_planner.workup.remake import read_output

    stored = read_output(as_path("plan", plan))
    if stored.kind != "plan":
        reason = f"the file is the output of {stored.kind}, not of plan"
        raise InputRefused("verify.not_an_output", stored.name, reason, PLAN_AGAIN)
    try:
        record = read_record(PlanRecord, stored.record)
    except ValidationError as error:
        reason = f"the file is not a valid {stored.record['schema']}: {error}"
        raise InputRefused("verify.not_an_output", stored.name, reason, PLAN_AGAIN) from error
    return PlanOutcome("read", record, NotebookView(plan_table))


def frame(plans: PlanOutcome | Iterable[PlanOutcome]) -> DataFrame:
    """Return many plans as a pandas DataFrame: a row for each, with the columns of `plan --csv`.

    An unknown value is `NA`, never 0 or False, and a comparison with it is `NA`. Codes of words are
    whole numbers from 1, each followed by its words. `attrs` has the `units` and `meanings` of the
    columns, and the program `version`. Cases that share files have the finding
    `cohort.one_patient` in `findings_codes`, described in `attrs["doubts"]`.

    Parameters
    ----------
    plans : results of `plan` or `read`
        The plans. Each id may occur once; a plan of images in memory has none.

    Raises
    ------
    InputRefused
        `screen.id_twice`; `output.doubtful` for a plan whose numbers must not be used;
        `output.versions` for plans of several program versions; `extra.missing` without pandas.
    """
    from fl_planner.export.plan_columns import list_local_trials, list_plan_columns, read_cells

    require_pandas()
    pandas: Any = import_module("pandas")
    records = _list_records(plans)
    doubted, doubts = _with_doubts(records)
    trials = dict.fromkeys(one.trial.id for record in records for one in record.judged.trials)
    columns = list_plan_columns(list_local_trials(trials))
    rows = [read_cells(columns, record) for record in doubted]
    cells = zip(*rows, strict=True) if rows else [()] * len(columns)
    arrays = {
        column.name: pandas.array([*each], dtype=TYPES.get(column.kind, NUMBER))
        for column, each in zip(columns, cells, strict=True)
    }
    made: DataFrame = pandas.DataFrame(arrays)
    version = records[0].version if records else None
    units, meanings = _describe(columns)
    made.attrs = {"units": units, "meanings": meanings, "version": version, "doubts": doubts}
    return made


def _list_records(plans: PlanOutcome | Iterable[PlanOutcome]) -> list[PlanRecord]:
    """List the records of plans that may be rows of one table.

    Raises `InputRefused`: see `frame`.
    """
    from fl_planner.export.save import require_trusted
    from fl_planner.workup.many import ID_TWICE

    records = []
    require_kind("plans", plans, Iterable, "a list of results of plan or read")
    for plan in [plans] if isinstance(plans, PlanOutcome) else plans:
        if not isinstance(plan, PlanOutcome):
            raise InputRefused(
                "usage.wrong",
                "plans",
                f"{type(plan).__name__} is not a result of plan or read",
                "give results of fl_planner.plan or fl_planner.read",
            )
        records.append(plan.record)
    names = [*_name_each(records)]
    times = Counter(map(as_compared, names))
    for id_ in names:
        if times[as_compared(id_)] > 1:
            raise InputRefused("screen.id_twice", id_, ID_TWICE, "give each case a unique id")
    for name, record in zip(names, records, strict=True):
        require_trusted(record, name)
    _require_one_version(records)
    return records


def _require_one_version(records: Iterable[PlanRecord]) -> None:
    """Check that one version of the program made all plans.

    Raises `InputRefused`: `output.versions`.
    """
    versions = sorted({record.version for record in records})
    if len(versions) > 1:
        reason = f"the plans were made by several versions of fl_planner ({', '.join(versions)})"
        remedy = "remake the plans made with older versions, or make a table for each version"
        raise InputRefused("output.versions", "plans", reason, remedy)


def _name_each(records: Iterable[PlanRecord]) -> Iterator[str]:
    """Name each plan by its id, otherwise by its number."""
    for number, record in enumerate(records, 1):
        yield record.case.id or f"case {number}"


def _with_doubts(records: Sequence[PlanRecord]) -> tuple[list[PlanRecord], dict[str, str]]:
    """Add the findings on cases of one patient to their plans; return their texts by id as well."""
    from fl_planner.workup.many import SharedFiles, as_doubts

    shared = SharedFiles()
    for number, record in enumerate(records, 1):
        shared.add_plan(record, number)
    found = as_doubts(shared)
    doubted = [
        structs.replace(record, findings=(*record.findings, *found.get(name, ())))
        for name, record in zip(_name_each(records), records, strict=True)
    ]
    return doubted, {name: one.message for name, each in found.items() for one in each}


def _describe(columns: Sequence[Column]) -> tuple[dict[str, str], dict[str, str]]:
    """Return units and meanings by column; codes are explained by their words."""
    units = {one.name: one.unit for one in columns if one.unit}
    codes = {one.name: f" ({one.coded})" if one.coded else "" for one in columns}
    return units, {one.name: f"{one.meaning}{codes[one.name]}" for one in columns}
