"""Measurements of one case, and the volumes of its masks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from msgspec import Struct, field

from fl_planner.basis.findings import Finding
from fl_planner.basis.run import begin_step
from fl_planner.liver.flat_ends_of_parts import find_segment_ends
from fl_planner.liver.leaks import find_segment_leaks, find_segment_pieces
from fl_planner.liver.lesions.count import (
    UntreatedTumour,
    find_untreated_tumour,
    measure_untreated_tumour,
)
from fl_planner.liver.remnant import Clearing, Remnant, determine_remnant, find_gaps
from fl_planner.liver.segments.segments import check_cover, find_segment_doubts
from fl_planner.liver.volumetry import (
    LiverVolumes,
    find_large_tumour,
    measure_liver,
    report_absent_tumour,
)
from fl_planner.planning.assessment.mask_doubts import (
    find_cut_off,
    find_mask_doubts,
    find_remnant_doubts,
)
from fl_planner.planning.given.case import Case
from fl_planner.planning.given.identity import find_same_files, find_swapped_files

if TYPE_CHECKING:
    from fl_planner.liver.agreement.second_reader import SecondReading
    from fl_planner.liver.all_resections import Resection
    from fl_planner.liver.earlier_scan import BaselineLesion
    from fl_planner.liver.lesions.lesions import Lesions
    from fl_planner.liver.lesions.locations import LesionSite
    from fl_planner.liver.scatter.crossing_chance import Origin
    from fl_planner.liver.scatter.reading_error import ReadingError
    from fl_planner.liver.segments.segments import SegmentVolume
    from fl_planner.liver.spleen import Spleen
    from fl_planner.planning.assessment.dose import TreatmentDose
    from fl_planner.planning.assessment.function import LiverFunction
    from fl_planner.planning.assessment.near_limits import Exactness
    from fl_planner.planning.assessment.operations import Planned
    from fl_planner.planning.assessment.vessels import LiverVessels


class Measured(Struct, frozen=True):
    """Measurements of one case; None if the input was not given.

    - `remnant`: remnant of the first planned operation.
    - `segments`: Couinaud segments of a label map.
    - `baseline`: lesions of a previous scan, visible now or not.
    - `resections`: every resection by segments; empty without a map of segments, and if they were
      not searched.
    - `planned`: result of each planned operation, in their order.
    - `untreated_tumour`: tumour outside the treated area.
    - `exactness` (mapping of "flr", "flr_after_clearing" and "untreated" to Exactness):
      uncertainty of each share due to the masks.
    - `second`: the FLR by a second reader.
    - `own_error`: variation between readers of this centre on remnants of this kind.
    - `reading_origin`: kind of remnant that determines its reading error; None without a remnant.
    - `vessels`: contact with lesions and cuts, and loss of supply by each plan; None if no
      vessel was drawn.
    - `spleen`: shown for information; no answer depends on it.
    - `findings`: findings on the masks, in the order of the parts.
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
    reading_origin: Origin | None = None
    function: LiverFunction | None = None
    dose: TreatmentDose | None = None
    vessels: LiverVessels | None = None
    spleen: Spleen | None = None
    findings: tuple[Finding, ...] = ()

    @property
    def clearing(self) -> Clearing | None:
        """Clearance of lesions from the first plan's remnant; None if it is not known."""
        return self.planned[0].clearing if self.planned else None


def measure_volumes(case: Case) -> Measured:
    """Measure remnant and volumes, and check masks, label map, CT and treated area.

    Raises `InputRefused`: if the masks give no valid result.
    """
    anatomy = case.anatomy
    begin_step("comparing files")
    findings = [*find_same_files(case.inputs, anatomy), *find_swapped_files(case.inputs)]
    begin_step("checking masks")
    findings += find_mask_doubts(case)
    begin_step("checking segments")
    findings += [*find_segment_doubts(anatomy), *find_segment_ends(anatomy)]
    findings += find_segment_leaks(anatomy)
    if not any(found.code == "labels.interpolated" for found in case.findings):  # the cause
        findings += find_segment_pieces(anatomy)
    begin_step("volumes")
    operation = case.operations[0]
    remnant, doubts = determine_remnant(anatomy, operation.remnant_segments, operation.transection)
    volumes = measure_liver(anatomy, remnant.mask if remnant else None)
    findings += [*doubts, *_find_volume_doubts(case, remnant, volumes)]
    if case.ct is not None:
        from fl_planner.liver.witness.witness import check_on_ct  # large, rarely needed

        begin_step("checking the CT")
        findings += check_on_ct(anatomy, case.ct, drawn_on=_is_drawn_on_ct(case))
    untreated = measure_untreated_tumour(anatomy)
    findings += () if untreated is None else find_untreated_tumour(untreated)
    return Measured(volumes, remnant, untreated_tumour=untreated, findings=tuple(findings))


def _is_drawn_on_ct(case: Case) -> bool:
    """Whether the file of the liver refers to the series of the CT."""
    marks = [(one.file, one.identity) for one in case.inputs if one.identity is not None]
    series = {one.series for _, one in marks if one.series}
    return any(
        file == case.anatomy.organ.file and not series.isdisjoint(one.drawn_on)
        for file, one in marks
    )


def _find_volume_doubts(
    case: Case, remnant: Remnant | None, volumes: LiverVolumes
) -> Iterator[Finding]:
    """Find gaps of the label map, and parts of implausible size."""
    anatomy = case.anatomy
    gaps = find_gaps(anatomy, remnant, volumes)
    yield from check_cover(anatomy, reported_as_gaps=bool(gaps))
    yield from gaps
    yield from report_absent_tumour(anatomy)
    yield from find_cut_off(case, anatomy, remnant)
    if remnant is not None:
        yield from find_remnant_doubts(remnant, volumes, anatomy)
    if anatomy.tumour is not None:
        yield from find_large_tumour(anatomy.organ, anatomy.tumour)
