"""What a person reads of vessels: what a plan leaves without its supply, and what must stay."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import TYPE_CHECKING

from fl_planner.basis.constants import CUT_PERCENT, NEEDED_PERCENT, REACHES_MM
from fl_planner.basis.shown import as_ml, as_number
from fl_planner.report.words import bare_ml

if TYPE_CHECKING:
    from fl_planner.liver.names.structures import TreeName
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

KEPT = "% kept"  # heading of a share that keeps its supply
LOSES = {"portal": "inflow", "hepatic": "outflow"}
BY_NEAREST = "by the nearest vessel, an estimate; trials and their limits take the FLR as drawn"
OF_LIVER = ("volumes",)  # numbers of the record with which those of vessels are withdrawn:
OF_MAP = ("volumes", "resections")
OF_CUTS = ("volumes", "flr")
OF_PLANS = ("flr", "plans")
OF_VEINS = OF_NEAR = (*OF_PLANS, "lesions")
NEEDED = {True: "must stay", False: "need not stay", None: "whether it must stay is not told"}
NEEDED_BY = (
    f"Must stay: more than {NEEDED_PERCENT} % of the FLR lie nearest to it. Cut: the plan cuts it "
    f"by its name, or more than {CUT_PERCENT} % of it are removed or cut off. Both are this "
    "project's choice."
)
OF_CUT = "border of what goes"
AT_MM, NEAR_MM, FAR_MM = (f"{mm:g} mm" for mm in REACHES_MM)
NEAR = ("mm", f"within {AT_MM}", NEAR_MM, FAR_MM)
NEAR_NOTE = "length of the vessel in mm / area of its wall in mm2 within so many mm"
FATES = {
    "stays": "can stay",
    "within_margin": "cannot stay with the margin of {margin:g} mm",
    "cut": "cut",
}


def marked(words: str, reason: str) -> str:
    """Say behind a number that it is not to be used; nothing more where it may be."""
    return f"{words} - {reason}" if reason else words


def supplied_name(told: FlrSuppliedKeys) -> str:
    """Name what of the FLR keeps its supply by what the trees tell: inflow, outflow or both."""
    return f"FLR that keeps its {_say_kept(told)}"


def supplied_column(told: VesselsRecord) -> str:
    """Head a column of what remnants keep, by what the trees tell."""
    by = {tree for one in told.plans if one.supplied for tree in one.supplied.flr_supplied_by}
    return "keeps both mL" if len(by) > 1 else f"keeps {_say_trees(by)} mL"


def kept_with_segments(rows: Iterable[ResectionRecord]) -> Iterator[str]:
    """Say below resections what their "% kept" is, where there is one: by what the trees tell."""
    every = (row.supply.flr_supplied_by for row in rows if row.supply is not None)
    return _say_shares_kept(every, " with the segments")


def kept_by_plans(told: VesselsRecord | None) -> tuple[FlrSuppliedKeys | None, ...]:
    """List what the remnant of each plan keeps; nothing where no plan's is told."""
    kept = () if told is None else tuple(one.supplied for one in told.plans)
    return kept if any(kept) else ()


def beside_plans(kept: Iterable[FlrSuppliedKeys | None]) -> Iterator[str]:
    """Say below plans side by side what their "% kept" is."""
    return _say_shares_kept(one.flr_supplied_by for one in kept if one is not None)


def _say_shares_kept(every: Iterable[tuple[TreeName, ...]], how: str = "") -> Iterator[str]:
    for by in dict.fromkeys(every):
        unknown = "; ".join(_list_unknown(by))
        lost = f"without what loses its {_say_trees(by, 'or')}{how}"
        yield f"{KEPT}: {lost}, by the nearest vessel{f'; {unknown}' if unknown else ''}"


def _say_kept(told: FlrSuppliedKeys) -> str:
    return _say_trees(told.flr_supplied_by)


