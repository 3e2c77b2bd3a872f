"""Scores of liver disease against published rows and by hand, and the values that they take."""

from fractions import Fraction
from math import log

import pytest

from fl_planner.basis.findings import InputRefused
from fl_planner.basis.units import Plausible
from fl_planner.patient.scores import (
    AGE,
    ALBUMIN_G_DL,
    ALBUMIN_G_L,
    BILIRUBIN_MG_DL,
    BILIRUBIN_UMOL_L,
    CREATININE_MG_DL,
    CREATININE_UMOL_L,
    INR,
    SODIUM,
    ChildPugh,
    MeldLabs,
    Sign,
    compute_albi,
    compute_meld_3,
    compute_meld_3_raw,
    compute_meld_na,
    compute_meld_na_kim,
    compute_meld_na_raw,
    grade_albi,
)
from tests.refusals import refuses


def labs(bilirubin: str, inr: str, creatinine: str | None) -> MeldLabs:
    return MeldLabs(
        Fraction(bilirubin), Fraction(inr), None if creatinine is None else Fraction(creatinine)
    )


def test_meld_of_the_published_row() -> None:
    one = labs("4.2", "1.2", "1.9")  # ameld: 20.0391626, with sodium 125: 28
    assert one.meld_raw == pytest.approx(20.0391626, abs=1e-6)
    assert one.meld == 20
    assert compute_meld_na_raw(20, Fraction(125)) == Fraction("27.92")
    assert compute_meld_na(20, Fraction(125)) == 28


@pytest.mark.parametrize(
    ("bilirubin", "inr", "creatinine", "by_hand"),
    [
        ("0.3", "0.8", "0.6", 6.43),  # each below 1 counts as 1
        ("1", "1", "4", 6.43 + 9.57 * log(4)),
        ("1", "1", "9", 6.43 + 9.57 * log(4)),  # at most 4
        ("1", "1", None, 6.43 + 9.57 * log(4)),  # dialysis
    ],
)
def test_bounds_of_meld(bilirubin: str, inr: str, creatinine: str | None, by_hand: float) -> None:
    assert labs(bilirubin, inr, creatinine).meld_raw == pytest.approx(by_hand)


def test_meld_is_from_6_to_40() -> None:
    assert labs("0.3", "0.8", "0.6").meld == 6
    assert labs("50", "15", "9").meld == 40
    assert compute_meld_3(5.2) == 6
    assert compute_meld_3(44.0) == 40


@pytest.mark.parametrize(
    ("meld", "sodium", "expected"),
    [
        (11, "120", "11"),  # no sodium term at 11
        (12, "125", "23.088"),  # 12 + 1.32·12 - 0.033·12·12
        (12, "120", "23.088"),  # at least 125
        (20, "137", "20"),
        (20, "145", "20"),  # at most 137
    ],
)
def test_the_sodium_term_of_the_optn(meld: int, sodium: str, expected: str) -> None:
    assert compute_meld_na_raw(meld, Fraction(sodium)) == Fraction(expected)


def test_rounding_is_half_up() -> None:
    assert compute_meld_3(22.5) == 23
    assert compute_meld_3(22.499999) == 22


def test_kim_is_another_variant() -> None:
    one = labs("2", "1.8", "2")  # transplantr: 26.257; OPTN 25.6
    assert compute_meld_na_kim(one.meld_raw, Fraction(131)) == pytest.approx(26.257, abs=5e-4)
    assert compute_meld_na_kim(20.0, Fraction(120)) == compute_meld_na_kim(20.0, Fraction(125))
    assert compute_meld_na_kim(20.0, Fraction(150)) == 20.0


@pytest.mark.parametrize("sodium", [120, 125, 132, 140])
def test_meld_na_of_kim_uses_a_meld_of_at_most_40(sodium: int) -> None:
    """40 - Na - 0.025·40·(140 - Na) + 140 is 40 for every sodium; 42.66 would fall with it."""
    for raw in (40.0, 42.66, 60.0):
        assert compute_meld_na_kim(raw, Fraction(sodium)) == pytest.approx(40.0, abs=1e-9)


def test_meld_3_by_hand() -> None:
    # man, all at 1, sodium 127, albumin 2.5: 6 + 0.82·10 + 1.85·1
    one = labs("1", "1", "1")
    assert compute_meld_3_raw(one, "M", Fraction(127), Fraction("2.5")) == pytest.approx(16.05)
    low = compute_meld_3_raw(one, "M", Fraction(120), Fraction("1.2"))
    assert low == pytest.approx(6 + 0.82 * 12 + 1.85 * 2)  # 125 and 1.5 at least
    high = compute_meld_3_raw(one, "M", Fraction(145), Fraction(5))
    assert high == pytest.approx(6)  # 137 and 3.5 at most


def test_meld_3_counts_dialysis_as_3() -> None:
    end = Fraction(137), Fraction("3.5")
    by_hand = 6 + 11.14 * log(3)
    for creatinine in (None, "3", "8"):
        assert compute_meld_3_raw(labs("1", "1", creatinine), "M", *end) == pytest.approx(by_hand)


def test_meld_3_of_the_reference() -> None:
    one = labs("3.0", "1.6", "1.4")
    raw = compute_meld_3_raw(one, "F", Fraction(131), Fraction("2.9"))
    assert raw == pytest.approx(24.438857530638458, rel=1e-9)
    assert compute_meld_3(raw) == 24


