"""Checks of every request before the page handles it: origin and user."""

from __future__ import annotations

import asyncio
import hmac
import os
import re
import socket
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from secrets import token_hex
from typing import Protocol

from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from fl_planner.basis.defaults import LOOPBACK
from fl_planner.basis.findings import InputRefused
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
UNKNOWN = "this computer cannot determine which user opened the page"
UNPROTECTED = "this computer cannot distinguish users: anyone who is logged in can open the page"


CALLER = "caller"  # in the state of a request: the `KnownCaller` of its connection


@dataclass(slots=True)
class KnownCaller:
    """The program at the other end of one connection.

    - `is_our_user`: whether it was identified as a program of the user of this server.
    """

    is_our_user: bool = False


def check_caller(scope: Scope) -> str:
    """Return why the caller is not the user of this server; empty if it is.

    Tables of all connections take milliseconds to read, and the user of a connection does not
    change: a caller identified as our user is not looked up again on the same connection.
    """
    caller = scope.get("state", {}).get(CALLER, KnownCaller())
    if caller.is_our_user:
        return ""
    wrong = check_user(scope["client"], scope["server"])
    caller.is_our_user = not wrong
    return wrong


def check_user(client: End | None, server: End) -> str:
    """Return why the client is not the user of this server; empty if it is.

    Returns "" on a system that cannot distinguish users (`can_distinguish_users`).
    """
    if not can_distinguish_users():
        return ""
    users = None if client is None else _find_users(client, server)
    if not users:
        return UNKNOWN
    return "" if users == {_our_user()} else OTHER


@cache
def can_distinguish_users() -> bool:
    """Test on a separate connection whether this system identifies the user of a connection.

    Raises `InputRefused`: `page.port` if no connection within this computer is possible.
    """
    if sys.platform == "win32":
        return False
    try:
        with closing(socket.create_server((LOOPBACK, 0))) as server:
            address = server.getsockname()
            with closing(socket.create_connection(address)) as client:
                return _find_users(client.getsockname(), address) == {_our_user()}
    except OSError as error:
        detail = error.strerror or type(error).__name__
        reason = f"the page cannot be reached from this computer: {detail}"
        remedy = "activate the loopback network interface (127.0.0.1)"
        raise InputRefused("page.port", "network", reason, remedy) from error


def _find_users(client: End, server: End) -> set[int]:
    """Return the users at the client end of a connection; empty if unknown."""
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
    """Format an address as in the system's tables: 4-byte words in native byte order."""
    words = (address[n : n + 4] for n in range(0, len(address), 4))
    return f"{''.join(f'{int.from_bytes(word, sys.byteorder):08X}' for word in words)}:{port:04X}"


@cache
def _our_user() -> int:
    return os.geteuid() if sys.platform != "win32" else 0


READS, CHANGES = ("GET", "HEAD"), "POST"


class Door(Protocol):
    """Decides who may send requests to a server, in addition to the common checks.

    - `media_type`: content type of the body of a change.
    """

    @property
    def media_type(self) -> str:
        """The content type of a change."""

    def judge_caller(self, asked: HTTPConnection) -> Response | None:
        """Return the reply to a caller whose request is not passed on; None if it is passed on."""

    def judge_change(self, asked: HTTPConnection) -> Response | None:
        """Return the refusal of a change; None if the caller may make it."""

    def list_headers(self, asked: HTTPConnection) -> Mapping[str, str]:
        """List the headers of every answer to this caller, in addition to the common ones."""

    def refuse(self, status: int, reason: str, remedy: str) -> Response:
        """Return a refusal with reason and remedy."""


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

    @property
    def media_type(self) -> str:
        """The content type of a form."""
        return MULTIPART

    def judge_caller(self, asked: HTTPConnection) -> Response | None:
        """Refuse another user of this computer."""
        if not (stranger := check_caller(asked.scope)):
            return None
        return refuse(403, stranger, "start fl-planner serve under your user account")

    def judge_change(self, asked: HTTPConnection) -> Response | None:
        """Refuse a change that was not made on this page."""
        if self.admits(asked):
            return None
        return refuse(403, "the request does not come from this page", "reload the page")

    def list_headers(self, asked: HTTPConnection) -> Mapping[str, str]:
        """Return no additional headers."""
        del asked
        return {}

    def refuse(self, status: int, reason: str, remedy: str) -> Response:
        """Return a refusal with reason and remedy."""
        return refuse(status, reason, remedy)


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


class BodyRefusedError(Exception):
    """A request body that is too large, incomplete or of the wrong type."""

    def __init__(self, status: int, reason: str, remedy: str) -> None:
        super().__init__(reason)
        self.status, self.reason, self.remedy = status, reason, remedy
        self.response = refuse(status, reason, remedy)
        self.response.headers["connection"] = "close"


def refuse(status: int, reason: str, remedy: str) -> Response:
    """Return a refusal with reason and remedy."""
    return JSONResponse({"reason": reason, "remedy": remedy}, status)


@dataclass(frozen=True, slots=True)
class Gate:
    """Passes permitted requests to the server.

    - `app`: handler of the requests.
    - `door`: decides who may send requests.
    - `hosts`: valid addresses of this server.
    """

    app: ASGIApp
    door: Door
    hosts: frozenset[str]
    limits: PageLimits = field(default=LIMITS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse a request or pass it on; every response has the security headers."""

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                more = self.door.list_headers(asked)
                MutableHeaders(scope=message).update({**HEADERS, **more})
            await send(message)

        if scope["type"] != "http":
            return
        asked = HTTPConnection(scope)
        if (refused := self._judge(asked)) is not None:
            await refused(scope, receive, send_guarded)
            return
        await self.app(scope, _Body(receive, self.limits).receive, send_guarded)

    def _judge(self, asked: HTTPConnection) -> Response | None:
        refuse, scope = self.door.refuse, asked.scope
        if asked.headers.getlist("host") not in [[host] for host in self.hosts]:
            reason, remedy = (
                "this is not the address of the server",
                "use the address shown in the terminal",
            )
            return refuse(421, reason, remedy)
        if answer := self.door.judge_caller(asked):
            return answer
        if len(scope["raw_path"]) + len(scope["query_string"]) > self.limits.address_bytes:
            return refuse(414, "the address is too long", "use a shorter address")
        if scope["method"] in READS:
            return None
        if scope["method"] != CHANGES:
            return refuse(405, "the request method is not supported", "use GET or POST")
        return self.door.judge_change(asked) or self._judge_body(asked)

    def _judge_body(self, asked: HTTPConnection) -> Response | None:
        """Refuse a body by its headers, before it is read."""
        refuse, kind = self.door.refuse, self.door.media_type
        length = asked.headers.get("content-length")
        if length is not None and not (length.isascii() and length.isdecimal()):
            return refuse(400, "the length of the request is invalid", "send the request again")
        if length is not None and int(length) > self.limits.body_bytes:
            wrong = _too_large(self.limits)
            answer = refuse(wrong.status, wrong.reason, wrong.remedy)
            answer.headers["connection"] = "close"  # before its body is received
            return answer
        if asked.headers.get("content-type", "").partition(";")[0].strip().lower() != kind:
            return refuse(415, f"the content type is not {kind}", f"send {kind}")
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
        """Return the next part of the body; messages after the body have no deadline."""
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
            raise BodyRefusedError(408, "the upload timed out", remedy) from None
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
    return BodyRefusedError(
        413, f"the request is larger than {most}", "send fewer files or less data at a time"
    )
