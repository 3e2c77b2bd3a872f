"""JPEG, JPEG-LS and JPEG 2000 pixels of a CT slice: their own head, and who unpacks them."""

import json
import os
import re
import subprocess
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from threading import Timer
from typing import Self

from fl_planner.basis.errors import InputRefused
from fl_planner.basis.extras import refuse_missing
from fl_planner.formats.stored.child_process import PYTHON

EXTRA, LIBRARIES = "dicom", ("pydicom", "gdcm")
LONGEST_S = 10.0  # for one frame [safety.md 2]
PROGRAM = Path(__file__).with_name("_unpack.py")
GRAY = "MONOCHROME2"
NO_DECODER = b"-1\n"  # the answer of the program that has none
_SIZE = re.compile(rb"\d{1,10}\n")
_START_JPEG, _START_2000 = b"\xff\xd8", b"\xff\x4f\xff\x51"
_FRAMES = frozenset({0xC0, 0xC1, 0xC2, 0xC3, 0xF7})  # marks before the size: sequential, lossless
_ALONE = frozenset({0x01, *range(0xD0, 0xD9)})  # marks without a length


def measure(packed: bytes) -> tuple[int, int, int] | None:
    """Read rows, columns and samples a pixel from the head of packed pixels; None without one.

    Examples
    --------
    >>> measure(bytes.fromhex("ffd8ffc3000b0c 0200 0180 01 01 11 00".replace(" ", "")))
    (512, 384, 1)
    """
    if packed.startswith(_START_2000):
        numbers = [int.from_bytes(packed[at : at + 4], "big") for at in (8, 12, 16, 20)]
        columns, rows, left, top = numbers
        return rows - top, columns - left, int.from_bytes(packed[40:42], "big")
    at = len(_START_JPEG)
    while packed.startswith(_START_JPEG) and at + 10 <= len(packed) and packed[at] == 0xFF:
        mark, size = packed[at + 1], int.from_bytes(packed[at + 2 : at + 4], "big")
        if mark in _FRAMES:
            rows, columns = (int.from_bytes(packed[at + n : at + n + 2], "big") for n in (5, 7))
            return rows, columns, packed[at + 9]
        at += 1 if mark == 0xFF else 2 if mark in _ALONE else 2 + size
    return None


class JpegUnpacker:
    """Unpacks frames in a program of its own, which is begun with the first of them."""

    def __init__(self) -> None:
        self._program: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        """Begin nothing yet."""
        return self

    def __exit__(self, *raised: object) -> None:
        """End the program."""
        if self._program is not None:
            self._program.kill()
            self._program.communicate()
            self._program = None

    def unpack(self, name: str, packed: bytes, asked: Mapping[str, object]) -> bytes:
        """Unpack one frame of a file; `asked` is what pydicom's decoders have to know of it.

        Raises `InputRefused`: `extra.missing` without a library for it; `header.damaged` where it
        fails, or takes too long or too much memory.
        """
        if find_spec(LIBRARIES[0]) is None:
            raise self._missing()
        program = self._program = self._program or _begin()
        line = json.dumps({"size": len(packed), **asked}).encode() + b"\n"
        watch = Timer(LONGEST_S, program.kill)
        watch.start()
        try:
            plain = self._ask(program, line + packed)
        finally:
            watch.cancel()
        if plain is None:
            reason = "has damaged pixel data: no library could unpack them"
            remedy = "export it uncompressed (Explicit VR Little Endian)"
            raise InputRefused("header.damaged", name, reason, remedy)
        return plain

    def _ask(self, program: subprocess.Popen[bytes], asked: bytes) -> bytes | None:
        """Give the answer; None where the program ended before it was whole."""
        if program.stdin is None or program.stdout is None:
            return None
        try:
            program.stdin.write(asked)
            program.stdin.flush()
        except OSError:  # it has ended
            return None
        line = program.stdout.readline()
        if line == NO_DECODER:
            raise self._missing()
        size = int(line) if _SIZE.fullmatch(line) else 0
        plain = program.stdout.read(size)
        return plain if 0 < size == len(plain) else None

    def _missing(self) -> InputRefused:
        return refuse_missing(
            EXTRA, [one for one in LIBRARIES if find_spec(one) is None] or ["a decoder"]
        )


def _begin() -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [*PYTHON, "-W", "ignore", str(PROGRAM)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,  # what it says may quote the file
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
    )
