"""Body size beside the masks: vectors, hand counts, and which side of a limit."""

from dataclasses import replace
from fractions import Fraction

import pytest

from fl_planner.intake.documents.protocols import read_protocols
from fl_planner.liver.volumetry import LiverVolumes
from fl_planner.planning.assessment.resections import (
    BodyEstimates,
    find_body_doubts,
    find_estimates,
)
from fl_planner.trials.criterion import Limit
from tests.masks import codes

VOLUMES = LiverVolumes(0.001, 1_600_000, tumour_voxels=100_000, flr_voxels=420_000)  # 28 %
LIMITS: tuple[Limit, ...] = read_protocols().crlm.limits_on("flr_fraction")
TALL = Fraction(180), Fraction(80)  # Mosteller 2.0 m2 exactly


def estimated(volumes: LiverVolumes = VOLUMES, size: tuple[Fraction, Fraction] = TALL) -> (
    BodyEstimates
):  # fmt: skip
    found = find_estimates(volumes, *size)
    assert found is not None
    return found


def test_the_measured_total_stands_first() -> None:
    found = estimated()
    measured, *formulas = found.denominators
    assert (measured.name, measured.ml) == ("measured_nontumour", 1500.0)
    assert measured.flr_percent == pytest.approx(28.0)
    assert [one.name for one in formulas] == [
        "vauthey_bsa", "vauthey_weight", "urata", "heinemann", "deland", "yoshizumi", "yu",
        "um_dubois", "feng",
    ]  # fmt: skip


def test_sflr_by_hand() -> None:
    """1267.28 x 2.0 - 794.41 = 1740.15 mL; 420 of it are 24.136 %; of 80 kg they are 0.525 %."""
    found = estimated()
    assert found.standard_ml == pytest.approx(1740.15)
    assert found.sflr_percent == pytest.approx(100 * 420 / 1740.15)
    assert found.flr_bw_percent == Fraction("0.525")
    low, high = found.spread_percent or (0.0, 0.0)
    # Heinemann 1072.8 x 2 - 345.7 = 1799.9, the largest of nine; Um's 908.204 x 1.996 - 464.728
    # = 1348.1 (Du Bois 1.996 m2), the smallest.
    assert low == pytest.approx(100 * 420 / 1820.0, abs=0.3)
    assert high == pytest.approx(100 * 420 / 1348.1, abs=0.1)


def test_weight_alone_gives_what_weight_gives() -> None:
    found = find_estimates(VOLUMES, None, Fraction(80))
    assert found is not None
    assert [one.name for one in found.denominators] == ["measured_nontumour", "vauthey_weight"]
    assert found.denominators[1].ml == pytest.approx(191.80 + 18.51 * 80)
    assert (found.size, found.sflr_percent, found.standard_ml) == (None, None, None)
    assert found.flr_bw_percent == Fraction("0.525")
    assert find_body_doubts(replace(found, denominators=found.denominators[:1]), LIMITS) == ()


def test_height_alone_gives_nothing() -> None:
    assert find_estimates(VOLUMES, Fraction(180), None) is None
    assert find_body_doubts(None, LIMITS) == ()


def test_without_a_remnant_there_are_totals_only() -> None:
    found = estimated(replace(VOLUMES, flr_voxels=None))
    assert {one.flr_percent for one in found.denominators} == {None}
    assert (found.sflr_percent, found.flr_bw_percent, found.spread_percent) == (None, None, None)
    assert find_body_doubts(found, LIMITS) == ()


def test_a_whole_liver_is_called_so() -> None:
    found = estimated(LiverVolumes(0.001, 1_500_000, flr_voxels=420_000))
    assert found.denominators[0].name == "measured_liver"


def test_h03_denominators_on_different_sides_are_told() -> None:
    (told,) = find_body_doubts(estimated(), LIMITS)  # 28 % measured, up to 31.2 % estimated
    assert (told.code, told.severity.value) == ("body.denominators_disagree", "info")
    assert "30 %" in told.message
    assert "28.0 %" in told.message
    small = estimated(replace(VOLUMES, flr_voxels=150_000))  # 10 %, and at most 11
    assert find_body_doubts(small, LIMITS) == ()


@pytest.mark.parametrize(
    ("height", "weight", "told"),
    [
        (150, 40, ["body.extrapolated"]),  # 1.29 m2
        (151, 41, []),  # 1.31 m2
        (195, 105, []),  # 2.38 m2
        (195, 107, ["body.extrapolated"]),  # 2.41 m2
    ],
)
def test_h09_bodies_beyond_the_formulas(height: int, weight: int, told: list[str]) -> None:
    found = estimated(replace(VOLUMES, flr_voxels=None), (Fraction(height), Fraction(weight)))
    doubts = codes(find_body_doubts(found, LIMITS))
    assert [code for code in doubts if code == "body.extrapolated"] == told


@pytest.mark.parametrize(
    ("voxels", "told"),
    [(870_000, ["body.unexpected_volume"]), (871_000, []), (3_480_000, []),
     (3_481_000, ["body.unexpected_volume"])],
)  # fmt: skip
def test_h01_a_liver_unlike_its_body(voxels: int, told: list[str]) -> None:
    """1740.15 mL are expected: half of that is 870.1, twice is 3480.3."""
    found = estimated(LiverVolumes(0.001, voxels, tumour_voxels=0))
    assert codes(find_body_doubts(found, LIMITS)) == told
