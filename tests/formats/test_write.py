"""Masks as files: other libraries read from them the grid and the voxels that were written."""

import gzip
import sys
from dataclasses import replace
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fl_planner.formats.dicom.seg_write import codes_of
from fl_planner.formats.nifti.write import exact_values, nifti_bytes
from fl_planner.formats.nrrd.write import nrrd_bytes
from fl_planner.formats.read import read_labels
from fl_planner.formats.segments.content import ConvertedFile, OutFormat, Structure
from fl_planner.formats.stored.file_size_limits import Limits
from fl_planner.formats.voxels.values import Holds, LabelFile
from fl_planner.formats.write import (
    as_nifti,
    as_nrrd,
    format_of,
    label_array,
    numbered_for,
    require_dicom,
)
from fl_planner.space.grid import Grid
from fl_planner.space.mask import OF_SEGMENTS, Author
from tests.masks import AFFINES, TURNS, Index, block, cells, codes, turned
from tests.memory import peak_bytes
from tests.refusals import refuses

nib: Any = import_module("nibabel")  # their calls are untyped
sitk: Any = import_module("SimpleITK")

SHAPE = (5, 4, 3)
GRID = Grid.upright(SHAPE, (10.0, 10.0, 10.0))  # voxels of 1 mL


def structure(
    number: int, *indices: Index, name: str | None = None, meaning: str | None = None
) -> Structure:
    return Structure.of(number, cells(GRID, indices, name or str(number)), name, meaning)


def converted(*structures: Structure) -> ConvertedFile:
    return ConvertedFile("a.nii", GRID, (), structures=structures)


def read(path: Path, content: bytes) -> Any:
    path.write_bytes(content)
    return nib.load(path)


def grid_of(affine: str, turn: tuple[Index, Index]) -> Grid:
    upright = block(Grid(SHAPE, AFFINES[affine]), (0, 1), (0, 1), (0, 1))
    return turned(upright, *turn).grid


def stored(grid: Grid) -> Any:
    return grid.matrix().astype(np.float32).astype(np.float64)


@given(st.sampled_from(sorted(AFFINES)), st.sampled_from(TURNS), st.booleans())
def test_nibabel_reads_the_grid_of_both_forms(
    affine: str, turn: tuple[Index, Index], packed: bool
) -> None:
    grid = grid_of(affine, turn)
    voxels = np.arange(60, dtype=np.uint8).reshape(grid.shape)
    content = nifti_bytes(voxels, grid, "a.nii", packed=packed)
    image = nib.Nifti1Image.from_bytes(gzip.decompress(content) if packed else content)
    assert np.array_equal(np.asarray(image.dataobj), voxels)
    assert image.get_data_dtype() == np.uint8
    assert np.array_equal(image.affine[:3], stored(grid))
    assert int(image.header["sform_code"]) == 1
    assert image.header.get_xyzt_units()[0] == "mm"
    assert np.allclose(image.header.get_zooms(), grid.spacing_mm, rtol=1e-6)
    assert int(image.header["qform_code"]) == (0 if affine == "sheared" else 1)
    if affine != "sheared":
        assert np.allclose(image.get_qform()[:3], grid.matrix(), atol=1e-4)


@pytest.mark.parametrize("affine", ["flipped", "oblique", "turned", "upright"])
@pytest.mark.parametrize("name", ["a.nii", "a.nii.gz"])
def test_simpleitk_reads_the_same(affine: str, name: str, tmp_path: Path) -> None:
    grid = Grid(SHAPE, AFFINES[affine])
    voxels = np.zeros(SHAPE, np.uint8)
    voxels[1, 2, 0], voxels[4, 3, 2] = 1, 7
    path = tmp_path / name
    path.write_bytes(nifti_bytes(voxels, grid, name, packed=name.endswith(".gz")))
    require_same_in_simpleitk(path, voxels, grid, 1e-4)


