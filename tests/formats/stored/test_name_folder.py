"""What a folder is called in a finding or refusal."""

from __future__ import annotations

from pathlib import Path

import pytest

from fl_planner.basis.findings import InputRefused
from fl_planner.formats.stored.file import read_text
from fl_planner.formats.stored.source import name_folder


def test_a_folder_has_its_base_name_however_it_is_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    masks = tmp_path / "masks"
    masks.mkdir()
    monkeypatch.chdir(masks)
    assert name_folder(masks) == name_folder(Path()) == name_folder(Path("../masks/.")) == "masks"
    assert name_folder(Path("..")) == tmp_path.name  # not ".."


def test_a_link_has_the_name_that_was_given(tmp_path: Path) -> None:
    (tmp_path / "reader_a").mkdir()
    (tmp_path / "reader_b").symlink_to(tmp_path / "reader_a")
    assert name_folder(tmp_path / "reader_b") == "reader_b"


def test_the_root_of_a_disk_has_no_base_name() -> None:
    assert name_folder(Path("/")) == "the folder"


@pytest.mark.parametrize("given", [".", "..", "sub/.."])
def test_a_refused_folder_is_named_not_its_dots(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: str
) -> None:
    (tmp_path / "work" / "sub").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "work")
    with pytest.raises(InputRefused) as refused:
        read_text(Path(given), "case.toml", "a case file")
    assert refused.value.source == (tmp_path.name if given == ".." else "work")
