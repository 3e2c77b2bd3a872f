"""Where the voxels of an image in memory are: against ITK's own answer, and by hand."""

from collections.abc import Callable
from importlib import import_module
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fl_planner.formats.array_image import ArrayImage
from fl_planner.formats.image_objects import as_source
from fl_planner.formats.stored.source import HeldImage
from tests.refusals import refuses

nibabel: Any = import_module("nibabel")
sitk: Any = import_module("SimpleITK")
SHAPE = (4, 3, 2)
VOXELS = np.arange(24, dtype=np.int16).reshape(SHAPE)
TO_RAS = np.array([-1.0, -1.0, 1.0])
NUMBERS = st.floats(-500, 500).map(lambda x: round(x, 3))


def held(image: Any) -> HeldImage:
    source = as_source(image, "flr")
    assert isinstance(source, HeldImage)
    return source


def turned(quaternion: tuple[float, float, float, float], *, mirrored: bool) -> Any:
    """Make a rotation, mirrored or not, by ITK's own versor."""
    versor = sitk.VersorTransform()
    versor.SetParameters((np.array(quaternion) / np.linalg.norm(quaternion))[:3].tolist())
    matrix = np.reshape(versor.GetMatrix(), (3, 3))
    return matrix @ np.diag([1.0, 1.0, -1.0 if mirrored else 1.0])


@given(
    st.tuples(*[st.floats(-1, 1)] * 3, st.floats(0.3, 1)),
    st.tuples(*[st.floats(0.3, 6)] * 3),
    st.tuples(*[NUMBERS] * 3),
    st.booleans(),
)
def test_h02_simpleitk_obliques_lie_where_itk_says(
    quaternion: Any, spacing: Any, origin: Any, mirrored: bool
) -> None:
    image = sitk.GetImageFromArray(VOXELS.transpose(2, 1, 0))
    image.SetDirection(turned(quaternion, mirrored=mirrored).ravel().tolist())
    image.SetSpacing(spacing)
    image.SetOrigin(origin)
    found = held(image)
    for index in ((0, 0, 0), (3, 0, 0), (0, 2, 0), (0, 0, 1), (3, 2, 1)):
        said = TO_RAS * image.TransformIndexToPhysicalPoint(index)
        np.testing.assert_allclose(found.grid.places_mm(np.array([index]))[0], said, atol=1e-4)
        assert found.voxels[index] == image[index]


def test_simpleitk_as_it_comes_looks_unset() -> None:
    assert held(sitk.GetImageFromArray(VOXELS)).grid.looks_unset


@pytest.mark.parametrize(
    ("orientation", "rows"),
    [
        ("RAS", [[0.5, 0, 0, 10], [0, 2, 0, 20], [0, 0, 3, 30]]),
        ("LPS", [[-0.5, 0, 0, -10], [0, -2, 0, -20], [0, 0, 3, 30]]),
        ("lps", [[-0.5, 0, 0, -10], [0, -2, 0, -20], [0, 0, 3, 30]]),
        ("PIR", [[0, 0, 3, 30], [-0.5, 0, 0, -10], [0, -2, 0, -20]]),
    ],
)
def test_an_orientation_names_the_side_of_each_axis(orientation: str, rows: Any) -> None:
    image = ArrayImage(
        VOXELS, spacing_mm=(0.5, 2, 3), orientation=orientation, origin_mm=(10, 20, 30)
    )
    found = held(image)
    assert np.array(found.grid.affine).tolist() == rows
    assert found.grid.placed
    codes = nibabel.aff2axcodes(np.vstack([found.grid.affine, [0, 0, 0, 1]]))
    assert "".join(codes) == orientation.upper()


def test_without_an_origin_no_place_is_known() -> None:
    found = held(ArrayImage(VOXELS, spacing_mm=(1, 2, 3), orientation="RAS"))
    assert not found.grid.placed
    assert [one.code for one in found.odd] == ["geometry.no_origin"]


def test_numbers_of_a_32_bit_header_are_its_decimals() -> None:
    """0.8 of a file is 0.800000012 in nibabel's affine."""
    image = nibabel.Nifti1Image(VOXELS, np.diag([0.8, 0.8, 2.5, 1.0]))
    read = nibabel.Nifti1Image.from_bytes(image.to_bytes())
    assert read.affine[0, 0] != 0.8
    for one in (read, ArrayImage(VOXELS, affine=read.affine)):
        assert held(one).grid.spacing_mm == (0.8, 0.8, 2.5)


def test_the_scale_of_a_nibabel_image_is_kept() -> None:
    image = nibabel.Nifti1Image(VOXELS, np.eye(4))
    image.header.set_slope_inter(0.5, -3)
    read = nibabel.Nifti1Image.from_bytes(image.to_bytes())
    found = held(read)
    values = found.voxels.astype(float) * found.slope + found.inter
    np.testing.assert_array_equal(values, read.get_fdata())


def test_trailing_axes_of_one_and_bools_are_taken() -> None:
    found = held(ArrayImage(VOXELS[..., None] > 3, affine=np.eye(4)))
    assert (found.voxels.shape, found.voxels.dtype.name) == (SHAPE, "uint8")
    assert (
        held(ArrayImage(VOXELS.astype(np.float16), affine=np.eye(4))).voxels.dtype.name == "float32"
    )


