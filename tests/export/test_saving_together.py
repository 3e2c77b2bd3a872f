"""Outputs of one command: all of them, or none; never one next to that of an earlier run."""

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import pytest

from fl_planner.basis.findings import InputRefused
from fl_planner.export.save import save, save_folder, saving_together
from tests.refusals import refuses

NAMES = ("a.png", "b.xlsx", "c")  # the last is a folder
Step = Callable[[], None]


def save_all(folder: Path, text: str, *, force: bool = False) -> None:
    """Save two files and a folder as one command does."""
    with saving_together():
        for name in NAMES[:2]:
            save(folder / name, text.encode(), force=force)
        with saving_together():  # of a function that saves several outputs itself
            save_folder(folder / NAMES[2], {"d": text.encode()}, force=force)


def read_all(folder: Path) -> list[str | None]:
    """Read the three outputs; None for one that is missing."""
    paths = [*(folder / name for name in NAMES[:2]), folder / NAMES[2] / "d"]
    return [path.read_text() if path.exists() else None for path in paths]


@contextmanager
def watching(patch: pytest.MonkeyPatch, before: Step, after: Step) -> Iterator[None]:
    """Act before and after each renaming."""
    replace, link = Path.replace, os.link

    def watched_replace(self: Path, target: Path) -> Path:
        before()
        made = replace(self, target)
        after()
        return made

    def watched_link(source: Path, target: Path) -> None:
        before()
        link(source, target)
        after()

    with patch.context() as context:
        context.setattr(Path, "replace", watched_replace)
        context.setattr(os, "link", watched_link)
        yield


def nothing() -> None:
    """Do nothing."""


@pytest.mark.parametrize("force", [False, True])
def test_outputs_are_saved_at_the_end(tmp_path: Path, *, force: bool) -> None:
    with saving_together():
        save_all(tmp_path, "new", force=force)
        assert read_all(tmp_path) == [None] * 3
    assert read_all(tmp_path) == ["new"] * 3
    assert sorted(one.name for one in tmp_path.iterdir()) == [*NAMES]


@pytest.mark.parametrize("force", [False, True])
@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_full_disk_leaves_all_outputs_as_they_were(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, *, force: bool
) -> None:
    if force:
        save_all(tmp_path, "old")
    before, written, sync = read_all(tmp_path), count(1), os.fsync

    def fill(descriptor: int) -> None:
        if next(written) >= number:
            raise OSError(errno.ENOSPC, "No space left on device")
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", fill)
    with refuses("output.unwritable", NAMES[number - 1]):
        save_all(tmp_path, "new", force=force)
    assert read_all(tmp_path) == before
    assert not [*tmp_path.glob(".fl-planner-*")]


def test_an_error_after_an_output_was_saved_leaves_none(tmp_path: Path) -> None:
    def fail() -> None:
        raise InputRefused("log.unwritable", "log", "the disk is full", "free up space")

    with refuses("log.unwritable"), saving_together():
        save_all(tmp_path, "new")
        fail()
    assert [*tmp_path.iterdir()] == []


