"""Bias, limits, within-case SD and CV: published examples, independent engines, 95 of 100."""

import numpy as np
import pytest

from fl_planner.liver.agreement.bland_altman import (
    ENOUGH,
    Differences,
    QuantityAgreement,
    compare_pairs,
    find_few,
    measure_repeatability,
)
from tests.cases import sure

# Bland and Altman, Lancet 1986;1:307, table 1: peak expiratory flow of 17 subjects, l/min, first
# and second reading by each meter
WRIGHT = (
    (494, 490), (395, 397), (516, 512), (434, 401), (476, 470), (557, 611), (413, 415), (442, 431),
    (650, 638), (433, 429), (417, 420), (656, 633), (267, 275), (478, 492), (178, 165), (423, 372),
    (427, 421),
)  # fmt: skip
MINI = (
    (512, 525), (430, 415), (520, 508), (428, 444), (500, 500), (600, 625), (364, 460), (380, 390),
    (658, 642), (445, 432), (432, 420), (626, 605), (260, 227), (477, 467), (259, 268), (350, 370),
    (451, 443),
)  # fmt: skip
APART = [float(one[0] - other[0]) for one, other in zip(WRIGHT, MINI, strict=True)]  # by the first


def test_the_example_of_bland_and_altman_is_theirs() -> None:
    """Mean -2.1, SD 38.8, limits by 2 SD -79.7 and 75.5, bias -22.0 to 17.8 [as printed]."""
    found = compare_pairs(APART)
    assert found.cases == 17
    assert found.sd is not None
    assert found.bias_interval is not None
    assert (round(found.bias, 1), round(found.sd, 1)) == (-2.1, 38.8)
    printed = (round(found.bias, 1) + sign * 2 * round(found.sd, 1) for sign in (-1, 1))
    assert [round(one, 1) for one in printed] == [-79.7, 75.5]
    assert [round(end, 1) for end in found.bias_interval] == pytest.approx([-22.0, 17.8], abs=0.11)
    assert (found.low, found.high) == pytest.approx(
        (found.bias - 1.96 * found.sd, found.bias + 1.96 * found.sd)
    )


def test_the_limits_have_the_exact_intervals_of_the_non_central_t() -> None:
    """Carkeet 2015: sqrt(n) (mu + 1.96 sigma - mean) / s is non-central t; scipy.stats has it."""
    from scipy import stats  # loading it takes half a second

    found, n = compare_pairs(APART), len(APART)
    mean, sd = float(np.mean(APART)), float(np.std(APART, ddof=1))
    ends = stats.nct.ppf((0.025, 0.975), n - 1, 1.96 * n**0.5) * sd / n**0.5
    assert found.high_interval == pytest.approx(tuple(mean + ends), rel=1e-6)
    assert found.low_interval == pytest.approx(tuple(mean - ends[::-1]), rel=1e-6)
    assert found.bias_interval == pytest.approx(
        stats.t.interval(0.95, n - 1, mean, sd / n**0.5), rel=1e-9
    )


def test_one_pair_alone_has_its_difference_and_no_interval() -> None:
    assert compare_pairs([-3.0]) == Differences(1, -3.0)


def test_differences_that_are_all_the_same_state_nothing_of_how_far_others_are() -> None:
    assert compare_pairs([2.0, 2.0, 2.0]) == Differences(3, 2.0, sd=0.0)
    assert compare_pairs([0.0, 0.0]) == Differences(2, 0.0, sd=0.0)
    nearly = compare_pairs([0.1 + 0.2, 0.3, 0.3])
    assert (nearly.sd, nearly.low, nearly.bias_interval) == (0.0, None, None)


@pytest.mark.slow
@pytest.mark.parametrize("cases", [5, 20])
def test_the_intervals_hold_95_of_100_readers_of_known_bias_and_spread(cases: int) -> None:
    """4,000 pairs of readers, one 12 mL over the other, each ±30 mL: within 3 binomial SD."""
    rng, runs, bias, sd = np.random.default_rng(17), 4000, 12.0, 30 * 2**0.5
    truths = {
        "bias_interval": bias, "low_interval": bias - 1.96 * sd, "high_interval": bias + 1.96 * sd,
    }  # fmt: skip
    held = dict.fromkeys(truths, 0)
    for _ in range(runs):
        liver = rng.normal(1500, 300, cases)
        one, other = liver + rng.normal(0, 30, cases), liver + bias + rng.normal(0, 30, cases)
        found = compare_pairs((other - one).tolist())
        for name, truth in truths.items():
            low, high = getattr(found, name)
            held[name] += low <= truth <= high
    require_95_of_100(held, runs)


def require_95_of_100(held: dict[str, int], runs: int) -> None:
    """Demand that 95 % of so many runs held the truth, within 3 binomial SD."""
    reach = 3 * (runs * 0.95 * 0.05) ** 0.5
    for name, count in held.items():
        assert abs(count - 0.95 * runs) <= reach, (name, count)


