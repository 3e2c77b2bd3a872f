"""A voxel size that looks as if nobody had set it, in every format; counted by hand."""

import gzip
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fl_planner.basis.findings import Finding, Severity
from fl_planner.formats.read import read_image, read_labels
from fl_planner.formats.stored.file_size_limits import Limits
from fl_planner.formats.voxels.geometry import merge_unset
from fl_planner.formats.voxels.values import Holds
from fl_planner.intake.reading.masks import MaskFiles
from fl_planner.intake.request.read_case import read_case
from fl_planner.intake.request.request import Request
from fl_planner.planning.assessment.assess import measure_volumes
from tests.masks import codes
from tests.niftis import both_forms, nifti, sform, upright, write

CODE = "geometry.looks_unset"
ONES = (1.0, 1.0, 1.0)
SHAPE = (6, 5, 4)
VOXELS = np.zeros(SHAPE, dtype=np.uint8)
VOXELS[1:4, 1:4, 1:3] = 1
UNCODED = {"sform_code": 0, "qform_code": 0}


def found(path: Path) -> list[str]:
    return codes(read_labels(path, "liver", Holds.ONE_LABEL, Limits()).findings)


def rows(columns: Any, origin: Any = (0.0, 0.0, 0.0)) -> Any:
    return [[*row, place] for row, place in zip(columns, origin, strict=True)]


@pytest.mark.parametrize(
    ("fields", "unset"),
    {
        "identity": (both_forms(ONES), True),
        "identity, one form": (sform(upright(ONES)), True),
        "as ITK writes it": (sform(rows([[-1, 0, 0], [0, -1, 0], [0, 0, 1]])), True),
        "a flip": (sform(rows([[1, 0, 0], [0, 1, 0], [0, 0, -1]])), True),
        "no code": ({**both_forms(ONES), **UNCODED}, True),
        "no code, other edges": ({**both_forms((1.0, 1.0, 5.0)), **UNCODED}, False),
        "an origin": (both_forms(ONES, (0.0, 0.0, -120.0)), False),
        "a hair off": (both_forms(ONES, (1e-5, 0.0, 0.0)), False),
        "slices": (both_forms((1.0, 1.0, 5.0)), False),
        "cubes of another size": (both_forms((0.5, 0.5, 0.5)), False),
        "cubes of a centimetre": (both_forms((10.0, 10.0, 10.0)), False),
        "nearly": (both_forms((1.0, 1.0, 1.0001)), False),
        "axes turned": (sform(rows([[0, 1, 0], [1, 0, 0], [0, 0, 1]])), False),
    }.values(),
)
def test_h01_a_default_spacing_in_nifti(fields: Any, unset: bool, tmp_path: Path) -> None:
    path = write(tmp_path / "liver.nii", nifti(VOXELS, **fields))
    assert (CODE in found(path)) is unset
    assert (CODE in codes(read_image(path, "ct", Limits())[2])) is unset


def test_h01_how_it_is_reported(tmp_path: Path) -> None:
    path = write(tmp_path / "liver.nii", nifti(VOXELS, **both_forms(ONES)))
    assert read_labels(path, "liver", Holds.ONE_LABEL, Limits()).findings == (
        Finding(
            CODE,
            Severity.WARNING,
            "liver.nii: voxels of 1 x 1 x 1 mm without an origin are the default if no geometry "
            "was set. Check the voxel size: if it differs from that of the scan, every volume and "
            "diameter is wrong. In that case, export the file again with the geometry of the scan",
            "liver.nii",
            1.0,
            "mm",
        ),
    )


def test_h01_without_a_code_the_voxel_size_is_named_too(tmp_path: Path) -> None:
    fields = {**both_forms((0.8, 0.8, 2.5)), **UNCODED}
    path = write(tmp_path / "liver.nii", nifti(VOXELS, **fields))
    (finding,) = read_labels(path, "liver", Holds.ONE_LABEL, Limits()).findings
    assert finding.code == "geometry.both_codes_zero"
    assert finding.message.endswith("and the voxel size of 0.8 x 0.8 x 2.5 mm is taken from pixdim")


