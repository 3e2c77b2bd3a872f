"""A small text file: UTF-8, with or without a byte-order mark, of at most 1 MiB."""

import gzip
import hashlib
import os
from pathlib import Path

import pytest

from fl_planner.basis.findings import InputRefused
from fl_planner.formats.stored.file import MOST_BYTES, read_text

WHAT = "a letter"


def put(folder: Path, content: bytes) -> Path:
    path = folder / "letter.txt"
    path.write_bytes(content)
    return path


def refuse(path: Path) -> InputRefused:
    with pytest.raises(InputRefused) as caught:
        read_text(path, "letter.unreadable", WHAT)
    return caught.value


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"plain", "plain"),
        ("é 肝 \U0001fac0".encode(), "é 肝 \U0001fac0"),
        (b"\xef\xbb\xbfwith mark", "with mark"),
        (b"two\r\nlines\n", "two\r\nlines\n"),
        (b" ", " "),
    ],
)
def test_text_comes_with_the_hash_of_its_file(content: bytes, text: str, tmp_path: Path) -> None:
    read, digest = read_text(put(tmp_path, content), "letter.unreadable", WHAT)
    assert (read, digest) == (text, hashlib.sha256(content).hexdigest())


def test_exactly_1_mib_is_read_and_one_byte_more_is_not(tmp_path: Path) -> None:
    path = put(tmp_path, b"a" * MOST_BYTES)
    assert read_text(path, "letter.unreadable", WHAT)[0] == "a" * (1 << 20)
    refused = refuse(put(tmp_path, b"a" * (MOST_BYTES + 1)))
    assert (refused.code, refused.source) == ("letter.unreadable", "letter.txt")
    assert str(refused) == "letter.txt: is not a letter: it is over 1 MiB; give a letter"


def test_a_huge_file_is_told_at_its_first_mib(tmp_path: Path) -> None:
    path = tmp_path / "letter.txt"
    with path.open("wb") as file:
        file.truncate(1 << 34)  # 16 GiB of nothing, none of it on the disk
    assert "over 1 MiB" in refuse(path).reason
    os.truncate(path, 1 << 12)
    assert "no UTF-8 text" in refuse(path).reason


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"\xff", "is not a letter: no UTF-8 text"),
        (b"a\x00b", "is not a letter: no UTF-8 text"),
        ("text".encode("utf-16"), "is not a letter: no UTF-8 text"),
        (b"\x1f\x8b no gzip at all", "is gzipped, which a letter is not"),
        (gzip.compress(b"text", mtime=0), "is gzipped, which a letter is not"),
        (b"PK\x03\x04\xff", "is a zip archive, not a letter"),
        (b"%PDF-1.7\n\xff", "is a PDF document, not a letter"),
    ],
)
def test_what_is_no_text_is_refused_by_its_name(
    content: bytes, reason: str, tmp_path: Path
) -> None:
    refused = refuse(put(tmp_path, content))
    assert (refused.code, refused.reason) == ("letter.unreadable", reason)
    assert refused.remedy.startswith("give a letter")


def test_what_cannot_be_opened_is_refused_as_any_file(tmp_path: Path) -> None:
    assert refuse(tmp_path / "none.txt").code == "file.missing"
    assert refuse(tmp_path).code == "file.folder"
    assert refuse(put(tmp_path, b"")).code == "file.empty"
    (tmp_path / "loop").symlink_to("loop")
    assert refuse(tmp_path / "loop").code == "file.unreadable"
    os.mkfifo(tmp_path / "pipe")
    assert refuse(tmp_path / "pipe").code == "file.special"
