"""How large a file may be: judged before it is unpacked [safety.md F2]."""

import os
import zlib
from pathlib import Path

import numpy as np
import pytest

from fl_planner.formats.nifti.read import read_image, read_labels
from fl_planner.formats.stored import file as _bytes
from fl_planner.formats.stored.file import Limits
from fl_planner.formats.voxels.values import Holds
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
from tests.niftis import describe, header, stored, write, zipped

WIDE = 1 << 40
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
        (Limits(voxels=119), "limit.voxels", "120 voxels in its header, the limit is 119"),
        (Limits(unpacked_bytes=119), "limit.unpacked", "120 bytes of voxels, the limit is 119"),
        (Limits(stored_bytes=471), "limit.file_size", "472 bytes, the limit is 471"),
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


def test_an_image_is_held_to_the_same_limits(tmp_path: Path) -> None:
    path = write(tmp_path / FILE, GOOD)
    image, _, _ = read_image(path, "ct", Limits(voxels=120))
    assert image.voxels.shape == (6, 5, 4)
    require_right(tmp_path, GOOD)
    with pytest.raises(ValueError, match=r"liver\.nii: is too large: 120 voxels"):
        read_image(path, "ct", Limits(voxels=119))
