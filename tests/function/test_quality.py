"""What makes a dynamic study doubtful, each tripped by itself; and a patient who moves in it."""

from dataclasses import replace
from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np
import pytest
from msgspec import structs

from fl_planner.basis.findings import Severity
from fl_planner.function.curves import Activity, Counts
from fl_planner.function.mebrofenin import SeriesWindow
from fl_planner.function.quality import (
    find_coarse,
    find_curve_doubts,
    find_drift,
    find_heart_elsewhere,
    find_hot_spot,
    find_jumps,
    find_late_peak,
    find_liver_steps,
    find_misplaced,
    find_motion,
    find_patient_doubts,
    find_turned_head,
    find_unseen_injection,
    measure_motion,
)
from fl_planner.function.scintigram import Regions, Scintigram, count_regions, find_cut_liver
from tests.cases import each_case, sure
from tests.function.chest import HEART, LIVER, chest, drawn, round_of
from tests.function.studies import (
    PLANAR,
    REFERENCE,
    activity,
    exact_study,
    frames_of,
    movable,
    noisy_study,
    regions,
)
from tests.masks import codes

STUDY, DRAWN, WINDOW = exact_study(), regions(), SeriesWindow()


def changed(factor: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> Scintigram:
    return replace(
        STUDY, heads={view: head * factor[:, None, None] for view, head in STUDY.heads.items()}
    )


def test_a_clean_study_has_no_doubts() -> None:
    for study in (STUDY, noisy_study(7)):
        counted = count_regions(study, DRAWN)
        assert find_drift(counted, WINDOW) == ()
        assert find_jumps(counted, WINDOW) == ()
        assert find_coarse(counted, WINDOW) == ()
        assert find_late_peak(counted) == ()
        assert find_liver_steps(counted, WINDOW) == ()
        assert find_unseen_injection(counted) == ()
        assert find_hot_spot(study, DRAWN, WINDOW) == ()
        assert find_misplaced(study, DRAWN, WINDOW) == ()
        assert find_turned_head(study, DRAWN, WINDOW) == ()
        assert find_cut_liver(study, DRAWN, WINDOW.stop_s) == ()


@pytest.mark.parametrize(("loss", "found"), [(0.10, 1), (0.01, 0), (-0.10, 1)])
def test_a_field_that_drifts_within_the_window(loss: float, found: int) -> None:
    # a linear change of `loss` from 150 to 350 s
    times = np.array([float(t) for t in STUDY.mid_s])
    doubts = find_drift(count_regions(changed(1 - loss * (times - 150) / 200), DRAWN), WINDOW)
    assert codes(doubts) == ["function.field_drifts"] * found
    for doubt in doubts:
        first, second = 1 - 0.25 * loss, 1 - 0.75 * loss  # means of both halves
        assert doubt.value == pytest.approx(200 * (second / first - 1), rel=0.005)


def test_h10_no_more_than_all_counts_are_reported_as_lost() -> None:
    """From 200 s on, there are no counts: the second half of the window has none."""
    times = np.array([float(t) for t in STUDY.mid_s])
    lost = replace(changed(np.where(times < 200, 1.0, 0.0)), counted=False)
    (found,) = find_drift(count_regions(lost, DRAWN), WINDOW)
    assert found.value == -100
    assert "total counts change by -100.0 % within the window" in found.message


def test_a_drift_of_chance_is_none() -> None:
    few = activity([10, 10, 10, 10, 10, 10, 10], [5] * 7, [30, 30, 30, 30, 30, 24, 20])
    assert find_drift(few, WINDOW) == ()  # forty counts a frame
    sure = Activity(few.times_s, few.durations_s, few.heads, "START", counted=False)
    assert codes(find_drift(sure, WINDOW)) == ["function.field_drifts"]
    nothing = Activity(few.times_s, few.durations_s, (Counts(*((Fraction(0),) * 7,) * 3),), "START")
    assert find_drift(nothing, WINDOW) == ()


def test_a_series_that_began_before_the_injection() -> None:
    times = np.array([float(t) for t in STUDY.mid_s])
    late = count_regions(changed(np.where(times < 80, 0.01, 1.0)), DRAWN)
    (found,) = find_late_peak(late)
    assert (found.code, found.value) == ("function.late_injection", 85)
    assert find_late_peak(REFERENCE) == ()  # whose record begins at 100 s


def with_spot(row: int, column: int, counts: float) -> Scintigram:
    heads = {}
    for view, head in STUDY.heads.items():
        hot = head.copy()
        place = column if view == "anterior" else 64 - column - 5
        hot[:, row : row + 5, place : place + 5] += counts
        heads[view] = hot
    return replace(STUDY, heads=heads)


def test_a_spot_that_is_hotter_than_the_liver() -> None:
    assert codes(find_hot_spot(with_spot(55, 2, 500.0), DRAWN, WINDOW)) == ["function.hot_spot"]
    assert find_hot_spot(with_spot(55, 2, 5.0), DRAWN, WINDOW) == ()
    beside = find_hot_spot(with_spot(31, 20, 500.0), DRAWN, WINDOW)  # within the liver
    assert beside == ()
    everything = Regions(PLANAR.liver, ~PLANAR.liver)
    assert find_hot_spot(with_spot(55, 2, 500.0), everything, WINDOW) == ()


@pytest.mark.parametrize(
    ("turn", "told"),
    [
        ((slice(None), slice(None, None, -1)), "mirrored"),
        ((slice(None, None, -1), slice(None)), "upside down"),
        ((slice(None, None, -1), slice(None, None, -1)), "180 degrees"),
    ],
    ids=["mirrored", "upside-down", "turned"],
)
def test_regions_that_were_saved_the_other_wayround_of(
    turn: tuple[slice, slice], told: str
) -> None:
    plane = np.zeros((64, 64), dtype=bool)
    plane[8:16, 6:14] = True  # hot, far from every axis
    hot = frames_of(
        {"anterior": np.broadcast_to(plane * 9.0, (36, 64, 64)),
         "posterior": np.broadcast_to(plane[:, ::-1] * 9.0, (36, 64, 64))}
    )  # fmt: skip
    heart = np.zeros((64, 64), dtype=bool)
    heart[30:34, 30:34] = True
    (found,) = find_misplaced(hot, Regions(plane[turn], heart), WINDOW)
    assert found.code == "region.turned"
    assert told in found.message
    assert found.severity.value == "error"
    assert find_misplaced(hot, Regions(plane, heart), WINDOW) == ()


def test_a_posterior_head_that_was_mirrored_already() -> None:
    heads = dict(STUDY.heads)
    twice = replace(STUDY, heads={**heads, "posterior": heads["posterior"][:, :, ::-1]})
    assert codes(find_turned_head(twice, DRAWN, WINDOW)) == ["function.posterior_mirrored"]
    alone = frames_of({"anterior": heads["anterior"]})
    assert find_turned_head(alone, DRAWN, WINDOW) == ()


def test_a_liver_region_mirrored_in_both_views_is_no_mirrored_head() -> None:
    mirrored = Regions(DRAWN.liver[:, ::-1], DRAWN.heart)
    assert codes(find_misplaced(STUDY, mirrored, WINDOW)) == ["region.turned"]
    assert find_turned_head(STUDY, mirrored, WINDOW) == ()


@each_case("view", ["anterior", "posterior"])
def test_h02_a_view_upside_down_is_an_error(view: str) -> None:
    study = chest(3)
    assert find_turned_head(study, drawn(), WINDOW) == ()
    turned = {of: head[:, ::-1] if of == view else head for of, head in study.heads.items()}
    (found,) = find_turned_head(replace(study, heads=turned), drawn(), WINDOW)
    assert (found.code, found.severity) == ("function.view_upside_down", Severity.ERROR)
    assert found.file == "dyn.dcm"


def test_h02_a_liver_in_the_middle_of_the_field_leaves_a_doubt() -> None:
    """Three rows higher, it lies as well upside down; the heart and the lungs do not."""
    heads = {view: np.roll(head, -3, axis=1) for view, head in chest(0).heads.items()}
    moved = Regions(np.roll(LIVER, -3, axis=0), np.roll(HEART, -3, axis=0))
    assert find_turned_head(frames_of(heads), moved, WINDOW) == ()
    turned = frames_of({**heads, "posterior": heads["posterior"][:, ::-1]})
    (found,) = find_turned_head(turned, moved, WINDOW)
    assert (found.code, found.severity) == ("function.view_upside_down", Severity.WARNING)
    assert 0.02 < sure(found.value) < 0.05
    twice = {**turned.heads, "posterior": turned.heads["posterior"][:, :, ::-1]}
    both = codes(find_turned_head(frames_of(twice), moved, WINDOW))
    assert both == ["function.view_upside_down", "function.posterior_mirrored"]


@each_case(
    "heart",
    {"right lung": round_of(0.35, 0.23, 0.06, 0.07), "left lung": round_of(0.74, 0.23, 0.05, 0.07)},
)
def test_a_heart_region_on_the_lung_is_reported(heart: Any) -> None:
    """The lungs have half of the heart's counts, or less."""
    for seed, counts in product(range(5), (2.0, 10.0)):
        (found,) = find_heart_elsewhere(chest(seed, counts), drawn(heart), WINDOW)
        assert (found.code, found.severity) == ("region.heart_elsewhere", Severity.WARNING)
        assert sure(found.value) > 1.6


@each_case(
    "heart",
    {
        "as it is": HEART,
        "small": round_of(0.57, 0.30, 0.04, 0.045),
        "large": round_of(0.57, 0.29, 0.11, 0.11) & ~LIVER,
        "moved": round_of(0.62, 0.30, 0.08, 0.09) & ~LIVER,
        "aorta": round_of(0.53, 0.60, 0.02, 0.12) & ~LIVER,
    },
)
def test_a_heart_region_on_heart_or_vessel_is_not_reported(heart: Any) -> None:
    for seed, counts in product(range(5), (0.05, 0.5, 10.0)):
        assert find_heart_elsewhere(chest(seed, counts), drawn(heart), WINDOW) == ()


def test_the_injected_arm_is_not_taken_for_the_heart() -> None:
    """A vein in the arm, farther away than the liver is wide; nearer, it is reported."""
    heart = round_of(0.50, 0.30, 0.05, 0.05) & HEART
    for first, reported in ((62, False), (50, True)):
        heads = {view: head.copy() for view, head in chest(2).heads.items()}
        heads["anterior"][:, 2:20, first : first + 2] = 4000
        found = find_heart_elsewhere(replace(chest(2), heads=heads), drawn(heart), WINDOW)
        assert bool(found) is reported


def test_a_series_that_starts_late_shows_no_early_counts() -> None:
    empty = replace(STUDY, heads={view: 0 * head for view, head in STUDY.heads.items()})
    assert find_heart_elsewhere(empty, DRAWN, WINDOW) == ()


@pytest.mark.parametrize(
    ("fasting", "bilirubin", "found"),
    [(None, None, []), (4, 50, []), (3, 51, ["function.not_fasting", "function.bilirubin"])],
)
def test_what_in_the_patient_changes_the_uptake(
    fasting: int | None, bilirubin: int | None, found: list[str]
) -> None:
    given = (None if n is None else Fraction(n) for n in (fasting, bilirubin))
    assert codes(find_patient_doubts(*given)) == found


@pytest.mark.parametrize("count", [0.0, 0.88, 1.0, 1.12])
def test_h10_a_frame_that_was_lost_is_reported(count: float) -> None:
    # the 29th, at 285 s: the drift of halves drowns in the scatter of a frame without counts
    factor = np.ones(36)
    factor[28] = count
    doubts = find_jumps(count_regions(changed(factor), DRAWN), WINDOW)
    assert codes(doubts) == ["function.frame_jumps"] * (count != 1)
    for doubt in doubts:
        assert doubt.value == pytest.approx(100 * (count - 1), abs=1)
        assert "frame at 285 s" in doubt.message


def test_a_frame_before_the_window_and_a_jump_of_chance_are_none() -> None:
    factor = np.ones(36)
    factor[5] = 0.5
    assert find_jumps(count_regions(changed(factor), DRAWN), WINDOW) == ()
    few = activity([10, 10, 10, 10, 10, 10, 10], [5] * 7, [30, 30, 30, 18, 30, 30, 30])
    assert find_jumps(few, WINDOW) == ()  # forty counts a frame
    sure = Activity(few.times_s, few.durations_s, few.heads, "START", counted=False)
    (told,) = find_jumps(sure, WINDOW)
    assert told.value == pytest.approx(-30)
    nothing = Activity(few.times_s, few.durations_s, (Counts(*((Fraction(0),) * 7,) * 3),), "START")
    assert find_jumps(nothing, WINDOW) == ()
    edges = activity([10, 20], [5, 4], [30, 30], step_s=300)  # no frame has two neighbours
    assert find_jumps(edges, WINDOW) == ()


@pytest.mark.parametrize(("step", "found"), [(60, 0), (61, 1)])
def test_h10_frames_a_minute_apart_are_reported(step: int, found: int) -> None:
    series = activity([10] * 6, [5] * 6, [30] * 6, step_s=step)
    assert codes(find_coarse(series, WINDOW)) == ["function.coarse_frames"] * found


@pytest.mark.parametrize(
    ("loss", "found"), [(0.03, None), (0.07, Severity.WARNING), (0.15, Severity.ERROR)]
)
def test_h10_a_step_of_the_livers_curve_is_reported(loss: float, found: Severity | None) -> None:
    # what leaves the liver's region from 220 s on is counted outside it: the field does not change
    whole = count_regions(STUDY, DRAWN)
    moved = []
    for head in whole.heads:
        lost = [
            Fraction(loss) * n * (t > 220) for t, n in zip(whole.times_s, head.liver, strict=True)
        ]
        pairs = [zip(part, lost, strict=True) for part in (head.liver, head.outside)]
        liver, outside = (tuple(n - m for n, m in pairs[0]), tuple(n + m for n, m in pairs[1]))
        moved.append(Counts(liver, head.blood, outside))
    doubts = find_liver_steps(structs.replace(whole, heads=tuple(moved)), WINDOW)
    assert [one.severity for one in doubts] == ([] if found is None else [found])
    assert [one.value for one in doubts] == pytest.approx([-100 * loss] * len(doubts), rel=0.01)
    assert find_drift(structs.replace(whole, heads=tuple(moved)), WINDOW) == ()


def test_no_step_is_looked_for_before_the_tracer_is_mixed_or_in_an_empty_liver() -> None:
    early = SeriesWindow(Fraction(30), Fraction(300))
    whole = count_regions(STUDY, DRAWN)
    assert find_liver_steps(whole, early) == ()
    none = tuple(Fraction(0) for _ in whole.times_s)
    empty = tuple(Counts(none, head.blood, head.outside) for head in whole.heads)
    assert find_liver_steps(structs.replace(whole, heads=empty), WINDOW) == ()


def test_h10_an_injection_before_the_record_is_reported() -> None:
    # the record begins at 170 s: the liver holds 40 % of the field by then, and 12 % at 0 s
    whole = count_regions(STUDY, DRAWN)
    late = Activity(
        whole.times_s[:19],
        whole.durations_s[:19],
        tuple(Counts(head.liver[17:], head.blood[17:], head.outside[17:]) for head in whole.heads),
        whole.corrected,
    )
    (found,) = find_unseen_injection(late)
    assert found.code == "function.injection_unseen"
    assert found.value == pytest.approx(40, abs=3)
    # times that begin late are those after the injection
    assert find_unseen_injection(structs.replace(late, times_s=whole.times_s[17:])) == ()


@pytest.mark.parametrize(("late_s", "found"), [(None, 0), (-600, 0), (119, 0), (120, 1), (900, 1)])
def test_h10_an_injection_before_the_record_by_the_header_is_reported(
    late_s: int | None, found: int
) -> None:
    stated = None if late_s is None else Fraction(late_s)
    there = count_regions(STUDY, DRAWN)  # all of the tracer, from the first frame on
    doubts = find_curve_doubts(there, WINDOW, stated)
    assert codes(doubts) == ["function.injection_unseen"] * found
    for doubt in doubts:
        assert (doubt.value, doubt.unit) == (late_s, "s")
        assert f"injected {late_s} s before the recording" in doubt.message
    arriving = count_regions(changed(np.where(np.arange(36) < 1, 0.4, 1.0)), DRAWN)
    assert find_unseen_injection(arriving, stated) == ()  # the frames show that the header is wrong


CPS = (1000.0, 5000.0, 20000.0)  # of the field and one head


def test_h10_a_patient_who_is_still_has_not_moved() -> None:
    studies = [exact_study(), noisy_study(3), *(movable(n, cps) for n, cps in enumerate(CPS))]
    assert [find_motion(one, DRAWN, WINDOW) for one in studies] == [()] * len(studies)


@pytest.mark.parametrize(
    ("move", "from_frame"), [((3, 0), 20), ((-2, 0), 12), ((0, 2), 25), ((0, -3), 15), ((2, 2), 22)]
)
def test_h10_a_patient_who_moves_is_found(move: tuple[int, int], from_frame: int) -> None:
    for seed, cps in enumerate(CPS):
        study = movable(seed, cps, move, from_frame)
        motion = measure_motion(study, DRAWN, WINDOW)
        assert motion is not None
        assert (motion.rows, motion.columns) == pytest.approx(move, abs=0.75)
        assert motion.at_s == pytest.approx(10 * from_frame, abs=30)
        (found,) = find_motion(study, DRAWN, WINDOW)
        assert found.code == "function.moved"
        assert found.severity is Severity.ERROR or motion.pixels < 1.8


def test_h10_half_a_pixel_is_no_motion() -> None:
    assert PLANAR.liver.shape == (64, 64)
    for seed in range(3):
        motion = measure_motion(movable(seed, 5000.0), DRAWN, WINDOW)
        assert motion is not None
        assert motion.pixels < 1


def test_too_little_time_gives_no_motion() -> None:
    study = movable(1, CPS[2], (3, 0), 8)  # parts of 20 s from 60 s on: none, one and two
    for stop_s, parts in ((62, 0), (75, 1), (95, 2)):
        motion = measure_motion(study, DRAWN, SeriesWindow(Fraction(40), Fraction(stop_s)))
        assert (motion is None) is (parts < 2)


def test_h10_a_liver_cut_off_by_the_field_is_reported() -> None:
    """Rows from 35 on are outside both heads' field; the liver has rows 27 to 44."""
    study = chest(4, 10.0)
    heads = {view: np.where(np.arange(64)[:, None] < 35, n, 0) for view, n in study.heads.items()}
    inside = LIVER & (np.arange(64)[:, None] < 35)
    (found,) = find_cut_liver(
        replace(study, heads=heads), Regions(inside, HEART & ~inside), WINDOW.stop_s
    )
    assert (found.code, found.value, found.unit) == ("region.cut", inside[34].sum(), "pixels")