def test_h09_values_of_meld_in_other_units_are_refused() -> None:
    for values, field in (
        (("70", "1", "1"), "bilirubin_mg_dl"),
        (("1", "30", "1"), "inr"),
        (("1", "1", "85"), "creatinine_mg_dl"),
    ):
        with refuses("value.implausible", field):
            labs(*values)
    with pytest.raises(InputRefused, match="sodium_mmol_l"):
        compute_meld_na_raw(20, Fraction("3.2"))
    with pytest.raises(InputRefused, match="sodium_mmol_l"):
        compute_meld_na_kim(20.0, Fraction("3.2"))
    with pytest.raises(InputRefused, match="albumin_g_dl"):
        compute_meld_3_raw(labs("1", "1", "1"), "M", Fraction(137), Fraction(35))


def test_albi_follows_from_its_formula() -> None:
    # 0.66·log10(20.52) - 0.085·35 = 0.866037 - 2.975; pages print -2.35 and -2.10 for it
    assert compute_albi(Fraction(35), Fraction("20.52")) == pytest.approx(-2.108963, abs=1e-6)
    assert compute_albi(Fraction(40), Fraction(10)) == pytest.approx(0.66 - 3.4)
    for albumin, bilirubin, field in (("3.5", "20", "albumin_g_l"), ("35", "0.5", "bilirubin_u")):
        with pytest.raises(InputRefused, match=field):
            compute_albi(Fraction(albumin), Fraction(bilirubin))


@pytest.mark.parametrize(
    ("albi", "grade"), [(-2.6, 1), (-2.5999, 2), (-1.39, 2), (-1.3899, 3), (-4.0, 1)]
)
def test_grades_of_albi(albi: float, grade: int) -> None:
    assert grade_albi(albi) == grade


def child_pugh(
    bilirubin: str, albumin: str, inr: str, ascites: Sign = "none", coma: Sign = "none"
) -> ChildPugh:
    return ChildPugh(Fraction(bilirubin), Fraction(albumin), Fraction(inr), ascites, coma)


@pytest.mark.parametrize(
    ("bilirubin", "albumin", "inr", "points"),
    [
        ("1.99", "3.51", "1.69", 5),
        ("2", "3.51", "1.69", 6),  # values at a boundary score 2
        ("3", "3.51", "1.69", 6),
        ("3.01", "3.51", "1.69", 7),
        ("1", "3.5", "1.69", 6),
        ("1", "2.8", "1.69", 6),
        ("1", "2.79", "1.69", 7),
        ("1", "4", "1.7", 6),
        ("1", "4", "2.3", 6),
        ("1", "4", "2.31", 7),
    ],
)
def test_boundaries_of_child_pugh(bilirubin: str, albumin: str, inr: str, points: int) -> None:
    assert child_pugh(bilirubin, albumin, inr).points == points


@pytest.mark.parametrize(
    ("values", "signs", "points", "letter"),
    [
        (("1", "4", "1"), ("none", "none"), 5, "A"),
        (("1", "4", "1"), ("slight", "none"), 6, "A"),
        (("1", "4", "1"), ("slight", "slight"), 7, "B"),
        (("1", "4", "1"), ("marked", "marked"), 9, "B"),
        (("3", "3", "2"), ("slight", "slight"), 10, "C"),
        (("9", "2", "3"), ("marked", "marked"), 15, "C"),
    ],
)
def test_signs_and_classes(
    values: tuple[str, str, str], signs: tuple[Sign, Sign], points: int, letter: str
) -> None:
    score = child_pugh(*values, *signs)
    assert (score.points, score.letter) == (points, letter)


@pytest.mark.parametrize(("bilirubin", "points"), [("3.9", 5), ("4", 6), ("10", 6), ("10.1", 7)])
def test_cholestatic_disease_has_other_bands(bilirubin: str, points: int) -> None:
    one = ChildPugh(Fraction(bilirubin), Fraction(4), Fraction(1), "none", "none", cholestatic=True)
    assert one.points == points


def test_h09_values_of_child_pugh_in_other_units_are_refused() -> None:
    for values, field in (
        (("70", "4", "1"), "bilirubin_mg_dl"),
        (("1", "40", "1"), "albumin_g_dl"),
        (("1", "4", "70"), "inr"),
    ):
        with refuses("value.implausible", field):
            child_pugh(*values)


@pytest.mark.parametrize(
    ("lab", "refused", "accepted"),
    [
        (ALBUMIN_G_L, ("3.5", "10", "80"), ("10.1", "79.9")),  # g/dL
        (ALBUMIN_G_DL, ("35", "8", "1"), ("7.9",)),  # g/L
        (BILIRUBIN_MG_DL, ("60", "0.04"), ("59.9",)),
        (BILIRUBIN_UMOL_L, ("0.8", "1026.24"), ("1026.2",)),  # 60 mg/dL
        (CREATININE_MG_DL, ("85", "20"), ("19.9",)),  # umol/L
        (CREATININE_UMOL_L, ("1.09", "1768"), ("1767", "8.84")),  # mg/dL; 20 mg/dL
        (INR, ("85", "0.4"), ()),  # percent
        (SODIUM, ("3.2", "181"), ()),
        (AGE, ("660", "17"), ("18",)),  # months
    ],
)
def test_h09_values_in_another_unit_are_refused(
    lab: Plausible, refused: tuple[str, ...], accepted: tuple[str, ...]
) -> None:
    for value in refused:
        wrong = lab.describe_implausible(Fraction(value))
        assert wrong is not None, value
        assert lab.unit in wrong
    assert [lab.describe_implausible(Fraction(value)) for value in accepted] == [None] * len(
        accepted
    )
