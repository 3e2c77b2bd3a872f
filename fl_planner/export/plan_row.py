"""A plan as one flat row for a study's data base, and the codebook of its columns.

Nothing is computed here, and no column is described: each is declared with the key of the record
that it shows. Here stands their order, and what is no key: codes that tables bring, and counts.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import partial

from fl_planner.basis.findings import Severity
from fl_planner.export.columns import Column, list_columns
from fl_planner.export.csv import as_csv
from fl_planner.intake.documents.bundled_trials import (
    read_bundled_trials,
    read_protocols,
    read_route_rows,
)
from fl_planner.planning.assessment.thresholds import SPOKEN, name_limit
from fl_planner.planning.pathway.table import ROWS
from fl_planner.record.plan import PlanRecord

SEGMENTS = ("1", "2", "3", "4", "4a", "4b", "5", "6", "7", "8")
CODEBOOK = ("column", "meaning", "unit", "type", "choices", "source")
SHARE = ("pct", "vox", "whole_vox", "pct_low", "pct_high")
HEAD = (
    "record_id", "fl_planner_version", "diagnosis", "reading_status", "reading_age_d",
    "liver_ml", "tumour_ml", "nontumour_ml", "flr_ml", "resected_ml", "untreated_ml",
    "excluded_ml", "impaired_ml", "voxel_ml", *(f"flr_{one}" for one in SHARE),
    *(f"untreated_{one}" for one in SHARE), "denominator", "flr2_pct", "flr2_less_flr_pct_pt",
    "flr_w_impaired_pct", "flr_wo_excluded_pct", "flr_of_segments_pct",
)  # fmt: skip
PATIENT = (
    "lesion_count", "lesion_largest_cm", "lesion_bilobar", "margin_mm", "flr_function_pct_min_m2",
    "flr_function_origin", "flr_counts_pct", "ct_to_hbs_d", "lung_dose_gy", "height_cm",
    "weight_kg", "bsa_m2", "sflr_pct", "flr_bw_pct",
)  # fmt: skip
ANSWERS = ("pathway", "pathway_row", "pathway_borderline", "route", "route_row")
FINDINGS = (*(f"findings_{severity.value}" for severity in Severity), "findings_codes")


def as_row(record: PlanRecord) -> str:
    """Write a plan as CSV: one header, one row."""
    columns = list_plan_columns()
    return as_csv([one.name for one in columns], [[one.of(record) for one in columns]])


def as_codebook() -> str:
    """Write what each column means, as CSV."""
    rows = (
        (one.name, one.meaning, one.unit, one.kind, one.coded, one.source)
        for one in list_plan_columns()
    )
    return as_csv(CODEBOOK, rows)


def list_plan_columns() -> tuple[Column, ...]:
    """List every column, in order."""
    limits, trials = [*_list_limits()], [trial.id for trial in read_bundled_trials()]
    entries = {
        "body.bsa_m2": ("mosteller",),
        "case.plan.remnant_segments": SEGMENTS,
        "segments": SEGMENTS,
        "thresholds": limits,
        "trials": trials,
        "voxels": (),  # those in mL have columns
    }
    declared = (*list_columns(PlanRecord, entries), *_list_more())
    found = {one.name: one for one in map(_with_codes, declared)}
    names = [*_list_names(limits, trials)]
    assert len(names) == len(found)  # each that is declared has its place
    return tuple(found[name] for name in names)


def _list_names(limits: Iterable[str], trials: Iterable[str]) -> Iterator[str]:
    """Name every column, in order."""
    yield from HEAD
    for limit in limits:
        name = limit.replace(".", "_")
        yield from (name, f"{name}_chance")
    yield "remnant_origin"
    yield from (f"remnant_seg___{name}" for name in SEGMENTS)
    yield from (f"seg{name}_ml" for name in SEGMENTS)
    yield from PATIENT
    yield from ANSWERS
    for trial in trials:
        yield from (f"{trial.lower()}_verdict", f"{trial.lower()}_human_open")
    yield from FINDINGS


def _list_limits() -> Iterator[str]:
    """Name every limit that a protocol of the pathway sets on a share."""
    protocols = read_protocols()
    for trial in (protocols.crlm, protocols.hcc, protocols.radioembolisation):
        for fact in SPOKEN:
            yield from (name_limit(limit) for limit in trial.limits_on(fact))


def _with_codes(column: Column) -> Column:
    """Give pathway and route the codes of their tables, to which files of trials add."""
    coded = {
        "pathway": [(row.csv, row.pathway) for row in ROWS],
        "route": [(row.csv, row.route) for row in read_route_rows()],
    }
    if column.name not in coded:
        return column
    choices = tuple(word for _, word in sorted(set(coded[column.name])))
    return replace(column, kind="choice", choices=choices)


def _list_more() -> Iterator[Column]:
    """List the columns that are no key of the record."""
    yield Column(
        "flr_counts_pct",
        "the FLR's share of the liver's counts; blank where it is not to be used",
        "function.measured",
        _find_counts_share,
        unit="%",
    )
    for severity in Severity:
        name, means = f"findings_{severity.value}", f"findings of severity {severity.value}"
        yield Column(name, means, "findings", partial(_count, severity.value), kind="integer")
    codes = "their codes; docs/codes.md says what each means"
    yield Column("findings_codes", codes, "findings", _list_codes, kind="text")


def _find_counts_share(record: PlanRecord) -> float | None:
    measured = None if record.function is None else record.function.measured
    share = None if measured is None or not measured.usable else measured.share
    return None if share is None else share.percent


def _count(severity: str, record: PlanRecord) -> int:
    return len([one for one in record.findings if one.severity == severity])


def _list_codes(record: PlanRecord) -> str:
    return " ".join(dict.fromkeys(one.code for one in record.findings))
