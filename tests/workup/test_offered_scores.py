"""What blood tests on file come to is offered wherever it is asked for, and answers nothing."""

import json
from pathlib import Path
from typing import Any

import pytest

from fl_planner.workup.judge import JudgedFile, judge_file
from tests.cli.outside import Record, ask
from tests.record.schemas import require_valid

# 55 years, male, 1.09 mg/dL: 175·1.09^-1.154·55^-0.203 = 70.2; 72 kg: 85·72/(72·1.09) = 77.98
FACTS: dict[str, Any] = {
    "crlm_present": True,
    "hcc_present": False,
    "age": {"value": 55, "unit": "a"},
    "sex": "male",
    "creatinine": {"value": 1.09, "unit": "mg/dL"},
}
EGFR = "computed: 70.2 mL/min/1.73 m² (MDRD-4), to be confirmed"
CASE = """\
schema = 1
id = "case-001"
diagnosis = "crlm"
[masks]
[patient]
weight_kg = 72
[scores]
encephalopathy = "none"
[facts]
age = { value = 55, unit = "a" }
sex = "male"
ascites = "none"
creatinine = { value = 1.09, unit = "mg/dL", date = 2026-05-02 }
bilirubin_total = { value = 1, unit = "mg/dL", date = 2026-05-02 }
albumin = { value = 4, unit = "g/dL", date = 2026-05-02 }
inr = { value = 1.0, unit = "1", date = 2026-05-02 }
"""


def judged(path: Path, text: str) -> JudgedFile:
    path.write_text(text, "utf-8")
    return judge_file(path)


def offers(done: JudgedFile) -> dict[str, str]:
    questions = done.judged.route.questions
    return {str(one.key): one.computed.says for one in questions if one.computed}


def answers(done: JudgedFile) -> dict[str, str]:
    return {
        f"{trial.trial.id} {one.criterion.id}": one.truth.name
        for trial in done.judged.judgements
        for one in trial.answers
    }


def test_a_file_of_facts_is_offered_its_filtration(tmp_path: Path) -> None:
    done = judged(tmp_path / "facts.json", json.dumps(FACTS))
    assert offers(done) == {"egfr_mdrd": EGFR}


def test_h15_a_case_of_metastases_without_masks_states_a_computed_class_b(tmp_path: Path) -> None:
    """Bilirubin 4.2 mg/dL 3, albumin 28 g/L 2, INR 1.2 1, small ascites 2: 9 with the 1 of none."""
    done = judged(
        tmp_path / "case.toml",
        'schema = 1\ndiagnosis = "crlm"\n[scores]\nencephalopathy = "none"\n[facts]\n'
        'bilirubin_total = { value = 4.2, unit = "mg/dL", date = 2026-05-01 }\n'
        'albumin = { value = 28, unit = "g/L", date = 2026-05-01 }\n'
        'inr = { value = 1.2, unit = "1", date = 2026-05-01 }\nascites = "small"\n'
        'liver_tumour_resectability = "unresectable"\n',
    )
    (risk,) = (one for one in done.findings if one.code == "risk.on_file")
    assert "Child-Pugh class B (9 points) computed" in risk.message


def test_h16_an_offer_answers_no_criterion(tmp_path: Path) -> None:
    """PUMP-IT I13h, an eGFR of at least 45, waits for a person to confirm the 70.2."""
    offered = judged(tmp_path / "facts.json", json.dumps(FACTS))
    confirmed = {**FACTS, "egfr_mdrd": {"value": 70.2, "unit": "mL/min/{1.73_m2}"}}
    typed = judged(tmp_path / "typed.json", json.dumps(confirmed))
    assert "egfr_mdrd_ml_per_min_per_1_73m2" not in offered.judged.facts
    assert answers(offered)["NCT06857773 I13h"] == "UNKNOWN"
    assert answers(typed)["NCT06857773 I13h"] == "TRUE"
    assert offers(typed) == {}


@pytest.mark.parametrize(("entered", "codes"), [(44, ["score.egfr_apart"]), (70, [])])
def test_h15_facts_with_an_egfr_that_creatinine_contradicts_state_it(
    tmp_path: Path, entered: int, codes: list[str]
) -> None:
    """PUMP-IT I13h, an eGFR of at least 45 or a clearance: the creatinine comes to 70.2."""
    typed = {**FACTS, "egfr_mdrd": {"value": entered, "unit": "mL/min/{1.73_m2}"}}
    done = judged(tmp_path / "facts.json", json.dumps(typed))
    assert [one.code for one in done.findings] == codes
    assert answers(done)["NCT06857773 I13h"] == ("TRUE" if entered == 70 else "UNKNOWN")


