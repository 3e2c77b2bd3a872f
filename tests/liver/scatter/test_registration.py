"""What is asked of a registration, and what it leaves open: by hand."""

from contextlib import nullcontext
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from fl_planner.liver.agreement.second_reader import Agreement
from fl_planner.liver.scatter.registration import (
    UNBENT,
    Folding,
    RegistrationQuality,
    find_quality_doubts,
    find_resized,
    folding_of,
    require_quality,
    require_unchanged,
)
from fl_planner.space.grid import Grid
from fl_planner.space.mask import Mask
from tests.cases import each_case
from tests.refusals import refuses

APART = Agreement("liver", 100, 100, 0, 0.001, None, None)
GOOD = RegistrationQuality(
    "deformable", "surface and CT", (0.0, 0.0, 0.0), 0.0, APART,
    Agreement("liver", 1000, 1000, 950, 0.001, 1.0, 4.0), UNBENT,
)  # fmt: skip


def lying(mean_mm: float | None, far_mm: float | None, common: int = 950) -> Agreement:
    return Agreement("liver", 1000, 1000, common, 0.001, mean_mm, far_mm)


def test_how_far_a_carried_surface_may_be_off() -> None:
    """√(5² + 12²) = 13 mm: 5 mm inside whatever the surface says, and what is left there."""
    assert replace(GOOD, after=lying(12.0, 12.0)).off_mm == pytest.approx(13.0)
    assert replace(GOOD, after=lying(0.0, 0.0)).off_mm == 5.0


POOR = {
    "3 mm on average is accepted": (lying(3.0, 4.0), False),
    "and no more": (lying(3.01, 4.0), True),
    "10 mm at the 95th percentile is accepted": (lying(1.0, 10.0), False),
    "no more": (lying(1.0, 10.1), True),
    "Dice 0.90 is accepted": (lying(1.0, 4.0, 900), False),
    "and no less": (lying(1.0, 4.0, 899), True),
    "nothing in common": (lying(None, None, 0), True),
    "no number": (lying(float("nan"), 4.0), True),
}


@each_case("after, refused", POOR)
def test_below_the_quality_that_is_asked_for_it_is_refused(after: Agreement, refused: bool) -> None:
    with refuses("carry.poor") if refused else nullcontext():
        require_quality(replace(GOOD, after=after), "scan")


def test_what_bends_nothing_has_to_be_within_2_mm() -> None:
    rigid = replace(GOOD, method="rigid", after=lying(2.0, 4.0))
    require_quality(rigid, "scan")
    with refuses("carry.poor") as refused:
        require_quality(replace(rigid, after=lying(2.1, 4.0)), "scan")
    assert "omit --rigid" in refused.value.remedy


def of_ml(ml: int) -> Mask:
    """Mark as many voxels of 1 mL."""
    marked = np.zeros((200, 1, 1), bool)
    marked[:ml] = True
    return Mask.of("flr", marked, Grid.upright((200, 1, 1), (10.0, 10.0, 10.0)), "flr.nii.gz")


UNLIKE = {
    "a twentieth too small is accepted": (95, 100, False),
    "and no more": (94, 100, True),
    "a twentieth too large is accepted": (105, 100, False),
    "and no more of that": (106, 100, True),
    "1 mL is accepted however small it is": (9, 10, False),
    "and 2 mL are not": (8, 10, True),
    "what bending leaves nothing of": (2, 0, True),
    "what shifting leaves nothing of": (0, 2, True),
}


@each_case("ml, bent_ml, refused", UNLIKE)
def test_h04_a_mask_is_refused_that_bending_would_change(
    ml: int, bent_ml: int, refused: bool
) -> None:
    pairs = [(of_ml(50), of_ml(50)), (of_ml(ml), of_ml(bent_ml))]
    if refused:
        with refuses("carry.changed", "flr.nii.gz") as told:
            require_unchanged(pairs)
        assert "omit --rigid" in told.value.remedy
    else:
        require_unchanged(pairs)


