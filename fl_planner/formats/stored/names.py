"""Names of files chosen by others, made safe for a folder of temporary files."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count, groupby
from unicodedata import category

MOST_NAME, MOST_NAME_BYTES = 100, 200  # of a file name; file systems accept 255 bytes of UTF-8
UNNAMED = "file"
PLAIN, MARKS = frozenset(".+-_"), "M"  # combining marks belong to the preceding letter


def clean_name(stated_name: str) -> str:
    r"""Return a file name without folders, with letters, digits and `. + - _` only.

    Examples
    --------
    >>> clean_name("..\\..\\etc/passwd"), clean_name("C:/x/FLR (2).nii.gz"), clean_name("..")
    ('passwd', 'FLR_2_.nii.gz', 'file')
    """
    base = stated_name.replace("\\", "/").rpartition("/")[2]
    name = "".join("".join(signs) if kept else "_" for kept, signs in groupby(base, _is_kept))
    short = name[-MOST_NAME:].encode()[-MOST_NAME_BYTES:].decode("utf-8", "ignore")
    return short.lstrip(".-_") or UNNAMED


def _is_kept(sign: str) -> bool:
    return sign in PLAIN or sign.isalnum() or category(sign).startswith(MARKS)


def name_freely(name: str) -> Iterator[str]:
    """Iterate over a name and its alternatives."""
    yield name
    yield from (f"copy{number}_{name}" for number in count(2))
