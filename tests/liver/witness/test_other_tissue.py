"""Another organ within a liver mask, found by its CT values; vessels and rims are not."""

import re
from dataclasses import replace
from math import pi

import numpy as np
import numpy.typing as npt
import pytest

from fl_planner.basis.clinical_codes import HU
from fl_planner.basis.findings import Finding, Severity
from fl_planner.liver.anatomy import Anatomy
from fl_planner.liver.witness.other_tissue import find_other_tissue
from fl_planner.liver.witness.witness import check_on_ct
from fl_planner.space.coarse import thin_image
from fl_planner.space.grid import Image
from fl_planner.space.mask import Mask
from tests import bodies
from tests.cases import sure
from tests.masks import block, cubes

GRID = cubes((50, 50, 40), 3.0)
LIVER = block(GRID, (5, 45), (5, 45), (5, 35), name="liver", file="liver.nii")  # 1296 mL
PLACES = [3.0 * (axis + 0.5) for axis in np.indices(GRID.shape)]
PAIR = "liver.nii on ct.nii"
LIVER_HU = 108.0
MESSAGE = re.compile(
    rf"{PAIR}: a part of about ([\d.]+) mL \(([\d.]+) % of the liver\) has a median of (-?\d+) HU, "
    r"compared with (\d+) HU for the liver: check whether another organ was included, or a cyst or "
    "tumour was not drawn"
)
Voxels = npt.NDArray[np.bool_]


def ball(radius_mm: float, middle: tuple[float, float, float] = (75.0, 75.0, 60.0)) -> Voxels:
    away = [(axis - at) ** 2 for axis, at in zip(PLACES, middle, strict=True)]
    inside: Voxels = sum(away) < radius_mm**2
    return inside


def tube(radius_mm: float, x: float, y: float) -> Voxels:
    inside: Voxels = (PLACES[0] - x) ** 2 + (PLACES[1] - y) ** 2 < radius_mm**2
    return inside


def ask(
    part: Voxels, hu: float | npt.NDArray[np.float64], sound: Mask = LIVER, shift: float = 0.0
) -> tuple[Finding, ...]:
    rng = np.random.default_rng(7)
    values = rng.normal(np.where(part, hu, LIVER_HU), 20.0)
    cells = thin_image(Image(values, 1.0, 0.0, GRID, "ct.nii"), 3.0)
    onto = cells.from_grid(GRID, GRID)
    onto[:, 3] += shift
    return find_other_tissue(LIVER, sound, cells, onto, PAIR)


@pytest.mark.parametrize("hu", [195.0, 20.0, -800.0])  # kidney, stomach or cyst, lung
def test_h13_tissue_of_another_density_is_reported_with_its_size(hu: float) -> None:
    (finding,) = ask(ball(24.0), hu)
    assert (finding.code, finding.severity) == ("ct.other_tissue", Severity.WARNING)
    assert (finding.file, finding.unit) == ("liver.nii", HU.code)
    assert sure(finding.value) == pytest.approx(hu, rel=0.05)
    found = MESSAGE.fullmatch(finding.message)
    assert found is not None
    millilitres, percent, in_part, in_liver = map(float, found.groups())
    assert millilitres == pytest.approx(4 / 3 * pi * 2.4**3, rel=0.1)  # 57.9 mL
    assert percent == pytest.approx(100 * millilitres / 1296, abs=0.1)
    assert in_part == pytest.approx(finding.value, abs=0.5)
    assert in_liver == pytest.approx(LIVER_HU, abs=2)


@pytest.mark.parametrize(("hu", "is_padding"), [(-2000.0, True), (-1050.0, True), (-1000.0, False)])
def test_padding_of_the_ct_is_not_called_an_organ(hu: float, is_padding: bool) -> None:
    (finding,) = ask(ball(24.0), hu)
    assert finding.message.endswith(
        "check whether the CT was cropped, as values below that of air are padding"
        if is_padding
        else "check whether another organ was included, or a cyst or tumour was not drawn"
    )


@pytest.mark.parametrize(
    ("part", "hu"),
    [
        (ball(24.0), LIVER_HU + 50),  # a large vein, perfusion, fat that is not everywhere
        (ball(24.0), LIVER_HU - 50),
        (ball(15.0), 10.0),  # a cyst of 14 mL, 1 % of the liver
        (tube(8.0, 40, 40) | tube(8.0, 75, 90) | tube(8.0, 100, 60), 190.0),  # veins: 54 mL
        (ball(15.0) | tube(8.0, 30, 30) | tube(8.0, 110, 90) | tube(8.0, 110, 30), 190.0),
        (PLACES[0] < 27.0, -95.0),  # a rim of fat, 12 mm: 130 mL
    ],
)
def test_vessels_rims_and_small_or_similar_parts_are_not_reported(part: Voxels, hu: float) -> None:
    assert ask(part, hu) == ()


def test_of_two_parts_the_larger_is_reported() -> None:
    small, large = ball(20.0, (40.0, 40.0, 60.0)), ball(26.0, (100.0, 100.0, 60.0))
    values = np.where(small, -200.0, 195.0)
    (finding,) = ask(small | large, values)
    assert sure(finding.value) == pytest.approx(195, abs=5)


def test_a_known_lesion_is_not_another_organ() -> None:
    rest = Mask.of("liver", LIVER.voxels_in(GRID.whole) & ~ball(27.0), GRID, "liver.nii")
    assert ask(ball(24.0), 10.0, rest) == ()


def test_a_liver_beyond_the_ct_has_no_values() -> None:
    assert ask(ball(24.0), 195.0, shift=1000.0) == ()


def test_h13_an_organ_in_the_mask_of_a_body_is_reported() -> None:
    one = bodies.Body(3)
    assert check_on_ct(Anatomy(one.liver), one.ct)[0].severity is Severity.INFO
    values = one.ct.voxels.copy()
    values[one.solid((62.0, 6.0, 0.0), (28.0, 26.0, 40.0))] += 85  # as a kidney with contrast
    (finding,) = check_on_ct(Anatomy(one.liver), replace(one.ct, voxels=values))
    assert finding.code == "ct.other_tissue"
    assert finding.message.startswith("liver.nii.gz on ct.nii.gz: a part of about ")


@pytest.mark.parametrize("name", ["cyst", "devascularised", "congested"])
def test_an_excluded_part_is_not_another_organ(name: str) -> None:
    """Liver without inflow enhances less: 75 HU below the rest, in a part that was named."""
    one = bodies.Body(3)
    drawn = one.liver.as_array() & one.solid((80.0, 6.0, -20.0), (45.0, 60.0, 45.0))
    ct = replace(one.ct, voxels=np.where(drawn, one.ct.voxels - 75, one.ct.voxels))
    part = Mask.of(name, drawn, one.liver.grid, "part.nii.gz")
    found = [check_on_ct(Anatomy(one.liver, excluded=of), ct)[0].code for of in ((), (part,))]
    assert found == ["ct.other_tissue", "ct.fits"]
