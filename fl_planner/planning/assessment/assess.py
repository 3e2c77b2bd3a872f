"""What is computed from one case, each part or None; the parts that volumes need."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import combinations
from typing import TYPE_CHECKING

from fl_planner.basis.findings import Finding, InputRefused, Severity
from fl_planner.basis.run import begin_step
from fl_planner.liver.anatomy import Anatomy
from fl_planner.liver.flat_ends import find_segment_ends
from fl_planner.liver.leaks import find_segment_leaks
from fl_planner.liver.lesions.tissues import UntreatedTumour
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
    from fl_planner.planning.assessment.operations import Planned
    from fl_planner.planning.assessment.thresholds import Exactness
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


Findings = tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Measured:
    """What the rooms computed; None where its input was not given.

    - `remnant`: what is to remain by the case's first operation.
    - `volumes`: voxel counts; None only before they are measured.
    - `segments`: Couinaud segments of a label map.
    - `lesions`: of the tumour mask.
    - `sites`: where each lesion lies.
    - `baseline`: lesions of an earlier scan, seen today or not.
    - `resections`: every set of segments that can go; None without a map of segments.
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

    remnant: Remnant | None = None
    volumes: LiverVolumes | None = None
    segments: tuple[SegmentVolume, ...] | None = None
    lesions: Lesions | None = None
    sites: tuple[LesionSite, ...] | None = None
    baseline: tuple[BaselineLesion, ...] | None = None
    resections: tuple[Resection, ...] | None = None
    planned: tuple[Planned, ...] = ()
    untreated_tumour: UntreatedTumour | None = None
    exactness: Mapping[str, Exactness] = field(default_factory=dict)
    second: SecondReading | None = None
    own_error: ReadingError | None = None
    function: LiverFunction | None = None
    dose: TreatmentDose | None = None
    vessels: LiverVessels | None = None
    spleen: Spleen | None = None
    findings: Findings = ()

    @property
    def remnant_mask(self) -> Mask | None:
        """What is to remain by that operation; None where nothing says it."""
        return None if self.remnant is None else self.remnant.mask

    @property
    def clearing(self) -> Clearing | None:
        """Lesions that the first plan leaves in its remnant; None where that is not known."""
        return self.planned[0].clearing if self.planned else None

    def with_findings(self, findings: Iterable[Finding]) -> Measured:
        """Add what its own numbers give to doubt."""
        return replace(self, findings=(*self.findings, *findings))


Part = Callable[[Case, Measured], Measured]


def measure(case: Case, parts: tuple[Part, ...]) -> Measured:
    """Compute the parts in order; each sees those before it."""
    measured = Measured()
    for part in parts:
        begin_step(part.__name__)
        measured = part(case, measured)
    return measured


def check_files(case: Case, measured: Measured) -> Measured:
    """Ask whether one file was given in two roles."""
    return measured.with_findings(find_same_files(case.inputs, case.anatomy))


def check_masks(case: Case, measured: Measured) -> Measured:
    """Ask each mask whether it lies in the liver and was drawn whole."""
    return measured.with_findings(find_mask_doubts(case))


def check_ct(case: Case, measured: Measured) -> Measured:
    """Ask the CT, where one was given, whether it shows the liver where the mask has it."""
    if case.ct is None:
        return measured
    from fl_planner.liver.witness.witness import find_ct_doubts  # large, and seldom asked

    return measured.with_findings(find_ct_doubts(case.anatomy, case.ct))


def check_segments(case: Case, measured: Measured) -> Measured:
    """Ask the label map whether its segments lie where segments lie."""
    anatomy = case.anatomy
    doubts = (*find_segment_doubts(anatomy), *find_segment_ends(anatomy))
    return measured.with_findings((*doubts, *find_segment_leaks(anatomy)))


def measure_volumes(case: Case, measured: Measured) -> Measured:
    """Find the remnant and count all voxels; ask how the label map covers the liver."""
    anatomy, operation = case.anatomy, case.operations[0]
    remnant, doubts = find_remnant(anatomy, operation.remnant_segments, operation.transection)
    volumes = measure_liver(anatomy, remnant.mask if remnant else None)
    absent, cut_off = find_absent_tumour(anatomy), find_cut_off(case, anatomy, remnant)
    gaps = find_gaps(anatomy, remnant, volumes)
    uncovered = find_uncovered(anatomy, told_as_gaps=bool(gaps))
    findings = [*doubts, *uncovered, *gaps, *absent, *cut_off]
    if remnant is not None and volumes.flr_share is not None:
        if remnant.transection is None:  # a wedge leaves nearly all, as it is meant to
            findings += find_odd_share(volumes.flr_share, remnant.mask, anatomy.organ)
        swapped = find_swapped(remnant.mask, anatomy.tumour)
        findings += swapped or find_remnant_tumour(remnant, anatomy)
    if anatomy.tumour is not None:
        findings += find_large_tumour(anatomy.organ, anatomy.tumour)
    return replace(measured.with_findings(findings), remnant=remnant, volumes=volumes)


OF_VOLUME: tuple[Part, ...] = (check_files, check_masks, check_segments, measure_volumes, check_ct)
