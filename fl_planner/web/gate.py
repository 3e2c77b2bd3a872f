"""What every request passes before any page of ours sees it: who asks, and from where."""

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
    with closing(socket.create_server((LOOPBACK, 0))) as server:
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


TOKEN_HEADER = "x-fl-planner-token"
_COOKIE = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Doorkeeper:
    """Knows the browsers of one server without keeping a list of them.

    - `port`: of the server, in the cookie's name: browsers send cookies to every port of a host.
    - `secret`: of this run; what a page's token is made with.
    """

    port: int
    secret: bytes

    @property
    def cookie_name(self) -> str:
        """What the cookie is called."""
        return f"fl_planner_{self.port}"

    def find_session(self, asked: HTTPConnection) -> str | None:
        """Find which browser asks; None where it bears no cookie of ours."""
        cookie = asked.cookies.get(self.cookie_name, "")
        return cookie if _COOKIE.fullmatch(cookie) else None

    def make_token(self, session: str) -> str:
        """Make the token that each page of a browser sends with whatever changes something."""
        return hmac.new(self.secret, session.encode(), "sha256").hexdigest()

    def admits(self, asked: HTTPConnection) -> bool:
        """Whether a request comes from a page of ours: by its own origin and the page's token."""
        session = self.find_session(asked)
        origin, host = asked.headers.get("origin", ""), asked.headers.get("host", "")
        token = asked.headers.get(TOKEN_HEADER, "")
        known = self.make_token(session or token_hex(32))
        same = hmac.compare_digest(token.encode(), known.encode())  # also where there is no cookie
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
    """A body that is too large, that does not come, or that is no form of the page."""

    def __init__(self, status: int, reason: str, remedy: str) -> None:
        super().__init__(reason)
        self.response = refuse(status, reason, remedy)
        self.response.headers["connection"] = "close"


def refuse(status: int, reason: str, remedy: str) -> Response:
    """Say why a request is refused, and what to do."""
    return JSONResponse({"reason": reason, "remedy": remedy}, status)


@dataclass(frozen=True, slots=True)
class Gate:
    """Lets pass what a page of ours asks of this computer, and nothing else.

    - `app`: what answers.
    - `doorkeeper`: who knows a page of ours.
    - `hosts`: how this server may be addressed.
    """

    app: ASGIApp
    doorkeeper: Doorkeeper
    hosts: frozenset[str]
    limits: PageLimits = field(default=LIMITS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse a request, or pass it on; each answer bears the headers of ours."""

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
            return refuse(421, "this address is not that of the page", "open it as it was printed")
        if stranger := find_stranger(scope["client"], scope["server"]):
            return refuse(403, stranger, "start a page of your own, and open it in your own name")
        if len(scope["raw_path"]) + len(scope["query_string"]) > self.limits.address_bytes:
            return refuse(414, "the address is too long", "go back to the page")
        if scope["method"] in READS:
            return None
        if scope["method"] != CHANGES:
            return refuse(405, "the page does not work so", "go back to the page")
        return self._judge_change(asked)

    def _judge_change(self, asked: HTTPConnection) -> Response | None:
        if not self.doorkeeper.admits(asked):
            return refuse(403, "this does not come from the page", "reload the page")
        length = asked.headers.get("content-length")
        if length is not None and not (length.isascii() and length.isdecimal()):
            return refuse(400, "its length is no number", "reload the page")
        if length is not None and int(length) > self.limits.body_bytes:
            return _too_large(self.limits).response
        if asked.headers.get("content-type", "").partition(";")[0].strip().lower() != MULTIPART:
            return refuse(415, "this is no form of the page", "reload the page")
        return None


class _Body:
    """The body of one request: counted, and waited for until its deadline."""

    def __init__(self, receive: Receive, limits: PageLimits) -> None:
        self._receive = receive
        self._limits = limits
        self._bytes = 0
        self._begun: float | None = None
        self._over = False

    async def receive(self) -> Message:
        """Give the next part; what comes after the body is waited for without a deadline."""
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
            raise BodyRefusedError(408, "the browser stopped sending", remedy) from None
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
    return BodyRefusedError(413, f"this is more than {most} at once", "drop fewer files at once")
