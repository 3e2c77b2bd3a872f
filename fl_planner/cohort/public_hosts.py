"""Files by HTTPS from hosts of the public network alone, each read to its bound and no further.

A table of cases may come from elsewhere. An address in it must not reach a machine that only this
computer, or its hospital, can reach: so every host is looked up once, what it resolves to is
judged, and that very address is connected to; after each redirect again.
"""

from __future__ import annotations

import http.client
import socket
import ssl
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import BinaryIO
from urllib.parse import SplitResult, unquote, urljoin, urlsplit

from fl_planner.basis.errors import InputRefused

CODE = "cohort.fetch"
OPTION = "--private-addresses"
SECURE, PLAIN = "https", "http"
WAIT_S = 60.0  # for the next bytes of a host [project's choice]
MOST_REDIRECTS = 5  # [project's choice]
PIECE = 1 << 20  # bytes that are read at a time
MOVED = frozenset({301, 302, 303, 307, 308})
ABSENT = frozenset({404, 410})
# networks of IPv6 whose addresses end in one of IPv4, which is where they lead
TRANSLATED = (IPv6Network("64:ff9b::/96"), IPv6Network("::/96"))
Address = IPv4Address | IPv6Address


def is_public(text: str) -> bool:
    """Whether an address of a host is one of the public network.

    Examples
    --------
    >>> [is_public(one) for one in ("8.8.8.8", "127.0.0.1", "::ffff:10.0.0.1", "169.254.169.254")]
    [True, False, False, False]
    """
    found: Address = ip_address(text.partition("%")[0])
    within = _find_within(found) if isinstance(found, IPv6Address) else None
    return found.is_global and not found.is_multicast and (within is None or within.is_global)


def _find_within(found: IPv6Address) -> IPv4Address | None:
    if any(found in one for one in TRANSLATED):
        return IPv4Address(int(found) & 0xFFFFFFFF)
    return found.ipv4_mapped or found.sixtofour or (found.teredo[1] if found.teredo else None)


def fetch_public(address: str, name: str, target: BinaryIO, most: int, *, private: bool) -> None:
    """Fetch a file by HTTPS, of at most so many bytes; `name` is what refusals call it.

    - `private`: whether hosts of a private network, and HTTP without encryption to these, will do.

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
                raise _refuse(name, "is led on to an address that is not read here")
    raise _refuse(name, f"is led on more than {MOST_REDIRECTS} times")


@contextmanager
def _asking(parts: SplitResult, name: str, *, private: bool) -> Iterator[http.client.HTTPResponse]:
    """Ask a host for what an address names; nothing of the address is repeated."""
    try:
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise _refuse(name, "has an address that is none") from error
    found = _resolve(host, port or (443 if parts.scheme == SECURE else 80), name, private=private)
    if parts.scheme == PLAIN and is_public(str(found[0])):
        raise _refuse(name, "lies at http://, which is not encrypted: give https://")
    try:
        connection = _connect(host, found, secure=parts.scheme == SECURE)
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


def _resolve(host: str, port: int, name: str, *, private: bool) -> tuple[str, int]:
    """Find the address of a host that may be asked."""
    for found in _look_up(host, port, name):
        if private or is_public(found):
            return found, port
    reason = "lies on this computer or in a private network, which was not allowed"
    remedy = f"say {OPTION} where the table is your own, or copy the file and name its path"
    raise InputRefused("cohort.private_address", name, reason, remedy)


def _look_up(host: str, port: int, name: str) -> list[str]:
    with suppress(ValueError):  # a name
        return [str(ip_address(host))]
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise _refuse(name, "has an address whose host is not found") from error
    return [str(place[0]) for *_, place in found]


def _connect(host: str, place: tuple[str, int], *, secure: bool) -> http.client.HTTPConnection:
    """Connect to the address that was judged, not to what the name means the next time."""
    kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
    connection = kind(host, place[1], timeout=WAIT_S)
    plain = socket.create_connection(place, WAIT_S)
    try:
        connection.sock = (
            ssl.create_default_context().wrap_socket(plain, server_hostname=host)
            if secure
            else plain
        )
    except OSError:
        plain.close()
        raise
    return connection


def _identify(parts: SplitResult) -> dict[str, str]:
    """Say who asks, where the address says it; it is sent to this host and to no other."""
    headers = {"Accept-Encoding": "identity", "User-Agent": "fl-planner"}
    if parts.username is not None:
        pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        headers["Authorization"] = f"Basic {b64encode(pair.encode()).decode()}"
    return headers


def _take(answer: http.client.HTTPResponse, name: str, target: BinaryIO, most: int) -> None:
    if answer.status in ABSENT:
        raise InputRefused("file.missing", name, "no such file at its address", "check the address")
    if answer.status != http.client.OK:
        raise _refuse(name, f"cannot be fetched: its host answers {answer.status}")
    stated = answer.length  # None where the host does not say
    copy_bounded(answer, name, target, most)
    if stated is not None and answer.length:
        raise _refuse(name, "was sent in part only")


def copy_bounded(source: BinaryIO, name: str, target: BinaryIO, most: int) -> None:
    """Copy a file piece by piece, and refuse it as soon as it is larger than it may be.

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
    remedy = "give an address that can be read from here, or copy the file and name its path"
    return InputRefused(CODE, name, reason, remedy)
