"""Which values are Hounsfield units and which are a liver's, and where the body lies on a CT."""

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest

from fl_planner.basis.findings import Finding, Severity
from fl_planner.liver.witness.witness import Body, detect_body, find_odd_liver, find_odd_values
from fl_planner.space.coarse import thin_image
from fl_planner.space.grid import Grid, Image
from tests import bodies
from tests.bodies import turned_image
from tests.cases import each_case, sure
from tests.masks import TURNS, block, codes, cubes

GRID = cubes((10, 10, 10), 5.0)  # 1000 cells
ORGAN = block(GRID, (0, 10), (0, 10), (0, 8), name="liver", file="liver.nii")  # 100 mL


def odd(*parts: tuple[int, float], slope: float = 1.0, inter: float = 0.0) -> tuple[Finding, ...]:
    """Look at an image of so many cells of each value."""
    values = np.concatenate([np.full(count, value, float) for count, value in parts])
    ct = Image(values.reshape(GRID.shape), slope, inter, GRID, "ct.nii")
    return find_odd_values(ct, thin_image(ct, 5.0))


BODY = ((500, -1000.0), (100, -100.0), (400, 60.0))


def test_a_ct_is_one() -> None:
    assert odd(*BODY) == ()
    assert odd((500, 24.0), (100, 924.0), (400, 1084.0), inter=-1024.0) == ()


@each_case("parts, reason, least", [
    ([(1000, 7.0)], "every voxel is 7", 7),
    ([(1000, np.nan)], "contains no finite values", None),
    ([(1000, np.inf)], "contains no finite values", None),
    ([(600, 0.0), (400, 255.0)], "are 0 to 255, without fat or air (an 8-bit image)", 0),
    ([(600, 0.0), (400, 256.0)], "not a CT, or its rescale intercept was lost", 0),
    ([(600, -1.0), (400, 200.0)], "not a CT, or its rescale intercept was lost", -1),
    ([(500, 24.0), (100, 924.0), (400, 1084.0)], "are 24 to 1084, without fat", 24),
    ([(500, 0.0), (500, 1.0)], "are 0 to 1,", 0),
])  # fmt: skip
def test_what_is_no_ct(parts: list[tuple[int, float]], reason: str, least: float | None) -> None:
    (finding,) = odd(*parts)
    assert (finding.code, finding.severity) == ("ct.not_hounsfield", Severity.WARNING)
    assert reason in finding.message
    assert finding.message.startswith("ct.nii: ")
    assert finding.message.endswith("give the original CT in Hounsfield units")
    assert (finding.file, finding.value) == ("ct.nii", least)


@pytest.mark.parametrize(("least", "found"), [(-51.0, False), (-50.0, False), (-49.0, True)])
def test_a_belly_holds_fat(least: float, found: bool) -> None:
    assert bool(odd((10, least), (990, 60.0))) is found


@pytest.mark.parametrize(
    ("count", "least", "found"),
    [(10, -160.0, False), (11, -160.0, True), (500, -500.0, False), (500, -499.0, True)],
)
def test_values_cut_off_at_a_window_are_found(count: int, least: float, found: bool) -> None:
    # a cropped CT may hold no air; then few voxels share its least value
    findings = odd((count, least), (1000 - count, 60.0))
    assert bool(findings) is found
    if found:
        percent = count // 10
        assert f"{percent} % at the lower end, where they were clipped" in findings[0].message


@pytest.mark.parametrize(
    ("parts", "found"),
    [
        ([(500, -1000.0), (450, 60.0), (50, 4096.0)], False),  # metal: 5 %
        ([(500, -1000.0), (449, 60.0), (51, 4096.0)], True),
        ([(500, -1000.0), (400, 60.0), (100, 4095.0)], False),
        ([(500, -3024.0), (100, -1000.0), (400, 60.0)], False),  # padding around a round picture
        ([(400, -3024.0), (50, -2049.0), (550, 60.0)], False),
        ([(400, -3024.0), (51, -2049.0), (549, 60.0)], True),
        ([(400, -3024.0), (100, -2048.0), (500, 60.0)], False),
    ],
)
def test_values_that_no_scanner_gives_are_found(
    parts: list[tuple[int, float]], found: bool
) -> None:
    findings = odd(*parts)
    assert bool(findings) is found
    assert all("with 5 % beyond the range of a scanner" in one.message for one in findings)


def under(*parts: tuple[int, float]) -> tuple[Finding, ...]:
    """Look at so many values of each under a liver mask of 100 mL."""
    values = np.concatenate([np.full(count, value, float) for count, value in parts])
    ct = Image(np.zeros(GRID.shape), 1.0, 0.0, GRID, "ct.nii")
    return find_odd_liver(ORGAN, ct, values)


