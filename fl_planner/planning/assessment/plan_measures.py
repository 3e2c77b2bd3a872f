"""All measurements of a plan: volumes, lesions, operations, vessels, function, dose."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from msgspec import structs

from fl_planner.basis.findings import Finding, Severity
from fl_planner.basis.run import begin_step
from fl_planner.basis.shown import Share, as_plain
from fl_planner.liver.all_resections import Resection, compute_half_resections, compute_resections
from fl_planner.liver.lesions.count import UntreatedTumour
from fl_planner.liver.lesions.lesions import Lesions, measure_lesions
from fl_planner.liver.lesions.locations import LesionSite, locate_lesions
from fl_planner.liver.mask_faults import warn
from fl_planner.liver.remnant import Clearing, Remnant, find_carried_mm, find_reading_origin
from fl_planner.liver.scatter.boundaries import SegmentBorders
from fl_planner.liver.scatter.crossing_chance import CV_AUTOMATIC, Origin, default_scatter
from fl_planner.liver.scatter.spread import Spread
from fl_planner.liver.segments.segments import measure_segments
from fl_planner.liver.segments.territories import map_kept_territories, map_territories
from fl_planner.liver.volumetry import LiverVolumes
from fl_planner.patient.body_size import BodySize
from fl_planner.planning.assessment.assess import Measured, measure_volumes
from fl_planner.planning.assessment.near_limits import (
    Exactness,
    has_displaced,
    measure_displacement,
    measure_exactness,
)
from fl_planner.planning.assessment.operations import (
    Planned,
    find_embolised_plans,
    find_named_otherwise,
    measure_operations,
)
from fl_planner.planning.given.case import Case
from fl_planner.planning.given.study_days import find_embolised_between, find_studied_later
from fl_planner.space.mask import Mask, join_authors, join_carried_mm

if TYPE_CHECKING:  # loaded where a case has them
    from fl_planner.liver.agreement.second_reader import SecondReading
    from fl_planner.liver.earlier_scan import BaselineLesion
    from fl_planner.liver.scatter.reading_error import ReadingError
    from fl_planner.liver.spleen import Spleen
    from fl_planner.planning.assessment.dose import TreatmentDose
    from fl_planner.planning.assessment.function import LiverFunction
    from fl_planner.planning.assessment.vessels import LiverVessels

Findings = Iterable[Finding]
UNPROVEN = ("case.mask_changed", "case.verified_without_hashes")  # findings on a sign-off
INSTEAD = {
    "drawn": "published inter-reader variation",
    "segments": "published inter-reader variation",
    "automatic": "this project's choice for automatic remnants",
}
CUT_FILE = "cut"  # placeholder for the file of a remnant defined by a plane


def measure_plan(case: Case, *, resections: bool = True) -> Measured:
    """Measure everything that a plan shows, with findings in the order of the parts.

    - `resections`: whether to search resections by segments, which takes a quarter of the time;
      only the vessel losses of each resection depend on it.

    Raises `InputRefused`: if masks, scintigraphy or dose give no valid result.
    """
    anatomy, counted = case.anatomy, measure_volumes(case)
    volumes, remnant = counted.volumes, counted.remnant
    kept = None if remnant is None else remnant.mask
    begin_step("lesions")
    lesions, territories = measure_lesions(anatomy), map_territories(anatomy)
    sites = None if lesions is None else locate_lesions(anatomy, lesions, territories)
    baseline, of_baseline = _compare_baseline(case, lesions, kept)
    found = _list_resections(case, lesions, sites or ()) if resections else ()
    begin_step("planned operations")
    planned, of_plans = measure_operations(case, (remnant, volumes), lesions)
    vessels, of_vessels = _measure_vessels(case, planned, lesions, sites, found)
    origin, of_author = _judge_author(case, remnant)
    own_error, of_error = _select_centre_error(case.reading_error, origin)
    exactness = measure_shares(case, volumes, remnant, planned[0].clearing)
    second, of_second = _compare_second_reader(case, kept)
    function, dose = _measure_function(case, kept), _measure_dose(case, counted.untreated_tumour)
    spleen = _measure_spleen(case)
    embolised_on = None if case.embolisation is None else case.embolisation.on
    return Measured(
        volumes,
        remnant,
        measure_segments(anatomy, kept) if anatomy.segments else None,
        lesions,
        sites,
        baseline,
        found,
        planned,
        counted.untreated_tumour,
        exactness,
        second,
        own_error,
        origin,
        function,
        dose,
        vessels,
        spleen,
        (
            *counted.findings,
            *of_baseline,
            *of_plans,
            *find_embolised_plans(anatomy, planned, case.embolisation),
            *find_named_otherwise(anatomy, planned),
            *of_vessels,
            *of_author,
            *of_error,
            *of_second,
            *(() if function is None else function.findings),
            *find_embolised_between(case.reading.scanned_on, case.studied_on, embolised_on),
            *find_studied_later(case.studied_on, case.as_of),
            *(() if dose is None else dose.findings),
            *(() if spleen is None else spleen.findings),
        ),
    )


def _compare_baseline(
    case: Case, lesions: Lesions | None, kept: Mask | None
) -> tuple[tuple[BaselineLesion, ...] | None, Findings]:
    if case.baseline is None:
        return None, ()
    from fl_planner.liver.earlier_scan import match_baseline  # most cases have one scan

    begin_step("lesions on the previous scan")
    anatomy = case.anatomy
    return match_baseline(anatomy, case.baseline, lesions, map_territories(anatomy), kept)


def _list_resections(
    case: Case, lesions: Lesions | None, sites: tuple[LesionSite, ...]
) -> tuple[Resection, ...]:
    """Measure every resection by segments and halves of IV; none without a map of segments."""
    anatomy, margin_mm = case.anatomy, case.operations[0].clearing_margin_mm
    if (territories := map_territories(anatomy)) is None:
        return ()
    begin_step("resections")
    whole = compute_resections(anatomy, lesions, sites, territories, margin_mm)
    return (*whole, *compute_half_resections(anatomy, lesions, sites, margin_mm))


def _measure_vessels(
    case: Case,
    planned: Sequence[Planned],
    lesions: Lesions | None,
    sites: tuple[LesionSite, ...] | None,
    resections: Iterable[Resection],
) -> tuple[LiverVessels | None, Findings]:
    """Measure the effect of plans on vessels, if vessels were drawn or a branch is cut."""
    if not case.anatomy.vessels and not any(operation.cuts for operation in case.operations):
        return None, ()
    from fl_planner.planning.assessment.vessels import measure_liver_vessels  # rarely needed

    begin_step("vessels")
    return measure_liver_vessels(case, planned, lesions, sites, resections)


def measure_shares(
    case: Case, volumes: LiverVolumes, remnant: Remnant | None, clearing: Clearing | None
) -> dict[str, Exactness]:
    """Measure the uncertainty of each share: `flr`, `flr_after_clearing`, `untreated`.

    - `clearing`: clearance of the lesions in the remnant.
    """
    begin_step("uncertainty of the shares")
    anatomy, exactness = case.anatomy, {}
    if remnant is not None and volumes.flr_share is not None:
        working = anatomy.working(remnant.mask)
        exactness["flr"] = _measure_remnant(case, remnant, working, volumes.flr_share)
        if clearing is not None and clearing.numbers:
            assert clearing.kept is not None  # defined for a planned remnant
            exactness["flr_after_clearing"] = _measure_remnant(
                case, remnant, clearing.kept, clearing.after
            )
    if anatomy.treated is not None and volumes.untreated_share is not None:
        untreated, drawn = volumes.untreated_share, (anatomy.treated,)
        by_segments = (*anatomy.drawn_segments.values(), anatomy.tumour)
        exactness["untreated"] = measure_exactness(
            anatomy,
            anatomy.treated,
            untreated,
            case.findings,
            outside=True,
            cut_mm=join_carried_mm(by_segments if anatomy.treated_by_segments else drawn),
        )
    return exactness


def _measure_remnant(case: Case, remnant: Remnant, part: Mask, share: Share) -> Exactness:
    """Measure the uncertainty of a remnant, before or after clearing."""
    part = replace(part, file=CUT_FILE) if remnant.is_cut else part
    cut_mm = find_carried_mm(case.anatomy, remnant)
    return measure_exactness(case.anatomy, part, share, case.findings, cut_mm=cut_mm)


def _judge_author(case: Case, remnant: Remnant | None) -> tuple[Origin | None, Findings]:
    """Find the kind of remnant for its reading error; if signed off, it counts as a reader's."""
    if remnant is None:
        return None, ()
    origin, author = find_reading_origin(remnant), remnant.mask.author
    if origin != "automatic" or author is None:
        return origin, ()
    made = f"the remnant was {author.drawn_automatically}"
    percent = f"{as_plain(100 * CV_AUTOMATIC)} %"
    if _is_verified(case):
        as_read: Origin = remnant.origin
        message = f"{remnant.mask.source}: {made} and verified by a reader: its interval is that "
        message += "of a remnant drawn by a reader"
        return as_read, [Finding("remnant.verified", Severity.INFO, message, remnant.mask.file)]
    message = (
        f"{made}, and no reader has verified it. Without a second reader or a reading error for "
        f"this centre, its CV is {percent} (this project's choice, no published source). Have a "
        "reader verify the remnant"
    )
    return origin, [warn("remnant.automatic", remnant.mask, message)]