def require_same_in_simpleitk(path: Path, voxels: Any, grid: Grid, within_mm: float) -> None:
    image = sitk.ReadImage(str(path))
    assert np.array_equal(sitk.GetArrayFromImage(image).transpose(2, 1, 0), voxels)
    for index in ((0, 0, 0), (4, 3, 2)):
        x, y, z = image.TransformIndexToPhysicalPoint(index)  # LPS+
        (place,) = grid.places_mm(np.array([index], dtype=np.intp)).tolist()
        assert (-x, -y, z) == pytest.approx(place, abs=within_mm)


def test_a_sheared_grid_has_no_quaternion() -> None:
    grid = Grid(SHAPE, AFFINES["sheared"])
    content = nifti_bytes(np.zeros(SHAPE, np.uint8), grid, "a.nii", packed=False)
    header = nib.Nifti1Image.from_bytes(content).header
    parts = ("quatern_b", "quatern_c", "quatern_d", "qoffset_x", "qoffset_y", "qoffset_z")
    assert not any(float(header[part]) for part in parts)


def test_a_grid_without_a_place_stays_without_one() -> None:
    grid = Grid(SHAPE, Grid.upright(SHAPE, (0.8, 0.8, 2.5)).affine, placed=False)
    content = nifti_bytes(np.zeros(SHAPE, np.uint8), grid, "a.nii", packed=False)
    header = nib.Nifti1Image.from_bytes(content).header
    assert (int(header["sform_code"]), int(header["qform_code"])) == (0, 0)
    assert header.get_zooms() == pytest.approx((0.8, 0.8, 2.5))
    turned_grid = Grid(SHAPE, AFFINES["turned"], placed=False)
    with refuses("convert.no_place", "a.nii"):
        nifti_bytes(np.zeros(SHAPE, np.uint8), turned_grid, "a.nii", packed=False)


def test_an_axis_beyond_16_bits_is_refused() -> None:
    for length, fits in ((32767, True), (32768, False)):
        grid = Grid.upright((length, 1, 1), (1.0, 1.0, 1.0))
        voxels = np.zeros(grid.shape, np.uint8)
        if fits:
            assert len(nifti_bytes(voxels, grid, "a.nii", packed=False)) == 352 + length
            continue
        with refuses("convert.too_long"):
            nifti_bytes(voxels, grid, "a.nii", packed=False)


def test_the_same_bytes_each_time_without_a_clock_or_a_name() -> None:
    voxels = np.arange(60, dtype=np.uint8).reshape(SHAPE)
    one, other = (nifti_bytes(voxels, GRID, name, packed=True) for name in ("a", "b"))
    assert one == other
    assert one[:10] == bytes.fromhex("1f8b08000000000000ff")  # no flags, no time [RFC 1952]
    assert not gzip.decompress(one)[148:252].strip(b"\0")  # descrip and aux_file


@pytest.mark.parametrize(
    ("voxels", "slope", "inter", "dtype", "values"),
    [
        (np.array([0, 1024, 4095], "<u2"), 1.0, -1024.0, "int16", [-1024, 0, 3071]),
        (np.array([-1024, 3071], ">i2"), 1.0, 0.0, "int16", [-1024, 3071]),
        (np.array([0, 32768], "u2"), 1.0, 0.0, "int32", [0, 32768]),
        (np.array([0, 40000], "u2"), 2.0, 1.0, "int32", [1, 80001]),
        (np.array([2**31], "u4"), 1.0, 0.0, "int64", [2**31]),
        (np.array([2**63 + 1], "u8"), 1.0, 0.0, "uint64", [2**63 + 1]),
        (np.array([1, 2], "i2"), 0.5, 0.25, "float32", [0.75, 1.25]),
        (np.array([1, 3], "i2"), 0.1, 0.0, "float64", [0.1, 0.30000000000000004]),
        (np.array([100.0, -7.0], "f4"), 1.0, 0.0, "int16", [100, -7]),
        (np.array([1.5, 40000.0], "f8"), 1.0, 0.0, "float32", [1.5, 40000.0]),
        (np.array([1.5, 2.0**-24], "f4"), 1.0, 1.0, "float64", [2.5, 1.0 + 2.0**-24]),
        (np.array([1, 3], "i4"), 1e5, 0.0, "int32", [100000, 300000]),
    ],
    ids=[
        "a CT's", "big-endian", "beyond 16 bits", "scaled beyond 16 bits", "beyond 32 bits",
        "beyond 63 bits", "halves", "tenths", "whole floats", "floats", "32-bit floats scaled",
        "scaled floats",
    ],
)  # fmt: skip
def test_values_are_held_exactly_in_the_smallest_type(
    voxels: Any, slope: float, inter: float, dtype: str, values: list[float]
) -> None:
    exact = exact_values(voxels, slope, inter)
    assert exact.dtype == np.dtype(dtype)
    assert exact.tolist() == values


