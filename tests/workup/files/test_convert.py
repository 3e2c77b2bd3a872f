"""`fl-planner convert`: voxels in their places, other libraries agree, and loss is refused.

The small mask is that of `tests.formats.dicom.dicoms`: 3 x 2 x 2 voxels of 2 x 3 x 5 mm on a CT of
6 x 5 x 4, in every format.
"""

import gzip
import hashlib
import shutil
import sys
import zipfile
from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset

from fl_planner.formats.dicom.ct_series import Slices, find_slices
from fl_planner.formats.dicom.named_slices import NamedSlices
from fl_planner.formats.stored.file_size_limits import Limits
from tests.cli.outside import Ran, ask, codes, doubts, finding, refused, told
from tests.formats.dicom.dicoms import (
    CANARIES,
    COLUMNS,
    ORIGIN,
    PATIENT,
    ROWS,
    SLICES,
    SPACING,
    STEP,
    ct_slice,
    drawn,
    frames_of,
    pack,
    place,
    put,
    rtstruct,
    seg,
)
from tests.niftis import nifti, nifti_pair, sform, write, zipped
from tests.nrrds import metaimage, nrrd, seg_nrrd, segment

nib: Any = import_module("nibabel")  # their calls are untyped
sitk: Any = import_module("SimpleITK")
hd: Any = import_module("highdicom")

SHAPE = (COLUMNS, ROWS, SLICES)
RAS = [
    [-SPACING[1], 0.0, 0.0, -ORIGIN[0]],
    [0.0, -SPACING[0], 0.0, -ORIGIN[1]],
    [0.0, 0.0, STEP, ORIGIN[2]],
]
VOXELS, VOXEL_ML = 12, 0.03
BLOCK: npt.NDArray[np.uint8] = drawn().transpose(2, 1, 0).astype(np.uint8)
TUMOUR = np.zeros(SHAPE, np.uint8)
TUMOUR[2, 1, 1:4] = 1  # 3 voxels, 2 of them in the block


def ct_folder(at: Path, change: Callable[[Dataset], None] | None = None) -> Path:
    target = at / "ct"
    target.mkdir()
    for layer in range(SLICES):
        data = ct_slice(layer, number=SLICES - layer)
        if change is not None:
            change(data)
        write(target / f"{SLICES - layer}.dcm", pack(data))
    return target


def named(at: Path, name: str, content: bytes) -> Path:
    return write(at / name, content)


def outline(voxels: npt.NDArray[np.bool_]) -> list[npt.NDArray[np.float64]]:
    contours = []
    for layer, plane in enumerate(voxels):
        if plane.any():
            rows, columns = np.nonzero(plane)
            (c0, c1), (r0, r1) = ((n.min(), n.max()) for n in (columns, rows))
            x, y, z = place(layer)
            corners = [(c0, r0), (c1, r0), (c1, r1), (c0, r1)]
            contours.append(
                np.array([[x + SPACING[1] * c, y + SPACING[0] * r, z] for c, r in corners])
            )
    return contours


def _pair(at: Path) -> Path:
    header, data = nifti_pair(BLOCK, **sform(RAS))
    named(at, "mask.img", data)
    return named(at, "mask.hdr", header)


MASKS: dict[str, Callable[[Path], Path]] = {
    "nifti": lambda at: named(at, "mask.nii", nifti(BLOCK, **sform(RAS))),
    "nifti, gzipped": lambda at: named(at, "mask.nii.gz", zipped(nifti(BLOCK, **sform(RAS)))),
    "nifti 2, big-endian": lambda at: named(
        at, "mask.nii", nifti(BLOCK, version=2, order=">", **sform(RAS))
    ),
    "nifti, a pair": _pair,
    "nrrd": lambda at: named(at, "mask.nrrd", nrrd(BLOCK, RAS)),
    "metaimage": lambda at: named(at, "mask.mha", metaimage(BLOCK, RAS)),
}
SEGMENTS: dict[str, Callable[[Path], Path]] = {
    "seg.nrrd": lambda at: named(at, "mask.seg.nrrd", seg_nrrd([BLOCK], RAS, segment(0, "Liver"))),
    "seg": lambda at: named(at, "mask.dcm", pack(seg())),
    "seg, label map": lambda at: named(
        at, "mask.dcm", pack(seg(frames_of(drawn().astype(np.uint8)), kind="LABELMAP"))
    ),
    "rtstruct": lambda at: named(at, "mask.dcm", pack(rtstruct([("Liver", outline(drawn()))]))),
}
EVERY = {**MASKS, **SEGMENTS}


def require_block(path: Path, voxels: npt.NDArray[Any] = BLOCK, text: bytes = b"") -> None:
    """Demand the voxels, by nibabel and by SimpleITK, and in the header only its text."""
    image = nib.load(path)
    assert np.array_equal(np.asarray(image.dataobj), voxels)
    assert image.get_data_dtype() == np.uint8
    assert np.array_equal(image.affine[:3], RAS)
    assert (int(image.header["sform_code"]), int(image.header["qform_code"])) == (1, 1)
    assert np.allclose(image.get_qform()[:3], RAS, atol=1e-5)
    other = sitk.ReadImage(str(path))
    assert np.array_equal(sitk.GetArrayFromImage(other).transpose(2, 1, 0), voxels)
    assert other.GetOrigin() == pytest.approx(ORIGIN)
    content = path.read_bytes()
    header = (gzip.decompress(content) if path.name.endswith(".gz") else content)[:352]
    assert header[148:252].strip(b"\0") == text  # descrip and aux_file
    assert not header[4:38].strip(b"\0")  # db_name and other fields of old


