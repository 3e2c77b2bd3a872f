"""Outputs: whole or not at all, and never over another file unasked."""

import errno
import os
import shutil
import stat
from collections.abc import Callable, Collection
from itertools import count
from pathlib import Path

import pytest

from fl_planner.basis.findings import InputRefused
from fl_planner.export import save as saving
from fl_planner.export.save import check_output, save, save_folder


def names_in(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def refused(path: Path, *, force: bool = False) -> InputRefused:
    with pytest.raises(InputRefused) as caught:
        save(path, b"new", force=force)
    return caught.value


def test_writes_a_new_file_and_leaves_nothing_else(tmp_path: Path) -> None:
    save(tmp_path / "out.png", b"new")
    assert (tmp_path / "out.png").read_bytes() == b"new"
    assert names_in(tmp_path) == ["out.png"]


def test_others_may_read_it_as_they_may_any_new_file(tmp_path: Path) -> None:
    (tmp_path / "plain").write_bytes(b"")
    save(tmp_path / "out.png", b"new")
    modes = {stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("plain", "out.png")}
    assert len(modes) == 1


def test_an_output_is_replaced_only_with_force(tmp_path: Path) -> None:
    path = tmp_path / "out.png"
    path.write_bytes(b"old")
    found = refused(path)
    assert (found.code, found.source) == ("output.exists", "out.png")
    assert "--force" in found.remedy
    assert str(tmp_path) not in str(found)
    assert path.read_bytes() == b"old"
    save(path, b"new", force=True)
    assert path.read_bytes() == b"new"


def test_it_can_be_asked_before_a_long_computation(tmp_path: Path) -> None:
    path = tmp_path / "out.png"
    check_output(path)
    assert not path.exists()
    path.write_bytes(b"old")
    check_output(path, force=True)
    with pytest.raises(InputRefused, match="already exists"):
        check_output(path)


def test_a_folder_is_not_replaced_by_a_file(tmp_path: Path) -> None:
    for path in (tmp_path, Path(), Path(os.devnull)):
        found = refused(path, force=True)
        assert found.code == "output.not_a_file"
        assert found.source
    assert tmp_path.is_dir()


def test_a_link_that_leads_nowhere_is_an_output_too(tmp_path: Path) -> None:
    path = tmp_path / "out.png"
    path.symlink_to(tmp_path / "gone")
    assert refused(path).code == "output.exists"
    save(path, b"new", force=True)
    assert path.read_bytes() == b"new"
    assert not (tmp_path / "gone").exists()


def test_a_missing_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    for folder in ("plots", "file"):
        found = refused(tmp_path / folder / "out.png")
        assert found.code == "output.no_folder"
        assert found.reason == f"the folder {folder} does not exist"


def test_a_folder_without_permission_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)  # root may write anywhere
    found = refused(tmp_path / "out.png")
    assert found.code == "output.unwritable"
    assert found.reason == "the file cannot be written: no permission to write to its folder"
    assert names_in(tmp_path) == []


def test_a_name_that_no_disk_takes_is_refused(tmp_path: Path) -> None:
    found = refused(tmp_path / ("x" * 300))
    assert (found.code, found.remedy) == ("output.unwritable", "use a shorter name or path")


