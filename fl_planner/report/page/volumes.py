"""The card of volumes on a report's first page."""

from collections.abc import Iterator
from fractions import Fraction

from fl_planner.basis.glossary import TYPED_HERE
from fl_planner.basis.shown import as_ml, as_number
from fl_planner.patient.body_size import AT_RISK_PERCENT
from fl_planner.record.declaration.quantity import as_percent
from fl_planner.record.plan import PlanRecord
from fl_planner.record.volumes import LiverParts
from fl_planner.record.withdrawal_words import mark
from fl_planner.report import words as say
from fl_planner.report.exclusions import say_excluded
from fl_planner.report.page.blocks import Card, NamedValue
from fl_planner.report.page.vessels import supplied_line
from fl_planner.report.words import NOT_GIVEN


def volumes_card(record: PlanRecord) -> Card:
    """Tell liver, tumour and remnant, and which excluded parts left the liver."""
    volumes = record.volumes
    ml, reason = volumes.volumes_ml, mark(record, "volumes")
    excluded = say_excluded(volumes.excluded_structures)
    without = "; ".join(part for part in (reason, excluded) if part)
    lines = [
        NamedValue("Whole liver (TLV)", as_ml(ml.liver), without),
        *_tumour(ml, reason),
        _share_line(record),
        *supplied_line(record),
        *_body(record, volumes.share_limits),
    ]
    return Card("Volumes", tuple(lines))


def _tumour(ml: LiverParts[float], reason: str) -> Iterator[NamedValue]:
    """Tell tumour and what is left without it; neither is known where none was given."""
    if ml.tumour is None:
        yield from (NamedValue("Tumour"), NamedValue("Non-tumorous liver"))
        return
    yield NamedValue("Tumour", as_ml(ml.tumour), reason)
    yield NamedValue("Non-tumorous liver", as_ml(ml.nontumorous_liver), reason)


def _share_line(record: PlanRecord) -> NamedValue:
    typed = record.judged.typed_flr
    if typed is not None:
        return NamedValue(
            "FLR", f"{typed.shown} of the non-tumorous liver", TYPED_HERE, strong=True
        )
    beside = mark(record, "flr") or say.interval(record, "flr")
    return NamedValue("FLR", say.share(record, "flr"), beside, strong=True)


def _body(record: PlanRecord, limits: list[Fraction]) -> Iterator[NamedValue]:
    told, reason = record.estimates, mark(record, "flr")
    sflr, spread, by_weight = (
        (None, None, None)
        if told is None
        else (told.body.sflr_percent, told.body.sflr_spread_percent, told.body.flr_bw_percent)
    )
    beside = "" if spread is None else f"Vauthey; {say.pair(spread, limits, '%')} by nine formulas"
    shown = NOT_GIVEN if sflr is None else f"{as_percent(sflr, limits)} %"
    yield NamedValue("sFLR", shown, reason or beside)
    at_risk = (AT_RISK_PERCENT,)
    weight = NOT_GIVEN if by_weight is None else f"{as_number(by_weight, at_risk, 2)} %"
    yield NamedValue("FLR to body weight", weight, reason)
