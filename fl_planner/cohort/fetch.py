"""Files that lie elsewhere, named by URL: each is fetched for its case, and removed after it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlsplit

from fl_planner.basis.errors import InputRefused

CODE = "cohort.fetch"
TELL = "give an address that fsspec reads, and what it needs to reach it"


def is_address(text: str) -> bool:
    """Whether a text is a URL, and no path; the letter of a drive is none.

    Examples
    --------
    >>> [is_address(text) for text in ("s3://cts/liver.nii.gz", "C:/liver.nii", "a/liver.nii")]
    [True, False, False]
    """
    scheme, rest, _ = text.partition("://")
    return bool(rest) and len(scheme) > 1 and scheme.replace("+", "").isalnum()


def name_of(address: str) -> str:
    """Name the file of an address.

    Examples
    --------
    >>> name_of("s3://cts/p1/liver.nii.gz")
    'liver.nii.gz'
    """
    return urlsplit(address).path.rpartition("/")[2]


@contextmanager
def fetching(addresses: Mapping[str, str], size_limit: int) -> Iterator[str]:
    """Fetch files into a folder of this user alone, and give it; "" where there is nothing to do.

    - `size_limit`: of a file, in GiB.

    Raises `InputRefused`: `cohort.fetch`, naming the file.
    """
    if not addresses:
        yield ""
        return
    with TemporaryDirectory(prefix="fl-planner-cohort-") as place:
        for name, address in addresses.items():
            _fetch(address, Path(place, name), size_limit << 30)
        yield f"{place}/"


def _fetch(address: str, target: Path, most: int) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        files, path = _open_store(address)
        if (files.size(path) or 0) > most:
            reason = f"is larger than {most >> 30} GiB"
            raise InputRefused("limit.file_size", target.name, reason, "raise --size-limit")
        files.get_file(path, str(target))
    except FileNotFoundError as error:
        reason = "no such file at its address"
        raise InputRefused("file.missing", target.name, reason, "check the address") from error
    except OSError as error:
        reason = f"cannot be fetched: {error.strerror or type(error).__name__}"
        raise InputRefused(CODE, target.name, reason, TELL) from error


def _open_store(address: str) -> tuple[Any, str]:
    store: Any = import_module("fsspec.core")
    try:
        files, path = store.url_to_fs(address)
    except (ImportError, ValueError) as error:
        scheme = address.partition("://")[0]
        reason = f"lies at {scheme}://, which fsspec cannot read here"
        raise InputRefused(CODE, name_of(address), reason, TELL) from error
    return files, path
