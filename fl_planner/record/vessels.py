"""Vessels of a liver, and the loss of supply by a plan or a draft."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Annotated, Any

from fl_planner.basis.shown import as_plain
from fl_planner.liver.names.structures import TREES, TreeName
from fl_planner.liver.vessels.limits import DOUBT, LEAST_CUT, NEEDED_PERCENT, WIDEST_CUT
from fl_planner.planning.assessment.near_limits import FLR, name_limit, name_side
from fl_planner.planning.case_answers import list_usable_plans
from fl_planner.record.declaration.part import (
    Ml,
    Mm,
    Number,
    Percent,
    RecordKeys,
    RecordPart,
    Sided,
    Voxels,
    as_part,
    as_sided,
    column,
    one_of,
    says,
)
from fl_planner.record.ratios import LimitName
from fl_planner.record.vessel_territory import (
    LiverRangeRecord,
    TerritoryRecord,
    VesselContactRecord,
    VesselName,
    as_range,
    as_territory,
    list_contacts,
)
from fl_planner.record.volumes import OF_WHOLE, counted, observed_share

if TYPE_CHECKING:
    from fl_planner.basis.findings import Finding
    from fl_planner.liver.vessels.supply.loss import CutLoss, SupplyLoss, TreeQuality
    from fl_planner.liver.vessels.veins import PlannedVein
    from fl_planner.planning.assessment.operations import Planned
    from fl_planner.planning.assessment.vessels import PlannedVessels, SegmentLoss
    from fl_planner.planning.plan import Plan
    from fl_planner.planning.withdrawal import Withdrawn
    from fl_planner.trials.criterion import Limit

SUPPLIED = "flr-{kept}"
BY_NEAREST = "estimated from the nearest vessel"  # no mask of it was drawn
REMNANT_SUPPLIED = "future liver remnant that keeps {keeps}"
KEPT_BY: Mapping[tuple[TreeName, ...], Mapping[str, str]] = {  # by one tree another observation
    ("portal", "hepatic"): {
        "kept": "supplied",
        "keeps": "its inflow and outflow through the drawn portal and hepatic veins",
        "note": "",
    },
    ("portal",): {
        "kept": "inflow-kept", "keeps": "its inflow through the drawn portal veins",
        "note": "from the portal veins alone: outflow is unknown",
    },
    ("hepatic",): {
        "kept": "outflow-kept", "keeps": "its outflow through the drawn hepatic veins",
        "note": "from the hepatic veins alone: inflow is unknown",
    },
}  # fmt: skip
BY_TREES: Mapping[str, Any] = {"by": ("vessels", "supplied", "flr_supplied_by"), "words": KEPT_BY}
BY_MASKS = "FLR without the parts that lose their supply from the trees in flr_supplied_by"
NEAREST = (
    "Each part of the liver is assigned to the nearest vessel: an estimate, not a perfusion study."
)
UNCERTAIN = "uncertain"  # a limit within the range of an uncertain share
OF_SIDES = ("below", "at", "above", UNCERTAIN)

PlaceMm = Annotated[tuple[Annotated[float, says("mm.")], ...], says("Position, RAS+ mm.")]


class DrawnVesselRecord(RecordPart):
    """A vessel that was drawn."""

    vessel: VesselName
    volume_ml: Annotated[Ml, says("Mask volume")]


class TreeRecord(RecordPart):
    """Reliability of the territories of a tree."""

    tree: Annotated[str, one_of("Name of the tree.", TREES)]
    vessels: Annotated[tuple[VesselName, ...], says("Vessels in the tree.")]
    volume_ml: Annotated[Ml, says("Total mask volume")]
    pieces: Annotated[
        Number | None,
        says(
            "Number of connected parts; absent, like the values based on it, if the mask is too "
            "large."
        ),
    ] = None
    bridged_ml: Annotated[Ml | None, says("Volume of parts connected across a gap")] = None
    lost_ml: Annotated[Ml | None, says("Volume of parts too far away to be used")] = None
    reach_mm: Annotated[Mm, says("Distance within which liver is counted as reached by the tree")]
    reached_percent: Annotated[
        Percent | None, says("Non-tumorous liver within `reach_mm` of the tree")
    ] = None
    roots_mm: Annotated[
        tuple[PlaceMm, ...], says("Start of the tree, where blood enters or leaves, RAS+ mm.")
    ] = ()
    points_mm: Annotated[
        tuple[PlaceMm, ...],
        says("Points given to correct the division of one label between the trees, RAS+ mm."),
    ] = ()
    root_told: Annotated[
        bool | None,
        says(
            "Whether the root was given, or a trunk or the vena cava was drawn; otherwise the root "
            "is estimated from the mask."
        ),
    ] = None
    refused: Annotated[
        str | None, says("Reason for missing territories; absent if there are territories.")
    ] = None


class CutRecord(RecordPart):
    """A branch that is cut, evaluated separately."""

    number: Annotated[Number, says("Position in the plan's list of cuts, counted from 1.")]
    tree: Annotated[str, one_of("Tree in which the cut is made.", TREES)]
    at_mm: Annotated[PlaceMm | None, says("Position, RAS+ mm; absent if the branch is named.")] = (
        None
    )
    branch: Annotated[
        VesselName | None, says("Name of the branch; absent if its position is given.")
    ] = None
    snapped_mm: Annotated[Mm, says("Distance from the position to the vessel voxel used")]
    lost: LiverRangeRecord
    course_ml: Annotated[
        Ml | None,
        says(
            "Volume beyond the cut according to the first method, which follows the course of the "
            "branch; only if the effect is uncertain"
        ),
    ] = None
    other_ml: Annotated[Ml, says("Volume beyond the cut, according to the second method")]
    doubtful: Annotated[
        bool,
        says(
            "Whether the effect is uncertain. It is uncertain if two methods differ by more than "
            f"{as_plain(100 * DOUBT)} % of the liver. It is also uncertain if variants of the "
            f"vessel drawing differ by more than {as_plain(100 * WIDEST_CUT)} % of the liver. The "
            f"same applies if less than {as_plain(100 * LEAST_CUT)} % of the liver is beyond the "
            "cut."
        ),
    ]


class VeinRecord(RecordPart):
    """A hepatic vein of a plan."""

    vessel: VesselName
    in_liver_ml: Annotated[Ml, says("Volume of the vein within the liver")]
    removed_ml: Annotated[
        Ml, says("Part of the vein's volume within the liver that is removed or is beyond a cut")
    ]
    drained_ml: Annotated[
        Ml | None,
        says(
            "Part of the FLR nearest to this hepatic vein or its branches; absent if only one vein "
            "is drawn."
        ),
    ] = None
    drained_percent: Annotated[
        Percent | None, says("Share of the FLR nearest to this hepatic vein or its branches")
    ] = None
    must_stay: Annotated[
        bool | None,
        says(
            f"Whether this vein is nearest to more than {NEEDED_PERCENT} % of the FLR (project's "
            "choice)."
        ),
    ] = None
    fate: Annotated[
        str | None,
        one_of(
            "Whether the vein can be preserved, is closer to a lesion than the margin "
            "allows, or is cut.",
            ("stays", "within_margin", "cut"),
        ),
    ] = None
    lesion: Annotated[
        Number | None,
        says("Lesion nearest to the vein, relative to its margin; one that stays is cleared."),
    ] = None
    lesion_mm: Annotated[
        Mm | None, says("Distance from the vein to this lesion, between voxel centres")
    ] = None
    touches: Annotated[
        bool | None,
        says(
            "Whether the vein touches this lesion, however far apart their voxel centres are; such "
            "a vein cannot be preserved with a margin."
        ),
    ] = None
    margin_mm: Annotated[
        Mm, says("Planned margin of this lesion: of its wedge, otherwise the clearing margin")
    ]


class SuppliedLimitRecord(RecordPart):
    """One limit."""

    name: LimitName
    limit_percent: Annotated[Percent, says("The limit")]
    answer: Annotated[
        str, one_of("Comparison of the supplied share with the limit, in voxels.", OF_SIDES)
    ]

    @property
    def in_cell(self) -> str:
        """Format of named answers in a cell: the name with the answer."""
        return f"{self.name}: {self.answer}"


class FlrSuppliedKeys(RecordKeys):
    """Remnant that keeps inflow and outflow, for the trees with territories."""

    flr_supplied_voxels: Annotated[
        Voxels | None,
        says(
            "FLR that keeps its supply from the trees in `flr_supplied_by`, voxels; "
            "absent if uncertain."
        ),
    ] = None
    flr_supplied_ml: Annotated[
        Ml | None,
        says("FLR that keeps its supply from the trees in `flr_supplied_by`; absent if uncertain"),
        column("flr_supplied_ml", BY_MASKS),
        counted(
            f"{SUPPLIED}-volume",
            f"the {REMNANT_SUPPLIED}",
            "flr",
            BY_NEAREST,
            readings=("flr_supplied_low_ml", "flr_supplied_high_ml"),
            **BY_TREES,
        ),
    ] = None
    flr_supplied_low_ml: Annotated[Ml, says("Minimum of the estimates")]
    flr_supplied_high_ml: Annotated[Ml, says("Maximum of the estimates")]
    flr_supplied_percent: Annotated[
        Sided[Percent] | None,
        says(
            "FLR that keeps its supply, as a share of the non-tumorous liver; absent if uncertain"
        ),
        column("flr_supplied_pct", BY_MASKS),
        observed_share(
            f"{SUPPLIED}-percent",
            f"{REMNANT_SUPPLIED.capitalize()}, as a share of the liver",
            method=f"{OF_WHOLE}, {BY_NEAREST}",
            of=(f"{SUPPLIED}-volume", "nontumorous-liver-volume"),
            number="flr",
            readings=("flr_supplied_low_percent", "flr_supplied_high_percent"),
            **BY_TREES,
        ),
    ] = None
    flr_supplied_low_percent: Annotated[
        Percent,
        says("Minimum of the estimates"),
        column(
            "flr_supplied_pct_low",
            "FLR that keeps its supply, as a share of the non-tumorous liver: minimum of the "
            "estimates",
        ),
    ]
    flr_supplied_high_percent: Annotated[
        Percent,
        says("Maximum of the estimates"),
        column(
            "flr_supplied_pct_high",
            "FLR that keeps its supply, as a share of the non-tumorous liver: maximum of the "
            "estimates",
        ),
    ]
    flr_supplied_uncertain: Annotated[
        bool,
        says(
            "Whether the effect of a cut is uncertain, so that only the range of the estimates "
            "applies."
        ),
        column(
            "flr_supplied_uncertain",
            "whether the effect of a cut is uncertain, so that only the range of the estimates "
            "applies",
        ),
    ]
    flr_supplied_of_voxels: Annotated[Voxels, says("Non-tumorous liver")]
    flr_supplied_by: Annotated[
        tuple[TreeName, ...],
        says("Trees used; if only one tree is listed, results for the other are unknown."),
        column("flr_supplied_by", "trees used: portal, hepatic or both", type="text"),
    ]


class SegmentSupplyKeys(RecordKeys):
    """Loss of supply by a resection of whole segments, for the trees with territories."""

    flr_inflow_lost_ml: Annotated[Ml | None, says("Remnant: devascularised")] = None
    flr_outflow_lost_ml: Annotated[Ml | None, says("Remnant: congested")] = None
    flr_supplied_ml: Annotated[
        Ml, says("FLR that keeps its supply from the trees in `flr_supplied_by`")
    ]
    flr_supplied_percent: Annotated[
        Sided[Percent], says("FLR that keeps its supply, as a share of the non-tumorous liver")
    ]
    flr_supplied_by: Annotated[tuple[TreeName, ...], says("Trees used.")]


class SupplyKeys(RecordKeys):
    """Loss of supply by a plan; absent if no tree has territories.

    If the effect of a cut is uncertain, the loss of its tree is a range without an estimate.
    """

    inflow_lost: Annotated[
        LiverRangeRecord | None, says("Liver without portal inflow, including the removed part.")
    ] = None
    outflow_lost: Annotated[
        LiverRangeRecord | None, says("Liver without venous outflow, including the removed part.")
    ] = None
    flr_inflow_lost: Annotated[LiverRangeRecord | None, says("Remnant: devascularised.")] = None
    flr_outflow_lost: Annotated[LiverRangeRecord | None, says("Remnant: congested.")] = None
    flr_either_lost: Annotated[
        LiverRangeRecord | None, says("Remnant: devascularised, congested or both.")
    ] = None


BESIDE_LIMITS = says("For information only: trials apply their limits to the FLR as drawn.")


class PlannedVesselsRecord(RecordPart):
    """Effect of one plan on the vessels."""

    plan: Annotated[Number, says("Number of the plan.")]
    name: Annotated[str | None, says("Name in the case file.")] = None
    cuts: Annotated[
        tuple[CutRecord, ...],
        says("Divided branches, each evaluated separately; trees without territories are omitted."),
    ] = ()
    lost: SupplyKeys = SupplyKeys()
    supplied: FlrSuppliedKeys | None = None
    flr_supplied_limits: Annotated[tuple[SuppliedLimitRecord, ...], BESIDE_LIMITS] = ()
    cut_contacts: Annotated[
        tuple[VesselContactRecord, ...],
        says("Distance from each vessel to the border of the removed part."),
    ] = ()
    veins: Annotated[tuple[VeinRecord, ...], says("Hepatic veins drawn separately.")] = ()


class VesselsRecord(RecordPart):
    """Drawn vessels, and the effect of the plans on them."""

    rests_on: Annotated[str, says("Basis of all values.")] = NEAREST
    drawn: Annotated[tuple[DrawnVesselRecord, ...], says("Drawn vessels.")]
    trees: Annotated[tuple[TreeRecord, ...], says("Portal and hepatic veins.")] = ()
    territories: Annotated[tuple[TerritoryRecord, ...], says("Branches drawn separately.")] = ()
    supplied: FlrSuppliedKeys | None = None
    flr_supplied_limits: Annotated[tuple[SuppliedLimitRecord, ...], BESIDE_LIMITS] = ()
    plans: Annotated[tuple[PlannedVesselsRecord, ...], says("Results in the order of the plans.")]


def as_vessels(plan: Plan) -> VesselsRecord | None:
    """Describe the vessels of a plan's case; None if none was drawn."""
    if (vessels := plan.measured.vessels) is None:
        return None
    voxel_ml = plan.case.anatomy.liver.grid.voxel_ml
    plans = tuple(
        _as_planned(number, planned, one, plan)
        for number, (planned, one) in enumerate(
            zip(plan.measured.planned, vessels.plans, strict=True), start=1
        )
    )
    first = plans[0]  # a case has a plan
    return VesselsRecord(
        drawn=tuple(
            DrawnVesselRecord(vessel=name, volume_ml=ml) for name, ml in vessels.drawn_ml.items()
        ),
        trees=tuple(_as_tree(one, voxel_ml) for one in vessels.quality),
        territories=tuple(as_territory(one, voxel_ml) for one in vessels.territories),
        supplied=first.supplied,
        flr_supplied_limits=first.flr_supplied_limits,
        plans=plans,
    )


