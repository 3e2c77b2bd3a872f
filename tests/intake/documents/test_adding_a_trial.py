"""docs/adding-a-trial.md: its invented trial is read, judged beside the others, and asked about."""

import re
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from fl_planner.basis.three_valued import Truth
from fl_planner.intake.documents.protocols import read_grounds
from fl_planner.planning.judgement import Grounds, Judged, judge_stated
from fl_planner.trials.condition import RULES
from fl_planner.trials.criterion import Centre, Offer
from fl_planner.trials.judge import Judgement, Verdict
from fl_planner.trials.load import ALLOWED
from fl_planner.trials.statements import parse_stated
from tests.cli.outside import REPOSITORY, told

PAGE = (REPOSITORY / "docs" / "adding-a-trial.md").read_text("utf-8")
MET, NOT_MET, UNKNOWN = Truth.TRUE, Truth.FALSE, Truth.UNKNOWN


def amount(value: Any, unit: str) -> dict[str, Any]:
    return {"value": value, "unit": unit}


PATIENT: dict[str, Any] = {  # 300 of 1500 mL are 20 %
    "age": amount(75, "a"),
    "crlm_present": True,
    "hcc_present": False,
    "total_liver_volume": amount(1600, "mL"),
    "tumour_volume": amount(100, "mL"),
    "flr_volume": amount(300, "mL"),
    "creatinine": amount(90, "umol/L"),
    "creatinine_uln": amount(60, "umol/L"),
    "labs_age": amount(10, "d"),
    "lesion_count": 8,
    "liver_tumour_resectability": "potentially_resectable",
    "extrahepatic_status": "none",
    "other_malignancy_history": False,
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (example,) = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    (tmp_path / "harbour.toml").write_text(example, "utf-8")
    return tmp_path


def judge(folder: Path, facts: dict[str, Any], centre: Centre | None = None) -> Judged:
    stated, errors = parse_stated(facts)
    assert errors == ()
    grounds, files = read_grounds(folder, None, None)
    assert [file.file for file in files] == ["harbour.toml"]
    return judge_stated(stated, Grounds(grounds.trials, grounds.protocols, centre))


def harbour(folder: Path, **changes: Any) -> Judgement:
    facts = {key: entry for key, entry in (PATIENT | changes).items() if entry is not None}
    last = judge(folder, facts).judgements[-1]
    assert last.trial.id == "HARBOUR-1"
    return last


CANCER = {"other_malignancy_history": True}
CURED = CANCER | {"other_malignancy_kind": "other"}


@pytest.mark.essential
@pytest.mark.slow
@pytest.mark.parametrize(
    ("changes", "id_", "truth"),
    [
        ({}, "I1", MET),
        ({"age": "76 a"}, "I1", NOT_MET),
        ({"age": "18 a"}, "I1", MET),
        ({"age": "17.99 a"}, "I1", NOT_MET),
        ({}, "I2", MET),
        ({"flr_volume": "299.9 mL"}, "I2", NOT_MET),
        ({"flr_volume": "525 mL"}, "I2", NOT_MET),
        ({"flr_volume": "524.9 mL"}, "I2", MET),
        ({}, "I3", MET),
        ({"creatinine": "90.1 umol/L"}, "I3", UNKNOWN),
        ({"creatinine": "90.1 umol/L", "creatinine_clearance": "50 mL/min"}, "I3", NOT_MET),
        ({}, "I4", MET),
        ({"labs_age": "11 d"}, "I4", NOT_MET),
        ({}, "I5", MET),
        ({"lesion_count": 9}, "I5", NOT_MET),
        ({"liver_tumour_resectability": None}, "I5", UNKNOWN),
        ({}, "E1", NOT_MET),
        ({"extrahepatic_status": "confirmed"}, "E1", MET),
        ({"extrahepatic_status": "indeterminate"}, "E1", UNKNOWN),
        ({"other_malignancy_history": None}, "E2", UNKNOWN),
        (CANCER, "E2", UNKNOWN),
        (CURED | {"other_malignancy_disease_free": "3 a"}, "E2", NOT_MET),
        (CURED | {"other_malignancy_disease_free": "2.9 a"}, "E2", MET),
    ],
)
def test_what_the_page_states_is_what_is_judged(
    folder: Path, changes: dict[str, Any], id_: str, truth: Truth
) -> None:
    exact = {key: typed(entry) for key, entry in changes.items()}
    answers = {answer.criterion.id: answer for answer in harbour(folder, **exact).answers}
    assert answers[id_].truth is truth


def typed(entry: Any) -> Any:
    """Read a number and its unit as an amount; what is none stays."""
    number, _, unit = str(entry).partition(" ")
    return amount(Decimal(number), unit) if unit else entry


def test_the_patient_of_the_page_is_eligible_and_the_headline_is_not_its_own(folder: Path) -> None:
    assert harbour(folder).verdict is Verdict.ELIGIBLE
    route = judge(folder, PATIENT).route
    assert "trial_harbour" in {other.name for other in route.alternatives}
    assert route.name != "trial_harbour"


def test_only_the_boards_word_is_missing(folder: Path) -> None:
    assert harbour(folder, liver_tumour_resectability=None).only_human_open
    assert not harbour(folder, liver_tumour_resectability=None, lesion_count=None).only_human_open


def test_a_trial_of_ones_own_asks_too_unless_it_is_closed(folder: Path) -> None:
    missing = {key: entry for key, entry in PATIENT.items() if key != "labs_age"}
    offers = {f"NCT0{n}": Offer("closed") for n in (5428735, 6449937, 4562727, 6857773)}
    here = Centre("Site 7", date(2026, 11, 1), {**offers, "HARBOUR-1": Offer("open")})
    route = judge(folder, missing, here).route
    assert route.pending == ("HARBOUR-1",)
    (question,) = [one for one in route.questions if one.criteria]
    assert (question.key, question.asked_of) == ("labs_age", "chart")
    assert question.criteria == (("HARBOUR-1", "I4"),)
    closed = Centre("Site 7", date(2026, 11, 1), {**offers, "HARBOUR-1": Offer("closed")})
    assert not any(one.criteria for one in judge(folder, missing, closed).route.questions)


def test_nobody_with_another_cancer_is_asked_for_it(folder: Path) -> None:
    route = judge(folder, {"hcc_present": True, "crlm_present": False}).route
    asked = {trial for question in route.questions for trial, _ in question.criteria}
    assert asked == {"NCT06178198"}


def test_the_commands_of_the_page(folder: Path) -> None:
    shown = told("trials", "show", "HARBOUR-1", "--trials", folder)
    assert [one["id"] for one in shown["criteria"]] == ["I1", "I2", "I3", "I4", "I5", "E1", "E2"]


@pytest.mark.parametrize("words", ["kind", "asked_of", "changes", "by"])
def test_the_page_names_every_word_of_the_language(words: str) -> None:
    assert all(f"`{word}`" in PAGE for word in ALLOWED[words])


def test_the_page_names_every_rule() -> None:
    assert all(f"`{rule}`" in PAGE for rule in RULES)
