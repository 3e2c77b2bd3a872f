"""Images in memory: read as files are, where ITK says; and made of masks for either library."""

from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom import dcmread
from pydicom.dataset import Dataset

from fl_planner.basis import extras
from fl_planner.basis.findings import Severity
from fl_planner.formats.array_image import ArrayImage
from fl_planner.formats.image_objects import as_source, to_nibabel, to_sitk
from fl_planner.formats.read import read_image, read_labels
from fl_planner.formats.stored.file_size_limits import Limits
from fl_planner.formats.stored.source import HeldImage
from fl_planner.formats.voxels.values import Holds, LabelFile, SegmentFile
from fl_planner.space.grid import Grid, Image
from fl_planner.space.mask import Author, Mask, Voted
from tests.cases import each_case
from tests.formats.dicom.dicoms import SLICES, ct_slice, pack, seg
from tests.masks import AFFINES
from tests.niftis import both_forms, nifti, qform, sform, upright
from tests.refusals import refuses


def load(content: bytes) -> Dataset:
    return dcmread(BytesIO(content))


def series() -> list[bytes]:
    return [pack(ct_slice(layer, number=layer + 1)) for layer in reversed(range(SLICES))]


def test_a_list_of_data_sets_is_the_series_of_a_folder(tmp_path: Path) -> None:
    for number, content in enumerate(series()):
        (tmp_path / f"{number}.dcm").write_bytes(content)
    by_folder, of_folder, odd = read_image(tmp_path, "ct", Limits())
    source = as_source([load(one) for one in series()], "ct")
    image, inputs, findings = read_image(source, "ct", Limits())
    np.testing.assert_array_equal(image.voxels, by_folder.voxels)
    assert image.grid == by_folder.grid
    assert (image.slope, image.inter) == (by_folder.slope, by_folder.inter)
    assert [one.code for one in findings] == [one.code for one in odd]
    assert (image.file, inputs[0].file) == ("DICOM data sets ct",) * 2
    assert inputs[0].format == of_folder[0].format
    assert inputs[0].sha256 == of_folder[0].sha256  # what pydicom wrote is what was stored


def test_a_segmentation_in_memory_is_that_of_its_file(tmp_path: Path) -> None:
    path = tmp_path / "seg.dcm"
    path.write_bytes(pack(seg()))
    by_file = read_labels(path, "liver", Holds.LABELS, Limits())
    held = read_labels(as_source(load(pack(seg())), "liver"), "liver", Holds.LABELS, Limits())
    assert isinstance(held, SegmentFile)
    assert held.grid == by_file.grid
    assert held.whole("liver").voxel_count == by_file.whole("liver").voxel_count
    assert held.inputs[0].sha256 == by_file.inputs[0].sha256


def test_a_slice_that_is_missing_is_refused_as_in_a_folder() -> None:
    contents = series()
    del contents[2]
    source = as_source([load(one) for one in contents], "ct")
    with refuses("geometry.slice_missing"):
        read_image(source, "ct", Limits())


@pytest.mark.parametrize("given", [Dataset(), [Dataset(), Dataset()]])
def test_a_data_set_that_is_no_file_is_refused(given: Any) -> None:
    with refuses("image.dataset") as caught:
        as_source(given, "ct")
    assert "DICOM data set" in caught.value.source