def as_supplied(
    loss: SupplyLoss, voxel_ml: float, percents: Iterable[Fraction]
) -> FlrSuppliedKeys | None:
    """Describe the remnant that keeps its supply; None without territories.

    If the effect of a cut is uncertain, only the range applies, and there is no estimate.
    """
    supplied, ends = loss.supplied, loss.supplied_range
    if supplied is None or ends is None:
        return None
    low_ml, high_ml = (end.numerator_voxels * voxel_ml for end in ends)
    sure = None if loss.is_doubtful else supplied
    return FlrSuppliedKeys(
        flr_supplied_voxels=None if sure is None else sure.numerator_voxels,
        flr_supplied_ml=None if sure is None else sure.numerator_voxels * voxel_ml,
        flr_supplied_low_ml=low_ml,
        flr_supplied_high_ml=high_ml,
        flr_supplied_percent=as_sided(sure, percents),
        flr_supplied_low_percent=ends[0].percent,
        flr_supplied_high_percent=ends[1].percent,
        flr_supplied_uncertain=loss.is_doubtful,
        flr_supplied_of_voxels=supplied.denominator_voxels,
        flr_supplied_by=loss.trees,
    )


def as_segment_supply(
    loss: SegmentLoss, voxel_ml: float, percents: Iterable[Fraction]
) -> SegmentSupplyKeys:
    """Describe the loss of supply by a resection of whole segments."""
    lost_voxels: dict[TreeName, int | None] = {"portal": loss.inflow, "hepatic": loss.outflow}
    return SegmentSupplyKeys(
        flr_inflow_lost_ml=None if loss.inflow is None else loss.inflow * voxel_ml,
        flr_outflow_lost_ml=None if loss.outflow is None else loss.outflow * voxel_ml,
        flr_supplied_ml=loss.supplied.numerator_voxels * voxel_ml,
        flr_supplied_percent=as_sided(loss.supplied, percents),
        flr_supplied_by=tuple(tree for tree, lost in lost_voxels.items() if lost is not None),
    )


