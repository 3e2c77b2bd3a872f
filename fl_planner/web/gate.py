"""Checks of every request before the page handles it: origin and user."""

from __future__ import annotations

import asyncio
import hmac
import os
import re
import socket
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from secrets import token_hex

from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from fl_planner.basis.defaults import LOOPBACK
from fl_planner.web.limits import LIMITS, MIB, PageLimits

# Linux: each connection of this computer with its user. A program using IPv6 reaches 127.0.0.1 as
# ::ffff:127.0.0.1, and is listed in the second table.
TABLES = (Path("/proc/net/tcp"), Path("/proc/net/tcp6"))
USER, INODE = 7, 9  # their columns
MAPPED = bytes(10) + b"\xff\xff"  # before an address of IPv4 in one of IPv6
CLOSED = "0"  # as inode: the connection is closed, and its user is unknown
LOOKS = 3  # the tables change while being read, so that a row may be missed [project's choice]

End = tuple[str, int]  # an address of IPv4, and a port

OTHER = "another user of this computer opened the page"
UNKNOWN = "the user who opened the page cannot be determined on this computer"
UNPROTECTED = (
    "users cannot be distinguished on this computer: anyone logged in to it can open the page"
)


def check_user(client: End | None, server: End) -> str:
    """Return why the client is not the user of this server; empty if it is.

    Also empty on a system that cannot distinguish users (`can_distinguish_users`).
    """
    if not can_distinguish_users():
        return ""
    users = None if client is None else _find_users(client, server)
    if not users:
        return UNKNOWN
    return "" if users == {_our_user()} else OTHER


@cache
def can_distinguish_users() -> bool:
    """Test whether this system shows the user of a connection, on one it opens itself."""
    if sys.platform == "win32":
        return False
    with closing(socket.create_server((LOOPBACK, 0))) as server:
        address = server.getsockname()
        with closing(socket.create_connection(address)) as client:
            return _find_users(client.getsockname(), address) == {_our_user()}


def _find_users(client: End, server: End) -> set[int]:
    """Return the users of the client's end of a connection; empty if unknown."""
    looked_at = zip(TABLES, (_as_ipv4, _as_ipv6), strict=True)
    for table, write in [*looked_at] * LOOKS:
        rows = _find_rows(table, f" {write(client)} {write(server)} ")
        if users := {int(row[USER]) for row in rows if row[INODE] != CLOSED}:
            return users
    return set()


def _find_rows(table: Path, ends: str) -> Iterator[list[str]]:
    try:
        text = table.read_text("ascii")
    except OSError:  # another system, or one without IPv6
        return
    yield from (line.split() for line in text.splitlines() if ends in line)


def _as_ipv4(end: End) -> str:
    return _as_hex(socket.inet_aton(end[0]), end[1])


def _as_ipv6(end: End) -> str:
    return _as_hex(MAPPED + socket.inet_aton(end[0]), end[1])


def _as_hex(address: bytes, port: int) -> str:
    """Format an address as in the tables: 4-byte words in the byte order of this computer."""
    words = (address[n : n + 4] for n in range(0, len(address), 4))
    return f"{''.join(f'{int.from_bytes(word, sys.byteorder):08X}' for word in words)}:{port:04X}"


@cache
def _our_user() -> int:
    return os.geteuid() if sys.platform != "win32" else 0


TOKEN_HEADER = "x-fl-planner-token"
_COOKIE = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Doorkeeper:
    """Identifies the browsers of one server without a list of them.

    - `port`: port of the server, in the cookie name, because cookies are sent to every port of a
      host.
    - `secret`: secret of this run, for the tokens of pages.
    """

    port: int
    secret: bytes

    @property
    def cookie_name(self) -> str:
        """The name of the cookie."""
        return f"fl_planner_{self.port}"

    def find_session(self, asked: HTTPConnection) -> str | None:
        """Return the session of a browser; None without a valid cookie."""
        cookie = asked.cookies.get(self.cookie_name, "")
        return cookie if _COOKIE.fullmatch(cookie) else None

    def make_token(self, session: str) -> str:
        """Return the token that a page sends with every change."""
        return hmac.new(self.secret, session.encode(), "sha256").hexdigest()

    def admits(self, asked: HTTPConnection) -> bool:
        """Return whether a request comes from this page, by its origin and token."""
        session = self.find_session(asked)
        origin, host = asked.headers.get("origin", ""), asked.headers.get("host", "")
        token = asked.headers.get(TOKEN_HEADER, "")
        known = self.make_token(session or token_hex(32))
        same = hmac.compare_digest(token.encode(), known.encode())  # also without a cookie
        return session is not None and origin == f"http://{host}" and same