GEOMETRY: dict[str, Callable[[], Any]] = {
    "a bare array": lambda: VOXELS,
    "neither": lambda: ArrayImage(VOXELS),
    "no orientation": lambda: ArrayImage(VOXELS, spacing_mm=(1, 1, 1)),
    "no spacing": lambda: ArrayImage(VOXELS, orientation="LPS"),
    "both": lambda: ArrayImage(VOXELS, affine=np.eye(4), spacing_mm=(1, 1, 1)),
    "an origin beside an affine": lambda: ArrayImage(VOXELS, affine=np.eye(4), origin_mm=(0, 0, 0)),
    "two axes to one side": lambda: ArrayImage(VOXELS, spacing_mm=(1, 1, 1), orientation="LRS"),
    "a side that is none": lambda: ArrayImage(VOXELS, spacing_mm=(1, 1, 1), orientation="XYZ"),
    "two letters": lambda: ArrayImage(VOXELS, spacing_mm=(1, 1, 1), orientation="LP"),
    "two numbers": lambda: ArrayImage(VOXELS, spacing_mm=(1, 1), orientation="LPS"),
    "a spacing below 0": lambda: ArrayImage(VOXELS, spacing_mm=(1, 1, -1), orientation="LPS"),
    "a text": lambda: ArrayImage(VOXELS, affine="eye"),
    "a matrix of three": lambda: ArrayImage(VOXELS, affine=np.eye(3)),
    "another last row": lambda: ArrayImage(VOXELS, affine=np.diag([1, 1, 1, 2])),
}


@pytest.mark.parametrize("name", GEOMETRY)
def test_h01_a_geometry_is_said_once_and_never_guessed(name: str) -> None:
    with refuses("image.geometry") as caught:
        as_source(GEOMETRY[name](), "flr")
    assert caught.value.remedy


EIGHT = np.diag([1.0, 1.0, 1.0, 1.0])


def with_entry(row: int, column: int, number: float) -> Any:
    matrix = EIGHT.copy()
    matrix[row, column] = number
    return matrix


WRONG = {
    "geometry.not_finite": ArrayImage(VOXELS, affine=with_entry(0, 3, np.nan)),
    "geometry.singular": ArrayImage(VOXELS, affine=with_entry(2, 2, 0.0)),
    "geometry.spacing_range": ArrayImage(VOXELS, affine=with_entry(0, 0, 25.0)),
    "geometry.too_far": ArrayImage(VOXELS, affine=with_entry(0, 3, 1e9)),
    "geometry.sheared": ArrayImage(VOXELS, affine=with_entry(0, 2, 3.0)),
    "dims.not_3d": ArrayImage(VOXELS[0], affine=EIGHT),
    "dims.frames": ArrayImage(np.stack([VOXELS] * 2, -1), affine=EIGHT),
    "dims.size": ArrayImage(VOXELS[:0], affine=EIGHT),
    "header.datatype": ArrayImage(VOXELS.astype(complex), affine=EIGHT),
}


@pytest.mark.parametrize("code", WRONG)
def test_an_array_is_refused_as_a_file_would_be(code: str) -> None:
    with refuses(code, "array flr"):
        as_source(WRONG[code], "flr")


def test_what_is_no_image_is_refused() -> None:
    others: list[Any] = [3, None, [], {"liver": VOXELS}]
    for one in (*others, nibabel.MGHImage(VOXELS, np.eye(4))):
        with refuses("image.kind"):
            as_source(one, "flr")


def test_h01_an_affine_that_was_changed_beside_its_header_is_refused() -> None:
    image = nibabel.Nifti1Image(VOXELS, np.eye(4))
    image.affine[0, 3] = 20.0
    with refuses("image.affine", "nibabel image flr"):
        as_source(image, "flr")


def test_forms_of_a_nibabel_image_that_differ_are_refused_as_in_a_file() -> None:
    image = nibabel.Nifti1Image(VOXELS, np.diag([1.0, 1.0, 2.5, 1.0]))
    image.set_qform(np.diag([1.0, 1.0, 5.0, 1.0]), 1)
    with refuses("geometry.sform_qform_differ", "nibabel image flr"):
        as_source(image, "flr")


def test_a_nibabel_image_without_a_place_is_told_as_a_file() -> None:
    found = held(nibabel.Nifti1Image(VOXELS, None))
    assert [one.code for one in found.odd] == ["geometry.both_codes_zero"]
    assert not found.grid.placed


def test_simpleitk_vectors_and_two_axes_are_refused() -> None:
    with refuses("dims.frames", "SimpleITK image flr"):
        as_source(sitk.Image(SHAPE, sitk.sitkVectorUInt8, 2), "flr")
    with refuses("dims.not_3d", "SimpleITK image flr"):
        as_source(sitk.Image((4, 3), sitk.sitkUInt8), "flr")


def test_an_image_tells_itself_on_one_line() -> None:
    assert repr(ArrayImage(VOXELS, affine=EIGHT)) == "fl_planner.Image of 4 x 3 x 2 voxels"


def test_h06_a_masked_array_is_refused_where_something_is_masked() -> None:
    voxels = np.ones(SHAPE, dtype=np.uint8)
    partly = np.ma.array(voxels, mask=np.arange(24).reshape(SHAPE) < 5)
    affine = np.diag([5.0, 5.0, 5.0, 1.0])
    for image in (ArrayImage(partly, affine=affine), nibabel.Nifti1Image(partly, affine)):
        with refuses("image.masked", says="5 voxels of it are masked"):
            held(image)
    whole = np.ma.array(voxels)
    assert held(ArrayImage(whole, affine=affine)).voxels.sum() == 24
    assert held(ArrayImage(partly.filled(0), affine=affine)).voxels.sum() == 19
