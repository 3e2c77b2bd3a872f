"""Whether counts lie on the liver: mirrored, or a known way off, and where nothing is told."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from fl_planner.basis.findings import Finding, Severity
from fl_planner.function.orientation import OrientationFit, Parts, measure_recovery
from fl_planner.function.registration import (
    SpectMove,
    SpectShift,
    find_mirrored,
    find_registration_doubts,
    find_shift_doubts,
    format_axis,
    move_spect,
    require_clear,
    spread_of,
)
from fl_planner.function.spect import measure_spect
from fl_planner.space.grid import Grid, Image
from fl_planner.space.mask import Mask
from tests.cases import each_case, of_many
from tests.function.studies import SPECT_GRID, Emitting
from tests.masks import codes
from tests.refusals import refuses

MIRRORS = [
    axes for n in (1, 2, 3) for axes in product(range(3), repeat=n) if [*axes] == sorted({*axes})
]
UPTAKES = [(20, 20), (20, 4), (20, 10), (20, 60), (4, 20), (100, 160)]  # right and left
ABOUT = {"function.mirrored", "function.orientation", "function.unlike_liver"}


def doubts(
    liver: Emitting, counts: np.ndarray[tuple[int, ...], np.dtype[np.uint16]]
) -> tuple[Finding, ...]:
    drawn = [Mask.of(name, voxels & ~liver.tumour, SPECT_GRID) for name, voxels in
             (("liver", liver.right | liver.left), ("flr", liver.left))]  # fmt: skip
    found = measure_spect(
        Image(counts, 1.0, 0.0, SPECT_GRID, "s.nii.gz"), Parts(drawn[0], drawn[1]), "stated"
    )
    return find_registration_doubts(found, "s.nii.gz")


def about(found: Sequence[Finding]) -> list[str]:
    return [code for code in codes(found) if code in ABOUT]


@pytest.mark.slow
@pytest.mark.parametrize("uptake", of_many([(60, 2)], [*UPTAKES, (60, 2), (4, 60)]))
def test_h17_a_spect_that_is_well_is_none_that_is_mirrored(uptake: tuple[int, int]) -> None:
    # drawn as it emits, tilted by three degrees, and half a voxel off
    for seed, (tilt, off) in enumerate([(0.0, 0.0), (0.05, 0.0), (-0.05, 0.5)]):
        counts = Emitting.of(tilt, (off, -off, off)).counted(*uptake, 0, seed)
        assert about(doubts(Emitting.of(), counts)) == []


@pytest.mark.parametrize("mirror", MIRRORS)
def test_h17_a_spect_mirrored_under_its_header_is_an_error(mirror: tuple[int, ...]) -> None:
    for seed, uptake in enumerate(UPTAKES[len(mirror) :: 3]):
        liver = Emitting.of(0.05)
        found = [
            one
            for one in doubts(Emitting.of(), np.flip(liver.counted(*uptake, 0, seed), mirror))
            if one.code == "function.mirrored"
        ]
        assert [one.severity for one in found] == [Severity.ERROR]
        words = [("left to right", "front to back", "upside down")[axis] for axis in mirror]
        assert " and ".join(words) in found[0].message


def test_h17_what_fits_as_well_mirrored_is_reported() -> None:
    # by hand: 0.02 and less is a doubt, 0.005 and less is a liver that is its own mirror image
    gains = (0.03, 0.015, 0.001, -0.1)
    found = [find_mirrored(OrientationFit(0.8, 0.8 + by, (2,)), "s", "function") for by in gains]
    assert [codes(one) for one in found] == [
        ["function.mirrored"],
        ["function.orientation"],
        [],
        [],
    ]


def test_h17_counts_that_look_like_no_drawn_liver_are_an_error() -> None:
    # two slabs at the far sides of a block that was drawn whole
    liver = Emitting.of()
    block = np.zeros(SPECT_GRID.shape, dtype=bool)
    block[6:40, 8:34, 8:32] = True
    drawn = Emitting(block & (np.indices(block.shape)[0] >= 22), block, liver.tumour)
    lit = np.ones(block.shape)
    lit[6:40:12, 8:34:12, 8:32] = 400
    found = doubts(drawn, lit.astype(np.uint16))
    assert "function.unlike_liver" in codes(found)


@pytest.mark.parametrize(("left", "told"), [(20, 0), (42, 0), (10, 0), (70, 1), (5, 1)])
def test_h17_a_share_of_counts_far_from_that_of_volume_is_reported(left: int, told: int) -> None:
    # 20 in the right lobe; a third of the volume is left: by hand 1.0, 1.4, 0.6; 1.7 to 2, 0.3
    found = codes(doubts(Emitting.of(), Emitting.of().counted(20, left, 0, 1)))
    assert found.count("function.share_unlike_volume") == told


STILL = ((1.0, 0.0, 0.0, 0.0), (0.0, 1.0, 0.0, 0.0), (0.0, 0.0, 1.0, 0.0))
NAME = "spect.nii.gz"


def shifted(
    right: float = 0.0, front: float = 0.0, head: float = 0.0, sd: float = 1.5, turn: float = 0.0
) -> SpectShift:
    move = SpectMove((right, front, head), turn, STILL)
    return SpectShift(move, (sd, sd, sd), 0.3, 0.85, 0.97, 0.0)


@each_case(
    "found, words",
    {
        "none": (shifted(), ""),
        "head": (shifted(head=9.2), "9 mm towards the head"),
        "feet": (shifted(head=-9.2), "9 mm towards the feet"),
        "the largest first": (
            shifted(-6.0, 0.0, 12.0),
            "12 mm towards the head and 6 mm towards the patient's left",
        ),
        "back": (shifted(front=-4.4), "4 mm towards the back"),
        "right": (shifted(right=4.4), "4 mm towards the patient's right"),
        "below 3 mm": (shifted(head=2.9, sd=0.5), ""),
        "3 mm": (shifted(head=3.0, sd=1.5), "3 mm towards the head"),
        "within what is left open": (shifted(head=5.0, sd=2.6), ""),
    },
)
def test_a_shift_is_reported_by_its_direction_where_it_is_one(
    found: SpectShift, words: str
) -> None:
    assert found.words == words


def test_an_axis_is_stated_with_its_interval() -> None:
    """1.96 times 1.5 mm is 2.94 mm."""
    assert format_axis(0, -2.0, 1.5) == "2.0 mm towards the patient's left (± 2.9 mm)"


def test_the_spread_is_that_of_the_jackknife_and_its_own() -> None:
    """Of 0 and 2 mm, n = 2: SD² = 1/2 · (1 + 1) = 1; with 1.5 mm √(1 + 2.25) = 1.803."""
    each = [shifted(head=mm, turn=degrees).move for mm, degrees in ((0.0, 1.0), (2.0, 3.0))]
    (right, front, head), turn = spread_of(each)
    assert (right, front) == (1.5, 1.5)
    assert head == pytest.approx(1.802776, abs=1e-6)
    assert turn == pytest.approx(1.0)
    assert SpectShift(each[0], (right, front, head), turn, 0.9, 0.9, 0.0).off_mm == head


def test_a_spect_is_moved_by_its_place_and_no_count_changes() -> None:
    """A quarter turn about the long axis takes the right to the front; 5 mm go to the head."""
    grid = Grid((4, 3, 2), ((2.0, 0.0, 0.0, 10.0), (0.0, 3.0, 0.0, 20.0), (0.0, 0.0, 4.0, 30.0)))
    spect = Image(np.arange(24, dtype=np.uint16).reshape(4, 3, 2), 1.0, 0.0, grid, NAME)
    quarter = ((0.0, -1.0, 0.0, 0.0), (1.0, 0.0, 0.0, 0.0), (0.0, 0.0, 1.0, 5.0))
    moved = move_spect(spect, quarter)
    assert moved.voxels is spect.voxels
    (place,) = moved.grid.places_mm(np.array([[1, 0, 0]]))
    assert place.tolist() == [-20.0, 12.0, 35.0]


@each_case(
    "found, code, says",
    {
        "unlike": (replace(shifted(), likeness=0.79), "spect.unlike", "best correlation 0.79"),
        "just unlike": (
            replace(shifted(), likeness=0.7996),
            "spect.unlike",
            "best correlation 0.7996, at least 0.8 required",
        ),
        "not a number": (
            replace(shifted(), likeness=float("nan")),
            "spect.unlike",
            "best correlation nan",
        ),
        "far": (shifted(head=40.1), "spect.far", "40.1 mm from the liver"),
        "turned": (shifted(turn=10.1), "spect.turned", "rotated by 10.1 degrees"),
        "unsure": (shifted(sd=5.1), "spect.unsure", "5.1 mm (1 SD)"),
    },
)
def test_h17_below_the_quality_no_shift_is_reported(
    found: SpectShift, code: str, says: str
) -> None:
    with refuses(code, NAME, says=says):
        require_clear(found, NAME)


def test_at_the_limits_a_shift_is_reported() -> None:
    require_clear(replace(shifted(head=-40.0, sd=5.0, turn=10.0), likeness=0.8), NAME)


def test_h17_a_shift_is_reported_and_what_was_left_out() -> None:
    told, hot = find_shift_doubts(replace(shifted(head=-13.0), hot_ml=110.0), NAME)
    assert (told.code, told.severity, told.file) == ("spect.shifted", Severity.WARNING, NAME)
    assert (told.value, told.unit) == (13.0, "mm")
    assert "13 mm towards the feet" in told.message
    assert (hot.code, hot.severity, hot.value) == ("spect.hot", Severity.INFO, 110.0)
    assert find_shift_doubts(shifted(), NAME) == ()


@pytest.mark.parametrize(("radius_mm", "recovery"), [(10, 0.451), (20, 0.707), (30, 0.802)])
def test_the_recovery_of_a_sphere_is_that_of_its_blurred_profile(
    radius_mm: int, recovery: float
) -> None:
    """By the integral of a sphere convolved with a Gaussian of 5 mm (12 mm at half maximum)."""
    fine = Grid.upright((40, 40, 27), (2.0, 2.0, 3.0))
    x, y, z = np.indices(fine.shape) * np.reshape((2.0, 2.0, 3.0), (3, 1, 1, 1))
    sphere = (x - 39) ** 2 + (y - 39) ** 2 + (z - 39) ** 2 < radius_mm**2
    assert measure_recovery(sphere, fine) == pytest.approx(recovery, abs=0.02)
