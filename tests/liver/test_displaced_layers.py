"""Layers that were moved or mirrored within a mask: differences counted by hand."""

from dataclasses import replace

import numpy as np
import pytest

from fl_planner.liver.leaks import find_displaced_layers, find_layer_jumps
from fl_planner.space.grid import Voxels
from fl_planner.space.mask import Mask
from tests.masks import TURNS, Turn, codes, cubes, turned

GRID = cubes((30, 24, 20), 2.0)


def wedge() -> Voxels:
    """Draw 16 layers of 12 x 8 voxels, each with 4 x 4 more at one corner."""
    voxels = np.zeros(GRID.shape, dtype=np.bool_)
    voxels[4:16, 8:16, 2:18] = voxels[4:8, 16:20, 2:18] = True
    return voxels


def as_mask(voxels: Voxels, *, placed: bool = True) -> Mask:
    return Mask.of("flr", voxels, replace(GRID, placed=placed), "flr.nii")


def with_layers(first: int, layers: Voxels, *, at: tuple[int, int] = (0, 0)) -> Mask:
    """Replace layers from `first` on, moved by `at`."""
    voxels = wedge()
    voxels[:, :, first : first + layers.shape[2]] = np.roll(layers, at, axis=(0, 1))
    return as_mask(voxels)


@pytest.mark.parametrize("turn", TURNS)
def test_h06_a_layer_moved_by_three_voxels_is_found_however_it_is_stored(turn: Turn) -> None:
    # along x: 3 of the 8 rows of 12, and of the 4 rows of 4, are missing, and as many are new
    mask = with_layers(9, wedge()[:, :, 9:10], at=(3, 0))
    (finding,) = find_displaced_layers(turned(mask, *turn))
    assert finding.code == "parts.displaced_layers"
    assert finding.value == pytest.approx(2 * 3 * (8 + 4) * 8 / 1000)  # voxels of 8 mm3
    assert finding.message == (
        "flr.nii: 1 layer differs by 0.58 mL from the layers on both sides (H 18.0 mm), and would "
        "match them if moved: check whether the file was damaged there"
    )


@pytest.mark.parametrize("layers", [1, 2, 3])
def test_h06_layers_mirrored_within_the_file_are_found(layers: int) -> None:
    mask = with_layers(9, wedge()[::-1, :, 9 : 9 + layers])
    (finding,) = find_displaced_layers(mask)
    assert "if mirrored: " in finding.message
    assert finding.message.startswith(
        f"flr.nii: {f'{layers} layers in a row differ' if layers > 1 else '1 layer differs'} by "
    )
    # mirrored in x, it is at 14 to 26 instead of 4 to 16, and the corner at 22 to 26
    assert finding.value == pytest.approx(layers * (2 * 10 * 8 + 2 * 16) * 8 / 1000)


def test_a_layer_without_a_position_is_named_by_its_number() -> None:
    mask = with_layers(9, wedge()[:, :, 9:10], at=(3, 0))
    (finding,) = find_displaced_layers(as_mask(mask.as_array(), placed=False))
    assert "(10 along axis 3)" in finding.message


def changed(**layers: Voxels) -> Mask:
    """Replace layers: `_9` is layer 9."""
    voxels = wedge()
    for name, layer in layers.items():
        voxels[:, :, int(name[1:])] = layer
    return as_mask(voxels)


def rectangle(x: slice, y: slice) -> Voxels:
    layer = np.zeros(GRID.shape[:2], dtype=np.bool_)
    layer[x, y] = True
    return layer


@pytest.mark.parametrize(
    "mask",
    [
        as_mask(wedge()),
        changed(_9=np.zeros(GRID.shape[:2], dtype=np.bool_)),  # an empty layer is a gap
        changed(_9=rectangle(slice(2, 28), slice(2, 22))),  # as a leak
        changed(_9=rectangle(slice(4, 10), slice(8, 16))),  # part of it was not drawn
        changed(_9=rectangle(slice(4, 16), slice(8, 17))),  # a line more or less
        changed(_2=wedge()[::-1, :, 2], _3=wedge()[::-1, :, 3]),  # at an end, nothing to compare
        as_mask(wedge() & (np.arange(20) < 4)),  # two layers
        # the layers on both sides are small, or have nothing in common
        changed(**{f"_{n}": rectangle(slice(4, 6), slice(8, 10)) for n in (8, 10)}),
        as_mask(
            np.dstack([
                rectangle(slice(a, a + 6), slice(4, 12)) if a else rectangle(slice(0), slice(0))
                for a in [0] * 8 + [2, 10, 18] + [0] * 9
            ])
        ),
        # a layer of 16 x 12 voxels between 20 x 16 and 10 x 8: 12 of its 192 voxels are beyond both
        as_mask(
            np.dstack([
                *[rectangle(slice(0), slice(0))] * 4,
                *[rectangle(slice(4, 24), slice(2, 18))] * 6,
                rectangle(slice(9, 25), slice(4, 16)),
                *[rectangle(slice(9, 19), slice(6, 14))] * 5,
                *[rectangle(slice(0), slice(0))] * 4,
            ])
        ),
    ],
)  # fmt: skip
def test_h06_other_shapes_are_not_displaced_layers(mask: Mask) -> None:
    assert codes(find_displaced_layers(mask)) == []


