"""A header and its voxels in two files [safety.md F3]."""

import os
from hashlib import sha256
from pathlib import Path

import pytest

from fl_planner.basis.findings import Severity
from fl_planner.formats.nifti.read import read_image, read_labels
from fl_planner.formats.read import list_files
from fl_planner.formats.stored.file import Limits
from fl_planner.formats.voxels.values import Holds, LabelFile
from tests.formats.opening import block
from tests.formats.reading import FORMS, good, require_number, require_path_refusal, require_right
from tests.niftis import Order, describe, header, nifti_pair, write, zipped

HDR, IMG = nifti_pair(block(), **FORMS)


def put(folder: Path, **files: bytes) -> None:
    """Write files whose ending is given as `hdr`, `img`, `hdr_gz`, `img_gz`."""
    for ending, content in files.items():
        write(folder / f"liver.{ending.replace('_', '.')}", content)


def read(path: Path) -> LabelFile:
    return read_labels(path, "liver", Holds.LABELS, Limits())


@pytest.mark.parametrize("given", ["hdr", "img"])
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("version", [1, 2])
def test_either_file_of_a_pair_may_be_given(
    version: int, order: Order, given: str, tmp_path: Path
) -> None:
    hdr, img = nifti_pair(block("i2"), version=version, order=order, **FORMS)
    put(tmp_path, hdr=hdr, img=img)
    file = read(tmp_path / f"liver.{given}")
    require_number(file, 12, 0.36)
    assert file.findings == ()
    assert [(one.file, one.format) for one in file.inputs] == [
        ("liver.hdr", f"nifti{version}"),
        ("liver.img", f"nifti{version}"),
    ]
    assert [one.sha256 for one in file.inputs] == [
        sha256(content).hexdigest() for content in (hdr, img)
    ]


@pytest.mark.parametrize("hdr", ["hdr", "hdr.gz", "HDR", "HDR.GZ"])
@pytest.mark.parametrize("img", ["img", "img.gz", "IMG", "IMG.GZ"])
def test_each_may_be_gzipped_and_in_capitals(hdr: str, img: str, tmp_path: Path) -> None:
    write(tmp_path / f"liver.{hdr}", zipped(HDR) if hdr.lower().endswith("gz") else HDR)
    write(tmp_path / f"liver.{img}", zipped(IMG) if img.lower().endswith("gz") else IMG)
    for given in (hdr, img):
        path = tmp_path / f"liver.{given}"
        file = read(path)
        require_number(file, 12, 0.36)
        assert file.findings == ()
        listed = [one.name for one in list_files(path, Limits())]
        assert listed == [one.file for one in file.inputs]


def test_one_file_may_bear_the_name_of_a_pair(tmp_path: Path) -> None:
    for name in ("liver.hdr", "other.img"):
        require_right(tmp_path, good(), name)


def test_a_header_without_voxels(tmp_path: Path) -> None:
    put(tmp_path, hdr=HDR)
    assert list_files(tmp_path / "liver.hdr", Limits()) == (tmp_path / "liver.hdr",)
    error = require_path_refusal(tmp_path / "liver.hdr", "file.pair", "liver.img is not beside it")
    assert "one folder" in error.remedy


def test_voxels_without_a_header(tmp_path: Path) -> None:
    put(tmp_path, img=IMG)
    require_path_refusal(tmp_path / "liver.img", "file.format", "is not a NIfTI file")


@pytest.mark.parametrize("name", ["liver.nii", "liver", "liver.nii.gz"])
def test_a_pair_by_magic_and_not_by_name(name: str, tmp_path: Path) -> None:
    put(tmp_path, img=IMG)
    content = zipped(HDR) if name.endswith("gz") else HDR
    path = write(tmp_path / name, content)
    require_path_refusal(path, "file.pair", "is not named .hdr")


def test_voxels_that_are_a_folder_or_a_pipe(tmp_path: Path) -> None:
    put(tmp_path, hdr=HDR)
    (tmp_path / "liver.img").mkdir()
    require_path_refusal_of(tmp_path, "file.folder", "is a folder")
    (tmp_path / "liver.img").rmdir()
    os.mkfifo(tmp_path / "liver.img")
    require_path_refusal_of(tmp_path, "file.special", "a pipe or a device")


def require_path_refusal_of(folder: Path, code: str, says: str) -> None:
    require_path_refusal(folder / "liver.img", code, says)  # reads through liver.hdr


