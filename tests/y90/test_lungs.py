"""The lungs: planar shunts by hand on matrices of a few pixels, and their mass by CT."""

from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from fl_planner.basis.findings import InputRefused, Severity
from fl_planner.space.grid import Grid, Image
from fl_planner.y90.lungs import (
    PlanarRegions,
    PlanarStudy,
    find_one_lung,
    find_planar_doubts,
    weigh_lungs,
)
from tests.masks import OBLIQUE_225, block
from tests.refusals import refuses

SHAPE = (6, 8)


def region(rows: slice, columns: slice) -> Any:
    plane = np.zeros(SHAPE, dtype=bool)
    plane[rows, columns] = True
    return plane


LUNGS = region(slice(0, 2), slice(2, 6))  # 8 pixels
LIVER = region(slice(2, 5), slice(0, 4))  # 12 pixels, on the patient's right
BEHIND = region(slice(5, 6), slice(4, 8))  # 4 pixels
REGIONS = PlanarRegions(LIVER, LUNGS)


def head(liver: int, lungs: int, elsewhere: int = 0) -> Any:
    counts = np.full(SHAPE, elsewhere, dtype=np.uint16)
    counts[LIVER] = liver
    counts[LUNGS] = lungs
    return counts


def study(regions: PlanarRegions = REGIONS, **heads: Any) -> PlanarStudy:
    seen = heads or {"anterior": head(400, 25), "posterior": head(100, 100)[:, ::-1]}
    return PlanarStudy(seen, regions, "maa.dcm")  # type: ignore[arg-type]


def test_the_shunt_is_of_geometric_means_by_region() -> None:
    # lungs √(200·800) = 400, liver √(4800·1200) = 2400: 400/2800
    assert study().shunt.fraction == Fraction(1, 7)
    assert study().shunt.method == "planar"


def test_the_posterior_view_is_mirrored_first() -> None:
    wrong = study(anterior=head(400, 25), posterior=head(100, 100, 1))
    assert wrong.shunt.fraction != Fraction(1, 7)
    assert study().seen("posterior")[2, 0] == 100


def test_a_background_is_taken_off_by_pixels() -> None:
    one = study(PlanarRegions(LIVER, LUNGS, BEHIND), anterior=head(105, 15, 5))
    assert one.shunt.fraction == Fraction(80, 80 + 1200)  # 8·(15-5) of it and 12·(105-5)
    assert codes(with_margin(one)) == ["y90.one_head"]


def with_margin(one: PlanarStudy) -> PlanarStudy:
    """Give it a line of body on every side, so that no organ is cut off."""
    drawn = [None if part is None else np.pad(part, 1) for _, part in one.regions.named()]
    assert drawn[0] is not None
    assert drawn[1] is not None
    heads = {view: np.pad(counts, 1, constant_values=1) for view, counts in one.heads.items()}
    return study(PlanarRegions(drawn[0], drawn[1], drawn[2]), **heads)


def codes(one: PlanarStudy) -> list[str]:
    return [finding.code for finding in find_planar_doubts(one)]


def test_a_study_without_background_states_this() -> None:
    assert codes(study()) == ["y90.no_background"]


def test_a_head_mirrored_twice_is_found() -> None:
    stored = head(100, 20, 1)  # as the posterior head would not see it
    assert "y90.posterior_mirrored" in codes(study(anterior=head(400, 25), posterior=stored))


@pytest.mark.parametrize("view", ["anterior", "posterior"])
def test_h02_a_view_upside_down_is_found(view: str) -> None:
    """Its lungs would be counted with the liver of the other: a shunt of chance."""
    heads = {"anterior": head(400, 25, 1), "posterior": head(100, 20, 1)[:, ::-1]}
    assert "y90.view_upside_down" not in codes(study(**heads))
    turned = study(**{**heads, view: heads[view][::-1]})
    (found,) = (one for one in find_planar_doubts(turned) if one.code == "y90.view_upside_down")
    assert (found.severity, found.file) == (Severity.ERROR, "maa.dcm")
    assert not {"y90.region_mirrored", "y90.posterior_mirrored"} & {*codes(turned)}
    both = study(**{of: one[::-1] for of, one in heads.items()})
    assert "y90.view_upside_down" not in codes(both)


