"""Files at addresses: kinds that are read, hosts that may be asked, sizes, and what is left."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from fl_planner.archive import web_host
from fl_planner.archive.web_host import is_public
from fl_planner.cohort import fetch
from fl_planner.cohort.fetch import PREFIX, copy_bounded, fetching
from fl_planner.formats.stored.temporary import OWNER, remove_stale
from tests.cases import each_case
from tests.refusals import refuses

SECRET = "hunter2"


class Host(BaseHTTPRequestHandler):
    """Answers as its path says."""

    asked: list[tuple[str, str | None]]

    def do_GET(self) -> None:
        """Answer."""
        self.asked.append((self.path, self.headers["Authorization"]))
        if self.path.startswith("/to/"):
            self.send_response(302)
            self.send_header("Location", self.path.removeprefix("/to/"))
            self.end_headers()
            return
        self.send_response(404 if self.path == "/gone" else 200)
        if self.path == "/short":
            self.send_header("Content-Length", "9")
        self.end_headers()
        if self.path == "/endless":
            piece = bytes(1 << 20)
            try:
                while True:
                    self.wfile.write(piece)
            except OSError:  # who asked has gone
                return
        self.wfile.write(b"mask")

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def host() -> Iterator[str]:
    """Serve on a port of this computer."""
    Host.asked = []
    with ThreadingHTTPServer(("127.0.0.1", 0), Host) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"127.0.0.1:{server.server_address[1]}"
        server.shutdown()


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a folder for what is temporary."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return tmp_path


def fetch_one(address: str, *, private: bool = False) -> bytes:
    with fetching({"liver/1/l.nii": address}, 1, private=private) as folder:
        return Path(folder, "liver/1/l.nii").read_bytes()


@contextmanager
def unasked() -> Iterator[None]:
    """Demand that nobody was asked."""
    yield
    assert Host.asked == []


@each_case(
    "address",
    [
        "reference://x::file:///t/catalogue.json", "simplecache::s3://b/k", "filecache::https://h/x",
        "github://o:r@/x", "memory://x", "sftp://u:hunter2@h/x", "dask://x", "jar://x", "ftp://h/x",
        "s3://b/k::file:///x", "https://h/x::file:///y", "LOCAL://x", "zip://a::file:///b.zip",
    ],
)  # fmt: skip
def test_an_address_of_another_kind_is_refused_before_fsspec_sees_it(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever version of fsspec is installed."""
    assert fetch.is_address(address)

    def never(name: str) -> None:
        raise AssertionError(name)

    monkeypatch.setattr(fetch, "import_module", never)
    with refuses("cohort.address") as refused:
        fetch_one(address)
    assert SECRET not in str(refused.value)


@each_case(
    "address, public",
    {
        "loopback": ("127.9.0.1", False), "private": ("10.1.2.3", False),
        "link": ("169.254.169.254", False), "shared": ("100.64.0.1", False),
        "any": ("0.0.0.0", False), "loopback 6": ("::1", False), "link 6": ("fe80::1%eth0", False),
        "local 6": ("fd00::1", False), "mapped": ("::ffff:192.168.0.1", False),
        "6to4": ("2002:7f00:1::", False), "NAT64": ("64:ff9b::7f00:1", False),
        "multicast": ("224.0.0.1", False), "public": ("8.8.8.8", True),
        "public 6": ("2606:4700::1111", True), "NAT64 public": ("64:ff9b::808:808", True),
    },
)  # fmt: skip
def test_which_addresses_are_public(address: str, *, public: bool) -> None:
    assert is_public(address) is public


@each_case("name", ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "2130706433"])
def test_this_computer_is_asked_where_it_was_allowed_alone(name: str, host: str) -> None:
    port = host.rpartition(":")[2]
    with unasked():
        for scheme in ("http", "https"):
            with refuses("cohort.private_address", "l.nii"):
                fetch_one(f"{scheme}://u:{SECRET}@{name}:{port}/whole")


def test_a_private_host_is_asked_where_it_was_allowed(host: str) -> None:
    assert fetch_one(f"http://u:{SECRET}@{host}/whole", private=True) == b"mask"
    assert Host.asked == [("/whole", "Basic dTpodW50ZXIy")]
    with refuses("file.missing", "l.nii"):
        fetch_one(f"http://{host}/gone", private=True)
    with refuses("cohort.fetch", says="not received completely"):
        fetch_one(f"http://{host}/short", private=True)


def test_a_redirect_to_this_computer_is_not_followed(
    host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first host counts as public; where it leads to does not."""
    judged = iter([True, False])  # to be asked at all, and without encryption
    monkeypatch.setattr(web_host, "is_public", lambda _: next(judged, False))
    with refuses("cohort.private_address"):
        fetch_one(f"http://{host}/to/http://localhost:1/x")
    assert len(Host.asked) == 1


def test_redirects_end_and_lead_to_no_other_kind(host: str) -> None:
    with refuses("cohort.fetch", says="redirected more than 5 times"):
        fetch_one(f"http://{host}/to/" * 9 + "x", private=True)
    with refuses("cohort.fetch", says="not supported"):
        fetch_one(f"http://{host}/to/file:///etc/passwd", private=True)


def test_a_host_that_never_ends_is_cut_at_the_size_limit(
    host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    most: list[int] = []

    def copy(source: object, name: str, target: object, limit: int) -> None:
        most.append(limit)
        copy_bounded(source, name, target, 3 << 20)  # type: ignore[arg-type]

    monkeypatch.setattr(fetch, "copy_bounded", copy)
    with refuses("limit.file_size", "l.nii"):
        fetch_one(f"http://{host}/endless", private=True)
    assert most == [1 << 30]


def test_what_was_fetched_is_removed_and_what_a_killed_case_left(place: Path) -> None:
    (place / "l.nii").write_bytes(b"mask")
    left, other = (place / f"{PREFIX}{one}" for one in ("left", "other"))
    for folder in (left, other):
        folder.mkdir()
        (folder / "l.nii").write_bytes(b"mask")
    (left / OWNER).touch()
    outside = place / "outside"
    outside.mkdir()
    (outside / OWNER).touch()
    (place / f"{PREFIX}link").symlink_to(outside)
    with fetching({"liver/1/l.nii": (place / "l.nii").as_uri()}, 1) as mine:
        assert not left.exists()
        assert not other.exists()
        assert outside.exists()
        remove_stale(PREFIX)
        assert Path(mine, "liver/1/l.nii").exists()
        assert Path(mine).stat().st_mode & 0o777 == 0o700
    assert not Path(mine).exists()
