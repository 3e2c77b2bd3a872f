"""What became of a case of a cohort, and how the folder of a run keeps it.

`cohort.json` names the cases in their order; `cases/NAME/state.json` says what became of one, and
beside it lies `plan.json` where it was planned, the very bytes of `plan --json`.
"""

from __future__ import annotations

import json as stdlib_json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, TypeVar

from msgspec import Struct, json

from fl_planner.basis.findings import InputRefused
from fl_planner.formats.stored.temporary import DEFECT
from fl_planner.record.declaration.json_form import read_record
from fl_planner.record.declaration.part import as_dict, as_json
from fl_planner.record.head import FindingRecord
from fl_planner.record.plan import PlanRecord
from fl_planner.workup.many import find_same_patients

if TYPE_CHECKING:
    from fl_planner.planning.plan import Plan

Status = Literal["planned", "refused", "failed"]
Told = TypeVar("Told", bound=Struct)

COHORT, CASES, STATE, PLAN = "cohort.json", "cases", "state.json", "plan.json"
REPORT, PICTURE, LISTED = "report.html", "picture.png", "worklist.json"
COHORT_SCHEMA: Final = "fl_planner.cohort/1"
CASE_SCHEMA: Final = "fl_planner.cohort.case/1"
SAFE = r"[A-Za-z0-9_-]([A-Za-z0-9._-]*[A-Za-z0-9_-])?"
LONGEST = 80  # characters of an id that is a folder's name as it stands
WITHHELD = ("not_answered", "volumes_contradict")  # pathways that answer nothing by an FLR
REDO = "run the cohort again into this folder: cases whose result holds are not planned twice"


class Cohort(Struct, frozen=True, kw_only=True):
    """Which cases a run is of.

    - `version`: of fl_planner.
    - `source`: the kind of source that named them.
    - `ids`: in their order, each once.
    """

    schema: Literal["fl_planner.cohort/1"] = COHORT_SCHEMA
    version: str
    source: str
    ids: tuple[str, ...]


class KeptPatient(Struct, frozen=True):
    """What is kept of a patient: exact numbers as texts, and the row without its number.

    The number is that of the case in its run, which another run may tell otherwise.
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
    """What became of a case.

    - `key`: hashes of all that its result rests on, by what they are of.
    - `refusal`: where it was refused; `failure`: in words, where it did not end.
    - `tries`: how often it was begun.
    - `files`: what the files are that the case names, by base name; of one that was not planned.
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

    - `doubts`: what the run found of it beside other cases.
    - `files`: what its files are, by base name, where it was not planned.
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
        """What its plan found, and the run; errors and warnings of the run first."""
        return self.doubts if self.plan is None else (*self.doubts, *self.plan.findings)

    def count_findings(self, severity: str) -> int:
        """Count the findings of a severity."""
        return len([one for one in self.findings if one.severity == severity])

    def __post_init__(self) -> None:
        """Refuse a result that is none of the three, or two of them."""
        told = {"planned": self.plan, "refused": self.refusal, "failed": self.failure}
        if [name for name, one in told.items() if one is not None] != [self.status]:
            reason = f"is {self.status}, and what it holds says otherwise"
            raise InputRefused("cohort.result", self.id, reason, REDO)


def name_folder(case_id: str) -> str:
    """Name the folder of a case: its id, or where that is no safe name one that is its own.

    Examples
    --------
    >>> name_folder("case-001"), name_folder("../Leber 1")
    ('case-001', 'Leber_1~ed95163a92cfdaea')
    """
    if len(case_id) <= LONGEST and re.fullmatch(SAFE, case_id):
        return case_id
    stem = re.sub(r"[^A-Za-z0-9_-]+", "_", case_id).strip("_")[:40]
    return f"{stem}~{sha256(case_id.encode('utf-8', 'surrogatepass')).hexdigest()[:16]}"


def find_folder(out: Path, case_id: str) -> Path:
    """Find where the folder of a run keeps a case."""
    return out / CASES / name_folder(case_id)


