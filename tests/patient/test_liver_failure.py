"""Liver failure after hepatectomy (ISGLS, 50-50, peak), fibrosis, modified ALBI and Makuuchi."""

from fractions import Fraction

import pytest

from fl_planner.basis.findings import InputRefused
from fl_planner.basis.three_valued import Truth
from fl_planner.patient.liver_failure import (
    Normal,
    PostoperativeDay,
    compute_peak_bilirubin,
    grade_phlf,
    judge_fifty_fifty,
    judge_peak,
    judge_phlf,
)
from fl_planner.patient.reserve import (
    APRI_LIMITS,
    FIB_4_LIMITS,
    Ascites,
    compute_apri,
    compute_fib_4,
    compute_makuuchi_limit,
    grade_malbi,
)
from tests.refusals import refuses

F = Fraction
WELL = Normal(F("1.2"), F("1.2"), F("0.8"), F("1.0"))  # both normal before


def day(
    number: int, bilirubin: str | None, inr: str | None = None, *, share: str | None = None
) -> PostoperativeDay:
    values = [None if text is None else F(text) for text in (bilirubin, inr, share)]
    return PostoperativeDay(number, values[0], values[1], values[2])


@pytest.mark.parametrize(
    ("days", "answer"),
    [
        ([day(5, "1.3", "1.3")], Truth.TRUE),
        ([day(5, "1.2", "1.3")], Truth.FALSE),  # at the limit is not above it
        ([day(5, "1.3", "1.2")], Truth.FALSE),
        ([day(4, "9", "3")], Truth.UNKNOWN),  # before day 5 nothing is judged
        ([day(4, "9", "3"), day(5, "1.0", "1.0")], Truth.FALSE),
        ([day(5, "1.0", "1.3"), day(6, "1.3", "1.0")], Truth.FALSE),  # not on one day
        ([day(5, "1.0", "1.0"), day(9, "4", "2")], Truth.TRUE),
        ([day(5, "4", None)], Truth.UNKNOWN),
        ([day(5, "1.0", None)], Truth.FALSE),
        ([day(5, "4", None), day(6, "1", "1")], Truth.UNKNOWN),  # day 5 may have met it
        ([], Truth.UNKNOWN),
    ],
)
def test_isgls_asks_both_on_one_day_from_day_5_on(
    days: list[PostoperativeDay], answer: Truth
) -> None:
    assert judge_phlf(days, WELL) is answer


def test_what_was_raised_before_must_rise_from_day_to_day() -> None:
    icteric = Normal(F("1.2"), F("1.2"), F(3), F(1))
    falling = [day(5, "4", "1.5"), day(6, "3.5", "1.5")]
    assert judge_phlf([day(5, "4", "1.5")], icteric) is Truth.UNKNOWN  # no day 4
    assert judge_phlf([*falling[1:], day(5, "4", "1.0")], icteric) is Truth.FALSE
    assert judge_phlf([day(4, "3.5", "1.5"), *falling[:1]], icteric) is Truth.TRUE
    assert judge_phlf([day(5, "4", "1.0"), day(6, "4", "1.5")], icteric) is Truth.FALSE  # level
    at_limits = Normal(F("1.2"), F("1.2"), F("1.2"), F("1.2"))  # which is normal: no day 4 needed
    assert judge_phlf([day(5, "4", "1.5")], at_limits) is Truth.TRUE


def test_h16_without_values_from_before_it_is_not_assumed_that_they_were_normal() -> None:
    unknown = Normal(F("1.2"), F("1.2"))
    assert judge_phlf([day(5, "4", "1.5")], unknown) is Truth.UNKNOWN
    assert judge_phlf([day(5, "1.0", "1.5")], unknown) is Truth.FALSE
    rising = [day(4, "3", "1.3"), day(5, "4", "1.5")]
    assert judge_phlf(rising, unknown) is Truth.TRUE


def test_clotting_factors_count_as_a_raised_inr() -> None:
    treated = PostoperativeDay(5, F(4), F(1), clotting_factors=True)
    assert judge_phlf([treated], WELL) is Truth.TRUE


def test_grades_follow_the_management() -> None:
    assert [grade_phlf(one) for one in ("unchanged", "changed", "invasive")] == ["A", "B", "C"]


