"""NIfTI: a header and its voxels in two files, how large they may be, headers spoiled [F2, F3]."""

import os
import zlib
from contextlib import suppress
from hashlib import sha256
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from fl_planner.basis.findings import InputRefused, Severity
from fl_planner.formats.nifti.read import read_image, read_labels
from fl_planner.formats.read import list_files
from fl_planner.formats.stored import file as _bytes
from fl_planner.formats.stored.file_size_limits import Limits
from fl_planner.formats.voxels.values import Holds, LabelFile
from tests.cases import of_many
from tests.formats.opening import ML, VOXELS, block, require_finding, whole
from tests.formats.reading import (
    FILE,
    FORMS,
    good,
    read,
    require_number,
    require_path_refusal,
    require_refusal,
    require_right,
)
from tests.niftis import Order, describe, header, nifti, nifti_pair, stored, write, zipped

HDR, IMG = nifti_pair(block(), **FORMS)


def put(folder: Path, **files: bytes) -> None:
    """Write files whose ending is given as `hdr`, `img`, `hdr_gz`, `img_gz`."""
    for ending, content in files.items():
        write(folder / f"liver.{ending.replace('_', '.')}", content)


def read_pair(path: Path) -> LabelFile:
    return read_labels(path, "liver", Holds.LABELS, Limits())


@pytest.mark.parametrize("given", ["hdr", "img"])
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("version", [1, 2])
def test_either_file_of_a_pair_may_be_given(
    version: int, order: Order, given: str, tmp_path: Path
) -> None:
    hdr, img = nifti_pair(block("i2"), version=version, order=order, **FORMS)
    put(tmp_path, hdr=hdr, img=img)
    file = read_pair(tmp_path / f"liver.{given}")
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
        file = read_pair(path)
        require_number(file, 12, 0.36)
        assert file.findings == ()
        listed = [one.name for one in list_files(path, Limits())]
        assert listed == [one.file for one in file.inputs]


def test_h12_a_pair_with_two_images_or_two_headers_is_refused(tmp_path: Path) -> None:
    """Of twelve and of six voxels: the given image is read, never its neighbour."""
    half = block()
    half[2] = 0
    other = nifti_pair(half, **FORMS)[1]
    count = int(half.sum())
    assert 0 < count < VOXELS
    put(tmp_path, hdr=HDR, img=IMG, img_gz=zipped(other))
    require_path_refusal(tmp_path / "liver.hdr", "file.pair", "pair: liver.img and liver.img.gz")
    require_number(read_pair(tmp_path / "liver.img"), VOXELS, ML)
    assert whole(read_pair(tmp_path / "liver.img.gz")).voxel_count == count
    put(tmp_path, hdr_gz=zipped(HDR))
    for given in ("img", "img.gz"):
        require_path_refusal(tmp_path / f"liver.{given}", "file.pair", "liver.hdr and liver.hdr.gz")


def test_a_link_to_the_image_of_a_pair_is_no_second_image(tmp_path: Path) -> None:
    put(tmp_path, hdr=HDR, img=IMG)
    (tmp_path / "liver.IMG").symlink_to("liver.img")  # as if capitals did not differ
    require_number(read_pair(tmp_path / "liver.hdr"), VOXELS, ML)


def test_one_file_may_bear_the_name_of_a_pair(tmp_path: Path) -> None:
    for name in ("liver.hdr", "other.img"):
        require_right(tmp_path, good(), name)


def test_a_header_without_voxels(tmp_path: Path) -> None:
    put(tmp_path, hdr=HDR)
    assert list_files(tmp_path / "liver.hdr", Limits()) == (tmp_path / "liver.hdr",)
    error = require_path_refusal(tmp_path / "liver.hdr", "file.pair", "liver.img, is missing")
    assert "the same folder" in error.remedy


def test_voxels_without_a_header(tmp_path: Path) -> None:
    put(tmp_path, img=IMG)
    require_path_refusal(tmp_path / "liver.img", "file.format", "the file is not NIfTI")


@pytest.mark.parametrize("name", ["liver.nii", "liver", "liver.nii.gz"])
def test_a_pair_by_magic_and_not_by_name(name: str, tmp_path: Path) -> None:
    put(tmp_path, img=IMG)
    content = zipped(HDR) if name.endswith("gz") else HDR
    path = write(tmp_path / name, content)
    require_path_refusal(path, "file.pair", "does not have the extension .hdr")