def test_a_value_that_is_no_number_stays_so() -> None:
    exact = exact_values(np.array([np.nan, 1.0], "f8"), 1.0, 0.0)
    assert (exact.dtype, np.isnan(exact).tolist()) == (np.dtype("f4"), [True, False])


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("a.nii", "nifti1"), ("A.NII.GZ", "nifti1"), ("a.dcm", "dicom-seg"), ("a.nrrd", "nrrd"),
        ("a.seg.nrrd", "seg-nrrd"), ("Liver.Seg.NRRD", "seg-nrrd"),
    ],
)  # fmt: skip
def test_formats_are_reported_by_the_ending(name: str, written: str) -> None:
    assert format_of(name) == written


@pytest.mark.parametrize(
    "name", ["a.mha", "a.nhdr", ".seg.nrrd", "a", "nii", ".nii", ".nii.gz", "a.gz"]
)
def test_other_endings_are_refused(name: str) -> None:
    with refuses("convert.format", name) as refused:
        format_of(name)
    assert ".nii, .nii.gz, .seg.nrrd, .nrrd, .dcm" in refused.value.remedy


def test_labels_are_where_their_structures_are() -> None:
    result = numbered_for(converted(structure(2, (0, 0, 0)), structure(255, (4, 3, 2))), "nifti1")
    assert result.findings == ()
    voxels = label_array(result)
    assert voxels.dtype == np.uint8
    assert {tuple(i): int(voxels[tuple(i)]) for i in np.argwhere(voxels).tolist()} == {
        (0, 0, 0): 2,
        (4, 3, 2): 255,
    }


@pytest.mark.parametrize(("number", "dtype"), [(255, "u1"), (256, "u2"), (65535, "u2")])
def test_labels_take_as_few_bits_as_they_need(number: int, dtype: str) -> None:
    voxels = label_array(converted(structure(number, (1, 1, 1))))
    assert (voxels.dtype, voxels.max()) == (np.dtype(dtype), number)


def test_a_label_beyond_16_bits_gets_another_number() -> None:
    result = numbered_for(converted(structure(2**40, (1, 1, 1))), "nifti1")
    assert codes(result.findings) == ["convert.renumbered"]
    assert int(label_array(result).max()) == 1


def test_names_that_nifti_cannot_hold_are_reported(tmp_path: Path) -> None:
    given = converted(structure(1, (0, 0, 0), name="Liver"), structure(4, (1, 1, 1), name="Cyst"))
    result = numbered_for(given, "nifti1")
    (finding,) = result.findings
    assert finding.code == "convert.names"
    assert finding.message.endswith(
        "the output contains numbers instead of names: 1 is Liver, 4 is Cyst"
    )
    image = read(tmp_path / "a.nii", as_nifti(result, "a.nii").content)
    assert np.asarray(image.dataobj)[1, 1, 1] == 4


def test_a_structure_without_a_voxel_is_named() -> None:
    result = numbered_for(converted(structure(1, (0, 0, 0)), structure(2)), "nifti1")
    (finding,) = result.findings
    assert (finding.code, finding.severity.value) == ("convert.nothing_drawn", "warning")
    assert finding.message.endswith(": label 2")


