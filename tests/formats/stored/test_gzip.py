"""Gzip by hand: whole members are read, and nothing that is not whole [safety.md F1]."""

import bz2
import gzip
import io
import lzma
import struct
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pytest

from fl_planner.basis.findings import InputRefused
from fl_planner.formats.stored import file as _bytes
from tests.cases import by_outcome, each_case, of_many
from tests.formats.opening import VOXELS, whole
from tests.formats.reading import FORMS, good, read, require_refusal, require_right, require_warning
from tests.niftis import nifti, zipped

NAME = "liver.nii.gz"
PLAIN = good()
PACKED = zipped(PLAIN)
HEAD, TRAILER = 10, 8  # bytes of a gzip member around the deflate data [RFC 1952]


def member(content: bytes, *, flags: int = 0, extra: bytes = b"", level: int = 9) -> bytes:
    """Pack a gzip member with header fields; its header's CRC-16 is added where flagged."""
    head = b"\x1f\x8b\x08" + bytes([flags]) + b"\0\0\0\0\x00\xff" + extra
    if flags & 2:
        head += struct.pack("<H", zlib.crc32(head) & 0xFFFF)
    packer = zlib.compressobj(level, zlib.DEFLATED, -15)
    body = packer.compress(content) + packer.flush()
    return head + body + struct.pack("<II", zlib.crc32(content), len(content))


SAME = {
    "one member": PACKED,
    "cut within the header": zipped(PLAIN[:100]) + zipped(PLAIN[100:]),
    "cut at the first voxel": zipped(PLAIN[:352]) + zipped(PLAIN[352:]),
    "cut within the voxels": zipped(PLAIN[:400]) + zipped(PLAIN[400:]),
    "a member for every byte": b"".join(zipped(PLAIN[n : n + 1]) for n in range(len(PLAIN))),
    "an empty member first": zipped(b"") + PACKED,
    "an empty member last": PACKED + zipped(b""),
    "stored, not packed": member(PLAIN, level=0),
    "with a name": member(PLAIN, flags=8, extra=b"liver.nii\0"),
    "with a long name": member(PLAIN, flags=8, extra=b"n" * 300 + b"\0"),
    "with a comment": member(PLAIN, flags=16, extra=b"by hand\0"),
    "with an extra field": member(PLAIN, flags=4, extra=b"\x05\0hello"),
}


@pytest.mark.parametrize("content", SAME.values(), ids=SAME)
@pytest.mark.parametrize("piece", [2, 7, 1 << 18])
def test_whole_members_are_joined(
    content: bytes, piece: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_bytes, "STORED_PIECE", piece)  # where a piece ends must not matter
    require_right(tmp_path, content, NAME)


def test_a_file_of_very_many_members_is_refused_early(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_bytes, "MOST_STREAMS", 3)  # of 262,144: empty ones cost time only
    require_right(tmp_path, zipped(b"") * 2 + PACKED, NAME)
    says = "the gzip data have more than 3 members"
    require_refusal(tmp_path, zipped(b"") * 3 + PACKED, "limit.time", says, name=NAME)


def test_a_header_longer_than_a_piece_and_one_with_its_own_crc(tmp_path: Path) -> None:
    require_right(tmp_path, member(PLAIN, flags=8, extra=b"n" * 300_000 + b"\0"), NAME)
    require_right(tmp_path, member(PLAIN, flags=2), NAME)


def test_a_file_of_many_pieces(tmp_path: Path) -> None:
    noise = np.random.default_rng(1).integers(0, 2, (128, 128, 300)).astype("u1")
    packed = member(nifti(noise, **FORMS), level=1)
    assert len(packed) > 2 * _bytes.STORED_PIECE
    count = int(noise.sum())
    require_right(tmp_path, packed, NAME, voxels=count, ml=count * 0.030)


@pytest.mark.parametrize(
    "tail", [b"\0", b"\0" * 512, b"\x1f", b"rubbish", b"\0" * 600_000, b"\x8b\x1f"]
)
@pytest.mark.parametrize("piece", [3, 1 << 18])
def test_bytes_after_the_last_member_are_named(
    tail: bytes, piece: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_bytes, "STORED_PIECE", piece)
    if len(tail) > 1000 and piece < 100:
        tail = tail[:1000]
    require_warning(tmp_path, PACKED + tail, "gzip.trailing_bytes", "bytes follow the end", NAME)


def test_a_name_that_states_gzip_without_any(tmp_path: Path) -> None:
    require_warning(
        tmp_path, PLAIN, "gzip.name", "not gzipped, although its name ends in .gz", NAME
    )


@pytest.mark.parametrize("name", ["liver.nii", "LIVER.NII"])
def test_gzip_without_a_name_that_states_this(name: str, tmp_path: Path) -> None:
    require_warning(
        tmp_path, PACKED, "gzip.name", "gzipped, although its name does not end in .gz", name
    )


@pytest.mark.parametrize("name", ["liver", "liver.nii.gz.part", "LIVER.NII.GZ"])
def test_a_name_that_states_nothing_of_gzip(name: str, tmp_path: Path) -> None:
    require_right(tmp_path, PACKED, name)


