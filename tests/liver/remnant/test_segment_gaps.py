"""Liver in no segment: a block of 2000 mL, a millilitre a voxel, its segments as slabs."""

from dataclasses import replace

import numpy as np
import pytest

from fl_planner.basis.findings import Finding, Severity
from fl_planner.basis.shown import Share
from fl_planner.liver.anatomy import Anatomy
from fl_planner.liver.remnant import determine_remnant, fill_gaps, find_gaps
from fl_planner.liver.volumetry import LiverVolumes, measure_liver
from fl_planner.space.grid import Grid
from fl_planner.space.mask import Mask, unite
from tests.masks import AFFINES, block, codes, cubes
from tests.refusals import refuses

GRID = cubes((20, 10, 10), 10.0)
SLABS = {"1": (0, 2), "2": (2, 4), "3": (4, 6), "4": (6, 10),
         "5": (11, 13), "6": (13, 15), "7": (15, 18), "8": (18, 20)}  # fmt: skip
LIVER = block(GRID, (0, 20), (0, 10), (0, 10), name="liver", file="liver.nii")


def slab(*x: int, name: str = "segment", grid: Grid = GRID) -> Mask:
    return block(grid, (x[0], x[1]), (0, 10), (0, 10), name=name, file="map.nii")


SEGMENTS = {name: slab(*x, name=f"segment_{name}") for name, x in SLABS.items()}
PARTED = Anatomy(LIVER, segments=SEGMENTS, mapped=unite(SEGMENTS.values()))  # 100 mL in none
LEFT = ("1", "2", "3", "4")  # 1000 mL


def measured(
    anatomy: Anatomy, wanted: tuple[str, ...] = LEFT
) -> tuple[LiverVolumes, tuple[Finding, ...]]:
    remnant, _ = determine_remnant(anatomy, wanted)
    volumes = measure_liver(anatomy, remnant.mask if remnant else None)
    return volumes, find_gaps(anatomy, remnant, volumes)


def with_gap(voxels: int) -> Anatomy:
    """Leave so many voxels of the slab between IV and V in no segment."""
    left = np.zeros(GRID.shape, dtype=bool)
    left[10].flat[voxels:] = True
    fifth = SEGMENTS["5"] | Mask.of("segment_5", left, GRID)
    segments = {**SEGMENTS, "5": fifth}
    return replace(PARTED, segments=segments, mapped=unite(segments.values()))


def test_h13_both_shares_of_a_remnant_made_of_segments_are_reported() -> None:
    volumes, (finding,) = measured(PARTED)
    assert volumes.unassigned_voxels == 100
    assert volumes.flr_share == Share(1000, 2000)
    assert volumes.flr_share_of_segments == Share(1000, 1900)
    says = (
        "map.nii: 100 mL of the liver (5.0 %) is not assigned to any segment: the FLR is 50.0 % "
        "of the non-tumorous liver and 52.6 % of that in segments; --gaps-to-nearest assigns each "
        "gap to the nearest segment"
    )
    assert finding == Finding("segments.gaps", Severity.WARNING, says, "map.nii", 100.0, "mL")


def test_h13_gaps_beside_a_treated_area_made_of_segments_are_told_as_untreated() -> None:
    """V to VIII are treated: 900 mL; I to IV, 1000 mL, and the gap of 100 mL are not."""
    treated = unite(SEGMENTS[name] for name in "5678")
    anatomy = replace(PARTED, treated=treated, treated_by_segments=True)
    for mapped in (anatomy.mapped, None):  # told where the map's cover is told, too
        _, (finding,) = measured(replace(anatomy, mapped=mapped), ())
        assert finding.message == (
            "map.nii: 100 mL of the liver (5.0 %) is not assigned to any segment; this part counts "
            "as untreated: the untreated liver is 55.0 % of the non-tumorous liver, and 50.0 % if "
            "the gaps are not counted as untreated"
        )
    drawn = replace(anatomy, treated_by_segments=False)
    assert "untreated" not in measured(drawn, ())[1][0].message


def test_h13_the_volume_of_gaps_is_in_millilitres() -> None:
    grid = cubes((20, 10, 10), 20.0)  # 8 mL
    segments = {name: slab(*x, grid=grid) for name, x in SLABS.items()}
    liver = block(grid, (0, 20), (0, 10), (0, 10), name="liver")
    _, (finding,) = measured(Anatomy(liver, segments=segments))
    assert finding.value == pytest.approx(800.0)
    assert finding.message.startswith("map.nii: 800 mL of the liver")


@pytest.mark.parametrize(("voxels", "found"), [(0, []), (40, []), (41, ["segments.gaps"])])
def test_h13_two_percent_in_no_segment_are_reported(voxels: int, found: list[str]) -> None:
    for wanted in (LEFT, ()):
        volumes, findings = measured(with_gap(voxels), wanted)
        assert (volumes.unassigned_voxels, codes(findings)) == (voxels, found)
    assert (measured(with_gap(voxels))[0].flr_share_of_segments is not None) is bool(found)


