"""The answer of a plan: pathway and route in a sentence each, and the finding to read first."""

from __future__ import annotations

from fl_planner.planning.given.study_days import LATER
from fl_planner.record.head import FindingRecord, state_accepted
from fl_planner.record.plan import PlanRecord
from fl_planner.report import words as phrases
from fl_planner.report.document.blocks import NamedValue, PlanAnswer
from fl_planner.report.findings import group_findings, rank
from fl_planner.report.questions import describe_alternatives

PATHWAY, ROUTE = "Volume-based pathway", "Route based on all facts"
WEIGHTY = (  # topics of findings that touch the answer itself, read before others [our choice]
    "contradiction", "threshold", "remnant", "flr", "overlap", "second_reader", "plausibility",
)  # fmt: skip


def make_answer(record: PlanRecord) -> PlanAnswer:
    """Return the pathway in one line, the route, and other trials that apply."""
    pathway, route = record.judged.pathway, record.judged.route
    also = "; ".join(f"also: {other}" for other in describe_alternatives(route))
    accepted = state_accepted(record).removeprefix(", ")
    others = (NamedValue(ROUTE, phrases.sentence(route.headline), also),)
    return PlanAnswer(PATHWAY, phrases.sentence(pathway.headline), accepted, others)


def list_grave(record: PlanRecord) -> list[FindingRecord]:
    """List errors and warnings: those not accepted first, and errors first within each group.

    Among findings of equal severity, those that affect the answer are first: before all others,
    that the scan precedes an embolisation, which affects every answer.
    """
    found = [one for one in group_findings(record.findings) if one.severity != "info"]
    return sorted(found, key=_rank)


def _rank(one: FindingRecord) -> tuple[bool, int, bool, bool]:
    weighty = one.code.partition(".")[0] in WEIGHTY
    return *rank(one), one.code != LATER, not weighty
