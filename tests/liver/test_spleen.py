"""A spleen beside a liver: counted, and set against it on an unenhanced CT alone."""

from dataclasses import replace

import numpy as np
import pytest

from fl_planner.basis.findings import InputRefused
from fl_planner.liver.anatomy import Anatomy
from fl_planner.liver.spleen import Spleen, is_unenhanced, measure_spleen
from fl_planner.space.grid import Grid, Image
from fl_planner.space.mask import Mask
from tests.masks import block, cubes

GRID = cubes((40, 20, 20), 3.0)  # 0.027 mL a voxel
LIVER = block(GRID, (2, 18), (2, 18), (2, 18), name="liver", file="liver.nii")
TUMOUR = block(GRID, (2, 8), (2, 18), (2, 18), name="tumour")
CYST = block(GRID, (8, 10), (2, 18), (2, 18), name="cyst")
SPLEEN = block(GRID, (26, 36), (5, 15), (5, 15), name="spleen", file="spleen.nii")  # 1000 voxels
ANATOMY = Anatomy(LIVER, tumour=TUMOUR, excluded=(CYST,))


def scan(liver: int = 45, spleen: int = 52, grid: Grid = GRID) -> Image:
    """Make a CT of air, on which tumour and cyst look like neither."""
    voxels = np.full(GRID.shape, -1000, np.int16)
    for mask, value in ((LIVER, liver), (TUMOUR, 150), (CYST, 5), (SPLEEN, spleen)):
        voxels[mask.box.slices()] = value
    return Image(voxels, 1.0, 0.0, grid, "ct.nii")


def codes(found: Spleen) -> list[str]:
    return [one.code for one in found.findings]


def test_a_spleen_is_counted() -> None:
    found = measure_spleen(SPLEEN, ANATOMY, None, None)
    assert found.volume_ml == pytest.approx(27)
    assert (found.minus_hu, found.findings) == (None, ())


def test_the_liver_is_set_against_it_without_tumour_and_cyst() -> None:
    found = measure_spleen(SPLEEN, ANATOMY, scan(), "unenhanced")
    assert found.minus_hu == pytest.approx(45 - 52)
    assert found.findings == ()


def test_masks_and_ct_may_have_grids_of_their_own() -> None:
    fine = cubes((80, 40, 40), 1.5)
    double = np.repeat(np.repeat(np.repeat(scan().voxels, 2, 0), 2, 1), 2, 2)
    # the first of two small voxels lies a quarter of the large one before its centre
    affine = tuple((*row[:3], row[3] - 0.75) for row in fine.affine)
    ct = Image(double, 1.0, 0.0, Grid(fine.shape, affine), "ct.nii")
    assert measure_spleen(SPLEEN, ANATOMY, ct, "native").minus_hu == pytest.approx(-7)


@pytest.mark.parametrize(
    ("phase", "said"), [(None, "is not stated"), ("portal venous", "is portal")]
)
def test_h13_an_enhanced_ct_states_nothing_of_fat(phase: str | None, said: str) -> None:
    found = measure_spleen(SPLEEN, ANATOMY, scan(), phase)
    assert (found.minus_hu, codes(found)) == (None, ["spleen.phase"])
    assert said in found.findings[0].message


@pytest.mark.parametrize(("level", "usual"), [(81, 80), (19, 20)])
def test_h13_a_spleen_with_contrast_or_of_air_is_no_measure(level: int, usual: int) -> None:
    found = measure_spleen(SPLEEN, ANATOMY, scan(spleen=level), "unenhanced")
    assert (found.minus_hu, codes(found)) == (None, ["spleen.hu"])
    assert codes(measure_spleen(SPLEEN, ANATOMY, scan(spleen=usual), "unenhanced")) == []


def test_h04_a_ct_that_shows_too_little_is_no_measure() -> None:
    half = Image(scan().voxels[:30], 1.0, 0.0, cubes((30, 20, 20), 3.0), "ct.nii")
    found = measure_spleen(SPLEEN, ANATOMY, half, "unenhanced")
    assert (found.minus_hu, codes(found)) == (None, ["spleen.not_on_ct"])


def test_h13_a_spleen_in_the_liver_is_asked_about() -> None:
    other = block(GRID, (10, 26), (5, 15), (5, 15), name="spleen", file="spleen.nii")
    found = measure_spleen(other, ANATOMY, scan(), "unenhanced")
    assert (found.minus_hu, codes(found)) == (None, ["spleen.in_liver"])
    assert found.findings[0].value == pytest.approx(50)  # 8 of 16 layers


@pytest.mark.parametrize("layers", [(26, 27), (26, 26)])
def test_h13_a_volume_that_no_spleen_has_is_refused(layers: tuple[int, int]) -> None:
    speck = block(GRID, layers, (5, 15), (5, 15), name="spleen")  # 2.7 mL, and nothing
    with pytest.raises(InputRefused, match="possibly another organ"):
        measure_spleen(speck, ANATOMY, None, None)


def test_without_places_in_the_patient_nothing_is_compared() -> None:
    nowhere = replace(GRID, placed=False)
    lost = Mask.of("spleen", SPLEEN.as_array(), nowhere)
    assert measure_spleen(lost, ANATOMY, scan(), "unenhanced") == Spleen(lost.volume_ml)
    ct = scan(grid=nowhere)
    assert measure_spleen(SPLEEN, ANATOMY, ct, "unenhanced") == Spleen(SPLEEN.volume_ml)


@pytest.mark.parametrize(
    "phase", ["unenhanced", "Non-contrast CT", "non enhanced", "native phase", "plain", "nativ"]
)
def test_words_for_a_ct_without_contrast(phase: str) -> None:
    assert is_unenhanced(phase)


@pytest.mark.parametrize("phase", ["arterial", "portal venous", "alternative", "enhanced", ""])
def test_words_for_any_other_ct(phase: str) -> None:
    assert not is_unenhanced(phase)