@pytest.mark.parametrize(
    ("level", "severity"),
    [
        (20.0, None),
        (110.0, None),
        (180.0, None),
        (19.0, Severity.WARNING),
        (-30.0, Severity.WARNING),
        (181.0, Severity.WARNING),
        (300.0, Severity.WARNING),
        (-31.0, Severity.ERROR),
        (301.0, Severity.ERROR),
    ],
)
def test_h04_where_no_liver_is_the_values_state(level: float, severity: Severity | None) -> None:
    findings = under((100, level))
    assert [one.severity for one in findings] == ([] if severity is None else [severity])
    for finding in findings:
        assert (finding.code, finding.value, finding.unit) == ("ct.liver_hu", level, "[hnsf'U]")
        assert finding.message.startswith(
            f"liver.nii on ct.nii: the liver has a median of {level:.0f} HU (20 to 180 expected"
        )
        assert ("steatosis" in finding.message) is (level in (19.0, -30.0))
        assert finding.file == "liver.nii"


@pytest.mark.parametrize(("apart", "found"), [(40, False), (41, True)])
def test_a_liver_is_even(apart: int, found: bool) -> None:
    # half a normal distribution lies within 0.6745 SD of its median: 40 / 0.6745 = 59.3
    findings = under((30, 100.0 - apart), (40, 100.0), (31, 100.0 + apart))
    assert codes(findings) == (["ct.liver_uneven"] if found else [])
    for finding in findings:
        assert finding.value == pytest.approx(41 / 0.6745, rel=1e-3)
        assert "the liver varies by 61 HU about its median (up to 60 expected)" in finding.message


@pytest.mark.parametrize(
    ("count", "value", "code"),
    [
        (50, -201.0, None),
        (51, -200.0, "ct.air_in_liver"),
        (51, -900.0, "ct.air_in_liver"),
        (150, -199.0, None),
        (151, -199.0, "ct.fat_in_liver"),
        (151, -30.0, "ct.fat_in_liver"),
        (400, -29.0, None),
        (400, 300.0, None),
        (50, 301.0, None),
        (51, 301.0, "ct.bone_in_liver"),
        (51, 2000.0, "ct.bone_in_liver"),
    ],
)
def test_what_else_is_under_the_mask(count: int, value: float, code: str | None) -> None:
    findings = under((count, value), (1000 - count, 100.0))
    assert codes(findings) == ([] if code is None else [code])


def test_how_something_else_is_reported() -> None:
    (finding,) = under((250, -900.0), (750, 100.0))
    says = (
        "liver.nii on ct.nii: the liver has values of air or lung in 25 % of its voxels (up to 5 % "
        "expected): check whether the mask is in the right place"
    )
    assert finding == Finding("ct.air_in_liver", Severity.WARNING, says, "liver.nii", 25.0, "%")
    (finding,) = under((51, 301.0), (949, 100.0))  # more than 5 %, and not rounded down to it
    assert "in 5.1 % of its voxels (up to 5 % expected)" in finding.message


def test_what_is_under_no_liver_is_reported_once_and_of_nothing_nothing() -> None:
    assert codes(under((30, -900.0), (40, 0.0), (30, 900.0))) == ["ct.liver_hu"]
    for level in (-100.0, -900.0, 900.0):
        assert codes(under((100, level))) == ["ct.liver_hu"]
    assert under((100, np.nan)) == under((100, np.nan), (1, 100.0)) == ()


EDGE = 4.0
ABDOMEN = Grid((100, 80, 20), ((EDGE, 0, 0, -200.0), (0, EDGE, 0, -160.0), (0, 0, EDGE, -40.0)))


def tube(middle_mm: float = 0.0, half_mm: float = 150.0) -> npt.NDArray[np.int16]:
    """Draw a body of fat in air: an upright tube, oval across."""
    x = np.arange(100)[:, None, None] * EDGE - 200
    y = np.arange(80)[None, :, None] * EDGE - 160
    inside = ((x - middle_mm) / half_mm) ** 2 + (y / 100) ** 2 < 1
    return np.where(inside, -100, -1000).astype(np.int16) * np.ones((1, 1, 20), np.int16)


def body_of(voxels: npt.NDArray[np.int16], grid: Grid = ABDOMEN) -> tuple[Body | None, Image]:
    ct = Image(voxels, 1.0, 0.0, grid, "ct.nii")
    return detect_body(thin_image(ct, EDGE), grid), ct


def middle(voxels: npt.NDArray[np.int16], layers: range = range(20)) -> float | None:
    body, _ = body_of(voxels)
    return sure(body).middle_mm(np.array([[50.0, 40.0, layer] for layer in layers]))


