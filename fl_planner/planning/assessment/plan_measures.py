"""What a plan rests on: the volumes, and all that is measured and asked besides."""

from dataclasses import replace

from fl_planner.basis.findings import Finding, Severity
from fl_planner.basis.shown import Share
from fl_planner.liver.lesions.lesions import measure_lesions
from fl_planner.liver.lesions.locations import find_sites
from fl_planner.liver.lesions.tissues import find_untreated_tumour, measure_untreated_tumour
from fl_planner.liver.remnant import Remnant
from fl_planner.liver.resections import find_half_resections, find_resections
from fl_planner.liver.segments.segments import measure_segments
from fl_planner.liver.segments.territories import map_territories
from fl_planner.patient.body_size import BodySize
from fl_planner.planning.assessment.assess import OF_VOLUME, Measured, Part
from fl_planner.planning.assessment.operations import find_embolised_plans, measure_operations
from fl_planner.planning.assessment.thresholds import Exactness, carry_cut, measure_exactness
from fl_planner.planning.given.case import Case
from fl_planner.planning.given.study_days import find_embolised_between
from fl_planner.space.mask import Mask

CUT_FILE = "cut"  # stands for the file of what a plane leaves, which has none


def measure_segment_volumes(case: Case, measured: Measured) -> Measured:
    """Count the segments of a label map."""
    if not case.anatomy.segments:
        return measured
    remnant = None if measured.remnant is None else measured.remnant.mask
    return replace(measured, segments=measure_segments(case.anatomy, remnant))


def measure_all_lesions(case: Case, measured: Measured) -> Measured:
    """Measure the lesions of the tumour mask."""
    return replace(measured, lesions=measure_lesions(case.anatomy))


def measure_sites(case: Case, measured: Measured) -> Measured:
    """Find where the lesions lie, and answer every resection by segments and halves of IV."""
    anatomy, lesions = case.anatomy, measured.lesions
    territories = map_territories(anatomy)
    sites = None if lesions is None else find_sites(anatomy, lesions, territories)
    if case.baseline is not None:
        from fl_planner.liver.earlier_scan import find_baseline  # most have one scan

        baseline, doubts = find_baseline(
            anatomy, case.baseline, lesions, territories, measured.remnant_mask
        )
        measured = replace(measured.with_findings(doubts), baseline=baseline)
    if territories is None:
        return replace(measured, sites=sites)
    margin_mm = case.operations[0].clearing_margin_mm
    whole = find_resections(anatomy, lesions, sites or (), territories, margin_mm)
    half = find_half_resections(anatomy, lesions, sites or (), margin_mm)
    return replace(measured, sites=sites, resections=(*whole, *half))


def measure_plans(case: Case, measured: Measured) -> Measured:
    """Measure what each planned operation leaves."""
    if measured.volumes is None:
        return measured
    first = (measured.remnant, measured.volumes)
    planned, doubts = measure_operations(case, first, measured.lesions)
    return replace(measured.with_findings(doubts), planned=planned)


def check_embolised(case: Case, measured: Measured) -> Measured:
    """Ask whether the segments that are embolised are those that remain."""
    found = find_embolised_plans(case.anatomy, measured.planned, case.embolisation)
    return measured.with_findings(found)


def measure_vessels(case: Case, measured: Measured) -> Measured:
    """Measure what plans mean for the vessels, where some were drawn or a branch is cut."""
    if not case.anatomy.vessels and not any(one.cuts for one in case.operations):
        return measured
    from fl_planner.planning.assessment.vessels import measure_liver_vessels  # seldom asked

    vessels, doubts = measure_liver_vessels(
        case, measured.planned, measured.lesions, measured.sites, measured.resections or ()
    )
    return replace(measured.with_findings(doubts), vessels=vessels)


def check_treated(case: Case, measured: Measured) -> Measured:
    """Ask whether the treated area covers the tumour."""
    untreated = measure_untreated_tumour(case.anatomy)
    doubts = () if untreated is None else find_untreated_tumour(untreated)
    return replace(measured.with_findings(doubts), untreated_tumour=untreated)


