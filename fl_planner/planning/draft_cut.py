"""A cut that nobody drew yet, by a plane or a set of segments, or through branches of vessels.

A draft answers as `plan` answers the remnant that it stands for, saved and given as the FLR, and
with the same rules. It is made ready once, and then a plane takes milliseconds.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

from fl_planner.basis.findings import Finding, InputRefused
from fl_planner.basis.shown import Share
from fl_planner.liver.cut_liver import CutCounts, CuttableLiver
from fl_planner.liver.cut_plane import CutPlane
from fl_planner.liver.lesions.fates import Sliver, decide_fates, list_staying
from fl_planner.liver.names.structures import TREES, TreeName
from fl_planner.liver.remnant import Clearing, Remnant, find_remnant
from fl_planner.liver.scatter.boundaries import Boundaries
from fl_planner.liver.scatter.interval import default_scatter
from fl_planner.liver.scatter.spread import Spread
from fl_planner.liver.transection import leaves_nothing, removes_nothing
from fl_planner.liver.vessels.branch_cut import BranchCut
from fl_planner.liver.vessels.supply.loss import SupplyLoss
from fl_planner.liver.vessels.trees import VesselTrees, find_trees
from fl_planner.liver.volumetry import LiverVolumes, measure_liver
from fl_planner.planning.assessment.assess import Measured
from fl_planner.planning.assessment.near_limits import (
    AFTER_CLEARING,
    FLR,
    Exactness,
    LimitedShare,
    Threshold,
    carry_cut,
    derive_exactness,
    find_thresholds,
)
from fl_planner.planning.assessment.operations import Planned, measure_fates
from fl_planner.planning.assessment.plan_measures import measure_shares
from fl_planner.planning.assessment.vessels import measure_loss
from fl_planner.planning.facts import AFTER, LATERAL, carry_spread, find_spreads, is_lateral
from fl_planner.planning.given.case import Case, Operation
from fl_planner.planning.plan import Plan
from fl_planner.planning.withdrawal import Withdrawn
from fl_planner.space.mask import Mask
from fl_planner.trials.criterion import Trial

DRAFT_FILE = "draft-cut.nii.gz"  # what the mask of a plane is called once it is saved
CALLED = "draft cut"
CONTRADICTED = ("contradiction.no_tumour", "contradiction.volumes")  # which leave a share unknown


@dataclass(frozen=True, slots=True)
class DraftCut:
    """What a draft comes to.

    - `planned`: as an operation of a case; the remnant of a plane is not drawn.
    - `spreads`: how far readings lie apart, of `flr` and `flr_after_clearing`.
    - `thresholds`: against every limit for this diagnosis; none under an error.
    - `withdrawn`: numbers that are not to be used, and why.
    - `contradicted`: what the facts say against each other, so that no limit is answered.
    - `tumour_alone_goes`: whether all tumour-free liver stays.
    """

    planned: Planned
    spreads: Mapping[str, Spread]
    thresholds: tuple[Threshold, ...]
    withdrawn: tuple[Withdrawn, ...] = ()
    contradicted: tuple[str, ...] = ()
    tumour_alone_goes: bool = False


class DraftCuts:
    """The liver of a plan, to be cut by drafts.

    - `trials`: whose limits the shares are set against, as those of the plan are.
    """

    def __init__(self, plan: Plan, trials: tuple[Trial, ...]) -> None:
        """Leave out what is of the drawn remnant alone."""
        case, volumes = plan.case, plan.measured.volumes
        self._operation = Operation(clearing_margin_mm=case.operations[0].clearing_margin_mm)
        self._case = replace(
            case,
            anatomy=replace(case.anatomy, flr=None, resected=None, treated=None),
            findings=_leave_drawn(case),
            operations=(self._operation,),
        )
        self._lesions = plan.measured.lesions
        self._volumes = replace(
            volumes,
            flr_voxels=None,
            resected_voxels=None,
            flr_excluded_voxels=0,
            flr_impaired_voxels=0,
        )
        self._trials, self._withdrawn = trials, plan.withdrawn
        told = (one.message for one in plan.findings if one.code in CONTRADICTED)
        self._contradicted = tuple(dict.fromkeys(told))
        self._ready: CuttableLiver | None = None

    @property
    def _liver(self) -> CuttableLiver:
        """The liver made ready for planes, which takes a second where it is large."""
        if self._ready is None:
            margin_mm = self._operation.clearing_margin_mm
            self._ready = CuttableLiver(self._case.anatomy, self._lesions, margin_mm, LATERAL)
        return self._ready

    def draw(self, plane: CutPlane, *, keep_front: bool) -> Mask:
        """Draw the remnant of a plane, to be saved.

        Raises `InputRefused`: as `cut`.
        """
        counts = self._count(plane, keep_front=keep_front)
        return replace(self._liver.draw(counts.side), name="flr", file=DRAFT_FILE)

    def cut(self, plane: CutPlane, *, keep_front: bool) -> DraftCut:
        """Tell what a plane leaves: the side that it points to, or the other.

        Raises `InputRefused`: `cut.leaves_nothing`, `cut.removes_nothing`; and
        `geometry.place_missing` where the masks have no place in the patient.
        """
        counts = self._count(plane, keep_front=keep_front)
        volumes = replace(
            self._volumes,
            flr_voxels=counts.kept,
            flr_excluded_voxels=counts.excluded,
            flr_impaired_voxels=counts.impaired,
        )
        planned, cleared = self._plan(counts, volumes)
        share = Share(counts.kept, self._liver.total)
        spreads = {"flr": self._spread(counts, share, self._liver.measure_boundaries(counts))}
        if cleared is not None and planned.clearing is not None:
            carried = carry_spread(counts.kept, planned.clearing.after)
            spreads[AFTER] = self._spread(counts, planned.clearing.after, cleared, carried)
        made = self._answer(planned, spreads, ("volumes",))
        return replace(
            made, tumour_alone_goes=counts.kept + counts.impaired == share.denominator_voxels
        )

    def keep(self, segments: tuple[str, ...]) -> DraftCut:
        """Tell what is left where these segments of the label map stay, and no others.

        Raises `InputRefused`: `cut.leaves_nothing`, `cut.removes_nothing`, `cut.undetermined`; and
        as `find_remnant`.
        """
        if not segments:
            raise leaves_nothing("let a segment stay", CALLED)
        if set(segments) >= self._case.anatomy.segments.keys():
            raise removes_nothing("every segment stays", "take one away", CALLED)
        anatomy, operation = self._case.anatomy, replace(self._operation, remnant_segments=segments)
        remnant, findings = find_remnant(anatomy, segments)
        if remnant is None:
            remedy = "correct the label map, or say which segments are absent, and open the case"
            raise InputRefused("cut.undetermined", CALLED, findings[0].message, remedy)
        volumes = measure_liver(anatomy, remnant.mask)
        planned = measure_fates(Planned(operation, remnant, volumes), anatomy, self._lesions)
        exactness = measure_shares(self._case, volumes, remnant, planned.clearing)
        measured = Measured(volumes, remnant, planned=(planned,), exactness=exactness)
        spreads = find_spreads(anatomy, measured)
        return self._answer(planned, spreads, ("volumes", "resections"))

    def _count(self, plane: CutPlane, *, keep_front: bool) -> CutCounts:
        liver = self._liver
        counts = liver.count(liver.lay(plane, keep_front=keep_front))
        if not counts.kept:
            raise leaves_nothing("move the plane, or let the other side stay", CALLED)
        if counts.organ == liver.organ_voxels:
            raise removes_nothing("the plane does not pass through the liver", "move it", CALLED)
        return counts

    def _plan(self, counts: CutCounts, volumes: LiverVolumes) -> tuple[Planned, Boundaries | None]:
        """Say what becomes of the lesions.

        Beside it, how exactly the rest is known once those that stay are taken out of it.
        """
        if self._lesions is None:
            return Planned(self._operation, None, volumes), None
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
        planned = Planned(
            self._operation,
            None,
            volumes,
            *(fates.cleared, fates.cut, fates.left),
            margin_mm=0.0 if slivers else self._liver.measure_margin_mm(counts.side, fates.cleared),
            clearing=Clearing(staying, volume_ml, margin_mm, None, after),
            slivers=slivers,
        )
        return planned, boundaries

    def _spread(
        self,
        counts: CutCounts,
        share: Share,
        boundaries: Boundaries,
        carried: Fraction = Fraction(1),
    ) -> Spread:
        lateral = sum(counts.segments.get(name, 0) for name in LATERAL)
        only = is_lateral(lateral, counts.organ)
        scatter = default_scatter("drawn", only_2_and_3_remain=only)
        exact = Exactness(0.0)
        if share.numerator_voxels:
            anatomy, findings = self._case.anatomy, self._case.findings
            exact = derive_exactness(boundaries, anatomy, DRAFT_FILE, share, findings)
        own = self._case.reading_error
        if own is not None and own.origin != "drawn":
            own = None
        return Spread(scatter, exact.sd, None, exact.widening, carried, exact.registration, own)

    def _answer(
        self, planned: Planned, spreads: Mapping[str, Spread], rests_on: Iterable[str]
    ) -> DraftCut:
        """Set the shares against the limits: against none without tumour, or under an error."""
        withdrawn = tuple(one for one in self._withdrawn if one.number in rests_on)
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
        thresholds = () if unknown else find_thresholds(limited, self._trials)
        return DraftCut(planned, spreads, thresholds, withdrawn, self._contradicted)


def _leave_drawn(case: Case) -> tuple[Finding, ...]:
    """Leave out the findings of files that give the drawn remnant alone: a draft is another.

    What is cut out of a carried liver is as carried as that is.
    """
    anatomy = case.anatomy
    drawn = {mask.file for mask in (anatomy.flr, anatomy.resected) if mask is not None}
    kept = {mask.file for mask in (anatomy.liver, anatomy.tumour) if mask is not None}
    findings = tuple(one for one in case.findings if one.file not in drawn - kept)
    return carry_cut(findings, anatomy, DRAFT_FILE)


class DraftBranches:
    """The vessel trees of a plan's case, made ready once; then a cut takes a moment."""

    def __init__(self, plan: Plan) -> None:
        """Take the case as it stands."""
        self._plan = plan
        self._ready: VesselTrees | None = None

    @property
    def _trees(self) -> VesselTrees:
        if self._ready is None:
            case = self._plan.case
            self._ready = find_trees(case.anatomy, case.vessel_roots_mm)
        return self._ready

    @property
    def names(self) -> tuple[TreeName, ...]:
        """Trees that tell territories, so that a branch of them can be cut."""
        vessels = self._plan.measured.vessels
        told = () if vessels is None else vessels.quality
        found = {one.tree for one in told if one.refused is None}
        return tuple(name for name in TREES if name in found)

    def lose(self, cuts: tuple[BranchCut, ...]) -> tuple[SupplyLoss, tuple[Finding, ...]]:
        """Measure what cuts take from the liver, and from the first plan's remnant if there is one.

        Raises `InputRefused`: as `VesselTrees.lose`.
        """
        return measure_loss(self._trees, cuts, self._plan.measured.remnant)

    def leave(self, remnant: Remnant) -> tuple[SupplyLoss, tuple[Finding, ...]]:
        """Measure what another remnant loses with what is resected; no branch is cut."""
        return measure_loss(self._trees, (), remnant)