def read_cohort(out: Path) -> Cohort:
    """Read which cases a run is of.

    Raises `InputRefused`: `cohort.unreadable` for a folder that holds no run, or a damaged one.
    """
    return _read(out / COHORT, Cohort)


def read_state(folder: Path) -> CaseState:
    """Read what became of the case of a folder.

    Raises `InputRefused`: `cohort.unreadable`.
    """
    return _read(folder / STATE, CaseState)


def read_results(out: Path) -> Iterator[CaseResult]:
    """Read what became of each case, in the order of the run; of one not yet tried there is none.

    Raises `InputRefused`: `cohort.unreadable` for a damaged file, `cohort.result` for one that
    does not say what the others do.
    """
    doubts = find_doubts(out)
    for case_id in read_cohort(out).ids:
        folder = find_folder(out, case_id)
        if (folder / STATE).exists():
            yield replace(_read_result(folder, case_id), doubts=doubts.get(case_id, ()))


def find_doubts(out: Path) -> dict[str, tuple[FindingRecord, ...]]:
    """Find what is doubtful of cases beside others of the run, by their ids.

    Raises `InputRefused`: as `read_cohort`.
    """
    plans = ((one, find_folder(out, one) / PLAN) for one in read_cohort(out).ids)
    return find_same_patients(plans)


def _read_result(folder: Path, case_id: str) -> CaseResult:
    state = read_state(folder)
    if state.id != case_id:
        raise InputRefused("cohort.result", case_id, "its folder holds another case", REDO)
    plan = _read_plan(folder / PLAN) if state.status == "planned" else None
    told = state.refusal, state.failure
    return CaseResult(case_id, state.status, folder, plan, *told, files=state.files)


def _read_plan(path: Path) -> PlanRecord:
    try:
        plain = stdlib_json.loads(path.read_bytes())  # takes what a file's name is that is no UTF-8
        return read_record(PlanRecord, plain)
    except (OSError, ValueError, RecursionError) as error:
        raise unreadable(path) from error


def _read(path: Path, kind: type[Told]) -> Told:
    try:
        return json.decode(path.read_bytes(), type=kind)
    except (OSError, ValueError) as error:
        raise unreadable(path) from error


def find_unanswered(record: PlanRecord) -> str | None:
    """Find why a plan has no answer on the FLR; None where it has one."""
    pathway = record.judged.pathway
    if record.volumes.find_share("flr") is not None and pathway.name not in WITHHELD:
        return None
    return pathway.headline


def tell_patient(plan: Plan, unanswered: str | None = None) -> bytes:
    """Tell a planned case as a row of a worklist, to be kept beside its plan."""
    from fl_planner.planning.worklist_order import find_pressing
    from fl_planner.screening.worklist import Screened
    from fl_planner.screening.worklist_record import as_screened_record

    case, judged = plan.case, plan.judged
    pressing = find_pressing(judged)
    screened = Screened(1, case.id, judged, plan.findings, pressing, of_case=True, plan=plan)
    row = as_dict(as_screened_record(screened, clinical=False))
    del row["row"]
    order = [str(one) for one in pressing.order]
    kept = {"order": order, "row": row, "unanswered": unanswered}
    return f"{as_json(kept)}\n".encode()


def unreadable(path: Path) -> InputRefused:
    """Refuse a file of a run's folder that no run wrote."""
    name = path.name if path.name == COHORT else f"{path.parent.name}/{path.name}"
    reason = "is not there, or is not what a run of a cohort writes"
    return InputRefused("cohort.unreadable", name, reason, REDO)


def refuse_failed(state: CaseState) -> InputRefused:
    """Say why a case ended without an answer: by a defect of ours, or from outside."""
    reason = state.failure or "did not end"
    if reason.startswith(DEFECT):
        return InputRefused("cohort.defect", state.id, reason, "report it")
    return InputRefused("cohort.failed", state.id, reason, REDO)
