"""A separate program: unpack compressed pixels by pydicom's decoders, one frame after another.

Decoders are C++ code that processes any content of a file, so they run separately: within 1 GiB,
and stopped if they take too long [safety.md 2]. Nothing of the package is imported here.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any, BinaryIO

MOST_BYTES = 1 << 30


def main() -> None:
    """Answer each request of a line and packed bytes with a line and unpacked bytes."""
    answers = os.fdopen(os.dup(1), "wb")
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 1)  # where C++ prints what it likes
    limit_memory()
    while line := sys.stdin.buffer.readline():
        plain = unpack(json.loads(line), sys.stdin.buffer)
        size = -1 if plain is None else len(plain)
        answers.write(b"%d\n" % size + (plain or b""))
        answers.flush()


def limit_memory() -> None:
    """Limit memory to 1 GiB, where the system enforces it; macOS refuses to set the limit."""
    if sys.platform != "linux":
        return
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (MOST_BYTES, MOST_BYTES))


def unpack(asked: dict[str, Any], source: BinaryIO) -> bytes | None:
    """Unpack one frame; None without an installed decoder. A failure ends the program."""
    from pydicom.encaps import encapsulate
    from pydicom.pixels.decoders.base import get_decoder
    from pydicom.uid import UID

    packed = source.read(asked.pop("size"))
    decoder = get_decoder(UID(asked.pop("syntax")))
    if not decoder.is_available:
        return None
    pixels, _ = decoder.as_array(encapsulate([packed]), raw=True, **asked)
    plain: bytes = pixels.tobytes()
    return plain


if __name__ == "__main__":
    main()
