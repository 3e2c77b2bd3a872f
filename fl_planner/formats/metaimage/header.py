"""The header of a MetaImage, read line by line; what cannot be right is refused.

Rules M1, F2, F4 and F5 of safety.md. Format: itk.org/Wiki/ITK/MetaIO/Documentation, and
MetaIO's metaObject.cxx and metaImage.cxx where that is silent.
"""

import re
from dataclasses import dataclass
from math import isfinite, prod

import numpy as np

from fl_planner.formats.stored.file import Limits, PlainBytes
from fl_planner.formats.stored.named_file import NamedFile
from fl_planner.formats.voxels.carried import KEY
from fl_planner.formats.voxels.geometry import by_edges
from fl_planner.formats.voxels.text_header import (
    LAST_SKIP,
    is_clean,
    number,
    numbers,
    take_header,
    whole_numbers,
)

END = re.compile(rb"(?:^|\n)[ \t]*ElementDataFile[ \t]*[=:][^\n]*\n", re.IGNORECASE)
SIGN = re.compile(r"[=:]")  # between key and value
MATRIX = ("transformmatrix", "rotation", "orientation")  # one thing by three names
OFFSET = ("offset", "position", "origin", "imageposition")
USED = {
    "objecttype", "ndims", "dimsize", "elementtype", "elementdatafile", "elementspacing",
    "elementnumberofchannels", "binarydata", "binarydatabyteordermsb", "elementbyteordermsb",
    "compresseddata", "compresseddatasize", "headersize", "distanceunits",
    "elementtointensityfunctionslope", "elementtointensityfunctionoffset", *MATRIX, *OFFSET,
}  # fmt: skip
NUMBER_TYPES = {
    "met_char": "i1", "met_uchar": "u1", "met_short": "i2", "met_ushort": "u2",
    "met_int": "i4", "met_uint": "u4", "met_long": "i4", "met_ulong": "u4",
    "met_long_long": "i8", "met_ulong_long": "u8", "met_float": "f4", "met_double": "f8",
}  # fmt: skip
LOCAL = "local"  # the voxels follow the header
MOST_AXES = 10  # of a MetaImage [metaObject.h]
FROM_END = -1  # header size: the voxels are the last bytes of the file
TRUE, FALSE = ("t", "1"), ("f", "0")  # how the words of a yes or no begin [metaObject.cxx]


@dataclass(frozen=True, slots=True)
class Data:
    """Where the voxels are, and how they are written."""

    file: str | None  # None: behind the header
    is_text: bool
    packed: bool
    packed_size: int | None
    skip: int


class MetaHeader(NamedFile):
    """What a MetaImage header says: values by key, in small letters; its text on itself."""

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        self.said: dict[str, str] = {}
        self.text = ""
        for line in text.split("\n"):
            key, *values = SIGN.split(line, maxsplit=1)
            known = key.strip().lower()
            if values and known == KEY:
                self.text = values[0].strip()
            if not values or known not in USED:  # what other programs keep there
                continue
            if not is_clean(values[0]):
                raise self.refuse("metaimage.value", f"has a {known} with what is no text in it")
            value = values[0].strip()
            if self.said.setdefault(known, value) != value:
                raise self.refuse("metaimage.key_twice", f"says its {key.strip()} twice")

    def require(self, key: str, called: str) -> str:
        """Give a value without which nothing can be read."""
        if not self.said.get(key):
            raise self.refuse("metaimage.key_missing", f"does not say its {called}")
        return self.said[key]

    def one_of(self, keys: tuple[str, ...]) -> str | None:
        """Give the value of a key that has several names; None where none of them is there."""
        given = [key for key in keys if key in self.said]
        texts = [self.said[key] for key in given]
        if len({tuple(numbers(text) or [text.lower()]) for text in texts}) > 1:
            reason = f"says one thing differently: {', '.join(given)}"
            raise self.refuse("metaimage.key_twice", reason)
        return texts[0] if texts else None

    def whole_number(self, key: str, usual: str) -> int:
        """Give a value that is one whole number."""
        found = whole_numbers(self.said.get(key, usual))
        if found is None or len(found) != 1:
            raise self.refuse("metaimage.value", f"has a {key} that is not a whole number")
        return found[0]

    def numbers(self, text: str, count: int, called: str) -> list[float]:
        """Read `count` finite numbers."""
        found = numbers(text)
        if found is None or len(found) != count or not all(map(isfinite, found)):
            raise self.refuse("geometry.not_finite", f"has a {called} that is not {count} numbers")
        return found

    def spacing(self, count: int) -> list[float]:
        """Read the distance of neighbours along each axis; `ElementSize` is not it."""
        if not self.said.get("elementspacing"):
            raise self.refuse("geometry.no_spacing", "has no spacing (ElementSpacing)")
        found = self.numbers(self.said["elementspacing"], count, "spacing")
        if min(found[:3]) <= 0:
            reason = f"has a spacing of {by_edges(found[:3])}, which is not above 0"
            raise self.refuse("geometry.no_spacing", reason)
        return found

    def is_true(self, *keys: str, usual: bool) -> bool:
        """Read a yes or no."""
        text = self.one_of(keys)
        if text is not None and text[:1].lower() not in TRUE + FALSE:
            raise self.refuse("metaimage.value", f"has a {keys[0]} that is neither true nor false")
        return usual if text is None else text[0].lower() in TRUE


