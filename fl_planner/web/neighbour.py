"""Whose program is at the other end of a connection: other people may be logged in here too."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Iterator
from contextlib import closing
from functools import cache
from pathlib import Path

# Of Linux: each connection of this computer with the user who made it. A program that speaks IPv6
# reaches 127.0.0.1 as ::ffff:127.0.0.1, and stands in the second table.
TABLES = (Path("/proc/net/tcp"), Path("/proc/net/tcp6"))
USER, INODE = 7, 9  # their columns
MAPPED = bytes(10) + b"\xff\xff"  # before an address of IPv4 in one of IPv6
CLOSED = "0"  # in place of the inode: no program has it any more, and the user is not told
LOOKS = 3  # the tables change while they are read, and a row may be passed over [project's choice]

End = tuple[str, int]  # an address of IPv4, and a port

OTHER = "another user of this computer opened the page"
UNKNOWN = "this computer does not say which of its users opened the page"
UNPROTECTED = (
    "this computer does not say which user asks: anyone who is logged in to it can open the page"
)


def find_stranger(client: End | None, server: End) -> str:
    """Find why who made a connection to this server is not its user; empty where it is.

    Empty, too, on a system that cannot tell (`can_tell_users`).
    """
    if not can_tell_users():
        return ""
    users = None if client is None else _find_users(client, server)
    if not users:
        return UNKNOWN
    return "" if users == {_our_user()} else OTHER


@cache
def can_tell_users() -> bool:
    """Whether this system tells who made a connection: a connection of our own is looked up."""
    if sys.platform == "win32":
        return False
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        address = server.getsockname()
        with closing(socket.create_connection(address)) as client:
            return _find_users(client.getsockname(), address) == {_our_user()}


def _find_users(client: End, server: End) -> set[int]:
    """Find the users who hold the client's end of a connection; none where no row tells."""
    looked_at = zip(TABLES, (_as_ipv4, _as_ipv6), strict=True)
    for table, write in [*looked_at] * LOOKS:
        rows = _find_rows(table, f" {write(client)} {write(server)} ")
        if users := {int(row[USER]) for row in rows if row[INODE] != CLOSED}:
            return users
    return set()


def _find_rows(table: Path, ends: str) -> Iterator[list[str]]:
    try:
        told = table.read_text("ascii")
    except OSError:  # another system, or one without IPv6
        return
    yield from (line.split() for line in told.splitlines() if ends in line)


def _as_ipv4(end: End) -> str:
    return _as_hex(socket.inet_aton(end[0]), end[1])


def _as_ipv6(end: End) -> str:
    return _as_hex(MAPPED + socket.inet_aton(end[0]), end[1])


def _as_hex(address: bytes, port: int) -> str:
    """Write an address as the tables do: words of four bytes in the order of this computer."""
    words = (address[n : n + 4] for n in range(0, len(address), 4))
    return f"{''.join(f'{int.from_bytes(word, sys.byteorder):08X}' for word in words)}:{port:04X}"


@cache
def _our_user() -> int:
    return os.geteuid() if sys.platform != "win32" else 0
