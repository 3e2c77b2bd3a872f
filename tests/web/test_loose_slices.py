"""Slices dropped one by one, without a server: what is moved, and what stays."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fl_planner.web.dropped_studies import gather_slices
from tests.workup.test_plan_dicom import fill

if TYPE_CHECKING:
    from pathlib import Path


def names(folder: Path) -> list[str]:
    return sorted(str(one.relative_to(folder)) for one in folder.rglob("*") if not one.is_dir())


def test_h18_only_own_loose_slices_of_a_series_are_moved(tmp_path: Path) -> None:
    """A link leads into the user's folder, and a case file names its files by their places."""
    fill(tmp_path)
    theirs = sorted((tmp_path / "ct").iterdir())
    assert len(theirs) >= 4
    held = tmp_path / "held"
    held.mkdir()
    linked, named, *loose = theirs
    (held / linked.name).symlink_to(linked)
    for one in (named, *loose):
        (held / one.name).write_bytes(one.read_bytes())
    (held / "cut-off.dcm").write_bytes(loose[0].read_bytes()[:2000])
    (held / "note.txt").write_text("no DICOM", "utf-8")
    gather_slices(held, {named.name})
    (series,) = (one for one in held.iterdir() if one.is_dir())
    assert series.name.startswith("CT series ")
    stay = [linked.name, named.name, "cut-off.dcm", "note.txt"]
    assert names(held) == sorted([*stay, *(f"{series.name}/{one.name}" for one in loose)])
    assert (held / linked.name).is_symlink()
    gather_slices(held)  # one added later joins its series
    assert (series / named.name).is_file()
    assert (held / linked.name).is_symlink()


def test_a_single_slice_stays_a_file(tmp_path: Path) -> None:
    fill(tmp_path)
    (tmp_path / "one").mkdir()
    first = sorted((tmp_path / "ct").iterdir())[0]
    (tmp_path / "one" / first.name).write_bytes(first.read_bytes())
    gather_slices(tmp_path / "one")
    assert names(tmp_path / "one") == [first.name]


def test_h18_a_slice_with_the_name_of_another_takes_nothing_away(tmp_path: Path) -> None:
    fill(tmp_path)
    first, second, third, *_ = (one.read_bytes() for one in sorted((tmp_path / "ct").iterdir()))
    held = tmp_path / "held"
    held.mkdir()
    (held / "a").write_bytes(first)
    (held / "b").write_bytes(second)
    gather_slices(held)
    (held / "a").write_bytes(third)  # of the same series, dropped later
    gather_slices(held)
    (series,) = (one for one in held.iterdir() if one.is_dir())
    assert ((series / "a").read_bytes(), (held / "a").read_bytes()) == (first, third)