POLICY = (
    "default-src 'self'; script-src 'self'; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
    "cross-origin-resource-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "x-frame-options": "DENY",
}
MULTIPART = "multipart/form-data"
READS, CHANGES = ("GET", "HEAD"), "POST"


class BodyRefusedError(Exception):
    """A body that is too large, incomplete or not a form of the page."""

    def __init__(self, status: int, reason: str, remedy: str) -> None:
        super().__init__(reason)
        self.response = refuse(status, reason, remedy)
        self.response.headers["connection"] = "close"


def refuse(status: int, reason: str, remedy: str) -> Response:
    """Return a refusal with reason and remedy."""
    return JSONResponse({"reason": reason, "remedy": remedy}, status)


@dataclass(frozen=True, slots=True)
class Gate:
    """Passes only requests of this page from this computer.

    - `app`: handler of the requests.
    - `doorkeeper`: identifies browsers.
    - `hosts`: valid addresses of this server.
    """

    app: ASGIApp
    doorkeeper: Doorkeeper
    hosts: frozenset[str]
    limits: PageLimits = field(default=LIMITS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse a request or pass it on; every response has the security headers."""

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        if scope["type"] != "http":
            return
        refused = self._judge(scope)
        if refused is not None:
            await refused(scope, receive, send_guarded)
            return
        await self.app(scope, _Body(receive, self.limits).receive, send_guarded)

    def _judge(self, scope: Scope) -> Response | None:
        asked = HTTPConnection(scope)
        if asked.headers.getlist("host") not in [[host] for host in self.hosts]:
            return refuse(
                421, "this is not the address of the page", "open the address that was printed"
            )
        if stranger := check_user(scope["client"], scope["server"]):
            return refuse(403, stranger, "start fl-planner serve under your user account")
        if len(scope["raw_path"]) + len(scope["query_string"]) > self.limits.address_bytes:
            return refuse(414, "the address is too long", "go back to the page")
        if scope["method"] in READS:
            return None
        if scope["method"] != CHANGES:
            return refuse(405, "the request method is not supported", "go back to the page")
        return self._judge_change(asked)

    def _judge_change(self, asked: HTTPConnection) -> Response | None:
        if not self.doorkeeper.admits(asked):
            return refuse(403, "the request does not come from this page", "reload the page")
        length = asked.headers.get("content-length")
        if length is not None and not (length.isascii() and length.isdecimal()):
            return refuse(400, "the length of the request is invalid", "reload the page")
        if length is not None and int(length) > self.limits.body_bytes:
            return _too_large(self.limits).response
        if asked.headers.get("content-type", "").partition(";")[0].strip().lower() != MULTIPART:
            return refuse(415, "the request is not a form of this page", "reload the page")
        return None


class _Body:
    """The body of one request, with its size limit and deadline."""

    def __init__(self, receive: Receive, limits: PageLimits) -> None:
        self._receive = receive
        self._limits = limits
        self._bytes = 0
        self._begun: float | None = None
        self._over = False

    async def receive(self) -> Message:
        """Return the next part; messages after the body have no deadline."""
        if self._over:
            return await self._receive()
        now = asyncio.get_running_loop().time()
        self._begun = now if self._begun is None else self._begun
        more_s = self._bytes / (self._limits.slowest_mib_s * MIB)
        try:
            async with asyncio.timeout_at(self._begun + self._limits.body_s + more_s):
                message = await self._receive()
        except TimeoutError:
            remedy = "try again"
            raise BodyRefusedError(408, "the upload stopped", remedy) from None
        return self._count(message)

    def _count(self, message: Message) -> Message:
        self._bytes += len(message.get("body", b""))
        self._over = not message.get("more_body", False)
        if self._bytes > self._limits.body_bytes:
            self._over = True
            raise _too_large(self._limits)
        return message


def _too_large(limits: PageLimits) -> BodyRefusedError:
    most = f"{limits.body_bytes // MIB:,} MiB"
    return BodyRefusedError(413, f"the request is larger than {most}", "drop fewer files together")