def test_several_data_sets_are_no_mask() -> None:
    source = as_source([load(pack(seg()))] * 2, "liver")
    with refuses("image.dataset", "DICOM data sets liver", says="2 data sets"):
        read_labels(source, "liver", Holds.LABELS, Limits())


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
def test_h02_simpleitk_obliques_are_where_itk_states(
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


EDGES, THICK, ORIGIN = (0.8, 0.8, 2.5), (0.8, 0.8, 5.0), (-120.0, -90.0, 30.0)
STALE = {"pixdim": (1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0)}


def read_by_itk(folder: Path, **fields: Any) -> Any:
    path = folder / "mask.nii"
    path.write_bytes(nifti((VOXELS > 3).astype(np.uint8), **fields))
    return sitk.ReadImage(path)


@pytest.mark.parametrize("scale", [1.0, 0.001])
def test_h07_an_image_of_itk_from_a_nifti_file_that_agrees_is_read(
    scale: float, tmp_path: Path
) -> None:
    edges, origin = (tuple(scale * x for x in three) for three in (EDGES, ORIGIN))
    unit = {"xyzt_units": 2 if scale == 1 else 1}  # mm or metres
    mirrored = sform(upright((-edges[0], *edges[1:]), origin))  # as most scanners' files are
    upright_forms = both_forms(edges, origin), sform(upright(edges, origin)), qform(edges, origin)
    for fields in (*upright_forms, mirrored):
        found = held(read_by_itk(tmp_path, **fields, **unit))
        codes = [] if scale == 1 else ["geometry.unit_converted"]
        assert (found.grid.placed, [one.code for one in found.odd]) == (True, codes)
        assert found.grid.voxel_ml == pytest.approx(0.0016)


@pytest.mark.parametrize("fields", [sform(upright(EDGES, ORIGIN)), qform(EDGES, ORIGIN)])
def test_h01_an_undefined_unit_is_reported_in_an_image_of_itk(
    fields: dict[str, Any], tmp_path: Path
) -> None:
    found = held(read_by_itk(tmp_path, **fields, xyzt_units=8 + 7))
    assert [one.code for one in found.odd] == ["geometry.unit_undefined"]


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        (sform(upright(EDGES, ORIGIN)) | STALE, "voxels of 1.6 and 1 mm3"),  # 1.6 mL read as 1
        (sform(upright(EDGES, ORIGIN)) | qform(THICK, ORIGIN), "voxels of 1.6 and 3.2 mm3"),
    ],
)
def test_h07_an_image_of_itk_that_is_not_by_its_sform_is_refused(
    fields: dict[str, Any], says: str, tmp_path: Path
) -> None:
    with refuses("geometry.sform_qform_differ", says=says):
        held(read_by_itk(tmp_path, **fields))


def test_h07_an_image_of_itk_moved_from_its_sform_is_refused(tmp_path: Path) -> None:
    image = read_by_itk(tmp_path, **both_forms(EDGES, ORIGIN))
    image.SetOrigin([x + 3 for x in image.GetOrigin()])
    with refuses("geometry.sform_qform_differ", says="positions up to 5.2 mm apart"):
        held(image)
    image.EraseMetaData("srow_x")
    assert held(image).grid.placed


def test_h07_an_image_of_itk_whose_sform_is_singular_is_read_as_its_file(tmp_path: Path) -> None:
    """`safety.md` F7, F8: the qform is used, with the finding; without one there is no geometry."""
    flat = sform([[2, 0, 0, 10], [0, 3, 0, -5], [0, 3, 0, 7]])
    image = read_by_itk(tmp_path, **(flat | qform(EDGES, ORIGIN)))
    found = held(image)
    assert [(one.code, one.severity) for one in found.odd] == [
        ("geometry.sform_singular", Severity.WARNING)
    ]
    assert found.grid.voxel_ml == pytest.approx(0.0016)
    image.SetMetaData("qform_code", "0")  # no version of ITK here reads such a file
    with refuses("geometry.singular", "SimpleITK image flr", says="the sform matrix is singular"):
        held(image)


def test_h07_an_image_of_itk_whose_file_states_no_position_has_none(tmp_path: Path) -> None:
    image = read_by_itk(tmp_path, pixdim=(1.0, *EDGES, 0.0, 0.0, 0.0, 0.0))
    assert not held(image).grid.placed
    image.SetOrigin(ORIGIN)  # since stated
    assert held(image).grid.placed


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


def test_spacing_and_origin_may_be_arrays() -> None:
    tuples = held(ArrayImage(VOXELS, spacing_mm=(1, 2, 3), orientation="LPS", origin_mm=(0, 0, 0)))
    spacing_mm, origin_mm = np.array([1.0, 2.0, 3.0]), np.zeros(3)
    arrays = ArrayImage(VOXELS, spacing_mm=spacing_mm, orientation="LPS", origin_mm=origin_mm)
    assert held(arrays).grid == tuples.grid
    assert tuples.grid.placed


@pytest.mark.parametrize("error", [TypeError, RuntimeError])
def test_a_tensor_that_numpy_cannot_read_is_refused_with_the_remedy(error: Any) -> None:
    with refuses("image.kind", "array flr", says="Tensor cannot be converted") as refused:
        as_source(ArrayImage(Tensor(error), affine=np.eye(4)), "flr")
    assert "detach().cpu().numpy()" in refused.value.remedy


def test_lists_of_different_lengths_are_refused() -> None:
    ragged: Any = [[1], [1, 2]]
    with refuses("dims.not_3d", "array flr", says="different lengths"):
        as_source(ArrayImage(ragged, affine=np.eye(4)), "flr")
    assert repr(ArrayImage(ragged, affine=np.eye(4))) == "fl_planner.Image of a list"


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


