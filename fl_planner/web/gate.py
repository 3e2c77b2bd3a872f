"""What every request passes before any page of ours sees it [safety.md 3.2 to 3.4, 3.8]."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from fl_planner.web.limits import LIMITS, MIB, PageLimits
from fl_planner.web.neighbour import find_stranger
from fl_planner.web.session import Doorkeeper

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