def test_h13_tumour_in_no_segment_is_no_gap() -> None:
    # 60 of the 100 are tumour: 40 of 1940 are 2.06 %, and 38 of 1938 are less
    for tumour_voxels, found in ((60, ["segments.gaps"]), (62, [])):
        drawn = np.zeros(GRID.shape, dtype=bool)
        drawn[10].flat[:tumour_voxels] = True
        anatomy = replace(PARTED, tumour=Mask.of("tumour", drawn, GRID))
        assert codes(measured(anatomy)[1]) == found


def test_h13_a_drawn_remnant_has_one_share() -> None:
    anatomy = replace(PARTED, flr=slab(0, 11, name="flr"))
    volumes, (finding,) = measured(anatomy, ())
    assert volumes.flr_share == Share(1100, 2000)
    assert finding.message == "map.nii: 100 mL of the liver (5.0 %) is not assigned to any segment"


def test_h13_what_the_cover_states_is_reported_once() -> None:
    # 101 of 2000 are in no segment: the cover is below 95 %, and tells it
    fourth = SEGMENTS["4"] - block(GRID, (9, 10), (0, 1), (0, 1))
    segments = {**SEGMENTS, "4": fourth}
    anatomy = replace(PARTED, segments=segments, mapped=unite(segments.values()))
    assert measured(anatomy, ())[1] == ()
    assert codes(measured(anatomy)[1]) == ["segments.gaps"]


def test_h13_gaps_go_to_the_nearest_segment_where_asked() -> None:
    # the slab of 100 lies as near to IV as to V, and goes to the first
    filled, (told,) = fill_gaps(PARTED)
    says = "map.nii: 100 mL of liver outside all segments was assigned to the nearest segment "
    says += "(--gaps-to-nearest)"
    assert told == Finding("segments.gaps_filled", Severity.INFO, says, "map.nii", 100.0, "mL")
    volumes, findings = measured(filled)
    assert (volumes.flr_share, volumes.unassigned_voxels) == (Share(1100, 2000), 0)
    assert findings == ()
    wide = {**SEGMENTS, "4": slab(6, 8)}  # x of 8, 9 and 10 in none: 8 and 9 are nearer to IV
    filled, _ = fill_gaps(replace(PARTED, segments=wide))
    assert {name: mask.voxel_count for name, mask in filled.segments.items()} == {
        "1": 200, "2": 200, "3": 200, "4": 400, "5": 300, "6": 200, "7": 300, "8": 200,
    }  # fmt: skip


def test_h13_nearest_is_in_millimetres() -> None:
    # steps of 1, 2 and 5 mm: five steps along x are as near as one along z
    grid = Grid((9, 9, 9), AFFINES["upright"])
    liver = block(grid, (0, 9), (0, 9), (0, 9), name="liver")
    side = block(grid, (0, 1), (0, 9), (0, 9), file="map.nii")
    top = block(grid, (1, 9), (0, 9), (8, 9), file="map.nii")
    filled, _ = fill_gaps(Anatomy(liver, segments={"2": side, "3": top}))
    by_hand = sum(i <= 5 * (8 - k) for i in range(1, 9) for k in range(8)) * 9
    assert filled.segments["2"].voxel_count == 81 + by_hand
    assert filled.segments["3"].voxel_count == 72 + 8 * 8 * 9 - by_hand


@pytest.mark.parametrize("start_mm", [0.0, 31.7, 182.804])
@pytest.mark.parametrize("way", AFFINES)
def test_h13_the_middle_of_a_gap_goes_to_the_first_on_every_grid(way: str, start_mm: float) -> None:
    # a gap of three layers: one nearer to V, one nearer to VI, and one as near to both
    rows = AFFINES[way]
    placed = ((*rows[0][:3], rows[0][3] + start_mm), *rows[1:])
    grid = Grid((9, 6, 5), (placed[0], placed[1], placed[2]))
    liver = block(grid, (0, 9), (0, 6), (0, 5), name="liver")
    fifth = block(grid, (0, 3), (0, 6), (0, 5), file="map.nii")
    sixth = block(grid, (6, 9), (0, 6), (0, 5), file="map.nii")
    filled, _ = fill_gaps(Anatomy(liver, segments={"6": sixth, "5": fifth}))
    assert [filled.segments[name].voxel_count for name in "56"] == [5 * 30, 4 * 30]


def test_h13_halves_of_the_fourth_take_their_part_of_a_gap() -> None:
    halves = {
        "4a": block(GRID, (6, 10), (0, 10), (5, 10), file="map.nii"),
        "4b": block(GRID, (6, 10), (0, 10), (0, 5), file="map.nii"),
    }
    filled, _ = fill_gaps(replace(PARTED, segment_parts=halves))
    assert [filled.segment_parts[name].voxel_count for name in halves] == [250, 250]
    assert filled.segments["4"].voxel_count == 500
    one = {name: mask for name, mask in SEGMENTS.items() if name != "4"}
    filled, _ = fill_gaps(replace(PARTED, segments=one, segment_parts={"4a": halves["4a"]}))
    assert "4" not in filled.segments
    assert filled.segment_parts["4a"].voxel_count > 250  # and what 4b would have taken


def test_h13_without_gaps_nothing_changes_and_without_a_map_it_is_refused() -> None:
    whole = with_gap(0)
    filled, (told,) = fill_gaps(whole)
    assert (filled is whole, told.value) == (True, 0.0)
    with refuses("segments.none_to_fill"):
        fill_gaps(Anatomy(LIVER))