@pytest.mark.parametrize(("unit", "in_mm"), [("meter", 1000), ("mm", 1), ("micron", 0.001)])
def test_h01_lengths_of_a_nibabel_image_are_in_the_unit_of_its_header(
    unit: str, in_mm: float
) -> None:
    image = nibabel.Nifti1Image(VOXELS, np.diag([0.8 / in_mm, 0.8 / in_mm, 2.5 / in_mm, 1.0]))
    image.header.set_xyzt_units(unit, "sec")
    found = held(image)
    assert found.grid.spacing_mm == pytest.approx((0.8, 0.8, 2.5))
    converted = [] if unit == "mm" else ["geometry.unit_converted"]
    assert "geometry.unit_undefined" not in [one.code for one in found.odd]
    assert [one.code for one in found.odd if "unit" in one.code] == converted


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


class Tensor:
    """A tensor of PyTorch with gradients (RuntimeError) or on a graphics card (TypeError)."""

    def __init__(self, error: type[Exception]) -> None:
        self.error = error

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        """Refuse, as such a tensor does."""
        raise self.error


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
    "answers": lambda: ArrayImage(VOXELS, spacing_mm=(True, True, True), orientation="LPS"),
    "an answer among numbers": lambda: ArrayImage(
        VOXELS, spacing_mm=(True, 0.7, 0.7), orientation="LPS"
    ),
    "complex numbers": lambda: ArrayImage(VOXELS, affine=np.diag([1, 1, 1 + 1j, 1])),
    "a tensor elsewhere": lambda: ArrayImage(VOXELS, affine=Tensor(RuntimeError)),
    "a matrix of three": lambda: ArrayImage(VOXELS, affine=np.eye(3)),
    "another last row": lambda: ArrayImage(VOXELS, affine=np.diag([1, 1, 1, 2])),
}


@pytest.mark.parametrize("name", GEOMETRY)
def test_h01_a_geometry_is_stated_once_and_never_guessed(name: str) -> None:
    with refuses("image.geometry") as caught:
        as_source(GEOMETRY[name](), "flr")
    assert caught.value.remedy


def with_entry(row: int, column: int, number: float) -> Any:
    matrix = np.eye(4)
    matrix[row, column] = number
    return matrix


WRONG = {
    "geometry.not_finite": ArrayImage(VOXELS, affine=with_entry(0, 3, np.nan)),
    "geometry.singular": ArrayImage(VOXELS, affine=with_entry(2, 2, 0.0)),
    "geometry.spacing_range": ArrayImage(VOXELS, affine=with_entry(0, 0, 25.0)),
    "geometry.too_far": ArrayImage(VOXELS, affine=with_entry(0, 3, 1e9)),
    "geometry.sheared": ArrayImage(VOXELS, affine=with_entry(0, 2, 3.0)),
    "dims.not_3d": ArrayImage(VOXELS[0], affine=np.eye(4)),
    "dims.frames": ArrayImage(np.stack([VOXELS] * 2, -1), affine=np.eye(4)),
    "dims.size": ArrayImage(VOXELS[:0], affine=np.eye(4)),
    "header.datatype": ArrayImage(VOXELS.astype(complex), affine=np.eye(4)),
}


@pytest.mark.parametrize("code", WRONG)
def test_an_array_is_refused_as_a_file_would_be(code: str) -> None:
    with refuses(code, "array flr"):
        as_source(WRONG[code], "flr")


def test_what_is_no_image_is_refused() -> None:
    others: list[Any] = [3, None, [], {"liver": VOXELS}, "", " "]
    for one in (*others, nibabel.MGHImage(VOXELS, np.eye(4))):
        with refuses("image.kind"):
            as_source(one, "flr")


@pytest.mark.parametrize("kind", ["AnalyzeImage", "Spm99AnalyzeImage", "Spm2AnalyzeImage"])
def test_h02_an_analyze_image_is_not_to_be_converted(kind: str) -> None:
    image = getattr(nibabel, kind)(VOXELS, np.eye(4))
    with refuses("image.kind", says="does not distinguish left from right") as refusal:
        as_source(image, "flr")
    assert "from_image" not in refusal.value.remedy


def test_h16_a_label_map_object_of_simpleitk_is_refused() -> None:
    plain = sitk.GetImageFromArray(VOXELS.astype(np.uint8).transpose(2, 1, 0))
    labels = sitk.Cast(plain, sitk.sitkLabelUInt8)  # other questions about it end the process
    with refuses("image.kind", says="SimpleITK") as refusal:
        as_source(labels, "flr")
    assert "LabelMapToLabel" in refusal.value.remedy
    as_source(sitk.LabelMapToLabel(labels), "flr")


def test_h01_an_affine_that_was_changed_next_to_its_header_is_refused() -> None:
    image = nibabel.Nifti1Image(VOXELS, np.eye(4))
    image.affine[0, 3] = 20.0
    with refuses("image.affine", "nibabel image flr"):
        as_source(image, "flr")


