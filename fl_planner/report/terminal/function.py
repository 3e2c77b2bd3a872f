"""A measured liver function as lines and a table that fit 80 columns."""

from collections.abc import Iterable

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from fl_planner.basis.glossary import EXTRAHEPATIC
from fl_planner.basis.shown import as_number
from fl_planner.intake.documents.bundled_trials import read_protocol
from fl_planner.record.declaration.quantity import USUAL_LIMITS_PERCENT, as_percent
from fl_planner.record.declaration.values import list_values
from fl_planner.record.function import ClearanceRecord, ScintigraphyRecord
from fl_planner.record.function_answer import FunctionRecord
from fl_planner.record.function_share import CountedSegmentRecord, CountShareRecord
from fl_planner.report.terminal.table import finding_rows, narrow_table, notice
from fl_planner.report.words import days_apart

MEANINGS = {
    "fasting_hours": "for how long the patient had fasted",
    "bilirubin": "bilirubin on the day of the study",
    "validated_locally": "whether this was compared with the site's own workstation",
}


def function_table(record: FunctionRecord, *, verbose: bool = False) -> RenderableType:
    """Show the record of `function`: findings, numbers, questions."""
    return Group(
        *finding_rows(record.findings, verbose=verbose),
        *function_rows(record.function),
        days_row(record.ct_to_scintigraphy_days),
        *_adequacy(record),
        notice(record.notice),
    )


def function_rows(measured: ScintigraphyRecord) -> Iterable[RenderableType]:
    """Show what a scintigraphy gave: whether it was validated comes first."""
    yield Text("Liver function by scintigraphy", style="bold")
    if measured.clearance is not None:
        yield Text(f"  validated locally: {measured.validated_locally}")
        yield from _clearance(measured.clearance)
    if measured.share is not None:
        yield from _share(measured.share)
    if measured.flr_shown is not None:
        line = f"  remnant: {measured.flr_shown} %/min/m2"
        yield Text.assemble((line, "bold"), "" if measured.usable else " (do not use it)")
        yield from _ends(measured)
    for name in measured.to_ask:
        yield Text(f"  still to be asked: {MEANINGS[name]}", style="dim")


def days_row(days: int | None) -> RenderableType:
    """Show the days between CT and scintigraphy; that they are not known is shown too."""
    if days is None:
        return Text("  CT and scintigraphy: the days of both were not given", style="dim")
    return Text(f"  CT and scintigraphy: {days_apart(days)}")


def _clearance(told: ClearanceRecord) -> Iterable[RenderableType]:
    begin, end = (f"{second:g}" for second in told.window_s)
    by_body = "" if told.shown is None else f", {told.shown} %/min/m2"
    yield Text(f"  whole liver: {as_number(told.pct_per_min, (), 2)} %/min{by_body}")
    yield Text(
        f"    {begin}\u2013{end} s, {EXTRAHEPATIC}; variant, normalised to the whole\n"
        f"    field: {as_number(told.variant_of_whole_field_pct_per_min, (), 2)} %/min, not to be "
        "compared with 2.67",
        style="dim",
    )
    for _, declared, ends in list_values(told, "row", tuple):
        low, high = (as_number(one, (), 2) for one in ends)
        within = ends[0] <= told.pct_per_min <= ends[1]
        beside = "" if within else f" ({as_number(told.pct_per_min, (), 2)} as drawn)"
        yield Text(f"    {declared['row']}: {low} to {high} %/min{beside}", style="dim")


def _share(told: CountShareRecord) -> Iterable[RenderableType]:
    low, high = (as_percent(one, USUAL_LIMITS_PERCENT) for one in told.range_by_shift_percent)
    ratio = told.function_to_volume
    beside = "" if ratio is None else f", {as_number(ratio, (), 2)} of its share of volume"
    yield Text(f"  remnant's share of counts: {told.percent_shown} %{beside}")
    yield Text(
        f"    registered: {told.registered_by}; masks moved by up to 2 cm: {low} to {high} %",
        style="dim",
    )
    if told.segments:
        yield _segments(told.segments)


def _segments(segments: Iterable[CountedSegmentRecord]) -> Table:
    table = narrow_table(("    segment", "% of counts", "% of volume", "function to volume"))
    for one in segments:
        ratio = one.function_to_volume
        table.add_row(
            one.name,
            as_number(one.percent),
            as_number(one.volume_percent),
            "-" if ratio is None else as_number(ratio, (), 2),
        )
    return table


def _ends(measured: ScintigraphyRecord) -> Iterable[RenderableType]:
    for _, declared, ends in list_values(measured, "row", str):
        yield Text(f"    {declared['row']}: {ends}", style="dim")


def _adequacy(record: FunctionRecord) -> Iterable[RenderableType]:
    if not record.function.usable:
        yield Text("  whether that is enough is not answered: see the findings", style="bold red")
    if record.adequate is not None:
        does = "exceeds" if record.adequate else "does not exceed"
        source = read_protocol("crlm").name
        yield Text(f"  it {does} {record.limit_shown} %/min/m2 ({source}, background)")
