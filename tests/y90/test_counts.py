"""Counts of MAA and of no other tracer: background, mean, shunt and ratio, their intervals."""

from fractions import Fraction
from math import exp, sqrt

import pytest

from fl_planner.basis.findings import InputRefused
from fl_planner.y90.counts import CountedRatio, CountedShunt, HeadCounts, Tally, judge_maa
from fl_planner.y90.dose import DoseModel, Known
from fl_planner.y90.partition import Masses
from tests.cases import sure
from tests.refusals import refuses


def head(counts: int, background: int | None = None, over: int = 0) -> HeadCounts:
    return HeadCounts(Fraction(counts), 100, None if background is None else Fraction(background),
                      over)  # fmt: skip


def test_a_background_is_taken_off_by_pixels_and_adds_its_scatter() -> None:
    assert head(900, 40, 20).net == 700  # 900 - 40·100/20
    assert head(900, 40, 20).variance == 1900  # 900 + 5²·40
    assert head(900).net == head(900).variance == 900
    assert head(9, 0, 1).net == head(9, 0, 1).variance == 9  # one pixel without counts is one, too
    assert head(0).net == 0  # what cannot be used is refused where it is used, by its own code


@pytest.mark.parametrize(
    ("counts", "background", "over"), [(-1, None, 0), (9, -1, 5), (9, 1, 0), (9, None, 5)]
)
def test_counts_that_no_region_has_are_refused(
    counts: int, background: int | None, over: int
) -> None:
    with refuses("y90.region"):
        head(counts, background, over)
    with pytest.raises(InputRefused, match="0 pixels"):
        HeadCounts(Fraction(0), 0)


def test_both_heads_give_their_geometric_mean() -> None:
    both = Tally.of_heads((head(1600), head(900)))
    assert both.counts == 1200  # clinical.md 5.2: not 1250, the arithmetic mean
    assert both.relative_variance == pytest.approx((1 / 1600 + 1 / 900) / 4)


def test_one_head_gives_its_counts() -> None:
    one = Tally.of_heads((head(1600),))
    assert one.counts == 1600
    assert one.relative_variance == pytest.approx(1 / 1600)
    less = Tally.of_heads((head(900, 40, 20),))
    assert less.counts == 700
    assert less.relative_variance == pytest.approx(1900 / 700**2)
    assert Tally.of_heads((head(901, 180, 20),)).counts == 1  # hardly above, but above


def tally(counts: int) -> Tally:
    return Tally.of_volume(Fraction(counts))


def test_the_shunt_is_of_lungs_and_liver() -> None:
    """Y90-06: 640 000 in the tumour, 280 000 in the liver, 80 000 in the lungs: 0.08."""
    parts = (Tally.of_heads((HeadCounts(Fraction(n), 100),)) for n in (80_000, 920_000))
    shunt = CountedShunt("planar", *parts)
    assert shunt.fraction == Fraction(2, 25)
    variance = 1 / 80_000 + 1 / 920_000
    assert shunt.relative_variance == pytest.approx(variance)
    assert shunt.interval is not None
    low = 8 / 92 / exp(1.96 * sqrt(variance))
    assert shunt.interval[0] == pytest.approx(low / (1 + low))
    assert shunt.interval[0] < 0.08 < shunt.interval[1]


@pytest.mark.parametrize("above", [1, 10, 20])
def test_counts_that_hardly_exceed_the_background_give_a_shunt_from_0_to_1(above: int) -> None:
    """Their SD is 447, so exp(1.96 * 447 / 1) exceeds every number that a program can hold."""
    lungs = HeadCounts(Fraction(100_000 + above), 100, Fraction(100_000), 100)
    liver = HeadCounts(Fraction(4_000_000), 100)
    shunt = CountedShunt("planar", *(Tally.of_heads((each,)) for each in (lungs, liver)))
    assert shunt.interval is not None
    low, high = shunt.interval
    assert 0 < low < 1e-6
    assert 0.99 < high < 1
    known = Known(shunt.fraction, "planar", shunt.interval)
    masses = Masses(Fraction("0.6"), Fraction("1.2"))
    model = DoseModel(masses, Fraction("1.03"), known, Known(Fraction(4), "given"))
    low_gy, high_gy = sure(model.interval_gy())
    assert low_gy < float(sure(model.lung_dose_gy())) < 1 < 1000 < high_gy


def test_h08_a_reconstruction_has_no_counting_interval() -> None:
    """Its values scatter other than counts: in a simulation by 1.8 times as much."""
    shunt = CountedShunt("spect_ct", tally(80_000), tally(920_000))
    assert shunt.fraction == Fraction(2, 25)
    assert (shunt.relative_variance, shunt.interval) == (None, None)


def test_the_ratio_is_of_concentrations_not_of_counts() -> None:
    ratio = CountedRatio(tally(6400), 100, tally(3200), 200)
    assert ratio.ratio == 4  # 64 a voxel over 16 a voxel; counts alone would give 2


@pytest.mark.parametrize(
    "said", ["99mTc MAA", "Tc-99m macroaggregated albumin", "LyoMAA", "albumin macroaggregates"]
)
def test_maa_is_known_by_its_names(said: str) -> None:
    assert judge_maa([said], "maa.dcm") == ()


@pytest.mark.parametrize(
    "said",
    [
        "Mebrofenin",
        "Tc-99m sulfur colloid",
        "GSA",
        "18F FDG",
        "166Ho microspheres",
        "nanocolloid",
        "SIR-Spheres",
        "TheraSphere",
        "QuiremScout",
        "Holmium-166",
        "Yttrium-90",
        "MAA, mebrofenin",
    ],
)
def test_another_tracer_is_refused(said: str) -> None:
    with refuses("dose.tracer", says="not 99mTc-MAA"):
        judge_maa([said], "maa.dcm")


@pytest.mark.parametrize("said", ["MAA pre TheraSphere", "SIR-Spheres work-up, 99mTc-MAA"])
def test_microspheres_named_with_maa_may_be_those_planned(said: str) -> None:
    (doubt,) = judge_maa([said], "maa.dcm")
    assert doubt.code == "dose.tracer_unknown"
    assert "both MAA and microspheres are named" in doubt.message
    assert judge_maa([said, ""], "maa.dcm") == (doubt,)  # one name of two, the other empty
    assert judge_maa([said, "maa"], "maa.dcm") == ()  # as stated by the user
    with refuses("dose.tracer", says="the tracer is microspheres"):
        judge_maa([said, "QuiremScout"], "maa.dcm")  # by another statement


def test_an_unknown_tracer_is_reported_and_not_shown() -> None:
    (told,) = judge_maa(["Meier 1950"], "maa.dcm")
    assert told.code == "dose.tracer_unknown"
    assert "Meier" not in told.message
    assert "its name is not recognised" in told.message
    assert "it is not stated" in judge_maa(["", " "], "maa.dcm")[0].message