@pytest.mark.essential
@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(EVERY))
@pytest.mark.parametrize("out", ["out.nii", "out.nii.gz"])
def test_every_format_becomes_nifti_on_the_ct(name: str, out: str, tmp_path: Path) -> None:
    ct, to = ct_folder(tmp_path), tmp_path / out
    beside = ["--ct", ct] if name == "rtstruct" else ["--like", ct]
    record = told("convert", EVERY[name](tmp_path), "--to", to, *beside)
    assert (record["schema"], record["status"]) == ("fl-planner/convert/1", "ok")
    assert record["refusal"] is None
    (one,) = record["structures"]
    assert one["label"] == one["label_before"] == 1
    assert one["voxels"] == one["voxels_before"] == VOXELS
    assert one["volume_ml"] == one["volume_ml_before"] == pytest.approx(VOXELS * VOXEL_ML)
    assert one.get("name") == ("Liver" if name in SEGMENTS else None)
    assert record["output"]["sha256"] == hashlib.sha256(to.read_bytes()).hexdigest()
    assert (record["output"]["format"], record["output"]["numbers"]) == ("nifti1", "uint8")
    assert record["verified"] == {"content": True, "grid_off_mm": 0.0}
    assert doubts(record) == []
    manual = name in ("seg", "seg, label map")  # whose segments are MANUAL
    require_block(to, text=b"fl-planner: drawn manual" if manual else b"")


@pytest.mark.parametrize("name", sorted(MASKS))
def test_a_mask_keeps_its_own_grid(name: str, tmp_path: Path) -> None:
    to = tmp_path / "out.nii"
    record = told("convert", MASKS[name](tmp_path), "--to", to)
    assert {one["role"] for one in record["inputs"]} == {"input"}
    assert record["geometry"]["shape"] == [*SHAPE]
    assert codes(record) == []
    require_block(to)


def require_segment(path: Path, voxels: dict[str, npt.NDArray[Any]]) -> Any:
    """Demand segments by their names, by highdicom, on the grid of the whole CT."""
    made = hd.seg.segread(path)
    assert {made.get_segment_description(n).segment_label for n in made.segment_numbers} == {
        *voxels
    }
    for name, meant in voxels.items():
        (number,) = made.get_segment_numbers(segment_label=name)
        volume = made.get_volume(segment_numbers=[number], combine_segments=False)
        affine = volume.get_affine("RAS")  # (slice, row, column)
        found = np.zeros(SHAPE, np.uint8)
        for k, j, i in np.argwhere(volume.array[..., 0]).tolist():
            x, y, z = (affine @ [k, j, i, 1])[:3]
            found[round((x - RAS[0][3]) / RAS[0][0]), round((y - RAS[1][3]) / RAS[1][1]),
                  round((z - RAS[2][3]) / RAS[2][2])] = 1  # fmt: skip
        assert np.array_equal(found, meant)
    return made


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(EVERY))
def test_every_format_becomes_a_seg_on_its_ct(name: str, tmp_path: Path) -> None:
    ct = ct_folder(tmp_path, put(SliceThickness=7.5))  # slices that overlap
    to = tmp_path / "out.dcm"
    choice = ["--structure", "Liver"]
    record = told("convert", EVERY[name](tmp_path), "--to", to, "--ct", ct, *choice)
    assert (record["output"]["format"], record["output"]["numbers"]) == ("dicom-seg", "binary")
    (one,) = record["structures"]
    assert (one["name"], one["voxels"], one["label"]) == ("Liver", VOXELS, 1)
    assert doubts(record) == []
    manual = name in ("seg", "seg, label map")  # whose segments are MANUAL
    assert "convert.identifiers" in codes(record)
    assert ("convert.origin" in codes(record)) is not manual
    made = require_segment(to, {"Liver": BLOCK})
    (described,) = made.SegmentSequence
    (kind,) = described.SegmentedPropertyTypeCodeSequence
    assert (kind.CodeValue, kind.CodingSchemeDesignator) == ("10200004", "SCT")
    kept = ("MANUAL", None) if manual else ("SEMIAUTOMATIC", "unknown")
    assert (described.SegmentAlgorithmType, described.get("SegmentAlgorithmName")) == kept
    refers = made.ReferencedSeriesSequence[0].ReferencedInstanceSequence
    assert {one.ReferencedSOPInstanceUID for one in refers} == {
        f"1.2.826.77.4.{SLICES - layer}" for layer in (1, 2)
    }
    (measures,) = made.SharedFunctionalGroupsSequence[0].PixelMeasuresSequence
    assert (measures.SliceThickness, measures.SpacingBetweenSlices) == (STEP, STEP)  # not 7.5


def layered(at: Path) -> Path:
    content = seg_nrrd([BLOCK, TUMOUR], RAS, segment(0, "Liver"), segment(1, "Tumor", layer=1))
    return named(at, "both.seg.nrrd", content)


