"""The answer of a plan: pathway and route in a sentence each, and the finding to read first."""

from __future__ import annotations

from fl_planner.record.head import state_accepted
from fl_planner.record.plan import PlanRecord
from fl_planner.report import words as phrases
from fl_planner.report.document.blocks import NamedValue, PlanAnswer
from fl_planner.report.questions import describe_alternatives

PATHWAY, ROUTE = "Volume-based pathway", "Route based on all facts"


def make_answer(record: PlanRecord) -> PlanAnswer:
    """Return the pathway in one line, the route, and other trials that apply."""
    pathway, route = record.judged.pathway, record.judged.route
    also = "; ".join(f"also: {other}" for other in describe_alternatives(route))
    accepted = state_accepted(record.findings).removeprefix(", ")
    others = (NamedValue(ROUTE, phrases.sentence(route.headline), also),)
    return PlanAnswer(PATHWAY, phrases.sentence(pathway.headline), accepted, others)
