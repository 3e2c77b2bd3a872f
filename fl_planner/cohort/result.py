"""Results of the cases of a cohort, as stored in the folder of a run.

`cohort.json` lists the cases in order; `cases/NAME/state.json` contains the status of a case, and
`plan.json` next to it the output of `plan --json` if it was planned.
"""

from __future__ import annotations

import json as stdlib_json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, Literal, TypeVar

from msgspec import Struct, json

from fl_planner.basis.findings import InputRefused
from fl_planner.formats.stored.temporary import DEFECT, DEVICES
from fl_planner.planning.plan import Plan
from fl_planner.record.declaration.json_form import read_record
from fl_planner.record.declaration.part import as_dict, as_json
from fl_planner.record.head import FindingRecord
from fl_planner.record.plan import PlanRecord
from fl_planner.workup.many import find_same_patients

Status = Literal["planned", "refused", "failed"]
Kept = TypeVar("Kept", bound=Struct)

COHORT, CASES, STATE, PLAN = "cohort.json", "cases", "state.json", "plan.json"
SHARDS, SHARD_NAME = "shards", r"([1-9]\d*)-of-([1-9]\d*)"
REPORT, PICTURE, LISTED = "report.html", "picture.png", "worklist.json"
COHORT_SCHEMA: Final = "fl_planner.cohort/1"
CASE_SCHEMA: Final = "fl_planner.cohort.case/1"
SAFE = r"[A-Za-z0-9_-]([A-Za-z0-9._-]*[A-Za-z0-9_-])?"
LONGEST = 80  # characters of an id that is used as a folder name unchanged
WITHHELD = ("not_answered", "volumes_contradict")  # pathways without an FLR answer
REDO = (
    "run the cohort again with the same --out folder; cases with a valid result are not planned "
    "again"
)


class Cohort(Struct, frozen=True, kw_only=True):
    """The cases of a run.

    - `version`: version of fl_planner.
    - `source`: kind of source.
    - `ids`: ids in order, each once.
    """

    schema: Literal["fl_planner.cohort/1"] = COHORT_SCHEMA
    version: str
    source: str
    ids: tuple[str, ...]


class KeptPatient(Struct, frozen=True):
    """Stored worklist row of a patient: exact sort key as texts, and the row without its number.

    The number of a case may differ between runs.
    """

    order: tuple[str, ...]
    row: dict[str, Any]
    unanswered: str | None = None


class Refusal(Struct, frozen=True, kw_only=True):
    """Why a case has no plan."""

    code: str
    source: str
    reason: str
    remedy: str


class CaseState(Struct, frozen=True, kw_only=True):
    """Stored status of a case.

    - `key`: hashes of its inputs and settings, by kind.
    - `refusal`: refusal, if it was refused; `failure`: reason, if it was not completed.
    - `tries`: number of attempts.
    - `files`: roles of its files by base name, if it was not planned.
    """

    schema: Literal["fl_planner.cohort.case/1"] = CASE_SCHEMA
    id: str
    status: Status
    key: dict[str, str]
    refusal: Refusal | None = None
    failure: str | None = None
    tries: int = 1
    files: dict[str, str] = {}


@dataclass(frozen=True, slots=True)
class CaseResult:
    """A case of a cohort: its plan, or why there is none.

    - `doubts`: findings from comparison with other cases.
    - `files`: roles of its files by base name, if it was not planned.
    """

    id: str
    status: Status
    folder: Path
    plan: PlanRecord | None = None
    refusal: Refusal | None = None
    failure: str | None = None
    doubts: tuple[FindingRecord, ...] = ()
    files: Mapping[str, str] = field(default_factory=dict)

    @property
    def findings(self) -> tuple[FindingRecord, ...]:
        """Findings of the run and of its plan."""
        return self.doubts if self.plan is None else (*self.doubts, *self.plan.findings)

    def count_findings(self, severity: str) -> int:
        """Count the findings of a severity."""
        return len([finding for finding in self.findings if finding.severity == severity])

    def __post_init__(self) -> None:
        """Refuse a result whose status and content disagree."""
        parts = {"planned": self.plan, "refused": self.refusal, "failed": self.failure}
        if [name for name, part in parts.items() if part is not None] != [self.status]:
            reason = f"has status {self.status}, which contradicts its content"
            raise InputRefused("cohort.result", self.id, reason, REDO)


def name_folder(case_id: str) -> str:
    """Return the folder name of a case: its id, or a unique name if the id is not safe.

    Examples
    --------
    >>> name_folder("case-001"), name_folder("../Leber 1"), name_folder("con")
    ('case-001', 'Leber_1~ed95163a92cfdaea', 'con~1143da2bc54c495c')
    """
    is_safe = re.fullmatch(SAFE, case_id) and not re.fullmatch(DEVICES, case_id)
    if len(case_id) <= LONGEST and is_safe:
        return case_id
    stem = re.sub(r"[^A-Za-z0-9_-]+", "_", case_id).strip("_")[:40]
    return f"{stem}~{sha256(case_id.encode('utf-8', 'surrogatepass')).hexdigest()[:16]}"


