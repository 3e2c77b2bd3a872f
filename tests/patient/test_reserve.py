"""Modified ALBI (Hiraoka 2019) and Makuuchi's tree (Imamura 2005), branch by branch."""

from fractions import Fraction

import pytest

from fl_planner.basis.findings import InputRefused
from fl_planner.patient.liver_failure import Ascites, find_makuuchi_limit, grade_malbi

F = Fraction


def test_malbi_divides_grade_2_and_leaves_the_others() -> None:
    grades = {-3.0: "1", -2.60: "1", -2.5999: "2a", -2.2701: "2a", -2.27: "2b", -1.39: "2b"}
    assert {albi: grade_malbi(albi) for albi in grades} == grades
    assert grade_malbi(-1.3899) == "3"


@pytest.mark.parametrize(
    ("retained", "largest"),
    [
        ("9.9", "right hepatectomy or trisectionectomy"),
        ("10", "left hepatectomy or sectionectomy"),
        ("19.9", "left hepatectomy or sectionectomy"),
        ("20", "segmentectomy"),
        ("30", "limited resection"),
        ("39.9", "limited resection"),
        ("40", "enucleation"),
    ],
)
def test_makuuchi_goes_by_icg_r15_where_bilirubin_is_normal(retained: str, largest: str) -> None:
    for ascites in ("none", "controlled"):
        assert find_makuuchi_limit(ascites, F(1), F(retained)) == largest


@pytest.mark.parametrize(
    ("ascites", "bilirubin", "largest"),
    [
        ("none", "1.1", "limited resection"),
        ("none", "1.5", "limited resection"),
        ("none", "1.6", "enucleation"),
        ("none", "1.95", "enucleation"),
        ("none", "2", "no hepatectomy"),
        ("uncontrolled", "0.5", "no hepatectomy"),
    ],
)
def test_makuuchi_asks_ascites_and_bilirubin_first(
    ascites: Ascites, bilirubin: str, largest: str
) -> None:
    assert find_makuuchi_limit(ascites, F(bilirubin), F(5)) == largest


def test_h09_a_fraction_is_no_retention() -> None:
    with pytest.raises(InputRefused, match="a fraction was perhaps meant"):
        find_makuuchi_limit("none", F(1), F("0.14"))
