"""A small text file, read whole: a case file, a file of facts."""

from pathlib import Path

from fl_planner.basis.errors import InputRefused
from fl_planner.formats.stored.file import Limits, PlainBytes
from fl_planner.formats.stored.magic import name_kind

MOST_BYTES = 1 << 20  # a record of 140 keys has some ten thousand [project's choice]
ANY_SIZE = 1 << 62  # one byte more than is allowed is read, whatever the file's size


def read_text(path: Path, code: str, what: str, most: int = MOST_BYTES) -> tuple[str, str]:
    """Read a text file of at most `most` bytes as UTF-8, with or without a byte-order mark.

    Gives the text, and the SHA-256 of the file.

    Raises `InputRefused`: with `code` for a file that is no text; as any other file if it cannot be
    opened.
    """
    with PlainBytes(path, Limits(stored_bytes=ANY_SIZE)) as source:
        if source.packed:
            raise source.refuse(code, f"is gzipped, which {what} is not", f"give {what}")
        content = source.take(most + 1)
        if len(content) > most:
            raise source.refuse(code, f"is not {what}: it is over {most >> 20} MiB", f"give {what}")
        source.finish()
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise no_text(source, code, what, content) from error
    if "\0" in text:  # an image of zeros is right UTF-8 too
        raise no_text(source, code, what, content)
    return text, source.sha256


def no_text(source: PlainBytes, code: str, what: str, content: bytes) -> InputRefused:
    """Build the refusal of a file that is no text, calling it by what its first bytes show."""
    kind = name_kind(content)
    reason = f"is {kind}, not {what}" if kind else f"is not {what}: no UTF-8 text"
    return source.refuse(code, reason, f"give {what}, saved as UTF-8")
