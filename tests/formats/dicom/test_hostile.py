"""Changed DICOM files: the mask, another mask or a refusal, never a crash and never a name."""

import struct
from collections.abc import Callable
from pathlib import Path
from random import Random
from time import process_time

import pytest

from fl_planner.basis.findings import InputRefused
from fl_planner.formats.read import read_image, read_labels
from fl_planner.formats.voxels.values import Holds
from tests.formats.dicom.dicoms import (
    DEFLATED,
    DEFLATED_FRAMES,
    IMPLICIT,
    RLE,
    USUAL,
    VOXELS,
    ct_slice,
    deflate,
    drawn,
    frames_of,
    pack,
    pieces,
    raw_bits,
    require_private,
    ring,
    rle,
    rtstruct,
    seg,
)
from tests.niftis import write

PLANES = frames_of(drawn())
SMALL = [raw_bits(plane)[:4] for _, _, plane in PLANES]
RINGS = [ring(4.0, 100 + 5.0 * n, (-30.0, -20.0), 16) for n in range(3)]
FILES = {
    "explicit": pack(seg()),
    "implicit": pack(seg(), IMPLICIT),
    "deflated": pack(seg(), DEFLATED),
    "fractional": pack(seg([(1, z, plane * 200) for _, z, plane in PLANES], kind="FRACTIONAL")),
    "label map": pack(seg([(0, z, plane * 1) for _, z, plane in PLANES], kind="LABELMAP")),
    "RLE": pack(pieces(seg(), map(rle, SMALL)), RLE),
    "deflated frames": pack(pieces(seg(), map(deflate, SMALL)), DEFLATED_FRAMES),
    "two segments": pack(seg([*PLANES, *frames_of(drawn(), 2)], ("Liver", "Tumour"))),
    "contours": pack(rtstruct([("Liver", RINGS), ("Tumour", RINGS[:1])])),
}
Change = Callable[[bytes, int, Random], bytes]
LENGTHS = (0, 1, 0x7FFFFFFF, 0xFFFFFFFE, 0xFFFFFFFF)
CHANGES: dict[str, Change] = {
    "a bit": lambda one, at, random: _put(one, at, bytes([one[at] ^ 1 << random.randrange(8)])),
    "a byte": lambda one, at, random: _put(one, at, bytes([random.randrange(256)])),
    "a length": lambda one, at, random: _put(one, at, struct.pack("<I", random.choice(LENGTHS))),
    "cut": lambda one, at, _: one[:at],
    "bytes lost": lambda one, at, random: one[:at] + one[at + random.randrange(1, 40) :],
    "bytes twice": lambda one, at, random: one[: at + random.randrange(1, 40)] + one[at:],
    "bytes more": lambda one, at, random: one[:at] + random.randbytes(9) + one[at:],
}
EACH = 22  # changes of each file: 200 in all


def _put(content: bytes, at: int, new: bytes) -> bytes:
    return content[:at] + new + content[at + len(new) :]


def require_named(refused: InputRefused) -> None:
    assert refused.source == "liver.dcm"
    assert str(refused).startswith("liver.dcm: ")
    require_private(refused)


@pytest.mark.parametrize("name", FILES)
def test_h14_changed_files_are_read_or_refused(name: str, tmp_path: Path) -> None:
    random = Random(name)
    path = tmp_path / "liver.dcm"
    for _ in range(EACH):
        content = FILES[name]
        for _ in range(random.choice((1, 1, 2, 4))):
            change = CHANGES[random.choice([*CHANGES])]
            content = change(content, random.randrange(132, len(content)), random) or b"\0"
            if len(content) < 200:
                break
        write(path, content)
        started = process_time()
        try:
            file = read_labels(path, "liver", Holds.LABELS, USUAL)
        except InputRefused as refused:
            require_named(refused)
        else:
            require_private(file.inputs, *file.findings)
        assert process_time() - started < 5


def test_h14_a_changed_slice_gives_the_ct_or_a_refusal(tmp_path: Path) -> None:
    random = Random("slices")
    good = [pack(ct_slice(layer, number=layer + 1)) for layer in range(3)]
    for layer, content in enumerate(good):
        write(tmp_path / str(layer), content)
    for _ in range(EACH):
        change = CHANGES[random.choice([*CHANGES])]
        write(tmp_path / "1", change(good[1], random.randrange(132, len(good[1])), random))
        try:
            image, _, findings = read_image(tmp_path, "ct", USUAL)
        except InputRefused as refused:
            require_private(refused)
        else:
            assert image.grid.shape[2] in (2, 3)
            require_private(*findings)


def test_h14_every_bit_of_the_structure_flipped(tmp_path: Path) -> None:
    """A flipped length, type or tag is refused, or hits what does not matter: never a volume."""
    content = FILES["explicit"]
    start = content.index(struct.pack("<HH2s", 0x5200, 0x9229, b"SQ"))
    stop = content.index(struct.pack("<HH2s", 0x7FE0, 0x0010, b"OB"))
    path = tmp_path / "liver.dcm"
    heads = [at for at in range(start, stop) if content[at : at + 2] in (b"SQ", b"\xfe\xff")]
    changed = 0
    for at in heads:
        for bit in range(8 * 4):
            flipped = bytearray(content)
            flipped[at + 2 + bit // 8] ^= 1 << bit % 8
            write(path, bytes(flipped))
            try:
                file = read_labels(path, "liver", Holds.LABELS, USUAL)
            except InputRefused:
                changed += 1
                continue
            assert file.whole("liver").voxel_count == VOXELS
    assert changed > 100
