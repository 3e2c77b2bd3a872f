"""All that is computed from one case's masks, each part or None."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from fl_planner.basis.findings import Finding, Severity
from fl_planner.basis.steps import begin_step
from fl_planner.liver.flat_ends import find_segment_ends
from fl_planner.liver.lesions.earlier_scan import BaselineLesion, find_baseline
from fl_planner.liver.lesions.lesions import Lesions, measure_lesions
from fl_planner.liver.lesions.locations import LesionSite, find_sites
from fl_planner.liver.lesions.tumour_in_remnant import find_remnant_tumour
from fl_planner.liver.plausibility import (
    find_absent_tumour,
    find_large_tumour,
    find_odd_share,
    find_swapped,
)
from fl_planner.liver.remnant import Remnant, find_remnant
from fl_planner.liver.resections.resections import Resection, find_resections
from fl_planner.liver.scatter.second_reader import SecondReading, compare_readers
from fl_planner.liver.segments.gaps import find_gaps
from fl_planner.liver.segments.segments import (
    SegmentVolume,
    find_segment_doubts,
    find_uncovered,
    measure_segments,
)
from fl_planner.liver.segments.territories import map_territories
from fl_planner.liver.volumetry import LiverVolumes, measure_liver
from fl_planner.patient.body_size import BodySize
from fl_planner.planning.assessment.exactness import Exactness, measure_exactness
from fl_planner.planning.assessment.mask_doubts import find_mask_doubts
from fl_planner.planning.assessment.operations import Planned, measure_operations
from fl_planner.planning.assessment.resampling_loss import find_cut_off
from fl_planner.planning.given.case import Case
from fl_planner.planning.given.same_files import find_same_files
from fl_planner.planning.given.study_days import find_embolised_between
from fl_planner.space.mask import Mask

if TYPE_CHECKING:
    from fl_planner.planning.assessment.dose import TreatmentDose
    from fl_planner.planning.assessment.function import LiverFunction

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
    - `exactness` (mapping of "flr" and "untreated" to Exactness): what the masks leave open of each
      share.
    - `second`: the remnant's share by a second reader.
    - `function`: how well the liver works, and its remnant.
    - `dose`: what a radioembolisation would give.
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
    exactness: Mapping[str, Exactness] = field(default_factory=dict)
    second: SecondReading | None = None
    function: LiverFunction | None = None
    dose: TreatmentDose | None = None
    findings: Findings = ()

    @property
    def remnant_mask(self) -> Mask | None:
        """What is to remain by that operation; None where nothing says it."""
        return None if self.remnant is None else self.remnant.mask


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
    return _with(measured, find_same_files(case.inputs, case.anatomy))


def check_masks(case: Case, measured: Measured) -> Measured:
    """Ask each mask whether it lies in the liver and was drawn whole."""
    return _with(measured, find_mask_doubts(case))


def check_ct(case: Case, measured: Measured) -> Measured:
    """Ask the CT, where one was given, whether it shows the liver where the mask has it."""
    if case.ct is None:
        return measured
    from fl_planner.liver.witness.witness import find_ct_doubts  # large, and seldom asked

    return _with(measured, find_ct_doubts(case.anatomy, case.ct))


def check_segments(case: Case, measured: Measured) -> Measured:
    """Ask the label map whether its segments lie where segments lie."""
    anatomy = case.anatomy
    return _with(measured, (*find_segment_doubts(anatomy), *find_segment_ends(anatomy)))


def measure_volumes(case: Case, measured: Measured) -> Measured:
    """Find the remnant and count all voxels; ask how the label map covers the liver."""
    anatomy = case.anatomy
    remnant, doubts = find_remnant(anatomy, case.operations[0].remnant_segments)
    volumes = measure_liver(anatomy, remnant.mask if remnant else None)
    absent, cut_off = find_absent_tumour(anatomy), find_cut_off(case, anatomy, remnant)
    gaps = find_gaps(anatomy, remnant, volumes)
    uncovered = find_uncovered(anatomy, told_as_gaps=bool(gaps))
    findings = [*doubts, *uncovered, *gaps, *absent, *cut_off]
    if remnant is not None and volumes.flr_share is not None:
        findings += find_odd_share(volumes.flr_share, remnant.mask)
        swapped = find_swapped(remnant.mask, anatomy.tumour)
        findings += swapped or find_remnant_tumour(remnant, anatomy)
    if anatomy.tumour is not None:
        findings += find_large_tumour(anatomy.organ, anatomy.tumour)
    return replace(_with(measured, findings), remnant=remnant, volumes=volumes)


def measure_segment_volumes(case: Case, measured: Measured) -> Measured:
    """Count the segments of a label map."""
    if not case.anatomy.segments:
        return measured
    return replace(measured, segments=measure_segments(case.anatomy))


def measure_all_lesions(case: Case, measured: Measured) -> Measured:
    """Measure the lesions of the tumour mask."""
    return replace(measured, lesions=measure_lesions(case.anatomy))


def measure_sites(case: Case, measured: Measured) -> Measured:
    """Find where the lesions lie, and answer every resection by whole segments."""
    anatomy, lesions = case.anatomy, measured.lesions
    territories = map_territories(anatomy)
    sites = None if lesions is None else find_sites(anatomy, lesions, territories)
    if case.baseline is not None:
        baseline, doubts = find_baseline(
            anatomy, case.baseline, lesions, territories, measured.remnant_mask
        )
        measured = replace(_with(measured, doubts), baseline=baseline)
    if territories is None:
        return replace(measured, sites=sites)
    resections = find_resections(anatomy, lesions, sites or (), territories)
    return replace(measured, sites=sites, resections=resections)


def measure_plans(case: Case, measured: Measured) -> Measured:
    """Measure what each planned operation leaves."""
    if measured.volumes is None:
        return measured
    first = (measured.remnant, measured.volumes)
    planned, doubts = measure_operations(case, first, measured.lesions)
    return replace(_with(measured, doubts), planned=planned)


def measure_shares(case: Case, measured: Measured) -> Measured:
    """Measure how exactly the masks tell each share."""
    anatomy, volumes, remnant = case.anatomy, measured.volumes, measured.remnant
    exactness: dict[str, Exactness] = {}
    if remnant is not None and volumes is not None and volumes.flr_share is not None:
        working = anatomy.working(remnant.mask)
        exactness["flr"] = measure_exactness(anatomy, working, volumes.flr_share, case.findings)
    if anatomy.treated is not None and volumes is not None and volumes.untreated_share is not None:
        untreated = volumes.untreated_share
        exactness["untreated"] = measure_exactness(
            anatomy, anatomy.treated, untreated, case.findings, outside=True
        )
    return replace(measured, exactness=exactness)


def compare_second_reader(case: Case, measured: Measured) -> Measured:
    """Compare the remnant with a second reader's, where there is one of both."""
    if case.second is None:
        return measured
    if measured.remnant is None:
        mask = case.second.flr
        message = f"{mask.source}: a second reader's remnant, and none by the first to compare with"
        found = Finding("second_reader.no_first", Severity.WARNING, message, mask.file)
        return _with(measured, [found])
    second, findings = compare_readers(case.anatomy, measured.remnant.mask, case.second)
    return replace(_with(measured, findings), second=second)


