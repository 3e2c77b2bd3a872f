"""Every number that protocols set on a fact, gathered by fact."""

from fractions import Fraction

from fl_planner.intake.documents.protocols import read_bundled_trials, read_protocols
from fl_planner.trials.criterion import find_limits


def test_the_limits_in_print_are_found_by_fact() -> None:
    """Shares: DRAGON 2 and RESCUE 30 and 40 %, DRAGON PLC 50 %; lungs 15 Gy; function 2.67."""
    limits = find_limits((*read_bundled_trials(), *read_protocols().each))
    assert limits["flr_fraction"] == (Fraction(3, 10), Fraction(2, 5), Fraction(1, 2))
    assert limits["untreated_nontumorous_fraction"] == (Fraction(3, 10),)
    assert limits["lung_dose_gy_at_150gy_tumour"] == (Fraction(15),)
    assert Fraction("2.67") in limits["flr_function_pct_per_min_per_m2"]
    assert "cirrhosis" not in limits  # a yes or no has no number


def test_they_are_those_of_each_trial_by_itself() -> None:
    trials = read_bundled_trials()
    for fact, limits in find_limits(trials).items():
        alone = {limit.value for trial in trials for limit in trial.limits_on(fact)}
        assert limits == tuple(sorted(alone))


def test_without_trials_there_is_none() -> None:
    assert find_limits(()) == {}
