"""A liver region at another place than the liver: found by counts, and silent on fair drawings."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import numpy.typing as npt
import pytest
from msgspec import structs
from scipy import ndimage

from fl_planner.basis.findings import Finding, Severity
from fl_planner.function.clearance import find_displaced, measure_study
from fl_planner.function.mebrofenin import SeriesWindow
from fl_planner.function.scintigram import Regions, Scintigram
from fl_planner.space.planar_views import RegionShift
from sample_data.kinetics import Liver
from tests.cases import each_case, sure
from tests.function.studies import (
    PLANAR,
    exact_study,
    frames_of,
    movable,
    noisy_study,
)

WINDOW = SeriesWindow()
TRUTH_PER_MIN = 12.0  # % of `exact_study`, by construction
CPS = (100.0, 300.0, 1000.0, 5000.0, 20000.0)  # of the field and one head


def displaced(study: Scintigram, drawn: Regions) -> tuple[Finding, ...]:
    return find_displaced(study, drawn, measure_study(study, drawn, WINDOW))


def drawn_at(rows: int, columns: int, by: int = 0) -> Regions:
    """Draw the liver moved so far, and larger by so many pixels; the heart as it is."""
    liver = PLANAR.liver
    if by:
        change = ndimage.binary_dilation if by > 0 else ndimage.binary_erosion
        liver = change(liver, iterations=abs(by))
    liver = np.roll(liver, (rows, columns), (0, 1))
    return Regions(liver, PLANAR.heart & ~liver)


@each_case("rows, columns, way", [
    (2, 0, "2 pixels up"), (-2, 0, "2 pixels down"), (0, 2, "2 pixels to the left"),
    (0, -2, "2 pixels to the right"), (3, -1, "3 pixels up and 1 pixel to the right"),
    (4, 4, "4 pixels up and 4 pixels to the left"),
])  # fmt: skip
def test_h10_a_liver_region_at_another_place_is_reported(rows: int, columns: int, way: str) -> None:
    """It names the way back, and by how much the true clearance is higher than the measured one."""
    study, wrong = exact_study(), drawn_at(rows, columns)
    (found,) = displaced(study, wrong)
    assert (found.code, found.severity) == ("region.displaced", Severity.WARNING)
    assert f"moved by {way} in the anterior view;" in found.message
    measured = float(measure_study(study, wrong, WINDOW).per_min)
    assert sure(found.value) == pytest.approx(100 * (TRUTH_PER_MIN / measured - 1), abs=0.1)


def test_h10_a_displaced_region_is_reported_from_a_tenth_on() -> None:
    """Blurred, with two lobes: by two pixels the clearance is 7 to 16 % low, by four 24 to 48 %."""
    study = movable(3, 5000.0)
    fair = float(measure_study(study, drawn_at(0, 0), WINDOW).per_min)
    for rows, columns in ((2, 0), (0, -2), (-4, 0), (0, 4)):
        wrong = drawn_at(rows, columns)
        lost = 100 * (fair / float(measure_study(study, wrong, WINDOW).per_min) - 1)
        found = displaced(study, wrong)
        assert [one.value for one in found] == [pytest.approx(lost)] * (lost > 10)
        assert lost > 10 or abs(rows) + abs(columns) == 2


def test_its_way_is_in_mm_if_the_size_of_a_pixel_is_known() -> None:
    """Pixels of 9.6 mm from row to row, and 4.8 mm from column to column."""
    study = replace(exact_study(), pixel_mm=(9.6, 4.8))
    (found,) = displaced(study, drawn_at(2, -3))
    assert (
        "by 2 pixels (19 mm) up and 3 pixels (14 mm) to the right in the anterior view;"
        in found.message
    )


@pytest.mark.slow
def test_h10_a_region_drawn_fairly_is_not_displaced() -> None:
    """As it is, a pixel larger or smaller: 216 drawings, from 100 counts a second on."""
    for cps in CPS:
        for seed in range(14):
            study = movable(seed, cps)
            assert [displaced(study, drawn_at(0, 0, by)) for by in (-1, 0, 1)] == [()] * 3
    for by in (-1, 0, 1):
        for study in (exact_study(), noisy_study(7)):
            assert displaced(study, drawn_at(0, 0, by)) == ()


def changed(where: npt.NDArray[np.bool_], factor: float, added: float = 0.0) -> Scintigram:
    """Change the counts at a place by a factor, and add counts to each pixel and frame, by chance.

    Liver and rest are blurred.
    """
    lot, heads = np.random.default_rng(4), {}
    whole = movable(4, 20000.0)
    for view in whole.heads:
        mean = whole.seen(view) * np.where(where, factor, 1.0) + added * where
        counts = lot.poisson(ndimage.gaussian_filter(mean, (0, 1, 1))).astype(np.uint16)
        heads[view] = counts[:, :, ::-1] if view == "posterior" else counts
    return frames_of(heads)


def test_h10_gut_heart_and_tumour_do_not_attract_the_region() -> None:
    """Bowel below the liver and heart above it are five times hotter; a tumour is dark."""
    rows, columns = np.mgrid[:64, :64]
    bowel = (np.abs(rows - 45) <= 2) & (np.abs(columns - 26) <= 5)
    tumour = (rows - 33) ** 2 + (columns - 13) ** 2 <= 25
    for study in (
        changed(bowel & ~PLANAR.liver, 1.0, 500.0),
        changed(PLANAR.heart, 1.0, 500.0),
        changed(tumour, 0.2),
    ):
        for by in (-1, 0, 1):
            assert displaced(study, drawn_at(0, 0, by)) == ()


def test_no_place_is_better_by_chance() -> None:
    """Twenty counts a second: a gain of counts below five SD is none, unless they are scaled."""
    few = noisy_study(1, Liver(cps=4.0))
    assert displaced(few, drawn_at(0, 1)) == ()
    many = exact_study(Liver(cps=4.0))
    assert displaced(many, drawn_at(0, 2)) == ()
    assert displaced(replace(many, counted=False), drawn_at(0, 2))


def test_without_uptake_or_a_heart_at_the_other_place_nothing_is_compared() -> None:
    study, wrong = exact_study(), drawn_at(3, 0)
    found = measure_study(study, wrong, WINDOW)
    assert find_displaced(study, wrong, found)
    lost = structs.replace(found.uptake, liver_rise=Fraction(-1))
    assert find_displaced(study, wrong, replace(found, uptake=lost)) == ()
    inside = Regions(wrong.liver, PLANAR.liver & ~wrong.liver)
    assert inside.moved(RegionShift(-3, 0, 0, 0)) is None
    assert find_displaced(study, inside, found) == ()


def test_regions_are_moved_within_the_field() -> None:
    """Two rows of a liver of three leave the field with the third; the heart keeps its pixels."""
    liver, heart = np.zeros((5, 6), dtype=bool), np.zeros((5, 6), dtype=bool)
    liver[1:4, 1:3], heart[0, 2:5] = True, True
    there = Regions(liver, heart).moved(RegionShift(-2, 3, 0, 0))
    assert there is not None
    assert [*zip(*np.nonzero(there.liver), strict=True)] == [(0, 4), (0, 5), (1, 4), (1, 5)]
    assert [*zip(*np.nonzero(there.heart), strict=True)] == [(0, 2), (0, 3)]
    assert Regions(liver, heart).moved(RegionShift(9, 0, 0, 0)) is None