def test_h02_views_that_match_about_as_well_upside_down_are_a_doubt() -> None:
    """A liver across the middle rows, and lungs with hardly more counts than the body below."""
    plane = np.full(SHAPE, 20)
    plane[2:4, 0:4] = 400
    regions = PlanarRegions(plane == 400, LUNGS)
    for lungs, least, severity in (
        (35, 0.0, []), (50, 0.02, [Severity.WARNING]), (80, 0.05, [Severity.ERROR]),
    ):  # fmt: skip
        plane[0:2, 2:6] = lungs
        roots = np.sqrt([plane.ravel(), plane[::-1].ravel()])
        assert least < 1 - np.corrcoef(roots)[0, 1] < least + 0.08
        seen = study(regions, anterior=plane, posterior=plane[::-1, ::-1])
        found = [one for one in find_planar_doubts(seen) if one.code == "y90.view_upside_down"]
        assert [one.severity for one in found] == severity, lungs
    plane[0:2, 2:6] = 50  # the doubt does not hide that the view was mirrored twice
    twice = codes(study(regions, anterior=plane, posterior=plane[::-1]))
    assert {"y90.view_upside_down", "y90.posterior_mirrored"} <= {*twice}
    plane[0:2, 2:6] = 80  # a view surely upside down is on the wrong side for that alone
    sure = codes(study(regions, anterior=plane, posterior=plane[::-1]))
    assert "y90.view_upside_down" in sure
    assert "y90.posterior_mirrored" not in sure


@pytest.mark.parametrize("views", [("anterior", "posterior"), ("anterior",)], ids=len)
def test_h02_regions_saved_mirrored_are_found_in_either_view(views: tuple[str, ...]) -> None:
    heads = {"anterior": head(400, 25, 1), "posterior": head(100, 20, 1)[:, ::-1]}
    mirrored = PlanarRegions(LIVER[:, ::-1], LUNGS)
    found = codes(study(mirrored, **{view: heads[view] for view in views}))
    assert "y90.region_mirrored" in found
    assert "y90.posterior_mirrored" not in found
    assert "y90.region_mirrored" not in codes(study(**{view: heads[view] for view in views}))


def test_regions_that_were_swapped_are_found() -> None:
    swapped = PlanarRegions(LUNGS, LIVER)
    assert "y90.regions_swapped" in codes(study(swapped))


@pytest.mark.parametrize("lungs", [60, 100, 150])
def test_half_of_the_counts_in_the_lungs_are_no_error(lungs: int) -> None:
    # of 12 pixels of 100 counts in the liver, and at most 8 of 150 in the lungs: exactly half
    one = study(anterior=head(100, lungs))
    assert (one.shunt.fraction == Fraction(1, 2)) is (lungs == 150)
    assert "y90.regions_swapped" not in codes(one)


def test_more_than_half_of_the_counts_in_the_lungs_are_reported_in_percent() -> None:
    doubts = find_planar_doubts(study(anterior=head(100, 200)))  # 1600 of 2800
    (found,) = (doubt for doubt in doubts if doubt.code == "y90.regions_swapped")
    assert found.message.startswith("maa.dcm: 57 % of the counts are in the lungs: ")
    assert found.value == pytest.approx(4 / 7)
    assert found.unit == "1"


@pytest.mark.parametrize(
    ("columns", "expected"),
    [(slice(2, 6), []), (slice(2, 5), ["y90.one_lung"]), (slice(4, 6), ["y90.one_lung"])],
    ids=["4 of 4", "3 of 4", "2 of 4"],
)
def test_h17_the_region_of_one_lung_is_reported(columns: slice, expected: list[str]) -> None:
    """The liver is four pixels wide; counts of a lung that was left out are missing."""
    one = study(PlanarRegions(LIVER, region(slice(0, 2), columns), BEHIND))
    assert codes(with_margin(one)) == expected


def test_h17_one_lung_is_reported_with_its_width_in_percent() -> None:
    one = study(PlanarRegions(LIVER, region(slice(0, 2), slice(2, 5)), BEHIND))
    (found,) = find_planar_doubts(with_margin(one))
    assert (found.value, found.unit, found.file) == (75, "%", "maa.dcm")
    assert "the lungs are only 75 % as wide as the liver" in found.message
    assert [len([*find_one_lung(mm, 200, "maa.dcm", None)]) for mm in (159, 160)] == [1, 0]


