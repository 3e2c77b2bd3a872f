"""The answer of a plan as a tree of blocks, for the local page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from fl_planner.basis.version import __version__
from fl_planner.record.declaration.part import as_written, printable
from fl_planner.record.plan import PlanRecord
from fl_planner.report.document.blocks import as_tree
from fl_planner.report.page.appendix import appendix_of
from fl_planner.report.page.board import answer_blocks
from fl_planner.report.page.render import format_notice, format_title
from fl_planner.report.page.values import value_blocks
from fl_planner.report.questions import order_questions

if TYPE_CHECKING:
    from fl_planner.planning.pathway_questions import PathwayQuestions


def make_answer_tree(record: PlanRecord, asked: PathwayQuestions) -> dict[str, Any]:
    """Return values, trials with plans, and the appendix of a record, without pictures.

    - `asked`: missing answers that could change the pathway.
    """
    written = printable(as_written(record))
    written = replace(written, judged=order_questions(written.judged, asked))
    return {
        "title": format_title(written),
        "subtitle": f"fl_planner {__version__}",
        "notice": format_notice(written),
        "first": as_tree(value_blocks(written, ())),
        "second": as_tree(answer_blocks(written, None, {})),
        "measured": [],
        "chapters": as_tree(appendix_of(written, (), None, asked)),
    }
