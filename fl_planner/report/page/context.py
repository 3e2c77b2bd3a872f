"""What is shown beside the FLR: in a sentence on the second page, with its sources behind it."""

from fl_planner.basis.shown import as_number
from fl_planner.patient.body_size import AT_RISK_PERCENT
from fl_planner.record.context import NOTE, NoteRecord
from fl_planner.record.declaration.values import list_values
from fl_planner.record.plan import PlanRecord
from fl_planner.record.withdrawal_words import mark
from fl_planner.report.page.blocks import RowTable, Sentences
from fl_planner.report.words import sentence


def say_context(record: PlanRecord) -> Sentences:
    """Tell in a sentence what is known beside the FLR."""
    notes = [] if record.context is None else list_values(record.context, "row", NoteRecord)
    known = "; ".join(f"{told['row']} {one.say()}" for _, told, one in notes if one.known)
    return Sentences("Beside the FLR", (f"{sentence(known)} ({NOTE}).",) if known else ())


def context_table(record: PlanRecord) -> RowTable:
    """Tell what is shown beside the FLR, its share of the body weight first."""
    notes = [] if record.context is None else [*list_values(record.context, "row", NoteRecord)]
    body = None if record.estimates is None else record.estimates.body
    share = None if body is None or mark(record, "flr") else body.flr_bw_percent
    weighed = as_number(share, (AT_RISK_PERCENT,), 2) if share is not None else None
    first = ("FLR to body weight", f"{weighed} %", "FLR mL x 1.0 g/mL / body weight; Truant 2007")
    rows = [(told["row"], one.say(), one.say_origin()) for _, told, one in notes]
    head = ("Beside the FLR", "value", "formula, range and source")
    lines = (*([first] if weighed and rows else []), *rows)
    return RowTable("Beside the FLR", head, tuple(lines), (f"Each is {NOTE}.",))
