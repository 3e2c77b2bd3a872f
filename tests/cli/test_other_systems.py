"""Windows and macOS: what Python lacks there, and what the system refuses there, is not needed."""

import errno
import json
import os
import resource
import runpy
import shutil
import signal
import socket
import stat
import sys
from contextlib import closing
from pathlib import Path

import pytest

import fl_planner.cli as command_line
from fl_planner.export.save import unwritable
from fl_planner.formats.dicom import pixels
from fl_planner.formats.stored.file import read_text
from fl_planner.formats.stored.temporary import remove_folder
from fl_planner.web.server import bind, link_files
from fl_planner.workup.memory_and_time_limits import BoundedProcess
from tests.cli.outside import BUNDLED

pytestmark = [pytest.mark.slow, pytest.mark.essential]

LACKING = {  # https://docs.python.org/3/library/os.html and signal.html: "Availability: Unix"
    os: ("O_CLOEXEC", "O_NOFOLLOW", "O_NONBLOCK", "geteuid", "killpg"),
    signal: ("SIGHUP", "SIGKILL", "SIGPROF", "setitimer"),
}


@pytest.fixture(params=["win32", "darwin"])
def system(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Another system, after the library of Python is loaded."""
    if request.param == "win32":
        for module, names in LACKING.items():
            for name in names:
                monkeypatch.delattr(module, name)
        monkeypatch.setitem(sys.modules, "fcntl", None)
        monkeypatch.setitem(sys.modules, "resource", None)

    def refuse(*_: object) -> None:  # https://github.com/python/cpython/issues/84698
        raise ValueError("current limit exceeds maximum limit")

    monkeypatch.setattr(resource, "setrlimit", refuse)
    monkeypatch.setattr(sys, "platform", request.param)
    return str(request.param)


def test_a_case_is_measured(system: str, capsys: pytest.CaptureFixture[str]) -> None:
    truth = json.loads((BUNDLED / "truth.json").read_text("utf-8"))["crlm"]["flr"]
    asked = ["--no-settings", "volume", str(BUNDLED / "crlm" / "case.toml"), "--json"]
    held = BoundedProcess()
    assert command_line.run(asked, held) == 0
    held.end()
    assert json.loads(capsys.readouterr().out)["flr_percent"] == pytest.approx(truth["percent"])


def test_windows_alters_no_bytes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Without `O_BINARY` it alters bytes that look like ends of lines or of the file."""
    opened: list[int] = []

    def note(path: Path, flags: int) -> int:
        opened.append(flags)
        return system_open(path, flags)

    system_open = os.open
    path = tmp_path / "case.toml"
    path.write_bytes(b"id = 'a'\r\n\x1a")
    monkeypatch.setattr(os, "open", note)
    monkeypatch.setattr(os, "O_BINARY", os.O_SYNC, raising=False)  # stands for it
    assert read_text(path, "case.unreadable", "a case file")[0] == "id = 'a'\r\n\x1a"
    assert [flags & os.O_SYNC for flags in opened] == [os.O_SYNC]


def test_an_output_open_in_another_program_of_windows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    held = unwritable(tmp_path / "plan.csv", PermissionError(errno.EACCES, "Permission denied"))
    assert held.remedy.startswith("close the file in other programs")


def test_a_read_only_file_is_removed_on_windows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """https://docs.python.org/3/library/shutil.html#rmtree-example: read-only files."""
    held = tmp_path / "held"
    held.mkdir()
    (held / "liver.dcm").touch(0o444)

    def remove(folder: Path, ignore_errors: bool = False) -> None:
        if not all(one.stat().st_mode & stat.S_IWUSR for one in folder.iterdir()):
            raise PermissionError
        system_rmtree(folder, ignore_errors)

    system_rmtree = shutil.rmtree
    monkeypatch.setattr(shutil, "rmtree", remove)
    monkeypatch.setattr(sys, "platform", "win32")
    remove_folder(held)
    assert not held.exists()


def test_pixels_are_unpacked(system: str) -> None:
    runpy.run_path(str(pixels.PROGRAM))["limit_memory"]()


def test_files_are_copied_if_windows_permits_no_links(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """https://docs.python.org/3/library/os.html#os.symlink: privileges on Windows."""

    def refuse(*_: object) -> None:
        raise OSError(errno.EINVAL, "A required privilege is not held by the client")

    monkeypatch.setattr(Path, "symlink_to", refuse)
    mine, case = tmp_path / "mine", tmp_path / "case"
    for folder in (mine / "ct", case):
        folder.mkdir(parents=True)
    names = ("liver.nii.gz", "ct/1.dcm")
    for name in names:
        (mine / name).write_text(name, "utf-8")
    link_files(mine, case)
    assert [(case / name).read_text("utf-8") for name in names] == [*names]
    shutil.rmtree(case)
    assert [(mine / name).read_text("utf-8") for name in names] == [*names]


def test_a_port_of_windows_is_not_shared(monkeypatch: pytest.MonkeyPatch) -> None:
    """https://learn.microsoft.com/windows/win32/winsock/using-so-reuseaddr-and-so-exclusiveaddruse."""
    monkeypatch.setattr(sys, "platform", "win32")
    alone = socket.SO_KEEPALIVE  # stands for the option, which this system lacks
    monkeypatch.setattr(socket, "SO_EXCLUSIVEADDRUSE", alone, raising=False)
    with closing(bind(0)) as bound:
        options = [bound.getsockopt(socket.SOL_SOCKET, n) for n in (socket.SO_REUSEADDR, alone)]
    assert options == [0, 1]
