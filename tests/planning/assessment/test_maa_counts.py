"""MAA counts of a small SPECT of 10 mm; the liver has ten layers, of which nine are treated."""

from dataclasses import replace
from fractions import Fraction as F  # noqa: N817 - many exact numbers by hand
from typing import Any

import numpy as np
import pytest
from scipy import ndimage

from fl_planner.basis.findings import Finding, Severity
from fl_planner.liver.anatomy import Anatomy
from fl_planner.planning.assessment.dose import measure_dose
from fl_planner.planning.given.dose_inputs import MaaSpect
from fl_planner.space.grid import Grid, Image
from fl_planner.space.mask import Mask
from tests.cases import sure
from tests.masks import codes, liver_part
from tests.refusals import refuses
from tests.y90.studies import ANATOMY, GIVEN, LIVER, LUNGS, TUMOUR, in_field, spect

TREATED = liver_part([[7, 16, 1, 11, 2, 11]], "treated")
# 70 of 1570 voxels are in a layer below all others
POINTED = liver_part([[1, 16, 1, 11, 1, 11], [9, 16, 1, 11, 0, 1]], "liver")


def without_layer(layer: int, anatomy: Anatomy) -> dict[str, Finding]:
    """Find the doubts on a SPECT filled with zeros there, as one resampled to a larger grid."""
    counts: Any = spect().image.voxels.copy()
    counts[:, :, layer] = 0
    return doubts(counts, anatomy)


def doubts(counts: Any, anatomy: Anatomy = ANATOMY) -> dict[str, Finding]:
    image = replace(spect().image, voxels=counts)
    given = replace(GIVEN, spect=spect(image=image, lungs=LUNGS), decides="given")
    return {one.code: one for one in measure_dose(given, anatomy).findings}


@pytest.mark.parametrize(
    ("sides", "code"),
    [([1, 16, 1, 11, 1, 11], "dose.lungs_below"), ([1, 16, 1, 11, 9, 11], "y90.no_counts")],
    ids=["liver", "dome"],
)
def test_a_lung_mask_within_the_liver_is_refused_by_its_name(sides: list[int], code: str) -> None:
    lungs = liver_part([sides], "lungs")
    with refuses(code, lungs.source, says="liver"):
        measure_dose(replace(GIVEN, spect=spect(lungs=lungs), decides="given"), ANATOMY)


def test_h17_a_treated_liver_in_slices_without_counts_is_refused() -> None:
    # a tenth of it would count as liver without MAA: the ratio would be a tenth too high
    with refuses("dose.off_the_counts", says="10.0 % of the treated liver is outside the SPECT or"):
        without_layer(1, ANATOMY)


@pytest.mark.parametrize(("liver", "layer", "percent"), [(LIVER, 1, 10), (POINTED, 0, None)])
def test_h17_much_liver_in_slices_without_counts_is_reported_with_the_shunt(
    liver: Any, layer: int, percent: int | None
) -> None:
    found = without_layer(layer, Anatomy(liver, tumour=TUMOUR, treated=TREATED))
    if percent is None:
        assert "dose.liver_beyond" not in found
        return
    told = found["dose.liver_beyond"]
    assert (told.severity, told.value) == (Severity.WARNING, percent)


@pytest.mark.parametrize(("other", "times"), [(9, None), (11, "1.3"), (20, "1.6")])
def test_h17_maa_of_another_territory_is_reported_with_the_highest_lung_dose(
    other: int, times: str | None
) -> None:
    """There are 19 620 counts in the treated area, and `other` in each of 600 other voxels.

    Of these, 500 are more than 10 mm from it: 18, 21 and 32 % of all counts.
    """
    counts = spect().image.voxels.copy()
    counts[in_field(LIVER - sure(ANATOMY.treated))] = other
    found = doubts(counts)
    if times is None:
        assert "dose.elsewhere" not in found
        return
    assert found["dose.elsewhere"].severity is Severity.WARNING
    assert f"up to {times} times as high" in found["dose.elsewhere"].message


def test_h17_most_maa_just_outside_the_treated_area_is_reported() -> None:
    counts = spect().image.voxels.copy()
    counts[6, 1:11, 1:11] = 200  # the 100 voxels next to it: 20 000 counts, none far from it
    assert "and 0.0 % are more than 10 mm" in doubts(counts)["dose.elsewhere"].message


# a sphere of 30 mm in a liver of 200 mm, and one of 40 mm, on voxels of 5 mm, blurred as by SPECT
FINE = Grid.upright((49, 49, 49), (5.0, 5.0, 5.0))


@pytest.mark.parametrize(
    ("radius_mm", "rim_mm", "entered", "small"),
    [
        (15, 100, None, True),
        (20, 100, None, False),
        (15, 100, F(4), False),  # which may be corrected for resolution
        (15, 15, None, False),  # without other treated liver, there is no ratio
    ],
)
def test_a_tumour_too_small_for_spect_is_reported(
    radius_mm: int, rim_mm: int, entered: F | None, small: bool
) -> None:
    """The true ratio is 4, which is measured as 2.8 and 3.1."""
    far_mm = 5 * np.sqrt(((np.indices(FINE.shape) - 24) ** 2).sum(0))
    liver, tumour = far_mm < 100, far_mm <= radius_mm
    counts = ndimage.gaussian_filter(20.0 * liver + 60.0 * tumour, 12 / 2.3548 / 5)
    organ, lesion = Mask.of("liver", liver, FINE), Mask.of("tumour", tumour, FINE)
    image = Image(counts, 1.0, 0.0, FINE, "maa.nii.gz")
    given = replace(GIVEN, spect=MaaSpect(image, "stated"), tumour_to_normal=entered)
    treated = Mask.of("treated", far_mm <= rim_mm, FINE)
    dose = measure_dose(given, Anatomy(organ, tumour=lesion, treated=treated))
    assert ("dose.small_tumour" in codes(dose.findings)) is small