def read_header(source: PlainBytes) -> MetaHeader:
    """Read a header up to its last line; afterwards `source` gives voxels that follow it."""
    text, ended = take_header(source, END)
    header = MetaHeader(source.name, text.replace("\r\n", "\n"))
    if header.said.get("objecttype", "Image").lower() != "image":
        raise header.refuse("file.format", "is a MetaIO object, but no image")
    if not ended:
        header.require("elementdatafile", "data file (ElementDataFile)")
    return header


def read_sizes(header: MetaHeader, limits: Limits) -> tuple[int, ...]:
    """Read how many voxels lie along each axis; three may have more than one."""
    header.require("ndims", "number of axes (NDims)")
    axes = header.whole_number("ndims", "")
    if not 1 <= axes <= MOST_AXES:
        raise header.refuse("dims.count", f"says it has {axes} axes, of 1 to {MOST_AXES} possible")
    sizes = whole_numbers(header.require("dimsize", "size (DimSize)"))
    if sizes is None or len(sizes) != axes:
        raise header.refuse("dims.count", f"has a DimSize that is not {axes} whole numbers")
    if min(sizes) < 1:
        raise header.refuse("dims.size", f"has an axis of {min(sizes)} voxels (DimSize = {sizes})")
    if axes < 3:
        raise header.refuse("dims.not_3d", f"has {axes} axes, a mask has 3", "export the volume")
    if max(sizes[3:], default=1) > 1 or header.whole_number("elementnumberofchannels", "1") != 1:
        reason = f"holds several frames or channels (DimSize = {sizes}), a mask is one 3-D volume"
        raise header.refuse("dims.frames", reason, "export one 3-D volume")
    if prod(sizes) > limits.voxels:
        reason = f"is too large: {prod(sizes)} voxels in its header, the limit is {limits.voxels}"
        raise header.refuse("limit.voxels", reason, "crop it, or raise --size-limit")
    return tuple(sizes)


def read_type(header: MetaHeader) -> np.dtype[np.generic]:
    """Read the type and byte order of a voxel's number; little endian where none is said."""
    said = header.require("elementtype", "type of voxel (ElementType)").lower()
    if said not in NUMBER_TYPES:
        reason = "has a type of voxel (ElementType) that is not a number"
        raise header.refuse("header.datatype", reason, "export the mask as whole numbers")
    big = header.is_true("binarydatabyteordermsb", "elementbyteordermsb", usual=False)
    dtype: np.dtype[np.generic] = np.dtype(NUMBER_TYPES[said])
    return dtype.newbyteorder(">" if big and header.is_true("binarydata", usual=True) else "<")


def read_scaling(header: MetaHeader) -> tuple[float, float]:
    """Read slope and offset, which make values of stored numbers."""
    texts = (header.said.get("elementtointensityfunction" + end) for end in ("slope", "offset"))
    slope, inter = (
        usual if text is None else number(text)
        for text, usual in zip(texts, (1.0, 0.0), strict=True)
    )
    if slope is None or inter is None or not (isfinite(slope) and isfinite(inter) and slope):
        raise header.refuse(
            "header.scaling", "scales its values by something that is not a number, or by 0"
        )
    return slope, inter


def read_data(header: MetaHeader) -> Data:
    """Read where the voxels are, and how they are written."""
    file = header.require("elementdatafile", "data file (ElementDataFile)")
    is_text = not header.is_true("binarydata", usual=True)
    packed = header.is_true("compresseddata", usual=False)
    size = header.whole_number("compresseddatasize", "0")
    skip = header.whole_number("headersize", "0")
    here = file.lower() == LOCAL
    plain = not is_text and not packed
    if not (FROM_END if plain else 0) <= skip <= (0 if here else LAST_SKIP) or size < 0:
        reason = f"has a HeaderSize of {skip}, which cannot be where its data begin"
        raise header.refuse("metaimage.skip", reason)
    if is_text and packed:
        raise header.refuse("metaimage.value", "says its data are both text and compressed")
    return Data(None if here else file, is_text, packed, size if packed and size else None, skip)
