"""The vessels of a report: what the remnant keeps beside the FLR, and a chapter of its own."""

from __future__ import annotations

from collections.abc import Iterator

from fl_planner.record.plan import PlanRecord
from fl_planner.record.vessels.vessels import VesselsRecord
from fl_planner.record.withdrawal_words import mark
from fl_planner.report import vessel_words as say
from fl_planner.report.page.blocks import Block, NamedValue, RowTable, Sentences
from fl_planner.report.page.operations import bare_ml
from fl_planner.report.words import sentence


def supplied_line(record: PlanRecord) -> Iterator[NamedValue]:
    """Tell what of the FLR keeps its supply, where trees tell it."""
    vessels = record.vessels
    if vessels is not None and (told := vessels.supplied) is not None:
        lost = say.supplied_beside(told, vessels.plans[0].lost)
        beside = mark(record, "flr") or "; ".join(filter(None, (lost, say.impaired_beside(record))))
        value = f"{say.supplied(told)} of the {record.volumes.whole}"
        yield NamedValue(say.supplied_name(told), value, f"{beside}; {say.BY_NEAREST}")


def vessel_blocks(record: PlanRecord) -> Iterator[Block]:
    """Tell trees, territories, plans, veins and contacts."""
    told = record.vessels
    if told is None:
        return
    yield Sentences(
        "Vessels that were drawn",
        (sentence(say.drawn(told)), *(sentence(say.tree(one)) for one in told.trees)),
    )
    yield Sentences(
        "Liver by branch", tuple(sentence(say.territory(one)) for one in told.territories)
    )
    yield _plans(record, told)
    yield Sentences("Branches that are cut, each by itself", tuple(_list_cuts(told)))
    yield _veins(told)
    yield _contacts(record)


def _plans(record: PlanRecord, told: VesselsRecord) -> RowTable:
    head = (
        "Plan",
        "without inflow mL",
        "without outflow mL",
        "keeps both mL",
        "%",
        "readings %",
    )
    rows = tuple(
        (
            say.plan_name(one),
            say.bare_lost(one.lost.flr_inflow_lost),
            say.bare_lost(one.lost.flr_outflow_lost),
            bare_ml(kept.flr_supplied_ml),
            kept.flr_supplied_percent.shown,
            say.supplied_range(kept),
        )
        for one in told.plans
        if (kept := one.supplied) is not None
    )
    reason = mark(record, "flr", "plans")
    beside = (*([reason] if reason else []), f"{sentence(say.BY_NEAREST)}.") if rows else ()
    return RowTable("What the FLR of each plan loses", head, rows, beside)


def _list_cuts(told: VesselsRecord) -> Iterator[str]:
    several = len(told.plans) > 1
    for plan in told.plans:
        for one in plan.cuts:
            yield f"{say.plan_name(plan)}: {say.cut(one)}" if several else sentence(say.cut(one))


def _veins(told: VesselsRecord) -> RowTable:
    head = ("Plan", "Vein", "FLR nearest to it", "must stay", "can stay")
    rows = tuple(
        (
            say.plan_name(plan),
            say.vessel_name(one.vessel),
            say.drained(one) or "not told",
            say.NEEDED[one.must_stay],
            say.vein_fate(one),
        )
        for plan in told.plans
        for one in plan.veins
    )
    beside = (say.NEEDED_BY,) if rows else ()
    return RowTable("Hepatic veins", head, rows, beside)


def _contacts(record: PlanRecord) -> RowTable:
    rows = tuple(say.list_near(record))
    beside = (sentence(f"{say.NEAR_NOTE}."),) if rows else ()
    return RowTable("Vessels within 10 mm", ("Of", "Vessel", *say.NEAR), rows, beside)
