"""Points 5, 9 and 10 of the page: what is kept of what was sent, and what tells of it."""

import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

from fl_planner.web.form import clean_name
from fl_planner.web.private_folder import OWNER, PREFIX, private_folder
from tests.cases import each_case
from tests.web.served import BOUNDARY, CRLM, Browser, Server, as_form

NAMES = (
    "../../escaped.nii.gz", "/tmp/escaped.nii.gz", "..\\..\\escaped.nii.gz", "C:\\escaped.nii.gz",
    "..", ".", ".hidden", "nul\0byte.nii", "a" * 1000 + ".nii.gz", "-rf", "~/escaped", "owner",
)  # fmt: skip
PROJECT = Path(__file__).parents[2]


@each_case(
    "told, kept",
    {
        "a path": ("../../etc/passwd", "passwd"),
        "of Windows": ("C:\\Users\\x\\liver.nii.gz", "liver.nii.gz"),
        "above": ("..", "file"),
        "hidden": (".ssh", "ssh"),
        "an option": ("-rf", "rf"),
        "signs": ("FLR (2)\0;&|$`'\".nii.gz", "FLR_2_.nii.gz"),
        "long": ("a" * 300 + ".nii.gz", "a" * 93 + ".nii.gz"),
    },
)
def test_h18_page_5_a_name_becomes_a_base_name_of_plain_signs(told: str, kept: str) -> None:
    assert clean_name(told) == kept


def test_h18_page_5_no_name_leads_out_of_the_folder(server: Server, tmp_path: Path) -> None:
    before = {*server.folder.parent.iterdir()}
    told = server.browser().post("/cases", {"sample": "none"}, [(one, b"x") for one in NAMES])
    assert told.status == 422
    assert {*server.folder.parent.iterdir()} == before
    assert not [*Path("/tmp").glob("escaped*")]
    assert server.dropped() == []


def test_h18_page_5_no_other_file_is_given_out(server: Server) -> None:
    browser = server.browser()
    for address in (
        "/page.html", "/site.py", "/../site.py", "/%2e%2e/site.py", "/..%2fsite.py",
        "//etc/passwd", "/static/page.js", "/page.js/", "/page.js%00", "/owner",
    ):  # fmt: skip
        assert browser.get(address).status in (404, 307), address


def test_h18_page_5_the_folder_is_of_this_user_alone(server: Server) -> None:
    assert stat.S_IMODE(server.folder.stat().st_mode) == 0o700


def test_h18_page_10_what_was_sent_is_gone_with_the_request(server: Server) -> None:
    files = [("liver.nii.gz", b"x" * 100_000)]
    assert server.browser().post("/cases", {"sample": "none"}, files).status == 422
    assert server.dropped() == []


def test_h18_page_10_what_broke_off_is_gone(server: Server) -> None:
    browser = server.browser()
    body, kind = as_form({}, [("liver.nii.gz", b"x" * 500_000)])
    lines = [f"{name}: {told}" for name, told in browser.headers().items()]
    head = [
        "POST /cases HTTP/1.1", f"Host: 127.0.0.1:{server.port}", *lines,
        f"Content-Type: {kind}", f"Content-Length: {len(body)}", "", "",
    ]  # fmt: skip
    with closing(socket.create_connection(("127.0.0.1", server.port), timeout=10)) as line:
        line.sendall("\r\n".join(head).encode() + body[:300_000])
        _until(lambda: bool(server.dropped()))
    _until(lambda: not server.dropped())
    assert BOUNDARY.encode() in body


def _until(holds: object) -> None:
    assert callable(holds)
    over = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < over
        time.sleep(0.02)


def test_h18_page_10_folders_left_behind_are_removed_and_no_other(tmp_path: Path) -> None:
    with private_folder(tmp_path) as living:
        left = tmp_path / f"{PREFIX}left"
        left.mkdir()
        (left / "liver.nii.gz").write_bytes(b"x")
        (left / OWNER).touch()
        outside = tmp_path / "outside"
        outside.mkdir()
        (outside / "kept").touch()
        (tmp_path / f"{PREFIX}link").symlink_to(outside)
        with private_folder(tmp_path) as mine:
            assert living.is_dir()
            assert mine.is_dir()
            assert not left.exists()
            assert (outside / "kept").exists()
        assert not mine.exists()
    assert not living.exists()


def test_h18_page_9_and_10_a_whole_run_tells_nothing_and_leaves_nothing(tmp_path: Path) -> None:
    patient = tmp_path / "patient"
    shutil.copytree(CRLM.parent, patient)
    case = (patient / "case.toml").rename(patient / "Smith_John_1961.toml")
    ran = subprocess.Popen(
        [sys.executable, "-m", "fl_planner", "serve", str(case), "--no-open", "--quiet"],
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(PROJECT), "TMPDIR": str(tmp_path)},
    )
    assert ran.stderr is not None
    address = ran.stderr.readline()
    browser = Browser(int(address.split("127.0.0.1:")[1].split("/")[0])).visit()
    held = browser.get("/cases").json()[0]
    browser.wait(held["id"])
    browser.get("/cases/Smith_John/answer")
    assert "Smith" not in browser.cookie + held["id"]
    folders = [*tmp_path.glob(f"{PREFIX}*")]
    assert len(folders) == 1
    ran.send_signal(signal.SIGINT)
    _, told = ran.communicate(timeout=20)
    assert ran.returncode == 0
    assert "Smith" not in address + told
    assert [*tmp_path.glob(f"{PREFIX}*")] == []