def test_h17_lungs_and_liver_cut_off_by_the_field_are_reported() -> None:
    """Of the matrix of six rows, lungs have the first row, of 4 pixels, and the liver 3 of a side.

    With an empty line around all, as of a camera smaller than its matrix, the field ends as before.
    """
    regions = PlanarRegions(LIVER, LUNGS, BEHIND)
    whole = study(regions, anterior=head(400, 25, 1), posterior=head(100, 100, 1)[:, ::-1])
    empty = {view: np.pad(counts, 1) for view, counts in whole.heads.items()}
    padded = study(PlanarRegions(np.pad(LIVER, 1), np.pad(LUNGS, 1)), **empty)
    for one in (whole, padded):
        found = [each for each in find_planar_doubts(one) if each.code == "y90.region_cut"]
        assert [each.value for each in found] == [4, 3]
        assert "so the lung shunt is underestimated" in found[0].message
        assert "so the lung shunt is overestimated" in found[1].message
    assert "y90.region_cut" not in codes(with_margin(whole))


@pytest.mark.parametrize(
    ("heads", "says"),
    [
        (
            {"anterior": head(105, 5, 5)},
            "in the anterior view, the lungs region contains no counts above the background",
        ),
        (
            {"anterior": head(400, 25, 1), "posterior": head(2, 9, 2)[:, ::-1]},
            "in the posterior view, the liver region contains no counts above the background",
        ),
        (
            {"anterior": head(400, 25, 1), "posterior": head(0, 0)},
            "the posterior view contains no counts",
        ),
        (
            {"anterior": head(400, 25, 1)[:, ::-1], "posterior": head(400, 25, 1)[:, ::-1]},
            "background, and the liver region contains more counts when mirrored left to right",
        ),
    ],
    ids=["lungs", "liver", "empty", "mirrored"],
)
def test_regions_without_counts_are_refused_with_their_view(heads: Any, says: str) -> None:
    one = study(PlanarRegions(LIVER, LUNGS, BEHIND), **heads)
    with refuses("y90.no_counts", "maa.dcm", says=says):
        _ = one.shunt


def test_a_region_without_counts_and_without_a_background_is_refused() -> None:
    with refuses("y90.no_counts", says="the lungs region contains no counts") as refused:
        _ = study(anterior=head(400, 0)).shunt
    assert "background" not in str(refused.value)


@pytest.mark.parametrize(
    ("regions", "code"),
    [
        ((LIVER, LUNGS & False), "region.empty"),
        ((LIVER, np.ones((2, 2), dtype=bool)), "region.matrix"),
        ((LIVER, LUNGS | LIVER), "y90.regions_overlap"),
        ((LIVER, LUNGS, LUNGS), "y90.regions_overlap"),
    ],
    ids=["empty", "matrix", "overlap", "background"],
)
def test_regions_that_give_no_shunt_are_refused(regions: Any, code: str) -> None:
    with refuses(code) as refused:
        PlanarRegions(*regions)
    if code == "y90.regions_overlap":  # 12 pixels of the liver, or 8 of the lungs
        pixels = 12 if len(regions) == 2 else 8
        assert refused.value.reason == f"the regions share {pixels} pixels"


def test_regions_of_another_study_are_refused() -> None:
    with pytest.raises(InputRefused, match="differ in matrix size"):
        study(anterior=np.zeros((3, 3)))
    with pytest.raises(InputRefused, match="differ in matrix size"):
        study(anterior=head(400, 25), posterior=np.zeros((3, 3)))


def test_scaled_numbers_are_no_counts_and_have_no_interval() -> None:
    seen = study()
    scaled = PlanarStudy(seen.heads, REGIONS, "maa.dcm", counted=False)
    assert seen.shunt.interval is not None
    assert (scaled.shunt.fraction, scaled.shunt.interval) == (Fraction(1, 7), None)


GRID = Grid.upright((12, 12, 12), (20.0, 20.0, 20.0))  # 8 mL a voxel
CT_LUNGS = block(GRID, (1, 11), (1, 6), (1, 11), name="lungs", file="lungs.nii.gz")  # 500, 4 L


def ct(hu: float, grid: Grid = GRID, slope: float = 1.0, inter: float = 0.0) -> Image:
    stored = np.full(grid.shape, (hu - inter) / slope, dtype=np.int16)
    return Image(stored, slope, inter, grid, "ct.nii.gz")