def _say_trees(by: Collection[str], between: str = "and") -> str:
    return f" {between} ".join(LOSES[tree] for tree in LOSES if tree in by)


def _list_unknown(by: Collection[str]) -> list[str]:
    return [f"{LOSES[tree]} not told" for tree in LOSES if tree not in by]


def supplied(told: FlrSuppliedKeys) -> str:
    """Say how much of the FLR keeps its supply, in mL and percent."""
    return f"{as_ml(told.flr_supplied_ml)} = {told.flr_supplied_percent.shown} %"


def kept(record: PlanRecord) -> str:
    """Say it in short, behind the FLR; nothing where no tree tells it."""
    vessels = record.vessels
    if vessels is None or vessels.supplied is None:
        return ""
    told = vessels.supplied
    unknown = "".join(f", {one}" for one in _list_unknown(told.flr_supplied_by))
    return f"of it {supplied(told)} keep {_say_kept(told)} by the nearest vessel{unknown}"


def supplied_beside(told: FlrSuppliedKeys, taken: SupplyKeys, reason: str = "") -> str:
    """Say beside it its range, what is lost, by which trees, and why it is not to be used."""
    unknown = _list_unknown(told.flr_supplied_by)
    by_others = f"{supplied_range(told)} % by other readings of the vessels"
    return "; ".join(filter(None, [by_others, *_list_lost(taken), *unknown, reason]))


def supplied_range(told: FlrSuppliedKeys) -> str:
    """Say the least and the most that readings of the vessels come to, in percent."""
    ends = told.flr_supplied_low_percent, told.flr_supplied_high_percent
    return " to ".join(map(as_number, ends))


def bare_lost(part: LiverRangeRecord | None) -> str:
    """Say what is lost under a heading that names the unit."""
    return "not told" if part is None else lost(part).replace(" mL", "")


def _list_lost(told: SupplyKeys) -> Iterator[str]:
    for part, name in ((told.flr_inflow_lost, "inflow"), (told.flr_outflow_lost, "outflow")):
        if part is not None:
            yield f"{lost(part)} of it lose {name}"


def lost(part: LiverRangeRecord) -> str:
    """Say what is lost, in mL, with the least and the most of its readings."""
    if part.low_ml == part.high_ml:
        return as_ml(part.volume_ml)
    low, high = map(bare_ml, (part.low_ml, part.high_ml))
    return f"{as_ml(part.volume_ml)} ({low} to {high})"


def impaired_beside(record: PlanRecord) -> str:
    """Say that what was drawn as devascularised or congested was left out before."""
    drawn = record.volumes.volumes_ml.flr_impaired
    if not drawn:
        return ""
    return (
        f"{as_ml(drawn)} drawn as devascularised or congested are in neither; what the vessels "
        "lose is counted in the rest"
    )


def cut(one: CutRecord) -> str:
    """Say what one cut takes by itself."""
    told = "; ".join(filter(None, (cut_loss(one), cut_doubt(one))))
    return f"cut {one.number} of the {cut_place(one)}: {told}"


def cut_place(one: CutRecord) -> str:
    """Say of which tree a cut is, and where it lies."""
    at = vessel_name(one.branch) if one.branch else place(one.at_mm or ())
    snapped = f", {as_number(one.snapped_mm)} mm from there" if one.snapped_mm else ""
    return f"{one.tree} veins at {at}{snapped}"


def cut_loss(one: CutRecord) -> str:
    """Say what of the liver loses what by a cut."""
    return f"{lost(one.lost)} of the liver lose {LOSES[one.tree]}"


def cut_doubt(one: CutRecord) -> str:
    """Say that a cut is doubtful, and why; nothing of one that is not."""
    if not one.doubtful:
        return ""
    return f"DOUBTFUL, {as_ml(one.other_ml)} by another reading of the cut"


def cut_name(one: CutRecord) -> str:
    """Name a cut as pictures mark it."""
    return f"C{one.number}"


