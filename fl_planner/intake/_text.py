"""A small text file, read whole: a case file, a file of facts."""

from __future__ import annotations

from pathlib import Path

from fl_planner.intake._bytes import Limits, PlainBytes

MOST_BYTES = 1 << 20  # a record of 140 keys has some ten thousand [project's choice]


def read_text(path: Path, code: str, what: str) -> tuple[str, str]:
    """Read a text file of at most 1 MiB as UTF-8, with or without a byte-order mark.

    Gives the text, and the SHA-256 of the file.

    Raises
    ------
    InputRefused
        With `code` for a file that is no text; as any other file if it cannot be opened.
    """
    with PlainBytes(path, Limits(stored_bytes=MOST_BYTES)) as source:
        content = source.take(MOST_BYTES + 1)
        if source.packed or len(content) > MOST_BYTES:
            raise source.refuse(code, f"is not {what}: gzipped, or over 1 MiB", f"give {what}")
        source.finish()
    try:
        return content.decode("utf-8-sig"), source.sha256
    except UnicodeDecodeError as error:
        raise source.refuse(code, f"is not {what}: no UTF-8 text", "save it as UTF-8") from error
