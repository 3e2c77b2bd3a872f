"""Runs of a dossier, made by hand."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from fl_planner.dossier.dossier import DossierQuestion, FinishedRun, as_dossier
from fl_planner.record.files.dossier import AcceptedCaseRecord, ComparedAnswerRecord, DossierRecord
from fl_planner.record.head import InputRecord

QUESTION = DossierQuestion(Path("dossier"))


def compared(outcome: str, answer: str | None = "300") -> ComparedAnswerRecord:
    return ComparedAnswerRecord(
        name="flr_ml", expected="310", tolerance="8", answer=answer, outcome=outcome
    )


def case(id_: str, outcome: str, group: str = "own", **more: Any) -> AcceptedCaseRecord:
    given: dict[str, Any] = {
        "answers": {"flr_ml": "300", "route": "needs_data"},
        "inputs": (),
        "compared": (compared(outcome),),
    }
    return AcceptedCaseRecord(id=id_, group=group, outcome=outcome, **(given | more))


def file(digit: str) -> InputRecord:
    return InputRecord(role="flr", file="flr.nii", format="nifti1", sha256=digit * 64)


def record(cases: Sequence[AcceptedCaseRecord], different: int = 0) -> DossierRecord:
    return as_dossier(QUESTION, FinishedRun(tuple(cases), (), different))