def test_a_process_killed_at_any_step_leaves_no_mixture(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is there before and after each renaming is what a killed process leaves."""
    save_all(tmp_path, "old")
    left: list[list[str | None]] = []

    def look() -> None:
        left.append(read_all(tmp_path))

    with watching(monkeypatch, look, look):
        save_all(tmp_path, "new", force=True)
    assert len(left) == 12  # three are moved aside, and three are renamed
    assert all(len({*state} - {None}) <= 1 for state in left)
    assert read_all(tmp_path) == ["new"] * 3


DAMAGED = OSError(errno.EIO, "Input/output error")  # without --force, a file is then not linked


@pytest.mark.parametrize(
    ("error", "force"),
    [(KeyboardInterrupt(), False), (KeyboardInterrupt(), True), (DAMAGED, True)],
    ids=["stopped", "stopped with --force", "damaged disk"],
)
@pytest.mark.parametrize("moved", [False, True], ids=["before", "after"])
def test_an_error_at_any_step_restores_all_outputs(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    error: BaseException,
    *,
    force: bool,
    moved: bool,
) -> None:
    """Ctrl-C, or a disk that fails, at any step."""
    if force:
        save_all(tmp_path, "old")
    before = read_all(tmp_path)
    for number in range(1, 7 if force else 4):
        steps = count(1)

        def fail(at: int = number, steps: Iterator[int] = steps) -> None:
            if next(steps) == at:
                raise error

        acts = (nothing, fail) if moved else (fail, nothing)
        with pytest.raises((KeyboardInterrupt, InputRefused)), watching(monkeypatch, *acts):
            save_all(tmp_path, "new", force=force)
        assert read_all(tmp_path) == before
        assert not [*tmp_path.glob(".fl-planner-*")]


def test_an_output_of_another_process_is_kept_and_none_of_ours_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def appear() -> None:
        (tmp_path / NAMES[1]).write_text("theirs")

    with refuses("output.exists", NAMES[1]), watching(monkeypatch, appear, nothing):
        save_all(tmp_path, "new")
    assert read_all(tmp_path) == [None, "theirs", None]


def fail_at(
    patch: pytest.MonkeyPatch,
    errors: dict[int, BaseException],
    before: Callable[[], object] = nothing,
) -> None:
    """Raise errors instead of renamings, by their numbers, after another process has acted."""
    replace, steps = Path.replace, count(1)

    def fail(self: Path, target: Path) -> Path:
        if (error := errors.get(next(steps))) is not None:
            before()
            raise error
        return replace(self, target)

    patch.setattr(Path, "replace", fail)


@pytest.mark.parametrize("second", [DAMAGED, KeyboardInterrupt()], ids=["damaged", "stopped twice"])
@pytest.mark.parametrize(
    ("number", "left"),
    [(6, ["old", "old", None]), (7, ["old", None, "old"]), (8, ["new", "old", "old"])],
    ids=["the last", "the second", "the first"],
)
def test_an_output_that_cannot_be_restored_is_kept_and_the_others_are_restored(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    number: int,
    left: list[str | None],
    second: BaseException,
) -> None:
    """Three are moved aside, the second cannot be renamed, and a step of restoring fails too."""
    save_all(tmp_path, "old")
    fail_at(monkeypatch, {5: KeyboardInterrupt(), number: second})
    with pytest.raises((KeyboardInterrupt, InputRefused)) as raised:
        save_all(tmp_path, "new", force=True)
    assert read_all(tmp_path) == left
    (hidden,) = tmp_path.glob(".fl-planner-*")
    kept = hidden / "old"
    assert (kept / "d" if kept.is_dir() else kept).read_text() == "old"
    assert isinstance(raised.value, InputRefused)
    assert hidden.name in raised.value.remedy


def require_kept_and_named(folder: Path, remedy: str) -> None:
    """Each previous output is in a hidden folder, which the remedy names."""
    hidden = [*folder.glob(".fl-planner-*")]
    assert len(hidden) == len(NAMES)
    assert all(os.path.lexists(one / "old") for one in hidden)
    assert all(one.name in remedy for one in hidden)


def rename_meanwhile(folder: Path, step: int, error: BaseException) -> tuple[Path, str]:
    """Rename the folder of outputs at a step that fails; return it, and the remedy."""
    out, renamed = folder / "out", folder / "renamed"
    out.mkdir()
    save_all(out, "old")
    with pytest.MonkeyPatch.context() as patch, refuses("output.unwritable") as refused:
        fail_at(patch, {step: error}, lambda: out.rename(renamed))
        save_all(out, "new", force=True)
    return renamed, refused.value.remedy


def test_previous_outputs_are_named_if_their_folder_was_renamed_meanwhile(tmp_path: Path) -> None:
    """They are in the folder with its new name."""
    require_kept_and_named(*rename_meanwhile(tmp_path, 4, KeyboardInterrupt()))


def test_outputs_not_yet_moved_aside_are_not_named_if_their_folder_was_renamed(
    tmp_path: Path,
) -> None:
    gone = FileNotFoundError(errno.ENOENT, "gone")
    renamed, remedy = rename_meanwhile(tmp_path, 1, gone)
    assert read_all(renamed) == ["old"] * 3
    assert "hidden" not in remedy


def test_a_second_stop_before_restoring_keeps_and_names_previous_outputs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C twice: while an output is renamed, and at once when restoring begins."""

    def stop(_: object) -> None:
        raise KeyboardInterrupt

    save_all(tmp_path, "old")
    fail_at(monkeypatch, {4: KeyboardInterrupt()})
    monkeypatch.setattr("fl_planner.export.save._Group._restore", stop)
    with refuses("output.unwritable") as refused:
        save_all(tmp_path, "new", force=True)
    require_kept_and_named(tmp_path, refused.value.remedy)


def test_a_stop_while_outputs_are_put_together_does_not_affect_later_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in a notebook, in which the process goes on."""

    class Stopped:
        """Set, and stopped at once."""

        def __init__(self) -> None:
            self.values: list[object] = [None]

        def get(self) -> object:
            return self.values[-1]

        def set(self, value: object) -> None:
            self.values.append(value)
            if len(self.values) == 2:
                raise KeyboardInterrupt

    monkeypatch.setattr("fl_planner.export.save._TOGETHER", Stopped())
    with pytest.raises(KeyboardInterrupt):
        save(tmp_path / NAMES[0], b"new")
    save(tmp_path / NAMES[0], b"new")
    assert [one.name for one in tmp_path.iterdir()] == [NAMES[0]]


def test_an_output_apart_is_written_although_the_others_are_not(tmp_path: Path) -> None:
    def fail() -> None:
        save_all(tmp_path, "new")
        save(tmp_path / "engine.log", b"why it failed", apart=True)
        assert [one.name for one in tmp_path.glob("*.log")] == ["engine.log"]
        raise InputRefused("engine.failed", "engine", "a reason", "a remedy")

    with refuses("engine.failed"), saving_together():
        fail()
    assert [one.name for one in tmp_path.iterdir()] == ["engine.log"]


def test_a_folder_of_drafts_that_cannot_be_removed_is_refused_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a network drive, a file that another program reads keeps its folder."""

    def refuse(folder: Path, *_: object) -> None:
        raise OSError(errno.ENOTEMPTY, "Directory not empty", str(folder))

    monkeypatch.setattr("shutil.rmtree", refuse)
    with refuses("output.unwritable", NAMES[0]), saving_together():
        save(tmp_path / NAMES[0], b"new")