def measure_shares(case: Case, measured: Measured) -> Measured:
    """Measure how exactly the masks tell each share."""
    anatomy, volumes, remnant = case.anatomy, measured.volumes, measured.remnant
    exactness: dict[str, Exactness] = {}
    if remnant is not None and volumes is not None and volumes.flr_share is not None:
        working = anatomy.working(remnant.mask)
        exactness["flr"] = _measure_remnant(case, remnant, working, volumes.flr_share)
    if (clearing := measured.clearing) is not None and clearing.numbers:
        assert clearing.kept is not None  # a plan draws it
        assert remnant is not None  # which is cleared
        exactness["flr_after_clearing"] = _measure_remnant(
            case, remnant, clearing.kept, clearing.after
        )
    if anatomy.treated is not None and volumes is not None and volumes.untreated_share is not None:
        untreated = volumes.untreated_share
        exactness["untreated"] = measure_exactness(
            anatomy, anatomy.treated, untreated, case.findings, outside=True
        )
    return _take_own_error(case, replace(measured, exactness=exactness))


def _measure_remnant(case: Case, remnant: Remnant, part: Mask, share: Share) -> Exactness:
    """Measure it of a remnant, or of what clearing leaves of one."""
    if not remnant.is_cut:
        return measure_exactness(case.anatomy, part, share, case.findings)
    findings = carry_cut(case.findings, case.anatomy, CUT_FILE)
    return measure_exactness(case.anatomy, replace(part, file=CUT_FILE), share, findings)


def _take_own_error(case: Case, measured: Measured) -> Measured:
    """Take what readers of this centre differ by, where it was measured on such remnants."""
    error, remnant = case.reading_error, measured.remnant
    if error is None or remnant is None:
        return measured
    if error.origin == remnant.origin:
        return replace(measured, own_error=error)
    words = {"drawn": "drawn by hand", "segments": "made of segments"}
    message = (
        f"the centre's reading error is of remnants {words[error.origin]}, and this one is "
        f"{words[remnant.origin]}: the interval rests on readers in print"
    )
    return measured.with_findings([Finding("centre.other_origin", Severity.INFO, message)])


def compare_second_reader(case: Case, measured: Measured) -> Measured:
    """Compare the remnant with a second reader's, where there is one of both."""
    if case.second is None:
        return measured
    if measured.remnant is None:
        mask = case.second.flr
        message = f"{mask.source}: a second reader's remnant, and none by the first to compare with"
        found = Finding("second_reader.no_first", Severity.WARNING, message, mask.file)
        return measured.with_findings([found])
    from fl_planner.liver.agreement.second_reader import compare_readers

    second, findings = compare_readers(case.anatomy, measured.remnant.mask, case.second)
    return replace(measured.with_findings(findings), second=second)


def measure_scintigraphy(case: Case, measured: Measured) -> Measured:
    """Measure how well the liver works, where a scintigraphy was given."""
    if case.scintigraphy is None:
        return measured
    from fl_planner.planning.assessment.function import measure_function  # large, and seldom asked

    size = BodySize.of(case.height_cm, case.weight_kg)
    remnant = measured.remnant_mask
    function = measure_function(case.scintigraphy, case.stated, size, case.anatomy, remnant)
    return replace(measured.with_findings(function.findings), function=function)


def check_days(case: Case, measured: Measured) -> Measured:
    """Ask whether CT and scintigraphy lie on one side of the embolisation."""
    embolised_on = None if case.embolisation is None else case.embolisation.on
    days = (case.reading.scanned_on, case.studied_on, embolised_on)
    return measured.with_findings(find_embolised_between(*days))


def measure_treatment(case: Case, measured: Measured) -> Measured:
    """Measure what a radioembolisation would give, where its inputs were given."""
    if case.dose is None:
        return measured
    from fl_planner.planning.assessment.dose import measure_dose  # large, and seldom asked

    untreated = measured.untreated_tumour
    covered = untreated is None or untreated.covered
    dose = measure_dose(case.dose, case.anatomy, covered=covered)
    return replace(measured.with_findings(dose.findings), dose=dose)


def measure_beside(case: Case, measured: Measured) -> Measured:
    """Measure the spleen, where its mask was given."""
    if case.spleen is None:
        return measured
    from fl_planner.liver.spleen import measure_spleen  # seldom asked

    spleen = measure_spleen(case.spleen, case.anatomy, case.ct, case.reading.phase)
    return replace(measured.with_findings(spleen.findings), spleen=spleen)


# in the order in which one stands on another
OF_PLAN: tuple[Part, ...] = (
    *OF_VOLUME,
    measure_segment_volumes,
    measure_all_lesions,
    measure_sites,
    measure_plans,
    check_embolised,
    measure_vessels,
    check_treated,
    measure_shares,
    compare_second_reader,
    measure_scintigraphy,
    check_days,
    measure_treatment,
    measure_beside,
)
