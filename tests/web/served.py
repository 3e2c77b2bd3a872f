"""A server of the page on a real socket, and what a browser or an attacker sends to it."""

import asyncio
import json
import os
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import uvicorn

from fl_planner.basis.defaults import LOOPBACK
from fl_planner.formats.stored.temporary import private_folder
from fl_planner.web.case import OpenCase
from fl_planner.web.limits import LIMITS, PageLimits
from fl_planner.web.server import PREFIX, Serving, bind, make_server, open_cases

TOKEN = re.compile(r'name="token" content="([0-9a-f]{64})"')
BOUNDARY = "------------------------page"
PROJECT = Path(__file__).parents[2]
CRLM = Path(__file__).parents[2] / "sample_data" / "crlm" / "case.toml"
# as it would be with disease outside the liver: a second trial is undecided, and asks for more
SPREAD = CRLM.read_bytes().replace(
    b'extrahepatic_status = "none"', b'extrahepatic_status = "confirmed"'
)


def open_here(case_file: Path) -> OpenCase:
    """Open a case in this process."""
    case = OpenCase()
    case.open_case(case_file, {})
    return case


def link_case(folder: Path, text: str, *, of: Path = CRLM, name: str = "case.toml") -> Path:
    """Write a case file next to links to the images of a bundled case."""
    for image in of.parent.glob("*.nii.gz"):
        (folder / image.name).symlink_to(image)
    path = folder / name
    path.write_text(text, "utf-8")
    return path


