"""The page of a validation, in the layout of the page of a cohort."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from importlib.resources import files

from fl_planner.basis.plain_text import format_count
from fl_planner.basis.standing_words import INTERVAL, RESEARCH_USE
from fl_planner.basis.version import __version__
from fl_planner.cohort.page.overview import CaseLine, lay_out
from fl_planner.cohort.page.page import TEMPLATE, CohortChapter, CohortPage, LinkedTable
from fl_planner.cohort.table_files import PAGE_FILE
from fl_planner.record.declaration.part import Sided
from fl_planner.record.files.validation import (
    SetCountsRecord,
    ValidatedPatientRecord,
    ValidationRecord,
)
from fl_planner.report import words as phrases
from fl_planner.report.page.render import fill_template

Shown = Sequence[ValidatedPatientRecord]
EQUAL = "Every voxel count equals the published count."
APART = (
    "For at least one patient, the voxels were not counted, a voxel count differs from the "
    "published count, or no count is published."
)
UPPER = (
    "Calculated from voxel counts, the FLR as % of the non-tumorous liver is an upper bound, "
    "because counts do not show the tumour position. The measured FLR is computed from the masks "
    "and cannot exceed 100 %."
)
HOLLOW = f"Hollow marks represent patients whose {INTERVAL} includes a limit."
MEASURED = "as measured"


def make_page(record: ValidationRecord) -> bytes:
    """Render the page; no network is used, and the same record gives the same bytes."""
    shown = [one for one in record.patients if one.status != "absent"]
    lines = [_as_line(one) for one in shown]
    chart = lay_out(lines, [limit.limit_percent for limit in record.limits])
    template = files("fl_planner.cohort.page").joinpath("templates", TEMPLATE).read_text("utf-8")
    page = CohortPage(
        f"Validation: {record.data_set}",
        " ".join(_count(record, len(shown))),
        f"{phrases.sentence(RESEARCH_USE)}. fl_planner {__version__}",
        tuple(_list_chapters(record, shown)),
        chart,
        "FLR as a percentage, one mark per patient",
        (f"FLR as % of the non-tumorous liver. {UPPER} {HOLLOW}",),
    )
    return fill_template(template, page=page)


def _count(record: ValidationRecord, many: int) -> Iterator[str]:
    if not record.images:
        yield f"{format_count(many, 'patient')}, computed from the published counts without images."
        return
    planned = sum(one.status == "planned" for one in record.patients)
    yield f"{format_count(many, 'patient')}; plan computed for {planned}."
    yield EQUAL if record.equal else APART


def _as_line(one: ValidatedPatientRecord) -> CaseLine:
    flr = one.flr_percent or one.flr_of_nontumorous_liver_percent
    return CaseLine(
        id=one.id,
        link="#patients",
        flr=None if flr is None else flr.shown,
        interval="",
        whole="non-tumorous liver",
        pathway="",
        near_limit=bool(one.limits_within_interval),
    )


def _list_chapters(record: ValidationRecord, shown: Shown) -> Iterator[CohortChapter]:
    yield CohortChapter("flr", "FLR", tables=(_tabulate_limits(record),))
    if apart := [one for one in shown if one.different or one.published is None]:
        head = ("Patient", "structures", "published", "in the files")
        rows = [
            (one.id, ", ".join(one.different) or "no published counts", *_show_both(one))
            for one in apart
        ]
        table = LinkedTable("Patients with different or no published counts", head, tuple(rows))
        yield CohortChapter("counts", "Counts", tables=(table,))
    if unanswered := [one for one in shown if one.reason is not None]:
        rows = [(one.id, one.status, one.reason or "", one.remedy or "") for one in unanswered]
        head = ("Patient", "status", "reason", "remedy")
        table = LinkedTable("Patients without a plan or count", head, tuple(rows))
        yield CohortChapter("without", "No result", tables=(table,))
    yield CohortChapter("patients", "Patients", tables=(_tabulate_patients(record, shown),))
    source = (
        f"{record.data_set}, doi {record.doi}, {record.licence}; {record.described_in}.",
        f"Published counts: {record.counts_from}.",
    )
    links = ((PAGE_FILE, "the cohort: pathways, trials and missing information"),)
    yield CohortChapter("source", "Source", source, files=links if record.images else ())


def _show_both(one: ValidatedPatientRecord) -> tuple[str, str]:
    names = one.different or SetCountsRecord.__struct_fields__
    return tuple(
        ", ".join(f"{getattr(counts, name):,}" for name in names) if counts else ""
        for counts in (one.published, one.counted)
    )  # type: ignore[return-value]


def _tabulate_limits(record: ValidationRecord) -> LinkedTable:
    rows = [
        {
            "Limit": f"{one.limit_percent:g} %",
            "below the limit, FLR as % of the whole liver": f"{one.below_of_liver}",
            "below the limit, FLR as % of the non-tumorous liver": (
                f"{one.below_of_nontumorous_liver}"
            ),
            f"below the limit, {MEASURED}": f"{one.below_measured}",
            "below the limit or not, depending on the denominator": ", ".join(
                one.side_changed_by_denominator
            )
            or "none",
            f"{INTERVAL} includes the limit": f"{len(one.within_interval)}",
        }
        for one in record.limits
    ]
    exceeding = ", ".join(record.exceeding)
    remark = (
        (f"Remnant and tumour together exceed the liver volume in {exceeding}.",)
        if exceeding
        else ()
    )
    return _tabulate("Number of patients below each limit", rows, remark, images=record.images)


def _tabulate_patients(record: ValidationRecord, shown: Shown) -> LinkedTable:
    rows = [
        {
            "Patient": one.id,
            "FLR as % of the whole liver": _show(one.flr_of_liver_percent),
            "FLR as % of the non-tumorous liver": _show(one.flr_of_nontumorous_liver_percent),
            f"FLR {MEASURED}, %": _show(one.flr_percent),
            "limits within the interval, %": ", ".join(
                f"{limit:g}" for limit in one.limits_within_interval
            ),
            "status": one.status,
        }
        for one in shown
    ]
    return _tabulate("All patients", rows, (), images=record.images)


def _tabulate(
    title: str, rows: Sequence[Mapping[str, str]], remark: tuple[str, ...], *, images: bool
) -> LinkedTable:
    """Arrange rows; columns of measured numbers are omitted without images."""
    head = [name for name in (rows[0] if rows else ()) if images or MEASURED not in name]
    cells = tuple(tuple(row[name] for name in head) for row in rows)
    return LinkedTable(title, tuple(head), cells, remark)


def _show(number: Sided[float] | None) -> str:
    return "" if number is None else number.shown
