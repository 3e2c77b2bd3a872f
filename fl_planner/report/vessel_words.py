"""Words for vessels: supply lost by a plan, and veins that must be kept."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from fractions import Fraction
from typing import TYPE_CHECKING

from fl_planner.basis.shown import as_ends, as_ml, as_mm, as_number, as_unit
from fl_planner.liver.names.structures import TreeName, name_segments
from fl_planner.liver.vessels.limits import CUT_PERCENT, NEEDED_PERCENT, REACHES_MM
from fl_planner.record.declaration.part import USUAL_LIMITS_PERCENT
from fl_planner.record.head import mark
from fl_planner.report.words import bare_ml, bare_span

if TYPE_CHECKING:
    from fl_planner.record.plan import PlanRecord
    from fl_planner.record.resections import ResectionRecord
    from fl_planner.record.vessel_territory import LiverRangeRecord, TerritoryRecord
    from fl_planner.record.vessels import (
        CutRecord,
        FlrSuppliedKeys,
        PlannedVesselsRecord,
        SupplyKeys,
        TreeRecord,
        VeinRecord,
        VesselsRecord,
    )

NOT_DETERMINED = "not determined"
KEPT = "% kept"  # heading: share of the FLR that keeps its supply
LOSES = {"portal": "inflow", "hepatic": "outflow"}
BY_NEAREST = "estimated from the nearest vessel; trial limits apply to the FLR as drawn"
OF_LIVER = ("volumes",)  # numbers with which those of vessels are withdrawn:
OF_MAP = ("volumes", "segments")
OF_CUTS = ("volumes", "flr")
OF_PLANS = ("flr", "plans")
OF_VEINS = OF_NEAR = (*OF_PLANS, "lesions")
NEEDED = {
    True: "needed by the FLR",
    False: "not needed by the FLR",
    None: "unknown whether the FLR needs it",
}
NEEDED_BY = (
    f"A vein counts as needed if it is the nearest vein for more than {NEEDED_PERCENT} % of the "
    "FLR. It is regarded as cut if the plan lists it as cut, or removes or cuts off more than "
    f"{CUT_PERCENT} % of it. Both limits are this project's choice."
)
TERRITORIES_OVERLAP = (
    "Territories can overlap: that of the right portal vein includes those of its branches, and "
    "liver nearest to a vessel that was drawn under two names counts for both"
)
OF_CUT = "border of the resected part"
AT_MM, NEAR_MM, FAR_MM = (f"{mm:g} mm" for mm in REACHES_MM)
NEAR = ("mm", f"within {AT_MM}", NEAR_MM, FAR_MM)
NEAR_NOTE = f"vessel length in mm, then vessel wall area in {as_unit('mm2')}, within each distance"
FATES = {
    "stays": "can be preserved",
    "within_margin": "cannot be preserved with a margin of {margin:g} mm",
    "cut": "cut",
}


def marked(words: str, reason: str) -> str:
    """Add the reason not to use a number, if any."""
    return f"{words} - {reason}" if reason else words


def supplied_name(kept: FlrSuppliedKeys) -> str:
    """Name the part of the FLR that keeps its inflow, outflow or both."""
    return f"FLR that keeps its {_format_kept(kept)}"


def supplied_column(vessels: VesselsRecord) -> str:
    """Return the heading of the volume that keeps its supply."""
    by = {tree for one in vessels.plans if one.supplied for tree in one.supplied.flr_supplied_by}
    return "keeps inflow and outflow mL" if len(by) > 1 else f"keeps {_format_trees(by)} mL"


def kept_with_segments(rows: Iterable[ResectionRecord]) -> Iterator[str]:
    """Explain "% kept" below resections."""
    every = (row.supply.flr_supplied_by for row in rows if row.supply is not None)
    return _format_shares_kept(every, " when the segments are removed")


def kept_by_plans(vessels: VesselsRecord | None) -> tuple[FlrSuppliedKeys | None, ...]:
    """List the supply kept by each plan; empty if unknown for all."""
    kept = () if vessels is None else tuple(plan.supplied for plan in vessels.plans)
    return kept if any(kept) else ()


def format_for_plans(kept: Iterable[FlrSuppliedKeys | None]) -> Iterator[str]:
    """Explain "% kept" below the table of plans."""
    return _format_shares_kept(one.flr_supplied_by for one in kept if one is not None)


def _format_shares_kept(every: Iterable[tuple[TreeName, ...]], how: str = "") -> Iterator[str]:
    for by in dict.fromkeys(every):
        unknown = "; ".join(_list_unknown(by))
        lost = f"FLR without parts that lose {_format_trees(by, 'or')}{how}"
        ending = f"; {unknown}" if unknown else ""
        yield f"{KEPT}: {lost}, estimated from the nearest vessel{ending}"


def _format_kept(kept: FlrSuppliedKeys) -> str:
    return _format_trees(kept.flr_supplied_by)


def _format_trees(by: Collection[str], between: str = "and") -> str:
    return f" {between} ".join(LOSES[tree] for tree in LOSES if tree in by)


def _list_unknown(by: Collection[str]) -> list[str]:
    return [f"{LOSES[tree]} unknown" for tree in LOSES if tree not in by]


def supplied(kept: FlrSuppliedKeys) -> str:
    """Format the FLR that keeps its supply, in mL and percent; its range alone if uncertain."""
    ml, percent = kept.flr_supplied_ml, kept.flr_supplied_percent
    if kept.flr_supplied_uncertain or ml is None or percent is None:
        return f"between {supplied_range(kept, 'and')} %"
    return f"{as_ml(ml)} = {percent.shown} %"


def kept(record: PlanRecord) -> str:
    """Format the FLR that keeps its supply in short; "" if unknown."""
    vessels = record.vessels
    if vessels is None or vessels.supplied is None:
        return ""
    part = vessels.supplied
    unknown = "".join(f", {tree}" for tree in _list_unknown(part.flr_supplied_by))
    return f"of which {supplied(part)} keeps {_format_kept(part)} (nearest vessel){unknown}"


def format_supplied_loss(kept: FlrSuppliedKeys, taken: SupplyKeys, reason: str = "") -> str:
    """Format its range, the loss by tree, and the reason not to use it."""
    unknown = _list_unknown(kept.flr_supplied_by)
    return "; ".join(filter(None, [supplied_doubt(kept), *_list_lost(taken), *unknown, reason]))


def supplied_doubt(kept: FlrSuppliedKeys) -> str:
    """Format its range, or state that it is uncertain if the range is given instead."""
    if kept.flr_supplied_uncertain:
        return "range only, because the effect of a cut is uncertain"
    return f"{supplied_range(kept)} % for variants of the vessel drawing"


def supplied_range(kept: FlrSuppliedKeys, between: str = "to") -> str:
    """Format the range for variants of the vessel drawing, in percent."""
    both = kept.flr_supplied_low_percent, kept.flr_supplied_high_percent
    return f" {between} ".join(as_ends(both, USUAL_LIMITS_PERCENT))


def supplied_ml(kept: FlrSuppliedKeys) -> str:
    """Format the volume that keeps its supply under a heading; "uncertain" if any cut is."""
    ml = kept.flr_supplied_ml
    return "uncertain" if kept.flr_supplied_uncertain or ml is None else bare_ml(ml)


def supplied_percent(kept: FlrSuppliedKeys) -> str:
    """Format the share that keeps its supply under a heading; "uncertain" if any cut is."""
    percent = kept.flr_supplied_percent
    if kept.flr_supplied_uncertain or percent is None:
        return "uncertain"
    return percent.shown


OF_REMNANT = {
    "portal": "Portal inflow of the remnant", "hepatic": "Venous outflow of the remnant",
}  # fmt: skip


def list_unknown_supply(
    vessels: VesselsRecord | None, undetermined: Mapping[TreeName, str]
) -> dict[str, str]:
    """List the trees whose supply of a remnant cannot be determined, with the reason.

    Empty without vessels. - `undetermined`: reasons for drawn trees, as stated in findings;
    for example, one label for all veins that could not be divided.
    """
    if vessels is None:
        return {}
    known = {one.tree for one in vessels.trees if not one.refused}
    missing = {tree: f"no {tree} veins were drawn" for tree in LOSES if tree not in known}
    return missing | dict(undetermined.items())


def list_supply_states(
    record: PlanRecord, undetermined: Mapping[TreeName, str]
) -> Iterator[tuple[str, str]]:
    """List whether the remnant of the first plan keeps inflow and outflow; none without vessels.

    - `undetermined`: as for `list_unknown_supply`.
    """
    vessels = record.vessels
    if vessels is None or record.volumes.volumes_ml.flr is None:
        return
    unknown, first = list_unknown_supply(vessels, undetermined), vessels.plans[0]
    losses = {"portal": first.lost.flr_inflow_lost, "hepatic": first.lost.flr_outflow_lost}
    for tree, part in losses.items():
        why = unknown.get(tree) or mark(record, *OF_PLANS)
        if why or part is None:
            yield OF_REMNANT[tree], ": ".join(filter(None, (NOT_DETERMINED, why)))
        else:
            yield OF_REMNANT[tree], _state_supply(part)


def _state_supply(part: LiverRangeRecord) -> str:
    if not part.high_ml:
        return "kept"
    if part.volume_ml == 0:
        return f"kept; for variants of the vessel drawing, lost in up to {as_ml(part.high_ml)}"
    return f"lost in {lost(part)}"


def bare_lost(part: LiverRangeRecord | None) -> str:
    """Format a loss under a heading that names the unit."""
    return "unknown" if part is None else lost(part).replace(" mL", "")


def _list_lost(taken: SupplyKeys) -> Iterator[str]:
    for part, name in ((taken.flr_inflow_lost, "inflow"), (taken.flr_outflow_lost, "outflow")):
        if part is not None:
            yield f"{lost(part)} of the FLR loses {name}"


def lost(part: LiverRangeRecord) -> str:
    """Format a loss in mL with its range for other readings; the range alone if uncertain."""
    if part.low_ml == part.high_ml:
        return as_ml(part.low_ml)
    if part.volume_ml is None:
        return f"between {bare_span((part.low_ml, part.high_ml), 'and')} mL"
    return f"{as_ml(part.volume_ml)} ({bare_span((part.low_ml, part.high_ml))})"


def format_impaired(record: PlanRecord) -> str:
    """State that parts drawn as devascularised or congested are excluded."""
    if not (drawn := record.volumes.volumes_ml.flr_impaired):
        return ""
    return (
        f"{as_ml(drawn)} drawn as devascularised or congested is already excluded from the FLR; "
        "further losses are counted within the remaining FLR"
    )


def cut(one: CutRecord) -> str:
    """Describe the effect of one cut alone."""
    effect = "; ".join(filter(None, (cut_loss(one), cut_doubt(one))))
    return f"cut {one.number}, {cut_place(one)}: {effect}"


def cut_place(one: CutRecord) -> str:
    """Name the branch of a cut, or describe the tree and the position."""
    if one.branch:
        return vessel_name(one.branch)
    snapped = f", {as_number(one.snapped_mm)} mm from the given point" if one.snapped_mm else ""
    return f"{one.tree} veins at {place(one.at_mm or ())}{snapped}"


def cut_loss(one: CutRecord) -> str:
    """Describe the liver volume that loses inflow or outflow because of a cut."""
    return f"{lost(one.lost)} of the liver loses {LOSES[one.tree]}"


def cut_doubt(one: CutRecord) -> str:
    """State the results of both methods for an uncertain cut; otherwise ""."""
    if one.course_ml is None:
        return ""
    course, section = as_ml(one.course_ml), as_ml(one.other_ml)
    if course == section:
        return f"uncertain: {course} by both methods"
    by_section = f"{section} from the cross-section at the cut"
    return f"uncertain: {course} from the course of the branch, {by_section}"


def cut_name(one: CutRecord) -> str:
    """Name a cut as marked in pictures."""
    return f"C{one.number}"


def place(at_mm: tuple[float, ...]) -> str:
    """Format a position in the patient, RAS+."""
    return f"{', '.join(as_number(mm, (), 0) for mm in at_mm)} mm (RAS)"


def vein(one: VeinRecord) -> str:
    """Describe whether a vein must be kept, and whether this is possible."""
    part = drained(one)
    nearest = f", nearest to {part} of the FLR" if part else ""
    return f"{vessel_name(one.vessel)}: {NEEDED[one.must_stay]}{nearest}; {vein_fate(one)}"


def outflow_in_all(plan: PlannedVesselsRecord) -> str:
    """Describe the loss of outflow of the FLR, printed below veins that are cut.

    Liver nearest to a partly cut vein does not necessarily lose outflow. Returns "" if no vein is
    cut or no tree is known.
    """
    loss = plan.lost.flr_outflow_lost
    if loss is None or all(one.fate != "cut" for one in plan.veins):
        return ""
    effect = f"{lost(loss)} of the FLR loses outflow after the resection"
    return f"all hepatic veins together: {effect}"


def drained(one: VeinRecord) -> str:
    """Format the part of the FLR nearest to a vein; "" if unknown."""
    if one.drained_ml is None or one.drained_percent is None:
        return ""
    percent = as_number(one.drained_percent, (NEEDED_PERCENT,))
    return f"{as_ml(one.drained_ml)} = {percent} %"


def vein_fate(one: VeinRecord) -> str:
    """Describe whether a vein can be kept, and why."""
    if one.fate is None:
        unknown = "unknown whether it can be preserved, because the effect of the cuts is unknown"
        return unknown if one.in_liver_ml else "not drawn inside the liver"
    fate = FATES[one.fate].format(margin=one.margin_mm)
    if one.fate == "cut":
        removed = bare_ml(one.removed_ml)
        fate += f", {removed} of {as_ml(one.in_liver_ml)} removed or cut off"
    if one.lesion_mm is None:
        return fate
    if one.touches:
        return f"{fate}; touches L{one.lesion}"
    return f"{fate}; {as_mm(one.lesion_mm, (Fraction(str(one.margin_mm)),))} mm from L{one.lesion}"


def tree(one: TreeRecord) -> str:
    """Describe a tree, its vessels, and its suitability for territories."""
    vessels = ", ".join(vessel_name(name) for name in one.vessels)
    words = f"{one.tree} tree ({vessels}): {as_ml(one.volume_ml)}"
    if one.reached_percent is None:
        return f"{words}, too large for a vessel or identical to another; no territories"
    root = "as entered" if one.root_told else "estimated from the mask"
    parts = "1 part" if one.pieces == 1 else f"{one.pieces} parts"
    return (
        f"{words} in {parts}, root {root}, {as_number(one.reached_percent, (80,), 0)} % of the "
        f"liver within {one.reach_mm:g} mm{'; no territories' if one.refused else ''}"
    )


def territory(one: TerritoryRecord) -> str:
    """Format the liver nearest to a branch, and its agreement with the label map."""
    words = f"{vessel_name(one.vessel)}: nearest vessel to {lost(one.territory)} of liver"
    if (map_ := one.agreement) is None:
        return words
    return (
        f"{words}; {name_segments(map_.segments)} of the label map: {as_ml(map_.segments_ml)}, "
        f"{as_ml(map_.shared_ml)} in common (Dice {as_number(map_.dice, (), 2)})"
    )


def list_territories(vessels: VesselsRecord) -> Iterator[str]:
    """List the territory of each branch, and state that two of them can overlap."""
    yield from map(territory, vessels.territories)
    if len(vessels.territories) > 1:
        yield TERRITORIES_OVERLAP


def list_near(record: PlanRecord) -> Iterator[tuple[str, ...]]:
    """List vessels within `FAR_MM` of lesions and of the borders of plans, with `NEAR`."""
    plans = () if record.vessels is None else record.vessels.plans
    of_cut = [f"{OF_CUT}, {plan_name(one)}" if len(plans) > 1 else OF_CUT for one in plans]
    near = [(f"L{one.number}", one.vessel_contacts) for one in record.tumour.lesions or ()]
    near += [(name, one.cut_contacts) for name, one in zip(of_cut, plans, strict=True)]
    for what, contacts in near:
        for one in contacts:
            if one.near:
                parts = (
                    f"{as_number(part.length_mm, (), 0)} / {as_number(part.area_mm2, (), 0)}"
                    for part in one.near
                )
                yield what, vessel_name(one.vessel), as_mm(one.least_mm), *parts


def vessel_name(name: str) -> str:
    """Write a vessel's name in words."""
    return name.replace("_", " ")


def plan_name(one: PlannedVesselsRecord) -> str:
    """Name a plan."""
    return one.name or f"plan {one.plan}"


def drawn(vessels: VesselsRecord) -> str:
    """List the drawn vessels with their volumes."""
    return ", ".join(f"{vessel_name(v.vessel)} {as_ml(v.volume_ml)}" for v in vessels.drawn)
