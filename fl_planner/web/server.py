"""The server of the page, for this computer only, until Ctrl-C."""

from __future__ import annotations

import asyncio
import shutil
import signal
import socket
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from secrets import token_bytes
from types import FrameType
from typing import Any, cast

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle

from fl_planner.basis.defaults import LOOPBACK, PAGE_PORT
from fl_planner.basis.findings import InputRefused
from fl_planner.formats.stored.source import is_left_by_system
from fl_planner.formats.stored.temporary import private_folder, putting_aside
from fl_planner.intake.documents.samples import sample_case
from fl_planner.intake.reading.files import require_present
from fl_planner.web.cases import Cases
from fl_planner.web.gate import CALLER, Doorkeeper, Gate, KnownCaller
from fl_planner.web.limits import LIMITS, PageLimits
from fl_planner.web.site import Site


class DeadlineProtocol(H11Protocol):
    """Closes a connection whose request header is incomplete at the deadline.

    The deadline starts when the connection opens or the last response ends. Further bytes do not
    extend it.
    """

    header_s: float = LIMITS.header_s

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.app_state = {**self.app_state, CALLER: KnownCaller()}  # of this connection
        self._late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start the deadline of the first request."""
        super().connection_made(transport)
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the deadline."""
        self._stop()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Receive bytes; a complete header stops the deadline."""
        super().data_received(data)
        if self._is_asked():
            self._stop()
        else:
            self._wait()

    def on_response_complete(self) -> None:
        """Start the deadline of the next request."""
        super().on_response_complete()
        if not self._is_asked():
            self._wait()

    def _is_asked(self) -> bool:
        """Return whether a request with a complete header is unanswered."""
        asked = cast("RequestResponseCycle | None", self.cycle)
        return asked is not None and not asked.response_complete

    def _wait(self) -> None:
        if self._late is None and not self.transport.is_closing():
            self._late = self.loop.call_later(self.header_s, self.transport.close)

    def _stop(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None


CASE, SAMPLE = "case.toml", "crlm"


def locate_case(named: Path | None, *, demo: bool) -> Path | None:
    """Return the case file to open, or a folder without a case file; None if neither is given.

    Raises `InputRefused` if the file is missing; `usage.wrong` for a case with `--demo`.
    """
    if demo:
        if named is not None:
            reason = "cannot be combined with --demo, which opens another case"
            raise InputRefused("usage.wrong", named.name, reason, "omit one of them")
        return sample_case(SAMPLE) / CASE
    if named is None:
        return None
    require_present((named,), {})
    return named / CASE if (named / CASE).is_file() else named


def link_files(named: Path, folder: Path) -> None:
    """Link the files of a user's folder into the folder of a case; copy them if links are refused.

    Raises `InputRefused`: `output.temporary`.
    """
    found = [
        path
        for path in sorted(named.iterdir())
        if not (path.name.startswith(".") or is_left_by_system(path.name))
    ]
    with putting_aside():
        for path in found:
            own = folder / path.name
            try:
                own.symlink_to(path.resolve())
            except OSError:  # on Windows, links require a right that few users have
                (shutil.copytree if path.is_dir() else shutil.copyfile)(path, own)


SECRET_BYTES, BACKLOG = 32, 128
PREFIX = "fl-planner-page-"  # of the folder of a server
ENDS = ("SIGTERM", "SIGHUP")  # in addition to Ctrl-C, which Python handles


@dataclass(frozen=True, slots=True)
class Serving:
    """Settings of a server.

    - `opened`: case file to open at the start, or a folder of files; None if neither is given.
    - `options`: options of every case, by the keywords of `fl_planner.plan`.
    - `port`: None for the default port, or any free one.
    """

    opened: Path | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    port: int | None = None
    limits: PageLimits = LIMITS


def serve(serving: Serving, ready: Callable[[str], None]) -> None:
    """Serve the page until interrupted; `ready` is called with its address.

    Closing the terminal or terminating the process has the same effect as Ctrl-C: dropped files are
    removed.

    Raises `InputRefused`: `page.port` if another program uses the port.
    """
    end_by(interrupt)
    with bind(serving.port) as bound, private_folder(PREFIX) as folder, suppress(KeyboardInterrupt):
        port = bound.getsockname()[1]
        asyncio.run(_run(serving, bound, folder, partial(ready, f"http://{LOOPBACK}:{port}/")))


def end_by(handle: Callable[[int, FrameType | None], None]) -> None:
    """Handle closing of the terminal and termination by the system.

    A program started with `nohup` continues.
    """
    for name in ENDS:
        number = getattr(signal, name, None)  # Windows has no SIGHUP
        if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, handle)


def interrupt(_: int, __: FrameType | None) -> None:
    """End the program as Ctrl-C does."""
    raise KeyboardInterrupt


def bind(port: int | None, usual: int = PAGE_PORT) -> socket.socket:
    """Bind a port of this computer that is not reachable from other computers.

    - `port`: None for the `usual` one, or any free one.

    Raises `InputRefused`: `page.port`.
    """
    for number in (usual, 0) if port is None else (port,):
        # asyncio turns off the delay of small packets only if the protocol is stated
        bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        # on Windows this option would allow a second program to take the port
        option = "SO_EXCLUSIVEADDRUSE" if sys.platform == "win32" else "SO_REUSEADDR"
        bound.setsockopt(socket.SOL_SOCKET, getattr(socket, option), 1)
        try:
            bound.bind((LOOPBACK, number))
            bound.listen(BACKLOG)  # connections are accepted from here on
        except OSError:
            bound.close()
            continue
        return bound
    reason = f"port {port} is in use, or requires administrator rights"
    raise InputRefused("page.port", "--port", reason, "give another port, or omit the option")


async def _run(
    serving: Serving, bound: socket.socket, folder: Path, ready: Callable[[], None]
) -> None:
    async with open_cases(serving, folder) as cases:
        server = make_server(serving, bound, folder, cases)
        end_by(server.handle_exit)
        ready()
        await server.serve(sockets=[bound])


def make_server(
    serving: Serving, bound: socket.socket, folder: Path, cases: Cases
) -> uvicorn.Server:
    """Create a server that checks deadlines, then applies the gate."""
    port, limits = bound.getsockname()[1], serving.limits
    doorkeeper = Doorkeeper(port, token_bytes(SECRET_BYTES))
    site = Site(doorkeeper, cases, folder, serving.options, limits)
    return guard(Gate(site.as_app(), doorkeeper, list_hosts(port), limits))


def list_hosts(port: int) -> frozenset[str]:
    """List the addresses of a server on this computer, as browsers name them."""
    return frozenset(f"{name}:{port}" for name in (LOOPBACK, "localhost"))


def guard(gate: Gate) -> uvicorn.Server:
    """Create a server that checks deadlines, then applies the gate."""
    limits = gate.limits
    config = uvicorn.Config(
        gate,
        http=type("Protocol", (DeadlineProtocol,), {"header_s": limits.header_s}),
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        limit_concurrency=limits.waiting,
        timeout_graceful_shutdown=2,
    )
    return uvicorn.Server(config)


@asynccontextmanager
async def open_cases(serving: Serving, folder: Path) -> AsyncIterator[Cases]:
    """Open the case named on the command line; stop all case processes at shutdown."""
    cases, opened = Cases(folder, serving.limits), serving.opened
    closing = asyncio.create_task(cases.close_left_ones())
    try:
        if opened is not None and opened.is_dir():
            held = cases.hold(None, folder)
            assert held.folder is not None
            link_files(opened, held.folder)
            cases.begin(held, "check", held.folder)
        elif opened is not None:
            cases.open_case(None, opened, serving.options)
        yield cases
    finally:
        closing.cancel()
        cases.close_all()