def test_voxels_that_are_a_folder_or_a_pipe(tmp_path: Path) -> None:
    put(tmp_path, hdr=HDR)
    (tmp_path / "liver.img").mkdir()
    require_path_refusal_of(tmp_path, "file.folder", "a folder was given")
    (tmp_path / "liver.img").rmdir()
    os.mkfifo(tmp_path / "liver.img")
    require_path_refusal_of(tmp_path, "file.special", "a pipe or a device")


def require_path_refusal_of(folder: Path, code: str, says: str) -> None:
    require_path_refusal(folder / "liver.img", code, says)  # reads through liver.hdr


@pytest.mark.parametrize(
    ("img", "code", "says"),
    [
        (IMG[:-1], "header.too_few_bytes", "the file ends before its last voxel"),
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
    require_number(read_pair(tmp_path / "liver.hdr"), 12, 0.36)


def test_an_offset_past_the_end_of_the_voxels_file(tmp_path: Path) -> None:
    hdr, img = nifti_pair(block(), vox_offset=121, **FORMS)
    put(tmp_path, hdr=hdr, img=img)
    require_path_refusal_of(tmp_path, "header.too_few_bytes", "before its data begin")


@pytest.mark.parametrize("offset", [-1.0, 0.5, float("nan"), float((16 << 20) + 16)])
def test_offsets_that_no_pair_has(offset: float, tmp_path: Path) -> None:
    hdr, img = nifti_pair(block(), vox_offset=offset, **FORMS)
    put(tmp_path, hdr=hdr, img=img)
    says = "0 to 16777216 are allowed"
    require_path_refusal(tmp_path / "liver.hdr", "header.vox_offset", says)


@pytest.mark.parametrize(
    "tail", [b"", b"\0\0\0\0", bytes(100), b"\1\0\0\0" + b"\x10\0\0\0\6\0\0\0" + b"comment."]
)
def test_extensions_of_a_pair_are_in_its_header(tail: bytes, tmp_path: Path) -> None:
    put(tmp_path, hdr=HDR + tail, img=IMG)
    file = read_pair(tmp_path / "liver.hdr")
    require_number(file, 12, 0.36)
    assert file.findings == ()


def test_a_broken_extension_of_a_pair_is_named(tmp_path: Path) -> None:
    put(tmp_path, hdr=HDR + b"\1\0\0\0rubbish", img=IMG)
    file = read_pair(tmp_path / "liver.hdr")
    require_number(file, 12, 0.36)
    assert require_finding(file, "header.extensions", "").file == "liver.hdr"


def test_a_header_longer_than_16_mib(tmp_path: Path) -> None:
    put(tmp_path, hdr=HDR + bytes(16 << 20), img=IMG)
    require_number(read_pair(tmp_path / "liver.hdr"), 12, 0.36)
    put(tmp_path, hdr=HDR + bytes((16 << 20) + 1), img=IMG)
    says = "more bytes than its header gives"
    require_path_refusal(tmp_path / "liver.hdr", "header.too_many_bytes", says)


def test_odd_bytes_of_both_files_are_reported(tmp_path: Path) -> None:
    put(tmp_path, hdr_gz=HDR, img_gz=zipped(IMG) + b"\0")
    file = read_pair(tmp_path / "liver.hdr.gz")
    require_number(file, 12, 0.36)
    assert [(finding.code, finding.file) for finding in file.findings] == [
        ("gzip.name", "liver.hdr.gz"),
        ("gzip.trailing_bytes", "liver.img.gz"),
    ]


def test_gzip_that_the_names_of_a_pair_do_not_state(tmp_path: Path) -> None:
    put(tmp_path, hdr=zipped(HDR), img=zipped(IMG))
    file = read_pair(tmp_path / "liver.hdr")
    require_number(file, 12, 0.36)
    assert [(finding.code, finding.file) for finding in file.findings] == [
        ("gzip.name", "liver.hdr"),
        ("gzip.name", "liver.img"),
    ]


def test_analyze_is_a_pair_without_magic(tmp_path: Path) -> None:
    put(tmp_path, hdr=header(**describe((6, 5, 4), **{**FORMS, "magic": b""})), img=IMG)
    for given in ("hdr", "img"):
        with pytest.raises(
            ValueError, match=rf"^liver\.{given}: .*the file is in Analyze 7\.5 format"
        ):
            read_pair(tmp_path / f"liver.{given}")


def test_an_image_may_be_a_pair(tmp_path: Path) -> None:
    put(tmp_path, hdr=HDR, img=IMG)
    image, inputs, findings = read_image(tmp_path / "liver.img", "ct", Limits())
    assert (int(image.voxels.sum()), image.file, findings) == (12, "liver.hdr", ())
    assert [one.file for one in inputs] == ["liver.hdr", "liver.img"]


GOOD = good()  # 352 bytes and 120 voxels


def empty(*shape: int, dtype: str = "u1") -> bytes:
    return header(**describe(shape, dtype, **FORMS)) + b"\0\0\0\0"


@pytest.mark.parametrize("at_least", [Limits(voxels=120), Limits(unpacked_bytes=120)])
def test_a_file_at_the_limit_is_read(at_least: Limits, tmp_path: Path) -> None:
    require_number(read(tmp_path, GOOD, limits=at_least), 12, 0.36)
    require_number(read(tmp_path, GOOD, limits=Limits(stored_bytes=len(GOOD))), 12, 0.36)


@pytest.mark.parametrize(
    ("limits", "code", "says"),
    [
        (Limits(voxels=119), "limit.voxels", "the header gives 120 voxels; the limit is 119"),
        (
            Limits(unpacked_bytes=119),
            "limit.unpacked",
            "the voxel data have 120 bytes; the limit is 119",
        ),
        (Limits(stored_bytes=471), "limit.file_size", "472 bytes; the limit is 471"),
    ],
)
def test_a_file_beyond_the_limit_is_refused(
    limits: Limits, code: str, says: str, tmp_path: Path
) -> None:
    error = require_refusal(tmp_path, GOOD, code, says, limits=limits)
    assert "--size-limit" in error.remedy


@pytest.mark.parametrize("name", [FILE, "liver.nii.gz"])
@pytest.mark.parametrize(
    ("shape", "dtype", "code"),
    [
        ((32767, 32767, 32767), "u1", "limit.voxels"),
        ((1024, 1024, 513), "u1", "limit.voxels"),  # 2^29 and one slice
        ((1024, 1024, 512), "u1", "header.too_few_bytes"),  # 2^29: read, and found empty
        ((1024, 1024, 129), "f8", "limit.unpacked"),  # 1 GiB and one slice
        ((1024, 1024, 128), "f8", "header.too_few_bytes"),
    ],
)
def test_size_is_judged_from_dim(
    shape: tuple[int, int, int], dtype: str, code: str, name: str, tmp_path: Path
) -> None:
    content = empty(*shape, dtype=dtype)
    require_refusal(tmp_path, zipped(content) if name.endswith(".gz") else content, code, "", name)


def test_dim_is_judged_before_the_rest_is_unpacked(tmp_path: Path) -> None:
    cut = zipped(empty(32767, 32767, 32767) + bytes(1 << 20))[:-100]  # not whole, never noticed
    require_refusal(tmp_path, cut, "limit.voxels", "35181150961663", "liver.nii.gz")


def test_limits_are_raised_together(tmp_path: Path) -> None:
    assert Limits.of_gib(1) == Limits()
    assert Limits.of_gib(2) == Limits(voxels=1 << 30, unpacked_bytes=2 << 30, stored_bytes=1 << 30)
    raised = Limits.of_gib(2)
    content = empty(1024, 1024, 129, dtype="f8")
    require_refusal(tmp_path, content, "header.too_few_bytes", "ends", limits=raised)


@pytest.mark.parametrize(("more", "code"), [(1, "limit.file_size"), (0, "file.format")])
def test_stored_size_of_a_sparse_file(more: int, code: str, tmp_path: Path) -> None:
    path = write(tmp_path / FILE, b"")
    os.truncate(path, (1 << 29) + more)
    require_path_refusal(path, code, "")


@pytest.mark.essential
@pytest.mark.slow
def test_full_size_masks_pass(tmp_path: Path) -> None:
    for shape, dtype in (((512, 512, 200), "i2"), ((384, 384, 180), "f8")):
        voxels = np.zeros((shape[0], shape[1], 1), dtype=dtype)
        voxels[100:300, 100:300] = 1
        path = write(tmp_path / FILE, empty(*shape, dtype=dtype) + stored(voxels))
        os.truncate(path, 352 + int(np.prod(shape)) * voxels.itemsize)  # zeros that cost nothing
        require_number(read_labels(path, "liver", Holds.LABELS, Limits()), 40_000, 1200.0)


def bomb(start: bytes, mebibytes: int) -> bytes:
    """Gzip `start` and zeros without ever holding the zeros; it has no trailer."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    first = packer.compress(start) + packer.flush(zlib.Z_FULL_FLUSH)
    mebibyte = packer.compress(bytes(1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)
    return b"\x1f\x8b\x08\0\0\0\0\0\x00\xff" + first + mebibyte * mebibytes


def test_nothing_beyond_the_voxels_is_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_bytes, "STORED_PIECE", 1 << 12)
    tail = bomb(GOOD, 65536)  # 64 GiB: unpacking it would take a minute
    require_refusal(tmp_path, tail, "header.too_many_bytes", "more bytes", "liver.nii.gz")


def test_nothing_beyond_the_extensions_of_a_pair_is_unpacked(tmp_path: Path) -> None:
    head = header(**describe((6, 5, 4), "u1", single=False, **FORMS))
    write(tmp_path / "liver.img", bytes(120))
    require_refusal(
        tmp_path, bomb(head, 65536), "header.too_many_bytes", "more bytes", "liver.hdr.gz"
    )


def test_an_image_is_compared_with_the_same_limits(tmp_path: Path) -> None:
    path = write(tmp_path / FILE, GOOD)
    image, _, _ = read_image(path, "ct", Limits(voxels=120))
    assert image.voxels.shape == (6, 5, 4)
    require_right(tmp_path, GOOD)
    with pytest.raises(ValueError, match=r"liver\.nii: the header gives 120 voxels"):
        read_image(path, "ct", Limits(voxels=119))


SMALL = 0.001  # relative: what two forms may differ by without a word [F8]
HEADERS = [(1, "<"), (2, ">")]
FIRST = {1: 352, 2: 544}


def outcome(path: Path, holds: Holds = Holds.LABELS) -> LabelFile | InputRefused:
    try:
        return read_labels(path, "liver", holds, Limits())
    except InputRefused as refusal:
        return refusal


def require_honest(found: LabelFile | InputRefused) -> None:
    """Ask for a refusal that names the file, a warning, or the number."""
    if isinstance(found, InputRefused):
        assert str(found).startswith(f"{FILE}: ")
        assert found.code.count(".") == 1
        return
    if not any(finding.severity is Severity.WARNING for finding in found.findings):
        assert whole(found).voxel_count == VOXELS
        assert whole(found).volume_ml == pytest.approx(ML, rel=SMALL)


@pytest.mark.slow
@pytest.mark.parametrize(("version", "order"), of_many([(1, "<")], HEADERS))
def test_h01_every_bit_of_a_header(version: int, order: Order, tmp_path: Path) -> None:
    content = nifti(block("i2"), version=version, order=order, **FORMS)
    path = tmp_path / FILE
    refused = 0
    for bit in range(8 * FIRST[version]):
        flipped = bytearray(content)
        flipped[bit // 8] ^= 1 << bit % 8
        found = outcome(write(path, bytes(flipped)))
        require_honest(found)
        refused += isinstance(found, InputRefused)
    assert refused > 300


@pytest.mark.slow
@pytest.mark.parametrize(("version", "order"), of_many([(2, ">")], HEADERS))
def test_h01_every_byte_of_a_header_all_zeros_or_all_ones(
    version: int, order: Order, tmp_path: Path
) -> None:
    content = nifti(block("i2"), version=version, order=order, **FORMS)
    for at in range(FIRST[version]):
        for value in (0x00, 0x7F, 0xFF):
            spoiled = bytearray(content)
            spoiled[at] = value
            require_honest(outcome(write(tmp_path / FILE, bytes(spoiled))))


@pytest.mark.essential
@pytest.mark.slow
@pytest.mark.parametrize(
    ("seed", "holds"), of_many([*zip(range(3), Holds, strict=False)], [*product(range(4), Holds)])
)
def test_random_bytes_never_crash_the_reader(seed: int, holds: Holds, tmp_path: Path) -> None:
    random = np.random.default_rng(seed)
    version = 1 + seed % 2
    content = nifti(block(["u1", "f4", "i8", "f8"][seed]), version=version, **FORMS)
    for _ in range(150):
        spoiled = bytearray(content)
        for at in random.integers(4, len(spoiled), random.integers(1, 12)):
            spoiled[at] = random.integers(0, 256)
        path = write(tmp_path / FILE, bytes(spoiled))
        found = outcome(path, holds)
        if isinstance(found, LabelFile):
            for label in found.labelled.labels:
                assert found.mask("part", label).voxel_count > 0
        else:
            assert str(found).startswith(f"{FILE}: ")
        with suppress(InputRefused):
            read_image(path, "ct", Limits())
