"""From a request to a plan, to resections, and to all that is written of one."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from fl_planner.basis.findings import InputRefused
from fl_planner.export.save import save
from fl_planner.intake.documents.protocols import read_grounds
from fl_planner.intake.documents.samples import sample_case
from fl_planner.intake.reading.files import find_named, require_present
from fl_planner.intake.request.read_case import read_case
from fl_planner.intake.request.request import Request
from fl_planner.planning.assessment.resections import ResectionRow, choose_rows, select_resections
from fl_planner.planning.given.case import Case
from fl_planner.planning.plan import Plan, plan
from fl_planner.record.declaration.part import as_json
from fl_planner.record.plan import PlanRecord
from fl_planner.record.resections import ResectionsRecord, as_resections_record
from fl_planner.workup.exports import Exports
from fl_planner.workup.request import read_request

if TYPE_CHECKING:
    from fl_planner.planning.judgement import Grounds


@dataclass(frozen=True, slots=True)
class ReadRequest:
    """What the files of a request hold: the case, and what it is judged by."""

    case: Case
    grounds: Grounds

    @classmethod
    def of(cls, request: Request, trials: Path | None = None) -> ReadRequest:
        """Read all files; trials of the folder `trials` are judged beside the bundled ones.

        Raises `InputRefused`: as `read_case`, `read_trials` and `read_centre_file`.
        """
        require_present(find_named(request), request.written)
        grounds, inputs = read_grounds(trials, request.centre, request.as_of)
        case = read_case(request)
        case = replace(case, inputs=(*case.inputs, *inputs), reading_error=grounds.reading_error)
        return cls(case, grounds)

    def plan(self, *, resections: bool = True) -> Plan:
        """Plan the case; `resections` says whether those by segments are searched.

        Raises `InputRefused`: where the masks have no honest result.
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
    """Plan a request, write what was asked for, and give the plan and its record.

    - `amend`: tells more in the record before it is written, such as the growth up to this scan.
    - `read`: its files, where they are read already.

    Outputs are checked before (`Exports.check`). Nothing is written where anything is refused.
    """
    from fl_planner.record.plan import as_plan_record

    made = (read or ReadRequest.of(request, trials)).plan()
    record = as_plan_record(made, exports.profile)
    if amend is not None:
        record = amend(record)
    exports.write(request, made, record)
    return made, record


def list_resections(
    request: Request, which: str | None = None, asked: tuple[tuple[str, ...], ...] = ()
) -> ResectionsRecord:
    """List resections: those that a board weighs up, "named" or "all"; and those `asked` for.

    Raises `InputRefused`: `usage.wrong` for a cut of a branch, which no row makes;
    `resections.no_segments` where segments do not tell what each leaves; and as planning.
    """
    request.require_no_cuts("resections")
    plan = make_plan(request)
    _require_answers(plan)
    return as_resections_record(plan, _choose(plan, which, asked))


def _require_answers(plan: Plan) -> None:
    if plan.resections:
        return
    if plan.measured.segments is None:
        why, remedy = "resections are counted by segments", "add --labelmap with Couinaud segments"
        anatomy = plan.case.anatomy
        raise anatomy.refuse_unmapped("resections.no_segments", "segments", why, remedy)
    reason = "a segment is missing from the label map, so that no resection can be counted"
    remedy = "say by --absent-segment that the patient lacks it, or correct the label map"
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
    """Copy a bundled case into a new folder, plan it there, and give the record and the folder."""
    bundled = sample_case(case)
    folder = _fresh_folder()
    try:
        _copy(bundled, folder)
        request = read_request(folder / "case.toml")
        exports = Exports(picture=folder / "plan.png")
        exports.check(request)
        _, record = write_plan(request, exports)
        save(folder / "plan.json", f"{as_json(record)}\n".encode())
    except BaseException:  # also when interrupted: nothing half-made is left
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return record, folder


def _fresh_folder() -> Path:
    """Make `fl-planner-demo`, or the first free `-2`, `-3` ... of it."""
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
    """Copy the files of a case, not their modes: an installed package may be read-only."""
    try:
        for file in sorted(case.iterdir()):
            shutil.copyfile(file, folder / file.name)
    except OSError as error:
        raise _unwritable(folder, error) from error


def _unwritable(folder: Path, error: OSError) -> InputRefused:
    reason = f"cannot be made here ({error.strerror})"
    remedy = "go to a folder that you may write to, with room for it"
    return InputRefused("output.unwritable", folder.name, reason, remedy)
