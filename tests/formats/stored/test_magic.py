"""What a file is: its content decides, and a wrong one is called by its name [safety.md F3]."""

import gzip
import hashlib
import os
import pickle
import socket
import stat
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO, cast

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fl_planner.basis.findings import InputRefused
from fl_planner.formats.dicom.file import is_dicom, list_folder
from fl_planner.formats.nifti.read import read_labels
from fl_planner.formats.stored import file as _bytes
from fl_planner.formats.stored.file import MOST_BYTES, PlainBytes, may_be_dicom, read_text
from fl_planner.formats.stored.file_size_limits import Limits
from fl_planner.formats.voxels.values import Holds
from tests.cases import each_case
from tests.formats.reading import (
    FILE,
    good,
    require_number,
    require_path_refusal,
    require_refusal,
    require_right,
    require_warning,
)
from tests.niftis import write, zipped
from tests.refusals import nested_deeply, refuses

OTHERS = {
    "NRRD": (b"NRRD0004\ntype: uint8\ndimension: 3\n", "an NRRD file"),
    "MetaImage": (b"ObjectType = Image\nNDims = 3\n", "a MetaImage file"),
    "MetaImage without a type": (b"NDims = 3\nDimSize = 6 5 4\n", "a MetaImage file"),
    "DICOM": (bytes(128) + b"DICM\x02\x00\x00\x00UL\x04\x00", "a DICOM file"),
    "PNG": (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "a PNG picture"),
    "JPEG": (b"\xff\xd8\xff\xe0\0\x10JFIF", "a JPEG picture"),
    "GIF": (b"GIF89a\6\0\5\0", "a GIF picture"),
    "BMP": (b"BM\x36\0\0\0", "a BMP picture"),
    "TIFF": (b"II*\0\x08\0\0\0", "a TIFF picture"),
    "TIFF, big endian": (b"MM\0*\0\0\0\x08", "a TIFF picture"),
    "PDF": (b"%PDF-1.7\n", "a PDF document"),
    "NumPy": (b"\x93NUMPY\1\0v\0{'descr': '|u1'}", "a NumPy array"),
    "HDF5": (b"\x89HDF\r\n\x1a\n", "an HDF5 file"),
    "NetCDF": (b"CDF\1\0\0\0\0", "a NetCDF file"),
    "MATLAB": (b"MATLAB 5.0 MAT-file, by hand", "a MATLAB file"),
    "STL": (b"solid liver\nfacet normal 0 0 1\n", "an STL surface"),
    "VTK": (b"# vtk DataFile Version 3.0\nliver\nASCII\n", "a VTK file"),
    "Git LFS": (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "a Git LFS pointer"),
    "program": (b"\x7fELF\2\1\1\0", "a program"),
    "HTML": (b"<!DOCTYPE html><html>404</html>", "an XML or HTML file"),
    "XML": (b"<?xml version='1.0'?>", "an XML or HTML file"),
    "table": (b"liver\t1500\n", "a text file"),
    "text with a character of none": (b"liver\x7f1500", "the file is not NIfTI: its header size"),
    "7-Zip": (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    "zip": (b"PK\x03\x04\x14\0", "a zip archive"),
    "empty zip": (b"PK\x05\x06" + bytes(18), "an empty zip archive"),
    "bzip2": (b"BZh91AY&SY", "bzip2-compressed"),
    "xz": (b"\xfd7zXZ\0\0\4", "xz-compressed"),
    "zstd": (b"\x28\xb5\x2f\xfd\x24", "zstd-compressed"),
    "FreeSurfer": (b"\0\0\0\1\0\0\1\0\0\0\1\0", "a FreeSurfer MGH file"),
    "text": (b"liver 1500 mL\r\n", "a text file"),
    "JSON": (b'{"volumes_ml": {"liver": 1500}}', "a text file"),
    "noise": (bytes(range(128, 256)), "the file is not NIfTI: its header size is not 348 or 540"),
    "zeros": (bytes(400), "the file is not NIfTI: its header size"),
    "pickle of old": (pickle.dumps([1, 2], protocol=0), "a text file"),
    **{
        f"pickle {protocol}": (pickle.dumps([1, 2], protocol), "a Python pickle, which is never")
        for protocol in (2, 3, 4, 5)
    },
}


@pytest.mark.parametrize("packed", [False, True])
@each_case("content, says", OTHERS)
def test_another_format_is_refused_by_its_name(
    content: bytes, says: str, packed: bool, tmp_path: Path
) -> None:
    name = "liver.nii.gz" if packed else FILE
    content = zipped(content) if packed else content
    error = require_refusal(tmp_path, content, "file.format", says, name)
    assert ".nii" in error.remedy


@pytest.mark.parametrize("start", [b"PK\x03\x04", b"7z\xbc\xaf"])
def test_an_archive_is_to_be_unpacked(start: bytes, tmp_path: Path) -> None:
    path = write(tmp_path / "masks.zip", start + bytes(600))
    with refuses("file.format") as refused:
        read_labels(path, "liver", Holds.ONE_LABEL, Limits())
    assert refused.value.remedy.startswith("unpack the archive and give its files")


@each_case("name", ["liver.raw", "LIVER.RAW", "liver.zraw", "liver.raw.gz"])
def test_voxels_alone_need_their_header(name: str, tmp_path: Path) -> None:
    content = bytes(400) + b"\1" * 400
    path = write(tmp_path / name, zipped(content) if name.endswith("gz") else content)
    says = "according to its name, the file contains only voxel values"
    with refuses("file.format", name, says=says) as refused:
        read_labels(path, "liver", Holds.ONE_LABEL, Limits())
    header = "give the header that belongs to it (.mhd or .nhdr), in the same folder"
    assert refused.value.remedy == header
    require_right(tmp_path, good(), "liver.raw")


@given(st.binary(max_size=200), st.sampled_from([b"", b"\x02\0", b"\x08\0", b"\x08\0\x05\0CS"]))
def test_a_first_look_misses_no_dicom_file(rest: bytes, start: bytes) -> None:
    for head in (start + rest, rest[:128].ljust(128) + b"DICM"):
        assert may_be_dicom(head) or not is_dicom(head)


def test_a_pickle_is_not_loaded(tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return os.mkdir, (str(tmp_path / "PWNED"),)

    require_refusal(tmp_path, pickle.dumps(Trap()), "file.format", "pickle")
    assert not (tmp_path / "PWNED").exists()


ENDINGS = [
    ".nrrd", ".seg.nrrd", ".nhdr", ".mha", ".mhd", ".dcm", ".mgz", ".mgh", ".mnc", ".h5", ".hdf5",
    ".mat", ".npy", ".npz", ".pkl", ".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".gif",
    ".pdf", ".zip", ".7z", ".tar", ".tgz", ".bz2", ".xz", ".zst", ".stl", ".vtk", ".txt", ".csv",
    ".json", ".xml", ".toml", ".NRRD", ".nrrd.gz",
]  # fmt: skip


@each_case(
    "ending, packed",
    [(ending, False) for ending in ENDINGS[:-1]] + [(ending, True) for ending in ENDINGS],
)
def test_a_name_of_another_format_is_reported(ending: str, packed: bool, tmp_path: Path) -> None:
    content = zipped(good()) if packed else good()
    said = ending.lower().removesuffix(".gz").split(".")[-1]
    require_warning(tmp_path, content, "file.name", f"ends in .{said}", f"liver{ending}")


ODD_NAMES = [
    "liver", "liver.mask", "a b.nii", "leber_\u00fc.nii", "leber_u\u0308.nii.gz",
    "\u809d\u81d3.nii", "{0}%s%n.nii", "-v.nii", "$(id);'\".nii", "#1*?[x].nii", ".nii",
    "two\nlines.nii", "x" * 240 + ".nii", "liver.hdr", "liver.img", "LIVER.NII", ".hidden.nii.gz",
]  # fmt: skip


@pytest.mark.parametrize("name", ODD_NAMES)
def test_any_other_name_is_silent(name: str, tmp_path: Path) -> None:
    require_right(tmp_path, zipped(good()) if name.endswith(".gz") else good(), name)


@pytest.mark.parametrize("name", ["{0}%s.nii", "leber_\u00fc.nii", "two\nlines.nii"])
def test_a_refusal_states_an_odd_name_as_it_is(name: str, tmp_path: Path) -> None:
    require_refusal(tmp_path, b"no", "file.format", "text file", name)


def test_what_is_no_regular_file(tmp_path: Path) -> None:
    require_path_refusal(tmp_path / FILE, "file.missing", "no such file")
    require_refusal(tmp_path, b"", "file.empty", "0 bytes")
    require_path_refusal(tmp_path, "file.folder", "a folder was given")
    os.mkfifo(tmp_path / "pipe")  # which is not waited for
    require_path_refusal(tmp_path / "pipe", "file.special", "a pipe or a device")
    for place in (Path(), Path("/")):  # without a name
        with refuses("file.folder", str(place)):
            read_labels(place, "liver", Holds.LABELS, Limits())
    says = "the path leads to a pipe or a device, not to a regular file"
    for device in ("null", "zero"):
        with refuses("file.special", device, says=says):
            read_labels(Path("/dev") / device, "liver", Holds.LABELS, Limits())


def test_a_socket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # its name may not be longer than 108 bytes
    with socket.socket(socket.AF_UNIX) as open_socket:
        open_socket.bind(FILE)
        require_path_refusal(tmp_path / FILE, "file.special", "a pipe or a device")


def test_links(tmp_path: Path) -> None:
    write(tmp_path / "real.nii", good())
    links = {"good": "real.nii", "loop": "loop.nii", "lost": "gone", "dir": "."}
    for name, target in links.items():
        (tmp_path / f"{name}.nii").symlink_to(target)
    require_number(read_labels(tmp_path / "good.nii", "liver", Holds.LABELS, Limits()), 12, 0.36)
    require_path_refusal(tmp_path / "loop.nii", "file.unreadable", "symbolic link")
    require_path_refusal(tmp_path / "lost.nii", "file.missing", "no such file")
    require_path_refusal(tmp_path / "dir.nii", "file.folder", "a folder was given")


def test_paths_that_no_file_can_have(tmp_path: Path) -> None:
    write(tmp_path / "file", b"x")
    require_path_refusal(tmp_path / "a\0b.nii", "file.unreadable", "null")
    require_path_refusal(tmp_path / "a\0b.img", "file.unreadable", "null")
    require_path_refusal(tmp_path / "\ud800.nii", "file.unreadable", "cannot be opened")
    require_path_refusal(tmp_path / "file" / FILE, "file.unreadable", "ot a directory")


def test_a_name_longer_than_any_files_is_reported_cut(tmp_path: Path) -> None:
    with pytest.raises(InputRefused, match="too long") as refusal:
        read_labels(tmp_path / ("x" * 300), "liver", Holds.LABELS, Limits())
    told = f"{'x' * 200}... (100 more characters)"
    assert (refusal.value.code, refusal.value.source) == ("file.unreadable", told)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_no_permission(tmp_path: Path) -> None:
    path = write(tmp_path / FILE, good())
    path.chmod(0)
    require_path_refusal(path, "file.permission", "no permission")


def test_no_permission_reported_by_the_system(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forbid(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    path = write(tmp_path / "liver.img", good())
    monkeypatch.setattr(Path, "exists", forbid)  # of a folder: asked for a header beside it
    monkeypatch.setattr(os, "open", forbid)
    error = require_path_refusal(path, "file.permission", "no permission")
    assert error.remedy == "check the access rights"


def test_a_file_that_becomes_a_pipe_after_the_look(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = write(tmp_path / "real.nii", good()).stat()
    os.mkfifo(tmp_path / FILE)
    monkeypatch.setattr(Path, "stat", lambda *_, **__: seen)
    require_path_refusal(tmp_path / FILE, "file.special", "a pipe or a device")


def test_a_disk_that_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Failing:
        def read(self, _: int) -> bytes:
            raise OSError(5, "Input/output error")

        def close(self) -> None:
            closed.append(True)

    closed: list[bool] = []
    monkeypatch.setattr(_bytes, "_open", lambda *_: cast(BinaryIO, Failing()))
    require_path_refusal(tmp_path / FILE, "file.unreadable", "Input/output error")
    assert closed == [True]


def test_a_hash_is_of_the_bytes_as_stored(tmp_path: Path) -> None:
    for name, content in ((FILE, good()), ("liver.nii.gz", zipped(good()) + b"\0" * 400_000)):
        path = write(tmp_path / name, content)
        (file,) = read_labels(path, "liver", Holds.LABELS, Limits()).inputs
        assert (file.role, file.file, file.format) == ("liver", name, "nifti1")
        assert file.sha256 == sha256(content).hexdigest()


def test_only_regular_files_are_opened() -> None:
    modes = (stat.S_IFBLK, stat.S_IFCHR, stat.S_IFIFO, stat.S_IFSOCK)
    for mode in modes:
        seen = os.stat_result((mode, 0, 0, 1, 0, 0, 10, 0, 0, 0))
        with pytest.raises(InputRefused, match="a pipe or a device"):
            _bytes._require_file(FILE, seen, Limits())


def test_bytes_are_given_once_and_in_order(tmp_path: Path) -> None:
    content = bytes(np.random.default_rng(2).integers(0, 256, 5000).astype("u1"))
    for name, packed in (("a.bin", content), ("a.gz", zipped(content))):
        with PlainBytes(write(tmp_path / name, packed), Limits()) as source:
            assert source.peek(3) == content[:3]
            assert source.take(1000) == content[:1000]
            target = bytearray(3000)
            assert source.fill(memoryview(target)) == 3000
            assert target == content[1000:4000]
            assert source.take(9000) == content[4000:]
            assert (source.take(1), source.peek(1)) == (b"", b"")
            assert source.fill(memoryview(target)) == 0
            source.finish()


WHAT = "a letter"


def put(folder: Path, content: bytes) -> Path:
    path = folder / "letter.txt"
    path.write_bytes(content)
    return path


def refuse(path: Path) -> InputRefused:
    with pytest.raises(InputRefused) as caught:
        read_text(path, "letter.unreadable", WHAT)
    return caught.value


def test_text_comes_with_the_hash_of_its_file(tmp_path: Path) -> None:
    for content, text in (
        (b"plain", "plain"),
        ("é 肝 \U0001fac0".encode(), "é 肝 \U0001fac0"),
        (b"\xef\xbb\xbfwith mark", "with mark"),
        (b"two\r\nlines\n", "two\r\nlines\n"),
        (b" ", " "),
    ):
        read = read_text(put(tmp_path, content), "letter.unreadable", WHAT)
        assert read == (text, hashlib.sha256(content).hexdigest())


def test_exactly_1_mib_is_read_and_one_byte_more_is_not(tmp_path: Path) -> None:
    path = put(tmp_path, b"a" * MOST_BYTES)
    assert read_text(path, "letter.unreadable", WHAT)[0] == "a" * (1 << 20)
    refused = refuse(put(tmp_path, b"a" * (MOST_BYTES + 1)))
    says = "letter.txt: the file is not a letter: it is larger than 1 MiB; give a letter"
    assert (refused.code, str(refused)) == ("letter.unreadable", says)
    os.truncate(put(tmp_path, b""), 1 << 34)  # 16 GiB of nothing, none of it on the disk
    assert "larger than 1 MiB" in refuse(path).reason
    put(tmp_path, bytes(1 << 12))
    assert "it is not UTF-8 text" in refuse(path).reason


NO_TEXT = "the file is not a letter: it is not UTF-8 text"
UTF_16 = "the file is text in UTF-16, not UTF-8"
OTHER_ENCODING = "the file is text in another encoding, not UTF-8"


@each_case("content, reason", [
    (b"\xff", NO_TEXT),
    (b"a\x00b", NO_TEXT),
    (b"\x5c\x01\x00\x00" + bytes(400), NO_TEXT),
    ("text".encode("utf-16"), UTF_16),
    ((300 * "-" + "ü").encode("utf-16-le"), UTF_16),
    ((300 * "-" + "ü").encode("utf-16-be"), UTF_16),
    ("café".encode("cp1252"), OTHER_ENCODING),
    (b"-" * 300 + b"\xe9", OTHER_ENCODING),
    (b"a\x01\xff", NO_TEXT),
    (b"\x1f\x8b no gzip at all", "a letter must not be gzipped"),
    (gzip.compress(b"text", mtime=0), "a letter must not be gzipped"),
    (b"PK\x03\x04\xff", "the file is a zip archive, not a letter"),
    (b"%PDF-1.7\n\xff", "the file is a PDF document, not a letter"),
])  # fmt: skip
def test_what_is_no_text_is_refused_by_its_name(
    content: bytes, reason: str, tmp_path: Path
) -> None:
    refused = refuse(put(tmp_path, content))
    assert (refused.code, refused.reason) == ("letter.unreadable", reason)
    assert (
        refused.remedy.removeprefix("unpack the ")
        .removeprefix("archive and ")
        .removeprefix("file and ")
        .startswith("give a letter")
    )


@each_case("content, remedy", [
    (b"PK\x03\x04\xff", "unpack the archive and give a letter"),
    (b"7z\xbc\xaf\xff", "unpack the archive and give a letter"),
    (b"%PDF-1.7\n\xff", "give a letter"),
    (gzip.compress(b"text", mtime=0), "unpack the file and give a letter"),
    ("café".encode("cp1252"), "give a letter, saved as UTF-8"),
    ("café".encode("utf-16-le"), "give a letter, saved as UTF-8"),
    (b"\xff", "give a letter, saved as UTF-8"),
])  # fmt: skip
def test_an_archive_or_a_picture_is_not_to_be_saved_as_utf_8(
    content: bytes, remedy: str, tmp_path: Path
) -> None:
    assert refuse(put(tmp_path, content)).remedy == remedy


@each_case("header, kind", [
    (b"NRRD0004\ntype: uint8\n", "an NRRD file"),
    (b"ObjectType = Image\nNDims = 3\n", "a MetaImage file"),
    (b"Comment = liver\nNDims = 3\n", "a MetaImage file"),
])  # fmt: skip
def test_the_byte_order_mark_of_an_editor_is_named(
    header: bytes, kind: str, tmp_path: Path
) -> None:
    path = write(tmp_path / "liver.nhdr", b"\xef\xbb\xbf" + header + bytes(400))
    with refuses("file.format") as refused:
        read_labels(path, "liver", Holds.ONE_LABEL, Limits())
    assert refused.value.reason == f"a byte-order mark precedes the header of {kind}"
    assert "without a byte-order mark" in refused.value.remedy


def test_the_root_of_a_disk_is_called_a_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    assert refuse(Path("/")).source == "the folder"

    def deny(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "scandir", deny)
    with refuses("file.unreadable", "the folder"):
        list_folder(Path("/"), below=False)


@pytest.mark.slow
def test_hundreds_of_levels_of_sub_folders_are_refused(tmp_path: Path) -> None:
    with nested_deeply(tmp_path) as (deep, _), refuses("file.unreadable", deep.name):
        list_folder(deep, below=True)


def test_what_cannot_be_opened_is_refused_as_any_file(tmp_path: Path) -> None:
    assert refuse(tmp_path / "none.txt").code == "file.missing"
    assert refuse(tmp_path).code == "file.folder"
    assert refuse(put(tmp_path, b"")).code == "file.empty"
    (tmp_path / "loop").symlink_to("loop")
    assert refuse(tmp_path / "loop").code == "file.unreadable"
    os.mkfifo(tmp_path / "pipe")
    assert refuse(tmp_path / "pipe").code == "file.special"
