"""What a user asked for: files, facts and an operation, from a case file, options, or both."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

from fl_planner.intake._bytes import Limits
from fl_planner.intake.formats import read_image
from fl_planner.intake.masks import MaskFiles, read_anatomy
from fl_planner.intake.protocols import read_bundled_trials, read_protocols
from fl_planner.planning.case import Accepted, Case, Diagnosis, InputFile, Operation, Reading
from fl_planner.planning.plan import Plan, plan
from fl_planner.space.image import Image
from fl_planner.trials.stated import Stated


@dataclass(frozen=True, slots=True)
class Request:
    """Everything that was asked; what was not given is None or empty.

    `case_file` is the file that it came from, named with its hash among the inputs;
    `withdrawn` are keys of facts that options call unknown; `expected_sha256` are the hashes
    of masks that a reader verified, by role.
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

    def overlaid(self, options: Request) -> Request:
        """Let options replace the entries of a case file.

        A remnant that the options name, by mask or by segments, replaces the file's, however
        that was named.
        """
        masks = dict(self.files.masks)
        if options.operations or {"flr", "resected"} & options.files.masks.keys():
            masks = {role: path for role, path in masks.items() if role not in ("flr", "resected")}
        if options.files.no_tumour:
            masks.pop("tumour", None)
        ours, theirs = self.files, options.files
        files = MaskFiles(
            masks={**masks, **theirs.masks},
            excluded={**ours.excluded, **theirs.excluded},
            label_map=theirs.label_map or ours.label_map,
            scheme=theirs.scheme or ours.scheme,
            absent_segments=theirs.absent_segments or ours.absent_segments,
            no_tumour=theirs.no_tumour or (ours.no_tumour and "tumour" not in theirs.masks),
            resample=theirs.resample or ours.resample,
        )
        return replace(
            self,
            files=files,
            ct=options.ct or self.ct,
            diagnosis=options.diagnosis or self.diagnosis,
            operations=options.operations or self.operations,
            stated=_without(self.stated, options.withdrawn).overlaid(options.stated),
            as_of=options.as_of or self.as_of,
        )


def plan_request(request: Request, limits: Limits) -> tuple[Plan, Image | None]:
    """Read all files of a request and plan its case; the image is the CT, where one was given.

    Raises
    ------
    InputRefused
        As `read_case`, and where the masks have no honest result.
    """
    case, image = read_case(request, limits)
    return plan(case, read_bundled_trials(), read_protocols()), image


def _without(stated: Stated, keys: frozenset[str]) -> Stated:
    kept = {key: value for key, value in stated.values.items() if key not in keys}
    return Stated(kept, {key: file for key, file in stated.files.items() if key in kept})


def read_case(request: Request, limits: Limits) -> tuple[Case, Image | None]:
    """Read all files of a request.

    Raises
    ------
    InputRefused
        If a file cannot be used, or the files do not fit together; names them.
    """
    read = read_anatomy(request.files, limits)
    inputs, findings = read.inputs, read.findings
    image = None
    if request.ct is not None:
        image, of_ct, odd = read_image(request.ct, "ct", limits)
        inputs, findings = (*inputs, *of_ct), (*findings, *odd)
    if request.case_file is not None:
        inputs = (request.case_file, *inputs)
    case = Case(
        read.anatomy,
        inputs,
        findings=findings,
        id=request.id,
        label=request.label,
        diagnosis=request.diagnosis,
        operations=request.operations or (Operation(),),
        reading=request.reading,
        label_map=read.label_map,
        resampled=read.resampled,
        stated=request.stated,
        as_of=request.as_of,
        accepted=request.accepted,
    )
    return case, image