@pytest.mark.parametrize(
    ("one", "answer"),
    [
        (day(5, "2.93", share="49.9"), Truth.TRUE),  # 2.93 · 17.104 = 50.1 umol/L
        (day(5, "2.92", share="49.9"), Truth.FALSE),  # 49.9 umol/L
        (day(5, "2.93", share="50"), Truth.FALSE),
        (day(5, "2.93"), Truth.UNKNOWN),
        (day(5, None, share="60"), Truth.FALSE),
        (day(6, "9", share="20"), Truth.UNKNOWN),
        # exactly 50 umol/L
        (PostoperativeDay(5, F(50) / F("17.104"), prothrombin_percent=F(40)), Truth.FALSE),
    ],
)
def test_fifty_fifty_is_of_day_5_alone(one: PostoperativeDay, answer: Truth) -> None:
    assert judge_fifty_fifty([one]) is answer


def test_the_peak_is_the_highest_of_the_days_and_7_is_not_above_7() -> None:
    days = [day(1, "3"), day(3, "7.0"), day(5, None, "1.2")]
    assert compute_peak_bilirubin(days) == 7
    assert (judge_peak(F(7)), judge_peak(F("7.1"))) == (False, True)
    assert compute_peak_bilirubin([day(5, None)]) is None


@pytest.mark.parametrize("number", [-1, 91])
def test_h09_days_beyond_ninety_are_refused(number: int) -> None:
    with pytest.raises(InputRefused, match="count days from the operation"):
        day(number, "3")


def test_h09_values_in_other_units_are_refused() -> None:
    for wrong in (("125", None, None), (None, "45", None), (None, None, "0.45")):
        with refuses("value.implausible"):
            day(5, wrong[0], wrong[1], share=wrong[2])


def test_a_day_given_twice_is_refused() -> None:
    twice = [day(5, "3", "1"), day(5, "4", "2")]
    for judge in (judge_fifty_fifty, compute_peak_bilirubin):
        with pytest.raises(InputRefused, match="postoperative day 5 was given twice"):
            judge(twice)
    with pytest.raises(InputRefused):
        judge_phlf(twice, WELL)


def test_apri_is_exact() -> None:
    assert compute_apri(F(90, 40), F(120)) == F(15, 8)  # 100 · 2.25 / 120
    assert compute_apri(F(1), F(200)) == F(1, 2)  # the lower limit in print, exactly


def test_fib_4_takes_the_root_of_alt() -> None:
    assert compute_fib_4(F(60), F(80), F(64), F(150)) == pytest.approx(4.0)  # 4800 / (150 · 8)
    assert compute_fib_4(F(50), F(58), F(25), F(400)) == pytest.approx(1.45)  # 2900 / (400 · 5)


def test_the_limits_are_those_in_print() -> None:
    assert [*APRI_LIMITS] == [F("0.5"), F("1.5")]  # Wai 2003: significant fibrosis
    assert [*FIB_4_LIMITS] == [F("1.45"), F("3.25")]  # Sterling 2006


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ((F(17), F(80), F(64), F(150)), "age"),
        ((F(60), F("0.6"), F(64), F(150)), "ast_u_per_l"),  # ukat/L
        ((F(60), F(80), F("0.6"), F(150)), "alt_u_per_l"),
        ((F(60), F(80), F(64), F(150_000)), "platelets_10e9_per_l"),  # /uL
    ],
)
def test_h09_values_of_fib_4_in_other_units_are_refused(
    values: tuple[F, F, F, F], field: str
) -> None:
    with refuses("value.implausible", field):
        compute_fib_4(*values)


def test_h09_a_count_of_platelets_in_ul_gives_no_apri() -> None:
    with pytest.raises(InputRefused, match="possibly a count per uL"):
        compute_apri(F(2), F(150_000))


def test_malbi_divides_grade_2_and_leaves_the_others() -> None:
    grades = {-3.0: "1", -2.60: "1", -2.5999: "2a", -2.2701: "2a", -2.27: "2b", -1.39: "2b"}
    grades |= {-1.3899: "3"}
    assert {albi: grade_malbi(albi) for albi in grades} == grades


@pytest.mark.parametrize(
    ("retained", "largest"),
    [
        ("9.9", "right hepatectomy or trisectionectomy"),
        ("10", "left hepatectomy or sectionectomy (up to two segments)"),
        ("19.9", "left hepatectomy or sectionectomy (up to two segments)"),
        ("20", "segmentectomy"),
        ("30", "limited resection"),
        ("39.9", "limited resection"),
        ("40", "enucleation"),
    ],
)
def test_makuuchi_goes_by_icg_r15_where_bilirubin_is_normal(retained: str, largest: str) -> None:
    for ascites in ("none", "controlled"):
        assert compute_makuuchi_limit(ascites, F(1), F(retained)) == largest


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
    assert compute_makuuchi_limit(ascites, F(bilirubin), F(5)) == largest


def test_h09_a_fraction_is_no_retention() -> None:
    with pytest.raises(InputRefused, match="possibly a fraction"):
        compute_makuuchi_limit("none", F(1), F("0.14"))