def test_forms_of_a_nibabel_image_that_differ_are_refused_as_in_a_file() -> None:
    image = nibabel.Nifti1Image(VOXELS, np.diag([1.0, 1.0, 2.5, 1.0]))
    image.set_qform(np.diag([1.0, 1.0, 5.0, 1.0]), 1)
    with refuses("geometry.sform_qform_differ", "nibabel image flr"):
        as_source(image, "flr")


def test_a_nibabel_image_without_a_place_is_reported_as_a_file() -> None:
    found = held(nibabel.Nifti1Image(VOXELS, None))
    assert [one.code for one in found.odd] == ["geometry.both_codes_zero"]
    assert not found.grid.placed


def test_simpleitk_vectors_and_two_axes_are_refused() -> None:
    with refuses("dims.frames", "SimpleITK image flr"):
        as_source(sitk.Image(SHAPE, sitk.sitkVectorUInt8, 2), "flr")
    with refuses("dims.not_3d", "SimpleITK image flr"):
        as_source(sitk.Image((4, 3), sitk.sitkUInt8), "flr")


def test_an_image_states_itself_on_one_line() -> None:
    assert repr(ArrayImage(VOXELS, affine=np.eye(4))) == "fl_planner.Image of 4 x 3 x 2 voxels"


def test_h06_a_masked_array_is_refused_where_something_is_masked() -> None:
    voxels = np.ones(SHAPE, dtype=np.uint8)
    partly = np.ma.array(voxels, mask=np.arange(24).reshape(SHAPE) < 5)
    affine = np.diag([5.0, 5.0, 5.0, 1.0])
    for image in (ArrayImage(partly, affine=affine), nibabel.Nifti1Image(partly, affine)):
        with refuses("image.masked", says="the array has 5 masked voxels"):
            held(image)
    whole = np.ma.array(voxels)
    assert held(ArrayImage(whole, affine=affine)).voxels.sum() == 24
    assert held(ArrayImage(partly.filled(0), affine=affine)).voxels.sum() == 19


def test_they_are_where_the_grid_has_them() -> None:
    """Index (1, 2, 3) of a tilted grid, RAS of nibabel and LPS of SimpleITK."""
    grid = Grid((4, 5, 6), AFFINES["oblique"])
    voxels = np.zeros(grid.shape, bool)
    voxels[1, 2, 3] = True
    mask = Mask.of("flr", voxels, grid)
    there = grid.places_mm(np.array([[1, 2, 3]]))[0]
    ours, theirs = to_nibabel(mask), to_sitk(mask)
    assert ours.dataobj[1, 2, 3] == theirs[1, 2, 3] == 1
    assert np.asarray(ours.dataobj).sum() == sitk.GetArrayFromImage(theirs).sum() == 1
    assert (ours.affine @ (1, 2, 3, 1))[:3] == pytest.approx(there)
    at = np.array(theirs.TransformIndexToPhysicalPoint((1, 2, 3)))
    assert at * (-1, -1, 1) == pytest.approx(there)
    assert np.prod(theirs.GetSpacing()) / 1000 == pytest.approx(grid.voxel_ml)


def test_values_of_a_ct_are_those_it_means() -> None:
    """Stored 1024 by a slope of 1 and -1024 is 0 HU."""
    stored = np.full((2, 2, 2), 1024, np.uint16)
    ct = Image(stored, 1.0, -1024.0, Grid.upright((2, 2, 2), (1.0, 1.0, 1.0)), "ct.nii")
    assert to_sitk(ct)[0, 0, 0] == to_nibabel(ct).dataobj[0, 0, 0] == 0


MARK = "fl-planner: carried, not drawn; off by 5.38 mm"  # as in docs/how-to/carry.md
CARRIED = Mask.of("flr", np.pad(np.ones((4, 4, 4), bool), 1), Grid((6, 6, 6), AFFINES["upright"]))
CARRIED = replace(CARRIED, carried_mm=5.38)


def test_h04_a_carried_mask_stays_carried_in_memory() -> None:
    header = to_nibabel(CARRIED).header
    assert header["descrip"].item() == MARK.encode()
    assert to_sitk(CARRIED).GetMetaData("descrip") == MARK
    drawn = replace(CARRIED, carried_mm=None)
    assert to_nibabel(drawn).header["descrip"].item() == b""
    assert not to_sitk(drawn).HasMetaDataKey("descrip")


VOTED = replace(CARRIED, carried_mm=None, voted=Voted("staple", 12.25))
OF_VOTE = "fl-planner: consensus by STAPLE; readings differ by SD 12.25 mL"  # docs/how-to/agree.md


