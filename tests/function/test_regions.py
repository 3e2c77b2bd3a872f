"""Regions of interest: what they share, and a pixel more or less."""

import numpy as np
import numpy.typing as npt
import pytest

from fl_planner.basis.findings import InputRefused
from fl_planner.function.scintigram import Regions, find_shared
from tests.cases import sure
from tests.refusals import refuses


def plane(*spans: tuple[int, int, int, int], size: int = 10) -> npt.NDArray[np.bool_]:
    found = np.zeros((size, size), dtype=bool)
    for a, b, c, d in spans:
        found[a:b, c:d] = True
    return found


LIVER, HEART = plane((4, 8, 1, 6)), plane((1, 3, 5, 8))


def test_what_is_outside_holds_the_heart() -> None:
    drawn = Regions(LIVER, HEART)
    assert drawn.outside.sum() == 100 - 20
    assert (drawn.outside & HEART).sum() == 6
    assert drawn.shared == 0
    assert find_shared(drawn) == ()


def test_a_field_leaves_the_rest_out_and_holds_what_was_drawn() -> None:
    drawn = Regions(LIVER, HEART, plane((3, 9, 0, 9)))
    assert drawn.whole.sum() == 54 + 6  # the heart lies above it
    assert drawn.outside.sum() == 54 + 6 - 20


def test_pixels_that_are_in_both_leave_the_blood() -> None:
    drawn = Regions(LIVER, plane((2, 5, 5, 8)))  # 9 pixels, 1 of them in the liver
    assert (drawn.shared, drawn.blood.sum()) == (1, 8)
    (found,) = find_shared(drawn)
    assert (found.code, "1 of the heart's 9" in found.message) == ("region.overlap", True)


@pytest.mark.parametrize(
    ("liver", "heart", "field", "code"),
    [
        (plane(), HEART, None, "region.empty"),
        (LIVER, plane(), None, "region.empty"),
        (LIVER, HEART, plane(), "region.empty"),
        (LIVER, plane((1, 3, 5, 8), size=9), None, "region.matrix"),
        (LIVER, plane((4, 6, 3, 7)), None, "region.heart_is_liver"),  # 6 of 8
        (plane((0, 10, 0, 10)), plane((0, 1, 0, 1)) | True, None, "region.heart_is_liver"),
        (LIVER, plane((4, 6, 4, 8)), LIVER, None),  # half of it is not more than half
    ],
)
def test_regions_that_cannot_be(
    liver: npt.NDArray[np.bool_],
    heart: npt.NDArray[np.bool_],
    field: npt.NDArray[np.bool_] | None,
    code: str | None,
) -> None:
    if code is None:
        assert Regions(liver, heart, field).shared == 4
        return
    with refuses(code):
        Regions(liver, heart, field)


def test_a_matrix_of_another_size_is_refused() -> None:
    Regions(LIVER, HEART).require_matrix(10, 10, "dyn.dcm")
    with pytest.raises(InputRefused, match=r"10 x 10 pixels, dyn\.dcm 10 x 12"):
        Regions(LIVER, HEART).require_matrix(10, 12, "dyn.dcm")


def test_a_pixel_more_and_less() -> None:
    drawn = Regions(LIVER, HEART)
    more, less = drawn.changed(1), drawn.changed(-1)
    assert more is not None
    assert less is None  # a heart of 2 x 3 pixels has no pixel within
    assert more.liver.sum() == 20 + 2 * (4 + 5)  # four sides, no corners
    assert more.shared == 0  # the heart does not grow into the liver
    assert (more.liver | more.heart)[3, 5]
    wider = Regions(LIVER, plane((0, 3, 5, 9))).changed(-1)
    assert wider is not None
    assert wider.liver.sum() == 2 * 3
    assert wider.heart.sum() == 2 * 2  # from the upper edge nothing comes in


def test_growing_stops_at_the_edge() -> None:
    corner = Regions(plane((0, 2, 0, 2)), HEART).changed(1)
    assert sure(corner).liver.sum() == 4 + 4
