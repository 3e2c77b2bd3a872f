"""Within-case SD and CV: figures in print, scipy's chi square, and 95 of 100."""

import numpy as np
import pytest
from scipy import stats

from fl_planner.liver.agreement.over_cases import ENOUGH, measure_repeatability
from tests.cases import sure

# Bland and Altman 1986, table 1: first and second reading by each meter, l/min
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
    relative = sum(float(((np.array(one) / np.mean(one) - 1) ** 2).sum()) for one in cases)
    assert sure(found.cv).value == pytest.approx((relative / df) ** 0.5)
    assert sure(found.cv).interval == pytest.approx(
        tuple((relative / stats.chi2.ppf((0.975, 0.025), df)) ** 0.5)
    )


def test_one_pair_is_too_few_for_any_cv_and_says_its_df() -> None:
    """Two readings that meet by chance would give a false 95 % interval of nothing."""
    found = measure_repeatability([(30.0, 30.1)])
    assert (found.cases, found.df, found.sd, found.cv) == (1, 1, None, None)
    assert found.coefficient is None
    assert not found.is_enough
    three = measure_repeatability([(30.0, 30.1, 29.9)])
    assert (three.df, three.cv) == (2, None)


@pytest.mark.parametrize(("pairs", "enough"), [(ENOUGH - 1, False), (ENOUGH, True)])
def test_a_cv_stands_for_a_centre_from_ten_degrees_of_freedom(pairs: int, enough: bool) -> None:
    found = measure_repeatability([(100.0, 104.0)] * pairs)
    assert found.df == pairs
    assert found.is_enough is enough


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
    reach = 3 * (runs * 0.95 * 0.05) ** 0.5
    for name, count in held.items():
        assert abs(count - 0.95 * runs) <= reach, (name, count)


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
