"""Draft cuts by a plane, by segments, by several cuts together, or through branches of vessels.

A draft gives the same results as `plan` for its remnant, saved and given as the FLR. The liver is
prepared once; a plane then takes milliseconds.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

from msgspec import structs

from fl_planner.basis.findings import Finding, InputRefused, Severity
from fl_planner.basis.shown import Share
from fl_planner.liver.cut_liver import CutCounts, CuttableLiver
from fl_planner.liver.cut_plane import CutPlane
from fl_planner.liver.lesions.fates import Sliver, decide_fates, list_staying
from fl_planner.liver.names.structures import TREES, TreeName
from fl_planner.liver.remnant import Clearing, Remnant, determine_remnant, find_gaps
from fl_planner.liver.scatter.boundaries import Boundaries
from fl_planner.liver.scatter.crossing_chance import default_scatter
from fl_planner.liver.scatter.spread import Spread
from fl_planner.liver.transection import leaves_nothing, removes_nothing
from fl_planner.liver.vessels.branch_cut import BranchCut
from fl_planner.liver.vessels.supply.loss import SupplyLoss
from fl_planner.liver.vessels.trees import VesselTrees, build_trees
from fl_planner.liver.volumetry import LiverVolumes, measure_liver
from fl_planner.planning.assessment.assess import Measured
from fl_planner.planning.assessment.near_limits import (
    AFTER_CLEARING,
    FLR,
    Exactness,
    LimitedShare,
    Threshold,
    compare_thresholds,
    derive_exactness,
    find_narrow_margins,
    find_shares_apart,
)
from fl_planner.planning.assessment.operations import Planned, measure_fates
from fl_planner.planning.assessment.plan_measures import measure_shares
from fl_planner.planning.assessment.vessels import measure_loss
from fl_planner.planning.case_answers import find_supply_doubts, list_flr_limits
from fl_planner.planning.facts import AFTER, LATERAL, carry_spread, compute_spreads, is_lateral
from fl_planner.planning.given.case import Case, Operation
from fl_planner.planning.plan import Plan
from fl_planner.planning.withdrawal import Withdrawn
from fl_planner.space.mask import Mask, join_carried_mm
from fl_planner.trials.criterion import Trial

DRAFT_FILE = "draft-cut.nii.gz"  # file name of the saved mask of a plane
CALLED = "draft cut"
CONTRADICTED = ("contradiction.no_tumour", "contradiction.volumes")  # shares are then unknown


@dataclass(frozen=True, slots=True)
class DraftCut:
    """The results of a draft cut.

    - `planned`: the result as an operation of a case; the remnant of a plane is not drawn.
    - `spreads`: spread between readings of `flr` and `flr_after_clearing`.
    - `thresholds`: the shares compared with every limit for this diagnosis; none if there is an
      error.
    - `withdrawn`: numbers that are not to be used, and why.
    - `contradicted`: contradictions between facts; if there are any, no limit is assessed.
    - `tumour_alone_goes`: whether only tumour is removed.
    - `nearest`: removed lesions with the smallest margin, by number.
    - `findings`: warnings and errors that a plan of this remnant gives on its share and its cuts.
    """

    planned: Planned
    spreads: Mapping[str, Spread]
    thresholds: tuple[Threshold, ...]
    withdrawn: tuple[Withdrawn, ...] = ()
    contradicted: tuple[str, ...] = ()
    tumour_alone_goes: bool = False
    nearest: tuple[int, ...] = ()
    findings: tuple[Finding, ...] = ()


class DraftCuts:
    """The liver of a plan, for draft cuts.

    - `trials`: trials whose limits apply to the shares, as for the plan.
    """

    def __init__(self, plan: Plan, trials: tuple[Trial, ...]) -> None:
        """Omit everything that belongs to the drawn remnant only."""
        case, volumes = plan.case, plan.measured.volumes
        self._operation = Operation(clearing_margin_mm=case.operations[0].clearing_margin_mm)
        self._case = structs.replace(
            case,
            anatomy=replace(case.anatomy, flr=None, resected=None, treated=None),
            findings=_leave_drawn(case),
            operations=(self._operation,),
        )
        self._lesions = plan.measured.lesions
        self._volumes = structs.replace(
            volumes,
            flr_voxels=None,
            resected_voxels=None,
            flr_excluded_voxels=0,
            flr_impaired_voxels=0,
        )
        self._trials, self._withdrawn = trials, plan.withdrawn
        self._share_limits, self._applicable = plan.share_limits, plan.judged.applicable
        against = (finding.message for finding in plan.findings if finding.code in CONTRADICTED)
        self._contradicted = tuple(dict.fromkeys(against))
        self._ready: CuttableLiver | None = None

    @property
    def _liver(self) -> CuttableLiver:
        """The liver prepared for planes, which takes about a second for a large one."""
        if self._ready is None:
            margin_mm = self._operation.clearing_margin_mm
            self._ready = CuttableLiver(self._case.anatomy, self._lesions, margin_mm, LATERAL)
        return self._ready

    def draw(self, plane: CutPlane, *, keep_front: bool) -> Mask:
        """Draw the remnant defined by a plane as a mask.

        Raises `InputRefused`: as for `cut`.
        """
        counts = self._count(plane, keep_front=keep_front)
        return replace(self._liver.draw(counts.side), name="flr", file=DRAFT_FILE)

    def cut(self, plane: CutPlane, *, keep_front: bool) -> DraftCut:
        """Measure the remnant of a plane: the side that it points to, or the other.

        Raises `InputRefused`: `cut.leaves_nothing`, `cut.removes_nothing`; and
        `geometry.place_missing` if the masks have no position in the patient.
        """
        counts = self._count(plane, keep_front=keep_front)
        volumes = structs.replace(
            self._volumes,
            flr_voxels=counts.kept,
            flr_excluded_voxels=counts.excluded,
            flr_impaired_voxels=counts.impaired,
        )
        planned, cleared, nearest = self._plan(counts, volumes)
        share = Share(counts.kept, self._liver.total)
        spreads = {"flr": self._spread(counts, share, self._liver.measure_boundaries(counts))}
        if cleared is not None and planned.clearing is not None:
            carried = carry_spread(counts.kept, planned.clearing.after)
            spreads[AFTER] = self._spread(counts, planned.clearing.after, cleared, carried)
        made = self._answer(planned, spreads, ("volumes",))
        return replace(
            made,
            tumour_alone_goes=counts.kept + counts.impaired == share.denominator_voxels,
            nearest=nearest,
        )

    def keep(self, segments: tuple[str, ...]) -> DraftCut:
        """Measure the remnant composed of these segments of the label map.

        Raises `InputRefused`: `cut.leaves_nothing`, `cut.removes_nothing`, `cut.undetermined`; and
        as for `determine_remnant`.
        """
        if not segments:
            raise leaves_nothing("keep at least one segment", CALLED)
        if set(segments) >= self._case.anatomy.segments.keys():
            raise removes_nothing("all segments are kept", "remove at least one", CALLED)
        return self.operate(Operation(remnant_segments=segments))

    def operate(self, cuts: Operation) -> DraftCut:
        """Measure the remnant of segments, planes, surfaces and wedges together.

        - `cuts`: the only cuts; the margin around lesions left is that of the case.

        Raises `InputRefused`: `cut.undetermined`; and as for `determine_remnant`.
        """
        margin_mm = self._operation.clearing_margin_mm
        anatomy, operation = self._case.anatomy, structs.replace(cuts, clearing_margin_mm=margin_mm)
        remnant, doubts = determine_remnant(anatomy, cuts.remnant_segments, operation.transection)
        if remnant is None:
            remedy = "correct the label map or state which segments are absent, and reopen the case"
            raise InputRefused("cut.undetermined", CALLED, doubts[0].message, remedy)
        volumes = measure_liver(anatomy, remnant.mask)
        if remnant.origin == "segments":
            doubts = (*doubts, *find_gaps(anatomy, remnant, volumes))
        planned = measure_fates(Planned(operation, remnant, volumes), anatomy, self._lesions)
        exactness = measure_shares(self._case, volumes, remnant, planned.clearing)
        measured = Measured(volumes, remnant, planned=(planned,), exactness=exactness)
        spreads = compute_spreads(anatomy, measured)
        rests_on = ("volumes", "segments") if cuts.remnant_segments else ("volumes",)
        made = self._answer(planned, spreads, rests_on, doubts)
        kept = (remnant.mask & anatomy.nontumorous).voxel_count
        nearest = tuple(m.lesion for m in planned.margins if m.margin_mm == planned.margin_mm)
        return replace(made, tumour_alone_goes=kept == volumes.nontumorous_voxels, nearest=nearest)

    def _count(self, plane: CutPlane, *, keep_front: bool) -> CutCounts:
        liver = self._liver
        counts = liver.count(liver.lay(plane, keep_front=keep_front))
        if not counts.kept:
            raise leaves_nothing("move the plane or keep the other side", CALLED)
        if counts.organ == liver.organ_voxels:
            reason = "the plane does not pass through the liver"
            raise removes_nothing(reason, "move the plane", CALLED)
        return counts

    def _plan(
        self, counts: CutCounts, volumes: LiverVolumes
    ) -> tuple[Planned, Boundaries | None, tuple[int, ...]]:
        """Classify the lesions, and measure the boundaries of the FLR after clearing.

        The numbers are those of the removed lesions with the smallest margin.
        """
        if self._lesions is None:
            return Planned(self._operation, None, volumes), None, ()
        fates = decide_fates(self._lesions, counts.inside)
        slivers = tuple(
            Sliver(number, (), voxels, voxels * volumes.voxel_ml)
            for number in fates.cleared
            if (voxels := counts.inside[number])
        )
        staying = list_staying(self._lesions, counts.inside)
        after, boundaries = Share(counts.kept, self._liver.total), None
        if staying:
            after, boundaries = self._liver.clear(counts, staying)
        volume_ml = sum(self._lesions.items[n - 1].mask.volume_ml for n in staying)
        margin_mm = self._operation.clearing_margin_mm
        touched = tuple(one.number for one in slivers)
        near_mm, nearest = (
            (0.0, touched) if touched else self._liver.find_nearest(counts.side, fates.cleared)
        )
        planned = Planned(
            self._operation,
            None,
            volumes,
            *(fates.cleared, fates.cut, fates.left),
            margin_mm=near_mm,
            clearing=Clearing(staying, volume_ml, margin_mm, None, after),
            slivers=slivers,
        )
        return planned, boundaries, nearest

    def _spread(
        self,
        counts: CutCounts,
        share: Share,
        boundaries: Boundaries,
        carried: Fraction = Fraction(1),
    ) -> Spread:
        lateral = sum(counts.segments.get(name, 0) for name in LATERAL)
        scatter = default_scatter("drawn", only_2_and_3_remain=is_lateral(lateral, counts.organ))
        exact = Exactness(0.0)
        if share.numerator_voxels:
            anatomy, findings = self._case.anatomy, self._case.findings
            cut_mm = join_carried_mm((anatomy.liver, anatomy.tumour))
            exact = derive_exactness(
                boundaries, anatomy, DRAFT_FILE, share, findings, cut_mm=cut_mm
            )
        own = self._case.reading_error
        if own is not None and own.origin != "drawn":
            own = None
        return Spread(scatter, exact.sd, None, exact.widening, carried, exact.registration, own)

    def _answer(
        self,
        planned: Planned,
        spreads: Mapping[str, Spread],
        rests_on: Iterable[str],
        doubts: tuple[Finding, ...] = (),
    ) -> DraftCut:
        """Compare the shares with the limits; with none without a tumour mask, or with an error."""
        withdrawn = tuple(number for number in self._withdrawn if number.number in rests_on)
        volumes, clearing = planned.volumes, planned.clearing
        shares = {"flr": (FLR, volumes.flr_share)}
        if clearing is not None and clearing.numbers:
            shares[AFTER] = (AFTER_CLEARING, clearing.after)
        limited = [
            LimitedShare(fact, share, volumes.voxel_ml, spreads[name].relative_sd)
            for name, (fact, share) in shares.items()
            if share is not None and volumes.tumour_voxels is not None
        ]
        unknown = withdrawn or self._contradicted
        compared = () if unknown else compare_thresholds(limited, self._trials)
        thresholds = tuple(
            structs.replace(one, applies=self._applicable.get(one.name)) for one in compared
        )
        limits = [t.limit for t in thresholds if t.limit.fact == FLR and t.applies is not False]
        doubts += tuple(find_shares_apart(planned, limits))
        doubts += find_narrow_margins(thresholds, self._share_limits)
        findings = tuple(one for one in doubts if one.severity != Severity.INFO)
        made = DraftCut(planned, spreads, thresholds, withdrawn, self._contradicted)
        return replace(made, findings=findings)


def _leave_drawn(case: Case) -> tuple[Finding, ...]:
    """Omit the findings on files of the drawn remnant, which a draft replaces."""
    anatomy = case.anatomy
    drawn = {mask.file for mask in (anatomy.flr, anatomy.resected) if mask is not None}
    kept = {mask.file for mask in (anatomy.liver, anatomy.tumour) if mask is not None}
    return tuple(finding for finding in case.findings if finding.file not in drawn - kept)


class DraftBranches:
    """The vessel trees of a plan's case, prepared once for cuts of branches."""

    def __init__(self, plan: Plan) -> None:
        """Use the trees of the plan's case, and the limits that apply to its FLR."""
        gone = {one.number for one in plan.withdrawn} & {"volumes", "flr"}
        known = plan.measured.volumes.tumour_voxels is not None and not gone
        self._plan, self._limits = plan, list_flr_limits(plan.asked) if known else []
        self._ready: VesselTrees | None = None

    @property
    def _trees(self) -> VesselTrees:
        if self._ready is None:
            case = self._plan.case
            self._ready = build_trees(case.anatomy, case.vessel_roots_mm, case.vessel_points_mm)
        return self._ready

    @property
    def names(self) -> tuple[TreeName, ...]:
        """Trees with territories, whose branches can be cut."""
        vessels = self._plan.measured.vessels
        quality = () if vessels is None else vessels.quality
        usable = {tree.tree for tree in quality if tree.refused is None}
        return tuple(name for name in TREES if name in usable)

    def lose(self, cuts: tuple[BranchCut, ...]) -> tuple[SupplyLoss, tuple[Finding, ...]]:
        """Measure the loss of supply by cuts, in the liver and in the first plan's remnant if any.

        Raises `InputRefused`: as for `VesselTrees.lose`.
        """
        return self._measure(cuts, self._plan.measured.remnant)

    def leave(self, remnant: Remnant) -> tuple[SupplyLoss, tuple[Finding, ...]]:
        """Measure the loss of supply of another remnant after resection; no branch is cut."""
        return self._measure((), remnant)

    def _measure(
        self, cuts: tuple[BranchCut, ...], remnant: Remnant | None
    ) -> tuple[SupplyLoss, tuple[Finding, ...]]:
        loss, findings = measure_loss(self._trees, cuts, remnant)
        supplied, either = loss.supplied, loss.flr_either
        if supplied is None or either is None:
            return loss, findings
        flr = Share(supplied.numerator_voxels + either.voxels, supplied.denominator_voxels)
        return loss, (*findings, *find_supply_doubts(flr, loss, self._limits))
