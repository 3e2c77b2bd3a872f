"""Measurements of one case, and the volumes of its masks."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import combinations
from typing import TYPE_CHECKING

from msgspec import Struct, field

from fl_planner.basis.constants import CANCERS
from fl_planner.basis.findings import Finding, InputRefused, Severity
from fl_planner.basis.run import begin_step
from fl_planner.liver.anatomy import Anatomy
from fl_planner.liver.flat_ends_of_parts import find_segment_ends
from fl_planner.liver.leaks import find_segment_leaks, find_segment_pieces
from fl_planner.liver.lesions.count import (
    UntreatedTumour,
    find_untreated_tumour,
    measure_untreated_tumour,
)
from fl_planner.liver.names.exclusions import guess_role, list_stems
from fl_planner.liver.names.part_names import names_no_whole_liver, names_one_side
from fl_planner.liver.names.structures import VESSEL
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
from fl_planner.planning.given.case import Case, InputFile
from fl_planner.space.mask import Mask

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

# Roles that cannot have the same voxels: no liver or no remnant would be left.
NOTHING_LEFT = ({"liver", "tumour"}, {"flr", "tumour"}, {"liver", "resected"})


def find_same_files(inputs: tuple[InputFile, ...], anatomy: Anatomy) -> tuple[Finding, ...]:
    """Find roles that were given the same file and have the same voxels.

    One file may contain several masks for several roles; their voxels then differ. Label maps and
    CTs are not compared. Raises `InputRefused` if nothing would be left to measure.
    """
    masks = _by_role(anatomy)
    hashes = {role: sorted(i.sha256 for i in inputs if i.role == role) for role in masks}
    found = []
    for role, other in combinations(masks, 2):
        if not hashes[role] or hashes[role] != hashes[other]:
            continue
        if not masks[role].is_same(masks[other]):
            continue
        first, second = masks[role].source, masks[other].source
        files = first if first == second else f"{second} and {first}"
        reason = f"the same file was given as {role} and as {other}"
        remedy = "check which role requires a different file"
        if {role, other} in NOTHING_LEFT:
            raise InputRefused("input.same_file", files, reason, remedy)
        message = (
            f"{files}: {reason}; {remedy}; if the same file is intended for both, accept this "
            "finding"
        )
        found.append(Finding("input.same_file", Severity.WARNING, message, second))
    return tuple(found)


WITHOUT_NAMES = {"nifti1", "nifti2", "nrrd", "metaimage"}  # other formats name their structures
# Roles whose files may be swapped, so that the FLR is wrong and may still be plausible.
CALLED = {"flr": "FLR", "tumour": "tumour", "resected": "resected part"}
# "HCC_012" is the diagnosis of a case and its number; "HCC_01" may be the first lesion
_CASE_NUMBER = re.compile(
    rf"(?:{'|'.join(CANCERS)})[\s_-]*(?:[1-9]\d|\d{{3,}})(\..*)?", re.IGNORECASE
)


def find_swapped_files(inputs: Iterable[InputFile]) -> Iterator[Finding]:
    """Find masks whose file is named after another role: a tumour that was given as the FLR.

    A name that different files share is that of the case, with a folder for each role: "HCC_012".
    """
    given = tuple(inputs)
    times = Counter(file for file, _ in {(each.file, each.sha256) for each in given})
    livers = {each.sha256 for each in given if each.role == "liver"}  # same as another role's file
    for each in given:
        is_of_case = times[each.file] > 1 or _CASE_NUMBER.fullmatch(each.file)
        if each.format not in WITHOUT_NAMES or is_of_case:
            continue
        role = each.role.rpartition(" ")[2]  # also of "plan 2 flr"
        called = _name_otherwise(role, each.file, is_liver=each.sha256 in livers)
        if called:
            message = (
                f"{each.file}: given as the {CALLED.get(role, role)}, but named as {called}; "
                "check whether files were swapped, or rename the file"
            )
            yield Finding("input.swapped", Severity.WARNING, message, each.file)


def _name_otherwise(role: str, file: str, *, is_liver: bool) -> str:
    """Return what a file is named as, if that is not its role; else "".

    A tumour file named "liver" may be one of lesions in the liver.
    """
    stems = list_stems(file)
    if role == "liver" and any(map(names_one_side, stems)):
        return "one side of the liver"
    if role == "liver":
        other = next(filter(None, map(names_no_whole_liver, stems)), None)
        return f"the {CALLED.get(other, other.replace('_', ' '))}" if other else ""
    named = guess_role(file) if role in CALLED else None
    if named == "liver" and role != "tumour" and not is_liver:
        return "the whole liver"
    return f"the {CALLED[named]}" if named in CALLED and named != role else ""


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
