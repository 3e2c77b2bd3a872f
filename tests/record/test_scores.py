"""Scores in a plan: as a record, on a table, and from a case file."""

from datetime import date
from fractions import Fraction
from pathlib import Path

from fl_planner.intake.documents.case_file import read_case_file
from fl_planner.planning.given.case import ScoreFacts
from fl_planner.record.plan import as_record
from fl_planner.report.terminal.plan import plan_table
from fl_planner.trials.statements import parse_stated
from tests.cases import each_case
from tests.cli.outside import SMALL, Record, case_toml, told
from tests.record.planned import made, read_plan, shown
from tests.record.schemas import require_valid

DAY = date(2026, 5, 2)
FACTS = {
    "bilirubin_total": {"value": 20, "unit": "umol/L", "date": DAY},
    "albumin": {"value": 40, "unit": "g/L", "date": DAY},
    "inr": {"value": 1, "unit": "1", "date": DAY},
    "creatinine": {"value": 85, "unit": "umol/L", "date": DAY},
    "sex": "male",
    "age": {"value": 61, "unit": "a"},
}
TABLE = """
[masks]
liver = "liver.nii"
tumour = "tumour.nii"
flr = "flr.nii"
[facts]
bilirubin_total = { value = 20, unit = "umol/L", date = 2026-05-02 }
albumin = { value = 40, unit = "g/L", date = 2026-05-02 }
inr = { value = 1, unit = "1", date = 2026-05-02 }
ascites = "none"
[scores]
"""


def record(profile: str = "shareable", more: ScoreFacts | None = None) -> Record:
    stated, errors = parse_stated(FACTS)
    assert errors == ()
    plan = made(stated=stated, as_of=date(2026, 5, 20), score_facts=more or ScoreFacts())
    return require_valid(as_record(plan, profile))  # type: ignore[arg-type]


def test_a_known_score_and_an_unknown_one() -> None:
    scores = record()["scores"]
    assert scores["albi"]["known"] is True
    assert scores["albi"]["labs_age_days"] == 18
    assert "labs_date" not in scores["albi"]
    assert scores["meld"] == {"known": False, "missing": ["dialysis"], "same_day": "yes"}
    assert record("clinical")["scores"]["albi"]["labs_date"] == "2026-05-02"


def test_the_table_shows_each_score_on_a_line() -> None:
    told_ = record(more=ScoreFacts(Fraction(138), DAY, "none", False))
    out = shown(plan_table(read_plan(told_), verbose=True))
    assert "ALBI: -2.54, grade 2" in out  # 0.66·log10(20) - 0.085·40 = -2.541
    assert "Child-Pugh: unknown; not known: ascites" in out
    assert "MELD: 7" in out  # 6.43 + 3.78·ln(20 / 17.104) = 7.02
    # 142·(0.9615/0.9)^-1.2·0.9938^61 = 89.8
    assert "eGFR: 90 mL/min/1.73 m² (CKD-EPI 2021)" in " ".join(out.split())


def test_h09_an_impossible_value_is_not_called_missing() -> None:
    facts = {**FACTS, "creatinine": {"value": 9000, "unit": "umol/L"}}
    told_ = as_record(made(stated=parse_stated(facts)[0], score_facts=ScoreFacts()))
    out = shown(plan_table(read_plan(require_valid(told_)), verbose=True))
    assert "eGFR: unknown; not known: creatinine" in out


def test_scores_for_adults_are_named_as_such_for_a_child() -> None:
    facts = {**FACTS, "age": {"value": 7, "unit": "a"}}
    stated, errors = parse_stated(facts)
    assert errors == ()
    told_ = as_record(made(stated=stated, score_facts=ScoreFacts()))
    out = shown(plan_table(read_plan(require_valid(told_)), verbose=True))
    assert "MELD: unknown; calculated only for adults; not known: dialysis" in out
    (kidney,) = (line.strip() for line in out.splitlines() if "eGFR" in line)
    assert kidney == "eGFR: unknown; calculated only for adults"


def test_without_blood_values_there_is_no_key() -> None:
    assert "scores" not in as_record(made())


def case(folder: Path, more: str) -> Path:
    SMALL.write(folder, flr=(0, 2400), tumour=(7000, 8000))
    return case_toml(folder, TABLE + more)


def test_a_case_file_states_what_scores_ask_for_next_to(tmp_path: Path) -> None:
    more = 'encephalopathy = "grade 1"\ndialysis = false\ncholestatic = true\n'
    sodium = 'sodium = { value = 138, unit = "mmol/L", date = 2026-05-02 }\n'
    scores = require_valid(told("plan", case(tmp_path, more + sodium)))["scores"]
    assert scores["child_pugh"]["points"] == 6
    assert scores["meld"]["missing"] == ["creatinine"]
    assert scores["meld_3"]["missing"] == ["creatinine", "sex"]


@each_case("unit", ["mmol/L", "mEq/L", "meq/l"])
def test_h09_a_sodium_in_milliequivalents_is_the_same_number(unit: str, tmp_path: Path) -> None:
    """Sodium has one charge; laboratories in the USA report mEq/L."""
    file = tmp_path / "case.toml"
    file.write_text(f'schema = 1\n[scores]\nsodium = {{ value = 138, unit = "{unit}" }}\n')
    assert read_case_file(file).score_facts.sodium_mmol_l == 138
