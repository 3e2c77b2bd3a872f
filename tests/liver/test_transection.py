"""Planes, wedges and treated territories by hand on the small liver, and by plain sums."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from fl_planner.basis.shown import Share
from fl_planner.liver.anatomy import Anatomy
from fl_planner.liver.cut_plane import CutPlane
from fl_planner.liver.remnant import Remnant, determine_remnant, find_carried_mm
from fl_planner.liver.transection import Territory, Transection, Wedges, draw_territory
from fl_planner.liver.volumetry import measure_liver
from fl_planner.space.grid import Grid
from fl_planner.space.mask import Mask
from tests.cases import sure
from tests.masks import LIVER_GRID, indices_of, liver_part, small_liver, small_segments
from tests.refusals import refuses

# 27 mL in 7, at i = 12-14 and j, k = 5-7; and one voxel in 3.
TUMOUR = liver_part([[12, 15, 5, 8, 5, 8], [2, 3, 2, 3, 2, 3]], "tumour")
WHOLE = replace(small_liver(), tumour=TUMOUR, segments=small_segments())
CANTLIE = CutPlane((25.0, 0.0, 0.0), (-1.0, 0.0, 0.0), "RAS")  # i <= 6, x <= 20, stays: 600 mL
places, lengths = st.floats(-20, 100), st.floats(-1, 1).map(lambda x: round(x, 2))


def cut(
    *planes: CutPlane,
    wedges: Wedges | None = None,
    kept: tuple[str, ...] = (),
    anatomy: Anatomy = WHOLE,
) -> Remnant:
    remnant, findings = determine_remnant(anatomy, kept, Transection(planes, wedges))
    assert findings == ()
    return sure(remnant)


def flr_of(remnant: Remnant, anatomy: Anatomy = WHOLE) -> int:
    return sure(measure_liver(anatomy, remnant.mask).flr_share).numerator_voxels


def test_a_plane_by_hand() -> None:
    left = cut(CANTLIE)
    made = (left.origin, left.is_cut, left.mask.name, left.mask.file)
    assert made == ("drawn", True, "flr", None)
    for plane, voxels in (
        (CANTLIE, 600 - 1),
        (CutPlane((25.0, 0.0, 0.0), (1.0, 0.0, 0.0), "RAS"), 900 - 27),
        # The same plane as DICOM writes it, and by three points that run anticlockwise.
        (CutPlane((-25.0, 0.0, 0.0), (1.0, 0.0, 0.0), "LPS"), 599),
        (CutPlane.through([(25, 0, 0), (25, 0, 99), (25, 99, 0)], "RAS"), 599),
        # Through the centres of i = 6: voxels in the plane stay, on either side.
        (CutPlane((20.0, 0.0, 0.0), (-1.0, 0.0, 0.0), "RAS"), 599),
        (CutPlane((20.0, 0.0, 0.0), (1.0, 0.0, 0.0), "RAS"), 900 - 27 + 100),
    ):
        assert flr_of(cut(plane)) == voxels


def test_what_several_planes_leave_is_what_each_leaves() -> None:
    upper = CutPlane((0.0, 0.0, 75.0), (0.0, 0.0, 1.0), "RAS")  # from k = 6
    assert indices_of(cut(CANTLIE, upper).mask) == (
        indices_of(cut(CANTLIE).mask) & indices_of(cut(upper).mask)
    )


def test_a_plane_through_segments_keeps_what_both_keep() -> None:
    kept = ("5", "6", "7", "8")
    beyond = CutPlane((75.0, 0.0, 0.0), (-1.0, 0.0, 0.0), "RAS")  # up to i = 11
    remnant = cut(beyond, kept=kept)
    assert (remnant.origin, remnant.segments, remnant.is_cut) == ("segments", kept, False)
    # 5 and 8 whole, and of 6 and 7 the boxes up to i = 11, 5 x 4 x 5 each.
    assert flr_of(remnant) == 150 + 150 + 100 + 100


def ball(lesion: set[tuple[int, int, int]], steps: float) -> set[tuple[int, int, int]]:
    """List the voxels of the liver within so many steps of a lesion, tumour too, plainly."""
    organ = np.array(sorted(indices_of(WHOLE.organ)))
    away = np.linalg.norm(organ[:, None] - np.array(sorted(lesion))[None], axis=2).min(axis=1)
    return {(i, j, k) for i, j, k in organ[away <= steps].tolist()}


@pytest.mark.parametrize(("margin_mm", "steps"), [(0.0, 0.0), (10.0, 1.0), (25.0, 2.5)])
def test_a_wedge_takes_the_lesion_and_the_margin(margin_mm: float, steps: float) -> None:
    lesion = indices_of(liver_part([[12, 15, 5, 8, 5, 8]], "lesion"))
    remnant = cut(wedges=Wedges((1,), margin_mm))
    gone = ball(lesion, steps)
    assert indices_of(remnant.mask) == indices_of(WHOLE.organ) - gone
    assert not indices_of(remnant.holds) & lesion  # no margin is no hole that was left for it


def test_h15_a_wedge_takes_a_lesion_that_the_map_was_led_around() -> None:
    """A hole that segments leave for a lesion holds it, until it is cut out."""
    carved = {name: mask - TUMOUR for name, mask in small_segments().items()}
    anatomy = replace(WHOLE, segments=carved)
    kept = ("5", "6", "7", "8")
    lesion = indices_of(liver_part([[12, 15, 5, 8, 5, 8]], "lesion"))
    stays, _ = determine_remnant(anatomy, kept)
    assert indices_of(sure(stays).holds) >= lesion
    assert not indices_of(cut(wedges=Wedges((1,), 0.0), kept=kept, anatomy=anatomy).holds) & lesion


def test_a_wedge_by_hand() -> None:
    small = cut(wedges=Wedges((2,)))  # its six neighbours lie 10 mm away
    assert flr_of(small) == 1500 - 28 - 6
    every = cut(wedges=Wedges())
    # Around a cube of 27 lie 54 by its faces, up to i = 15, where the liver ends.
    assert flr_of(every) == 1500 - 28 - 6 - 54
    assert sure(sure(every.transection).wedges).lesions == (1, 2)
    says = "wedge resections of lesions 1, 2 with a margin of 10 mm"
    assert sure(every.transection).describe() == says


def test_a_wedge_that_runs_through_another_lesion_takes_that_part() -> None:
    beside = liver_part([[12, 15, 5, 8, 5, 8], [9, 11, 6, 7, 6, 7]], "tumour")
    anatomy = replace(WHOLE, tumour=beside)
    remnant, _ = determine_remnant(anatomy, (), Transection((), Wedges((1,), 20.0)))
    assert indices_of(sure(remnant).mask) & {(9, 6, 6), (10, 6, 6)} == {(9, 6, 6)}


def test_planes_and_wedges_together_leave_what_all_leave() -> None:
    both = cut(CANTLIE, wedges=Wedges((2,)))
    assert flr_of(both) == 599 - 6
    says = "a plane and a wedge resection of lesion 2 with a margin of 10 mm"
    assert sure(both.transection).describe() == says
    with_segments = cut(wedges=Wedges((2,)), kept=("2", "3"))
    assert (with_segments.origin, flr_of(with_segments)) == ("segments", 299 - 6)


@settings(max_examples=40)
@given(
    point=st.tuples(places, places, places),
    normal=st.tuples(lengths, lengths, lengths).filter(lambda one: any(one)),
    margin_mm=st.sampled_from([None, 0.0, 10.0, 15.0]),
)
def test_a_cut_leaves_what_a_drawn_half_space_leaves(
    point: tuple[float, float, float], normal: tuple[float, float, float], margin_mm: float | None
) -> None:
    organ = WHOLE.organ
    matrix = LIVER_GRID.matrix()
    centres = np.argwhere(organ.as_array()) @ matrix[:, :3].T + matrix[:, 3]
    unit = np.array(normal) / np.linalg.norm(normal)
    heights = (centres - np.array(point)) @ unit
    assume(np.abs(heights).min() > 1.1e-3)  # within 0.001 mm, a voxel counts as in the plane
    front = {(i, j, k) for i, j, k in np.argwhere(organ.as_array())[heights > 0].tolist()}
    wedges = None if margin_mm is None else Wedges((2,), margin_mm)
    gone = ball({(2, 2, 2)}, margin_mm / 10) if margin_mm is not None else set()
    left = front - gone
    assume(left - indices_of(TUMOUR) and len(front) < organ.voxel_count)
    remnant = cut(CutPlane(point, normal, "RAS"), wedges=wedges)
    assert indices_of(remnant.mask) == left
    voxels = np.zeros(LIVER_GRID.shape, dtype=bool)
    voxels[tuple(np.array(sorted(front)).T)] = True
    drawn, _ = determine_remnant(replace(WHOLE, flr=Mask.of("flr", voxels, LIVER_GRID)), ())
    assert indices_of(remnant.holds) == indices_of(sure(drawn).holds) - gone


def test_h16_a_plane_that_misses_the_liver_is_refused() -> None:
    beyond = CutPlane((500.0, 0.0, 0.0), (1.0, 0.0, 0.0), "RAS")
    before = CutPlane((500.0, 0.0, 0.0), (-1.0, 0.0, 0.0), "RAS")
    right = CutPlane((25.0, 0.0, 0.0), (1.0, 0.0, 0.0), "RAS")
    with refuses("cut.leaves_nothing", "cutting plane"):
        cut(beyond)
    with refuses("cut.removes_nothing", "cutting plane"):
        cut(before)
    with refuses("cut.removes_nothing"):  # beside one that cuts
        cut(CANTLIE, before)
    with refuses("cut.leaves_nothing"):  # together
        cut(CANTLIE, right)
    with refuses("cut.leaves_nothing"):
        cut(right, kept=("2", "3"))


def test_h13_a_wedge_of_no_lesion_is_refused() -> None:
    with refuses("cut.no_lesion", says="no lesion 7: lesions are numbered 1 to 2"):
        cut(wedges=Wedges((1, 7)))
    for tumour in (None, TUMOUR - TUMOUR):
        with refuses("cut.no_lesion", says="there is no lesion to remove"):
            cut(wedges=Wedges(), anatomy=replace(WHOLE, tumour=tumour))


@pytest.mark.parametrize("wrong", [((0,), None), ((1,), -1.0), ((1,), 51.0), ((), float("nan"))])
def test_h13_what_is_no_wedge_is_refused(wrong: tuple[tuple[int, ...], float | None]) -> None:
    with refuses("cut.no_wedge", "wedge"):
        Wedges(*wrong)


def test_h13_a_remnant_is_not_drawn_and_cut() -> None:
    flr, resected = (liver_part([[1, 4, 1, 11, 1, 11]], role) for role in ("flr", "resected"))
    with refuses("cut.and_drawn", "flr.nii.gz"):
        cut(CANTLIE, anatomy=replace(WHOLE, flr=flr))
    with refuses("cut.and_drawn", "resected.nii.gz"):
        cut(CANTLIE, anatomy=replace(WHOLE, resected=resected))


def test_h02_a_liver_without_a_place_is_not_cut_by_a_plane() -> None:
    nowhere = Grid(LIVER_GRID.shape, LIVER_GRID.affine, placed=False)
    anatomy = replace(small_liver(nowhere), segments=small_segments(nowhere))
    with refuses("geometry.place_missing"):
        cut(CANTLIE, anatomy=anatomy)


def test_h13_cut_segments_that_are_missing_stay_undetermined() -> None:
    partial = {name: mask for name, mask in small_segments().items() if name != "3"}
    anatomy = replace(WHOLE, segments=partial)
    remnant, findings = determine_remnant(anatomy, ("2", "3"), Transection((CANTLIE,)))
    assert remnant is None
    assert [one.code for one in findings] == ["remnant.segment_missing"]


def test_h03_devascularised_liver_that_a_plane_leaves_is_reported() -> None:
    dead = liver_part([[1, 2, 1, 11, 1, 11]], "devascularised")
    remnant, findings = determine_remnant(
        replace(WHOLE, excluded=(dead,)), (), Transection((CANTLIE,))
    )
    assert [one.code for one in findings] == ["remnant.impaired"]
    assert flr_of(sure(remnant), replace(WHOLE, excluded=(dead,))) == 599 - 100


def test_h15_a_plane_through_points_close_together_is_reported() -> None:
    """Equilateral triangles, of 0.87 times their edge in height; a voxel is 10 mm."""
    for edge_mm, told in ((3.0, True), (50.0, True), (80.0, False)):
        height = edge_mm * 3**0.5 / 2
        points = [(20.0, 0.0, 0.0), (20.0, edge_mm, 0.0), (20.0, edge_mm / 2, height)]
        plane = CutPlane.through(points, "RAS")
        assert plane.height_mm == pytest.approx(height)
        found = [*Transection((plane,)).find_close_points(WHOLE.liver)]
        assert [one.code for one in found] == ["cut.points_close"] * told
        assert all(f"of their triangle {height:.1f} mm)" in one.message for one in found)
    _, findings = determine_remnant(WHOLE, (), Transection((CANTLIE,)))
    assert "cut.points_close" not in [one.code for one in findings]


def test_h15_a_remnant_by_close_points_is_reported_of() -> None:
    close = CutPlane.through([(75.0, 0.0, 0.0), (75.0, 3.0, 0.0), (75.0, 0.0, 3.0)], "RAS")
    _, findings = determine_remnant(WHOLE, (), Transection((close,)))
    assert "cut.points_close" in [one.code for one in findings]


ACROSS = liver_part([[10, 11, 8, 9, 4, 8]], "tumour")  # two voxels in 5, two in 8
MAPPED = replace(small_liver(), tumour=ACROSS, segments=small_segments())


def test_h03_treated_territories_by_hand() -> None:
    unmapped = replace(MAPPED, segments={})
    segments = small_segments()
    beyond = segments["6"] | liver_part([[15, 17, 5, 6, 2, 3]], "6")  # one voxel of it outside
    assert beyond.voxel_count == segments["6"].voxel_count + 1
    wider = replace(MAPPED, segments={**segments, "6": beyond})
    bulging = liver_part([[15, 17, 5, 6, 2, 3]], "tumour")  # one voxel in segment 6, one outside
    for territory, anatomy, voxels in (
        (Territory(("6", "7")), MAPPED, 600),
        (Territory(("6", "7")), wider, 600),
        (Territory(with_tumour=True), MAPPED, 300),  # 5 and 8, with the tumour in them
        (Territory(("4",), with_tumour=True), MAPPED, 510),
        (Territory(with_tumour=True), replace(MAPPED, tumour=bulging), 301),
        (Territory(with_tumour=True), unmapped, 4),  # the tumour alone
        # Its neighbours at 10 mm: 4 x 4 beside the column, and one at each end.
        (Territory((), True, 10.0), unmapped, 4 + 16 + 2),
        # Segment 2 is 3 x 10 x 5 voxels; one layer more lies before 4 and 1 (50) and below (30),
        # and the liver ends on all other sides.
        (Territory(("2",), margin_mm=10.0), MAPPED, 150 + 50 + 30),
    ):
        mask = draw_territory(anatomy, territory)
        assert (mask.name, mask.voxel_count) == ("treated", voxels)


def test_what_is_left_untreated_is_what_rescue_asks() -> None:
    treated = draw_territory(MAPPED, Territory(with_tumour=True))
    volumes = measure_liver(replace(MAPPED, treated=treated))
    assert volumes.untreated_share == Share(1200, 1496)


def test_h13_what_cannot_be_treated_is_refused() -> None:
    for margin_mm in (-1.0, 50.1, float("nan")):
        with refuses("territory.margin"):
            Territory(("5",), margin_mm=margin_mm)
    with refuses("territory.empty"):
        Territory()
    with refuses("territory.no_segment", says="the label map does not contain segment IVa"):
        draw_territory(MAPPED, Territory(("4a",)))
    for tumour in (None, ACROSS - ACROSS):
        with refuses("territory.no_tumour"):
            draw_territory(replace(MAPPED, tumour=tumour), Territory((), True))
    with refuses("territory.no_segment", says="no label map with segments was given"):
        draw_territory(small_liver(), Territory(("5",)))


def test_h04_the_error_of_a_border_is_that_of_the_mask_that_defines_it() -> None:
    """Each mask is carried by another number of mm, to be distinguished."""
    organ, lesions = replace(WHOLE.liver, carried_mm=1.0), replace(TUMOUR, carried_mm=2.0)
    segments = {name: replace(one, carried_mm=3.0) for name, one in WHOLE.segments.items()}
    whole = replace(WHOLE, liver=organ, tumour=lesions, segments=segments)
    left = replace(liver_part([[1, 7, 1, 11, 1, 11]], "flr"), carried_mm=0.4)
    right = replace(liver_part([[7, 16, 1, 11, 1, 11]], "resected"), carried_mm=0.5)
    by_plane = Transection((CANTLIE,))
    for anatomy, wanted, plane, error_mm in (
        (whole, (), by_plane, 2.0),
        (whole, ("2", "3"), by_plane, 3.0),
        (whole, ("2", "3"), None, 3.0),
        (replace(whole, flr=left), (), None, 0.4),
        (replace(whole, resected=right), (), None, 0.5),
        (WHOLE, (), by_plane, None),
    ):
        remnant, _ = determine_remnant(anatomy, wanted, plane)
        assert find_carried_mm(anatomy, sure(remnant)) == error_mm
    further, _ = determine_remnant(whole, ("2", "3"))  # a second plan, of segments
    assert find_carried_mm(replace(whole, flr=left), sure(further)) == 3.0