def _is_verified(case: Case) -> bool:
    """Whether a reader verified the present masks."""
    unproven = any(one.code in UNPROVEN for one in case.findings)
    return case.reading.status == "verified" and not unproven


def find_map_origin(case: Case) -> Origin:
    """Find the origin of remnants composed of segments of a label map, for their reading error."""
    author = join_authors(case.anatomy.drawn_segments.values())
    automatic = author is not None and author.method == "automatic"
    return "automatic" if automatic and not _is_verified(case) else "segments"


def choose_map_spread(
    case: Case, measured: Measured, spreads: Mapping[str, Spread]
) -> Callable[[Resection], Spread]:
    """Choose the spread between readings of the share of a resection by segments.

    That of the plan's own remnant, if composed of segments, is in `spreads`. Others contain the
    error of masks carried from another scan, and the possible error of masks from contours.
    """
    origin = find_map_origin(case)
    own, _ = _select_centre_error(case.reading_error, origin)
    spread, planned = Spread(default_scatter(origin), own=own), None
    if measured.remnant is not None and measured.remnant.outline == "segments":
        planned = measured.volumes.flr_share
    displaced = has_displaced(case.anatomy, case.findings)

    def choose(resection: Resection) -> Spread:
        if resection.flr == planned:
            return spreads["flr"]
        if not displaced or not resection.flr.numerator_voxels:
            return spread
        widening, registration = _displace_map(case, resection)
        return structs.replace(spread, widening=widening, registration=registration)

    return choose


