"""Remote files: fetched for one case by HTTPS, only from public hosts, and removed afterwards.

A cell of a table is a path or an address of a kind listed here. Anything else is refused, because
fsspec would follow chains (`::`) and read catalogues, which can run code.

A table of cases may come from an unknown source, and its addresses must not reach this computer or
internal machines of its hospital. Every host is therefore resolved once, the result is checked, and
only that address is used for the connection; the same applies to each redirect.
"""

from __future__ import annotations

import http.client
import re
import ssl
from base64 import b64encode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import SplitResult, unquote, urljoin, urlsplit

from fl_planner.archive.connection import HOST_WAIT_S
from fl_planner.archive.web_host import (
    GONE,
    OPTION,
    PLAIN,
    SECURE,
    PrivateHostError,
    UnknownHostError,
    WebHost,
    find_host,
)
from fl_planner.basis.findings import InputRefused
from fl_planner.formats.stored.temporary import FULL, private_folder, refuse_temporary

MOST_REDIRECTS = 5  # [project's choice]
PIECE = 1 << 20  # bytes read at a time
MOVED = frozenset({301, 302, 303, 307, 308})


def fetch_public(address: str, name: str, target: BinaryIO, most: int, *, private: bool) -> None:
    """Fetch a file by HTTPS, up to `most` bytes; `name` is the file name used in refusals.

    - `private`: whether private hosts, and unencrypted HTTP to these, are allowed.

    Raises `InputRefused`: `cohort.private_address`, `cohort.fetch`, `limit.file_size`,
    `file.missing`.
    """
    for _ in range(MOST_REDIRECTS + 1):
        parts = urlsplit(address)
        with _asking(parts, name, private=private) as answer:
            if answer.status not in MOVED:
                _take(answer, name, target, most)
                return
            address = urljoin(address, answer.getheader("Location") or "")
            if urlsplit(address).scheme not in (SECURE, PLAIN):
                raise _refuse(name, "is redirected to an address that is not supported")
    raise _refuse(name, f"is redirected more than {MOST_REDIRECTS} times")


@contextmanager
def _asking(parts: SplitResult, name: str, *, private: bool) -> Iterator[http.client.HTTPResponse]:
    """Request an address from its host; refusals do not quote the address."""
    host = _find_host(parts, name, private=private)
    if not host.secure and host.is_public:
        raise _refuse(name, "has an http:// address, which is not encrypted")
    try:
        context = ssl.create_default_context() if host.secure else None
        connection = host.connect(HOST_WAIT_S, context)
        try:
            path = parts.path or "/"
            connection.request(
                "GET", f"{path}?{parts.query}" if parts.query else path, headers=_identify(parts)
            )
            with connection.getresponse() as answer:
                yield answer
        finally:
            connection.close()
    except http.client.HTTPException as error:
        raise _refuse(name, f"cannot be fetched: {type(error).__name__}") from error


def _find_host(parts: SplitResult, name: str, *, private: bool) -> WebHost:
    """Return the host of an address, if it may be contacted."""
    try:
        return find_host(parts, private=private)
    except ValueError as error:
        raise _refuse(name, "has an invalid address") from error
    except UnknownHostError as error:
        raise _refuse(name, "has an address with an unknown host") from error
    except PrivateHostError as error:
        reason = (
            "points to this computer or a private network; such addresses are refused by default"
        )
        remedy = (
            f"use {OPTION} if you created the table yourself, or copy the file and give its path"
        )
        raise InputRefused("cohort.private_address", name, reason, remedy) from error


def _identify(parts: SplitResult) -> dict[str, str]:
    """Return the headers; credentials of the address are sent only to this host."""
    headers = {"Accept-Encoding": "identity", "User-Agent": "fl-planner"}
    if parts.username is not None:
        pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        headers["Authorization"] = f"Basic {b64encode(pair.encode()).decode()}"
    return headers


def _take(answer: http.client.HTTPResponse, name: str, target: BinaryIO, most: int) -> None:
    if answer.status in GONE:
        raise InputRefused(
            "file.missing", name, "was not found at its address", "check the address"
        )
    if answer.status != http.client.OK:
        raise _refuse(name, f"cannot be fetched: its host returned {answer.status}")
    stated = answer.length  # None if not stated
    copy_bounded(answer, name, target, most)
    if stated is not None and answer.length:
        raise _refuse(name, "was not received completely")


