"""The Python interface: one function per use case.

Keywords are the options of the command line, with `_` for `-`. An image is a path, an array with
its geometry (`fl_planner.Image`), an image of nibabel or SimpleITK, or data sets of pydicom.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Unpack

from fl_planner.basis.findings import InputRefused
from fl_planner.given.kinds import parse_resection
from fl_planner.given.table import fill
from fl_planner.report.terminal.table import volume_table
from fl_planner.workup.python.answers import (
    DoseResult,
    FunctionResult,
    GrowthResult,
    JudgeResult,
    PlanResult,
    ResectionsResult,
    VolumesResult,
)
from fl_planner.workup.python.options import (
    DoseOptions,
    FunctionOptions,
    GrowthOptions,
    PlanOptions,
    RecordOptions,
    ResectionOptions,
    VolumeOptions,
)
from fl_planner.workup.python.result import NotebookView, Result
from fl_planner.workup.python.types import AnyPath
from fl_planner.workup.python.words import (
    as_case_file,
    as_entries,
    as_exact,
    as_path,
    as_words,
    one_by_one,
    require_kind,
    taking,
)
from fl_planner.workup.request import make_request

if TYPE_CHECKING:
    from fl_planner.basis.defaults import Profile
    from fl_planner.planning.plan import Plan
    from fl_planner.record.plan import PlanRecord

WRITE_RESOURCE = "write it to a JSON file, and give the path of the file"
PATIENT = "a path, the address of a patient on a FHIR server, or a dict of facts"


@taking(VolumeOptions)
def volume(case_file: AnyPath | None = None, **options: Unpack[VolumeOptions]) -> VolumesResult:
    """Measure volumes and the FLR percentage from masks, without clinical assessment.

    Parameters
    ----------
    case_file : path
        A case file; keywords replace its entries. Its CT is not read.
    options
        Masks, label map and CT, as for `fl-planner volume`.

    Raises
    ------
    InputRefused
        With the file or image that cannot be used, the reason and the remedy.
    """
    from fl_planner.workup.volume import measure_volume

    words = as_words("volume", VolumeOptions, options)
    request = replace(make_request(as_case_file(case_file), words), ct=words["ct"])
    return VolumesResult("volume", measure_volume(request), NotebookView(volume_table))


@taking(PlanOptions)
def plan(case_file: AnyPath | None = None, **options: Unpack[PlanOptions]) -> PlanResult:
    """Plan a case: volumes, limits, lesions, resections, trials and the volume-based pathway.

    Parameters
    ----------
    case_file : path
        A case file; keywords replace its entries.
    options
        Images, facts and outputs, as for `fl-planner plan`.

    Raises
    ------
    InputRefused
        With the file, image or facts that cannot be used, the reason and the remedy.
    """
    from fl_planner.report.terminal.plan import plan_table
    from fl_planner.workup.exports import Exports
    from fl_planner.workup.plan import write_requested_plan

    words = as_words("plan", PlanOptions, options)
    exports = fill(Exports, words, tables=None, growth=None, masks=None)
    exports.require_names()
    path = as_case_file(case_file)
    request = make_request(path, words)
    exports.check(request)
    if words["earlier"]:
        from fl_planner.workup.growth import write_grown_plan

        made, record = write_grown_plan(request, exports, path, words)
    else:
        made, record = write_requested_plan(request, exports, path, words)
    shown = NotebookView(
        plan_table,
        partial(_draw_plan, made, record),  # unlike a closure, it can be sent to another process
        "Three image sections through the liver, labelled with the values of the plan",
    )
    return PlanResult("plan", record, shown, plan=made)


@taking(ResectionOptions)
def resections(
    case_file: AnyPath | None = None, **options: Unpack[ResectionOptions]
) -> ResectionsResult:
    """List resections of whole segments: lesions removed, margin and FLR.

    Parameters
    ----------
    case_file : path
        A case file; keywords replace its entries.
    options
        As for `fl-planner resections`; `resect=[(5, 6, 7, 8), (6, 7)]` adds resections.

    Raises
    ------
    InputRefused
        `resections.no_segments` without segments of a label map; see also `plan`.
    """
    from fl_planner.report.terminal.anatomy import resection_table
    from fl_planner.workup.plan import list_resections

    words = as_words("resections", ResectionOptions, options)
    asked = tuple(parse_resection(text) for text in words["resect"])
    which = "all" if words["all"] else "named" if words["named"] else None
    record = list_resections(make_request(as_case_file(case_file), words), which, asked)
    return ResectionsResult("resections", record, NotebookView(resection_table))


@taking(FunctionOptions)
def function(
    case_file: AnyPath | None = None, **options: Unpack[FunctionOptions]
) -> FunctionResult:
    """Measure liver function: mebrofenin clearance, and the share of function in the FLR.

    Parameters
    ----------
    case_file : path
        A case file; keywords replace its entries.
    options
        Study, regions, masks and facts, as for `fl-planner function`.

    Raises
    ------
    InputRefused
        `function.no_files` without a study, curves or SPECT; and the errors of reading.
    """
    from fl_planner.report.terminal.measurements import function_table
    from fl_planner.workup.function import describe_function, draw_answered

    words = as_words("function", FunctionOptions, options)
    request = make_request(as_case_file(case_file), words)
    found, record = describe_function(request, words["picture"], force=words["force"])
    alt = "Curves, and regions and masks on the count images"
    shown = NotebookView(function_table, partial(draw_answered, request, found, record), alt)
    return FunctionResult("function", record, shown)


@taking(DoseOptions)
def dose(case_file: AnyPath | None = None, **options: Unpack[DoseOptions]) -> DoseResult:
    """Calculate radioembolisation doses (partition model) and the largest permitted lung shunt.

    Parameters
    ----------
    case_file : path
        A case file; keywords replace its entries.
    options
        Masks and numbers, as for `fl-planner dose`.

    Raises
    ------
    InputRefused
        `dose.no_inputs` if nothing of the dose is given; `dose.no_masks` without a tumour or a
        territory; and the errors of planning.
    """
    from fl_planner.report.terminal.measurements import dose_table
    from fl_planner.workup.dose import describe_dose

    words = as_words("dose", DoseOptions, options)
    words["density_g_per_ml"] = words["density"]
    request = make_request(as_case_file(case_file), words)
    return DoseResult("dose", describe_dose(request, words["profile"]), NotebookView(dose_table))


@taking(GrowthOptions)
def growth(*scans: AnyPath | PlanResult, **options: Unpack[GrowthOptions]) -> GrowthResult:
    """Measure the growth of the FLR between scans: mL, percentage points and kinetic growth rate.

    Parameters
    ----------
    scans : paths, or results of `plan`
        Case files with dates, or plans made with such case files and images.
    options
        As for `fl-planner growth`.

    Raises
    ------
    InputRefused
        `growth.too_few` for fewer than two scans, `growth.no_date`, `growth.no_remnant`; and the
        errors of planning.
    """
    from fl_planner.report.picture.charts.growth import draw_growth
    from fl_planner.report.terminal.growth import growth_table
    from fl_planner.workup.growth import describe_growth

    words = as_words("growth", GrowthOptions, options)
    wanted = one_by_one("scans", "growth", "a case file or a result of plan")
    cases = [
        scan.plan if isinstance(scan, PlanResult) else as_path("scans", scan, wanted)
        for scan in scans
    ]
    limit, profile, picture = (words[name] for name in ("size_limit", "profile", "picture"))
    record = describe_growth(cases, limit, profile, picture, force=words["force"])
    shown = NotebookView(growth_table, partial(draw_growth, record), "FLR volume over time (days)")
    return GrowthResult("growth", record, shown)


@taking(RecordOptions)
def judge(patient: AnyPath | Mapping[str, object], **options: Unpack[RecordOptions]) -> JudgeResult:
    """Assess one patient against every criterion of every trial, and give the resulting route.

    Parameters
    ----------
    patient : path, or mapping
        FACTS.json, a FHIR Bundle or lines of its resources, a case file, the address of a patient
        on a FHIR server, or facts by key; quantities are `{"value": 61, "unit": "a"}`.
    options
        As for `fl-planner trials judge`.

    Raises
    ------
    InputRefused
        With all errors of the facts.
    """
    from fl_planner.report.terminal.trials import judged_table
    from fl_planner.workup.judge import (
        choose_input,
        judge_facts_given,
        judge_file,
        require_no_server,
    )

    words = as_words("judge", RecordOptions, options)
    basis = {name: words[name] for name in ("as_of", "centre", "trials")}
    if isinstance(patient, Mapping):
        if "resourceType" in patient:
            reason = "a FHIR resource in memory is not a dict of facts"
            raise InputRefused("usage.wrong", "patient", reason, WRITE_RESOURCE)
        require_no_server(words)
        judged = judge_facts_given(
            {key: as_exact(value) for key, value in as_entries("patient", patient).items()},
            **basis,
        )
    else:
        given = patient if isinstance(patient, str) else as_path("patient", patient, PATIENT)
        basis |= {name: words[name] for name in ("fhir_map", "size_limit")}
        judged = judge_file(choose_input(given, words), **basis)
    return JudgeResult("judge", judged.as_record(words["profile"]), NotebookView(judged_table))


def as_record(result: Result[Any] | Plan, profile: Profile = "shareable") -> dict[str, Any]:
    """Return a result as a dict, as in JSON.

    Parameters
    ----------
    result : result of a function of this package, or a Plan
        The result.
    profile : "shareable" or "clinical"
        For a Plan: clinical adds dates and the label of the case file. A result already has a
        profile.
    """
    if isinstance(result, Result):
        return result.as_record()
    from fl_planner.planning.plan import Plan
    from fl_planner.record.plan import as_record as of_plan

    require_kind("result", result, Plan, "a result of this package, or a Plan")
    require_kind("profile", profile, str, "shareable or clinical")
    return of_plan(result, profile)


def _draw_plan(made: Plan, record: PlanRecord) -> bytes:
    from fl_planner.report.picture.slices.figure import draw_figure
    from fl_planner.report.picture.slices.plan import as_picture

    return draw_figure(as_picture(made, record))
