"""Body size against the published rows and an independent calculator's."""

from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction

import pytest

from fl_planner.basis.findings import InputRefused, Severity
from fl_planner.patient.body_size import (
    TLV_FORMULAS,
    BodySize,
    estimate_tlv_ml,
    estimate_tlv_of_bsa_ml,
    find_unlikely_build,
    parse_height,
    parse_weight,
)
from tests.refusals import refuses


@pytest.mark.parametrize(
    ("key", "by_hand"),
    [
        # 180 cm and 80 kg: Mosteller 2.0 m2, Du Bois 1.996421
        ("vauthey_bsa", 1740.15),
        ("vauthey_weight", 1672.60),
        ("urata", 1414.80),
        ("heinemann", 1799.90),
        ("deland", 1820.0),
        ("yoshizumi", 1544.0),
        ("um_dubois", 1348.43),
        ("feng", 1392.25),
    ],
)
def test_each_formula_by_hand(key: str, by_hand: float) -> None:
    assert estimate_tlv_ml(TLV_FORMULAS[key], BodySize(180, 80)) == pytest.approx(by_hand, abs=0.01)


def test_yu_by_logarithms() -> None:
    # ln 21.585 + 0.732 ln 80 + 0.225 ln 180 = 3.071999 + 3.207659 + 1.168413 = 7.448071
    assert estimate_tlv_ml(TLV_FORMULAS["yu"], BodySize(180, 80)) == pytest.approx(1716.5, abs=1.0)


@pytest.mark.parametrize(
    ("height", "weight", "field"),
    [
        (1.80, 80, "height_cm"),  # metres
        (71, 80, "height_cm"),  # inches
        (99.9, 80, "height_cm"),
        (250.1, 80, "height_cm"),
        (180, 24.9, "weight_kg"),
        (180, 301, "weight_kg"),
        (float("nan"), 80, "height_cm"),
        (180, float("nan"), "weight_kg"),
    ],
)
def test_h09_other_units_are_refused(height: float, weight: float, field: str) -> None:
    with refuses(f"body.{field.partition('_')[0]}", field):
        BodySize(height, weight)


@pytest.mark.parametrize(("height", "weight"), [(100, 25), (250, 300)])
def test_the_ends_of_the_range_belong_to_it(height: float, weight: float) -> None:
    assert BodySize(height, weight).bsa_m2() > 0


def test_a_formula_of_weight_and_a_body_too_small_for_one_are_refused() -> None:
    with pytest.raises(InputRefused, match="yu requires height and weight"):
        estimate_tlv_of_bsa_ml(TLV_FORMULAS["yu"], 1.8)
    # Vauthey's line reaches zero at 794.41 / 1267.28 = 0.627 m2
    with refuses("body.bsa", says="bsa_m2"):
        estimate_tlv_of_bsa_ml(TLV_FORMULAS["vauthey_bsa"], 0.62)
    assert estimate_tlv_of_bsa_ml(TLV_FORMULAS["vauthey_bsa"], 0.63) > 0


def test_an_entered_size_is_exact() -> None:
    assert parse_height(Decimal("171.5")) == Fraction(343, 2)
    assert parse_weight(Decimal("80.1")) == Fraction(801, 10)
    for edge in ("100", "250"):
        assert parse_height(Decimal(edge)) == Fraction(edge)
    for edge in ("25", "300"):
        assert parse_weight(Decimal(edge)) == Fraction(edge)


@pytest.mark.parametrize(
    ("parse", "code", "within", "wrong"),
    [
        (parse_height, "body.height", "100 to 250 cm", "1.75 99.9 250.1 nan inf -180 1e999999999"),
        (parse_weight, "body.weight", "25 to 300 kg", "24.9 300.1 80000 nan -80"),
    ],
    ids=["height", "weight"],
)
def test_h09_an_entered_size_in_another_unit(
    parse: Callable[[Decimal], Fraction], code: str, within: str, wrong: str
) -> None:
    for typed in wrong.split():
        with refuses(code, says=f"is outside the range of {within}"):
            parse(Decimal(typed))


@pytest.mark.parametrize(
    ("height_cm", "weight_kg"), [(180, 176), (165, 150), (200, 55), (200, 181)]
)
def test_h09_a_weight_in_pounds_is_asked_about(height_cm: int, weight_kg: int) -> None:
    # 80 and 68 kg in pounds: 176 / 1.8^2 = 54.3, 150 / 1.65^2 = 55.1; at 2 m: 13.75, 45.25
    (finding,) = find_unlikely_build(Fraction(height_cm), Fraction(weight_kg))
    assert (finding.code, finding.severity) == ("body.unlikely", Severity.WARNING)
    assert finding.message.startswith(
        f"{weight_kg} kg and {height_cm} cm give a body mass index of"
    )


@pytest.mark.parametrize(("height_cm", "weight_kg"), [(200, 56), (200, 180), (160, 50), (175, 130)])
def test_a_usual_build_and_both_edges_are_silent(height_cm: int, weight_kg: int) -> None:
    assert find_unlikely_build(Fraction(height_cm), Fraction(weight_kg)) == ()


@pytest.mark.parametrize(
    ("height_cm", "weight_kg", "size"),
    [
        (None, None, None),
        (Fraction(180), None, None),
        (None, Fraction(80), None),
        (Fraction(180), Fraction(80), BodySize(Fraction(180), Fraction(80))),
    ],
)
def test_half_a_body_size_is_none(
    height_cm: Fraction | None, weight_kg: Fraction | None, size: BodySize | None
) -> None:
    assert BodySize.of(height_cm, weight_kg) == size
