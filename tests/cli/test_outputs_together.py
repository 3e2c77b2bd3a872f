"""If a command cannot write one of its outputs, none is there, and no earlier one is lost."""

from dataclasses import replace
from pathlib import Path

import pytest

from fl_planner.basis.findings import InputRefused
from fl_planner.workup.exports import TableBook
from tests.cli.outside import SMALL, ask, case_toml

pytestmark = pytest.mark.slow

FULL = InputRefused("output.unwritable", "last", "the disk is full", "free up space")


def refuse(*_: object) -> None:
    """Refuse the last output of a command."""
    raise FULL


def write_scans(folder: Path) -> list[Path]:
    """Write the case files of two scans."""
    cases = []
    for day, voxels in ((1, 2400), (21, 2600)):
        place = folder / f"day{day}"
        place.mkdir()
        replace(SMALL, foot_mm=30.0 + day).write(place, flr=(0, voxels))
        masks = f'liver = "day{day}/liver.nii"\nflr = "day{day}/flr.nii"\nno_tumour = true\n'
        text = f'id = "a"\n[masks]\n{masks}[imaging]\ndate = 2026-03-{day:02}\n'
        cases.append(case_toml(folder, text, f"day{day}.toml"))
    return cases


def test_a_plan_that_cannot_be_logged_is_not_exported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fl_planner.cli.plan.keep", refuse)
    (case, _), fhir = write_scans(tmp_path), tmp_path / "plan.json"
    fhir.write_text("old")
    outputs = ("--fhir", fhir, "--log", tmp_path / "log.sqlite")
    ran = ask("plan", case, *outputs, "--force")
    assert (ran.status, ran.err) == (2, f"refused: {FULL}\n")
    assert fhir.read_text() == "old"


def test_tables_of_several_cases_are_written_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fl_planner.workup.exports.TableFiles._write", _write_one)
    cases = write_scans(tmp_path)
    outputs = ("--xlsx", tmp_path / "t.xlsx", "--lesions-csv", tmp_path / "t.csv")
    ran = ask("plan", *cases, *outputs)
    assert (ran.status, ran.err) == (2, f"refused: {FULL}\n")
    assert not [*tmp_path.glob("t.*")]


def _write_one(_: object, name: str, *__: object) -> bytes:
    if name == "lesions":
        raise FULL
    return b"whole"


def test_a_picture_of_growth_is_not_left_without_its_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(TableBook, "write", refuse)
    cases, picture = write_scans(tmp_path), tmp_path / "growth.svg"
    picture.write_text("old")
    outputs = ("--picture", picture, "--xlsx", tmp_path / "growth.xlsx")
    ran = ask("growth", *cases, *outputs, "--force")
    assert (ran.status, ran.err) == (2, f"refused: {FULL}\n")
    assert picture.read_text() == "old"


def test_a_consensus_of_readers_is_not_left_without_its_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(TableBook, "write", refuse)
    for reader in ("r1", "r2"):
        (tmp_path / reader / "a").mkdir(parents=True)
        SMALL.write(tmp_path / reader / "a")
    readers = [f"{name}={tmp_path / name}" for name in ("r1", "r2")]
    outputs = ("--out", tmp_path / "consensus", "--xlsx", tmp_path / "agree.xlsx")
    ran = ask("agree", *readers, *outputs)
    assert (ran.status, ran.err) == (2, f"refused: {FULL}\n")
    assert not (tmp_path / "consensus").exists()
