"""Function of the liver and of the FLR from a request, with or without masks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from fl_planner.basis.findings import Finding, InputRefused, Severity
from fl_planner.basis.run import begin_step
from fl_planner.basis.three_valued import Truth, as_answer
from fl_planner.given.case import (
    AskedTable,
    ImagingTable,
    MaskTable,
    PlanTable,
    TreatedTable,
    VesselTable,
)
from fl_planner.given.table import options_of
from fl_planner.intake.documents.protocols import read_protocols
from fl_planner.intake.reading.files import (
    find_changed,
    gather_hashes,
    judge_owners,
    list_named,
)
from fl_planner.intake.reading.scintigraphy import FunctionFiles, read_scintigraphy
from fl_planner.intake.request.read_case import read_case
from fl_planner.intake.request.request import Request
from fl_planner.patient.body_size import BodySize, find_unlikely_build
from fl_planner.planning.assessment.assess import measure_volumes
from fl_planner.planning.assessment.function import (
    Answered,
    LiverFunction,
    find_nearness,
    measure_function,
    select_parts,
)
from fl_planner.planning.discordance import StudyConditions, find_entered_function_doubts
from fl_planner.planning.facts import FLR_FUNCTION
from fl_planner.planning.given.case import InputFile
from fl_planner.planning.given.study_days import (
    add_embolisation,
    count_days,
    find_embolised_between,
    find_studied_later,
)
from fl_planner.planning.withdrawal import Withdrawn, withdraw_function, withdraw_study
from fl_planner.record.function import FunctionRecord, as_function_record
from fl_planner.trials.derive import derive_facts
from fl_planner.trials.facts.facts import Facts

if TYPE_CHECKING:
    from fl_planner.report.picture.draw.picture_files import Print

NO_TUMOUR_GIVEN = (
    "tumour mask not given: tumour counts are included in those of liver tissue, and no limit is "
    "assessed; give --no-tumour if there is no tumour"
)


def describe_function(
    request: Request, picture: Path | None = None, *, force: bool
) -> tuple[Answered, FunctionRecord]:
    """Measure the function of a request, and draw it if a picture is requested."""
    from fl_planner.export.save import check_output, save

    if picture is not None:
        from fl_planner.report.picture.draw.picture_files import find_print

        form = find_print(picture)
        check_output(picture, force=force)  # before the work
    found, withdrawn = measure_request(request)
    record = as_function_record(found, withdrawn)
    if picture is not None:
        begin_step("picture")
        save(picture, draw_answered(request, found, record, form), force=force)
    return found, record


def draw_answered(
    request: Request, found: Answered, record: FunctionRecord, form: Print | None = None
) -> bytes:
    """Draw curves, regions and masks on counts, in the format `form` (default PNG)."""
    from fl_planner.report.picture.charts.function import plan_function
    from fl_planner.report.picture.draw.canvas import name_case
    from fl_planner.report.picture.draw.picture_files import Print

    case = name_case(request.id, next((each.name for each in request.operations), None))
    figure = plan_function(found.function, found.parts, record.function, case, record.findings)
    return (form or Print()).write(figure)


Found = tuple[Answered, tuple[Withdrawn, ...]]  # with the numbers that are not to be used


def measure_request(request: Request) -> Found:
    """Read the files of a request and measure the function; masks are read only for a SPECT.

    Raises `InputRefused`: `function.no_files` without a study, curves or SPECT; `function.not_used`
    for a mask or CT given as an option that is not read; and the errors of reading and measuring.
    """
    files = request.function
    if files is None or files.is_empty:
        reason = "no dynamic study, curves or SPECT were given"
        remedy = "give --dynamic with regions, --curves, or a case file with [function]"
        raise InputRefused("function.no_files", "function", reason, remedy)
    size = BodySize.of(request.height_cm, request.weight_kg)
    has_masks = "liver" in request.files.masks or request.files.label_map is not None
    measure = _with_masks if files.spect is not None and has_masks else _without_masks
    answered, withdrawn = measure(request, files, size)
    embolised_on = None if request.embolisation is None else request.embolisation.on
    days = (request.reading.scanned_on, files.studied_on)
    findings = (
        *answered.findings,
        *find_embolised_between(*days, embolised_on),
        *find_studied_later(files.studied_on, request.as_of),
        *_find_doubts_of_plan(request, files, answered.function),
    )
    answered = replace(
        answered,
        accepted=request.accepted,
        ct_days=count_days(*days),
        findings=tuple(dict.fromkeys(findings)),
    )
    return answered, withdrawn


def _find_doubts_of_plan(
    request: Request, files: FunctionFiles, found: LiverFunction
) -> tuple[Finding, ...]:
    """Find what a plan reports on this function, such as an embolisation and no date [H-04]."""
    scanned_on, as_of = request.reading.scanned_on, request.as_of
    stated, seen, _ = add_embolisation(request.stated, request.embolisation, scanned_on, as_of)
    facts, _ = derive_facts(stated, (), as_of=as_of, measured=seen)
    study = StudyConditions(files.fasting_h, files.bilirubin_umol_per_l, files.studied_on)
    return find_entered_function_doubts({**facts, FLR_FUNCTION: found.flr_per_min_m2}, study)


def _without_masks(request: Request, files: FunctionFiles, size: BodySize | None) -> Found:
    _require_used(request)
    read = read_scintigraphy(files, request.limits)
    changed = tuple(find_changed(gather_hashes(request.expected_sha256), read.inputs))
    accepted = {each.code for each in request.accepted}
    found = measure_function(read.given, request.stated, size)
    found, withdrawn = withdraw_study(found, changed, accepted)
    who = judge_owners((), read.inputs)
    build = find_unlikely_build(request.height_cm, request.weight_kg)
    stated = (file for file in (request.case_file, request.facts_file) if file is not None)
    doubts = (*request.findings, *changed, *build, *read.findings, *who)
    return _judge(found, (*stated, *read.inputs), doubts), withdrawn


def _require_used(request: Request) -> None:
    """Refuse masks, a CT and their description given as options that would not be used.

    Those of a case file are for `plan` and `volume`.
    """
    of_masks = (MaskTable, VesselTable, PlanTable, ImagingTable, TreatedTable, AskedTable)
    others = list_named(replace(request, function=None, centre=None))
    written = [request.written.get(each, "") for each in others if isinstance(each, Path)]
    unused = [each for each in written if each.startswith("--")]
    unused += [each.name for each in others if not isinstance(each, Path)]  # images in memory
    unused += [
        option.name
        for key, option in options_of(*of_masks)
        if option.name in request.options
        and option.default is None  # a default counts as given
        and key.kind.metavar not in ("FILE", "NAME=FILE")
    ]
    if unused:
        reason = f"without a SPECT and a liver mask, {', '.join(unused)} would not be used"
        remedy = "give both, or omit these entries"
        raise InputRefused("function.not_used", "function", reason, remedy)


def _with_masks(request: Request, _: FunctionFiles, size: BodySize | None) -> Found:
    case = read_case(request)
    assert case.scintigraphy is not None
    measured = measure_volumes(case)  # masks that `volume` refuses or reports give no other share
    doubts = measured.findings
    mask = None if measured.remnant is None else measured.remnant.mask
    found = measure_function(case.scintigraphy, case.stated, size, case.anatomy, mask)
    found, withdrawn = withdraw_function(case, found, doubts)
    parts = None if mask is None else select_parts(case.anatomy, mask)
    if not (known := case.anatomy.tumour is not None):
        of_counts = Finding("tumour.not_given", Severity.INFO, NO_TUMOUR_GIVEN)
        doubts = (*(each for each in doubts if each.code != of_counts.code), of_counts)
    answered = _judge(found, case.inputs, (*case.findings, *doubts), tumour_known=known)
    return replace(answered, parts=parts), withdrawn


def _judge(
    found: LiverFunction,
    inputs: tuple[InputFile, ...],
    findings: Iterable[Finding],
    *,
    tumour_known: bool = True,
) -> Answered:
    """Compare the FLR function with published thresholds; it must exceed the limit of DRAGON 2.

    If the presence of tumour is not stated, adequacy is not judged, as for volumes.
    """
    protocols = read_protocols()
    limits = {limit.value for trial in protocols.each for limit in trial.limits_on(FLR_FUNCTION)}
    judged = found.usable and tumour_known
    known: Facts = {FLR_FUNCTION: found.flr_per_min_m2 if judged else None}
    exceeds = as_answer(protocols.function_adequate.judge(known))
    near = protocols.crlm.background_of("function_borderline")
    every = [*findings, *found.findings, *find_nearness(found, limits)]
    if near.when.judge(known) is Truth.TRUE:
        message = (
            f"the published thresholds give different answers for this FLR function: {near.says}"
        )
        every.append(Finding("borderline.function_limit", Severity.WARNING, message))
    return Answered(
        found,
        tuple(sorted(limits)),
        exceeds,
        min(limit.value for limit in protocols.crlm.limits_on(FLR_FUNCTION)),
        inputs,
        tuple(dict.fromkeys(every)),
    )
