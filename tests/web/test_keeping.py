"""Points 5, 9 and 10 of the page: what is kept of what was sent, and what tells of it."""

import fcntl
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from fl_planner.formats.stored.temporary import OWNER, clean_name, private_folder, remove_stale
from fl_planner.web.server import PREFIX
from tests.cases import each_case, of_many
from tests.cli.outside import SMALL, case_toml
from tests.web.served import CRLM, Browser, Server, running
from tests.web.test_drop import drop

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
        "long": ("a" * 300 + ".nii.gz", "a" * 48 + "..." + "a" * 41 + ".nii.gz"),
        "long, of a structure": (
            "tumour_" + "a" * 300 + ".nii.gz",
            "tumour_" + "a" * 41 + "..." + "a" * 41 + ".nii.gz",
        ),
        "long in bytes": (  # three a sign: 97 and 97 of the 98 at each end
            "tumour_" + "\u809d" * 90 + ".nii.gz",
            "tumour_" + "\u809d" * 30 + "..." + "\u809d" * 30 + ".nii.gz",
        ),
        "not too long": ("a" * 93 + ".nii.gz", "a" * 93 + ".nii.gz"),
    },
)
def test_h18_page_5_a_name_becomes_a_base_name_of_plain_signs(told: str, kept: str) -> None:
    assert clean_name(told) == kept


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


def test_h18_page_10_folders_left_behind_are_removed_and_no_other(tmp_path: Path) -> None:
    with private_folder(PREFIX, tmp_path) as living:
        left = tmp_path / f"{PREFIX}left"
        left.mkdir()
        (left / "liver.nii.gz").write_bytes(b"x")
        (left / OWNER).touch()
        outside = tmp_path / "outside"
        outside.mkdir()
        (outside / "kept").touch()
        (tmp_path / f"{PREFIX}link").symlink_to(outside)
        with private_folder(PREFIX, tmp_path) as mine:
            assert living.is_dir()
            assert mine.is_dir()
            assert not left.exists()
            assert (outside / "kept").exists()
        assert not mine.exists()
    assert not living.exists()


ENTRY = "from fl_planner.cli import main\nif __name__ == '__main__':\n    main()\n"
TRAP = "import pathlib\npathlib.Path({marker!r}).open('a').write({name!r})\nraise ImportError\n"
TRAPS = {  # where it is begun, and what lies in the working folder
    "as a program": ("json", "pickle", "multiprocessing", "numpy", "scipy", "fl_planner", "csv"),
    "as a module": ("numpy", "scipy", "nibabel", "matplotlib"),  # none that it loads at once
}


@pytest.mark.slow
@pytest.mark.parametrize("begun", TRAPS)
def test_h18_what_is_in_the_working_folder_is_not_run(begun: str, tmp_path: Path) -> None:
    """Draw with the page begun where modules of the libraries' names lie: none is run."""
    folder, marker = tmp_path / "patient", tmp_path / "run"
    folder.mkdir()
    for name in TRAPS[begun]:
        (folder / f"{name}.py").write_text(TRAP.format(marker=str(marker), name=name))
    entry = tmp_path / "bin" / "fl-planner"
    entry.parent.mkdir()
    entry.write_text(ENTRY)
    words = {"as a program": (entry,), "as a module": ("-m", "fl_planner")}[begun]
    (tmp_path / "case").mkdir()
    SMALL.write(tmp_path / "case", flr=(0, 2400))
    text = '[masks]\nliver = "liver.nii"\nflr = "flr.nii"\nno_tumour = true\n'
    case = case_toml(tmp_path / "case", text)
    with running(case, cwd=folder, begun=words, TMPDIR=str(tmp_path)) as (_, browser):
        assert browser.get(f"/cases/{browser.first()}/files/contact_sheet.png").status == 200
    assert not marker.exists()


MASK = [("liver.nii.gz", b"patient")]


def dropped(place: Path) -> list[Path]:
    return [*place.glob(f"{PREFIX}*/*/liver.nii.gz")]