NRRD = """NRRD0004
type: uint8
dimension: 3
sizes: 6 5 4
encoding: gzip
{}

"""
AXES = "space directions: ({0},0,0) (0,{0},0) (0,0,{0})"
SEGMENT = "\nSegment0_ID:=a\nSegment0_Name:=liver\nSegment0_LabelValue:=1\nSegment0_Layer:=0"
LPS = "space: left-posterior-superior\n"


@pytest.mark.parametrize(
    ("fields", "unset"),
    {
        "identity": (LPS + AXES.format(1) + "\nspace origin: (0,0,0)", True),
        "of Slicer": (LPS + AXES.format(1) + "\nspace origin: (0,0,0)" + SEGMENT, True),
        "no origin": (LPS + AXES.format(1), True),
        "no space": (AXES.format(1) + "\nspace origin: (0,0,0)", True),
        "no space, an origin": (AXES.format(1) + "\nspace origin: (0,4,0)", False),
        "spacings alone": ("spacings: 1 1 1", True),
        "another spacing": ("spacings: 1 1 2", False),
        "an origin": (LPS + AXES.format(1) + "\nspace origin: (0,0,7)", False),
        "another edge": (LPS + AXES.format(0.9) + "\nspace origin: (0,0,0)", False),
    }.values(),
)
def test_h01_a_default_spacing_in_nrrd(fields: str, unset: bool, tmp_path: Path) -> None:
    content = NRRD.format(fields).encode() + gzip.compress(VOXELS.tobytes("F"))
    assert (CODE in found(write(tmp_path / "liver.seg.nrrd", content))) is unset


META = """ObjectType = Image
NDims = 3
DimSize = 6 5 4
ElementType = MET_UCHAR
{}
ElementDataFile = LOCAL
"""


@pytest.mark.parametrize(
    ("fields", "unset"),
    {
        "identity": ("ElementSpacing = 1 1 1\nOffset = 0 0 0", True),
        "no origin said": ("ElementSpacing = 1 1 1", True),
        "axes": ("ElementSpacing = 1 1 1\nTransformMatrix = 1 0 0 0 1 0 0 0 1", True),
        "an origin": ("ElementSpacing = 1 1 1\nOffset = 0 -3 0", False),
        "another edge": ("ElementSpacing = 1 1 1.25\nOffset = 0 0 0", False),
    }.values(),
)
def test_h01_a_default_spacing_in_metaimage(fields: str, unset: bool, tmp_path: Path) -> None:
    content = META.format(fields).encode() + VOXELS.tobytes("F")
    assert (CODE in found(write(tmp_path / "liver.mha", content))) is unset


def test_h01_one_cause_is_reported_once(tmp_path: Path) -> None:
    files = {name: write(tmp_path / f"{name}.nii", nifti(VOXELS, **both_forms(ONES)))
             for name in ("liver", "flr")}  # fmt: skip
    ct = write(tmp_path / "ct.nii", nifti((50 * VOXELS).astype("i2"), **both_forms(ONES)))
    case = read_case(Request(MaskFiles(files), ct=ct))
    (finding,) = (one for one in case.findings if one.code == CODE)
    assert finding.message.startswith("liver.nii, flr.nii, ct.nii: voxels of 1 x 1 x 1 mm")
    assert finding.file == "liver.nii"


def test_h01_what_is_reported_once_keeps_all_others() -> None:
    other = Finding("a.b", Severity.INFO, "said twice")
    one, two = (Finding(CODE, Severity.WARNING, "", name) for name in ("x.nii", "y.nii"))
    told = merge_unset((other, one, two, one))
    assert [(each.code, each.file) for each in told] == [("a.b", None), (CODE, "x.nii")]
    assert merge_unset((other,)) == (other,)


def test_h01_a_large_grid_of_millimetres_is_reported_by_one_cause(tmp_path: Path) -> None:
    # 512 rows and columns and an identity matrix; with an origin they are told by their number
    voxels = np.zeros((512, 512, 1), dtype=np.uint8)
    voxels[200:300, 200:300] = 1
    for origin, code in (((0.0, 0.0, 0.0), CODE), ((0.0, 0.0, 9.0), "plausibility.spacing_lost")):
        path = write(tmp_path / "liver.nii", nifti(voxels, **both_forms(ONES, origin)))
        case = read_case(Request(MaskFiles({"liver": path})))
        every = codes((*case.findings, *measure_volumes(case).findings))
        assert [each for each in every if each in {CODE, "plausibility.spacing_lost"}] == [code]
