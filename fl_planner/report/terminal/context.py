"""What is shown beside the remnant: one line, and with `-v` each with where it comes from."""

from collections.abc import Iterable

from rich.console import RenderableType
from rich.text import Text

from fl_planner.record.context import NOTE, ContextRecord, NoteRecord
from fl_planner.record.declaration.values import list_values
from fl_planner.report.terminal.table import inset


def context_rows(context: ContextRecord, *, verbose: bool) -> Iterable[RenderableType]:
    """Show what is known beside the remnant; `verbose` adds formula, range, source, and lacks."""
    notes = [(told["row"], one) for _, told, one in list_values(context, "row", NoteRecord)]
    if verbose:
        yield Text(f"\nBeside the FLR: {NOTE}", style="bold")
        for row, one in notes:
            yield inset(f"{row}: {one.say()}")
            yield inset(one.say_origin(), "dim", by=4)
        return
    known = "; ".join(f"{row} {one.say()}" for row, one in notes if one.known)
    if known:
        yield Text(f"\nBeside the FLR: {known} ({NOTE})", style="dim")