@pytest.mark.parametrize(("entered", "codes"), [(8, ["score.child_pugh_apart"]), (9, [])])
def test_h15_facts_with_a_child_pugh_below_their_blood_tests_state_it(
    tmp_path: Path, entered: int, codes: list[str]
) -> None:
    """Bilirubin 4 mg/dL 3, large ascites 3, albumin 41 g/L 1, INR 1 1: 9 with the 1 of none."""
    typed = {
        "hcc_present": True, "bilirubin_total": {"value": 4, "unit": "mg/dL"}, "ascites": "large",
        "albumin": {"value": 41, "unit": "g/L"}, "inr": {"value": 1, "unit": "1"},
        "labs_age": {"value": 7, "unit": "d"}, "child_pugh_score": entered,
    }  # fmt: skip
    done = judged(tmp_path / "facts.json", json.dumps(typed))
    assert [one.code for one in done.findings if one.code.startswith("score.")] == codes


@pytest.mark.parametrize(("entered", "codes"), [(40, ["score.clearance_apart"]), (78, [])])
def test_h15_a_case_with_a_clearance_that_creatinine_contradicts_states_it(
    tmp_path: Path, entered: int, codes: list[str]
) -> None:
    """NCT06449937 I10f, a clearance above 50 mL/min: the creatinine comes to 78.0."""
    line = f'creatinine_clearance = {{ value = {entered}, unit = "mL/min" }}\n'
    done = judged(tmp_path / "case.toml", CASE + line)
    assert [one.code for one in done.findings if one.code.startswith("score.")] == codes


def test_a_case_without_masks_is_offered_clearance_and_child_pugh(tmp_path: Path) -> None:
    assert offers(judged(tmp_path / "case.toml", CASE)) == {
        "child_pugh_class": "computed: A (Child-Pugh), to be confirmed",
        "child_pugh_score": "computed: 5 (Child-Pugh), to be confirmed",
        "creatinine_clearance": "computed: 78.0 mL/min (Cockcroft-Gault), to be confirmed",
        "egfr_mdrd": EGFR,
    }


@pytest.mark.parametrize(("drug", "codes"), [("true", ["score.inr_of_drug"]), ("false", [])])
def test_h16_an_offered_child_pugh_states_its_doubts(
    tmp_path: Path, drug: str, codes: list[str]
) -> None:
    done = judged(tmp_path / "case.toml", CASE + f"anticoagulant_use = {drug}\n")
    assert [one.code for one in done.findings if one.code.startswith("score.")] == codes


@pytest.mark.slow
def test_judge_states_it_as_record_and_at_the_terminal(tmp_path: Path) -> None:
    path = tmp_path / "facts.json"
    path.write_text(json.dumps(FACTS), "utf-8")
    record = require_valid(ask("trials", "judge", path, "--json").record)
    (asked,) = (one for one in record["route"]["questions"] if one.get("computed"))
    assert (asked["key"], asked["computed"]["says"]) == ("egfr_mdrd", EGFR)
    assert asked["computed"]["value"] == pytest.approx(70.235, abs=0.001)
    assert "computed: 70.2 mL/min/1.73 m²" in said("trials", "judge", path, "-v")


def said(*args: object) -> str:
    return " ".join(ask(*args).out.split())


def listed(tmp_path: Path) -> Path:
    path = tmp_path / "list.jsonl"
    without = {key: value for key, value in FACTS.items() if key != "creatinine"}
    rows = [json.dumps({"id": id_, **facts}) for id_, facts in (("p", FACTS), ("q", without))]
    path.write_text("\n".join(rows), "utf-8")
    return path


def test_a_list_offers_it_next_to_each_patient(tmp_path: Path) -> None:
    record = require_valid(ask("screen", listed(tmp_path), "--json").record)
    rows: dict[str, Record] = {row["id"]: row for row in record["rows"]}
    (offered,) = rows["p"]["computed"]
    assert (offered["key"], offered["says"]) == ("egfr_mdrd", EGFR)
    assert "computed" not in rows["q"]
    assert rows["p"]["verdicts"] == rows["q"]["verdicts"]
    assert rows["p"]["questions"] == rows["q"]["questions"] - 1  # the creatinine is not asked again


def test_a_list_offers_it_in_table_and_csv(tmp_path: Path) -> None:
    path = listed(tmp_path)
    header, first, second = ask("screen", path, "--csv").out.splitlines()
    place = header.split(",").index("computed")
    assert first.split(",")[place].strip('"') == f"egfr_mdrd {EGFR}".partition(",")[0]
    assert second.split(",")[place] == ""
    assert "eGFR by MDRD (not CKD-EPI): computed: 70.2" in said("screen", path)
