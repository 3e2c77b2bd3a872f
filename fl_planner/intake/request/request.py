"""What a user asked for: files, facts and an operation, from a case file, options, or both."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from fl_planner.basis.diagnoses import Diagnosis
from fl_planner.basis.errors import InputRefused
from fl_planner.basis.findings import Finding
from fl_planner.formats.read import ReadImage, read_image
from fl_planner.formats.stored.file import Limits
from fl_planner.formats.voxels.default_spacing import tell_unset_once
from fl_planner.intake.reading.baseline import BaselineFiles, find_baseline_places, with_baseline
from fl_planner.intake.reading.masks import MaskFiles, read_anatomy
from fl_planner.intake.reading.nuclear import read_function, read_treatment
from fl_planner.intake.reading.second_reader import find_second_masks, with_second_reader
from fl_planner.intake.reading.union import Paths
from fl_planner.intake.request.file_names import (
    find_named,
    find_shared,
    require_present,
    tell_findings,
    tell_inputs,
    telling,
)
from fl_planner.intake.request.reader_approval import find_changed, find_unproven, gather_hashes
from fl_planner.patient.body_size import find_unlikely_build
from fl_planner.planning.given.case import (
    Accepted,
    Case,
    Embolisation,
    InputFile,
    Operation,
    Reading,
    role_of,
)
from fl_planner.planning.given.score_inputs import ScoreFacts
from fl_planner.space.mask import Mask
from fl_planner.trials.statements import Stated

if TYPE_CHECKING:  # `volume` measures only: what judges is loaded where it is needed
    from fl_planner.intake.reading.dose import DoseFiles
    from fl_planner.intake.reading.scintigraphy import FunctionFiles
    from fl_planner.liver.anatomy import Anatomy
    from fl_planner.liver.territory import Territory
    from fl_planner.planning.judgement import Grounds
    from fl_planner.planning.plan import Plan
NoImage = tuple[None, tuple[()], tuple[()]]
Files = TypeVar("Files", "FunctionFiles", "DoseFiles")
REMNANT = frozenset({"flr", "resected"})  # roles that say what remains


@dataclass(frozen=True, slots=True)
class Request:
    """Everything that was asked; what was not given is None or empty.

    `case_file` is the file that it came from, and `facts_file` one of facts that was given beside
    it, both named with their hashes among the inputs; `centre` is the file that says which trials
    recruit; `withdrawn` are keys of facts that options call unknown; `expected_sha256` are the
    hashes of files that a reader verified, by role; a pair of header and image has two.
    `function` are the files of a scintigraphy, `dose` those of a radioembolisation's dose.
    `second_reader` holds another reader's masks of the first plan by structure, "flr" among them.
    `written` is how each file was named: by a key of the case file as it stands, or by an option.
    """

    files: MaskFiles = field(default_factory=MaskFiles)
    ct: Path | None = None
    id: str | None = None
    label: str | None = None
    diagnosis: Diagnosis | None = None
    operations: tuple[Operation, ...] = ()
    reading: Reading = field(default_factory=Reading)
    expected_sha256: tuple[tuple[str, str], ...] = ()
    stated: Stated = field(default_factory=Stated)
    withdrawn: frozenset[str] = frozenset()
    as_of: date | None = None
    accepted: tuple[Accepted, ...] = ()
    case_file: InputFile | None = None
    facts_file: InputFile | None = None
    centre: Path | None = None
    second_reader: Mapping[str, Paths] = field(default_factory=dict)
    baseline: BaselineFiles | None = None
    territory: Territory | None = None
    height_cm: Fraction | None = None
    weight_kg: Fraction | None = None
    function: FunctionFiles | None = None
    dose: DoseFiles | None = None
    embolisation: Embolisation | None = None
    score_facts: ScoreFacts = field(default_factory=ScoreFacts)
    written: Mapping[Path, str] = field(default_factory=dict)

    def overlaid(self, options: Request) -> Request:
        """Let options replace the entries of a case file.

        A remnant that the options name, by mask or by segments, replaces the file's, however
        that was named. A label map comes with its own scheme.
        """
        second = self.second_reader
        if options.operations or REMNANT & options.files.masks.keys():
            second = {}  # read of another remnant
        territory = None if "treated" in options.files.masks else self.territory
        return replace(
            self,
            files=_overlaid_files(self.files, options),
            ct=options.ct or self.ct,
            diagnosis=options.diagnosis or self.diagnosis,
            operations=options.operations or self.operations,
            stated=without(self.stated, options.withdrawn).overlaid(options.stated),
            as_of=options.as_of or self.as_of,
            centre=options.centre or self.centre,
            second_reader={**second, **options.second_reader},
            facts_file=options.facts_file or self.facts_file,
            territory=options.territory or territory,
            height_cm=options.height_cm or self.height_cm,
            weight_kg=options.weight_kg or self.weight_kg,
            function=_laid_over(self.function, options.function),
            dose=_laid_over(self.dose, options.dose),
            written={**self.written, **options.written},
        )


def _overlaid_files(ours: MaskFiles, options: Request) -> MaskFiles:
    """Let the files of options replace those of a case file."""
    masks, theirs = dict(ours.masks), options.files
    if options.operations or REMNANT & theirs.masks.keys():
        masks = {role: path for role, path in masks.items() if role not in REMNANT}
    if theirs.no_tumour:
        masks.pop("tumour", None)
    if options.territory is not None:
        masks.pop("treated", None)
    named = theirs.label_map is not None or theirs.scheme is not None
    return MaskFiles(
        masks={**masks, **theirs.masks},
        excluded={**ours.excluded, **theirs.excluded},
        label_map=theirs.label_map or ours.label_map,
        scheme=theirs.scheme or (None if theirs.label_map else ours.scheme),
        absent_segments=theirs.absent_segments or ours.absent_segments,
        no_tumour=theirs.no_tumour or (ours.no_tumour and "tumour" not in theirs.masks),
        resample=theirs.resample or ours.resample,
        gaps_to_nearest=theirs.gaps_to_nearest or ours.gaps_to_nearest,
        labels=None if named else ours.labels,
        planned={} if options.operations else ours.planned,
    )


def plan_request(request: Request, limits: Limits, folder: Path | None = None) -> Plan:
    """Read all files of a request and plan its case.

    Trials of `folder` are judged beside the bundled ones.

    Raises
    ------
    InputRefused
        As `read_case`, `read_trials` and `read_centre_file`, and where the masks have no honest
        result.
    """
    from fl_planner.planning.plan import plan

    require_present(_named_by(request), request.written)
    grounds, inputs = read_grounds(folder, request.centre, request.as_of)
    case = read_case(request, limits)
    case = replace(case, inputs=(*case.inputs, *inputs))
    return plan(case, grounds.trials, grounds.protocols, grounds.centre)


def read_grounds(
    folder: Path | None, centre: Path | None, as_of: date | None
) -> tuple[Grounds, tuple[InputFile, ...]]:
    """Read what patients are judged by, and name the files that are not bundled."""
    from fl_planner.intake.documents.protocols import read_protocols, read_trials
    from fl_planner.planning.judgement import Grounds

    trials, inputs = read_trials(folder)
    if centre is None:
        return Grounds(trials, read_protocols(), None, as_of), inputs
    from fl_planner.intake.documents.centre_file import read_centre_file

    listed, file = read_centre_file(centre, [trial.id for trial in trials])
    return Grounds(trials, read_protocols(), listed, as_of), (*inputs, file)


def without(stated: Stated, keys: frozenset[str]) -> Stated:
    """Take back what was stated under these keys."""
    kept = {key: value for key, value in stated.values.items() if key not in keys}
    return Stated(kept, {key: file for key, file in stated.files.items() if key in kept})


def read_case(request: Request, limits: Limits) -> Case:
    """Read all files of a request, and compare them with those that a reader verified.

    Raises
    ------
    InputRefused
        If a file cannot be used, or the files do not fit together; names them.
    """
    require_present(_named_by(request), request.written)
    shared = find_shared(_named_by(request))
    image, of_ct, odd = _read_ct(request, limits, shared)
    files = with_second_reader(request.files, request.second_reader)
    files = with_baseline(files, request.baseline)
    read = read_anatomy(files, limits, on=image.grid if image else None, shared=shared)
    inputs = (*read.inputs, *of_ct)
    told = tell_inputs(inputs, shared)
    with telling("function", shared):
        scintigraphy, of_function, doubts = read_function(request.function, limits, told)
    with telling("dose", shared):
        dose, of_dose, of_maa = read_treatment(request.dose, limits, told, image)
    findings = (*read.findings, *odd, *doubts, *of_maa)
    inputs = (*inputs, *of_function, *of_dose)
    findings = (*findings, *_find_unverified(request, inputs, read.inputs))
    if request.height_cm is not None and request.weight_kg is not None:
        findings = (*findings, *find_unlikely_build(request.height_cm, request.weight_kg))
    stated = (one for one in (request.case_file, request.facts_file) if one is not None)
    inputs = (*stated, *inputs)
    return Case(
        _treated(read.anatomy, request.territory),
        inputs,
        findings=tell_unset_once(findings),
        id=request.id,
        label=request.label,
        diagnosis=request.diagnosis,
        operations=_planned(request.operations or (Operation(),), read.planned),
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
    )


def _find_unverified(
    request: Request, inputs: tuple[InputFile, ...], masks: tuple[InputFile, ...]
) -> Iterator[Finding]:
    """Compare files with those that a reader verified."""
    verified = gather_hashes(request.expected_sha256)
    yield from find_changed(verified, inputs)
    if request.reading.status == "verified" and request.case_file is not None:
        yield from find_unproven(request.case_file.file, verified, masks)


def _laid_over(ours: Files | None, theirs: Files | None) -> Files | None:
    return theirs if ours is None else ours if theirs is None else ours.overlaid(theirs)


def _treated(anatomy: Anatomy, wanted: Territory | None) -> Anatomy:
    """Draw the territory that was told in words."""
    if wanted is None:
        return anatomy
    if anatomy.treated is not None:
        reason = "was drawn, and told by segments or a margin too"
        remedy = "give the mask, or the segments and the margin"
        raise InputRefused("territory.twice", anatomy.treated.source, reason, remedy)
    from fl_planner.liver.territory import draw_territory

    drawn = draw_territory(anatomy, wanted)
    return replace(anatomy, treated=drawn, treated_by_segments=True)


def _planned(operations: tuple[Operation, ...], masks: Mapping[str, Mask]) -> tuple[Operation, ...]:
    """Give each plan the masks that were drawn for it alone."""
    return tuple(
        replace(
            one,
            flr=masks.get(role_of(number, "flr")),
            resected=masks.get(role_of(number, "resected")),
        )
        for number, one in enumerate(operations)
    )


def _named_by(request: Request) -> tuple[Path, ...]:
    """Find the files that a request names, in the order in which they are read."""
    return find_named(replace(request, written={}))


def _read_ct(request: Request, limits: Limits, shared: frozenset[str]) -> ReadImage | NoImage:
    if request.ct is None:
        return None, (), ()
    with telling("ct", shared):
        image, inputs, findings = read_image(request.ct, "ct", limits)
    if image.file in shared:
        image = replace(image, file=f"{image.file} (ct)")
    return image, inputs, tuple(tell_findings(findings, "ct", shared))
