"""All files of a request, read into one case; what was odd about them is among its findings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from fl_planner.basis.findings import Finding, InputRefused
from fl_planner.formats.read import read_image, read_labels
from fl_planner.formats.voxels.geometry import tell_unset_once
from fl_planner.formats.voxels.values import Holds
from fl_planner.formats.voxels.voxel_file import FromFiles
from fl_planner.intake.reading.files import (
    find_changed,
    find_named,
    find_shared,
    find_unproven,
    gather_hashes,
    judge_owners,
    require_present,
    tell_findings,
    tell_inputs,
    telling,
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
from fl_planner.space.grid import Image
from fl_planner.space.mask import Mask

if TYPE_CHECKING:  # `volume` measures only: what judges is loaded where it is needed
    from fl_planner.function.clearance import Scintigraphy
    from fl_planner.liver.anatomy import Anatomy
    from fl_planner.liver.transection import Territory
    from fl_planner.planning.given.dose_inputs import DoseGiven

NO_FILE = InputFile("facts", "FACTS.json", "json", "")  # in which facts that were typed would stand
Inputs = tuple[InputFile, ...]


def read_case(request: Request) -> Case:
    """Read all files of a request, and compare them with those that a reader verified."""
    _require_liver(request)
    named = find_named(request)
    require_present(named, request.written)
    shared = find_shared(named)
    image, of_ct, odd = _read_ct(request, shared)
    files = with_second_reader(request.files, request.second_reader)
    files = with_baseline(files, request.baseline)
    read = read_anatomy(files, request.limits, on=image.grid if image else None, shared=shared)
    _require_trees(request, read.anatomy)
    spleen = _read_spleen(request, shared, image)
    told = tell_inputs((*read.inputs, *of_ct, *spleen.inputs), shared)
    scintigraphy, of_function, doubts = _read_function(request, told, shared)
    dose, of_dose, of_maa = _read_dose(request, told, image, shared)
    inputs = (*read.inputs, *of_ct, *spleen.inputs, *of_function, *of_dose)
    unverified = _find_unverified(request, inputs, read.inputs)
    of_files = (*read.findings, *odd, *spleen.findings, *doubts, *of_maa)
    findings = (*request.findings, *of_files, *unverified, *_find_build(request))
    stated = (one for one in (request.case_file, request.facts_file) if one is not None)
    return Case(
        _treated(read.anatomy, request.territory),
        (*stated, *inputs),
        findings=tell_unset_once(findings),
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
        dose=dose,
        embolisation=request.embolisation,
        score_facts=request.score_facts,
        spleen=spleen.given,
        context=request.context,
        vessel_roots_mm=request.vessel_roots_mm,
    )


def _require_liver(request: Request) -> None:
    """Refuse a case without a liver; what is known of its patient is judged without any mask."""
    files, stated = request.files, request.stated.values
    if "liver" in files.masks or files.label_map is not None or not stated:
        return
    file = (request.case_file or request.facts_file or NO_FILE).file
    reason = "no liver was given, and masks are measured on one"
    remedy = (
        "give --liver, or --labelmap with a scheme that has the liver; facts alone, an FLR % of a "
        f"letter among them, are answered by fl-planner trials judge {file}"
    )
    raise InputRefused(NO_LIVER, "liver", reason, remedy)


def _require_trees(request: Request, anatomy: Anatomy) -> None:
    """Refuse a root or a cut in a tree of which nothing was drawn: it would be passed over.

    One label of all veins is none of it beside veins that were given by name: it is not divided.
    """
    cuts = (*request.cuts, *(cut for one in request.operations for cut in one.cuts))
    said = {
        **{cut.tree: f"{cut.tree} cut" for cut in cuts},
        **{tree: f"{tree} root" for tree in request.vessel_roots_mm},
    }
    if not said:
        return
    from fl_planner.liver.vessels.divide import list_drawn  # few cases say any

    drawn = list_drawn(anatomy)
    for tree, what in said.items():
        if tree not in drawn:
            whole = next((name for name in UNDIVIDED if drawn and name in anatomy.vessels), None)
            why = "" if whole is None else f": {whole} is not divided beside veins given by name"
            reason = f"no {tree} veins were drawn{why}"
            remedy = "give their mask by --vessel, or in the label map; or leave it out"
            raise InputRefused("vessels.no_tree", what, reason, remedy)


def _read_ct(request: Request, shared: frozenset[str]) -> FromFiles[Image | None]:
    if request.ct is None:
        return FromFiles(None)
    with telling("ct", shared):
        image, inputs, findings = read_image(request.ct, "ct", request.limits)
    if image.file in shared:
        image = replace(image, file=f"{image.file} (ct)")
    return FromFiles(image, inputs, tuple(tell_findings(findings, "ct", shared)))


def _read_spleen(
    request: Request, shared: frozenset[str], ct: Image | None
) -> FromFiles[Mask | None]:
    """Read the mask of the spleen on its own grid: it moves no mask of the liver."""
    if request.spleen is None:
        return FromFiles(None)
    with telling("spleen", shared):
        on = None if ct is None else ct.grid
        file = read_labels(request.spleen, "spleen", Holds.ONE_LABEL, request.limits, on)
    findings = tuple(tell_findings(file.findings, "spleen", shared))
    return FromFiles(file.whole("spleen"), tuple(file.inputs), findings)


def _read_function(
    request: Request, drawn: Inputs, shared: frozenset[str]
) -> FromFiles[Scintigraphy | None]:
    """Read a scintigraphy, and compare whose all files are."""
    files = request.function
    with telling("function", shared):
        if files is None or files.is_empty:
            return FromFiles(None, findings=judge_owners(drawn))
        from fl_planner.intake.reading.scintigraphy import read_scintigraphy

        read = read_scintigraphy(files, request.limits, drawn)
        who = judge_owners(drawn, read.inputs)
        return FromFiles(read.given, read.inputs, (*read.findings, *who))


def _read_dose(
    request: Request, drawn: Inputs, ct: Image | None, shared: frozenset[str]
) -> FromFiles[DoseGiven | None]:
    """Read what a dose rests on, and compare whose its files are."""
    if request.dose is None:
        return FromFiles(None)
    from fl_planner.intake.reading.dose import read_dose

    with telling("dose", shared):
        read = read_dose(request.dose, request.limits, drawn, ct)
        who = judge_owners(drawn, read.inputs) if read.inputs else ()
    return FromFiles(read.given, read.inputs, (*read.findings, *who))


def _find_unverified(request: Request, inputs: Inputs, masks: Inputs) -> Iterator[Finding]:
    verified = gather_hashes(request.expected_sha256)
    yield from find_changed(verified, inputs)
    if request.reading.status == "verified" and request.case_file is not None:
        yield from find_unproven(request.case_file.file, verified, masks)


def _find_build(request: Request) -> tuple[Finding, ...]:
    """Find a height and a weight that hardly belong to one person."""
    if request.height_cm is None or request.weight_kg is None:
        return ()
    from fl_planner.patient.body_size import find_unlikely_build

    return find_unlikely_build(request.height_cm, request.weight_kg)


def _treated(anatomy: Anatomy, wanted: Territory | None) -> Anatomy:
    if wanted is None:
        return anatomy
    if anatomy.treated is not None:
        reason = "was drawn, and told by segments or a margin too"
        remedy = "give the mask, or the segments and the margin"
        raise InputRefused("territory.twice", anatomy.treated.source, reason, remedy)
    from fl_planner.liver.transection import draw_territory

    drawn = draw_territory(anatomy, wanted)
    return replace(anatomy, treated=drawn, treated_by_segments=True)


def _planned(request: Request, masks: Mapping[str, Mask]) -> tuple[Operation, ...]:
    """Give each plan the masks that were drawn for it alone, and the margin told for all.

    Raises `InputRefused`: `usage.wrong` where options cut branches and a file has several plans.
    """
    margin_mm = request.clearing_margin_mm
    if request.cuts and len(request.operations) > 1:
        reason = (
            f"the case file has {len(request.operations)} plans, and which one cuts is not said"
        )
        remedy = (
            "write the cuts into its [[plan]]: cuts = [{ tree = ..., at_mm = ..., frame = ... }]"
        )
        raise InputRefused("usage.wrong", "--cut", reason, remedy)
    return tuple(
        replace(
            one,
            flr=masks.get(role_of(number, "flr")),
            resected=masks.get(role_of(number, "resected")),
            clearing_margin_mm=one.clearing_margin_mm if margin_mm is None else margin_mm,
            cuts=request.cuts or one.cuts,
        )
        for number, one in enumerate(request.operations or (Operation(),))
    )
