"""Plans, resections and outputs of a request."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct, structs

from fl_planner.basis.findings import InputRefused
from fl_planner.basis.run import within_bounds
from fl_planner.export.save import save
from fl_planner.given.kinds import name_option
from fl_planner.given.table import fill
from fl_planner.intake.documents.protocols import read_grounds
from fl_planner.intake.documents.samples import sample_case
from fl_planner.intake.reading.files import list_named, require_present
from fl_planner.intake.request.read_case import read_case
from fl_planner.intake.request.request import Request
from fl_planner.planning.assessment.choose_resections import (
    ResectionRow,
    choose_rows,
    select_resections,
)
from fl_planner.planning.given.case import Case
from fl_planner.planning.plan import Plan, plan
from fl_planner.record.declaration.part import as_json
from fl_planner.record.plan import PlanRecord, as_plan_record
from fl_planner.record.resections import ResectionsRecord, as_resections_record
from fl_planner.workup.exports import Exports
from fl_planner.workup.request import make_request, read_request

if TYPE_CHECKING:
    from fl_planner.planning.judgement import Grounds
    from fl_planner.workup.files.segment import EngineMasks, SegmentationRequest


class ReadRequest(Struct, frozen=True):
    """The case and the protocols read from the files of a request."""

    case: Case
    grounds: Grounds

    @classmethod
    def of(cls, request: Request, trials: Path | None = None) -> ReadRequest:
        """Read all files; trials of the folder `trials` are added to the bundled ones.

        Raises `InputRefused`: see `read_case`, `read_trials` and `read_centre_file`.
        """
        require_present(list_named(request), request.written)
        grounds, inputs = read_grounds(trials, request.centre, request.as_of)
        case = read_case(request)
        case = structs.replace(
            case, inputs=(*case.inputs, *inputs), reading_error=grounds.reading_error
        )
        return cls(case, grounds)

    def plan(self, *, resections: bool = True) -> Plan:
        """Plan the case, with `resections` including those by segments.

        Raises `InputRefused` if the masks give no valid result.
        """
        grounds = self.grounds
        return plan(
            self.case, grounds.trials, grounds.protocols, grounds.centre, resections=resections
        )


def make_plan(request: Request, trials: Path | None = None, *, resections: bool = True) -> Plan:
    """Read all files of a request and plan its case, as `ReadRequest` does."""
    return ReadRequest.of(request, trials).plan(resections=resections)


def write_plan(
    request: Request,
    exports: Exports,
    trials: Path | None = None,
    amend: Callable[[PlanRecord], PlanRecord] | None = None,
    read: ReadRequest | None = None,
) -> tuple[Plan, PlanRecord]:
    """Plan a request, write the requested outputs, and return the plan and its record.

    - `amend`: extends the record before it is written, such as by the growth up to this scan.
    - `read`: its files, if already read.

    Outputs are checked beforehand (`Exports.check`). Nothing is written if anything is refused.
    """
    made = (read or ReadRequest.of(request, trials)).plan()
    record = as_plan_record(made, exports.profile)
    if amend is not None:
        record = amend(record)
    exports.write(request, made, record)
    return made, record


# From a scan to a draft plan, by masks that an engine draws. These are written with the plan, or
# neither is, because they must be seen before their numbers are used.
ENGINE, OUT = "engine", "masks_out"
OF_ENGINE = (OUT, "accept_licence", "engine_log")


def write_requested_plan(
    request: Request, exports: Exports, case_file: Path | None, given: Mapping[str, Any]
) -> tuple[Plan, PlanRecord]:
    """Plan a request, or the masks that an engine draws if one is given, and write its outputs.

    Raises `InputRefused`: as `require_no_engine`, `write_drafted_plan` and `write_plan`.
    """
    if given[ENGINE] is not None:
        return write_drafted_plan(exports, case_file, given)
    require_no_engine(given)
    return write_plan(request, exports, given["trials"])


def require_no_engine(given: Mapping[str, Any]) -> None:
    """Refuse options of an engine without one; raises `InputRefused`: `usage.wrong`."""
    for name in OF_ENGINE:
        if given.get(name):
            reason = "applies only to an engine, but no engine was given"
            raise InputRefused("usage.wrong", name_option(name), reason, "give --engine as well")


def write_drafted_plan(
    exports: Exports, case_file: Path | None, given: Mapping[str, Any]
) -> tuple[Plan, PlanRecord]:
    """Let an engine draw masks on the CT, plan them, and write masks and outputs.

    Raises `InputRefused`: `usage.wrong` for options that do not fit together; as `draw_masks` and
    `write_plan`. Nothing is written then.
    """
    asked = _as_segmentation(case_file, given)
    from fl_planner.formats.stored.temporary import temporary_folder
    from fl_planner.workup.files.segment import CASE, draw_masks

    masks = within_bounds(asked.ct.name, lambda: draw_masks(asked))

    def plan_drawn() -> tuple[Plan, PlanRecord]:
        with temporary_folder() as folder:
            for name, content in masks.as_files(folder.resolve()).items():
                (folder / name).write_bytes(content)
            request = make_request(folder / CASE, given)
            read = ReadRequest.of(request, given["trials"])
            read = structs.replace(read, case=_as_written(read.case, masks))
            return write_plan(request, structs.replace(exports, masks=masks), read=read)

    return within_bounds(asked.ct.name, plan_drawn)


def _as_written(case: Case, masks: EngineMasks) -> Case:
    """Return a case with the doubts of the engine, and the hash of its case file as written.

    Before writing, the case file is in another folder, from which the path of the CT is different.
    """
    from fl_planner.workup.files.segment import CASE

    digest = sha256(masks.as_files(masks.asked.out)[CASE]).hexdigest()
    inputs = (replace(one, sha256=digest) if one.role == "case" else one for one in case.inputs)
    return structs.replace(case, inputs=tuple(inputs), findings=(*case.findings, *masks.doubts))


def _as_segmentation(case_file: Path | None, given: Mapping[str, Any]) -> SegmentationRequest:
    """Return the CT and its engine; raises `InputRefused`: `usage.wrong`."""
    from fl_planner.workup.files.segment import SegmentationRequest

    def refuse(option: str, reason: str, remedy: str) -> InputRefused:
        return InputRefused("usage.wrong", option, reason, remedy)

    if case_file is not None:
        reason = "an engine and a case file cannot be combined"
        remedy = (
            "give the case facts as options instead, or draw the masks first with fl-planner "
            "segment"
        )
        raise refuse("--engine", reason, remedy)
    if given["origin"]:
        raise refuse(
            "--origin", "masks drawn by an engine are automatic", "remove --origin, or --engine"
        )
    if not isinstance(given["ct"], Path):
        reason = "an engine reads a CT from a file or a folder of DICOM slices"
        raise refuse("--engine", reason, "give --ct FILE as well")
    if given[OUT] is None:
        reason = "masks drawn by an engine must be checked, but no folder was given for them"
        raise refuse("--engine", reason, "give --masks-out FOLDER as well")
    return fill(SegmentationRequest, given, out=given[OUT])


def list_resections(
    request: Request, which: str | None = None, asked: tuple[tuple[str, ...], ...] = ()
) -> ResectionsRecord:
    """List resections: a selection for the tumour board, "named" or "all", and those in `asked`.

    Raises `InputRefused`: `resections.no_segments` without complete segments; and the errors of
    planning.
    """
    plan = make_plan(request)
    _require_answers(plan)
    return as_resections_record(plan, _choose(plan, which, asked))


def _require_answers(plan: Plan) -> None:
    if plan.resections:
        return
    if plan.measured.segments is None:
        why, remedy = "resections require segments", "add --labelmap with Couinaud segments"
        raise plan.case.anatomy.refuse_unmapped("resections.no_segments", "segments", why, remedy)
    reason = "a segment is missing from the label map, so resections cannot be calculated"
    remedy = "correct the label map, or give --absent-segment if the patient lacks this segment"
    raise InputRefused("resections.no_segments", "segments", reason, remedy)


def _choose(
    plan: Plan, which: str | None, asked: tuple[tuple[str, ...], ...]
) -> Sequence[ResectionRow]:
    wanted = select_resections(plan.resections, asked)
    if which == "all":
        return plan.resections
    if which == "named":
        return [row for row in plan.resections if row.resection.name or row in wanted]
    return choose_rows(plan.resections, wanted, plan.planned)


NAME = "fl-planner-demo"


def plan_sample(case: str) -> tuple[PlanRecord, Path]:
    """Copy a bundled case to a new folder, plan it, and return the record and the folder."""
    bundled = sample_case(case)
    folder = _fresh_folder()
    try:
        _copy(bundled, folder)
        request = read_request(folder / "case.toml")
        exports = Exports(picture=folder / "plan.png")
        exports.check(request)
        _, record = write_plan(request, exports)
        save(folder / "plan.json", f"{as_json(record)}\n".encode())
    except BaseException:  # also when interrupted: no incomplete folder remains
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return record, folder


def _fresh_folder() -> Path:
    """Create `fl-planner-demo`, or the first unused name with `-2`, `-3` ..."""
    number = 1
    while True:
        folder = Path(NAME if number == 1 else f"{NAME}-{number}")
        try:
            folder.mkdir()
        except FileExistsError:
            number += 1
            continue
        except OSError as error:
            raise _unwritable(folder, error) from error
        return folder


def _copy(case: Path, folder: Path) -> None:
    """Copy the files of a case without their modes, as an installed package may be read-only."""
    try:
        for file in sorted(case.iterdir()):
            shutil.copyfile(file, folder / file.name)
    except OSError as error:
        raise _unwritable(folder, error) from error


def _unwritable(folder: Path, error: OSError) -> InputRefused:
    reason = f"the folder cannot be created here ({error.strerror})"
    remedy = "change to a writable folder with enough space"
    return InputRefused("output.unwritable", folder.name, reason, remedy)
