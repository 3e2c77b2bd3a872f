"""The card of volumes on a report's first page."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from fl_planner.basis.shown import as_ml, as_number
from fl_planner.patient.body_size import AT_RISK_PERCENT
from fl_planner.record.base import Record, as_percent, find_share_limits, read_volumes
from fl_planner.record.withdrawal_words import mark
from fl_planner.report import words as say
from fl_planner.report.exclusions import say_excluded
from fl_planner.report.page.blocks import Card, Line
from fl_planner.report.words import NOT_GIVEN


def volumes_card(record: Record) -> Card:
    """Tell liver, tumour and remnant, and which excluded parts left the liver."""
    if "volumes_ml" not in record:
        return Card("Volumes", (Line("Volumes"),))
    ml = record["volumes_ml"]
    tumour = as_ml(ml["tumour"]) if "tumour" in ml else NOT_GIVEN
    reason = mark(record, "volumes")
    excluded = say_excluded(read_volumes(record).excluded_structures)
    without = "; ".join(part for part in (reason, excluded) if part)
    lines = [
        Line("Whole liver (TLV)", as_ml(ml["liver"]), without),
        Line("Tumour", tumour, reason if "tumour" in ml else ""),
        Line(
            "Non-tumorous liver",
            as_ml(ml["nontumorous_liver"]) if "tumour" in ml else NOT_GIVEN,
            reason if "tumour" in ml else "",
        ),
        _share_line(record),
        *_body(record, find_share_limits(record)),
    ]
    return Card("Volumes", tuple(lines))


def _share_line(record: Record) -> Line:
    beside = say.interval(record, "flr") if "flr" in record["ratios"] else ""
    beside = mark(record, "flr") or beside
    return Line("FLR", say.share(record, "flr"), beside, strong=True)


def _body(record: Record, limits: list[Fraction]) -> Iterator[Line]:
    body, reason = record.get("body", {}), mark(record, "flr")
    sflr, by_weight = body.get("sflr_percent"), body.get("flr_bw_percent")
    spread = body.get("sflr_spread_percent")
    beside = "" if spread is None else f"Vauthey; {say.pair(spread, limits, '%')} by nine formulas"
    shown = NOT_GIVEN if sflr is None else f"{as_percent(sflr, limits)} %"
    yield Line("sFLR", shown, reason or beside)
    at_risk = (AT_RISK_PERCENT,)
    weight = NOT_GIVEN if by_weight is None else f"{as_number(by_weight, at_risk, 2)} %"
    yield Line("FLR to body weight", weight, reason)