def copy_bounded(source: BinaryIO, name: str, target: BinaryIO, most: int) -> None:
    """Copy a file in chunks; refuse it once it exceeds `most` bytes.

    Raises `InputRefused`: `limit.file_size`.
    """
    taken = 0
    while piece := source.read(min(PIECE, most + 1 - taken)):
        taken += len(piece)
        if taken > most:
            reason = f"is larger than {most / (1 << 30):g} GiB"
            raise InputRefused("limit.file_size", name, reason, "raise --size-limit")
        target.write(piece)


def _refuse(name: str, reason: str) -> InputRefused:
    remedy = "give an https:// address that can be reached, or copy the file and give its path"
    return InputRefused(CODE, name, reason, remedy)


CODE = "cohort.fetch"
FILE = "file"
STORES = ("s3", "gs", "az")  # read by fsspec, if installed
SCHEMES = (SECURE, *STORES)
CHAIN = "::"
HOST_6 = re.compile(r"\[[0-9A-Fa-f:.]+\]")  # contains these signs too
HOW = (
    f"give a path, or an address that begins with {', '.join(f'{scheme}://' for scheme in SCHEMES)}"
)
PREFIX = "fl-planner-cohort-"  # of folders with fetched files


def is_address(text: str) -> bool:
    """Whether a text is a URL rather than a path or drive letter.

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
    """Return the file name of an address, without host, query and credentials.

    Examples
    --------
    >>> name_of("s3://cts/p1/liver.nii.gz"), name_of("https://a:b@c.org/x/..?key=1")
    ('liver.nii.gz', 'file')
    """
    try:
        name = unquote(urlsplit(address.rpartition(CHAIN)[2]).path.rpartition("/")[2])
    except ValueError:  # brackets without an address
        return FILE
    unsafe = name in ("", ".", "..") or any(
        sign in '/\\:"' or not sign.isprintable() for sign in name
    )
    return FILE if unsafe else name


def require_plain_address(address: str) -> None:
    """Refuse an unsupported address before it is opened.

    Raises `InputRefused`: `cohort.address`.
    """
    scheme = address.partition("://")[0].lower()
    if CHAIN in HOST_6.sub("", address):
        reason = f"has a chain of addresses ({CHAIN}), which is not supported"
        raise InputRefused("cohort.address", name_of(address), reason, HOW)
    if scheme not in (*SCHEMES, PLAIN, FILE):
        reason = "has an unsupported type of address"
        raise InputRefused("cohort.address", name_of(address), reason, HOW)


@contextmanager
def fetching(
    addresses: Mapping[str, str], size_limit: int, *, private: bool = False
) -> Iterator[str]:
    """Fetch files into a private temporary folder, and yield it; "" if there are no addresses.

    - `size_limit`: size limit of a file, in GiB; `private`: whether private networks are allowed.

    Raises `InputRefused`: `cohort.address`, `cohort.private_address`, `cohort.fetch`,
    `limit.file_size` and `file.missing`, for the file; `output.temporary`.
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
        reason = "was not found at its address"
        raise InputRefused("file.missing", target.name, reason, "check the address") from error
    except OSError as error:
        if error.errno in FULL:
            raise refuse_temporary(error) from error
        reason = f"cannot be fetched: {error.strerror or type(error).__name__}"
        raise InputRefused(CODE, target.name, reason, HOW) from error


def _local_path(address: str, name: str) -> Path:
    from urllib.request import url2pathname

    parts = urlsplit(address)
    path = Path(url2pathname(parts.path))  # on Windows without the slash before "C:"
    if parts.netloc not in ("", "localhost") or not path.is_absolute():
        raise InputRefused("cohort.address", name, "has a file:// address with a host", HOW)
    if path.exists() and not path.is_file():
        raise InputRefused(CODE, name, "is not a file", HOW)
    return path


def _fetch_from_store(address: str, name: str, target: BinaryIO, most: int) -> None:
    store: Any = import_module("fsspec.core")
    try:
        files, path = store.url_to_fs(address)
        with files.open(path, "rb") as source:
            copy_bounded(source, name, target, most)
    except (ImportError, ValueError) as error:
        scheme = address.partition("://")[0]
        reason = f"has a {scheme}:// address, which fsspec cannot read here"
        remedy = "install the package that fsspec requires (s3fs, gcsfs, adlfs), or give a path"
        raise InputRefused(CODE, name, reason, remedy) from error
