"""Convert tables of inputs, from a case file or from options, to a request."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from msgspec import structs

from fl_planner.given.case import BaselineTable, CaseTables, LabelMapTable, PlanTable
from fl_planner.given.table import fill
from fl_planner.intake.reading.masks import MaskFiles
from fl_planner.intake.reading.origin import fold_origins
from fl_planner.intake.reading.second_reader import BaselineFiles
from fl_planner.intake.request.request import Request
from fl_planner.liver.names.exclusions import fold_role, fold_vessel
from fl_planner.liver.names.structures import ROLES
from fl_planner.planning.given.case import Accepted, ContextFacts, Reading, ScoreFacts, role_of
from fl_planner.planning.given.study_days import date_reading
from fl_planner.trials.statements import Stated

if TYPE_CHECKING:
    from fl_planner.given.studies import DoseTable, FunctionTable
    from fl_planner.intake.reading.dose import DoseFiles
    from fl_planner.intake.reading.scintigraphy import FunctionFiles


def as_request(given: CaseTables, typed_over: Request | None = None) -> Request:
    """Return the request of a case file, without its facts and its name.

    - `typed_over`: the request of a case file, if these tables contain additional options: their
      cuts and margin then apply to every plan, and a treated area is kept if only its margin is
      given.
    """
    imaging, plans, treated = given.imaging, given.plan, given.treated
    asked = PlanTable() if typed_over is None else next(iter(plans), PlanTable())
    if typed_over is not None:
        kept = structs.replace(asked, cuts=(), clearing_margin_mm=None)
        plans = (kept,) if kept.defines_remnant else ()
    ours = None if typed_over is None else typed_over.territory
    request = Request(
        files=_as_files(given),
        ct=imaging.ct,
        spleen=given.masks.spleen,
        id=given.id,
        label=given.label,
        diagnosis=given.diagnosis,
        operations=tuple(plan.operation() for plan in plans),
        clearing_margin_mm=asked.clearing_margin_mm,
        cuts=asked.cuts,
        reading=Reading(
            reader=imaging.reader,
            status=imaging.status,
            phase=imaging.phase,
            scanned_on=imaging.date,
        ),
        expected_sha256=tuple(
            (fold_vessel(fold_role(role)), one)
            for role, hashes in imaging.sha256.items()
            for one in hashes
        ),
        accepted=tuple(Accepted(*map(str, (one.code, one.by, one.why))) for one in given.accepted),
        second_reader=given.second_reader,
        baseline=None if given.baseline is None else _as_baseline(given.baseline),
        territory=None if treated is None else treated.territory(ours),
        height_cm=given.patient.height_cm,
        weight_kg=given.patient.weight_kg,
        function=None if given.function is None else _as_function_files(given.function),
        dose=None if given.dose is None else _as_dose_files(given.dose, typed_over is not None),
        embolisation=None if given.embolisation is None else given.embolisation.made(),
        score_facts=ScoreFacts() if given.scores is None else given.scores.facts(),
        context=ContextFacts() if given.context is None else given.context.facts(),
        vessel_roots_mm=given.vessels.roots(),
        vessel_points_mm=given.vessels.points(),
    )
    return replace(request, files=_with_origins(request, given, typed_over))


def with_facts(request: Request, stated: Stated) -> Request:
    """Add the facts of the patient, which may also date the scan."""
    reading, odd = date_reading(request.reading, stated)
    return replace(request, stated=stated, reading=reading, findings=(*request.findings, *odd))


def _as_files(given: CaseTables) -> MaskFiles:
    masks, label_map = given.masks, given.masks.labelmap or LabelMapTable()
    by_role = {role: path for role in ROLES if (path := getattr(masks, role)) is not None}
    of_plans = {
        role_of(number, what): path
        for number, plan in enumerate(given.plan)
        for what, path in plan.drawn()
    }
    first = {role: path for role, path in of_plans.items() if role in ROLES}
    return MaskFiles(
        masks={**by_role, **first},
        planned={role: path for role, path in of_plans.items() if role not in ROLES},
        excluded=masks.exclude,
        vessels=masks.vessels,
        label_map=label_map.file,
        scheme=label_map.scheme,
        absent_segments=frozenset(masks.absent_segments),
        no_tumour=masks.no_tumour,
        gaps_to_nearest=masks.gaps_to_nearest,
    )


def _with_origins(request: Request, given: CaseTables, typed_over: Request | None) -> MaskFiles:
    """Add the stated origins; options also state those of masks read from the case file."""
    files = request.files
    of_plans = (
        (role_of(number, what), plan.origin)
        for number, plan in enumerate(given.plan)
        for what, _ in plan.drawn()
        if plan.origin is not None
    )
    if not (stated := [*given.masks.origin.items(), *of_plans]):
        return files
    before = () if typed_over is None else typed_over.files.roles
    read = (role for role in before if role not in request.unread_roles)
    roles = tuple(dict.fromkeys((*files.roles, *read)))
    return structs.replace(files, origins=fold_origins(stated, roles))


def _as_baseline(given: BaselineTable) -> BaselineFiles:
    return BaselineFiles(given.mask, given.points_mm, given.frame or "RAS")


def _as_function_files(given: FunctionTable) -> FunctionFiles:
    from fl_planner.formats.dicom.nuclear.studies import StudyOverrides
    from fl_planner.intake.reading.scintigraphy import FunctionFiles

    return FunctionFiles(
        dynamic=given.dynamic,
        regions=given.regions.drawn(),
        region_labels=given.regions.labels,
        curves=given.curves,
        spect=given.spect,
        registered=given.registered,
        transform=given.transform,
        overrides=StudyOverrides(
            given.heads or None, given.one_head, given.decay_corrected, given.tracer
        ),
        validated_locally=given.validated_locally,
        fasting_h=given.fasting_hours,
        bilirubin_umol_per_l=given.bilirubin,
        studied_on=given.date,
    )


def _as_dose_files(given: DoseTable, typed: bool) -> DoseFiles:
    """Return the inputs of a dose; a shunt given as an option replaces that of a case file."""
    from fl_planner.formats.dicom.nuclear.studies import StudyOverrides
    from fl_planner.given.studies import BY_CT
    from fl_planner.intake.reading.dose import DoseFiles

    method, mass = given.method, given.lung_mass_kg
    decides = None if given.of_entered else method
    if typed and given.lung_shunt is not None:
        decides = "given"
    return fill(
        DoseFiles,
        structs.asdict(given),
        decides=decides,
        shunt_method=given.shunt_method
        or (method if given.of_entered and method != "given" else None),
        lung_mass_kg=None if isinstance(mass, str) else mass,
        lung_by_ct=mass == BY_CT,
        planar=given.maa_planar,
        regions=given.regions.drawn(),
        region_labels=given.regions.labels,
        spect=given.maa_spect,
        overrides=StudyOverrides(given.heads or None, given.one_head, None, given.tracer),
    )