def test_thin_bodies_have_no_layers_large_enough_to_compare() -> None:
    voxels = np.zeros(GRID.shape, dtype=np.bool_)
    voxels[10, 10, 5] = voxels[10, 10, 7] = True
    voxels[5:15, 5:15, 6] = True
    assert find_displaced_layers(as_mask(voxels)) == ()


def taper(*, of: int = 20) -> Voxels:
    """Draw 17 layers, each of one row more than the last: 10 to 26 rows of `of` voxels."""
    voxels = np.zeros(GRID.shape, dtype=np.bool_)
    for n in range(1, 18):
        voxels[2 : 11 + n, 2 : 2 + of, n] = True
    return voxels


def copied(voxels: Voxels, first: int, layers: int) -> Mask:
    """Replace layers after `first` by copies of it."""
    voxels[:, :, first : first + layers] = voxels[:, :, first : first + 1]
    return as_mask(voxels)


@pytest.mark.parametrize("turn", TURNS[::7])
def test_h06_a_slice_copied_into_the_next_four_is_found_however_it_is_stored(turn: Turn) -> None:
    (finding,) = find_displaced_layers(turned(copied(taper(), 6, 5), *turn))
    assert (finding.code, finding.value, finding.unit) == ("parts.displaced_layers", 5, "layers")
    assert finding.message == (
        "flr.nii: 5 layers in a row are identical (H 12.0 mm to H 20.0 mm), but the other layers "
        "differ: check whether layers were replaced by copies of one"
    )


@pytest.mark.parametrize(
    "mask",
    [
        as_mask(taper()),
        copied(taper(), 6, 4),  # 8 mm
        as_mask(taper()[:, :, [*range(10), *[9] * 5, *range(10, 15)]]),  # a straight side
        copied(taper(of=11), 6, 5),  # 15 rows of 11: 165 voxels
        copied(taper() & (np.arange(20) < 13), 6, 5),  # 7 other layers
        as_mask(taper()[:, :, [0, *(n for n in range(6, 12) for _ in range(3)), 0]]),
        copied(taper()[:, :, [0, *(n // 3 for n in range(3, 21)), 0]], 3, 5),  # others: 3 each
    ],
)
def test_h06_few_or_regularly_repeated_layers_are_not_copies(mask: Mask) -> None:
    assert find_displaced_layers(mask) == ()


def stacked(*numbers: int, times: int = 1) -> Mask:
    """Stack layers of the taper in this order, each so many times; layer n has 9 + n rows."""
    layers = np.repeat(taper()[:, :, [*numbers]], times, axis=2)
    grid = replace(GRID, shape=layers.shape)
    return Mask.of("liver", layers, grid, "liver.nii")


@pytest.mark.parametrize("times", [1, 3])
@pytest.mark.parametrize("turn", TURNS[::7])
def test_h06_slices_missing_from_a_liver_are_found_however_it_is_stored(
    turn: Turn, times: int
) -> None:
    """From layer 7 to 10 the outline gains three rows instead of one, of the 16 of layer 7."""
    mask = stacked(*range(1, 8), *range(10, 18), times=times)
    (finding,) = find_layer_jumps(turned(mask, *turn))
    assert finding.code == "parts.layers_apart"
    low, high = 2 * (7 * times - 1), 2 * 7 * times  # slices 2 mm apart from 0
    assert finding.message == (
        f"liver.nii: the outline changes abruptly (H {low}.0 mm to H {high}.0 mm), unlike in all "
        "neighbouring slices: check whether slices are missing or out of order"
    )


def test_h06_a_slice_of_a_liver_from_elsewhere_is_found() -> None:
    """Layer 10 instead of 6, of 19 rows between 14 and 16: three rows more than both, 3/14."""
    (finding,) = find_layer_jumps(stacked(*range(1, 6), 10, *range(7, 18)))
    assert finding.message.startswith(
        "liver.nii: a slice differs from those on both sides, which agree (H 10.0 mm), unlike "
    )


@pytest.mark.parametrize(
    "mask",
    [
        stacked(*range(1, 18)),
        stacked(*range(1, 18), times=3),  # written to a finer grid
        stacked(*range(1, 18, 2)),  # thick slices
        stacked(*range(1, 8), *range(9, 18)),  # two rows instead of one
        stacked(1, 2, 3, *range(6, 18)),  # too near the end to compare
        stacked(*[9, 12] * 8),  # every slice differs from both sides by a sixth: none is odd
        as_mask(wedge()),
    ],
)
def test_h06_a_liver_without_abrupt_changes_is_not_reported(mask: Mask) -> None:
    assert find_layer_jumps(mask) == ()
