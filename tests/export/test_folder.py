"""A folder of outputs: whole or not at all, and no file of others is lost."""

from pathlib import Path

import pytest

from fl_planner.basis.findings import InputRefused
from fl_planner.export.save import check_folder, save_folder
from tests.refusals import refuses

OLD, NEW = {"a": b"old a", "b": b"old b"}, {"a": b"new a", "b": b"new b"}


def content(folder: Path) -> dict[str, bytes]:
    """Read every file of a folder."""
    return {one.name: one.read_bytes() for one in folder.iterdir()}


def refusal(path: Path, *, force: bool = False) -> str:
    """Give the code of a refusal to write there."""
    with pytest.raises(InputRefused) as refused:
        check_folder(path, NEW, force=force)
    assert refused.value.source == path.name
    assert str(path.parent) not in str(refused.value)
    return refused.value.code


def test_a_folder_is_written_whole(tmp_path: Path) -> None:
    save_folder(tmp_path / "out", NEW)
    assert content(tmp_path / "out") == NEW
    assert [one.name for one in tmp_path.iterdir()] == ["out"]


def test_an_empty_folder_is_filled(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    save_folder(tmp_path / "out", NEW)
    assert content(tmp_path / "out") == NEW


def test_a_folder_of_ours_is_replaced_by_force_alone(tmp_path: Path) -> None:
    save_folder(tmp_path / "out", OLD)
    assert refusal(tmp_path / "out") == "output.exists"
    assert content(tmp_path / "out") == OLD
    save_folder(tmp_path / "out", NEW, force=True)
    assert content(tmp_path / "out") == NEW
    assert [one.name for one in tmp_path.iterdir()] == ["out"]


@pytest.mark.parametrize("name", [".DS_Store", "._a", "Thumbs.db", "desktop.ini"])
def test_a_folder_of_ours_that_was_viewed_is_replaced(name: str, tmp_path: Path) -> None:
    """The Finder of macOS and the Explorer of Windows add these files."""
    save_folder(tmp_path / "out", OLD)
    (tmp_path / "out" / name).write_bytes(b"view")
    save_folder(tmp_path / "out", NEW, force=True)
    assert content(tmp_path / "out") == NEW


@pytest.mark.parametrize("name", [".DS_Store", "Thumbs.db"])
def test_an_empty_folder_that_was_viewed_is_filled_without_force(name: str, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / name).write_bytes(b"view")
    save_folder(tmp_path / "out", NEW)
    assert content(tmp_path / "out") == NEW


@pytest.mark.parametrize("force", [False, True])
def test_other_files_are_never_lost(force: bool, tmp_path: Path) -> None:
    save_folder(tmp_path / "out", OLD)
    (tmp_path / "out" / "mine").write_bytes(b"mine")
    assert refusal(tmp_path / "out", force=force) == "output.other_files"
    assert content(tmp_path / "out") == {**OLD, "mine": b"mine"}


def test_places_that_are_no_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    (tmp_path / "link").symlink_to(tmp_path)
    assert refusal(tmp_path / "file", force=True) == "output.not_a_folder"
    assert refusal(tmp_path / "link", force=True) == "output.not_a_folder"
    assert refusal(tmp_path / "none" / "out") == "output.no_folder"


def test_a_disk_that_fails_leaves_the_old_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save_folder(tmp_path / "out", OLD)
    right = Path.replace

    def fail(self: Path, target: Path) -> Path:
        if self.name == "draft":
            raise OSError(5, "Input/output error")
        return right(self, target)

    monkeypatch.setattr(Path, "replace", fail)
    for to in ("out", "new"):
        with refuses("output.unwritable"):
            save_folder(tmp_path / to, NEW, force=True)
    assert content(tmp_path / "out") == OLD
    assert [one.name for one in tmp_path.iterdir()] == ["out"]


@pytest.mark.parametrize("moved", ["before", "after"])
def test_a_folder_is_not_lost_if_its_replacement_is_interrupted(
    moved: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C before or after the old folder has been moved aside, with no new one in its place."""
    save_folder(tmp_path / "out", OLD)
    right = Path.replace

    def interrupt(self: Path, target: Path) -> Path:
        if target.name != "old":
            return right(self, target)
        if moved == "after":
            right(self, target)
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "replace", interrupt)
    with pytest.raises(KeyboardInterrupt):
        save_folder(tmp_path / "out", NEW, force=True)
    assert content(tmp_path / "out") == OLD
    assert [one.name for one in tmp_path.iterdir()] == ["out"]


def test_a_folder_that_cannot_be_looked_into(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(self: Path) -> None:
        raise PermissionError(13, "Permission denied")

    (tmp_path / "out").mkdir()
    monkeypatch.setattr(Path, "iterdir", fail)
    assert refusal(tmp_path / "out") == "output.unwritable"
