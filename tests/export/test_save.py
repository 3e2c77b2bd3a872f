"""Outputs: whole or not at all, and never over another file unasked."""

import errno
import os
import stat
import tempfile
from pathlib import Path

import pytest

from fl_planner.basis.findings import InputRefused
from fl_planner.export.save import check_output, save


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
    assert refused(tmp_path / ("x" * 300)).code == "output.unwritable"


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


def test_an_interrupted_removal_of_the_draft_is_completed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    remove = tempfile.TemporaryDirectory.cleanup

    def interrupt(folder: tempfile.TemporaryDirectory[str]) -> None:
        monkeypatch.setattr(tempfile.TemporaryDirectory, "cleanup", remove)
        raise KeyboardInterrupt

    monkeypatch.setattr(tempfile.TemporaryDirectory, "cleanup", interrupt)
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
