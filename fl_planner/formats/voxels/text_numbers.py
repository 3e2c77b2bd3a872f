"""Voxels written as text, given as the bytes that they stand for."""

import re

import numpy as np
import numpy.typing as npt

from fl_planner.basis.errors import InputRefused
from fl_planner.formats.stored.file import PlainBytes
from fl_planner.formats.stored.named_file import EXPORT_AGAIN

PIECE = 1 << 20  # bytes of text at a time
LONGEST = 64  # bytes of one number; 17 digits, a point, a sign and an exponent are 24
_GAPS = (b" ", b"\n", b"\t", b"\r", b",")
_IS_GAP = np.isin(np.arange(256), [ord(gap) for gap in _GAPS])
_IS_DIGIT = np.isin(np.arange(256), [*b"0123456789"])
_WHOLE = re.compile(rb"[+-]?[0-9]{1,20}")
_NUMBER = re.compile(
    rb"[+-]?(?:(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,4})?|nan|inf(?:inity)?)", re.I
)


class TextNumbers:
    """Numbers in a file's text with blanks or commas between, as bytes of `dtype`."""

    def __init__(self, source: PlainBytes, dtype: np.dtype[np.generic]) -> None:
        self.source = source
        self.dtype = dtype
        self._rest = b""  # begin of a number that the next piece goes on with
        self._unread = b""  # bytes of numbers that are not given yet
        self._over = False

    def peek(self, size: int) -> bytes:
        """Give the next `size` bytes, fewer at the end, and leave them in place."""
        while len(self._unread) < size and not self._over:
            self._unread += self._next()
        return self._unread[:size]

    def fill(self, target: memoryview) -> int:
        """Fill `target` with the next bytes; return how many there were."""
        piece = self.peek(len(target))
        target[: len(piece)] = piece
        self._unread = self._unread[len(piece) :]
        return len(piece)

    def finish(self) -> None:
        """Demand the end: no number beyond."""
        if self.peek(1):
            raise self.refuse("header.too_many_bytes", "holds more numbers than its header says")
        self.source.finish()

    def refuse(self, code: str, reason: str, remedy: str = EXPORT_AGAIN) -> InputRefused:
        """Build a refusal that names the file."""
        return self.source.refuse(code, reason, remedy)

    def _next(self) -> bytes:
        """Give the bytes of the numbers of the next piece of text."""
        piece = self.source.take(PIECE)
        self._over = not piece
        text = self._rest + piece
        end = len(text) if self._over else 1 + max(map(text.rfind, _GAPS))
        self._rest, text = text[end:], text[:end]
        if len(self._rest) > LONGEST:
            raise self._no_number()
        digits = _single_digits(text)
        return self._as_bytes(text) if digits is None else digits.astype(self.dtype).tobytes()

    def _as_bytes(self, text: bytes) -> bytes:
        words = text.replace(b",", b" ").split()
        known = set(words)  # a mask has two
        form = _WHOLE if self.dtype.kind in "iu" else _NUMBER
        if not all(len(word) <= LONGEST and form.fullmatch(word) for word in known):
            raise self._no_number()
        if self.dtype.kind == "f":
            with np.errstate(over="ignore"):  # what overflows is refused as not finite
                return np.array([*map(float, words)]).astype(self.dtype).tobytes()
        value_of = {word: int(word) for word in known}
        bits, signed = 8 * self.dtype.itemsize, self.dtype.kind == "i"
        low, high = -(signed << bits - 1), (1 << bits - signed) - 1
        if not all(low <= value <= high for value in value_of.values()):
            reason = f"holds a number that its type ({self.dtype.name}) cannot hold"
            raise self.refuse("values.range", reason)
        return np.array([value_of[word] for word in words], self.dtype).tobytes()

    def _no_number(self) -> InputRefused:
        return self.refuse("values.no_number", "holds text that is not a number among its voxels")


def _single_digits(text: bytes) -> npt.NDArray[np.uint8] | None:
    """Give the numbers of a text of single digits, as nearly every mask is; else None."""
    codes = np.frombuffer(text, np.uint8)
    gap = _IS_GAP[codes]
    if not (gap | _IS_DIGIT[codes]).all() or not (gap[1:] | gap[:-1]).all():
        return None
    digits: npt.NDArray[np.uint8] = codes[~gap] - np.uint8(ord("0"))
    return digits
