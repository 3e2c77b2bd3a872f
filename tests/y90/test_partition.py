"""The partition model, the lung shunt and the activity to order, by hand and on exact decimals."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fl_planner.basis.findings import InputRefused, Severity
from fl_planner.y90.partition import (
    CountedPartition,
    Delivery,
    Masses,
    Partition,
    ShuntCounts,
    compute_largest_shunt,
    compute_lung_dose_gy,
    compute_lung_dose_of_activity_gy,
    compute_mass_kg,
    compute_y90_decay,
    find_ratio_doubts,
    find_shunt_doubts,
    find_small_volume,
    find_unusual_tumour_dose,
)
from tests.refusals import refuses

KG = st.fractions(Fraction(1, 100), 3, max_denominator=100)


def partition(tumour: str, normal: str, tnr: str, lung: str = "1") -> Partition:
    return Partition(Masses(Fraction(tumour), Fraction(normal), Fraction(lung)), Fraction(tnr))


def test_doses_of_the_reference() -> None:
    # Y90-05, k 49.67: 49.67·2.4·0.94·5 / (5·0.35 + 0.9)
    model = partition("0.35", "0.9", "5")
    dose = model.tumour_dose_gy(Fraction("2.4"), Fraction("0.06"))
    assert float(dose) == pytest.approx(49.67 * 2.4 * 0.94 * 5 / 2.65, rel=1e-12)
    assert float(dose / model.tnr) == pytest.approx(42.285101886792454, rel=1e-9)
    lung = compute_lung_dose_of_activity_gy(Fraction("2.4"), Fraction("0.06"), Fraction(1))
    assert lung == Fraction("7.15248")


def test_activity_without_normal_liver_and_shunt() -> None:
    # 150 Gy to 1 kg: 150 / 49.67 GBq
    found = partition("1", "0", "4").activity_gbq(Fraction(150), Fraction(0))
    assert found == Fraction(150) / Fraction("49.67")


def test_the_mass_of_the_lungs_divides_their_dose_alone() -> None:
    # lungs of 0.8 kg; 49.67·2.4·0.06/0.8, and 150·0.53/0.8·0.06/0.94, with 0.35 + 0.9/5 kg
    lung = compute_lung_dose_of_activity_gy(Fraction("2.4"), Fraction("0.06"), Fraction("0.8"))
    assert lung == Fraction("7.15248") / Fraction("0.8")
    light, usual = (partition("0.35", "0.9", "5", kg) for kg in ("0.8", "1"))
    shunt, dose = Fraction("0.06"), Fraction(150)
    assert light.over_lung == Fraction("0.53") / Fraction("0.8")
    assert light.activity_gbq(dose, shunt) == usual.activity_gbq(dose, shunt)
    assert light.activity_gbq(dose, shunt) == dose * Fraction("0.53") / (
        Fraction("49.67") * Fraction("0.94")
    )
    assert light.tumour_dose_gy(Fraction(2), shunt) == usual.tumour_dose_gy(Fraction(2), shunt)


@given(KG, KG, st.fractions(Fraction(1, 2), 20, max_denominator=10))
def test_an_activity_gives_the_dose_that_it_was_made_for(
    tumour: Fraction, normal: Fraction, tnr: Fraction
) -> None:
    model, shunt = Partition(Masses(tumour, normal), tnr), Fraction("0.07")
    activity = model.activity_gbq(Fraction(120), shunt)
    assert activity > 20 or model.tumour_dose_gy(activity, shunt) == 120


@given(st.integers(1, 10**6), st.integers(0, 10**6), st.integers(0, 10**6), KG, KG)
def test_both_conventions_give_one_lung_dose(
    tumour: int, normal: int, lung: int, tumour_kg: Fraction, normal_kg: Fraction
) -> None:
    counts = ShuntCounts(Fraction(tumour), Fraction(normal), Fraction(lung))
    model = CountedPartition(counts, Masses(tumour_kg, normal_kg))
    dose = Fraction(150)
    assert model.lung_dose_gy(dose) == model.lung_dose_by_tumour_shunt_gy(dose)


def test_counts_of_the_reference() -> None:
    # Y90-06: 640/0.5 over 280/0.7, and 150·0.5·80/640 Gy
    counts = ShuntCounts(Fraction(640_000), Fraction(280_000), Fraction(80_000))
    model = CountedPartition(counts, Masses(Fraction("0.5"), Fraction("0.7")))
    assert model.tnr == Fraction("3.2")
    assert model.lung_dose_gy(Fraction(150)) == Fraction("9.375")
    light = CountedPartition(counts, Masses(Fraction("0.5"), Fraction("0.7"), Fraction("0.8")))
    assert light.lung_dose_gy(Fraction(150)) == Fraction("9.375") / Fraction("0.8")
    assert light.lung_dose_by_tumour_shunt_gy(Fraction(150)) == light.lung_dose_gy(Fraction(150))


def test_a_normal_liver_without_counts_has_no_ratio() -> None:
    counts = ShuntCounts(Fraction(90), Fraction(0), Fraction(10))
    model = CountedPartition(counts, Masses(Fraction(1), Fraction(1)))
    assert model.tnr is None
    assert model.lung_dose_gy(Fraction(90)) == 10
    alone = CountedPartition(counts, Masses(Fraction(1), Fraction(0)))  # a tumour alone is treated
    assert alone.tnr is None
    assert alone.lung_dose_gy(Fraction(90)) == 10


def test_counts_in_a_liver_without_mass_are_refused() -> None:
    counts = ShuntCounts(Fraction(9), Fraction(1), Fraction(1))
    with refuses("y90.no_mass", says="m_normal_treated_kg"):
        CountedPartition(counts, Masses(Fraction(1), Fraction(0)))


@pytest.mark.parametrize(
    ("tumour", "normal", "tnr", "lung", "field"),
    [
        ("600", "1.2", "4", "1", "m_tumour_kg"),  # grams
        ("0", "1.2", "4", "1", "m_tumour_kg"),
        ("0.6", "1200", "4", "1", "m_normal_treated_kg"),
        ("0.6", "-1", "4", "1", "m_normal_treated_kg"),
        ("0.6", "1.2", "4", "1000", "m_lung_kg"),
        ("0.6", "1.2", "4", "0.1", "m_lung_kg"),
        ("0.6", "1.2", "0", "1", "tnr"),
        ("0.6", "1.2", "400", "1", "tnr"),
    ],
)
def test_h09_masses_in_grams_and_ratios_in_percent_are_refused(
    tumour: str, normal: str, tnr: str, lung: str, field: str
) -> None:
    with refuses("value.implausible", field):
        partition(tumour, normal, tnr, lung)


@pytest.mark.parametrize(
    ("dose", "shunt", "field"), [("15000", "0.1", "dose_tumour_gy"), ("150", "10", "lsf")]
)
def test_h09_doses_in_cgy_are_refused(dose: str, shunt: str, field: str) -> None:
    with refuses("value.implausible", field):
        partition("1", "1", "4").activity_gbq(Fraction(dose), Fraction(shunt))


@pytest.mark.parametrize(
    ("activity", "shunt", "field"), [("2400", "0.1", "activity_gbq"), ("2.4", "10", "lsf")]
)
def test_h09_activities_in_mbq_are_refused(activity: str, shunt: str, field: str) -> None:
    given_ = Fraction(activity), Fraction(shunt)
    with refuses("value.implausible", field):
        partition("1", "1", "4").tumour_dose_gy(*given_)
    with refuses("value.implausible", field):
        compute_lung_dose_of_activity_gy(*given_, Fraction(1))


def test_the_mass_of_the_reference() -> None:
    assert compute_mass_kg(Fraction(720), Fraction("1.03")) == Fraction("0.7416")
    with pytest.raises(InputRefused, match="density_g_per_ml"):
        compute_mass_kg(Fraction(720), Fraction(1030))
    with pytest.raises(InputRefused, match="volume_ml"):
        compute_mass_kg(Fraction(720_000))
    with pytest.raises(InputRefused, match="m_lung_kg"):
        compute_lung_dose_of_activity_gy(Fraction(1), Fraction(0), Fraction(1000))


def test_a_volume_in_litres_is_named() -> None:
    assert [one.code for one in find_small_volume(Fraction("0.72"))] == ["y90.small_volume"]
    assert [len(find_small_volume(Fraction(ml))) for ml in ("2.99", "3")] == [1, 0]


OVER = Fraction("0.9")  # (0.6 + 1.2/4)/1.0 of Y90-01


def test_the_reference_is_exactly_at_the_limit() -> None:
    assert compute_lung_dose_gy(Fraction(150), OVER, Fraction("0.1")) == 15
    assert compute_lung_dose_gy(Fraction(150), OVER, Fraction("0.1001")) > 15
    assert compute_lung_dose_gy(Fraction(150), OVER, Fraction(0)) == 0


@pytest.mark.parametrize("shunt", ["7.5", "1", "-0.01"])
def test_h09_a_shunt_in_percent_is_refused(shunt: str) -> None:
    with pytest.raises(InputRefused, match=r"lsf: .* a fraction is required"):
        compute_lung_dose_gy(Fraction(150), OVER, Fraction(shunt))


@pytest.mark.parametrize(
    ("counts", "field"),
    [
        ((0, 1, 1), "counts_tumour"),
        ((-1, 1, 1), "counts_tumour"),
        ((1, -1, 1), "counts_normal"),
        ((1, 1, -1), "counts_lung"),
    ],
)
def test_impossible_counts_are_refused(counts: tuple[int, int, int], field: str) -> None:
    code = "value.implausible" if -1 in counts else "y90.no_counts"
    with refuses(code, field):
        ShuntCounts(*(Fraction(count) for count in counts))


@given(
    st.fractions(Fraction(1, 10), 10, max_denominator=1000),
    st.fractions(1, 500, max_denominator=10),
)
def test_the_largest_shunt_gives_the_limit(over: Fraction, dose: Fraction) -> None:
    shunt = compute_largest_shunt(Fraction(15), dose, over)
    assert compute_lung_dose_gy(dose, over, shunt) == 15


def test_h08_a_shunt_just_above_the_label_is_reported_as_above() -> None:
    (told,) = find_shunt_doubts(Fraction("0.2000001"))
    assert "lung shunt fraction 0.2000001 is above 0.2" in told.message
    assert len(find_shunt_doubts(Fraction("0.2001"))) == 1
    assert find_shunt_doubts(Fraction("0.2")) == []


def test_h16_a_shunt_of_nothing_is_queried() -> None:
    (told,) = find_shunt_doubts(Fraction(0))
    assert (told.code, told.value) == ("y90.no_shunt", 0.0)


@pytest.mark.parametrize(
    ("shunt", "shown"), [("0.0006", "0.06"), ("0.00099", "0.099"), ("0.001", ""), ("0.06", "")]
)
def test_h09_a_shunt_divided_by_100_twice_is_queried(shunt: str, shown: str) -> None:
    """0.0006 is 0.06 %; with SPECT/CT, shunts of some tenths of a percent are measured."""
    found = find_shunt_doubts(Fraction(shunt))
    assert [one.code for one in found] == ["y90.shunt_small"] * bool(shown)
    assert all(f"{shunt} is {shown} %" in one.message for one in found)
    assert all("that an entered shunt is a fraction" in one.message for one in found)  # or counted


@pytest.mark.parametrize(
    ("gy", "odd"),
    [("1.5", True), ("19.9", True), ("20", False), ("120", False), ("205", False),
     ("1000", False), ("1500", False), ("1501", True)],
)  # fmt: skip
def test_h09_an_unusual_tumour_dose_is_queried(gy: str, odd: bool) -> None:
    """EANM 2022: 100 to 120 Gy with resin, 205 Gy and above 400 Gy with glass."""
    found = find_unusual_tumour_dose(Fraction(gy))
    assert [one.code for one in found] == ["dose.tumour_dose_unusual"] * odd
    assert find_unusual_tumour_dose(None) == []


HALF_LIFE = Fraction("64.04")


def test_an_activity_a_half_life_before_is_twice_as_large() -> None:
    assert compute_y90_decay(HALF_LIFE) == 2.0
    assert compute_y90_decay(-HALF_LIFE) == 0.5
    assert compute_y90_decay(Fraction(24)) == pytest.approx(1.2966, abs=1e-4)  # exp(ln 2·24/64.04)


def test_the_residual_is_added_before_the_decay() -> None:
    one = Delivery(Fraction("0.05"), HALF_LIFE)
    assert one.prepared_gbq(Fraction("1.9")) == 2
    assert one.calibrated_gbq(Fraction("1.9")) == 4.0


def test_what_was_not_stated_is_not_assumed() -> None:
    assert Delivery().prepared_gbq(Fraction(2)) is None
    assert Delivery(Fraction(0)).calibrated_gbq(Fraction(2)) is None
    assert Delivery(None, Fraction(3)).calibrated_gbq(Fraction(2)) is None


@pytest.mark.parametrize(
    ("residual", "hours"), [("2", "0"), ("0.5", "0"), ("-0.1", "0"), ("0", "337"), ("0", "-337")]
)
def test_h09_percent_and_moments_weeks_apart_are_refused(residual: str, hours: str) -> None:
    with refuses("value.implausible"):
        Delivery(Fraction(residual), Fraction(hours))


def test_a_ratio_below_one_is_reported_and_never_shown_as_one() -> None:
    (found,) = find_ratio_doubts(Fraction("0.9999"))
    assert (found.code, "(ratio 0.9999)" in found.message) == ("dose.ratio_below_one", True)
    assert find_ratio_doubts(Fraction(1)) == []


def test_h09_a_ratio_far_above_usual_ones_is_reported_and_never_shown_as_the_limit() -> None:
    """At 50, 800 g of treated liver add as much to the lung dose as 16 g of tumour."""
    assert find_ratio_doubts(Fraction(20)) == []
    (found,) = find_ratio_doubts(Fraction("20.001"))
    assert (found.code, "ratio 20.001 is above 20" in found.message) == ("dose.ratio_high", True)
    (found,) = find_ratio_doubts(Fraction(50))
    assert (found.value, found.severity) == (50, Severity.WARNING)
