"""Folders as a run of a cohort leaves them, of plans whose parts are counted by hand."""

from collections.abc import Iterable
from pathlib import Path

from msgspec import json

from fl_planner.cohort.result import CaseState, Cohort, Refusal, Status, find_folder
from fl_planner.record.declaration.part import as_json
from fl_planner.record.plan import PlanRecord, as_plan_record
from tests.record.planned import made

Became = PlanRecord | Refusal | str | None  # a str: how it failed; None: not yet processed
KEY = {"inputs": "0", "facts": "1", "protocols": "2", "options": "3", "version": "4"}
PLANNED = as_plan_record(made())
NO_LIVER = Refusal(
    code="input.no_liver", source="liver", reason="no liver mask was given", remedy="give one"
)


def write_run(out: Path, cases: Iterable[tuple[str, Became]]) -> Path:
    """Write the folder of a run of these cases."""
    cases = [*cases]
    cohort = Cohort(version="0.1.0", source="case files", ids=tuple(name for name, _ in cases))
    (out / "cohort.json").write_bytes(json.encode(cohort))
    for name, became in cases:
        if became is not None:
            _write_case(out, name, became)
    return out


def _write_case(out: Path, name: str, became: PlanRecord | Refusal | str) -> None:
    folder = find_folder(out, name)
    folder.mkdir(parents=True)
    status: Status = "failed"
    if isinstance(became, PlanRecord):
        status = "planned"
        (folder / "plan.json").write_text(as_json(became) + "\n", "utf-8")
    elif isinstance(became, Refusal):
        status = "refused"
    state = CaseState(
        id=name,
        status=status,
        key=KEY,
        refusal=became if isinstance(became, Refusal) else None,
        failure=became if isinstance(became, str) else None,
    )
    (folder / "state.json").write_bytes(json.encode(state))
