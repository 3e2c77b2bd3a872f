"""Files that lie elsewhere, named by URL: each is fetched for its case, and removed after it.

A cell of a table is read as a path or as an address of a kind that is listed here, and never as
anything else: fsspec would follow chains (`::`) and read its own catalogues, which can run code.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import unquote, urlsplit

from fl_planner.basis.errors import InputRefused
from fl_planner.cohort.public_hosts import PLAIN, SECURE, copy_bounded, fetch_public
from fl_planner.formats.stored.temporary import FULL, private_folder, refuse_temporary

CODE = "cohort.fetch"
FILE = "file"
STORES = ("s3", "gs", "az")  # which fsspec reads, by what is installed for each
SCHEMES = (SECURE, *STORES)
CHAIN = "::"
HOST_6 = re.compile(r"\[[0-9A-Fa-f:.]+\]")  # which has these signs too
TELL = f"name a path, or an address that begins {', '.join(f'{one}://' for one in SCHEMES)}"
PREFIX = "fl-planner-cohort-"  # of folders with what was fetched


def is_address(text: str) -> bool:
    """Whether a text is a URL, and no path; the letter of a drive is none.

    Examples
    --------
    >>> [is_address(text) for text in ("s3://cts/liver.nii.gz", "C:/liver.nii", "a/liver.nii")]
    [True, False, False]
    >>> is_address("simplecache::s3://cts/liver.nii.gz")
    True
    """
    scheme, rest, _ = text.partition("://")
    return bool(rest) and len(scheme) > 1 and not {*scheme} & {*"/\\ "}


def name_of(address: str) -> str:
    """Name the file of an address: nothing of its host, its query and its credentials.

    Examples
    --------
    >>> name_of("s3://cts/p1/liver.nii.gz"), name_of("https://a:b@c.org/x/..?key=1")
    ('liver.nii.gz', 'file')
    """
    try:
        name = unquote(urlsplit(address.rpartition(CHAIN)[2]).path.rpartition("/")[2])
    except ValueError:  # brackets that are no address
        return FILE
    unsafe = name in ("", ".", "..") or any(one in '/\\:"' or not one.isprintable() for one in name)
    return FILE if unsafe else name


def require_plain_address(address: str) -> None:
    """Refuse an address of a kind that is not read, before anything opens it.

    Raises `InputRefused`: `cohort.address`.
    """
    scheme = address.partition("://")[0].lower()
    if CHAIN in HOST_6.sub("", address):
        reason = f"is named by a chain of addresses ({CHAIN}), which is not followed"
        raise InputRefused("cohort.address", name_of(address), reason, TELL)
    if scheme not in (*SCHEMES, PLAIN, FILE):
        reason = "is named by an address of a kind that is not read"
        raise InputRefused("cohort.address", name_of(address), reason, TELL)


@contextmanager
def fetching(
    addresses: Mapping[str, str], size_limit: int, *, private: bool = False
) -> Iterator[str]:
    """Fetch files into a folder of this user alone, and give it; "" where there is nothing to do.

    - `size_limit`: of a file, in GiB; `private`: whether private networks may be asked.

    Raises `InputRefused`: `cohort.address`, `cohort.private_address`, `cohort.fetch`,
    `limit.file_size` and `file.missing`, naming the file; `output.temporary`.
    """
    if not addresses:
        yield ""
        return
    for address in addresses.values():
        require_plain_address(address)
    with private_folder(PREFIX) as place:
        for name, address in addresses.items():
            _fetch(address, Path(place, name), size_limit << 30, private=private)
        yield f"{place}/"


def _fetch(address: str, target: Path, most: int, *, private: bool) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    scheme = address.partition("://")[0].lower()
    try:
        with target.open("xb") as file:
            if scheme in (SECURE, PLAIN):
                fetch_public(address, target.name, file, most, private=private)
            elif scheme == FILE:
                with _local_path(address, target.name).open("rb") as source:
                    copy_bounded(source, target.name, file, most)
            else:
                _fetch_from_store(address, target.name, file, most)
    except FileNotFoundError as error:
        reason = "no such file at its address"
        raise InputRefused("file.missing", target.name, reason, "check the address") from error
    except OSError as error:
        if error.errno in FULL:
            raise refuse_temporary(error) from error
        reason = f"cannot be fetched: {error.strerror or type(error).__name__}"
        raise InputRefused(CODE, target.name, reason, TELL) from error


def _local_path(address: str, name: str) -> Path:
    parts = urlsplit(address)
    path = Path(unquote(parts.path))
    if parts.netloc not in ("", "localhost") or not path.is_absolute():
        reason = "is named by file:// with a host"
        raise InputRefused("cohort.address", name, reason, TELL)
    if path.exists() and not path.is_file():
        raise InputRefused(CODE, name, "is no file at its address", TELL)
    return path


def _fetch_from_store(address: str, name: str, target: BinaryIO, most: int) -> None:
    store: Any = import_module("fsspec.core")
    try:
        files, path = store.url_to_fs(address)
        with files.open(path, "rb") as source:
            copy_bounded(source, name, target, most)
    except (ImportError, ValueError) as error:
        scheme = address.partition("://")[0]
        reason = f"lies at {scheme}://, which fsspec cannot read here"
        remedy = "install what fsspec needs for it (s3fs, gcsfs, adlfs), or name a path"
        raise InputRefused(CODE, name, reason, remedy) from error
