"""STAPLE against expectation and maximisation written out in numpy; the same bytes twice."""

import numpy as np
import numpy.typing as npt
import pytest

from fl_planner.registration.scan import one_thread
from fl_planner.registration.staple import estimate_staple
from fl_planner.space.grid import Box, Grid
from fl_planner.space.mask import Mask

pytestmark = pytest.mark.slow

Floats = npt.NDArray[np.float64]
GRID = Grid.upright((40, 36, 20), (2.0, 2.0, 5.0))


def readers(count: int, seed: int = 4) -> list[Mask]:
    """Draw a ball of 25 mm, each time a little elsewhere and larger or smaller, with specks."""
    rng = np.random.default_rng(seed)
    places = GRID.places_mm(np.argwhere(np.ones(GRID.shape, dtype=np.bool_))).reshape(
        *GRID.shape, 3
    )
    masks = []
    for n in range(count):
        middle = np.array([38.0, 34.0, 48.0]) + rng.normal(0, 2, 3)
        inside = np.linalg.norm(places - middle, axis=3) <= 25 + rng.normal(0, 1.5)
        specks = (rng.random(GRID.shape) < 0.01) & (np.linalg.norm(places - middle, axis=3) < 34)
        masks.append(Mask.of("flr", inside ^ specks, GRID, f"{n}.nii"))
    return masks


def by_hand(drawn: Floats) -> tuple[Floats, Floats, Floats]:
    """Warfield 2004: drawn (K, N) of 0 and 1 to the chance of each voxel, and p and q."""
    prior = drawn.mean()
    p, q = np.full(len(drawn), 0.99999), np.full(len(drawn), 0.99999)
    for _ in range(500):
        a = prior * np.prod(np.where(drawn == 1, p[:, None], 1 - p[:, None]), axis=0)
        b = (1 - prior) * np.prod(np.where(drawn == 0, q[:, None], 1 - q[:, None]), axis=0)
        w = a / (a + b)
        p, q = (
            (drawn * w).sum(axis=1) / w.sum(),
            ((1 - drawn) * (1 - w)).sum(axis=1) / (1 - w).sum(),
        )
    return w, p, q


PAD = 10  # voxels, more than 10 mm along each axis


def padded(mask: Mask) -> npt.NDArray[np.bool_]:
    """Mask with background beyond its grid."""
    return np.pad(mask.as_array(), PAD)


def hull_of_10_mm(hull: Box) -> tuple[slice, ...]:
    """Part of a padded array within 10 mm of a box: 5, 5 and 2 voxels."""
    reach = zip(hull.start, hull.stop, (5, 5, 2), strict=True)
    return tuple(slice(PAD + low - more, PAD + high + more) for low, high, more in reach)


@pytest.mark.essential
@pytest.mark.parametrize("count", [2, 3, 5])
def test_the_consensus_is_that_of_the_paper(count: int) -> None:
    masks = readers(count)
    with one_thread() as sitk:
        found = estimate_staple(sitk, masks)
        again = estimate_staple(sitk, masks)
    hull = found.mask.box
    for one in masks:
        hull |= one.box
    around = hull_of_10_mm(hull)
    drawn = np.stack([padded(one)[around].ravel() for one in masks]).astype(float)
    likely, p, q = by_hand(drawn)
    got = padded(found.mask)[around]
    expected = (likely > 0.5).reshape(got.shape)
    assert np.count_nonzero(got != expected) == 0
    assert found.sensitivity == pytest.approx(p, abs=1e-4)
    assert found.specificity == pytest.approx(q, abs=1e-4)
    assert found.mask.is_same(again.mask)
    assert (found.sensitivity, found.vote) == (again.sensitivity, "staple")


@pytest.mark.essential
def test_tightly_cropped_files_give_the_same_consensus() -> None:
    masks = readers(4)
    hull = masks[0].box
    for one in masks:
        hull |= one.box
    part = GRID.part(hull)
    cropped = [Mask.of("flr", one.as_array()[hull.slices()], part, one.file) for one in masks]
    with one_thread() as sitk:
        whole, tight = estimate_staple(sitk, masks), estimate_staple(sitk, cropped)
    assert np.array_equal(whole.mask.as_array()[hull.slices()], tight.mask.as_array())
    assert whole.sensitivity == tight.sensitivity
    assert whole.specificity == tight.specificity