def test_an_empty_mask_is_written_as_one() -> None:
    assert not label_array(numbered_for(converted(), "nifti1")).any()


def test_overlaps_are_refused_in_a_label_map_and_kept_in_a_seg() -> None:
    given = converted(
        structure(1, (0, 0, 0), (1, 1, 1), name="Liver", meaning="liver"),
        structure(2, (1, 1, 1), name="Tumour", meaning="tumour"),
    )
    with refuses("convert.overlap"):
        numbered_for(given, "nifti1")
    result = numbered_for(given, "dicom-seg")
    assert codes(result.findings) == ["convert.identifiers", "convert.origin"]


SEEDS, NET = Author("semi-automatic", "Grow from seeds"), Author("automatic", "nnU-Net", "2.5")


def drawn(*authors: Author | None) -> ConvertedFile:
    """Make a file of structures A, B ..., each with its author."""
    made = [structure(n, (n, 0, 0), name="ABC"[n]) for n in range(len(authors))]
    pairs = zip(made, authors, strict=True)
    return converted(
        *(replace(one, number=n, mask=one.mask.drawn_by(who))
          for n, (one, who) in enumerate(pairs, 1))
    )  # fmt: skip


@pytest.mark.parametrize("name", ["a.nii", "a.nrrd"])
@pytest.mark.parametrize("author", [Author("manual"), SEEDS, OF_SEGMENTS, NET])
def test_h19_one_origin_is_kept_in_a_label_map(author: Author, name: str, tmp_path: Path) -> None:
    wanted = numbered_for(drawn(author, author), format_of(name))
    assert "convert.origin_lost" not in codes(wanted.findings)
    output = (as_nifti if name == "a.nii" else as_nrrd)(wanted, name)
    (path := tmp_path / name).write_bytes(output.content)
    file = read_labels(path, "labelmap", Holds.LABEL_MAP, Limits())
    assert isinstance(file, LabelFile)
    assert file.author == author


@pytest.mark.parametrize("written", ["nifti1", "nrrd"])
@pytest.mark.parametrize(
    ("authors", "says"),
    [
        ((SEEDS, None), "(unknown); in the input it differs for A: semi-automatic by Grow"),
        ((Author("manual"), SEEDS), "for A: manual, B: semi-automatic by Grow from seeds"),
        ((NET, Author("manual")), "(automatic by nnU-Net 2.5); in the input it differs for B"),
        ((Author("manual"), OF_SEGMENTS), "B: semi-automatic by fl_planner, from liver segments"),
    ],
)
def test_h19_origins_that_a_label_map_cannot_record_are_named(
    authors: tuple[Author | None, ...], says: str, written: OutFormat
) -> None:
    (found,) = (
        one
        for one in numbered_for(drawn(*authors), written).findings
        if one.code == "convert.origin_lost"
    )
    assert found.severity.value == "warning"
    assert says in found.message
    assert "convert.origin_lost" not in codes(numbered_for(drawn(*authors), "seg-nrrd").findings)


@pytest.mark.parametrize("written", ["nifti1", "nrrd"])
def test_an_empty_structure_and_an_unknown_origin_lose_none(written: OutFormat) -> None:
    for authors in ((None, None), (None,), (SEEDS,)):
        assert "convert.origin_lost" not in codes(numbered_for(drawn(*authors), written).findings)
    empty = replace(drawn(SEEDS), structures=(*drawn(SEEDS).structures, structure(2)))
    assert "convert.origin_lost" not in codes(numbered_for(empty, written).findings)


def test_what_a_seg_has_no_code_for_is_reported() -> None:
    given = converted(
        structure(1, (0, 0, 0), name="Liver", meaning="liver"),
        structure(2, (0, 1, 0), name="GREEN"),
        structure(3, (0, 2, 0), name="FLR", meaning="flr"),
    )
    finding = numbered_for(given, "dicom-seg").findings[-1]
    assert finding.code == "convert.local_code"
    assert finding.message.endswith("for GREEN, FLR")