def test_the_mass_is_volume_times_density() -> None:
    assert weigh_lungs(ct(-750), CT_LUNGS) == (Fraction(1), ())  # 4 L of 0.25 kg/L
    assert weigh_lungs(ct(-750, slope=2.0, inter=-1000.0), CT_LUNGS)[0] == 1


def test_h08_the_mass_on_an_oblique_grid_is_that_of_its_settled_voxels() -> None:
    """8000 voxels of 0.225 mL at half the density of water are 0.9 kg."""
    grid = Grid((20, 20, 20), OBLIQUE_225)
    assert grid.voxel_ml > 0.225
    lungs = block(grid, (0, 20), (0, 20), (0, 20), name="lungs")
    assert weigh_lungs(ct(-500, grid), lungs)[0] == Fraction("0.9")


def test_h08_the_mass_is_exact() -> None:
    """499 voxels of 0.25 and one of 0.251 are 125.001 voxels of water, 8 mL each."""
    image = ct(-750)
    image.voxels[1, 1, 1] = -749
    assert weigh_lungs(image, CT_LUNGS)[0] == Fraction("125.001") * 8 / 1000


def test_nothing_weighs_less_than_nothing() -> None:
    image = ct(-750)
    image.voxels[1:6, 1:6, 1:11] = -1010  # half of the lungs, below air
    assert weigh_lungs(image, CT_LUNGS)[0] == Fraction(1, 2)


@pytest.mark.parametrize("rows", [(2, 12), (0, 10)])
def test_lungs_on_the_border_are_reported(rows: tuple[int, int]) -> None:
    cut = block(GRID, (1, 11), (1, 6), rows, name="lungs")
    assert [one.code for one in weigh_lungs(ct(-750), cut)[1]] == ["y90.lungs_cut"]


@pytest.mark.parametrize(
    ("hu", "shown"), [(50.0, "50"), (-250.0, "-250"), (-299.75, "-299.8"), (-1001.0, "-1001")]
)
def test_a_place_that_is_no_lung_is_refused(hu: float, shown: str) -> None:
    with refuses("y90.no_lungs", says=f"the mean in the mask is {shown} HU; in lungs"):
        weigh_lungs(ct(hu, slope=0.25), CT_LUNGS)


def test_an_empty_mask_is_refused() -> None:
    empty: Any = block(GRID, (0, 0), (0, 0), (0, 0), name="lungs")
    with refuses("y90.no_lungs", says="the mask is empty; in lungs, the mean is -1000 to -300 HU"):
        weigh_lungs(ct(-750), empty)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("where", [8, 2])  # lung, and liver that is also in the lung mask
def test_lungs_without_a_value_on_the_ct_are_refused(where: int, value: float) -> None:
    image = over_liver(50)
    stored = image.voxels.astype(np.float32)
    stored[3, 3, where] = value
    with refuses("y90.no_lungs", says="the CT has no value in 1 voxel of the mask; in lungs"):
        weigh_lungs(replace(image, voxels=stored), CT_LUNGS, LIVER_BELOW)
    stored[3, 4, where] = -value
    with refuses("y90.no_lungs", says="the CT has no value in 2 voxels of the mask; in lungs"):
        weigh_lungs(replace(image, voxels=stored), CT_LUNGS, LIVER_BELOW)


def test_a_mass_that_no_lungs_have_is_refused() -> None:
    small = block(GRID, (1, 3), (1, 3), (1, 3), name="lungs")
    with refuses("value.implausible", small.source):
        weigh_lungs(ct(-750), small)


LIVER_BELOW = block(GRID, (1, 11), (1, 6), (1, 4), name="liver")  # 150 voxels of the lungs, 1.2 L


def over_liver(hu: float, bottom: int = 4) -> Image:
    """Lungs of -750 HU over a liver: the lowest layers of the lung mask have another density."""
    image = ct(-750)
    image.voxels[:, :, :bottom] = hu
    return image


def test_h03_liver_in_the_lung_mask_is_not_weighed() -> None:
    """350 voxels of 8 mL and 0.25 kg/L are 0.7 kg; 150 of 1.05 kg/L would be 1.26 kg more."""
    assert weigh_lungs(over_liver(50), CT_LUNGS)[0] == Fraction("1.96")
    kg, (found,) = weigh_lungs(over_liver(50), CT_LUNGS, LIVER_BELOW)
    assert kg == Fraction("0.7")
    assert (found.code, found.severity) == ("y90.lungs_in_liver", Severity.WARNING)
    assert "1200 mL of the lung mask is also in the liver mask and is soft tissue" in found.message
    assert "the lung mass is 0.70 instead of 1.96 kg" in found.message
    assert found.value == pytest.approx(100 * 1.26 / 1.96)