def place(at_mm: tuple[float, ...]) -> str:
    """Say a place in the patient, RAS+."""
    return f"{', '.join(as_number(mm, (), 0) for mm in at_mm)} mm (RAS)"


def vein(one: VeinRecord) -> str:
    """Say whether a vein must stay, and whether it can."""
    said = drained(one)
    nearest = f", {said} of the FLR lie nearest to it" if said else ""
    return f"{vessel_name(one.vessel)}: {NEEDED[one.must_stay]}{nearest}; {vein_fate(one)}"


def outflow_in_all(plan: PlannedVesselsRecord) -> str:
    """Say what of the FLR loses its outflow, where a vein that is cut stands above it.

    Liver nearest to a vein that is cut in part need not lose it. Nothing where none is cut, or no
    tree tells it.
    """
    told = plan.lost.flr_outflow_lost
    if told is None or all(one.fate != "cut" for one in plan.veins):
        return ""
    return f"hepatic veins in all: {lost(told)} of the FLR lose outflow with what goes"


def drained(one: VeinRecord) -> str:
    """Say what of the FLR lies nearest to a vein; nothing where it is not told."""
    if one.drained_ml is None or one.drained_percent is None:
        return ""
    return f"{as_ml(one.drained_ml)} = {as_number(one.drained_percent)} %"


def vein_fate(one: VeinRecord) -> str:
    """Say whether a vein can stay, and by what."""
    if one.fate is None:
        unknown = "whether it can stay is not told: its tree does not say what the cuts take"
        return unknown if one.in_liver_ml else "none of it was drawn in the liver"
    said = FATES[one.fate].format(margin=one.margin_mm)
    if one.fate == "cut":
        removed = bare_ml(one.removed_ml)
        said += f", {removed} of {as_ml(one.in_liver_ml)} of it are removed or cut off"
    if one.lesion_mm is None:
        return said
    return f"{said}; {as_number(one.lesion_mm)} mm from lesion {one.lesion}"


def tree(one: TreeRecord) -> str:
    """Say what a tree is made of, and how far it tells territories."""
    made = ", ".join(vessel_name(name) for name in one.vessels)
    said = f"{one.tree} tree of {made}: {as_ml(one.volume_ml)}"
    if one.reached_percent is None:
        return f"{said}, too large for a vessel; no territories"
    root = "told" if one.root_told else "taken from the mask"
    parts = "1 part" if one.pieces == 1 else f"{one.pieces} parts"
    return (
        f"{said} in {parts}, root {root}, "
        f"{as_number(one.reached_percent, (80,), 0)} % of the liver within {one.reach_mm:g} mm"
        f"{'; no territories' if one.refused else ''}"
    )


def territory(one: TerritoryRecord) -> str:
    """Say how much liver lives on a branch, and how it agrees with the map."""
    lives = f"{lost(one.territory)} of liver lie nearest to it or its branches"
    said = f"{vessel_name(one.vessel)}: {lives}"
    map_ = one.agreement
    if map_ is None:
        return said
    return (
        f"{said}; segments {', '.join(map_.segments)} of the map hold "
        f"{as_ml(map_.segments_ml)}, {as_ml(map_.shared_ml)} in common (Dice "
        f"{as_number(map_.dice, (), 2)})"
    )


def list_near(record: PlanRecord) -> Iterator[tuple[str, ...]]:
    """List what lies within `FAR_MM` of lesions and of the borders of plans: whose, and `NEAR`."""
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
                yield what, vessel_name(one.vessel), as_number(one.least_mm), *parts


def vessel_name(name: str) -> str:
    """Write a vessel's name in words."""
    return name.replace("_", " ")


def plan_name(one: PlannedVesselsRecord) -> str:
    """Name a plan."""
    return one.name or f"plan {one.plan}"


def drawn(told: VesselsRecord) -> str:
    """Say what was drawn, and how much."""
    return ", ".join(f"{vessel_name(one.vessel)} {as_ml(one.volume_ml)}" for one in told.drawn)