def test_a_mask_that_bending_would_change_is_refused_with_both_volumes() -> None:
    says = "measures 80.0 mL after shift and rotation alone, and 100 mL"
    with refuses("carry.changed", says=says):
        require_unchanged([(of_ml(80), of_ml(100))])


@each_case(
    "ml, carried_ml, told",
    {
        "a tenth smaller": (60, 54, True),
        "a tenth larger": (60, 66, True),
        "a twentieth": (60, 57, False),
        "less than 1 mL": (3, 2, False),
    },
)
def test_h04_a_tumour_whose_volume_changed_on_the_way_is_reported(
    ml: int, carried_ml: int, told: bool
) -> None:
    found = find_resized([(of_ml(ml), of_ml(carried_ml))])
    assert [one.code for one in found] == ["carry.resized"] * told
    if told:
        assert f"measures {ml}.0 mL as drawn and {carried_ml}.0 mL as carried" in found[0].message


def test_a_field_that_folds_anywhere_is_refused() -> None:
    """One of 100 000 determinants is -0.1; the percentiles say nothing of it."""
    determinants = np.ones(100_000)
    determinants[7] = -0.1
    folding = folding_of(determinants)
    assert (folding.share, folding.least, folding.low, folding.most) == (1e-5, -0.1, 1.0, 1.0)
    with refuses("carry.folded", says="contains folds in 0.001 % of the liver"):
        require_quality(replace(GOOD, folding=folding), "scan")
    determinants[7] = 0.0
    assert folding_of(determinants).share == 1e-5


@each_case(
    "low, high, refused",
    {"fifth": (0.19, 1.0, True), "five times": (1.0, 5.1, True), "both ends": (0.2, 5.0, False)},
)
def test_tissue_that_is_torn_is_refused(low: float, high: float, refused: bool) -> None:
    with refuses("carry.strained") if refused else nullcontext():
        require_quality(replace(GOOD, folding=torn(low, high)), "scan")


def torn(low: float, high: float) -> Folding:
    return Folding(0.1, 6.0, low, high, 0.0)


@each_case(
    "poor, code, says",
    {
        "mean": ({"after": lying(3.01, 4.0)}, "carry.poor", "are 3.01 mm apart on average"),
        "far": ({"after": lying(1.0, 10.04)}, "carry.poor", "10.04 mm at the 95th"),
        "Dice": ({"after": lying(1.0, 4.0, 899)}, "carry.poor", "a Dice of 0.899. At"),
        "no number": ({"after": lying(float("nan"), 4.0)}, "carry.poor", "are nan mm apart"),
        "shrunk": ({"folding": Folding(0.1, 6.0, 0.1996, 1.0, 0.0)}, "carry.strained", "0.1996 to"),
        "grown": (
            {"folding": Folding(0.1, 6.0, 0.5, 5.004, 0.0)},
            "carry.strained",
            "0.50 to 5.004",
        ),
    },
)
def test_no_refused_value_is_rounded_onto_its_limit(
    poor: dict[str, Any], code: str, says: str
) -> None:
    with refuses(code, says=says):
        require_quality(replace(GOOD, **poor), "scan")


def test_a_strain_is_not_rounded_onto_its_limit() -> None:
    found = replace(GOOD, folding=Folding(0.1, 4.0, 0.332, 3.004, 0.0))
    (strained,) = find_quality_doubts(found)
    assert "become 0.33 to 3.004 times as large" in strained.message


def test_what_is_reported_of_one_that_is_good_enough() -> None:
    assert find_quality_doubts(GOOD) == ()
    strained = replace(GOOD, folding=Folding(0.1, 4.0, 0.3, 2.0, 0.0), guide="surface")
    codes = [one.code for one in find_quality_doubts(strained)]
    assert codes == ["carry.surface_alone", "carry.strained"]


def test_why_no_ct_guided_it_is_reported() -> None:
    by_outline = replace(GOOD, guide="surface")
    (bent,) = find_quality_doubts(by_outline)
    (shifted,) = find_quality_doubts(replace(by_outline, method="rigid"))
    assert "a CT is missing, or the liver does not look similar on the two CTs" in bent.message
    assert "rigid registration uses the outline only" in shifted.message
