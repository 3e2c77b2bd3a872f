"""Curves of a dynamic series: times, interpolation, decay."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from fl_planner.basis.findings import InputRefused
from fl_planner.basis.standing_words import DecayCorrection
from fl_planner.function.curves import Curve, compute_decay_factor
from tests.function.studies import REFERENCE
from tests.refusals import refuses


def curve(times: list[float], counts: list[float], name: str = "blood") -> Curve:
    """Make a curve of doubles, each taken as the decimal that it shows."""
    return Curve(
        name,
        tuple(Fraction(str(time)) for time in times),
        tuple(Fraction(str(count)) for count in counts),
    )


@pytest.mark.parametrize(
    ("times", "code"),
    [
        ([2.5, 3, 5.833], "curve.time_unit"),  # minutes
        ([0, 150_000, 350_000], "curve.time_unit"),  # milliseconds
        ([0, 59.9], "curve.time_unit"),
        ([0, 7201], "curve.time_unit"),
        ([0, 100, 100], "curve.times"),
        ([0, 100, 90], "curve.times"),
        ([-1, 100], "curve.times"),
        ([100], "curve.times"),
    ],
)
def test_h10_times_in_another_unit_or_order_are_refused(times: list[float], code: str) -> None:
    with refuses(code, says="time_s"):
        curve(times, [1.0] * len(times))


def test_the_ends_of_the_times_belong_to_them() -> None:
    assert curve([0, 60], [1, 1]).at(Fraction(60)) == 1
    assert curve([0, 7200], [1, 1]).at(Fraction(0)) == 1


def test_a_curve_has_one_count_for_each_time() -> None:
    with refuses("curve.lengths_differ", "liver", says="has 1 count for 2 time points"):
        curve([0, 100], [1], "liver")


def test_counts_are_not_negative() -> None:
    with pytest.raises(InputRefused, match="liver: has a count below 0"):
        curve([0, 100], [1, -1], "liver")


@pytest.mark.parametrize("time", [99, 351])
def test_a_record_that_does_not_reach_is_refused(time: int) -> None:
    with refuses("curve.truncated", says="does not include"):
        curve([100, 350], [1, 2]).at(Fraction(time))


def test_the_integral_of_the_reference() -> None:
    # MEB-01: 1000, 820, 690, 600, 540 each 50 s apart; trapezoids by hand, 144 000 counts·s
    blood = curve([100, 150, 200, 250, 300, 350, 400], [1250, 1000, 820, 690, 600, 540, 500])
    assert blood.integral(Fraction(150), Fraction(350)) == 144_000


def test_ends_between_samples_are_interpolated() -> None:
    # a line from 0 to 100 over 100 s: from 25 to 75 s the mean is 50
    assert curve([0, 100], [0, 100]).integral(Fraction(25), Fraction(75)) == 2500


@given(st.lists(st.integers(0, 10**6), min_size=3, max_size=12), st.data())
def test_integrals_of_two_parts_add_up(counts: list[int], data: st.DataObject) -> None:
    one = curve([60.0 * n for n in range(1, len(counts) + 1)], [float(n) for n in counts])
    first, last = one.times_s[0], one.times_s[-1]
    inner = data.draw(st.fractions(first, last, max_denominator=1000))
    parts = one.integral(first, inner) + one.integral(inner, last) if first < inner < last else None
    assert parts in (None, one.integral(first, last))


def test_decay_of_the_reference() -> None:
    # MEB-04: 2^(0.1/6.0067)
    assert compute_decay_factor(Fraction(1, 10)) == pytest.approx(1.01160640480955, rel=1e-12)
    assert compute_decay_factor(Fraction("6.0067")) == 2.0


def test_h10_decay_is_corrected_once() -> None:
    flat = curve([0, 3600], [100, 100])
    once = flat.decay_corrected("NONE", half_life_h=Fraction(1))
    assert list(once.counts) == [100, 200]  # one half-life later twice as many


@pytest.mark.parametrize("done", ["START", "ADMIN"])
def test_h10_counts_that_were_corrected_are_not_corrected_again(done: DecayCorrection) -> None:
    with refuses("curve.corrected_twice", says="already decay-corrected"):
        curve([0, 100], [1, 1]).decay_corrected(done)


def test_each_frame_has_a_length_and_no_count_below_nothing() -> None:
    with refuses("curve.times", "duration_s", says="the duration of a frame must be above 0"):
        structs.replace(REFERENCE, durations_s=(Fraction(0), *REFERENCE.durations_s[1:]))
    (head,) = REFERENCE.heads
    for part in ("liver", "blood", "outside"):
        wrong = structs.replace(head, **{part: (Fraction(-1), *head.liver[1:])})
        with refuses("curve.negative", "counts", says="there is a count below 0"):
            structs.replace(REFERENCE, heads=(head, wrong))