def test_a_seg_refuses_labels_without_a_name() -> None:
    given = converted(structure(1, (0, 0, 0), name="Liver"), structure(6, (1, 1, 1)), structure(7))
    with refuses("convert.no_name") as refused:
        numbered_for(given, "dicom-seg")
    assert refused.value.reason.endswith(": 6, 7")


@pytest.mark.parametrize(("name", "fits"), [("x" * 64, True), ("x" * 65, False), ("a\\b", False)])
def test_a_seg_refuses_names_that_dicom_cannot_hold(name: str, fits: bool) -> None:
    given = converted(structure(1, (0, 0, 0), name=name))
    if fits:
        assert numbered_for(given, "dicom-seg").structures[0].name == name
        return
    with refuses("convert.no_name", says="is not allowed in DICOM"):
        numbered_for(given, "dicom-seg")


@pytest.mark.parametrize(
    ("structures", "says"),
    [
        ((), "there are no structures"),
        (
            (structure(1, (0, 0, 0), name="Liver"), structure(2, name="Tumour")),
            "no voxels in: Tumour",
        ),
    ],
    ids=["none", "an empty one"],
)
def test_a_seg_refuses_what_has_no_voxel(structures: tuple[Structure, ...], says: str) -> None:
    with refuses("convert.empty") as refused:
        numbered_for(converted(*structures), "dicom-seg")
    assert refused.value.reason == says


@pytest.mark.parametrize("library", ["highdicom", "pydicom"])
def test_a_missing_library_is_refused_by_its_extra(
    library: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    require_dicom()
    monkeypatch.setitem(sys.modules, library, None)
    with refuses("extra.missing", "dicom", says=library) as refused:
        require_dicom()
    assert "pip install '.[dicom]'" in refused.value.remedy


@pytest.mark.parametrize(
    ("name", "meaning", "value"),
    [
        ("Tumor_1", "tumour", "108369006"),
        ("S4a", "segment_4a", "871688003"),
        ("Portal_Vein", None, "32764006"),
        ("inferior vena  cava", None, "64131007"),
        ("FLR", "flr", "FLR"),
        ("GREEN", None, "NOTCODED"),
    ],
)
def test_structures_are_coded_by_what_they_mean(name: str, meaning: str | None, value: str) -> None:
    assert codes_of(name, meaning)[1][0] == value


def test_rounded_numbers_change_no_voxel(tmp_path: Path) -> None:
    first = (0.123456789, 0.0, 0.0, -100.123456789)
    grid = Grid(SHAPE, (first, (0.0, 1.0, 0.0, 0.0), (0.0, 0.0, 1.0, 0.0)))
    given = replace(converted(structure(1, (1, 1, 1))), grid=grid)
    image = read(tmp_path / "a.nii", as_nifti(given, "a.nii").content)
    assert np.asarray(image.dataobj).sum() == 1
    assert image.affine[0, 3] == pytest.approx(-100.123456789, abs=1e-5)


def test_a_packed_file_is_written_without_a_second_copy_of_its_voxels() -> None:
    """Otherwise a draft on a large grid may be drawn on the page and not saved."""
    grid = Grid.upright((256, 256, 128), (0.5, 0.5, 0.5))
    voxels = np.zeros(grid.shape, np.uint8, order="F")  # 8 MiB
    for way in (partial(nifti_bytes, packed=True), nrrd_bytes):
        write = partial(way, voxels, grid, "a")
        write()  # what is loaded once is not counted
        assert peak_bytes(write) < voxels.nbytes / 4
    content = nrrd_bytes(voxels, grid, "a")
    packed = content[content.index(b"\n\n") + 2 :]
    assert packed == gzip.compress(voxels.tobytes(order="F"), 6, mtime=0)  # in one piece