def test_overlaps_are_refused_as_a_label_map_and_kept_in_a_seg(tmp_path: Path) -> None:
    both, to = layered(tmp_path), tmp_path / "out.nii"
    refusal = refused("convert", both, "--to", to)
    assert (refusal["code"], refusal["file"]) == ("convert.overlap", "both.seg.nrrd")
    assert "Liver and Tumor overlap by 0.06 mL" in refusal["reason"]
    assert not to.exists()
    record = told("convert", both, "--to", to, "--structure", "tumour")
    assert [one["name"] for one in record["structures"]] == ["Tumor"]
    require_block(to, TUMOUR)
    as_seg = told("convert", both, "--to", tmp_path / "o.dcm", "--ct", ct_folder(tmp_path))
    assert finding(as_seg, "convert.renumbered")["message"].endswith("(Tumor: 1 is now 2)")
    require_segment(tmp_path / "o.dcm", {"Liver": BLOCK, "Tumor": TUMOUR})


@pytest.mark.parametrize("to", ["out.nii", "out.nrrd"])
def test_h13_named_segments_in_another_order_keep_their_meaning(tmp_path: Path, to: str) -> None:
    """3D Slicer numbers segments in the order in which they are drawn: 1 is VI, 2 the tumour."""
    numbers = np.zeros(BLOCK.shape, np.uint8)
    numbers[1, 1, 1], numbers[2, 1, 1], numbers[3, 1, 1] = 1, 2, 3
    parts = [segment(0, "Segment VI", label=1), segment(1, "Tumour", label=2)]
    parts.append(segment(2, "Segment II", label=3))
    start = named(tmp_path, "drawn.seg.nrrd", seg_nrrd([numbers], RAS, *parts))
    record = told("convert", start, "--to", tmp_path / to)
    written = sitk.GetArrayFromImage(sitk.ReadImage(tmp_path / to)).transpose(2, 1, 0)
    assert written[[1, 2, 3], 1, 1].tolist() == [6, 9, 2]
    assert np.count_nonzero(written) == 3
    assert finding(record, "convert.renumbered")["message"].endswith(
        "(Segment VI: 1 is now 6, Tumour: 2 is now 9, Segment II: 3 is now 2)"
    )


def test_a_label_map_keeps_its_numbers_and_a_scheme_names_them(tmp_path: Path) -> None:
    labels = BLOCK.copy()
    labels[2, 1, 1] = 5
    start, to = named(tmp_path, "map.nii", nifti(labels, **sform(RAS))), tmp_path / "out.nii"
    record = told("convert", start, "--to", to, "--scheme", "couinaud")
    assert [(one["label"], one["name"], one["voxels"]) for one in record["structures"]] == [
        (1, "segment_1", 11),
        (5, "segment_5", 1),
    ]
    assert finding(record, "convert.names")["message"].endswith("1 is segment_1, 5 is segment_5")
    require_block(to, labels)
    ct = ct_folder(tmp_path)
    seg_file = tmp_path / "o.dcm"
    told("convert", start, "--to", seg_file, "--scheme", "couinaud", "--ct", ct)
    require_segment(
        seg_file, {"segment_1": (labels == 1).astype("u1"), "segment_5": (labels == 5).astype("u1")}
    )
    refusal = refused("convert", start, "--to", tmp_path / "p.dcm", "--ct", ct)
    assert (refusal["code"], refusal["file"]) == ("convert.no_name", "map.nii")
    partly = told("convert", start, "--to", tmp_path / "p.dcm", "--ct", ct, "--structure", "FLR=5")
    assert [(one["name"], one["label_before"]) for one in partly["structures"]] == [("FLR", 5)]


def test_h04_the_only_label_named_otherwise_than_its_file_is_reported(tmp_path: Path) -> None:
    """A whole liver would become an FLR of 100 %; of several labels, one may be the FLR."""

    def convert(file: str, mask: npt.NDArray[np.uint8], name: str) -> list[str]:
        path = named(tmp_path, file, zipped(nifti(mask, **sform(RAS))))
        to = tmp_path / f"of {file}"
        return codes(told("convert", path, "--to", to, "--structure", name))

    one = BLOCK.astype(np.uint8)
    two = one.copy()
    two[tuple(np.argwhere(BLOCK)[0])] = 2
    assert "input.swapped" in convert("liver.nii.gz", one, "flr")
    assert "input.swapped" in convert("FLR pre PVE.nii.gz", one, "liver")
    assert "input.swapped" not in convert("Leber.nii.gz", one, "liver")
    assert "input.swapped" not in convert("liver v2.nii.gz", one, "x")
    assert "input.swapped" not in convert("P7_liver.nii.gz", two, "flr=2")


def test_a_label_that_the_scheme_lacks_has_no_name(tmp_path: Path) -> None:
    start = named(tmp_path, "map.nii", nifti(BLOCK * 9, **sform(RAS)))
    (one,) = told("convert", start, "--to", tmp_path / "o.nii", "--scheme", "lits")["structures"]
    assert (one["label"], "name" in one) == (9, False)


def test_a_ct_keeps_its_hounsfield_units(tmp_path: Path) -> None:
    ct, to = ct_folder(tmp_path), tmp_path / "ct.nii.gz"
    record = told("convert", ct, "--to", to)
    assert (record["kind"], record["values"]) == ("image", [-1024.0, -695.0])
    assert record["output"]["numbers"] == "int16"
    image = nib.load(to)
    assert image.get_data_dtype() == np.int16
    assert np.array_equal(image.affine[:3], RAS)
    meant = np.arange(30).reshape(ROWS, COLUMNS) - 1024
    for layer in range(SLICES):
        assert np.array_equal(np.asarray(image.dataobj)[:, :, layer].T, meant + 100 * layer)
    assert image.header.get_slope_inter() in ((None, None), (1.0, 0.0))
    again = told("convert", to, "--to", tmp_path / "again.nii.gz")
    assert again["values"] == [-1024.0, -695.0]
    assert (tmp_path / "again.nii.gz").read_bytes() == to.read_bytes()