def _displace_map(case: Case, resection: Resection) -> tuple[float, float]:
    """Measure the widening and the registration error of the remnant of a resection."""
    anatomy, share = case.anatomy, resection.flr
    territories = map_kept_territories(anatomy, resection.kept)
    assert territories is not None  # it was mapped to compute the resection
    divided = " ".join(territories.names)
    borders = anatomy.once(f"borders of {divided}", lambda: SegmentBorders(anatomy, territories))
    kept = [anatomy.drawn_segments[name] for name in resection.kept]
    moved = borders.displace(resection.kept, share)
    cut_mm = join_carried_mm(kept)
    return measure_displacement(moved, anatomy, kept[0].file, share, case.findings, cut_mm)


def _select_centre_error(
    error: ReadingError | None, origin: Origin | None
) -> tuple[ReadingError | None, Findings]:
    """Select the centre's reading error, if measured on remnants of this kind."""
    if error is None or origin is None:
        return None, ()
    if error.origin == origin:
        return error, ()
    words = {
        "drawn": "drawn manually",
        "segments": "composed of segments",
        "automatic": "drawn automatically",
    }
    message = (
        f"the centre's reading error was measured on remnants {words[error.origin]}, but this "
        f"remnant is {words[origin]}: the interval is based on {INSTEAD[origin]}"
    )
    return None, [Finding("centre.other_origin", Severity.INFO, message)]


def _compare_second_reader(case: Case, kept: Mask | None) -> tuple[SecondReading | None, Findings]:
    if case.second is None:
        return None, ()
    if kept is None:
        message = "the first reader's remnant is missing, so no comparison is possible"
        return None, [warn("second_reader.no_first", case.second.flr, message)]
    from fl_planner.liver.agreement.second_reader import compare_readers

    begin_step("second reader")
    return compare_readers(case.anatomy, kept, case.second)


def _measure_function(case: Case, kept: Mask | None) -> LiverFunction | None:
    if case.scintigraphy is None:
        return None
    from fl_planner.planning.assessment.function import measure_function  # large, rarely needed

    begin_step("function")
    size = BodySize.of(case.height_cm, case.weight_kg)
    return measure_function(case.scintigraphy, case.stated, size, case.anatomy, kept)


def _measure_dose(case: Case, untreated: UntreatedTumour | None) -> TreatmentDose | None:
    if case.dose is None:
        return None
    from fl_planner.planning.assessment.dose import measure_dose  # large, rarely needed

    begin_step("dose")
    covered = untreated is None or untreated.covered
    return measure_dose(case.dose, case.anatomy, covered=covered)


def _measure_spleen(case: Case) -> Spleen | None:
    if case.spleen is None:
        return None
    from fl_planner.liver.spleen import measure_spleen  # rarely needed

    begin_step("spleen")
    return measure_spleen(case.spleen, case.anatomy, case.ct, case.reading.phase)