def test_a_full_disk_leaves_the_old_file_and_no_draft(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    path = tmp_path / "out.png"
    path.write_bytes(b"old")
    monkeypatch.setattr(os, "fsync", full)
    found = refused(path, force=True)
    assert found.code == "output.unwritable"
    assert found.reason == "the file cannot be written: No space left on device"
    assert path.read_bytes() == b"old"
    assert names_in(tmp_path) == ["out.png"]


def test_an_interruption_leaves_no_draft(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(_: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        save(tmp_path / "out.png", b"new")
    assert names_in(tmp_path) == []


@pytest.mark.usefixtures("stopped_at_new_folder")
def test_a_stop_while_the_draft_is_created_leaves_no_draft(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        save(tmp_path / "out.png", b"new")
    assert names_in(tmp_path) == []


def test_a_folder_that_disappears_meanwhile_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before the draft is created, and while it is written."""
    out, made = tmp_path / "out", os.mkdir

    def gone(path: str, mode: int = 0o777) -> None:
        out.rmdir()
        made(path, mode)

    made(out)
    with monkeypatch.context() as patch:
        patch.setattr(os, "mkdir", gone)
        assert refused(out / "out.png").code == "output.unwritable"
    made(out)
    remove = shutil.rmtree
    monkeypatch.setattr(os, "fsync", lambda _: remove(out))
    assert refused(out / "out.png").code == "output.no_folder"
    assert names_in(tmp_path) == []


def test_only_the_user_can_enter_the_draft(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    modes: list[int] = []

    def look(_: int) -> None:
        modes.extend(stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir())

    monkeypatch.setattr(os, "fsync", look)
    save(tmp_path / "out.png", b"new")
    assert modes == [0o700]


def test_an_interrupted_removal_of_the_draft_is_completed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    remove = shutil.rmtree

    def interrupt(*_: object, **__: object) -> None:
        monkeypatch.setattr(shutil, "rmtree", remove)
        raise KeyboardInterrupt

    monkeypatch.setattr(shutil, "rmtree", interrupt)
    with pytest.raises(KeyboardInterrupt):
        save(tmp_path / "out.png", b"new")
    assert names_in(tmp_path) == ["out.png"]


def test_a_file_that_appears_meanwhile_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "out.png"
    monkeypatch.setattr(os, "fsync", lambda _: path.write_bytes(b"theirs"))
    assert refused(path).code == "output.exists"
    assert path.read_bytes() == b"theirs"
    assert names_in(tmp_path) == ["out.png"]


@pytest.mark.parametrize("links", [True, False], ids=["hard links", "none"])
def test_a_file_that_appears_just_before_the_new_one_is_named_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, links: bool
) -> None:
    """Two processes write one output: the later one is refused, and the first file is whole."""
    path, link = tmp_path / "out.png", os.link if links else no_links
    appear_before(monkeypatch, os, "link", link, lambda: path.write_bytes(b"theirs"))
    appear_before(monkeypatch, Path, "replace", Path.replace, lambda: path.write_bytes(b"theirs"))
    assert refused(path).code == "output.exists"
    assert path.read_bytes() == b"theirs"
    assert names_in(tmp_path) == ["out.png"]


def no_links(*_: object, **__: object) -> None:
    raise OSError(errno.EPERM, "Operation not permitted")  # as on exFAT


def appear_before(
    monkeypatch: pytest.MonkeyPatch,
    owner: object,
    name: str,
    call: Callable[..., object],
    appear: Callable[[], object],
) -> None:
    """Let another process act just before a call."""

    def late(*args: object, **named: object) -> object:
        appear()
        return call(*args, **named)

    monkeypatch.setattr(owner, name, late)


def test_a_drive_without_hard_links_has_the_output(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "link", no_links)
    save(tmp_path / "out.png", b"new")
    assert (tmp_path / "out.png").read_bytes() == b"new"
    assert names_in(tmp_path) == ["out.png"]


def test_a_saved_file_has_no_second_name(tmp_path: Path) -> None:
    save(tmp_path / "out.png", b"new")
    assert (tmp_path / "out.png").stat().st_nlink == 1


@pytest.mark.parametrize("content", [{}, {"a": b"theirs"}], ids=["empty", "with a file"])
def test_a_folder_that_appears_after_the_last_look_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: dict[str, bytes]
) -> None:
    path, rename = tmp_path / "out", Path.replace

    def late(draft: Path, to: Path) -> Path:
        path.mkdir()
        for name, each in content.items():
            (path / name).write_bytes(each)
        return rename(draft, to)

    monkeypatch.setattr(Path, "replace", late)
    if content:
        with pytest.raises(InputRefused) as caught:
            save_folder(path, {"a": b"new"})
        assert caught.value.code == "output.exists"
    else:  # nothing is lost
        save_folder(path, {"a": b"new"})
    assert (path / "a").read_bytes() == content.get("a", b"new")
    assert names_in(tmp_path) == ["out"]


def test_a_folder_that_appears_after_the_last_check_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, check, calls = tmp_path / "out", saving._check, count(1)

    def late(path: Path, names: Collection[str], force: bool) -> None:
        check(path, names, force)
        if next(calls) == 2:
            path.mkdir()
            (path / "a").write_bytes(b"theirs")

    monkeypatch.setattr(saving, "_check", late)
    with pytest.raises(InputRefused) as caught:
        save_folder(path, {"a": b"new"})
    assert caught.value.code == "output.exists"
    assert (path / "a").read_bytes() == b"theirs"
    assert names_in(tmp_path) == ["out"]