def test_a_zip_of_a_ct_and_one_of_its_files(tmp_path: Path) -> None:
    ct = ct_folder(tmp_path)
    with zipfile.ZipFile(tmp_path / "ct.zip", "w") as archive:
        for path in sorted(ct.iterdir()):
            archive.write(path, path.name)
    mask = MASKS["nifti"](tmp_path)
    contents = set()
    for n, source in enumerate((ct, tmp_path / "ct.zip", ct / "1.dcm")):
        told("convert", source, "--to", tmp_path / f"{n}.nii")
        told("convert", mask, "--to", tmp_path / f"{n}.dcm", "--ct", source, "--structure", "x")
        contents.add(((tmp_path / f"{n}.nii").read_bytes(), (tmp_path / f"{n}.dcm").read_bytes()))
    assert len(contents) == 1


def test_a_scaled_image_is_written_in_values(tmp_path: Path) -> None:
    numbers = np.arange(120, dtype="i2").reshape(SHAPE) * 7
    start = named(tmp_path, "mr.nii", nifti(numbers, scl_slope=0.5, scl_inter=-3.0, **sform(RAS)))
    told("convert", start, "--to", tmp_path / "o.nii")
    image = nib.load(tmp_path / "o.nii")
    assert image.get_data_dtype() == np.float32
    assert np.array_equal(np.asarray(image.dataobj), numbers * 0.5 - 3.0)


def test_a_scaled_image_of_32_bit_floats_is_written_in_64_bits(tmp_path: Path) -> None:
    numbers = np.arange(120, dtype="f4").reshape(SHAPE) / np.float32(7)
    start = named(tmp_path, "a.nii", nifti(numbers, scl_slope=10.0, scl_inter=0.25, **sform(RAS)))
    told("convert", start, "--to", tmp_path / "o.nii")
    values = np.asarray(nib.load(tmp_path / "o.nii").dataobj)
    assert np.array_equal(values, numbers.astype("f8") * 10.0 + 0.25)


def test_an_image_is_cropped_never_padded_nor_resampled(tmp_path: Path) -> None:
    ct, to = ct_folder(tmp_path), tmp_path / "o.nii"
    part = [*RAS[:2], [0.0, 0.0, STEP, ORIGIN[2] + STEP]]
    small = named(tmp_path, "small.nii", nifti(BLOCK[:, :, 1:3], **sform(part)))
    record = told("convert", ct, "--to", to, "--like", small)
    assert finding(record, "convert.cropped")["message"].startswith("ct: 60 of 120 voxels")
    assert np.asarray(nib.load(to).dataobj)[0, 0].tolist() == [-924, -824]
    wide = named(tmp_path, "wide.nii", nifti(np.pad(BLOCK, ((0, 1), (0, 0), (0, 0))), **sform(RAS)))
    again = ("convert", ct, "--to", to, "--force")
    assert refused(*again, "--like", wide)["code"] == "convert.invented"
    assert refused(*again, "--like", small, "--resample")["code"] == "convert.image"
    assert refused(*again, "--structure", "liver")["code"] == "convert.image"
    assert refused(*again, "--scheme", "lits")["code"] == "convert.image"
    as_seg = refused("convert", ct, "--to", tmp_path / "o.dcm", "--ct", ct)
    assert (as_seg["code"], as_seg["file"]) == ("convert.image", "ct")


COARSE = [[4.0, 0.0, 0.0, 1.0], [0.0, 6.0, 0.0, 1.5], [0.0, 0.0, 10.0, 2.5]]
FINE = [[2.0, 0.0, 0.0, 0.0], [0.0, 3.0, 0.0, 0.0], [0.0, 0.0, 5.0, 0.0]]


def test_h05_another_lattice_is_resampled_only_when_asked(tmp_path: Path) -> None:
    voxels = np.zeros((8, 8, 8), "u1")
    voxels[2:6, 2:6, 2:6] = 3  # 64 voxels of 0.03 mL: 2 x 2 x 2 of those of 0.24 mL
    start = named(tmp_path, "fine.nii", nifti(voxels, **sform(FINE)))
    like = named(tmp_path, "coarse.nii", nifti(np.ones((4, 4, 4), "u1"), **sform(COARSE)))
    to = tmp_path / "o.nii"
    refusal = refused("convert", start, "--to", to, "--like", like)
    assert (refusal["code"], refusal["file"]) == ("grid.differs", "fine.nii")
    assert "voxels of 2 x 3 x 5 versus 4 x 6 x 10 mm" in refusal["reason"]
    assert "--resample" in refusal["remedy"]
    record = told("convert", start, "--to", to, "--like", like, "--resample")
    (one,) = record["structures"]
    assert (one["voxels_before"], one["voxels"], one["label"]) == (64, 8, 3)
    assert one["volume_ml_before"] == one["volume_ml"] == pytest.approx(1.92)
    assert finding(record, "grid.resampled")["message"].startswith("fine.nii: label 3 resampled")
    assert np.asarray(nib.load(to).dataobj).sum() == 24


