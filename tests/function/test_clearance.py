"""Clearance from counts: against a hand count, the truth of a model, and its own scatter."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import numpy.typing as npt
import pytest

from fl_planner.basis.findings import InputRefused
from fl_planner.function.clearance import (
    Clearance,
    Scintigraphy,
    find_clearance_doubts,
    measure_clearance,
    measure_study,
)
from fl_planner.function.curves import Activity, Counts
from fl_planner.function.mebrofenin import SeriesWindow, Uptake
from fl_planner.function.scintigram import Regions, Scintigram, count_regions, find_shared
from sample_data.kinetics import Liver
from tests.cases import sure
from tests.function.studies import (
    BSA_M2,
    PLANAR,
    REFERENCE,
    TRUTH,
    activity,
    exact_study,
    frames_of,
    noisy_study,
    regions,
)
from tests.masks import codes
from tests.refusals import refuses


def test_the_reference_from_counts() -> None:
    # MEB-01; frames of 50 s each divide out
    found = measure_clearance(REFERENCE, SeriesWindow(), BSA_M2)
    assert found.per_min == Fraction(1_900_000, 105_600)
    assert found.per_min_m2 == Fraction(1_000_000, 105_600)
    assert found.uptake.per_min_of_total == Fraction(1_900_000, 168_000)


def test_without_a_body_surface_nothing_is_by_body_surface() -> None:
    found = measure_clearance(REFERENCE, SeriesWindow())
    assert found.per_min_m2 is None
    assert "function.no_body_surface" in codes(find_clearance_doubts(found, "dyn.dcm"))
    with_size = measure_clearance(REFERENCE, SeriesWindow(), BSA_M2)
    assert find_clearance_doubts(with_size, "dyn.dcm") == ()


@pytest.mark.parametrize("per_min", [0.04, 0.12, 0.15])
def test_a_study_without_noise_gives_the_truth(per_min: float) -> None:
    # frames of 10 s and trapezoids: within 0.03 % of the closed form [clinical.md 5.1]
    study = exact_study(Liver(per_min=per_min, blood_per_min=per_min + 0.02))
    found = measure_study(study, regions(), SeriesWindow(), BSA_M2)
    assert float(found.per_min_m2 or 0) == pytest.approx(100 * per_min / 1.9, rel=3e-4)


def test_h10_times_of_the_begin_of_frames_would_shift_the_window() -> None:
    study = exact_study()
    assert study.mid_s[:2] == (Fraction(5), Fraction(15))


def test_h10_decay_is_corrected_once_by_what_the_file_states() -> None:
    truth = float(measure_study(exact_study(), regions(), SeriesWindow(), BSA_M2).per_min_m2 or 0)
    again = exact_study(corrected="START")  # decayed counts that are called corrected
    other = float(measure_study(again, regions(), SeriesWindow(), BSA_M2).per_min_m2 or 0)
    assert other / truth - 1 == pytest.approx(-0.012, abs=0.004)  # 1.2 % [clinical.md 5.2]


def test_frames_of_other_lengths_count_by_the_second() -> None:
    one = REFERENCE
    double = tuple(
        Counts(*(tuple(2 * n for n in part) for part in (head.liver, head.blood, head.outside)))
        for head in one.heads
    )
    long = Activity(one.times_s, tuple(2 * d for d in one.durations_s), double, "START")
    rates = [measure_clearance(study, SeriesWindow()).per_min for study in (long, one)]
    assert rates[0] == rates[1]


def test_a_blood_curve_that_rises_is_refused() -> None:
    rising = activity([1, 2, 3, 4, 5, 6, 7], [1, 2, 3, 4, 5, 6, 7], [9] * 7)
    with refuses("function.blood_rises", says="the blood curve rises"):
        measure_clearance(rising, SeriesWindow())
    flat = activity([1, 2, 3, 4, 5, 6, 7], [5] * 7, [9] * 7)
    with pytest.raises(InputRefused, match="the blood curve rises"):
        measure_clearance(flat, SeriesWindow())


def test_a_window_beyond_the_study_is_refused() -> None:
    with pytest.raises(InputRefused, match="does not include 450 s"):
        measure_clearance(REFERENCE, SeriesWindow(Fraction(150), Fraction(450)))
    with pytest.raises(InputRefused, match="blood-pool region has no counts"):
        measure_clearance(activity([1] * 7, [0] * 7, [9] * 7), SeriesWindow())


def test_the_scatter_of_counts_by_hand() -> None:
    # Two samples at the ends of the window, so that every weight is by hand: L 400 and 900,
    # E 1600 and 1100, blood 100 and 100/2. K = 500/1600/(0.75·Δt).
    # ln K = ln(L2 - L1) - ln E1 - ln(1 + C2/C1) + const:
    # var = (400 + 900)/500² + 1/1600 + [C2/C1/(1 + C2/C1)]²·(1/100 + 1/50)
    #       + 2·cov: of E1 (-1/E1) and C1 (+(1/3)/C1), covariance C1: -2·(1/1600)·(1/3)
    study = activity([400, 900], [100, 50], [1600, 1100], 200, "START")
    study = Activity((Fraction(150), Fraction(350)), study.durations_s, study.heads, "START")
    variance = 1300 / 500**2 + 1 / 1600 + (1 / 3) ** 2 * (1 / 100 + 1 / 50) - 2 / 3 / 1600
    found = measure_clearance(study, SeriesWindow())
    assert found.relative_sd == pytest.approx(variance**0.5, rel=1e-9)
    reach = 1.96 * variance**0.5
    assert found.interval == pytest.approx((1 - reach, 1 + reach))
    assert found.widest[0] <= sure(found.interval)[0]


def test_samples_within_the_window_scatter_by_their_part_of_the_area() -> None:
    # blood 100, 80, 40 after 150, 250, 350 s: 50·100 + 100·80 + 50·40 = 15000, of which the three
    # are 1/3, 8/15 and 2/15; the first is also what it is divided by: 1 - 1/3
    study = activity([400, 650, 900], [100, 80, 40], [1600, 1350, 1100], 100, "START")
    times = Fraction(150), Fraction(250), Fraction(350)
    found = measure_clearance(Activity(times, study.durations_s, study.heads, "START"),
                              SeriesWindow())  # fmt: skip
    of_blood = (2 / 3) ** 2 / 100 + (8 / 15) ** 2 / 80 + (2 / 15) ** 2 / 40
    variance = 1300 / 500**2 + 1 / 1600 + of_blood - 2 * (2 / 3) / 1600
    assert found.relative_sd == pytest.approx(variance**0.5, rel=1e-9)


@pytest.mark.parametrize(
    ("sd", "by_region", "by_window", "widest"),
    [
        (None, None, None, (1.0, 1.0)),
        (0.05, None, None, (0.902, 1.098)),  # 1.96 times 5 %
        (0.05, (0.8, 1.05), (0.99, 1.01), (0.8, 1.098)),
        (0.05, (0.95, 1.05), (0.7, 1.3), (0.7, 1.3)),
        (None, (1.1, 1.2), (1.05, 1.3), (1.0, 1.3)),  # as measured is one of them
    ],
)
def test_the_widest_of_three_sources_on_each_side(
    sd: float | None,
    by_region: tuple[float, float] | None,
    by_window: tuple[float, float] | None,
    widest: tuple[float, float],
) -> None:
    measured = measure_clearance(REFERENCE, SeriesWindow())
    found = replace(measured, relative_sd=sd, by_region=by_region, by_window=by_window)
    assert found.widest == pytest.approx(widest)


def test_scatter_of_what_was_not_counted_is_not_reported() -> None:
    one = REFERENCE
    scaled = Activity(one.times_s, one.durations_s, one.heads, "START", counted=False)
    found = measure_clearance(scaled, SeriesWindow())
    assert (found.relative_sd, found.interval) == (None, None)
    falling = activity([9, 8, 7, 6, 5, 4, 3], [9, 8, 7, 6, 5, 4, 3], [9] * 7)
    lost = measure_clearance(falling, SeriesWindow())
    assert (lost.relative_sd, lost.by_window) == (None, None)
    assert "function.no_uptake" in codes(find_clearance_doubts(lost, "dyn.dcm"))


def test_a_window_of_other_frames() -> None:
    found = measure_study(exact_study(), regions(), SeriesWindow(), BSA_M2)
    low, high = sure(found.by_window)
    assert 0.98 < low <= 1 <= high < 1.02  # a rate: the window moves it little
    assert found.widest[0] <= low
    short = activity([10, 20, 30], [9, 8, 7], [90, 80, 70], 100)
    assert measure_clearance(short, SeriesWindow(Fraction(100), Fraction(300))).by_window is None


def test_regions_of_a_pixel_more_and_less() -> None:
    found = measure_study(exact_study(), regions(), SeriesWindow(), BSA_M2)
    assert sure(found.by_region)[0] < 0.9  # a phantom without blur loses a rim of liver


def test_regions_that_cannot_shrink_have_a_range_by_growing_alone() -> None:
    counts = np.full((36, 3, 3), 50.0)
    counts[:, 1, 0] = 1000 + 10 * np.arange(36)
    counts[:, 1, 2] = 900 - 10 * np.arange(36)
    thin = Regions(_pixel(1, 0), _pixel(1, 2))
    found = measure_study(frames_of({"anterior": counts}), thin, SeriesWindow())
    smallest, largest = sure(found.by_region)
    assert smallest == largest


def _pixel(row: int, column: int) -> np.ndarray[tuple[int, int], np.dtype[np.bool_]]:
    plane = np.zeros((3, 3), dtype=np.bool_)
    plane[row, column] = True
    return plane


def test_a_clearance_by_itself_has_no_width() -> None:
    uptake = Uptake(Fraction(1), Fraction(1), Fraction(2), Fraction(1))
    assert Clearance(uptake, SeriesWindow()).widest == (1.0, 1.0)


@pytest.mark.essential
@pytest.mark.slow
def test_recovery_over_noisy_studies() -> None:
    # the full run is benchmarks/function.py; 30 studies here, fixed seeds
    factors, held = [], 0
    for seed in range(30):
        found = measure_clearance(
            count_regions(noisy_study(seed), regions()), SeriesWindow(), BSA_M2
        )
        value = float(found.per_min_m2 or 0)
        low, high = sure(found.interval)
        factors.append(value / TRUTH)
        held += value * low <= TRUTH <= value * high
    off, se = np.mean(factors) - 1, np.std(factors, ddof=1) / 30**0.5
    assert abs(off) <= max(0.01, 3 * se)
    assert held >= 26


def test_a_geometric_mean_of_two_heads() -> None:
    study = exact_study()
    alone = frames_of({"anterior": study.heads["anterior"]})
    both = measure_study(study, regions(), SeriesWindow())
    one = measure_study(alone, regions(), SeriesWindow())
    # the anterior head sees the liver 1.25 and all else 0.9 times as well: K by one head is high
    assert float(one.per_min / both.per_min) == pytest.approx(1.25 / 0.9, rel=1e-6)


def test_the_posterior_view_is_mirrored() -> None:
    study = exact_study()
    seen = study.seen("posterior")
    assert np.allclose(seen[20][PLANAR.liver].sum() / seen[20].sum(), 0.35, atol=0.1)
    assert (seen[:, :, 0] == study.heads["posterior"][:, :, -1]).all()


@pytest.mark.parametrize(
    ("starts", "durations", "second", "says"),
    [
        (35, [10] * 36, (36, 4, 4), "number of frames differs from the number of frame times"),
        (36, [10] * 35, (36, 4, 4), "number of frames differs from the number of frame times"),
        (36, [10] * 36, (30, 4, 4), "number of frames differs from the number of frame times"),
        (36, [10] * 36, (36, 4, 5), "differ in matrix size"),
        (36, [0] * 36, (36, 4, 4), "a frame has no duration"),
        (36, [10] * 35 + [0], (36, 4, 4), "a frame has no duration"),
    ],
)
def test_frames_that_do_not_fit_are_refused(
    starts: int, durations: list[int], second: tuple[int, ...], says: str
) -> None:
    heads = {"anterior": np.zeros((36, 4, 4)), "posterior": np.zeros(second)}
    times = tuple(Fraction(10 * n) for n in range(starts))
    with pytest.raises(InputRefused, match=says):
        Scintigram(heads, times, tuple(map(Fraction, durations)), "NONE", "dyn.dcm")  # type: ignore[arg-type]


def test_curves_of_other_lengths_are_refused() -> None:
    with pytest.raises(InputRefused, match="for 7 time points"):
        Activity(REFERENCE.times_s, REFERENCE.durations_s, (Counts((), (), ()),), "NONE")
    with pytest.raises(InputRefused, match="for 7 time points"):
        Activity(REFERENCE.times_s, (Fraction(1),), REFERENCE.heads, "NONE")


def test_frames_need_regions_and_regions_frames() -> None:
    assert Scintigraphy("dyn.dcm", exact_study(), regions()).window.start_s == 150
    for study, drawn in ((exact_study(), None), (None, regions())):
        with pytest.raises(InputRefused, match="must be given together"):
            Scintigraphy("dyn.dcm", study, drawn)


def test_one_clearance_has_one_source() -> None:
    assert Scintigraphy("curves.csv", activity=REFERENCE).study is None
    with pytest.raises(InputRefused, match="both a dynamic study and curves"):
        Scintigraphy("dyn.dcm", exact_study(), regions(), REFERENCE)


def plane(*spans: tuple[int, int, int, int], size: int = 10) -> npt.NDArray[np.bool_]:
    found = np.zeros((size, size), dtype=bool)
    for a, b, c, d in spans:
        found[a:b, c:d] = True
    return found


LIVER, HEART = plane((4, 8, 1, 6)), plane((1, 3, 5, 8))


def test_what_is_outside_holds_the_heart() -> None:
    drawn = Regions(LIVER, HEART)
    assert drawn.outside.sum() == 100 - 20
    assert (drawn.outside & HEART).sum() == 6
    assert drawn.shared == 0
    assert find_shared(drawn) == ()


def test_a_field_leaves_the_rest_out_and_holds_what_was_drawn() -> None:
    drawn = Regions(LIVER, HEART, plane((3, 9, 0, 9)))
    assert drawn.whole.sum() == 54 + 6  # the heart lies above it
    assert drawn.outside.sum() == 54 + 6 - 20


def test_pixels_that_are_in_both_leave_the_blood() -> None:
    drawn = Regions(LIVER, plane((2, 5, 5, 8)))  # 9 pixels, 1 of them in the liver
    assert (drawn.shared, drawn.blood.sum()) == (1, 8)
    (found,) = find_shared(drawn)
    assert (found.code, "1 of the 9 heart pixels" in found.message) == ("region.overlap", True)


@pytest.mark.parametrize(
    ("liver", "heart", "field", "code"),
    [
        (plane(), HEART, None, "region.empty"),
        (LIVER, plane(), None, "region.empty"),
        (LIVER, HEART, plane(), "region.empty"),
        (LIVER, plane((1, 3, 5, 8), size=9), None, "region.matrix"),
        (LIVER, plane((4, 6, 3, 7)), None, "region.heart_is_liver"),  # 6 of 8
        (plane((0, 10, 0, 10)), plane((0, 1, 0, 1)) | True, None, "region.heart_is_liver"),
        (LIVER, plane((4, 6, 4, 8)), LIVER, None),  # half of it is not more than half
    ],
)
def test_regions_that_cannot_be(
    liver: npt.NDArray[np.bool_],
    heart: npt.NDArray[np.bool_],
    field: npt.NDArray[np.bool_] | None,
    code: str | None,
) -> None:
    if code is None:
        assert Regions(liver, heart, field).shared == 4
        return
    with refuses(code):
        Regions(liver, heart, field)


def test_a_matrix_of_another_size_is_refused() -> None:
    Regions(LIVER, HEART).require_matrix(10, 10, "dyn.dcm")
    with pytest.raises(InputRefused, match=r"10 x 10 pixels; dyn\.dcm has 10 x 12"):
        Regions(LIVER, HEART).require_matrix(10, 12, "dyn.dcm")


def test_a_pixel_more_and_less() -> None:
    drawn = Regions(LIVER, HEART)
    more, less = drawn.changed(1), drawn.changed(-1)
    assert more is not None
    assert less is None  # a heart of 2 x 3 pixels has no pixel within
    assert more.liver.sum() == 20 + 2 * (4 + 5)  # four sides, no corners
    assert more.shared == 0  # the heart does not grow into the liver
    assert (more.liver | more.heart)[3, 5]
    wider = Regions(LIVER, plane((0, 3, 5, 9))).changed(-1)
    assert wider is not None
    assert wider.liver.sum() == 2 * 3
    assert wider.heart.sum() == 2 * 2  # from the upper edge nothing comes in


def test_growing_stops_at_the_edge() -> None:
    corner = Regions(plane((0, 2, 0, 2)), HEART).changed(1)
    assert sure(corner).liver.sum() == 4 + 4


@pytest.mark.parametrize(("step_s", "last_s"), [("0.01", "0.355"), ("1000", "35500")])
def test_h10_frames_that_are_not_in_ms_are_refused(step_s: str, last_s: str) -> None:
    """A last frame before one minute or after two hours: 36 frames of 10 ms, or of 1000 s."""
    step = Fraction(step_s)
    study = replace(
        exact_study(), starts_s=tuple(step * n for n in range(36)), durations_s=(step,) * 36
    )
    with refuses("curve.time_unit", "dyn.dcm", says=f"the last frame is at {last_s} s"):
        count_regions(study, regions())