def measure_scintigraphy(case: Case, measured: Measured) -> Measured:
    """Measure how well the liver works, where a scintigraphy was given."""
    if case.scintigraphy is None:
        return measured
    from fl_planner.planning.assessment.function import measure_function  # large, and seldom asked

    size = BodySize.of(case.height_cm, case.weight_kg)
    remnant = measured.remnant_mask
    function = measure_function(case.scintigraphy, case.stated, size, case.anatomy, remnant)
    return replace(_with(measured, function.findings), function=function)


def check_days(case: Case, measured: Measured) -> Measured:
    """Ask whether CT and scintigraphy lie on one side of the embolisation."""
    embolised_on = None if case.embolisation is None else case.embolisation.on
    days = (case.reading.scanned_on, case.studied_on, embolised_on)
    return _with(measured, find_embolised_between(*days))


def measure_treatment(case: Case, measured: Measured) -> Measured:
    """Measure what a radioembolisation would give, where its inputs were given."""
    if case.dose is None:
        return measured
    from fl_planner.planning.assessment.dose import measure_dose  # likewise

    dose = measure_dose(case.dose, case.anatomy)
    return replace(_with(measured, dose.findings), dose=dose)


# Volumes alone, and all that a plan rests on; in the order in which one stands on another.
OF_VOLUME: tuple[Part, ...] = (check_files, check_masks, check_segments, measure_volumes, check_ct)
OF_PLAN: tuple[Part, ...] = (
    *OF_VOLUME,
    measure_segment_volumes,
    measure_all_lesions,
    measure_sites,
    measure_plans,
    measure_shares,
    compare_second_reader,
    measure_scintigraphy,
    check_days,
    measure_treatment,
)


def _with(measured: Measured, findings: Iterable[Finding]) -> Measured:
    return replace(measured, findings=(*measured.findings, *findings))