def test_what_resampling_would_make_vanish_is_refused(tmp_path: Path) -> None:
    voxels = np.zeros((8, 8, 8), "u1")
    voxels[2, 2, 2] = 1
    start = named(tmp_path, "fine.nii", nifti(voxels, **sform(FINE)))
    rows = [[*row[:3], 0.0] for row in COARSE]
    rows[0][3] = -3.0  # centres at -3, 1, 5: none within 1 mm of 4 ... 4.9
    like = named(tmp_path, "coarse.nii", nifti(np.ones((6, 6, 6), "u1"), **sform(rows)))
    ran = refused("convert", start, "--to", tmp_path / "o.nii", "--like", like, "--resample")
    assert (ran["code"], ran["file"]) == ("convert.vanished", "fine.nii")


def test_probabilities_are_refused(tmp_path: Path) -> None:
    soft = np.linspace(0, 1, 120, dtype="f4").reshape(SHAPE) * BLOCK
    few = BLOCK * np.float32(0.5)
    kinds = {"soft.nii": soft, "few.nii": few}
    for name, voxels in kinds.items():
        start = named(tmp_path, name, nifti(voxels, **sform(RAS)))
        refusal = refused("convert", start, "--to", tmp_path / "o.nii")
        assert (refusal["code"], refusal["file"]) == ("convert.fractions", name)
    start = named(tmp_path, "nan.nii", nifti(np.where(BLOCK, np.nan, BLOCK), **sform(RAS)))
    assert refused("convert", start, "--to", tmp_path / "o.nii")["code"] == "values.not_finite"
    fractions = [(1, n, plane * 200) for _, n, plane in frames_of(drawn().astype(np.uint8))]
    start = named(tmp_path, "soft.dcm", pack(seg(fractions, kind="FRACTIONAL")))
    assert refused("convert", start, "--to", tmp_path / "o.nii")["code"] == "convert.fractions"


def test_time_points_are_refused(tmp_path: Path) -> None:
    start = named(tmp_path, "4d.nii", nifti(np.zeros((4, 4, 4, 2), "i2"), **sform(RAS)))
    assert refused("convert", start, "--to", tmp_path / "o.nii")["code"] == "dims.frames"


def test_contours_state_that_they_are_contours(tmp_path: Path) -> None:
    start = SEGMENTS["rtstruct"](tmp_path)
    too_few = refused("convert", start, "--to", tmp_path / "a.nii")
    assert too_few["code"] == "geometry.step_unknown"
    long = outline(np.ones((3, ROWS, COLUMNS), dtype=bool))
    three = named(tmp_path, "three.dcm", pack(rtstruct([("Liver", long)])))
    alone = told("convert", three, "--to", tmp_path / "a.nii")
    assert "contours.no_image" in doubts(alone)
    with_ct = told("convert", start, "--to", tmp_path / "b.nii", "--ct", ct_folder(tmp_path))
    assert "contours.derived" in codes(with_ct)
    assert [one["role"] for one in with_ct["inputs"]] == ["input", "ct"]


def test_a_mask_without_a_place_stays_so_and_fits_no_ct(tmp_path: Path) -> None:
    lost = nifti(BLOCK, pixdim=(1.0, 2.0, 3.0, 5.0, 0.0, 0.0, 0.0, 0.0))
    start, to = named(tmp_path, "lost.nii", lost), tmp_path / "o.nii"
    record = told("convert", start, "--to", to)
    assert doubts(record) == ["geometry.both_codes_zero"]
    assert (record["geometry"]["placed"], record["verified"]["grid_off_mm"]) == (False, 0.0)
    assert nib.load(to).header.get_zooms() == (2.0, 3.0, 5.0)
    ct = ct_folder(tmp_path)
    for extra in ((), ("--resample",)):
        refusal = refused("convert", start, "--to", to, "--like", ct, "--force", *extra)
        assert refusal["code"] == "geometry.place_missing"


def test_an_empty_mask(tmp_path: Path) -> None:
    start = named(tmp_path, "none.nii", nifti(0 * BLOCK, **sform(RAS)))
    record = told("convert", start, "--to", tmp_path / "o.nii")
    assert record["structures"] == []
    require_block(tmp_path / "o.nii", 0 * BLOCK)
    assert "empty mask" in ask("convert", start, "--to", tmp_path / "p.nii").out
    refusal = refused("convert", start, "--to", tmp_path / "o.dcm", "--ct", ct_folder(tmp_path))
    assert refusal["code"] == "convert.empty"


def test_an_existing_output_is_replaced_only_by_force(tmp_path: Path) -> None:
    start, to = MASKS["nifti"](tmp_path), tmp_path / "o.nii"
    to.write_bytes(b"mine")
    assert refused("convert", start, "--to", to)["code"] == "output.exists"
    assert to.read_bytes() == b"mine"
    told("convert", start, "--to", to, "--force")
    require_block(to)


def test_an_input_is_never_replaced(tmp_path: Path) -> None:
    start = MASKS["nifti"](tmp_path)
    before = start.read_bytes()
    link = tmp_path / "link.nii"
    link.symlink_to(start)
    for to in (start, link):
        refusal = refused("convert", start, "--to", to, "--force")
        assert refusal["code"] == "convert.same_file"
    like = refused("convert", MASKS["nrrd"](tmp_path), "--to", start, "--like", start, "--force")
    assert like["code"] == "convert.same_file"
    assert start.read_bytes() == before