def find_cases(out: Path) -> Path:
    """Return the folder of all cases of a run; for a shard, the folder of its run.

    Examples
    --------
    >>> find_cases(Path("night")).as_posix(), find_cases(Path("night/shards/7-of-9")).as_posix()
    ('night/cases', 'night/cases')
    """
    return (out.parent.parent if is_shard(out) else out) / CASES


def is_shard(out: Path) -> bool:
    """Whether a folder belongs to a shard."""
    return read_shard_folder(out) is not None


def read_shard_folder(out: Path) -> tuple[int, int] | None:
    """Return the number of a shard, and that of all shards; None if a folder is of no shard.

    Examples
    --------
    >>> read_shard_folder(Path("night/shards/7-of-9")), read_shard_folder(Path("night"))
    ((7, 9), None)
    """
    named = re.fullmatch(SHARD_NAME, out.name) if out.parent.name == SHARDS else None
    return None if named is None else (int(named[1]), int(named[2]))


def find_folder(out: Path, case_id: str) -> Path:
    """Return the folder of a case."""
    return find_cases(out) / name_folder(case_id)


def read_cohort(out: Path) -> Cohort:
    """Read the list of cases of a run.

    Raises `InputRefused`: `cohort.unreadable` if it is missing or damaged.
    """
    return _read(out / COHORT, Cohort)


def read_state(folder: Path) -> CaseState:
    """Read the status of the case in a folder.

    Raises `InputRefused`: `cohort.unreadable`.
    """
    return _read(folder / STATE, CaseState)


def read_results(out: Path) -> Iterator[CaseResult]:
    """Read the results of the cases processed so far, in order.

    Raises `InputRefused`: `cohort.unreadable` for a damaged file, `cohort.result` for a file that
    contradicts other files.
    """
    doubts = find_doubts(out)
    for case_id in read_cohort(out).ids:
        if (find_folder(out, case_id) / STATE).exists():
            yield read_result(out, case_id, doubts.get(case_id, ()))


def find_doubts(out: Path) -> dict[str, tuple[FindingRecord, ...]]:
    """Find doubts from comparison of the cases of a run, by id.

    Raises `InputRefused`: see `read_cohort`.
    """
    plans = ((id_, find_folder(out, id_) / PLAN) for id_ in read_cohort(out).ids)
    return find_same_patients(plans)


def read_result(out: Path, case_id: str, doubts: tuple[FindingRecord, ...] = ()) -> CaseResult:
    """Read the result of a case; `doubts`: findings from comparison with other cases.

    Raises `InputRefused`: see `read_results`.
    """
    folder = find_folder(out, case_id)
    state = read_state(folder)
    if state.id != case_id:
        raise InputRefused("cohort.result", case_id, "its folder contains another case", REDO)
    plan = _read_plan(folder / PLAN) if state.status == "planned" else None
    why = state.refusal, state.failure
    return CaseResult(case_id, state.status, folder, plan, *why, doubts, state.files)


def _read_plan(path: Path) -> PlanRecord:
    try:
        plain = stdlib_json.loads(path.read_bytes())  # accepts file names that are not UTF-8
        return read_record(PlanRecord, plain)
    except (OSError, ValueError, RecursionError) as error:
        raise unreadable(path) from error


def _read(path: Path, kind: type[Kept]) -> Kept:
    try:
        return json.decode(path.read_bytes(), type=kind)
    except (OSError, ValueError) as error:
        raise unreadable(path) from error


def find_unanswered(record: PlanRecord) -> str | None:
    """Return why a plan has no answer on the FLR, measured or entered; None if it has one."""
    pathway, typed = record.judged.pathway, record.judged.typed_flr
    known = typed is not None or record.volumes.find_share("flr") is not None
    return None if known and pathway.name not in WITHHELD else pathway.headline


def format_patient(plan: Plan, unanswered: str | None = None) -> bytes:
    """Format the worklist row of a planned case, to be saved with its plan."""
    from fl_planner.planning.worklist_order import judge_urgency
    from fl_planner.screening.worklist import Screened
    from fl_planner.screening.worklist_record import as_screened_record

    case, judged = plan.case, plan.judged
    pressing = judge_urgency(judged)
    screened = Screened(1, case.id, judged, plan.findings, pressing, of_case=True, plan=plan)
    row = as_dict(as_screened_record(screened, clinical=False))
    del row["row"]
    order = [str(key) for key in pressing.order]
    kept = {"order": order, "row": row, "unanswered": unanswered}
    return f"{as_json(kept)}\n".encode()


def unreadable(path: Path) -> InputRefused:
    """Return the refusal of a file in a run's folder that is missing or damaged."""
    name = path.name if path.name == COHORT else f"{path.parent.name}/{path.name}"
    reason = "is missing or damaged, or was not written by a cohort run"
    return InputRefused("cohort.unreadable", name, reason, REDO)


def refuse_failed(state: CaseState) -> InputRefused:
    """Return the refusal of a case that failed because of a program defect or an external cause."""
    reason = state.failure or "was not completed"
    if reason.startswith(DEFECT):
        return InputRefused("cohort.defect", state.id, reason, "report this defect")
    return InputRefused("cohort.failed", state.id, reason, REDO)
