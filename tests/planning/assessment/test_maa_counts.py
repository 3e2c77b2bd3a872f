"""MAA counts of a small SPECT of 10 mm; the liver has ten layers, of which nine are treated."""

from dataclasses import replace
from typing import Any

import pytest

from fl_planner.basis.findings import Finding, Severity
from fl_planner.liver.anatomy import Anatomy
from fl_planner.planning.assessment.dose import measure_dose
from tests.masks import liver_part
from tests.refusals import refuses
from tests.y90.studies import ANATOMY, GIVEN, LIVER, LUNGS, TUMOUR, spect

TREATED = liver_part([[7, 16, 1, 11, 2, 11]], "treated")
# 70 of 1570 voxels are in a layer below all others
POINTED = liver_part([[1, 16, 1, 11, 1, 11], [9, 16, 1, 11, 0, 1]], "liver")


def without_layer(layer: int, anatomy: Anatomy) -> dict[str, Finding]:
    """Find the doubts on a SPECT filled with zeros there, as one resampled to a larger grid."""
    counts: Any = spect().image.voxels.copy()
    counts[:, :, layer] = 0
    image = replace(spect().image, voxels=counts)
    given = replace(GIVEN, spect=spect(image=image, lungs=LUNGS), decides="given")
    return {one.code: one for one in measure_dose(given, anatomy).findings}


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