@pytest.mark.parametrize(
    ("args", "code", "about"),
    [
        (["--to", "o.mha"], "convert.format", "o.mha"),
        (["--to", "o.dcm"], "convert.no_ct", "mask.nii"),
        (["--to", "o.dcm", "--ct", "ct", "--like", "ct"], "usage.wrong", "--like"),
        (["--to", "o.nii", "--ct", "ct"], "usage.wrong", "--ct"),
        (["--to", "o.nii", "--as-of", "2026-11-20"], "usage.wrong", "--as-of"),
        (["--to", "o.nii", "--scheme", "litz"], "labels.scheme_unknown", "litz"),
        (["--to", "o.nii", "--structure", "flr=2"], "convert.no_structure", "mask.nii"),
        (["--to", "o.nii", "--like", "none.nii"], "file.missing", "none.nii"),
        (["--to", "none/o.nii"], "output.no_folder", "o.nii"),
        ([], "usage.wrong", "command line"),
    ],
)
def test_wrong_usage(
    args: list[str], code: str, about: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    MASKS["nifti"](tmp_path)
    ct_folder(tmp_path)
    monkeypatch.chdir(tmp_path)
    refusal = refused("convert", "mask.nii", *args)
    assert (refusal["code"], refusal["file"]) == (code, about)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["ct", "mask.nii"]


def test_a_scheme_for_what_has_names_is_refused(tmp_path: Path) -> None:
    start = SEGMENTS["seg.nrrd"](tmp_path)
    refusal = refused("convert", start, "--to", tmp_path / "o.nii", "--scheme", "lits")
    assert (refusal["code"], refusal["file"]) == ("usage.wrong", "--scheme")


def test_a_seg_without_its_libraries_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "highdicom", None)
    ct, start = ct_folder(tmp_path), MASKS["nifti"](tmp_path)
    assert refused("convert", start, "--to", tmp_path / "o.dcm", "--ct", ct)["code"] == (
        "extra.missing"
    )


def test_an_output_that_is_not_what_was_meant_is_not_put_in_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from fl_planner.formats import write as masks

    right = masks.label_array
    monkeypatch.setattr(masks, "label_array", lambda converted: right(converted)[::-1])
    start, to = MASKS["nifti"](tmp_path), tmp_path / "o.nii"
    refusal = refused("convert", start, "--to", to)
    assert (refusal["code"], refusal["file"]) == ("convert.not_verified", "o.nii")
    assert not to.exists()


def test_h11_a_seg_of_another_patient_than_its_ct_is_refused(tmp_path: Path) -> None:
    start = SEGMENTS["seg"](tmp_path)
    ct = ct_folder(tmp_path, put(PatientID="other"))
    for to, option in (("o.dcm", "--ct"), ("o.nii", "--like")):
        refusal = refused("convert", start, "--to", tmp_path / to, option, ct)
        assert refusal["code"] == "identity.patients_differ"


def test_h04_files_of_two_scans_with_one_name_are_named_by_their_options(tmp_path: Path) -> None:
    """Each has one frame of reference, so no file was drawn on two scans."""
    start = SEGMENTS["seg"](tmp_path)
    other = tmp_path / "earlier" / start.name
    other.parent.mkdir()
    data = dcmread(start)
    data.FrameOfReferenceUID = "1.2.3.4"
    data.save_as(other)
    refusal = refused("convert", start, "--to", tmp_path / "o.nii", "--like", other)
    assert refusal["code"] == "identity.frames_differ"
    assert refusal["file"] == f"{start.name} (--like)"
    assert f"different scan from {start.name} (" in refusal["reason"]


def segmentation(at: Path, change: Callable[[Dataset], None], *args: object) -> Dataset:
    mask, to = MASKS["nifti"](at), at / "o.dcm"
    ct = ct_folder(at, change)
    told("convert", mask, "--to", to, "--ct", ct, "--structure", "Liver", *args)
    return dcmread(to)


def test_a_seg_carries_what_it_must_of_the_patient_and_no_more(tmp_path: Path) -> None:
    made = segmentation(tmp_path, put())
    carried = {
        "PatientID": PATIENT, "PatientName": "CANARY^NAME", "PatientSex": "O",
        "IssuerOfPatientID": "CANARY HOSPITAL", "PatientBirthDate": "19610203",
        "StudyDate": "19610203", "StudyTime": "101112", "ContentDate": "19610203",
            "ContentTime": "101112",
        "AccessionNumber": "CANARY4711", "StudyID": "CANARY4711",
        "StudyInstanceUID": "1.2.826.77.2.1", "FrameOfReferenceUID": "1.2.826.77.1.1",
    }  # fmt: skip
    assert {name: str(made.get(name)) for name in carried} == carried
    uids = ("StudyInstanceUID", "FrameOfReferenceUID", "ReferencedSOPInstanceUID")
    for element in made.iterall():
        assert not element.tag.is_private
        known = element.keyword in (*carried, *uids) or "SeriesInstanceUID" in element.keyword
        if element.VR != "SQ" and not known:
            assert not [word for word in CANARIES if word in str(element.value)], element.keyword
    assert str(made.SOPInstanceUID).startswith("2.25.")
    assert made.SeriesInstanceUID != "1.2.826.77.3.1"