@pytest.mark.parametrize(("meter", "printed"), [(WRIGHT, 43.2), (MINI, 56.4)])
def test_the_coefficients_of_repeatability_are_those_in_print(
    meter: tuple[tuple[float, float], ...], printed: float
) -> None:
    """2 x SD of the differences, whose mean is taken as 0: 43.2 and 56.4 l/min [as printed]."""
    found = measure_repeatability(meter)
    assert (found.cases, found.df) == (17, 17)
    theirs = 2 * 2**0.5 * sure(found.sd).value
    assert theirs == pytest.approx(printed, abs=0.15)
    assert sure(found.coefficient).value == pytest.approx(theirs * 1.96 / 2)


def test_more_than_two_readers_are_one_way_analysis_of_variance() -> None:
    """Mean square within groups, by plain numpy; its interval by scipy's chi square."""
    from scipy import stats  # loading it takes half a second

    rng = np.random.default_rng(5)
    cases = [(rng.normal(400, 90) + rng.normal(0, 20, k)).tolist() for k in (2, 3, 3, 4, 2)]
    df = sum(len(one) - 1 for one in cases)
    square = sum(float(((np.array(one) - np.mean(one)) ** 2).sum()) for one in cases)
    found = measure_repeatability(cases)
    assert found.df == df == 9
    sd = sure(found.sd)
    assert sd.value == pytest.approx((square / df) ** 0.5)
    ends = (square / stats.chi2.ppf((0.975, 0.025), df)) ** 0.5
    assert sd.interval == pytest.approx(tuple(ends))
    of_pairs = 2**0.5 * 1.96  # a repeatability coefficient has the interval of its SD
    assert sure(found.coefficient).interval == pytest.approx(tuple(of_pairs * ends))
    relative = sum(float(((np.array(one) / np.mean(one) - 1) ** 2).sum()) for one in cases)
    assert sure(found.cv).value == pytest.approx((relative / df) ** 0.5)
    assert sure(found.cv).interval == pytest.approx(
        tuple((relative / stats.chi2.ppf((0.975, 0.025), df)) ** 0.5)
    )


def test_one_pair_is_too_few_for_any_cv_and_states_its_df() -> None:
    """Two readings that meet by chance would give a false 95 % interval of nothing."""
    found = measure_repeatability([(30.0, 30.1)])
    assert (found.cases, found.df, found.sd, found.cv) == (1, 1, None, None)
    assert found.coefficient is None
    assert not found.is_enough
    three = measure_repeatability([(30.0, 30.1, 29.9)])
    assert (three.df, three.cv) == (2, None)


@pytest.mark.parametrize(("pairs", "enough"), [(ENOUGH - 1, False), (ENOUGH, True)])
def test_a_cv_means_a_centre_from_ten_degrees_of_freedom(pairs: int, enough: bool) -> None:
    found = measure_repeatability([(100.0, 104.0)] * pairs)
    assert found.df == pairs
    assert found.is_enough is enough


@pytest.mark.parametrize(
    ("cases", "readings", "few"),
    [(10, 2, False), (9, 2, True), (2, 6, False), (2, 5, True), (1, 11, True)],
)
def test_two_cases_and_ten_degrees_of_freedom_are_enough(
    cases: int, readings: int, few: bool
) -> None:
    found = measure_repeatability([[100.0, *[104.0] * (readings - 1)]] * cases)
    assert found.df == cases * (readings - 1)
    assert bool(find_few((QuantityAgreement("flr", {}, found, ()),))) is few


def test_what_does_not_differ_or_is_nothing_has_no_cv() -> None:
    assert measure_repeatability([(1.0, 1.0), (2.0, 2.0)]).sd is None
    of_nothing = measure_repeatability([(0.0, 0.0), (4.0, 2.0)])
    assert sure(of_nothing.sd).value == pytest.approx(1.0)
    assert of_nothing.cv is None


@pytest.mark.slow
@pytest.mark.parametrize("readers", [2, 3])
def test_the_intervals_hold_95_of_100_readers_of_known_spread(readers: int) -> None:
    """4,000 times 15 cases: SD 2 points, CV 8 %; within 3 binomial SD."""
    rng, runs, cases, held = np.random.default_rng(8), 4000, 15, {"sd": 0, "cv": 0}
    for _ in range(runs):
        share = rng.uniform(25, 45, (cases, 1))
        by_sd = measure_repeatability((share + rng.normal(0, 2, (cases, readers))).tolist())
        by_cv = measure_repeatability(
            (share * (1 + rng.normal(0, 0.08, (cases, readers)))).tolist()
        )
        for name, estimate, truth in (("sd", by_sd.sd, 2.0), ("cv", by_cv.cv, 0.08)):
            low, high = sure(estimate).interval
            held[name] += low <= truth <= high
    require_95_of_100(held, runs)


@pytest.mark.slow
def test_with_a_bias_between_readers_the_interval_is_rather_too_wide() -> None:
    """One reader 3 points over the other, each ±2: a next pair scatters by √(4 + 4.5)."""
    rng, runs, truth, held = np.random.default_rng(9), 3000, (4 + 4.5) ** 0.5, 0
    for _ in range(runs):
        share = rng.uniform(25, 45, 15)
        pairs = np.stack([share + rng.normal(0, 2, 15), share + 3 + rng.normal(0, 2, 15)], axis=1)
        low, high = sure(measure_repeatability(pairs.tolist()).sd).interval
        held += low <= truth <= high
    assert held >= 0.95 * runs - 3 * (runs * 0.95 * 0.05) ** 0.5