@pytest.mark.parametrize(("border", "codes"), [(5, []), (6, ["y90.lungs_in_liver"])])
def test_h03_liver_is_reported_above_a_twentieth_of_the_mass(border: int, codes: list[str]) -> None:
    """Of 480 voxels, 5 of 1 kg/L weigh as much as a nineteenth of the others of 0.2 kg/L."""
    image = ct(-800)
    image.voxels[1 : 1 + border, 1, 1] = 0
    lungs = block(GRID, (1, 11), (1, 7), (1, 9), name="lungs")
    kg, found = weigh_lungs(image, lungs, block(GRID, (1, 1 + border), (1, 2), (1, 2)))
    assert kg == Fraction((480 - border) * 8, 5000)
    assert [one.code for one in found] == codes


def test_lung_on_the_ct_in_a_liver_of_another_breath_is_weighed() -> None:
    """350 voxels of 0.25 and 150 of 0.7 kg/L, 8 mL each; in the liver above -300 HU is not lung."""
    assert weigh_lungs(ct(-300), CT_LUNGS)[0] == Fraction("2.8")
    image = over_liver(-300)
    assert weigh_lungs(image, CT_LUNGS, LIVER_BELOW) == (Fraction("1.54"), ())
    image.voxels[1, 1, 1] = -299
    assert weigh_lungs(image, CT_LUNGS, LIVER_BELOW) == (Fraction("1.54") - Fraction("0.0056"), ())
    image.voxels[1, 1, 9] = 0  # a vessel outside the liver: 8 g instead of 2
    assert weigh_lungs(image, CT_LUNGS, LIVER_BELOW) == (Fraction("1.5404"), ())


def test_h03_a_liver_on_another_grid_is_moved_onto_the_ct() -> None:
    """Voxels of half the size over the same block, cropped to it and stored from right to left."""
    ours = Grid(GRID.shape, ((20.0, 0.0, 0.0, 10.0), (0.0, 20.0, 0.0, 0.0), (0.0, 0.0, 20.0, 0.0)))
    finer = ((-10.0, 0.0, 0.0, 215.0), (0.0, 10.0, 0.0, 15.0), (0.0, 0.0, 10.0, -85.0))
    liver = block(Grid((20, 10, 16), finer), (0, 20), (0, 10), (0, 16), name="liver")  # to 70 mm
    lungs = block(ours, (1, 11), (1, 6), (1, 11), name="lungs")
    image = Image(over_liver(50).voxels, 1.0, 0.0, ours, "ct.nii.gz")
    assert weigh_lungs(image, lungs, liver)[0] == Fraction("0.7")


def test_a_liver_far_away_takes_nothing() -> None:
    x, y, z = GRID.affine
    liver = block(Grid(GRID.shape, (x, y, (*z[:3], 1e9))), (1, 11), (1, 6), (1, 4), name="liver")
    assert weigh_lungs(ct(-750), CT_LUNGS, liver) == (Fraction(1), ())


@pytest.mark.parametrize(
    ("grid", "kg"),
    [
        (replace(GRID, placed=False), "0.7"),
        (GRID, "1.96"),
        (replace(GRID, shape=(12, 12, 6), placed=False), "1.96"),
        (replace(Grid.upright((12, 12, 12), (10.0, 10.0, 10.0)), placed=False), "1.96"),
    ],
    ids=["whole", "placed", "cropped", "finer"],
)
def test_without_positions_only_a_liver_on_the_whole_grid_is_known(grid: Grid, kg: str) -> None:
    lost = replace(GRID, placed=False)
    lungs = block(lost, (1, 11), (1, 6), (1, 11), name="lungs")
    liver = block(grid, (1, 11), (1, 6), (1, 4), name="liver")
    image = Image(over_liver(50).voxels, 1.0, 0.0, lost, "ct.nii.gz")
    assert weigh_lungs(image, lungs, liver)[0] == Fraction(kg)


def test_lungs_that_are_all_liver_are_refused() -> None:
    with refuses("y90.no_lungs", says="the whole mask is liver; in lungs"):
        weigh_lungs(ct(50), CT_LUNGS, CT_LUNGS)