def _list_sides(loss: SupplyLoss, limits: Iterable[Limit]) -> Iterable[SuppliedLimitRecord]:
    """Compare the supplied share with limits on the FLR; its range if uncertain."""
    supplied, ends = loss.supplied, loss.supplied_range
    if supplied is None or ends is None:
        return
    asked = ends if loss.is_doubtful else (supplied,)
    for limit in limits:
        sides = {name_side(share.fraction, limit.value) for share in asked}
        yield SuppliedLimitRecord(
            name=name_limit(limit),
            limit_percent=float(100 * limit.value),
            answer=sides.pop() if len(sides) == 1 else UNCERTAIN,
        )


def _list_limits(plan: Plan, number: int) -> list[Limit]:
    """List the limits of trials on the FLR of a plan; none if its share must not be used."""
    if number not in list_usable_plans(plan.measured, plan.withdrawn):
        return []
    return [limit for trial in plan.asked for limit in trial.limits_on(FLR)]


def _as_tree(one: TreeQuality, voxel_ml: float) -> TreeRecord:
    from fl_planner.liver.vessels.quality import REACH_MM

    return as_part(
        TreeRecord,
        one,
        vessels=one.sources,
        volume_ml=one.voxels * voxel_ml,
        bridged_ml=None if one.bridged_voxels is None else one.bridged_voxels * voxel_ml,
        lost_ml=None if one.lost_voxels is None else one.lost_voxels * voxel_ml,
        reach_mm=REACH_MM,
        reached_percent=None if one.reach is None else one.reach.percent,
    )


