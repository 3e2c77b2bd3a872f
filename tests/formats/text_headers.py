"""How tests write NRRD and MetaImage, voxels under a header that is text, by one name for both."""

import gzip
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.formats.opening import ROWS, block
from tests.niftis import write
from tests.nrrds import Voxels, as_text, metaimage, nrrd, stored

Fields = Mapping[str, Any]
KINDS = ("raw", "packed", "text")


@dataclass(frozen=True)
class Format:
    """What one of the two calls what both have."""

    name: str
    file: str  # with all in it
    header: str  # of voxels in a file beside it
    called: str  # in messages
    make: Callable[..., bytes]  # a file of voxels and rows
    kinds: Mapping[str, Mapping[str, str]]
    pack: Callable[[bytes], bytes]
    packing: str
    harmless_bits: int  # of packed data: time stamp, system, level
    data: str  # the field that names the data file
    skip: str
    sizes: str
    comment: bytes
    placeless: tuple[tuple[Fields, str, str], ...]  # left out, and how that is told

    def content(self, kind: str = "raw", **fields: Any) -> bytes:
        """Write the small mask, or other `voxels`, with `fields` in place of right ones."""
        said = {"voxels": block(), "rows": ROWS, **self.kinds[kind], **fields}
        if kind == "text":
            said.setdefault("data", as_text(said["voxels"]))
        return self.make(said.pop("voxels"), said.pop("rows"), **said)

    def stored(self, kind: str, voxels: Voxels | None = None) -> bytes:
        """Store voxels as a data file has them."""
        drawn = block() if voxels is None else voxels
        if kind == "text":
            return as_text(drawn)
        return self.pack(stored(drawn)) if kind == "packed" else stored(drawn)

    def whole(self, folder: Path, kind: str = "raw", **fields: Any) -> Path:
        """Write a file with all in it."""
        return write(folder / self.file, self.content(kind, **fields))

    def detached(
        self, folder: Path, said: str = "liver.raw", kind: str = "raw", **fields: Any
    ) -> Path:
        """Write a header, and what it names: `at`, with `content`; none where that is empty."""
        at, data = fields.pop("at", said), fields.pop("content", self.stored(kind))
        if data:
            write(folder / at, data)
        text = self.content(kind, **{"data": b"", self.data: "@", **fields})
        return write(folder / self.header, text.replace(b"@", said.encode()))

    def in_unit(self, unit: str) -> dict[str, str]:
        """Say the unit of lengths."""
        if self is META:
            return {"DistanceUnits": unit}
        return {"space_units": f'"{unit}" "{unit}" "{unit}"'}


NRRD = Format(
    name="nrrd",
    file="liver.nrrd",
    header="liver.nhdr",
    called="an NRRD file",
    make=nrrd,
    kinds={
        "raw": {"encoding": "raw"}, "packed": {"encoding": "gzip"}, "text": {"encoding": "ascii"},
    },
    pack=lambda content: gzip.compress(content, mtime=0),
    packing="gzip",
    harmless_bits=80,
    data="data_file",
    skip="byte_skip",
    sizes="sizes",
    comment=b"# endless\n",
    placeless=(
        (
            {"space": None},
            "geometry.no_space",
            "no coordinate space is stated: orientation and position",
        ),
        ({"space_origin": None}, "geometry.no_origin", "position in the patient undetermined"),
    ),
)  # fmt: skip
META = Format(
    name="metaimage",
    file="liver.mha",
    header="liver.mhd",
    called="a MetaImage",
    make=metaimage,
    kinds={"raw": {}, "packed": {"CompressedData": "True"}, "text": {"BinaryData": "False"}},
    pack=zlib.compress,
    packing="zlib",
    harmless_bits=16,
    data="file",
    skip="HeaderSize",
    sizes="DimSize",
    comment=b"Comment = endless\n",
    placeless=(
        (
            {"TransformMatrix": None},
            "geometry.no_space",
            "the header lacks the matrix: orientation and",
        ),
        ({"Offset": None}, "geometry.no_space", "the header lacks the offset: orientation and"),
        (
            {"TransformMatrix": None, "Offset": None},
            "geometry.no_space",
            "lacks the matrix and the offset",
        ),
    ),
)
