"""Lung masks above a liver of 150 mm by 100 mm by 100 mm, layer by layer."""

from dataclasses import replace

import numpy as np
import pytest

from fl_planner.basis.findings import Severity
from fl_planner.planning.assessment.dose import measure_dose
from fl_planner.planning.assessment.maa_counts import find_lung_mask_doubts
from fl_planner.space.grid import Grid
from fl_planner.space.mask import Mask
from tests.masks import OBLIQUE, block
from tests.refusals import refuses
from tests.y90.studies import ANATOMY, FIELD, GIVEN, LUNGS, spect

GRID = Grid.upright((20, 12, 24), (10.0, 10.0, 10.0))
LIVER = block(GRID, (2, 17), (1, 11), (1, 11), name="liver")
BOTH = ((2, 8), (12, 18))  # 60 mm each, 160 mm from side to side


def draw(*sides: tuple[int, int], top: int = 20, grid: Grid = GRID) -> Mask:
    """Draw lungs from layer 11 to below the top; 100 % of the area to layer 17, 12.5 % at 19."""
    voxels = np.zeros(grid.shape, dtype=bool)
    for first, last in sides:
        voxels[first:last, 2:10, 11:18] = True  # 48 voxels a layer
        voxels[first : last - 2, 4:10, 18] = True  # 24
        voxels[first : first + 3, 6:8, 19] = True  # 6
    voxels[:, :, top:] = False
    return Mask.of("lungs", voxels, grid, "lungs.nii.gz")


def codes(lungs: Mask, liver: Mask = LIVER) -> list[str]:
    return [one.code for one in find_lung_mask_doubts(lungs, liver)]


def test_h17_whole_lungs_are_no_doubt() -> None:
    assert codes(draw(*BOTH)) == []


@pytest.mark.parametrize("top", [12, 15, 18, 19])
def test_h17_lungs_cut_off_at_the_top_are_reported(top: int) -> None:
    """Down to half of the largest layer; counts of the lung above are missing in the shunt."""
    (found,) = find_lung_mask_doubts(draw(*BOTH, top=top), LIVER)
    assert (found.code, found.severity) == ("dose.lungs_cut", Severity.WARNING)
    assert found.value == (50 if top == 19 else 100)
    assert "the lungs end flat at the head: the top layer has" in found.message


def test_h17_lungs_that_end_with_their_file_are_reported_as_such() -> None:
    short = Grid(shape=(20, 12, 15), affine=GRID.affine)
    lungs = Mask.of("lungs", draw(*BOTH).as_array()[:, :, :15], short)
    (found,) = find_lung_mask_doubts(lungs, LIVER)
    assert "flat at the head, where the file ends: the top layer has 100 %" in found.message


def test_h17_the_head_is_found_on_a_grid_from_head_to_feet() -> None:
    down = ((10.0, 0.0, 0.0, 0.0), (0.0, 10.0, 0.0, 0.0), (0.0, 0.0, -10.0, 230.0))
    grid = Grid(GRID.shape, down)
    for top, expected in ((20, []), (15, ["dose.lungs_cut"])):
        voxels = draw(*BOTH, top=top).as_array()[:, :, ::-1]
        assert codes(Mask.of("lungs", voxels, grid)) == expected


@pytest.mark.parametrize("side", BOTH, ids=["left column", "right column"])
def test_h17_one_lung_is_reported(side: tuple[int, int]) -> None:
    """60 of 150 mm are 40 %; a stray voxel on the other side makes it no wider."""
    one = draw(side)
    (found,) = find_lung_mask_doubts(one, LIVER)
    assert (found.code, found.value) == ("y90.one_lung", 40)
    voxels = one.as_array()
    voxels[0 if side == BOTH[1] else 19, 5, 13] = True
    assert codes(Mask.of("lungs", voxels, GRID)) == ["y90.one_lung"]


def test_h17_lungs_as_wide_as_four_fifths_of_the_liver_are_two() -> None:
    assert codes(draw((3, 8), (10, 15))) == []  # 120 mm of 150
    assert codes(draw((3, 8), (9, 14))) == ["y90.one_lung"]  # 110


@pytest.mark.parametrize(("low", "refused"), [(0, True), (4, True), (7, True), (8, False)])
def test_h17_lungs_that_are_not_above_the_liver_are_refused(low: int, refused: bool) -> None:
    """The liver is 100 mm high: the centre of the lungs must be 25 mm above that of the liver."""
    lungs = block(GRID, (2, 17), (1, 11), (low, low + 1), name="lungs", file="lungs.nii.gz")
    if refused:
        with refuses("dose.lungs_below", "lungs.nii.gz"):
            codes(lungs)
    else:
        assert codes(lungs) == ["dose.lungs_cut"]  # 80 mm, above 55 + 25; one layer is flat


def test_an_empty_mask_is_left_to_others() -> None:
    empty = LIVER - LIVER
    assert codes(empty) == codes(draw(*BOTH), empty) == []


def test_an_oblique_mask_is_measured_along_the_patient() -> None:
    grid = Grid(GRID.shape, OBLIQUE)
    liver = block(grid, (2, 17), (1, 11), (1, 11), name="liver")
    assert codes(draw(*BOTH, grid=grid), liver) == []
    assert codes(draw(BOTH[0], grid=grid), liver) == ["y90.one_lung"]


def test_h17_the_dose_has_the_findings_of_its_lungs() -> None:
    given = replace(
        GIVEN, lung_shunt=None, shunt_method=None, spect=spect(lungs=LUNGS), tumour_to_normal=None
    )
    assert measure_dose(given, ANATOMY).findings == ()
    voxels = LUNGS.as_array()
    voxels[:, :, 12] = False
    cut = replace(given, spect=spect(lungs=Mask.of("lungs", voxels, FIELD)))
    assert [one.code for one in measure_dose(cut, ANATOMY).findings] == ["dose.lungs_cut"]