@pytest.mark.parametrize("middle_mm", [-24.0, 0.0, 24.0])
def test_the_middle_is_between_both_ends(middle_mm: float) -> None:
    assert middle(tube(middle_mm)) == pytest.approx(middle_mm, abs=EDGE)


def test_lungs_belong_to_the_body_and_the_air_around_does_not() -> None:
    voxels = tube()
    voxels[20:40, 30:50] = -900
    body, _ = body_of(voxels)
    held = sure(body).holds(np.array([[30.0, 40, 10], [50, 40, 10], [2, 2, 10], [97, 77, 18]]))
    assert held.tolist() == [True, True, False, False]
    beyond = np.array([[-9.0, 40, 10], [50, 40, 99]])  # what the CT does not show may be inside
    assert sure(body).holds(beyond).tolist() == [True, True]


def test_what_is_next_to_the_body_or_cuts_its_front_leaves_the_middle() -> None:
    table, arm, cut = tube(), tube(40.0, 120.0), tube()
    table[:, 2:4] = 200  # a shell of 8 mm, 150 mm wider than the patient on one side
    table[70:, 4:14] = -400  # foam
    arm[2:8, 36:44] = 0
    cut[40:60, :, :] = 0  # at front and back
    for voxels, middle_mm in ((table, 0), (arm, 40), (cut, 0)):
        assert middle(voxels) == pytest.approx(middle_mm, abs=EDGE)


@pytest.mark.parametrize(("hu", "seen"), [(-301, False), (-300, False), (-299, True)])
def test_skin_is_denser_than_minus_300(hu: int, seen: bool) -> None:
    body, _ = body_of(np.where(tube() > -500, hu, -1000).astype(np.int16))
    assert (body is not None) is seen


@pytest.mark.parametrize(("side", "seen"), [(0, False), (10, False), (11, True)])
def test_a_body_has_a_thousand_cells(side: int, seen: bool) -> None:
    # every second cell is asked, and four corners of each of 10 layers are opened away:
    # 10 x (10 x 10 - 4) and 10 x (11 x 10 - 4)
    voxels = np.full((100, 80, 20), -1000, np.int16)
    voxels[20 : 20 + 2 * side, 20:40, :20] = 0
    assert (body_of(voxels)[0] is not None) is seen


@pytest.mark.parametrize(("cut", "known"), [(2, True), (3, False)])
def test_ends_that_the_scan_cuts_off_are_not_known(cut: int, known: bool) -> None:
    # of 10 layers that are asked (every second), 2 may end at the side: 1 in 5
    for side in (slice(50, None), slice(50)):
        voxels = tube(0.0, 150.0)
        voxels[side, 30:50, : 2 * cut] = 0
        assert (middle(voxels) is not None) is known


def test_only_the_layers_that_are_asked_count() -> None:
    voxels = tube()
    voxels[50:, 30:50, :10] = 0
    assert middle(voxels, range(10, 20)) == pytest.approx(0, abs=EDGE)
    voxels = tube()
    voxels[:, :, :10] = -1000
    assert middle(voxels, range(10)) is None
    assert middle(voxels, range(30, 40)) is None


@pytest.mark.parametrize("turn", TURNS[::5])
def test_h02_the_middle_does_not_depend_on_how_the_ct_is_stored(
    turn: tuple[tuple[int, int, int], tuple[int, int, int]],
) -> None:
    ct = turned_image(Image(tube(24.0), 1.0, 0.0, ABDOMEN), *turn)
    cells = thin_image(ct, EDGE)
    body = sure(detect_body(cells, ct.grid))
    to_cells = cells.from_grid(ABDOMEN, ct.grid)
    at = np.array([[50.0, 40.0, n] for n in range(20)]) @ to_cells[:, :3].T + to_cells[:, 3]
    assert body.middle_mm(at) == pytest.approx(24, abs=EDGE)
    assert body.holds(at).all()


def test_invented_patients_are_found_whole() -> None:
    for seed in range(3):
        patient = bodies.Body(seed)
        cells = thin_image(patient.ct, 3.0)
        body = sure(detect_body(cells, patient.ct.grid))
        to_cells = cells.from_grid(patient.liver.grid, patient.ct.grid)
        at = np.argwhere(patient.liver.as_array()) @ to_cells[:, :3].T + to_cells[:, 3]
        assert body.holds(at).mean() > 0.99
        assert body.middle_mm(at) == pytest.approx(0, abs=4)
        assert replace(body, x_mm=body.x_mm + 10).middle_mm(at) == pytest.approx(10, abs=4)
