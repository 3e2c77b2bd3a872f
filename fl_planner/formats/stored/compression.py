"""How bytes are packed, and what unpacks them in pieces with every checksum verified."""

from enum import Enum
from typing import Protocol, cast

from isal import igzip_lib

GZIP = b"\x1f\x8b"


class Packing(Enum):
    """How bytes are packed; the value is what messages call it."""

    NONE = "raw"
    GZIP = "gzip"
    ZLIB = "zlib"
    BZIP2 = "bzip2"


# what the stream that may follow a whole one begins with; a zlib stream stands alone
MEMBERS = {Packing.GZIP: GZIP, Packing.BZIP2: b"BZ"}
DAMAGED = (cast("type[Exception]", igzip_lib.IsalError), OSError)  # a stub calls it an instance


class Unpacker(Protocol):
    """What the unpackers of gzip, zlib and bzip2 have in common."""

    @property
    def eof(self) -> bool:
        """Whether the stream has ended."""
        ...

    @property
    def needs_input(self) -> bool:
        """Whether all that was given is used up."""
        ...

    @property
    def unused_data(self) -> bytes:
        """What was given beyond the end of the stream."""
        ...

    def decompress(self, data: bytes, max_length: int) -> bytes:
        """Unpack at most so many bytes."""
        ...


def unpacker(packing: Packing) -> Unpacker:
    """Give a fresh unpacker; what is not packed has the one of gzip, unused."""
    if packing is Packing.BZIP2:
        from bz2 import BZ2Decompressor  # rare: most processes never load it

        return BZ2Decompressor()
    flag = igzip_lib.DECOMP_ZLIB if packing is Packing.ZLIB else igzip_lib.DECOMP_GZIP
    return igzip_lib.IgzipDecompressor(flag=flag)
