"""Differences of two readers: a published example, an independent engine, and 95 of 100."""

import numpy as np
import pytest
from scipy import stats

from fl_planner.liver.agreement.over_cases import Differences, compare_pairs

# Bland and Altman, Lancet 1986;1:307, table 1: peak expiratory flow of 17 subjects, l/min
WRIGHT = (
    494, 395, 516, 434, 476, 557, 413, 442, 650, 433, 417, 656, 267, 478, 178, 423, 427,
)  # fmt: skip
MINI = (
    512, 430, 520, 428, 500, 600, 364, 380, 658, 445, 432, 626, 260, 477, 259, 350, 451,
)  # fmt: skip
APART = [float(one - other) for one, other in zip(WRIGHT, MINI, strict=True)]


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


def test_differences_that_are_all_the_same_say_nothing_of_how_far_others_lie() -> None:
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
    reach = 3 * (runs * 0.95 * 0.05) ** 0.5
    for name, count in held.items():
        assert abs(count - 0.95 * runs) <= reach, (name, count)