def _as_planned(
    number: int, planned: Planned, vessels: PlannedVessels, plan: Plan
) -> PlannedVesselsRecord:
    loss, voxel_ml = vessels.loss, plan.case.anatomy.liver.grid.voxel_ml
    percents = [100 * limit for limit in plan.share_limits]
    return PlannedVesselsRecord(
        plan=number,
        name=planned.operation.name,
        cuts=as_cuts(loss, voxel_ml),
        lost=as_supply(loss, voxel_ml),
        supplied=as_supplied(loss, voxel_ml, percents),
        flr_supplied_limits=tuple(_list_sides(loss, _list_limits(plan, number))),
        cut_contacts=list_contacts(vessels.cut_contacts),
        veins=tuple(_as_vein(one, voxel_ml) for one in vessels.veins),
    )


def as_cuts(loss: SupplyLoss, voxel_ml: float) -> tuple[CutRecord, ...]:
    """Describe the effect of each cut alone."""
    return tuple(_as_cut(one, voxel_ml) for one in loss.cuts)


def as_supply(loss: SupplyLoss, voxel_ml: float) -> SupplyKeys:
    """Describe the effect of a plan, for the trees with territories."""
    of_inflow, of_outflow = (tree in loss.doubtful_trees for tree in ("portal", "hepatic"))
    lost = {
        "inflow": (loss.inflow, of_inflow),
        "outflow": (loss.outflow, of_outflow),
        "flr_inflow": (loss.flr_inflow, of_inflow),
        "flr_outflow": (loss.flr_outflow, of_outflow),
        "flr_either": (loss.flr_either, loss.is_doubtful),
    }
    parts = {
        f"{name}_lost": as_range(part, voxel_ml, is_uncertain=is_uncertain)
        for name, (part, is_uncertain) in lost.items()
        if part
    }
    return SupplyKeys(**parts)