def test_h04_a_consensus_stays_one_in_memory() -> None:
    part = Mask.of("tumour", np.pad(np.ones((2, 2, 2), bool), 2), CARRIED.grid)
    for mask in (VOTED, VOTED.renamed("liver"), VOTED | part, part | VOTED, VOTED - part):
        assert to_nibabel(mask).header["descrip"].item() == OF_VOTE.encode()
        assert to_sitk(mask).GetMetaData("descrip") == OF_VOTE
    assert to_nibabel(part).header["descrip"].item() == b""
    other = replace(VOTED, voted=Voted("majority", 13.0))
    assert (VOTED | other).voted == (other & VOTED).voted == Voted("majority", 13.0)
    assert to_nibabel(replace(VOTED, carried_mm=5.38)).header["descrip"].item() == MARK.encode()


@each_case("ending", (".nii.gz", ".nrrd", ".mha"))
def test_h04_a_consensus_stays_one_in_what_simpleitk_writes(ending: str, tmp_path: Path) -> None:
    sitk.WriteImage(to_sitk(VOTED), path := tmp_path / f"flr{ending}")
    for source in (path, sitk.ReadImage(path), to_nibabel(VOTED)):
        file = read_labels(as_source(source, "flr"), "flr", Holds.ONE_LABEL, Limits())
        found = [(one.code, one.value) for one in file.findings]
        assert found == [("mask.consensus_staple", 12.25)]
        assert file.whole("flr").voted == VOTED.voted


@each_case(
    "author",
    (
        Author("manual"),
        Author("semi-automatic", "Grow from seeds", "5.6"),
        Author("automatic", "nnU-Net", "2.5"),
        None,
    ),
)
def test_h19_the_author_of_a_mask_stays_in_memory(author: Author | None) -> None:
    mask = replace(CARRIED, carried_mm=None, author=author)
    for image in (to_nibabel(mask), to_sitk(mask)):
        file = read_labels(as_source(image, "flr"), "flr", Holds.ONE_LABEL, Limits())
        assert file.whole("flr").author == author


@each_case("ending", (".nii.gz", ".nii", ".nrrd", ".mha"))
def test_h04_a_carried_mask_stays_carried_in_what_simpleitk_writes(
    ending: str, tmp_path: Path
) -> None:
    path = tmp_path / f"flr{ending}"
    sitk.WriteImage(to_sitk(CARRIED), path)
    file = read_labels(path, "flr", Holds.ONE_LABEL, Limits())
    assert isinstance(file, LabelFile)
    assert [(one.code, one.value) for one in file.findings] == [("mask.carried", 5.38)]
    assert file.whole("flr").carried_mm == 5.38


def test_a_nifti_image_states_what_its_file_would(tmp_path: Path) -> None:
    """Lengths in mm and both forms of the scanner; a quaternion cannot say leaning axes."""
    grid = Grid((4, 5, 6), AFFINES["oblique"])
    mask = Mask.of("flr", np.ones(grid.shape, bool), grid, "flr.nii")
    header = to_nibabel(mask).header
    assert header.get_xyzt_units()[0] == "mm"
    assert (int(header["sform_code"]), int(header["qform_code"])) == (1, 1)
    leaning = to_nibabel(replace(mask, grid=Grid(grid.shape, AFFINES["sheared"]))).header
    assert (int(leaning["sform_code"]), int(leaning["qform_code"])) == (1, 0)


def test_h04_what_has_no_place_becomes_no_image() -> None:
    grid = Grid((2, 2, 2), AFFINES["upright"], placed=False)
    mask = Mask.of("flr", np.ones((2, 2, 2), bool), grid, "flr.nii")
    for make in (to_sitk, to_nibabel):
        with refuses("image.no_place"):
            make(mask)


def test_axes_that_lean_are_refused_where_they_cannot_be_held() -> None:
    mask = Mask.of("flr", np.ones((9, 9, 9), bool), Grid((9, 9, 9), AFFINES["sheared"]))
    with refuses("image.sheared"):
        to_sitk(mask)
    assert np.allclose(to_nibabel(mask).affine[:3], AFFINES["sheared"])


def test_without_simpleitk_it_is_refused_by_the_name_of_the_extra(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(extras, "find_spec", lambda _: None)
    mask = Mask.of("flr", np.ones((2, 2, 2), bool), Grid.upright((2, 2, 2), (1.0, 1.0, 1.0)))
    with refuses("extra.missing") as refused:
        to_sitk(mask)
    assert "pip install '.[registration]'" in refused.value.remedy
