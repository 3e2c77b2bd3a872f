"""Read all files of a request into one case, with findings about them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

from msgspec import structs

from fl_planner.basis.findings import Finding, InputRefused
from fl_planner.formats.read import read_image, read_labels
from fl_planner.formats.voxels.geometry import merge_unset
from fl_planner.formats.voxels.values import Holds, KnownGrids
from fl_planner.formats.voxels.voxel_file import FromFiles
from fl_planner.intake.reading.files import (
    add_role_to_findings,
    add_role_to_inputs,
    adding_role,
    find_changed,
    find_shared,
    find_unproven,
    gather_hashes,
    judge_owners,
    list_named,
    require_present,
)
from fl_planner.intake.reading.masks import NO_LIVER, read_anatomy
from fl_planner.intake.reading.second_reader import (
    find_baseline_places,
    find_second_masks,
    with_baseline,
    with_second_reader,
)
from fl_planner.intake.request.request import Request
from fl_planner.liver.names.structures import UNDIVIDED
from fl_planner.planning.given.case import Case, InputFile, Operation, role_of
from fl_planner.planning.given.identity import find_other_day, find_two_days
from fl_planner.space.grid import Image
from fl_planner.space.mask import Mask, compose_author
from fl_planner.trials.facts.quantities import SCAN_DATE

if TYPE_CHECKING:  # `volume` only measures: modules for judgement are loaded on use
    from fl_planner.function.clearance import Scintigraphy
    from fl_planner.liver.anatomy import Anatomy
    from fl_planner.liver.transection import Territory
    from fl_planner.planning.given.dose_inputs import DoseGiven

MAA = ("maa_planar", "maa_spect")  # roles of the studies after one injection
NO_FILE = InputFile("facts", "FACTS.json", "json", "")  # for facts given as options
Inputs = tuple[InputFile, ...]


def read_case(request: Request) -> Case:
    """Read all files of a request, and compare them with the verified versions."""
    _require_liver(request)
    named = list_named(request)
    require_present(named, request.written)
    shared = find_shared(named)
    image, of_ct, odd = _read_ct(request, shared)
    files = with_second_reader(request.files, request.second_reader)
    files = with_baseline(files, request.baseline)
    read = read_anatomy(files, request.limits, on=image.grid if image else None, shared=shared)
    _require_trees(request, read.anatomy)
    spleen = _read_spleen(request, shared, image, read.anatomy.liver)
    drawn = add_role_to_inputs((*read.inputs, *of_ct, *spleen.inputs), shared)
    scintigraphy, of_function, doubts = _read_function(request, drawn, shared)
    dose, of_dose, of_maa = _read_dose(request, drawn, image, read.anatomy, shared)
    who = judge_owners(drawn, add_role_to_inputs((*of_function, *of_dose), shared))
    inputs = (*read.inputs, *of_ct, *spleen.inputs, *of_function, *of_dose)
    unverified = _find_unverified(request, inputs, read.inputs)
    days = _find_other_days(request, drawn, of_function, of_dose)
    of_files = (*read.findings, *odd, *spleen.findings, *doubts, *of_maa, *who, *days)
    findings = (*request.findings, *of_files, *unverified, *_find_build(request))
    stated = (one for one in (request.case_file, request.facts_file) if one is not None)
    return Case(
        _treated(read.anatomy, request.territory),
        (*stated, *inputs),
        findings=merge_unset(findings),
        id=request.id,
        label=request.label,
        diagnosis=request.diagnosis,
        operations=_planned(request, read.planned),
        reading=request.reading,
        label_map=read.label_map,
        resampled=read.resampled,
        stated=request.stated,
        as_of=request.as_of,
        accepted=request.accepted,
        ct=image,
        second=find_second_masks(read.planned),
        baseline=find_baseline_places(request.baseline, read.planned),
        territory=request.territory,
        height_cm=request.height_cm,
        weight_kg=request.weight_kg,
        scintigraphy=scintigraphy,
        studied_on=request.function.studied_on if request.function else None,
        fasting_h=request.function.fasting_h if request.function else None,
        bilirubin_umol_per_l=request.function.bilirubin_umol_per_l if request.function else None,
        dose=dose,
        embolisation=request.embolisation,
        score_facts=request.score_facts,
        spleen=spleen.given,
        context=request.context,
        vessel_roots_mm=request.vessel_roots_mm,
        vessel_points_mm=request.vessel_points_mm,
    )


def _require_liver(request: Request) -> None:
    """Refuse a case without a liver, and refer facts without masks to `trials judge`."""
    files, stated = request.files, request.stated.values
    if "liver" in files.masks or files.label_map is not None or not stated:
        return
    file = (request.case_file or request.facts_file or NO_FILE).file
    reason = "no liver mask was given, but one is required for volumes"
    remedy = (
        "give --liver, or --labelmap with a scheme that includes the liver; for facts without "
        f"masks, such as an FLR percentage from a letter, run fl-planner trials judge {file}"
    )
    raise InputRefused(NO_LIVER, "liver", reason, remedy)


def _require_trees(request: Request, anatomy: Anatomy) -> None:
    """Refuse a root, a cut or a point in a vessel tree without a mask, which would have no effect.

    A single label of all veins is not divided if named veins are also given.
    """
    cuts = (*request.cuts, *(cut for one in request.operations for cut in one.cuts))
    given = {
        **{cut.tree: f"{cut.tree} cut" for cut in cuts},
        **{tree: f"{tree} root" for tree in request.vessel_roots_mm},
    }
    points = request.vessel_points_mm
    if not given and not points:
        return
    from fl_planner.liver.vessels.divide import list_drawn, require_label  # few cases give any

    require_label(anatomy, points)
    drawn = list_drawn(anatomy)
    for tree, what in given.items():
        if tree not in drawn:
            whole = next((name for name in UNDIVIDED if drawn and name in anatomy.vessels), None)
            why = (
                ""
                if whole is None
                else f"; {whole} is not split into portal and hepatic veins if named veins are "
                "given"
            )
            reason = f"there is no mask of the {tree} veins{why}"
            remedy = f"give their mask with --vessel or in the label map, or omit the {what}"
            raise InputRefused("vessels.no_tree", what, reason, remedy)


def _read_ct(request: Request, shared: frozenset[str]) -> FromFiles[Image | None]:
    if request.ct is None:
        return FromFiles(None)
    with adding_role("ct", shared):
        image, inputs, findings = read_image(
            request.ct, "ct", request.limits, request.files.sources
        )
    if image.file in shared:
        image = replace(image, file=f"{image.file} (ct)")
    return FromFiles(image, inputs, tuple(add_role_to_findings(findings, "ct", shared)))


def _read_spleen(
    request: Request, shared: frozenset[str], ct: Image | None, liver: Mask
) -> FromFiles[Mask | None]:
    """Read the mask of the spleen on its own grid, independently of the masks of the liver."""
    if request.spleen is None:
        return FromFiles(None)
    with adding_role("spleen", shared):
        known = KnownGrids(None if ct is None else ct.grid, (liver.grid,))
        file = read_labels(request.spleen, "spleen", Holds.ONE_LABEL, request.limits, known)
    findings = tuple(add_role_to_findings(file.findings, "spleen", shared))
    return FromFiles(file.whole("spleen"), tuple(file.inputs), findings)


def _read_function(
    request: Request, drawn: Inputs, shared: frozenset[str]
) -> FromFiles[Scintigraphy | None]:
    files = request.function
    if files is None or files.is_empty:
        return FromFiles(None)
    from fl_planner.intake.reading.scintigraphy import read_scintigraphy

    with adding_role("function", shared):
        read = read_scintigraphy(files, request.limits, drawn)
    return FromFiles(read.given, read.inputs, read.findings)


def _read_dose(
    request: Request,
    drawn: Inputs,
    ct: Image | None,
    anatomy: Anatomy,
    shared: frozenset[str],
) -> FromFiles[DoseGiven | None]:
    if request.dose is None:
        return FromFiles(None)
    from fl_planner.intake.reading.dose import read_dose

    with adding_role("dose", shared):
        read = read_dose(request.dose, request.limits, drawn, ct, anatomy.delivered)
    return FromFiles(read.given, read.inputs, read.findings)


def _find_unverified(request: Request, inputs: Inputs, masks: Inputs) -> Iterator[Finding]:
    verified = gather_hashes(request.expected_sha256)
    yield from find_changed(verified, inputs)
    if request.reading.status == "verified" and request.case_file is not None:
        yield from find_unproven(request.case_file.file, verified, masks)


def _find_other_days(
    request: Request, drawn: Inputs, nuclear: Inputs, of_dose: Inputs
) -> tuple[Finding, ...]:
    """Compare the dates of examinations in headers with the entered dates [safety.md 5].

    Planar images and SPECT after one injection of MAA have one date.
    """
    maa = find_two_days([one for one in of_dose if one.role in MAA])
    scanned_on, stated = request.reading.scanned_on, request.stated.values.get(SCAN_DATE)
    if scanned_on is None and isinstance(stated, date):
        scanned_on = stated
    studied_on = None if request.function is None else request.function.studied_on
    if not any(one.identity for one in (*drawn, *nuclear)):
        return maa
    from fl_planner.formats.dicom.elements import mark_days  # only for DICOM files

    return (
        *find_other_day(drawn, mark_days(scanned_on), "the entered date of the scan"),
        *find_other_day(nuclear, mark_days(studied_on), "the entered date of the scintigraphy"),
        *maa,
    )


def _find_build(request: Request) -> tuple[Finding, ...]:
    """Find a height and weight that are implausible together."""
    if request.height_cm is None or request.weight_kg is None:
        return ()
    from fl_planner.patient.body_size import find_unlikely_build

    return find_unlikely_build(request.height_cm, request.weight_kg)


def _treated(anatomy: Anatomy, wanted: Territory | None) -> Anatomy:
    if wanted is None:
        return anatomy
    if anatomy.treated is not None:
        reason = "the treated area is given both as a mask and by segments or a margin"
        remedy = "give either the mask, or the segments and the margin"
        raise InputRefused("territory.twice", anatomy.treated.source, reason, remedy)
    from fl_planner.liver.transection import draw_territory

    drawn = draw_territory(anatomy, wanted)
    treated = drawn.drawn_by(compose_author(drawn.author))
    return replace(anatomy, treated=treated, treated_by_segments=True)


def _planned(request: Request, masks: Mapping[str, Mask]) -> tuple[Operation, ...]:
    """Return the plans with separate masks, and with the margin given for all.

    Raises `InputRefused`: `usage.wrong` for cuts given as options with several plans.
    """
    margin_mm = request.clearing_margin_mm
    if request.cuts and len(request.operations) > 1:
        reason = (
            f"the case file has {len(request.operations)} plans, so it is unclear to which plan "
            "the cut belongs"
        )
        remedy = (
            "write the cuts in a [[plan]] of the case file: "
            "cuts = [{ tree = ..., at_mm = ..., frame = ... }]"
        )
        raise InputRefused("usage.wrong", "--cut", reason, remedy)
    return tuple(
        structs.replace(
            one,
            flr=masks.get(role_of(number, "flr")),
            resected=masks.get(role_of(number, "resected")),
            clearing_margin_mm=one.clearing_margin_mm if margin_mm is None else margin_mm,
            cuts=request.cuts or one.cuts,
        )
        for number, one in enumerate(request.operations or (Operation(),))
    )
