"""RESCUE, its columns against trials.md section 6, and its limits by hand."""

from fractions import Fraction

import pytest

from fl_planner.basis.truth import Truth
from fl_planner.intake.documents.protocols import read_bundled_trials
from fl_planner.trials.facts.facts import Facts, Value
from fl_planner.trials.judge import judge_criterion
from tests.shared import shared

(RESCUE,) = (trial for trial in read_bundled_trials() if trial.id == "NCT06178198")
MET, NOT_MET, UNKNOWN = Truth.TRUE, Truth.FALSE, Truth.UNKNOWN


def columns() -> dict[str, tuple[str, str, str]]:
    """Read the columns "by", "asked of" and "changes" of the reference."""
    text = shared("trials.md").read_text("utf-8")
    section = text[text.index("## 6. RESCUE") : text.index("## 7. Shared facts")]
    rows = [line.strip("|").split("|") for line in section.splitlines()]
    found = {}
    for row in rows:
        if len(row) == 9 and row[0].strip()[:1] in "IE" and row[0].strip() in ids():
            by = " ".join(row[5].strip().split(" + "))
            found[row[0].strip()] = (by, row[6].strip(), row[7].strip())
    return found


def ids() -> list[str]:
    return [criterion.id for criterion in RESCUE.criteria]


def test_ids_in_registry_order() -> None:
    labs = [f"I9{letter}" for letter in "abcdefghij"]
    first = [f"I{number}" for number in range(1, 10)]
    last = ["I10", "I11", "I12", "E1a", "E1b", "E2", "E3", "E4", "E5", "E6"]
    assert ids() == [*first, *labs, *last]


def test_columns_of_the_reference() -> None:
    ours = {c.id: (" ".join(c.by), c.asked_of, c.changes) for c in RESCUE.criteria}
    assert ours == columns()


def test_readings_are_marked() -> None:
    text = shared("trials.md").read_text("utf-8")
    section = text[text.index("## 6. RESCUE") : text.index("## 7. Shared facts")]
    rows = [line.strip("|").split("|") for line in section.splitlines() if line.startswith("| ")]
    marked = {row[0].strip() for row in rows if "[R]" in "".join(row) and len(row) == 9}
    ours = {criterion.id for criterion in RESCUE.criteria if criterion.reading}
    assert marked <= ours
    assert ours - marked == {
        "I9",
        "I9g",
        "I9h",
        "I9i",
        "I10",
        "E2",
    }


@pytest.mark.parametrize(
    ("id_", "facts", "expected"),
    [
        ("I2", {"hcc_present": True, "li_rads_category": "LR-3"}, UNKNOWN),
        (
            "I2",
            {"hcc_present": True, "li_rads_category": "LR-M", "hcc_histology_confirmed": False},
            NOT_MET,
        ),
        ("I2", {"hcc_present": True, "li_rads_category": "LR-4"}, MET),
        ("I2", {"hcc_present": True, "hcc_histology_confirmed": True}, MET),
        ("I2", {"hcc_present": False, "li_rads_category": "LR-5"}, NOT_MET),
        ("I3", {"lesion_count": Fraction(0), "largest_lesion_cm": Fraction(9)}, NOT_MET),
        ("I3", {"lesion_count": Fraction(6)}, NOT_MET),
        ("I3", {"largest_lesion_cm": Fraction(8)}, NOT_MET),
        ("I3", {"lesion_count": Fraction(5), "largest_lesion_cm": Fraction("8.1")}, MET),
        ("I4", {"vascular_invasion": False}, UNKNOWN),
        ("I4", {"bile_duct_invasion": True}, NOT_MET),
        ("I5", {"extrahepatic_status": "indeterminate"}, UNKNOWN),
        ("I5", {"extrahepatic_status": "confirmed"}, NOT_MET),
        ("I9f", {"anticoagulant_use": True}, MET),
        ("I9f", {"anticoagulant_use": True, "inr": Fraction(3)}, MET),
        ("I9f", {"anticoagulant_use": False, "inr": Fraction("2.01")}, NOT_MET),
        ("I12", {"sex": "female"}, UNKNOWN),
        ("I12", {"pregnant": True}, NOT_MET),
        ("E1a", {"lung_dose_gy_at_150gy_tumour": Fraction(15)}, NOT_MET),
        ("E1a", {"lung_dose_gy_at_150gy_tumour": Fraction("15.01")}, MET),
        ("E4", {"other_malignancy_history": True}, UNKNOWN),
        ("E4", {"other_hepatic_malignancy": True}, MET),
        ("E6", {"breastfeeding": True}, MET),
    ],
)
def test_one_criterion(id_: str, facts: dict[str, Value | None], expected: Truth) -> None:
    assert judge_criterion(RESCUE.criterion(id_), facts).truth is expected


@pytest.mark.parametrize(
    ("enzyme", "id_", "limit"), [("ast", "I9g", 200), ("alt", "I9h", 200), ("alp", "I9i", 575)]
)
def test_enzymes_against_the_laboratorys_own_limit(enzyme: str, id_: str, limit: int) -> None:
    def beside(value: int, uln: int, **more: bool) -> tuple[Truth, Truth]:
        facts: Facts = {
            f"{enzyme}_u_per_l": Fraction(value),
            f"{enzyme}_x_uln": Fraction(value, uln),
            "hcc_present": True,
            **more,
        }
        answer = judge_criterion(RESCUE.criterion(id_), facts)
        return answer.truth, answer.beside

    assert beside(limit, limit // 5) == (MET, MET)
    assert beside(limit, limit // 5 - 1) == (MET, NOT_MET)
    assert beside(limit + 1, limit // 5 + 1) == (NOT_MET, MET)
    assert beside(limit, limit // 5 - 1, hcc_present=False) == (MET, UNKNOWN)
