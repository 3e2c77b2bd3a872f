"""What the numbers of a mask mean: labels, background, or no mask at all [safety.md F10, F11]."""

from math import inf, nan
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fl_planner.basis.findings import InputRefused, Severity
from fl_planner.formats.nifti.read import read_labels
from fl_planner.formats.stored.file_size_limits import Limits
from fl_planner.formats.voxels import slabs as _slabs
from fl_planner.formats.voxels.values import Holds
from tests.cases import each_case, how_many
from tests.formats.opening import block, whole
from tests.formats.reading import (
    FILE,
    FORMS,
    read,
    require_number,
    require_refusal,
    require_right,
    require_warning,
)
from tests.niftis import DATATYPES, nifti, write
from tests.refusals import refuses

Voxels = npt.NDArray[Any]
CUBE = 12  # voxels along each axis of the larger mask; its six faces have 864
MANY = "more than 10 different values"
VANISHING = "the values differ, but all are within 0.0001 of the background"


def file_of(voxels: Voxels, **fields: Any) -> bytes:
    """Pack voxels of 2 x 3 x 5 mm; in NIfTI-2, so that slopes keep 64 bits."""
    return nifti(voxels, version=2, **{**FORMS, **fields})


def several(*values: float, dtype: str = "f8", background: float = 0) -> Voxels:
    """Cube with `values` along its middle, ten voxels (0.3 mL) each."""
    voxels = np.full((CUBE, CUBE, CUBE), background, dtype=dtype)
    for at, value in enumerate(values):
        voxels[1:11, 1 + at % 10, 1 + at // 10] = value
    return voxels


@pytest.fixture
def slice_by_slice(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look at a slice at a time."""
    monkeypatch.setattr(_slabs, "SLAB_BYTES", 1)


@pytest.fixture(params=[1, 1 << 21], ids=["a slice each", "at once"])
def by_slabs(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Look at a slice at a time, and at all slices at once."""
    monkeypatch.setattr(_slabs, "SLAB_BYTES", request.param)


# One label on a background of 0.


@pytest.mark.parametrize(
    ("label", "dtype"),
    [
        (1, "u1"), (2, "u1"), (255, "u1"), (127, "i1"), (-32768 + 65535, "u2"), (1000, "i2"),
        (1 << 31, "u4"), (1 << 40, "i8"), ((1 << 64) - 1, "u8"), (1e6, "f4"), (1e300, "f8"),
        (1 << 40, "f8"), (0.99991, "f8"), (1.00009, "f8"), (2.99995, "f4"),
    ],
)  # fmt: skip
def test_one_number_of_any_size(label: float, dtype: str, tmp_path: Path) -> None:
    require_right(tmp_path, file_of(block(dtype, label)))


@pytest.mark.parametrize("background", [-0.0, 0.00009, -0.00009])
def test_background_within_rounding_of_zero(background: float, tmp_path: Path) -> None:
    require_right(tmp_path, file_of(block("f8", 1, background)))


@pytest.mark.parametrize("dtype", ["u1", "i2", "f4"])
def test_the_first_voxel_may_be_in_the_mask(dtype: str, tmp_path: Path) -> None:
    voxels = block(dtype)
    voxels[0, 0, 0] = 1
    require_right(tmp_path, file_of(voxels), voxels=13, ml=0.39)
    voxels = block(dtype, 0, 1)
    require_right(tmp_path, file_of(voxels), voxels=108, ml=3.24)


def test_numbers_far_apart_one_voxel_and_none(tmp_path: Path) -> None:
    for dtype, label, place in (("u1", 9, (5, 4, 3)), ("i8", 1 << 60, (1, 1, 1))):
        voxels = np.zeros((6, 5, 4), dtype)
        require_right(tmp_path, file_of(voxels), voxels=0, ml=0.0)
        voxels[place] = label  # of u1, the last voxel
        require_right(tmp_path, file_of(voxels), voxels=1, ml=0.03)
    voxels[3, 3, 2] = 1 << 60
    require_right(tmp_path, file_of(voxels), voxels=2, ml=0.06)
    voxels[2, 2, 2] = -(1 << 60)
    says = "liver.nii: 2 labels are counted together"
    require_warning(tmp_path, file_of(voxels), "labels.several", says, voxels=3, ml=0.09)


# Several labels.


@pytest.mark.parametrize("labels", [(1, 2), (3, 7, 200), tuple(range(1, 10))])
def test_two_to_nine_labels_are_counted_and_named(labels: tuple[int, ...], tmp_path: Path) -> None:
    voxels = several(*labels, dtype="u1")
    voxels[1, 1, 1] = 0  # one less of the first
    count = 10 * len(labels) - 1
    content, ml = file_of(voxels), count * 0.03
    says = f"{len(labels)} labels are counted together ({labels[0]}: 0.27 mL, "
    finding = require_warning(tmp_path, content, "labels.several", says, voxels=count, ml=ml)
    for label in labels[1:]:
        assert f"{label}: 0.30 mL" in finding.message
    out = "extract it: fl-planner convert FILE --structure NAME=LABEL"
    assert f"to use only one label, {out}" in finding.message


@each_case("label, dtype", [(-1, "i1"), (-1, "f8"), (-1024, "i2"), (-7, "i4")])
def test_a_negative_label_is_counted_and_reported(label: int, dtype: str, tmp_path: Path) -> None:
    content = file_of(block(dtype, label))
    require_warning(tmp_path, content, "labels.negative", f"negative ({label}); it is counted")
    both, says = file_of(several(-2, 5)), "(-2: 0.30 mL, 5: 0.30 mL)"
    require_warning(tmp_path, both, "labels.several", says, voxels=20, ml=0.6)


def test_h13_several_labels_are_no_remnant(tmp_path: Path) -> None:
    content = file_of(several(2, 3))
    says = "the file has 2 labels (2, 3), but this mask requires a single label"
    error = require_refusal(tmp_path, content, "labels.several", says, holds=Holds.ONE_LABEL)
    assert "--labelmap" in error.remedy
    require_number(read(tmp_path, file_of(block()), holds=Holds.ONE_LABEL), 12, 0.36)


def test_h05_labels_blended_by_interpolation_are_reported(tmp_path: Path) -> None:
    # 1 and 3 meet and make 2, which nobody drew
    content = file_of(several(1, 2, 3))
    require_warning(tmp_path, content, "labels.several", "2: 0.30 mL", voxels=30, ml=0.9)
    require_refusal(tmp_path, content, "labels.several", "(1, 2, 3)", holds=Holds.ONE_LABEL)


@pytest.mark.parametrize("slab", [1, 300, 1 << 21])
def test_values_are_counted_through_all_slabs(
    slab: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_slabs, "SLAB_BYTES", slab)
    voxels = np.zeros((CUBE, CUBE, CUBE), "i2")
    for k in range(1, 11):
        voxels[1, 1, k] = k
    require_refusal(tmp_path, file_of(voxels), "values.image", "more than 10")
    voxels[1, 1, 10] = 1
    says = "liver.nii: 9 labels are counted together"
    require_warning(tmp_path, file_of(voxels), "labels.several", says, voxels=10, ml=0.3)


@pytest.mark.parametrize("holds", [Holds.LABELS, Holds.ONE_LABEL])
def test_more_than_ten_values_are_an_image(holds: Holds, tmp_path: Path) -> None:
    content = file_of(several(*range(1, 11), dtype="u1"))
    error = require_refusal(tmp_path, content, "values.image", MANY, holds=holds)
    assert error.remedy == "give a mask, not an image (such as a CT) or a score map"
    ct = np.random.default_rng(3).integers(-1024, 1500, (30, 30, 30)).astype("i2")
    says = f"{MANY}, including -10"
    require_refusal(tmp_path, file_of(ct), "values.image", says, holds=holds)


# Backgrounds.

ODD = [-1.0, -1024.0, nan, -inf]


@pytest.mark.parametrize("background", ODD)
@pytest.mark.parametrize("label", [1, 255])
def test_a_background_in_place_of_zero(background: float, label: int, tmp_path: Path) -> None:
    content = file_of(block("f8", label, background))
    says = f"the background is {background:g} instead of 0"
    require_warning(tmp_path, content, "values.background", says)


@pytest.mark.parametrize("background", ODD)
@pytest.mark.parametrize(("others", "found"), [(86, True), (87, False)])
def test_on_nine_tenths_of_the_faces(
    others: int, found: bool, background: float, tmp_path: Path
) -> None:
    voxels = np.full((CUBE, CUBE, CUBE), background, "f8")
    within = voxels[0, 1:11, 1:11]  # of one face
    within[np.arange(100).reshape(10, 10) < others] = 1  # of 864 on the faces 778 or 777 stay
    content, odd, ml = file_of(voxels), "values.background", others * 0.03
    if found:
        require_warning(tmp_path, content, odd, "instead of 0", voxels=others, ml=ml)
    else:
        says = f"the smallest value is {1 if background != background else background:g}"
        require_refusal(tmp_path, content, "mask.no_background", says)


def test_the_first_voxel_counts_on_three_faces(tmp_path: Path) -> None:
    voxels = np.full((CUBE, CUBE, CUBE), -1, "i2")
    voxels[0, 1:11, 1:11][np.arange(100).reshape(10, 10) < 83] = 1
    voxels[0, 0, 0] = 1  # 86 of 864 voxels on the faces
    says = "instead of 0"
    require_warning(tmp_path, file_of(voxels), "values.background", says, voxels=84, ml=2.52)
    voxels[0, 10, 10] = 1
    require_refusal(tmp_path, file_of(voxels), "mask.no_background", "the smallest value is -1")


@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("end", [0, -1])
def test_every_face_counts(axis: int, end: int, tmp_path: Path) -> None:
    voxels = np.full((CUBE, CUBE, CUBE), -1, "i2")
    np.moveaxis(voxels, axis, 0)[end] = 1  # 144 of 864, and the rims of four others
    require_refusal(tmp_path, file_of(voxels), "mask.no_background", "the smallest value is -1")


@pytest.mark.parametrize("background", ODD)
def test_zero_within_an_odd_frame_is_unclear(background: float, tmp_path: Path) -> None:
    voxels = block("f8", 0, background)
    require_refusal(tmp_path, file_of(voxels), "values.two_backgrounds", "unclear")
    voxels[2, 1, 1] = 1
    require_refusal(tmp_path, file_of(voxels), "values.two_backgrounds", "unclear")


NO_BACKGROUND = {
    **{f"around {n}": block("f8", 9, n) for n in (-2.0, 1.0, 5.0, -1023.0, 1024.0)},
    **{f"all {n}": np.full((6, 5, 4), n, "f8") for n in (1, 255, -5, 0.5)},
    "infinity around": block("f8", 1, inf),
}


@pytest.mark.parametrize("voxels", NO_BACKGROUND.values(), ids=NO_BACKGROUND)
def test_h16_another_number_is_no_background(voxels: Voxels, tmp_path: Path) -> None:
    says = f"the smallest value is {voxels.min():g}"
    require_refusal(tmp_path, file_of(voxels), "mask.no_background", says)


@pytest.mark.parametrize("value", ODD)
def test_h16_a_file_of_nothing_but_an_odd_background_is_empty(value: float, tmp_path: Path) -> None:
    content = file_of(np.full((6, 5, 4), value, "f8"))
    require_warning(tmp_path, content, "values.background", "instead of 0", voxels=0, ml=0.0)


@pytest.mark.parametrize("value", [nan, inf, -inf])
@pytest.mark.parametrize("holds", Holds)
def test_h16_a_number_that_is_none(value: float, holds: Holds, tmp_path: Path) -> None:
    voxels = block("f8")
    voxels[2, 2, 2] = value
    says = f"the voxels include {value}"
    require_refusal(tmp_path, file_of(voxels), "values.not_finite", says, holds=holds)


@pytest.mark.usefixtures("slice_by_slice")
def test_every_nan_is_one_value(tmp_path: Path) -> None:
    bits = np.full((CUBE, CUBE, CUBE), 0x7FF8_0000_0000_0000, "u8")
    bits += np.arange(CUBE, dtype="u8")  # another payload in every slice
    voxels = bits.view("f8")
    voxels[3, 3, 3] = 1
    require_warning(tmp_path, file_of(voxels), "values.background", "nan", voxels=1, ml=0.03)


# Fractions and probability maps.


@pytest.mark.parametrize("value", [0.5, 0.00011, 0.99989, 1.00011, 2.5, -0.5])
@pytest.mark.parametrize("holds", Holds)
def test_h05_a_fraction_is_no_label(value: float, holds: Holds, tmp_path: Path) -> None:
    content = file_of(block("f8", value))
    says = f"the value {value:g} is neither a label nor a value of a probability map"
    require_refusal(tmp_path, content, "values.fractions", says, holds=holds)


def ramp(count: int, top: float = 1.0) -> Voxels:
    """Cube with `count` different values from 0 to `top`, ten voxels each but the 0."""
    return several(*(top * n / (count - 1) for n in range(1, count)))


def require_map(folder: Path, content: bytes, count: int) -> None:
    says = "probability map: voxels above 0.5 are counted"
    require_warning(folder, content, "values.probability_map", says, voxels=count, ml=count * 0.03)


@pytest.mark.parametrize(("count", "above"), [(20, 10), (21, 10), (90, 45)])
def test_h05_a_map_from_0_to_1_is_cut_above_one_half(
    count: int, above: int, tmp_path: Path
) -> None:
    # of 0, 1/20 ... 1, ten are above 10/20; of 0, 1/19 ... 1, ten from 10/19 on
    require_map(tmp_path, file_of(ramp(count)), 10 * above)


def test_h05_a_map_below_one_half_counts_nothing(tmp_path: Path) -> None:
    says = "probability map: no voxel is above 0.5"
    content = file_of(ramp(20, 0.45))
    require_warning(tmp_path, content, "values.probability_map", says, voxels=0, ml=0.0)


@pytest.mark.parametrize("slab", [1, 1200, 2400, 1 << 21])
@pytest.mark.parametrize(("dtype", "slope"), [("f8", 0.0), ("u1", 0.05), ("i4", 0.05)])
def test_h05_a_map_is_one_through_all_slabs(
    dtype: str, slope: float, slab: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_slabs, "SLAB_BYTES", slab)
    by = 0.05 if dtype == "f8" else 1
    voxels = np.zeros((CUBE, CUBE, CUBE), dtype)
    for k in range(1, 11):  # two values in each slice: none alone shows a map
        voxels[1:4, 1, k] = (11 - k) * by  # one half comes first, and is not above one half
        voxels[4:6, 1, k] = (21 - k) * by
    require_map(tmp_path, file_of(voxels, scl_slope=slope), 20)


@pytest.mark.usefixtures("slice_by_slice")
def test_h05_values_that_come_back_are_counted_once(tmp_path: Path) -> None:
    voxels = np.zeros((24, 4, 4), "f8")
    voxels[1:14, 1, 1] = np.arange(13) / 20  # 0 ... 0.6, and then all up to 1
    voxels[1:22, 1, 2] = np.arange(21) / 20
    require_map(tmp_path, file_of(voxels), 12)


@pytest.mark.parametrize(
    ("dtype", "steps", "slope"), [("u1", 255, 1 / 255), ("u2", 1000, 0.001), ("i2", 200, 0.005)]
)
def test_h05_a_map_stored_as_whole_numbers(
    dtype: str, steps: int, slope: float, tmp_path: Path
) -> None:
    # as 32-bit numbers 255 x 1/255 is 1.0000001: as near to 1 as a label must be to its number
    voxels = np.zeros((CUBE, CUBE, CUBE), dtype)
    values = np.rint(np.linspace(0, steps, 90)).astype(dtype)
    for at, value in enumerate(values):
        voxels[1:11, 1 + at % 10, 1 + at // 10] = value
    content = nifti(voxels, **{**FORMS, "scl_slope": slope})
    require_map(tmp_path, content, 10 * int((values > steps / 2).sum()))


FEW = "some values are fractions, but there are fewer than 20 different values"


def changed(voxels: Voxels, at: Any, value: Any) -> Voxels:
    voxels[at] = value
    return voxels


INSIDE = (slice(1, 11),) * 3
GRADED = np.linspace(0, 1, 1000).reshape(10, 10, 10)
NO_MAP = {
    **{f"{n} values": (ramp(n), "values.fractions", FEW) for n in (11, 12, 19)},
    **{f"{n} values": (ramp(n), "values.fractions", "neither a label nor") for n in (3, 10)},
    **{
        f"up to {top}": (ramp(90, top), "values.image", MANY)
        for top in (100.0, 255.0, 1.0002, -1.0, -0.0002, 2.0)
    },
    **{
        f"within {n}": (changed(np.full((CUBE,) * 3, n), INSIDE, GRADED), "values.image",
                        f"values, including {n:g}")
        for n in (nan, inf, -inf, -1.0, -1024.0, 2.0)
    },
    **{
        f"{n} at {at}": (changed(ramp(30), (at, at, at), n), "values.image",
                         f"values, including {n:g}")
        for n in (nan, inf, -1.0) for at in (5, 0)
    },
}  # fmt: skip


@pytest.mark.parametrize(("voxels", "code", "says"), NO_MAP.values(), ids=NO_MAP)
def test_h05_what_is_no_map_from_0_to_1_is_refused(
    voxels: Voxels, code: str, says: str, tmp_path: Path
) -> None:
    require_refusal(tmp_path, file_of(voxels), code, says)


def test_h16_a_map_without_background(tmp_path: Path) -> None:
    voxels = np.linspace(0.6, 1.0, CUBE**3).reshape(CUBE, CUBE, CUBE)
    require_refusal(tmp_path, file_of(voxels), "mask.no_background", "every value is above 0.5")
    require_map(tmp_path, file_of(np.pad(voxels, 1)), CUBE**3)
    voxels[5, 5, 5] = 0.5
    require_map(tmp_path, file_of(voxels), CUBE**3 - 1)
    voxels[0, 0, 0] = 0.5
    require_map(tmp_path, file_of(voxels), CUBE**3 - 2)


# Rounding errors of whole numbers.


def rounded(voxels: Voxels, error: float = 9e-5, dtype: str = "f8") -> Voxels:
    """Add to each voxel an error of its own, up to `error`."""
    return (voxels + np.random.default_rng(7).uniform(-error, error, voxels.shape)).astype(dtype)


@pytest.mark.usefixtures("by_slabs")
@pytest.mark.parametrize(("label", "dtype"), [(1, "f4"), (1, "f8"), (7, "f8"), (255, "f4")])
def test_rounding_errors_of_one_label_are_no_further_values(
    label: int, dtype: str, tmp_path: Path
) -> None:
    content = file_of(rounded(block("f8", label), 8e-5, dtype))
    assert require_right(tmp_path, content).labelled.labels == (label,)


def test_rounding_errors_of_several_labels(tmp_path: Path) -> None:
    voxels = rounded(several(1, background=-1024))
    require_warning(tmp_path, file_of(voxels), "values.background", "-1024", voxels=10, ml=0.3)
    require_right(tmp_path, file_of(rounded(several(*[2] * 9))), voxels=90, ml=2.7)
    require_refusal(tmp_path, file_of(rounded(several(*range(1, 11)))), "values.image", MANY)
    file = read(tmp_path, file_of(rounded(many(8))), holds=Holds.LABEL_MAP)
    expected = {label: int((many(8) == label).sum()) for label in range(1, 8)}
    assert (file.labelled.counts(), file.findings) == (expected, ())


@pytest.mark.usefixtures("by_slabs")
def test_the_first_voxel_may_be_the_eleventh_value(tmp_path: Path) -> None:
    voxels = np.full((CUBE, CUBE, CUBE), 1e-5)
    voxels[1:11, 5, 5] = 3 + np.arange(10) * 1e-6
    require_right(tmp_path, file_of(voxels), voxels=10, ml=0.3)
    voxels[0, 0, 0] = 0.3
    require_refusal(tmp_path, file_of(voxels), "values.image", MANY)


@pytest.mark.usefixtures("slice_by_slice")
def test_h05_a_first_slice_of_a_fraction_is_refused(tmp_path: Path) -> None:
    voxels = changed(rounded(several(3)), (..., 0), 0.3)
    require_refusal(tmp_path, file_of(voxels), "values.fractions", "the value 0.3 is neither")


@pytest.mark.usefixtures("by_slabs")
def test_h05_a_fraction_among_rounding_errors_is_refused(tmp_path: Path) -> None:
    last = (6, 6, 11)  # in the last slice, after the others
    voxels = changed(rounded(several(1)), last, 0.0002)
    read(tmp_path, file_of(voxels))  # within 0 to 1, this is a probability map
    voxels = changed(rounded(several(3)), last, 0.0002)
    require_refusal(tmp_path, file_of(voxels), "values.image", MANY)


@pytest.mark.usefixtures("slice_by_slice")
def test_a_label_map_has_no_code_for_more_than_256_values(tmp_path: Path) -> None:
    voxels = np.zeros((20, 20, 20))
    voxels[..., 1].flat[:255] = 1 + np.arange(255) * 1e-7  # 256 values, each with a code
    voxels[..., 2] = rounded(voxels[..., 2] + 2)
    says = "there are more than 256 different values"
    require_refusal(tmp_path, file_of(voxels), "values.image", says, holds=Holds.LABEL_MAP)


@each_case("label, slope", [(1, 1e-5), (100, 9e-7), (1, 1e-300), (1, -1e-38)])
@pytest.mark.parametrize("holds", Holds)
def test_h16_a_mask_that_its_slope_wipes_out_is_not_empty(
    holds: Holds, label: int, slope: float, tmp_path: Path
) -> None:
    content = file_of(block("u1", label), scl_slope=slope)
    require_refusal(tmp_path, content, "values.vanishing", VANISHING, holds=holds)


@pytest.mark.parametrize("holds", Holds)
def test_h16_rounding_errors_of_nothing_are_not_an_empty_mask(holds: Holds, tmp_path: Path) -> None:
    content = file_of(rounded(np.zeros((CUBE, CUBE, CUBE))))
    require_refusal(tmp_path, content, "values.vanishing", VANISHING, holds=holds)


# Label maps.


def many(count: int, dtype: str = "i2") -> Voxels:
    return (np.arange(CUBE**3) % count).astype(dtype).reshape(CUBE, CUBE, CUBE)


@pytest.mark.usefixtures("by_slabs")
def test_a_label_map_may_hold_255_labels(tmp_path: Path) -> None:
    file = read(tmp_path, file_of(many(256)), holds=Holds.LABEL_MAP)
    assert (file.labelled.labels, file.findings) == (tuple(range(1, 256)), ())
    expected = {label: int((many(256) == label).sum()) for label in range(1, 256)}
    assert file.labelled.counts() == expected
    assert {n: file.mask("part", n).voxel_count for n in (1, 100, 255)}.items() <= expected.items()
    says, content = "there are more than 256 different values", file_of(many(257))
    error = require_refusal(tmp_path, content, "values.image", says, holds=Holds.LABEL_MAP)
    assert "label map" in error.remedy


def test_a_ct_is_no_label_map(tmp_path: Path) -> None:
    ct = np.random.default_rng(3).integers(0, 4000, (40, 40, 60)).astype("i2")
    noise = np.random.default_rng(4).random((40, 40, 60))
    for image in (ct, noise, np.arange(96_000).reshape(40, 40, 60)):
        require_refusal(tmp_path, file_of(image), "values.image", "256", holds=Holds.LABEL_MAP)


def test_values_that_round_to_one_label_are_one(tmp_path: Path) -> None:
    file = read(tmp_path, file_of(several(2.00003, 1.99997, 3)), holds=Holds.LABEL_MAP)
    assert file.labelled.labels == (2, 3)
    assert file.mask("two", 2).voxel_count == 20
    assert file.labelled.counts() == {2: 20, 3: 10}
    stored = several(*range(1, 9), dtype="i2") * 50
    content = file_of(stored, scl_slope=0.0199999)  # 0.999995 ... 7.99996
    file = read(tmp_path, content, holds=Holds.LABEL_MAP)
    assert (file.labelled.labels, file.findings) == (tuple(range(1, 9)), ())


def test_a_label_map_without_labels_or_with_negative_ones(tmp_path: Path) -> None:
    empty = read(tmp_path, file_of(np.zeros((6, 5, 4), "u1")), holds=Holds.LABEL_MAP)
    assert (empty.labelled.labels, empty.findings) == ((), ())
    content = file_of(several(-3, 1, 2))
    says = "the label -3 is negative; labels are 1 and above"
    require_refusal(tmp_path, content, "labels.negative", says, holds=Holds.LABEL_MAP)
    file = read(tmp_path, file_of(several(1, 2)), holds=Holds.LABEL_MAP)
    assert file.mask("other", 7).voxel_count == 0  # a label that is absent
    assert file.mask("both", 1, 2, 7).voxel_count == 20


# Against the plain way.


@st.composite
def labelled_arrays(draw: st.DrawFn) -> Voxels:
    dtype = draw(st.sampled_from([*DATATYPES]))
    shape = draw(st.tuples(*[st.integers(1, 6)] * 3))
    low = 0 if dtype.startswith("u") else -128  # -1 may be a background: not here
    high = 127 if dtype == "i1" else 255
    labels = draw(
        st.lists(st.integers(low, high).filter(lambda n: n != -1), min_size=1, max_size=8)
    )
    at = draw(st.lists(st.sampled_from([0, *labels]), min_size=1, max_size=40))
    fill = draw(st.sampled_from([0, 0, 0, *labels]))
    voxels = np.full(shape, fill, dtype)
    flat = voxels.reshape(-1)
    start = draw(st.integers(0, flat.size - 1))
    flat[start : start + len(at)] = at[: flat.size - start]
    return voxels


@pytest.mark.essential
@pytest.mark.slow
@settings(max_examples=how_many(40, 100))
@given(voxels=labelled_arrays(), slab=st.sampled_from([1, 40, 1 << 21]))
def test_slabs_boxes_and_codes_change_no_answer(
    voxels: Voxels, slab: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = write(tmp_path_factory.getbasetemp() / FILE, file_of(voxels))
    plain = {int(label): int((voxels == label).sum()) for label in np.unique(voxels) if label != 0}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_slabs, "SLAB_BYTES", slab)
        if not (voxels == 0).any():
            with pytest.raises(InputRefused, match="there is no background"):
                read_labels(path, "liver", Holds.LABELS, Limits())
            return
        file = read_labels(path, "liver", Holds.LABELS, Limits())
    assert file.labelled.counts() == plain
    assert plain == {n: file.mask("part", n).voxel_count for n in file.labelled.labels}
    assert np.array_equal(whole(file).as_array(), voxels != 0)
    assert all(finding.severity is Severity.WARNING for finding in file.findings)


@each_case("low", [1 << 53, 1 << 54, 1 << 60, (1 << 63) - 2])
def test_h06_labels_that_a_double_cannot_distinguish_are_two(low: int, tmp_path: Path) -> None:
    path = write(tmp_path / FILE, file_of(pair_of(low, low + 1)))
    found = read_labels(path, "liver", Holds.LABELS, Limits())
    assert found.labelled.counts() == {low: 10, low + 1: 10}
    with refuses("labels.several"):
        read_labels(path, "flr", Holds.ONE_LABEL, Limits())


def test_h06_labels_that_their_scale_makes_one_are_refused(tmp_path: Path) -> None:
    voxels = pair_of((1 << 53) + 1, 1 << 53)
    path = write(tmp_path / FILE, file_of(voxels, scl_slope=2.0, scl_inter=0.0))
    with refuses("labels.inexact"):
        read_labels(path, "liver", Holds.LABELS, Limits())


def pair_of(first: int, second: int) -> Voxels:
    """Draw ten voxels of each of two numbers, exact in 64 bits."""
    voxels = several(0, 0, dtype="i8")
    voxels[1:11, 1, 1], voxels[1:11, 2, 1] = first, second
    return voxels


def test_h06_a_label_beyond_what_a_float_distinguishes_is_reported(tmp_path: Path) -> None:
    for dtype, label in (("f8", 2.0**53), ("f4", 2.0**24)):
        for size, told in ((label, 1), (label - 1, 0)):
            path = write(tmp_path / FILE, file_of(several(size, dtype=dtype)))
            found = read_labels(path, "flr", Holds.ONE_LABEL, Limits())
            assert [one.code for one in found.findings].count("labels.inexact") == told
            assert found.labelled.counts() == {int(size): 10}


@pytest.mark.parametrize("slices", [1, 2, 3, 4, 5, 7])
def test_a_file_that_ends_too_early_is_refused_with_the_slices(
    slices: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Slabs of three slices, of which the last may be thinner."""
    voxels = np.zeros((4, 4, slices), np.int16)
    voxels[1:3, 1:3] = 1
    monkeypatch.setattr(_slabs, "SLAB_BYTES", 3 * 4 * 4 * 2)
    content, path = file_of(voxels), tmp_path / "map.nii"
    file = read_labels(write(path, content), "liver", Holds.ONE_LABEL, Limits())
    assert file.whole("liver").voxel_count == 4 * slices
    first = slices - (slices - 1) % 3
    where = f"within slices {first} to {slices} of {slices}"
    says = f"ends {'before its last voxel' if slices <= 3 else where}"
    with refuses("header.too_few_bytes", says=says):
        read_labels(write(path, content[:-1]), "liver", Holds.ONE_LABEL, Limits())
    with refuses("header.too_few_bytes", says="before its first voxel"):  # half of it
        half = content[: 1 - voxels.nbytes]
        read_labels(write(path, half), "liver", Holds.ONE_LABEL, Limits())


@pytest.mark.usefixtures("by_slabs")
def test_h13_solid_pieces_in_different_slabs_leave_background_between_them(tmp_path: Path) -> None:
    """A square of 4 voxels in one slice, another beyond its corner in the next, one later."""
    voxels = np.zeros((9, 9, 6), np.uint8)
    voxels[1:3, 1:3, 1] = voxels[4:6, 4:6, 2] = voxels[1:8, 6:8, 4] = 1
    path = write(tmp_path / "mask.nii", file_of(voxels))
    drawn = read_labels(path, "liver", Holds.ONE_LABEL, Limits()).whole("liver")
    assert np.array_equal(drawn.as_array(), voxels == 1)