def test_nothing_of_the_patient_is_printed(tmp_path: Path) -> None:
    ct, mask = ct_folder(tmp_path), SEGMENTS["seg"](tmp_path)

    nameless = put(PatientName="CANARYONLY")  # which highdicom would warn of, by name
    other = tmp_path / "other"
    other.mkdir()
    runs: list[Ran] = [
        ask("convert", mask, "--to", tmp_path / "a.dcm", "--ct", ct, "-v"),
        ask("convert", mask, "--to", tmp_path / "b.dcm", "--ct", ct, "--json"),
        ask("convert", mask, "--to", tmp_path / "c.dcm", "--ct", ct_folder(other, nameless)),
        ask("convert", ct, "--to", tmp_path / "d.nii", "-v"),
    ]
    for ran in runs:
        assert ran.status == 0
        assert not [word for word in CANARIES if word in ran.out + ran.err]


def test_a_seg_needs_a_date(tmp_path: Path) -> None:
    mask, ct = MASKS["nifti"](tmp_path), ct_folder(tmp_path, put(StudyDate=""))
    to = tmp_path / "o.dcm"
    asked = ("convert", mask, "--to", to, "--ct", ct, "--structure", "Liver")
    refusal = refused(*asked)
    assert (refusal["code"], refusal["file"]) == ("convert.no_date", "mask.nii")
    told(*asked, "--as-of", "2026-11-20")
    assert dcmread(to).ContentDate == "20261120"


@pytest.mark.parametrize("keyword", ["FrameOfReferenceUID", "StudyInstanceUID"])
def test_a_ct_that_lacks_what_a_seg_refers_to(keyword: str, tmp_path: Path) -> None:
    ct = ct_folder(tmp_path, lambda data: delattr(data, keyword))
    mask = MASKS["nifti"](tmp_path)
    ran = refused("convert", mask, "--to", tmp_path / "o.dcm", "--ct", ct, "--structure", "Liver")
    assert ran["code"] == "convert.ct_lacks"
    assert ran["reason"] == f"the header lacks {keyword}"


def test_slices_that_change_meanwhile_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from fl_planner.formats.dicom import sources as _dicom_sources

    def fewer(path: Path, limits: Limits, named: NamedSlices) -> Slices:
        found = find_slices(path, limits, named)
        return replace(found, slices=found.slices[1:])

    monkeypatch.setattr(_dicom_sources, "find_slices", fewer)
    mask, ct = MASKS["nifti"](tmp_path), ct_folder(tmp_path)
    ran = refused("convert", mask, "--to", tmp_path / "o.dcm", "--ct", ct, "--structure", "Liver")
    assert (ran["code"], ran["file"]) == ("convert.ct_lacks", "ct")


def test_what_a_ct_leaves_out_is_left_empty(tmp_path: Path) -> None:
    def bare(data: Dataset) -> None:
        for keyword in ("AccessionNumber", "PatientBirthDate", "IssuerOfPatientID"):
            delattr(data, keyword)

    made = segmentation(tmp_path, bare)
    assert (made.AccessionNumber, made.PatientBirthDate) == ("", "")
    assert "IssuerOfPatientID" not in made


def test_one_file_means_its_series_among_others(tmp_path: Path) -> None:
    mask, ct = MASKS["nifti"](tmp_path), ct_folder(tmp_path)
    for layer in range(2):
        other = ct_slice(layer, number=50 + layer)
        other.SeriesInstanceUID = "1.2.826.77.3.2"
        write(ct / f"other{layer}.dcm", pack(other))
    asked = ("convert", mask, "--to", tmp_path / "o.dcm", "--structure", "Liver")
    assert refused(*asked, "--ct", ct)["code"] == "series.several"
    told(*asked, "--ct", ct / "3.dcm")
    require_segment(tmp_path / "o.dcm", {"Liver": BLOCK})


def test_more_numbers_than_labels_are_an_image(tmp_path: Path) -> None:
    numbers = np.arange(512, dtype="u2").reshape(8, 8, 8)
    kinds = {255: "structures", 256: "image"}
    for most, kind in kinds.items():
        start = named(tmp_path, "many.nii", nifti(np.minimum(numbers, most), **sform(FINE)))
        record = told("convert", start, "--to", tmp_path / "o.nii", "--force")
        assert record["kind"] == kind


@pytest.mark.parametrize("shift_mm", [0.0, 1.3])
def test_a_tilted_gantry_and_slices_from_head_to_foot(shift_mm: float, tmp_path: Path) -> None:
    def tilt(data: Dataset) -> None:
        x, y, z = data.ImagePositionPatient
        layer = (z - ORIGIN[2]) / STEP
        data.ImagePositionPatient = [x, y + layer * shift_mm, -z]  # the first slice is highest

    ct = ct_folder(tmp_path, tilt)
    told("convert", ct, "--to", tmp_path / "ct.nii")
    affine = nib.load(tmp_path / "ct.nii").affine
    mask = named(tmp_path, "m.nii", nifti(BLOCK, **sform(affine[:3].tolist())))
    asked = ("convert", mask, "--to", tmp_path / "o.dcm", "--ct", ct, "--structure", "Liver")
    (one,) = told(*asked)["structures"]
    assert (one["voxels"], one["volume_ml"]) == (VOXELS, pytest.approx(VOXELS * VOXEL_ML))
    made = dcmread(tmp_path / "o.dcm")
    (measures,) = made.SharedFunctionalGroupsSequence[0].PixelMeasuresSequence
    assert measures.SliceThickness == STEP  # along the normal, however they are shifted
    heights = [
        frame.PlanePositionSequence[0].ImagePositionPatient[2]
        for frame in made.PerFrameFunctionalGroupsSequence
    ]
    assert sorted(heights) == [-ORIGIN[2] - 2 * STEP, -ORIGIN[2] - STEP]
    told("convert", tmp_path / "o.dcm", "--to", tmp_path / "b.nii", "--like", mask)
    assert np.array_equal(np.asarray(nib.load(tmp_path / "b.nii").dataobj), BLOCK)