def spoiled(at: int, content: bytes = PACKED) -> bytes:
    changed = bytearray(content)
    changed[at] ^= 1
    return bytes(changed)


def in_zip() -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("liver.nii", PLAIN)
    return target.getvalue()


ALTERED = bytearray(PLAIN)
ALTERED[-1] = 1  # a voxel more, packed anew with the trailer of the true file
DAMAGED = by_outcome(
    {
        ("gzip.damaged", "damaged"): {
            "CRC": spoiled(-8),
            "length": spoiled(-4),
            "CRC of the header": spoiled(10, member(PLAIN, flags=2)),
            "method": spoiled(2),
            "voxels changed, trailer kept": zipped(bytes(ALTERED))[:-TRAILER] + PACKED[-TRAILER:],
            "second member damaged": zipped(PLAIN[:400]) + spoiled(-6, zipped(PLAIN[400:])),
            "first member's CRC": spoiled(-8, zipped(PLAIN[:400])) + zipped(PLAIN[400:]),
            "rubbish that begins like a member": PACKED + b"\x1f\x8brubbish!" * 3,
        },
        ("gzip.cut", "end too early"): {
            "no trailer": PACKED[:-TRAILER],
            "half a trailer": PACKED[:-4],
            "half": PACKED[: len(PACKED) // 2],
            "second member cut": zipped(PLAIN[:400]) + zipped(PLAIN[400:])[:-1],
            "empty member cut after the last": PACKED + zipped(b"")[:-1],
        },
        ("header.too_few_bytes", "the file ends before its last voxel"): {
            "second member missing": zipped(PLAIN[:400])
        },
        ("header.too_many_bytes", "more bytes"): {
            "a byte beyond the voxels": zipped(PLAIN + b"\0"),
            "a member beyond the voxels": PACKED + PACKED,
        },
        ("file.format", "is gzipped twice"): {"gzipped twice": zipped(PACKED)},
        ("file.format", "is bzip2-compressed"): {
            "bzip2 in gzip": zipped(bz2.compress(PLAIN)),
            "bzip2": bz2.compress(PLAIN),
        },
        ("file.format", "is xz-compressed"): {"xz": lzma.compress(PLAIN)},
        ("file.format", "is zstd-compressed"): {"zstd": b"\x28\xb5\x2f\xfd" + PLAIN},
        ("file.format", "is a zip archive"): {"zip": in_zip()},
        ("file.format", "the file is not NIfTI: its header size is not"): {
            "nothing in it": zipped(b"")
        },
    }
)


@pytest.mark.parametrize(("content", "code", "says"), DAMAGED.values(), ids=DAMAGED)
def test_what_is_not_whole_is_refused(content: bytes, code: str, says: str, tmp_path: Path) -> None:
    name = "liver.nii" if content[:2] != b"\x1f\x8b" else NAME
    require_refusal(tmp_path, content, code, says, name)


@pytest.mark.slow
def test_h14_every_bit_flipped_is_refused_or_changes_no_voxel(tmp_path: Path) -> None:
    assert len(PACKED) < 150
    harmless, refused = 0, []
    for bit in range(8 * len(PACKED)):
        flipped = bytearray(PACKED)
        flipped[bit // 8] ^= 1 << bit % 8
        try:
            file = read(tmp_path, bytes(flipped), NAME)
        except InputRefused as refusal:
            refused.append(str(refusal))
            continue
        harmless += 1
        # zlib without its checks gives the very bytes: only a run was told otherwise
        assert zlib.decompress(flipped[HEAD:-TRAILER], -15) == PLAIN
        assert (whole(file).voxel_count, file.findings) == (VOXELS, ())
    assert 0 < harmless < len(PACKED)  # time stamp, system, and the like
    assert all(reason.startswith(f"{NAME}: ") for reason in refused)


@pytest.mark.slow
@each_case("at", range(len(PACKED)))
def test_h14_cut_gzip_is_refused_at_every_length(at: int, tmp_path: Path) -> None:
    with pytest.raises(InputRefused, match=r"^liver\.nii\.gz: ") as refusal:
        read(tmp_path, PACKED[:at], NAME)
    expected = {0: "file.empty", 1: "file.format"}.get(at, "gzip.cut")
    assert refusal.value.code == expected


@pytest.mark.slow
@pytest.mark.parametrize(("dtype", "version"), of_many([("u1", 2)], [("f8", 1), ("u1", 2)]))
def test_h14_cut_plain_file_is_refused_at_every_length(
    dtype: str, version: int, tmp_path: Path
) -> None:
    size = {1: 348, 2: 540}[version]
    content = good(dtype, version=version)
    for at in range(len(content)):
        with pytest.raises(InputRefused, match=r"^liver\.nii: ") as refusal:
            read(tmp_path, content[:at])
        expected = "header.cut" if at < size else "header.too_few_bytes"
        expected = {0: "file.empty", 1: "file.format"}.get(at, expected)
        assert refusal.value.code == expected


def test_h14_two_masks_that_only_the_crc_distinguishes(tmp_path: Path) -> None:
    assert gzip.decompress(zipped(bytes(ALTERED))) != PLAIN
    require_right(tmp_path, zipped(bytes(ALTERED)), NAME, voxels=13, ml=0.39)