@pytest.mark.slow
@pytest.mark.parametrize("sent", of_many(["SIGHUP"], ["SIGHUP", "SIGTERM", "SIGINT"]))
def test_h18_page_10_what_was_dropped_is_gone_however_the_page_ends(
    sent: str, tmp_path: Path
) -> None:
    with running(cwd=tmp_path, TMPDIR=str(tmp_path)) as (ran, browser):
        drop(browser, MASK)
        assert len(dropped(tmp_path)) == 1
        os.killpg(ran.pid, signal.Signals[sent])  # as a terminal does: its processes, too
        ran.wait(60)
    assert [*tmp_path.glob(f"{PREFIX}*")] == []


@pytest.mark.slow
def test_h18_page_10_what_a_killed_page_left_is_gone_at_the_next_start(tmp_path: Path) -> None:
    with running(cwd=tmp_path, TMPDIR=str(tmp_path)) as (ran, browser):
        drop(browser, MASK)
        (left,) = dropped(tmp_path)
        with running(cwd=tmp_path, TMPDIR=str(tmp_path)):
            assert left.exists()  # its page is still open
        ran.kill()
        ran.wait(60)
        assert left.exists()
        with running(cwd=tmp_path, TMPDIR=str(tmp_path)):
            assert not left.parents[1].exists()


@pytest.mark.slow
def test_h18_page_10_a_page_that_is_to_outlive_its_terminal_does(tmp_path: Path) -> None:
    ignoring = signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as `nohup`, and as children inherit
    try:
        with running(cwd=tmp_path, TMPDIR=str(tmp_path)) as (ran, browser):
            drop(browser, MASK)
            os.killpg(ran.pid, signal.SIGHUP)
            with pytest.raises(subprocess.TimeoutExpired):
                ran.wait(1)
            assert browser.get("/cases").status == 200
            assert len(dropped(tmp_path)) == 1
    finally:
        signal.signal(signal.SIGHUP, ignoring)


@pytest.mark.slow
def test_h18_page_10_what_a_case_writes_meanwhile_is_in_the_folder(tmp_path: Path) -> None:
    found = set[Path]()
    with running("--demo", cwd=tmp_path, TMPDIR=str(tmp_path)) as (_, browser):
        address = f"/cases/{browser.first()}/files/masks.seg.nrrd"
        with ThreadPoolExecutor(1) as pool:
            asked = pool.submit(browser.get, address)  # read back before it is given out
            while not asked.done():
                found |= {*tmp_path.glob("fl-planner-*"), *tmp_path.glob("*/fl-planner-*")}
                time.sleep(0.002)  # what is sought is there for much longer
        assert asked.result().status == 200
    (folder,) = (one for one in found if one.name.startswith(PREFIX))
    assert {one.parent for one in found - {folder}} == {folder}


def test_h18_page_10_a_folder_that_is_just_made_is_not_taken_for_one_left_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A rival sweeps the first before it is locked, and holds the lock of the second."""
    made, held = list[Path](), list[int]()

    def make(**words: Any) -> str:
        made.append(Path(tempfile.mkdtemp(**words)))
        if len(made) == 1:
            remove_stale(PREFIX, tmp_path)
        if len(made) == 2:
            held.append(os.open(made[1] / OWNER, os.O_RDWR | os.O_CREAT))
            fcntl.flock(held[0], fcntl.LOCK_EX)
        return str(made[-1])

    monkeypatch.setattr("fl_planner.formats.stored.temporary.mkdtemp", make)
    with private_folder(PREFIX, tmp_path) as folder:
        assert folder == made[2]
        remove_stale(PREFIX, tmp_path)
        assert folder.is_dir()
    os.close(*held)
    assert not made[0].exists()


@pytest.mark.slow
def test_h18_page_9_and_10_a_whole_run_states_nothing_and_leaves_nothing(tmp_path: Path) -> None:
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