def test_an_accented_name_survives(tmp_path: Path) -> None:
    accented = put(SpecificCharacterSet="ISO_IR 100", PatientName="Müller^Zoé")
    made = segmentation(tmp_path, accented)
    assert (str(made.PatientName), made.SpecificCharacterSet) == ("Müller^Zoé", "ISO_IR 192")


def test_other_files_next_to_the_slices_mean_nothing(tmp_path: Path) -> None:
    mask, ct = MASKS["nifti"](tmp_path), ct_folder(tmp_path)
    write(ct / "notes.txt", b"some words")
    overview = ct_slice(0, number=77)
    overview.ImageType = ["ORIGINAL", "PRIMARY", "LOCALIZER"]
    write(ct / "overview.dcm", pack(overview))
    shutil.copy(SEGMENTS["seg"](tmp_path), ct / "old.dcm")
    told("convert", mask, "--to", tmp_path / "new.dcm", "--ct", ct, "--structure", "Liver")
    require_segment(tmp_path / "new.dcm", {"Liver": BLOCK})


def test_the_same_bytes_each_time(tmp_path: Path) -> None:
    both, ct = layered(tmp_path), ct_folder(tmp_path)
    for name in ("a", "b"):
        told("convert", both, "--to", tmp_path / f"{name}.dcm", "--ct", ct)
    made = [(tmp_path / f"{name}.dcm").read_bytes() for name in ("a", "b")]
    assert made[0] == made[1]
    told("convert", both, "--to", tmp_path / "c.dcm", "--ct", ct, "--structure", "Liver")
    uids = {dcmread(tmp_path / f"{name}.dcm").SOPInstanceUID for name in ("a", "c")}
    assert len(uids) == 2


def test_what_a_person_sees(tmp_path: Path) -> None:
    ct, mask = ct_folder(tmp_path), SEGMENTS["seg.nrrd"](tmp_path)
    ran = ask("convert", mask, "--to", tmp_path / "o.dcm", "--ct", ct)
    assert (ran.status, "do not share it unchanged" in ran.err) == (0, True)
    assert "o.dcm: written as dicom-seg (binary), verified by reading it back" in ran.out
    row = next(line for line in ran.out.splitlines() if "Liver" in line)
    assert row.split() == ["1", "Liver", "0.36", "12", "0.36", "12"]
    quiet = ask("convert", mask, "--to", tmp_path / "p.dcm", "--ct", ct, "--quiet")
    assert (quiet.status, quiet.err) == (0, "")
    image = ask("convert", ct, "--to", tmp_path / "o.nii")
    assert "image, values -1024 to -695" in image.out


def test_an_image_without_a_number_has_no_ends(tmp_path: Path) -> None:
    nothing = np.full(SHAPE, np.nan, "f4")
    nothing[0, 0, 0] = np.inf
    start = named(tmp_path, "odd.nii", nifti(nothing, **sform(RAS)))
    record = told("convert", start, "--to", tmp_path / "o.nii")
    assert (record["kind"], "values" in record) == ("image", False)
    assert "values unknown" in ask("convert", start, "--to", tmp_path / "p.nii").out


def test_a_rounded_grid_is_reported(tmp_path: Path) -> None:
    rows = [[0.1234567891, 0.0, 0.0, -100.123456789], [0.0, 3.0, 0.0, 0.0], [0.0, 0.0, 5.0, 0.0]]
    start = named(tmp_path, "a.nrrd", nrrd(BLOCK, rows))
    record = told("convert", start, "--to", tmp_path / "o.nii")
    one = finding(record, "convert.rounded")
    assert (one["severity"], one["unit"]) == ("info", "mm")
    assert 0 < one["value"] == record["verified"]["grid_off_mm"] < 1e-5


@pytest.mark.slow
@pytest.mark.parametrize("layers", [(1, 3), (0, 2), (0, 1, 3)])
def test_structures_on_slices_that_are_not_adjacent(
    layers: tuple[int, ...], tmp_path: Path
) -> None:
    """The SEG contains the slices in between if nothing else shows how far apart slices are."""
    ct, voxels = ct_folder(tmp_path), np.zeros(SHAPE, np.uint8)
    voxels[1:4, 1:3, list(layers)] = 1
    start, to = named(tmp_path, "sparse.nii", nifti(voxels, **sform(RAS))), tmp_path / "out.dcm"
    told("convert", start, "--to", to, "--ct", ct, "--structure", "Liver=1")
    made = require_segment(to, {"Liver": voxels})
    assert made.NumberOfFrames == (3 if len(layers) == 2 else len(layers))
    checked = told("check", to)
    assert "geometry.slice_step" not in codes(checked["files"][0])
    assert checked["files"][0]["geometry"]["spacing_mm"][2] == STEP
