"""Which values are Hounsfield units, and which are a liver's: both sides of each limit."""

import numpy as np
import pytest

from fl_planner.basis.findings import Finding, Severity
from fl_planner.liver.witness.witness import find_odd_liver, find_odd_values
from fl_planner.space.coarse import thin_image
from fl_planner.space.grid import Image
from tests.masks import block, codes, cubes

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


@pytest.mark.parametrize(
    ("parts", "reason"),
    [
        ([(1000, 7.0)], "every voxel holds 7"),
        ([(1000, np.nan)], "holds no number"),
        ([(1000, np.inf)], "holds no number"),
        ([(600, 0.0), (400, 255.0)], "run from 0 to 255, none of them fat or air: a picture of 8"),
        ([(600, 0.0), (400, 256.0)], "no CT, or its intercept was lost"),
        ([(600, -1.0), (400, 200.0)], "no CT, or its intercept was lost"),
        ([(500, 24.0), (100, 924.0), (400, 1084.0)], "run from 24 to 1084, none of them fat"),
        ([(500, 0.0), (500, 1.0)], "run from 0 to 1"),
    ],
)
def test_what_is_no_ct(parts: list[tuple[int, float]], reason: str) -> None:
    (finding,) = odd(*parts)
    assert (finding.code, finding.severity) == ("ct.not_hounsfield", Severity.WARNING)
    assert reason in finding.message
    assert finding.message.startswith("ct.nii: ")
    assert finding.message.endswith("give the CT as the scanner made it, in Hounsfield units")
    assert finding.file == "ct.nii"


def test_the_least_value_is_told_where_there_is_one() -> None:
    assert odd((500, 3.0), (500, 9.0))[0].value == 3.0
    assert odd((1000, np.nan))[0].value is None


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
        assert f"{percent} % of it lies at the lower end: cut off there" in findings[0].message


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
    assert all("beyond what a scanner gives" in finding.message for finding in findings)


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
def test_h04_where_no_liver_lies_the_values_tell(level: float, severity: Severity | None) -> None:
    findings = under((100, level))
    assert [one.severity for one in findings] == ([] if severity is None else [severity])
    for finding in findings:
        assert (finding.code, finding.value, finding.unit) == ("ct.liver_hu", level, "[hnsf'U]")
        assert finding.message.startswith(
            f"liver.nii on ct.nii: the liver has a median of {level:.0f} HU, 20 to 180 expected"
        )
        assert ("fatty" in finding.message) is (level in (19.0, -30.0))
        assert finding.file == "liver.nii"


@pytest.mark.parametrize(("apart", "found"), [(40, False), (41, True)])
def test_a_liver_is_even(apart: int, found: bool) -> None:
    # half a normal distribution lies within 0.6745 SD of its median: 40 / 0.6745 = 59.3
    findings = under((30, 100.0 - apart), (40, 100.0), (31, 100.0 + apart))
    assert codes(findings) == (["ct.liver_uneven"] if found else [])
    for finding in findings:
        assert finding.value == pytest.approx(41 / 0.6745, rel=1e-3)
        assert "the liver spreads by 61 HU about its median, up to 60 expected" in finding.message


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
def test_what_else_lies_under_the_mask(count: int, value: float, code: str | None) -> None:
    findings = under((count, value), (1000 - count, 100.0))
    assert codes(findings) == ([] if code is None else [code])


def test_how_something_else_is_told() -> None:
    (finding,) = under((250, -900.0), (750, 100.0))
    assert finding == Finding(
        "ct.air_in_liver",
        Severity.WARNING,
        "liver.nii on ct.nii: the liver looks like air or lung in 25 % of it, up to 5 % expected: "
        "check whether the mask lies on it",
        "liver.nii",
        25.0,
        "%",
    )


def test_what_lies_under_no_liver_is_told_once() -> None:
    assert codes(under((30, -900.0), (40, 0.0), (30, 900.0))) == ["ct.liver_hu"]
    assert codes(under((100, -100.0))) == ["ct.liver_hu"]
    assert codes(under((100, -900.0))) == ["ct.liver_hu"]
    assert codes(under((100, 900.0))) == ["ct.liver_hu"]


def test_where_the_ct_shows_nothing_nothing_is_told() -> None:
    assert under((100, np.nan)) == ()
    assert under((100, np.nan), (1, 100.0)) == ()


def test_what_is_more_than_expected_is_never_told_as_what_is_expected() -> None:
    (finding,) = under((51, 301.0), (949, 100.0))
    assert "in 5.1 % of it, up to 5 % expected" in finding.message
