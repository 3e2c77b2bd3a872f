"""Counts that are mirrored on the liver are found, and a lobe that works otherwise is none."""

from collections.abc import Sequence
from itertools import product

import numpy as np
import pytest

from fl_planner.basis.findings import Finding, Severity
from fl_planner.function.orientation import OrientationFit, Parts
from fl_planner.function.registration import find_mirrored, find_registration_doubts
from fl_planner.function.spect import measure_spect
from fl_planner.space.grid import Image
from fl_planner.space.mask import Mask
from tests.function.studies import SPECT_GRID, Emitting
from tests.masks import codes

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


@pytest.mark.parametrize("uptake", [*UPTAKES, (60, 2), (4, 60)])
def test_h17_a_spect_that_lies_well_is_none_that_is_mirrored(uptake: tuple[int, int]) -> None:
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


def test_h17_what_fits_as_well_mirrored_is_told() -> None:
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
def test_h17_a_share_of_counts_far_from_that_of_volume_is_told(left: int, told: int) -> None:
    # 20 in the right lobe; a third of the volume is left: by hand 1.0, 1.4, 0.6; 1.7 to 2, 0.3
    found = codes(doubts(Emitting.of(), Emitting.of().counted(20, left, 0, 1)))
    assert found.count("function.share_unlike_volume") == told