def _as_cut(one: CutLoss, voxel_ml: float) -> CutRecord:
    return as_part(
        CutRecord,
        one.cut,
        number=one.number,
        snapped_mm=one.snapped_mm,
        lost=as_range(one.lost, voxel_ml, is_uncertain=one.is_doubtful),
        course_ml=one.lost.voxels * voxel_ml if one.is_doubtful else None,
        other_ml=one.other_voxels * voxel_ml,
        doubtful=one.is_doubtful,
    )


def _as_vein(one: PlannedVein, voxel_ml: float) -> VeinRecord:
    drained = one.drained
    return as_part(
        VeinRecord,
        one,
        touches=None if one.lesion is None else one.touches,
        in_liver_ml=one.liver_voxels * voxel_ml,
        removed_ml=one.removed_voxels * voxel_ml,
        drained_ml=None if drained is None else drained.numerator_voxels * voxel_ml,
        drained_percent=None if drained is None else drained.percent,
    )


WITHDRAWN_WITH = ("volumes", "flr")  # numbers that its mL are counted in
NOT_PLANNED = (
    "Draft, based on the nearest vessel: an estimate that does not change the answer. "
    "Trials apply their limits to the FLR as drawn."
)


class DraftBranchesRecord(RecordPart):
    """Effect of a draft cut of branches."""

    cuts: Annotated[tuple[CutRecord, ...], says("Each cut separately, in order.")] = ()
    taken_mm: Annotated[
        tuple[PlaceMm, ...], says("Centre of the voxel used for each cut, RAS+ mm.")
    ] = ()
    lost: SupplyKeys = SupplyKeys()
    supplied: FlrSuppliedKeys | None = None
    notes: Annotated[tuple[str, ...], says("Notes on the result.")]


def as_draft_branches(
    loss: SupplyLoss,
    findings: Iterable[Finding],
    withdrawn: Sequence[Withdrawn],
    voxel_ml: float,
    percents: Sequence[Fraction],
) -> DraftBranchesRecord:
    """Describe the effect of draft cuts; a withdrawn FLR is marked here too."""
    notes = [one.message for one in findings]
    why = dict.fromkeys(one.why for one in withdrawn if one.number in WITHDRAWN_WITH)
    notes += [f"Must not be used: {one}." for one in why]
    return DraftBranchesRecord(
        cuts=as_cuts(loss, voxel_ml),
        taken_mm=tuple(one.place_mm for one in loss.cuts if one.place_mm is not None),
        lost=as_supply(loss, voxel_ml),
        supplied=as_supplied(loss, voxel_ml, percents),
        notes=(NOT_PLANNED, *notes),
    )