@dataclass(frozen=True, slots=True)
class Told:
    """An answer of the server."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """Read its body."""
        return json.loads(self.body)


@dataclass(slots=True)
class Browser:
    """What a page of ours sends: its cookie, its token, its origin."""

    port: int
    cookie: str = ""
    token: str = ""

    def visit(self) -> "Browser":
        """Load the page."""
        page = self.get("/")
        self.cookie = page.headers["set-cookie"].partition(";")[0]
        found = TOKEN.search(page.body.decode())
        assert found
        self.token = found[1]
        return self

    def headers(self) -> dict[str, str]:
        """Give what a page of ours bears."""
        return {
            "Cookie": self.cookie,
            "Origin": f"http://{LOOPBACK}:{self.port}",
            "X-FL-Planner-Token": self.token,
        }

    def get(self, address: str) -> Told:
        """Read."""
        return send(self.port, "GET", address, {"Cookie": self.cookie} if self.cookie else {})

    def post(
        self, address: str, words: Mapping[str, str] | None = None, files: Any = (), **other: str
    ) -> Told:
        """Send a form."""
        body, kind = as_form(words or {}, files)
        headers = {**self.headers(), "Content-Type": kind, **other}
        return send(self.port, "POST", address, headers, body)

    def open_sample(self) -> str:
        """Open the bundled case."""
        told = self.post("/cases", {"sample": "crlm"})
        assert told.status == 202, told.body
        case: str = told.json()["id"]
        return case

    def first(self, state: str = "ready") -> str:
        """Wait for the case that is open from the start."""
        case: str = self.get("/cases").json()[0]["id"]
        assert self.wait(case)["state"] == state
        return case

    def head(self, *more: str) -> bytes:
        """Write the head of a form that is sent by hand; `more` are further headers."""
        lines = [f"{name}: {told}" for name, told in self.headers().items()]
        begun = ("POST /cases HTTP/1.1", f"Host: 127.0.0.1:{self.port}")
        return "\r\n".join((*begun, *lines, *more, "", "")).encode()

    def wait(self, case: str, within_s: float = 180) -> dict[str, Any]:
        """Wait until a case is no longer worked on."""
        over = time.monotonic() + within_s
        while time.monotonic() < over:
            held: dict[str, Any] = self.get(f"/cases/{case}").json()
            if held["state"] != "working":
                return held
            time.sleep(0.05)
        raise AssertionError(f"still working after {within_s} s")


def as_form(words: Mapping[str, str], files: Any = ()) -> tuple[bytes, str]:
    """Write a form: words, and files as pairs of name and content."""
    parts = [
        f'Content-Disposition: form-data; name="{name}"\r\n\r\n{word}'.encode()
        for name, word in words.items()
    ]
    for name, content in files:
        head = f'Content-Disposition: form-data; name="files"; filename="{name}"\r\n'
        parts.append(f"{head}Content-Type: application/octet-stream\r\n\r\n".encode() + content)
    sep = f"--{BOUNDARY}\r\n".encode()
    body = b"".join(sep + part + b"\r\n" for part in parts) + f"--{BOUNDARY}--\r\n".encode()
    return body, f"multipart/form-data; boundary={BOUNDARY}"


def send(
    port: int, method: str, address: str, headers: Mapping[str, str], body: bytes | None = None
) -> Told:
    with closing(HTTPConnection(LOOPBACK, port, timeout=60)) as connection:
        connection.putrequest(method, address, skip_host="Host" in headers)
        for name, value in headers.items():
            connection.putheader(name, value)
        if body is not None and "Content-Length" not in headers:
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body)
        answer = connection.getresponse()
        return Told(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read())


def send_raw(port: int, content: bytes, within_s: float = 20) -> bytes:
    """Send bytes as they are, and read until the server closes."""
    with closing(socket.create_connection((LOOPBACK, port), timeout=within_s)) as line:
        line.sendall(content)
        return read_all(line)


def read_all(line: socket.socket) -> bytes:
    got = b""
    try:
        while piece := line.recv(65536):
            got += piece
    except ConnectionResetError:
        pass
    return got


@dataclass(frozen=True, slots=True)
class Server:
    """One that runs."""

    port: int
    folder: Path

    def browser(self) -> Browser:
        """Load the page in a browser of its own."""
        return Browser(self.port).visit()

    def dropped(self) -> list[Path]:
        """List what lies in its folder beside its lock."""
        found = list[Path]()
        for here, folders, names in os.walk(self.folder):  # `rglob` raises where one goes meanwhile
            found += [Path(here, one) for one in (*folders, *names) if one != "owner"]
        return found


@contextmanager
def running(
    *words: object, cwd: Path, begun: Sequence[object] = ("-m", "fl_planner"), **env: str
) -> Iterator[tuple[subprocess.Popen[str], Browser]]:
    """Run `fl-planner serve` as a process of its own, begun by these words to Python."""
    asked = [sys.executable, *map(str, begun), "serve", *map(str, words), "--no-open", "--quiet"]
    ran = subprocess.Popen(
        asked,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(PROJECT), **env},
        start_new_session=True,
    )
    try:
        assert ran.stderr is not None
        told = ran.stderr.readline()
        if "127.0.0.1:" not in told:
            ran.kill()  # else it is waited for
            raise AssertionError(told + ran.stderr.read())
        yield ran, Browser(int(told.split("127.0.0.1:")[1].split("/")[0])).visit()
    finally:
        ran.kill()
        ran.communicate(timeout=60)


@contextmanager
def in_thread(
    run: Callable[[], Coroutine[Any, Any, None]], servers: Sequence[uvicorn.Server]
) -> Iterator[None]:
    """Run a server in a thread until the test is over; `run` adds it to `servers`."""
    thread = threading.Thread(target=asyncio.run, args=(run(),))
    thread.start()
    try:
        while not (servers and servers[0].started):
            time.sleep(0.01)
        yield
    finally:
        servers[0].should_exit = True
        thread.join(20)
        assert not thread.is_alive()


@contextmanager
def serving(
    place: Path, case_file: Path | None = None, limits: PageLimits = LIMITS, **options: Any
) -> Iterator[Server]:
    """Run a server in a thread, on a port of its own; `place` is where it may keep files.

    - `options`: of every case.
    """
    asked = Serving(case_file, options, None, limits)
    servers: list[uvicorn.Server] = []
    with bind(0) as bound, private_folder(PREFIX, place) as folder:

        async def run() -> None:
            async with open_cases(asked, folder) as cases:
                servers.append(make_server(asked, bound, folder, cases))
                await servers[0].serve(sockets=[bound])

        with in_thread(run, servers):
            yield Server(bound.getsockname()[1], folder)
