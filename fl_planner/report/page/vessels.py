"""Vessels in a report: FLR with preserved supply, and a chapter of the appendix."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from fl_planner.liver.names.structures import tree_of
from fl_planner.record.anatomy import LesionRecord
from fl_planner.record.head import mark
from fl_planner.record.plan import PlanRecord
from fl_planner.record.vessels import CutRecord, VesselsRecord
from fl_planner.report import vessel_words as phrases
from fl_planner.report.document.blocks import Block, Card, NamedValue, RowTable, Sentences
from fl_planner.report.document.operations import near_table
from fl_planner.report.words import IN_APPENDIX, joined, numbered, sentence

CUTS = "Cut branches, each considered separately"
MOST_CUTS = 8  # of a card
MOST_LESIONS = 6  # that touch one vessel
TOUCHED = f"Vessels touched by lesions or within {phrases.AT_MM}"


def supplied_line(record: PlanRecord) -> Iterator[NamedValue]:
    """List the FLR that keeps its supply, if it can be determined."""
    vessels = record.vessels
    if vessels is not None and (kept := vessels.supplied) is not None:
        taken = phrases.format_supplied_loss(kept, vessels.plans[0].lost)
        beside = mark(record, "flr") or joined(taken, phrases.format_impaired(record))
        value = f"{phrases.supplied(kept)} of the {record.volumes.whole}"
        yield NamedValue(phrases.supplied_name(kept), value, f"{beside}; {phrases.BY_NEAREST}")


def cuts_card(record: PlanRecord) -> Card:
    """Build the card of branches that are cut, first plan first."""
    every = [*_list_named_cuts(record.vessels)]
    reason = mark(record, *phrases.OF_CUTS)
    lines = [
        NamedValue(
            name,
            phrases.cut_loss(one),
            joined(reason, phrases.cut_doubt(one), phrases.cut_place(one)),
            strong=one.doubtful,
        )
        for name, one in every[:MOST_CUTS]
    ]
    if more := len(every) - len(lines):
        lines.append(NamedValue("Further cuts", f"{more}; {IN_APPENDIX}"))
    return Card(CUTS, tuple(lines))


def _list_named_cuts(vessels: VesselsRecord | None) -> Iterator[tuple[str, CutRecord]]:
    """List the cuts as named in pictures, with their plan if there are several.

    Pictures show the cuts of the first plan.
    """
    plans = () if vessels is None else vessels.plans
    for plan in plans:
        of_plan = f"{phrases.plan_name(plan)}: " if len(plans) > 1 else ""
        yield from ((f"{of_plan}{phrases.cut_name(one)}", one) for one in plan.cuts)


def touched_line(lesions: Iterable[LesionRecord]) -> Iterator[NamedValue]:
    """List the trees and branches that lesions touch or are at; empty without vessels."""
    near = [(one.number, one.vessel_contacts) for one in lesions if one.vessel_contacts]
    trees: dict[str, list[str]] = {}
    branches: dict[str, list[str]] = {}
    for number, contacts in near:
        touched = [one.vessel for one in contacts if one.near and one.near[0].length_mm]
        for tree in dict.fromkeys(map(tree_of, touched)):
            trees.setdefault(tree, []).append(f"L{number}")
        for name in touched:
            if name != tree_of(name):
                branches.setdefault(name, []).append(f"L{number}")
    if near:
        value = "; ".join(_list_touched(trees)) or "none of the drawn vessels"
        yield NamedValue(TOUCHED, value, "; ".join(_list_touched(branches)))


def _list_touched(vessels: Mapping[str, list[str]]) -> Iterator[str]:
    """List each vessel with the first few lesions that touch it."""
    for name, lesions in vessels.items():
        more = len(lesions) - MOST_LESIONS
        rest = f" and {more} more" if more > 0 else ""
        yield f"{phrases.vessel_name(name)}: {numbered(lesions[:MOST_LESIONS])}{rest}"


def vessel_blocks(record: PlanRecord) -> Iterator[Block]:
    """List trees, territories, plans, veins and contacts."""
    if (vessels := record.vessels) is None:
        return
    drawn = map(sentence, (phrases.drawn(vessels), *map(phrases.tree, vessels.trees)))
    yield Sentences("Vessels drawn", _marked(drawn, mark(record, *phrases.OF_LIVER)))
    branches = map(sentence, phrases.list_territories(vessels))
    yield Sentences(
        "Liver territory of each branch", _marked(branches, mark(record, *phrases.OF_MAP))
    )
    yield _plans(record, vessels)
    cuts = _marked(_list_cuts(vessels), mark(record, *phrases.OF_CUTS))
    yield Sentences(CUTS, cuts)
    yield _veins(record, vessels)
    yield near_table(record)


def _marked(lines: Iterable[str], reason: str) -> tuple[str, ...]:
    return tuple(phrases.marked(line, reason) for line in lines)


def _plans(record: PlanRecord, vessels: VesselsRecord) -> RowTable:
    head = (
        "Plan",
        "without inflow mL",
        "without outflow mL",
        phrases.supplied_column(vessels),
        "%",
        "range %",
    )
    rows = tuple(
        (
            phrases.plan_name(one),
            phrases.bare_lost(one.lost.flr_inflow_lost),
            phrases.bare_lost(one.lost.flr_outflow_lost),
            phrases.supplied_ml(kept),
            phrases.supplied_percent(kept),
            phrases.supplied_range(kept),
        )
        for one in vessels.plans
        if (kept := one.supplied) is not None
    )
    beside = (
        _beside(mark(record, *phrases.OF_PLANS), f"{sentence(phrases.BY_NEAREST)}.") if rows else ()
    )
    return RowTable("FLR without inflow or outflow, by plan", head, rows, beside)


def _beside(reason: str, note: str) -> tuple[str, ...]:
    return (reason, note) if reason else (note,)


def _list_cuts(vessels: VesselsRecord) -> Iterator[str]:
    several = len(vessels.plans) > 1
    for plan in vessels.plans:
        for one in plan.cuts:
            yield (
                f"{phrases.plan_name(plan)}: {phrases.cut(one)}"
                if several
                else sentence(phrases.cut(one))
            )


def _veins(record: PlanRecord, vessels: VesselsRecord) -> RowTable:
    head = (
        "Plan",
        "Vein",
        "FLR nearest to the vein",
        "preservation required",
        "preservation possible",
    )
    rows = tuple(
        (
            phrases.plan_name(plan),
            phrases.vessel_name(one.vessel),
            phrases.drained(one) or "unknown",
            phrases.NEEDED[one.must_stay],
            phrases.vein_fate(one),
        )
        for plan in vessels.plans
        for one in plan.veins
    )
    beside = _beside(mark(record, *phrases.OF_VEINS), phrases.NEEDED_BY) if rows else ()
    named = ((phrases.plan_name(plan), phrases.outflow_in_all(plan)) for plan in vessels.plans)
    in_all = tuple(f"{sentence(name)}: {words}." for name, words in named if words)
    return RowTable("Hepatic veins", head, rows, (*beside, *in_all))
