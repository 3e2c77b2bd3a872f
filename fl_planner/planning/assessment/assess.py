"""What is computed from one case, each part or None; what its volumes rest on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import combinations
from typing import TYPE_CHECKING

from fl_planner.basis.findings import Finding, InputRefused, Severity
from fl_planner.basis.run import begin_step
from fl_planner.liver.anatomy import Anatomy
from fl_planner.liver.flat_ends import find_segment_ends
from fl_planner.liver.leaks import find_segment_leaks
from fl_planner.liver.lesions.count import UntreatedTumour
from fl_planner.liver.names.structures import VESSEL
from fl_planner.liver.remnant import Clearing, Remnant, find_gaps, find_remnant, find_remnant_tumour
from fl_planner.liver.segments.segments import find_segment_doubts, find_uncovered
from fl_planner.liver.volumetry import (
    LiverVolumes,
    find_absent_tumour,
    find_large_tumour,
    find_odd_share,
    find_swapped,
    measure_liver,
)
from fl_planner.planning.assessment.mask_doubts import find_cut_off, find_mask_doubts
from fl_planner.planning.given.case import Case, InputFile
from fl_planner.space.mask import Mask

if TYPE_CHECKING:
    from fl_planner.liver.agreement.second_reader import SecondReading
    from fl_planner.liver.earlier_scan import BaselineLesion
    from fl_planner.liver.lesions.lesions import Lesions
    from fl_planner.liver.lesions.locations import LesionSite
    from fl_planner.liver.resections import Resection
    from fl_planner.liver.scatter.reading_error import ReadingError
    from fl_planner.liver.segments.segments import SegmentVolume
    from fl_planner.liver.spleen import Spleen
    from fl_planner.planning.assessment.dose import TreatmentDose
    from fl_planner.planning.assessment.function import LiverFunction
    from fl_planner.planning.assessment.near_limits import Exactness
    from fl_planner.planning.assessment.operations import Planned
    from fl_planner.planning.assessment.vessels import LiverVessels

# Roles that cannot hold the same voxels: nothing would be left of the liver or of the remnant.
NOTHING_LEFT = ({"liver", "tumour"}, {"flr", "tumour"}, {"liver", "resected"})


def find_same_files(inputs: tuple[InputFile, ...], anatomy: Anatomy) -> tuple[Finding, ...]:
    """Find roles that were given the same bytes and hold the same voxels.

    A file of several segments may well serve in several roles; then the voxels differ. Label
    maps and CTs are no masks. Raises `InputRefused` where nothing would be left to measure.
    """
    masks = _by_role(anatomy)
    hashes = {role: sorted(i.sha256 for i in inputs if i.role == role) for role in masks}
    found = []
    for one, other in combinations(masks, 2):
        if not hashes[one] or hashes[one] != hashes[other]:
            continue
        if not masks[one].is_same(masks[other]):
            continue
        first, second = masks[one].source, masks[other].source
        files = first if first == second else f"{second} and {first}"
        reason = f"the same file was given as {one} and as {other}"
        remedy = "check which one is missing"
        if {one, other} in NOTHING_LEFT:
            raise InputRefused("input.same_file", files, reason, remedy)
        message = f"{files}: {reason}; {remedy}, or accept it if it is meant"
        found.append(Finding("input.same_file", Severity.WARNING, message, second))
    return tuple(found)


def _by_role(anatomy: Anatomy) -> Mapping[str, Mask]:
    roles = {
        "liver": anatomy.liver,
        "tumour": anatomy.tumour,
        "flr": anatomy.flr,
        "resected": anatomy.resected,
        "treated": anatomy.treated,
        **{f"exclude {mask.name}": mask for mask in anatomy.excluded},
        **{f"{VESSEL}{name}": mask for name, mask in anatomy.vessels.items()},
    }
    return {role: mask for role, mask in roles.items() if mask is not None and mask.voxel_count}


@dataclass(frozen=True, slots=True)
class Measured:
    """What the rooms computed; None where its input was not given.

    - `volumes`: voxel counts.
    - `remnant`: what is to remain by the case's first operation.
    - `segments`: Couinaud segments of a label map.
    - `lesions`: of the tumour mask.
    - `sites`: where each lesion lies.
    - `baseline`: lesions of an earlier scan, seen today or not.
    - `resections`: every set of segments that can go; empty without a map of segments, and
      where they were not searched.
    - `planned`: what each planned operation leaves, the first one first.
    - `untreated_tumour`: what of the tumour a treated area misses.
    - `exactness` (mapping of "flr", "flr_after_clearing" and "untreated" to Exactness): what the
      masks leave open of each share.
    - `second`: the remnant's share by a second reader.
    - `own_error`: how far readers of this centre differ on remnants such as this one.
    - `function`: how well the liver works, and its remnant.
    - `dose`: what a radioembolisation would give.
    - `vessels`: contact with lesions and cuts, and what plans leave without supply; None where no
      vessel was drawn.
    - `spleen`: beside the liver; nothing of it is decided by this.
    - `findings`: what the masks themselves give to doubt, in the order of the parts.
    """

    volumes: LiverVolumes
    remnant: Remnant | None = None
    segments: tuple[SegmentVolume, ...] | None = None
    lesions: Lesions | None = None
    sites: tuple[LesionSite, ...] | None = None
    baseline: tuple[BaselineLesion, ...] | None = None
    resections: tuple[Resection, ...] = ()
    planned: tuple[Planned, ...] = ()
    untreated_tumour: UntreatedTumour | None = None
    exactness: Mapping[str, Exactness] = field(default_factory=dict)
    second: SecondReading | None = None
    own_error: ReadingError | None = None
    function: LiverFunction | None = None
    dose: TreatmentDose | None = None
    vessels: LiverVessels | None = None
    spleen: Spleen | None = None
    findings: tuple[Finding, ...] = ()

    @property
    def clearing(self) -> Clearing | None:
        """Lesions that the first plan leaves in its remnant; None where that is not known."""
        return self.planned[0].clearing if self.planned else None


def measure_volumes(case: Case) -> Measured:
    """Find the remnant and count all voxels; ask masks, label map and CT what speaks against them.

    Raises `InputRefused`: where the masks have no honest result.
    """
    anatomy = case.anatomy
    begin_step("comparing files")
    findings = [*find_same_files(case.inputs, anatomy)]
    begin_step("checking masks")
    findings += find_mask_doubts(case)
    begin_step("checking segments")
    findings += [*find_segment_doubts(anatomy), *find_segment_ends(anatomy)]
    findings += find_segment_leaks(anatomy)
    begin_step("volumes")
    operation = case.operations[0]
    remnant, doubts = find_remnant(anatomy, operation.remnant_segments, operation.transection)
    volumes = measure_liver(anatomy, remnant.mask if remnant else None)
    findings += [*doubts, *_find_volume_doubts(case, remnant, volumes)]
    if case.ct is not None:
        from fl_planner.liver.witness.witness import find_ct_doubts  # large, and seldom asked

        begin_step("checking the CT")
        findings += find_ct_doubts(anatomy, case.ct)
    return Measured(volumes, remnant, findings=tuple(findings))


def _find_volume_doubts(
    case: Case, remnant: Remnant | None, volumes: LiverVolumes
) -> Iterator[Finding]:
    """Ask how the label map covers the liver, and whether the parts are as large as they may be."""
    anatomy = case.anatomy
    gaps = find_gaps(anatomy, remnant, volumes)
    yield from find_uncovered(anatomy, told_as_gaps=bool(gaps))
    yield from gaps
    yield from find_absent_tumour(anatomy)
    yield from find_cut_off(case, anatomy, remnant)
    if remnant is not None and volumes.flr_share is not None:
        if remnant.transection is None:  # a wedge leaves nearly all, as it is meant to
            yield from find_odd_share(volumes.flr_share, remnant.mask, anatomy.organ)
        swapped = find_swapped(remnant.mask, anatomy.tumour)
        yield from swapped or find_remnant_tumour(remnant, anatomy)
    if anatomy.tumour is not None:
        yield from find_large_tumour(anatomy.organ, anatomy.tumour)