@pytest.mark.parametrize(
    ("img", "code", "says"),
    [
        (IMG[:-1], "header.too_few_bytes", "ends early"),
        (IMG + b"\0", "header.too_many_bytes", "more bytes"),
        (IMG[:0], "file.empty", "0 bytes"),
        (b"\x1f\x8b" + IMG, "gzip.damaged", "damaged"),
    ],
)
def test_voxels_that_do_not_fit_name_their_file(
    img: bytes, code: str, says: str, tmp_path: Path
) -> None:
    put(tmp_path, hdr=HDR, img=img)
    require_path_refusal_of(tmp_path, code, says)


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("offset", [0, 1, 352, 4096])
def test_an_offset_into_the_voxels_file(offset: int, version: int, tmp_path: Path) -> None:
    hdr, img = nifti_pair(block(), version=version, vox_offset=offset, **FORMS)
    put(tmp_path, hdr=hdr, img=bytes(range(1, 2)) * offset + img)
    require_number(read(tmp_path / "liver.hdr"), 12, 0.36)


def test_an_offset_past_the_end_of_the_voxels_file(tmp_path: Path) -> None:
    hdr, img = nifti_pair(block(), vox_offset=121, **FORMS)
    put(tmp_path, hdr=hdr, img=img)
    require_path_refusal_of(tmp_path, "header.too_few_bytes", "before its data begin")


@pytest.mark.parametrize("offset", [-1.0, 0.5, float("nan"), float((16 << 20) + 16)])
def test_offsets_that_no_pair_has(offset: float, tmp_path: Path) -> None:
    hdr, img = nifti_pair(block(), vox_offset=offset, **FORMS)
    put(tmp_path, hdr=hdr, img=img)
    says = "of 0 to 16777216 possible"
    require_path_refusal(tmp_path / "liver.hdr", "header.vox_offset", says)


@pytest.mark.parametrize(
    "tail", [b"", b"\0\0\0\0", bytes(100), b"\1\0\0\0" + b"\x10\0\0\0\6\0\0\0" + b"comment."]
)
def test_extensions_of_a_pair_stand_in_its_header(tail: bytes, tmp_path: Path) -> None:
    put(tmp_path, hdr=HDR + tail, img=IMG)
    file = read(tmp_path / "liver.hdr")
    require_number(file, 12, 0.36)
    assert file.findings == ()


def test_a_broken_extension_of_a_pair_is_named(tmp_path: Path) -> None:
    put(tmp_path, hdr=HDR + b"\1\0\0\0rubbish", img=IMG)
    file = read(tmp_path / "liver.hdr")
    require_number(file, 12, 0.36)
    (finding,) = file.findings
    assert (finding.code, finding.severity) == ("header.extensions", Severity.WARNING)
    assert finding.file == "liver.hdr"


def test_a_header_longer_than_16_mib(tmp_path: Path) -> None:
    put(tmp_path, hdr=HDR + bytes(16 << 20), img=IMG)
    require_number(read(tmp_path / "liver.hdr"), 12, 0.36)
    put(tmp_path, hdr=HDR + bytes((16 << 20) + 1), img=IMG)
    says = "more bytes than its header says"
    require_path_refusal(tmp_path / "liver.hdr", "header.too_many_bytes", says)


def test_odd_bytes_of_both_files_are_told(tmp_path: Path) -> None:
    put(tmp_path, hdr_gz=HDR, img_gz=zipped(IMG) + b"\0")
    file = read(tmp_path / "liver.hdr.gz")
    require_number(file, 12, 0.36)
    assert [(finding.code, finding.file) for finding in file.findings] == [
        ("gzip.name", "liver.hdr.gz"),
        ("gzip.trailing_bytes", "liver.img.gz"),
    ]


def test_gzip_that_the_names_of_a_pair_do_not_tell(tmp_path: Path) -> None:
    put(tmp_path, hdr=zipped(HDR), img=zipped(IMG))
    file = read(tmp_path / "liver.hdr")
    require_number(file, 12, 0.36)
    assert [(finding.code, finding.file) for finding in file.findings] == [
        ("gzip.name", "liver.hdr"),
        ("gzip.name", "liver.img"),
    ]


def test_analyze_is_a_pair_without_magic(tmp_path: Path) -> None:
    put(tmp_path, hdr=header(**describe((6, 5, 4), **{**FORMS, "magic": b""})), img=IMG)
    for given in ("hdr", "img"):
        with pytest.raises(ValueError, match=rf"^liver\.{given}: .*is an Analyze 7\.5 file"):
            read(tmp_path / f"liver.{given}")


def test_an_image_may_be_a_pair(tmp_path: Path) -> None:
    put(tmp_path, hdr=HDR, img=IMG)
    image, inputs, findings = read_image(tmp_path / "liver.img", "ct", Limits())
    assert (int(image.voxels.sum()), image.file, findings) == (12, "liver.hdr", ())
    assert [one.file for one in inputs] == ["liver.hdr", "liver.img"]
