"""From a request to a plan, and to all that is written of one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from fl_planner.intake.documents.protocols import read_grounds
from fl_planner.intake.reading.file_names import require_present
from fl_planner.intake.request.read_case import find_files_of, read_case
from fl_planner.intake.request.request import Request
from fl_planner.planning.given.case import Case
from fl_planner.planning.plan import Plan, plan

if TYPE_CHECKING:
    from fl_planner.planning.judgement import Grounds
    from fl_planner.record.plan import PlanRecord
    from fl_planner.workup.exports import Exports


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
        require_present(find_files_of(request), request.written)
        grounds, inputs = read_grounds(trials, request.centre, request.as_of)
        case = read_case(request)
        case = replace(case, inputs=(*case.inputs, *inputs), reading_error=grounds.reading_error)
        return cls(case, grounds)

    def plan(self) -> Plan:
        """Plan the case.

        Raises `InputRefused`: where the masks have no honest result.
        """
        grounds = self.grounds
        return plan(self.case, grounds.trials, grounds.protocols, grounds.centre)


def make_plan(request: Request, trials: Path | None = None) -> Plan:
    """Read all files of a request and plan its case, as `ReadRequest` does."""
    return ReadRequest.of(request, trials).plan()


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
