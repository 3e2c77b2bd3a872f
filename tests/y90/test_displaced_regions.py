"""Regions of a planar lung shunt that were drawn on another acquisition, by counts by hand."""

from typing import Any

import numpy as np
import pytest
from scipy import ndimage

from fl_planner.basis.findings import Severity
from fl_planner.y90.lungs import PlanarRegions, PlanarStudy, find_planar_doubts
from sample_data.maa import Phantom, Study, count_planar, expect_planar

ROWS, COLUMNS = 24, 30
LUNGS = np.zeros((ROWS, COLUMNS), dtype=bool)
LIVER = LUNGS.copy()
LUNGS[3:9, 6:24] = True  # 6 rows of 18 pixels
LIVER[9:18, 3:15] = True  # 9 rows of 12
CODE = "y90.region_displaced"


def study(by: int, region: str, dim: int = 1, *, counted: bool = True) -> PlanarStudy:
    """Draw one region some rows higher, or the liver columns to the left."""
    counts = np.full((ROWS, COLUMNS), dim, dtype=np.uint16)
    counts[LUNGS], counts[LIVER] = 25, 400
    lungs = np.roll(LUNGS, -by, 0) if region == "lungs" else LUNGS
    liver = np.roll(LIVER, -by, 1) if region == "liver" else LIVER
    heads: Any = {"anterior": counts, "posterior": counts[:, ::-1]}
    return PlanarStudy(heads, PlanarRegions(liver, lungs), "maa.dcm", counted)


def found(one: PlanarStudy) -> list[Any]:
    return [doubt for doubt in find_planar_doubts(one) if doubt.code == CODE]


def test_h17_lungs_drawn_elsewhere_are_reported() -> None:
    """Two of six rows are off the lungs: 5400 counts against 4·18·50 + 2·18·2 = 3672."""
    (doubt,) = found(study(2, "lungs"))
    assert (doubt.severity, doubt.value) == (Severity.WARNING, pytest.approx(100 * 1728 / 3672))
    assert "the lungs region contains 47.1 % more counts" in doubt.message
    assert "2 pixels down in the anterior view" in doubt.message
    assert not found(study(1, "lungs"))  # 5400 against 4536 counts: 19 % more


def test_h17_a_liver_region_drawn_elsewhere_is_reported() -> None:
    """Three of twelve columns are off the liver: 86 400 against 64 854 counts."""
    (doubt,) = found(study(3, "liver"))
    assert doubt.value == pytest.approx(100 * 21546 / 64854)
    assert "3 pixels to the right" in doubt.message
    assert not found(study(2, "liver"))


def test_h17_a_gain_by_chance_is_not_reported() -> None:
    """Of 54 counts in lungs of the same pixels, 28 more would be four standard deviations."""
    few = study(2, "lungs", 0)
    dim = {view: np.where(LUNGS, 1, counts // 400) for view, counts in few.heads.items()}
    assert not found(PlanarStudy({"anterior": dim["anterior"]}, few.regions, "maa.dcm"))
    scaled = PlanarStudy({"anterior": dim["anterior"]}, few.regions, "maa.dcm", counted=False)
    assert len(found(scaled)) == 1


def test_h17_a_region_of_the_lower_lungs_is_reported() -> None:
    """Three of six rows: the row above has 50 counts a pixel, as the region; background 2.

    With 28 and 38 counts in the upper rows: 26/48 and 36/48, of which chance explains the latter in
    18 pixels (5·√(38/18) = 7.3 above 0.6·48 = 28.8), unless counts were scaled.
    """
    whole = study(0, "lungs")
    lower, behind = LUNGS.copy(), np.zeros_like(LUNGS)
    lower[3:6], behind[20:23, 18:27] = False, True
    regions = PlanarRegions(LIVER, lower, behind)
    for upper, counted, expected in (
        (50, True, [100]), (38, True, []), (38, False, [75]), (28, False, []),
    ):  # fmt: skip
        heads: Any = {view: counts.copy() for view, counts in whole.heads.items()}
        for view, mirrored in (
            ("anterior", LUNGS & ~lower),
            ("posterior", (LUNGS & ~lower)[:, ::-1]),
        ):
            heads[view][mirrored] = upper // 2
        one = PlanarStudy(heads, regions, "maa.dcm", counted)
        doubts = [doubt for doubt in find_planar_doubts(one) if doubt.code == "y90.lungs_above"]
        assert [doubt.value for doubt in doubts] == [pytest.approx(value) for value in expected]
    full = PlanarStudy(whole.heads, PlanarRegions(LIVER, LUNGS, behind), "maa.dcm")
    assert "y90.lungs_above" not in {doubt.code for doubt in find_planar_doubts(full)}


def test_h17_a_stray_pixel_does_not_make_the_lower_lungs_whole() -> None:
    """One pixel in the highest row of the field, and one below the liver, of rows of 36 pixels."""
    lower, behind = LUNGS.copy(), np.zeros_like(LUNGS)
    lower[3:6], behind[20:23, 18:27] = False, True
    liver, lower, behind = (each.repeat(2, 0).repeat(2, 1) for each in (LIVER, lower, behind))
    lower[0, 12] = lower[38, 12] = True
    heads: Any = {
        view: counts.repeat(2, 0).repeat(2, 1) for view, counts in study(0, "lungs").heads.items()
    }
    one = PlanarStudy(heads, PlanarRegions(liver, lower, behind), "maa.dcm")
    (doubt,) = [each for each in find_planar_doubts(one) if each.code == "y90.lungs_above"]
    # 216 pixels of 50 counts and 2 of 2, less 2 of the background
    assert doubt.value == pytest.approx(100 * 48 / (10804 / 218 - 2))


@pytest.mark.parametrize("shunt", [0.005, 0.02, 0.06, 0.2])
def test_right_regions_are_not_reported(shunt: float) -> None:
    """Regions drawn 7 mm larger or smaller, of MAA in the whole liver and in one lobe, blurred."""
    rng, planes = np.random.default_rng(5), Phantom.of().planes
    right = np.arange(64) < 26
    for kept in (np.ones(64), np.where(right, 1, 0.02), np.where(right, 0.02, 1)):
        expected = {}
        for view, mean in expect_planar(Study(lung_shunt=shunt), Phantom.of()).items():
            seen = kept if view == "anterior" else kept[::-1]
            of_liver = planes["liver"] if view == "anterior" else planes["liver"][:, ::-1]
            expected[view] = ndimage.gaussian_filter(np.where(of_liver, mean * seen, mean), 1.2)
        heads: Any = count_planar(expected, rng)
        for change in (ndimage.binary_erosion, np.copy, ndimage.binary_dilation):
            liver = change(planes["liver"])
            lungs = change(planes["lungs"]) & ~liver
            behind = planes["background"] & ~ndimage.binary_dilation(liver | lungs, iterations=2)
            one = PlanarStudy(heads, PlanarRegions(liver, lungs, behind), "maa.dcm")
            codes = {doubt.code for doubt in find_planar_doubts(one)}
            assert not {CODE, "y90.lungs_above"} & codes
