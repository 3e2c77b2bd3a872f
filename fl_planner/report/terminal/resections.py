"""The table of resections for a person."""

from rich.console import Group, RenderableType
from rich.text import Text

from fl_planner.record.resections import ResectionsRecord
from fl_planner.report.terminal.anatomy import baseline_rows, lesion_rows, resection_rows
from fl_planner.report.terminal.table import finding_rows, notice


def resection_table(record: ResectionsRecord, *, verbose: bool = False) -> RenderableType:
    """Show lesions and the chosen resections; the rest stands in JSON and CSV."""
    hidden = len(record.by_segments.resections) - len(record.by_segments.shown)
    more = f"\n{hidden} more sets of segments: --named, --all, --json or --csv"
    found = [*finding_rows(record.findings, verbose=verbose)]
    return Group(
        *found[:-1],  # what follows begins with a blank line
        *lesion_rows(record),
        *baseline_rows(record.tumour),
        *resection_rows(record),
        *([Text(more, style="dim")] if hidden else []),
        notice(record.notice),
    )
