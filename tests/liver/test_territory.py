"""Territories of a radioembolisation on the small liver, by hand."""

from dataclasses import replace

import pytest

from fl_planner.liver.anatomy import Anatomy
from fl_planner.liver.transection import Territory, draw_territory
from fl_planner.liver.volumetry import measure_liver
from tests.masks import liver_part, small_liver, small_segments
from tests.refusals import refuses

ACROSS = liver_part([[10, 11, 8, 9, 4, 8]], "tumour")  # two voxels in 5, two in 8
MAPPED = replace(small_liver(), tumour=ACROSS, segments=small_segments())


def drawn(wanted: Territory, anatomy: Anatomy = MAPPED) -> int:
    mask = draw_territory(anatomy, wanted)
    assert mask.name == "treated"
    return mask.voxel_count


def test_whole_segments() -> None:
    assert drawn(Territory(("6", "7"))) == 600


def test_the_tumour_and_the_segments_that_it_occupies() -> None:
    assert drawn(Territory(with_tumour=True)) == 300  # 5 and 8, with the tumour in them
    assert drawn(Territory(("4",), with_tumour=True)) == 510


def test_without_a_map_the_tumour_alone() -> None:
    assert drawn(Territory(with_tumour=True), replace(MAPPED, segments={})) == 4
    # Its neighbours at 10 mm: 4 x 4 beside the column, and one at each end.
    assert drawn(Territory((), True, 10.0), replace(MAPPED, segments={})) == 4 + 16 + 2


def test_a_margin_ends_at_the_organ() -> None:
    # Segment 2 is 3 x 10 x 5 voxels; one layer more lies before 4 and 1 (50) and below (30), and
    # the liver ends on all other sides.
    assert drawn(Territory(("2",), margin_mm=10.0)) == 150 + 50 + 30


def test_h03_segments_beyond_the_organ_are_not_treated() -> None:
    segments = small_segments()
    beyond = segments["6"] | liver_part([[15, 17, 5, 6, 2, 3]], "6")  # one voxel of it outside
    assert beyond.voxel_count == segments["6"].voxel_count + 1
    anatomy = replace(MAPPED, segments={**segments, "6": beyond})
    assert drawn(Territory(("6", "7")), anatomy) == 600


def test_what_is_left_untreated_is_what_rescue_asks() -> None:
    treated = draw_territory(MAPPED, Territory(with_tumour=True))
    volumes = measure_liver(replace(MAPPED, treated=treated))
    assert volumes.untreated_share is not None
    assert (volumes.untreated_voxels, volumes.nontumorous_voxels) == (1200, 1496)


def test_tumour_outside_the_liver_mask_is_treated_too() -> None:
    bulging = liver_part([[15, 17, 5, 6, 2, 3]], "tumour")  # one voxel in segment 6, one outside
    anatomy = replace(MAPPED, tumour=bulging)
    assert drawn(Territory(with_tumour=True), anatomy) == 301


@pytest.mark.parametrize(
    ("wanted", "code"),
    [
        (lambda: Territory(), "territory.empty"),
        (lambda: Territory(("5",), margin_mm=-1.0), "territory.margin"),
        (lambda: Territory(("5",), margin_mm=50.1), "territory.margin"),
        (lambda: Territory(("5",), margin_mm=float("nan")), "territory.margin"),
        (lambda: draw_territory(MAPPED, Territory(("4a",))), "territory.no_segment"),
        (
            lambda: draw_territory(replace(MAPPED, tumour=None), Territory((), True)),
            "territory.no_tumour",
        ),
        (
            lambda: draw_territory(replace(MAPPED, tumour=ACROSS - ACROSS), Territory((), True)),
            "territory.no_tumour",
        ),
    ],
)
def test_h13_what_cannot_be_treated_is_refused(wanted: object, code: str) -> None:
    with refuses(code):
        wanted()  # type: ignore[operator]
