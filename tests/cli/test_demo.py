"""`fl-planner demo`: a fresh folder each time, whole or not there."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fl_planner.record.plan import PlanRecord
from fl_planner.workup import plan
from fl_planner.workup.exports import Exports
from tests.cli.outside import BUNDLED, Record, ask, bundled, refused, told
from tests.record.planned import read_plan

FILES = {"case.toml", "ct.nii.gz", "flr.nii.gz", "liver.nii.gz", "segments.nii.gz",
         "tumour.nii.gz", "plan.json", "plan.png"}  # fmt: skip


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> Record:
    """Take the plan of the bundled case for made; the picture is another test's."""
    record = bundled("crlm", "--json").record

    def made(_: object, exports: Exports) -> tuple[None, PlanRecord]:
        assert exports.picture is not None
        exports.picture.write_bytes(b"a picture")
        return None, read_plan(record)

    monkeypatch.setattr(plan, "write_plan", made)
    return record


def fail(error: BaseException) -> Callable[..., Any]:
    def failing(*_: object, **__: object) -> None:
        raise error

    return failing


@pytest.mark.slow
@pytest.mark.essential
@pytest.mark.parametrize("case", ["crlm", "hcc"])
def test_a_demo_is_one_screen_without_blanks_at_the_end(case: str, here: Path) -> None:
    lines = ask("demo", case).out.splitlines()
    assert 30 < len(lines) <= 45
    assert all(len(line) <= 80 and line == line.rstrip() for line in lines)
    assert f"{case}-demo" in (here / "fl-planner-demo" / "case.toml").read_text("utf-8")


@pytest.mark.slow
def test_the_whole_demo(here: Path) -> None:
    ran = ask("demo")
    assert (ran.status, ran.err) == (0, "")
    (folder,) = here.iterdir()
    assert folder.name == "fl-planner-demo"
    assert {path.name for path in folder.iterdir()} == FILES
    assert (folder / "plan.png").read_bytes().startswith(b"\x89PNG")
    stored = (folder / "plan.json").read_bytes()
    assert stored == bundled("crlm", "--json").stdout  # the same files, the same bytes
    assert ran.out.startswith(bundled("crlm").out)
    assert "fl-planner-demo/plan.png" in ran.out
    assert "fl-planner plan fl-planner-demo/case.toml" in ran.out
    assert max(map(len, ran.out.splitlines())) <= 80
    for name in FILES - {"plan.json", "plan.png"}:
        assert (folder / name).read_bytes() == (BUNDLED / "crlm" / name).read_bytes()


@pytest.mark.slow
def test_fresh_folders_are_numbered(quick: Record, here: Path) -> None:
    (here / "fl-planner-demo-2").write_text("mine")
    for _ in range(3):
        assert told("demo") == quick
    assert {path.name for path in here.iterdir()} == {
        f"fl-planner-demo{number}" for number in ("", "-2", "-3", "-4")
    }
    assert (here / "fl-planner-demo-2").read_text() == "mine"
    shutil.rmtree(here / "fl-planner-demo-3")
    assert "fl-planner plan fl-planner-demo-3/case.toml" in ask("demo").out


def test_a_link_that_leads_nowhere_is_not_followed(quick: Record, here: Path) -> None:
    (here / "fl-planner-demo").symlink_to("gone")
    assert told("demo") == quick
    assert (here / "fl-planner-demo-2" / "plan.json").exists()
    assert not (here / "gone").exists()


@pytest.mark.usefixtures("quick")
def test_a_read_only_installation_gives_a_copy_that_can_be_edited(
    here: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed = tmp_path_factory.mktemp("installed") / "crlm"
    shutil.copytree(BUNDLED / "crlm", installed)
    for path in (*installed.iterdir(), installed):
        path.chmod(0o555 if path.is_dir() else 0o444)
    monkeypatch.setattr("fl_planner.workup.plan.sample_case", lambda _: installed)
    assert ask("demo").status == 0
    for path in (here / "fl-planner-demo", *(here / "fl-planner-demo").iterdir()):
        assert path.stat().st_mode & 0o200
    installed.chmod(0o755)


def test_an_unwritable_place_is_refused_by_name(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Path, "mkdir", fail(PermissionError(13, "Permission denied", str(here))))
    refusal = refused("demo")
    assert (refusal["code"], refusal["file"]) == ("output.unwritable", "fl-planner-demo")
    assert refusal["reason"] == "the folder cannot be created here (Permission denied)"
    assert "writable folder" in refusal["remedy"]
    assert str(here) not in refusal["message"]


def test_a_full_disk_leaves_nothing(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "copyfile", fail(OSError(28, "No space left on device")))
    refusal = refused("demo")
    assert refusal["reason"] == "the folder cannot be created here (No space left on device)"
    assert not list(here.iterdir())


@pytest.mark.parametrize("place", [(shutil, "copyfile"), (plan, "write_plan")])
def test_interrupted_it_leaves_nothing(
    place: tuple[Any, str], here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(*place, fail(KeyboardInterrupt()))
    ran = ask("demo", "--json")
    assert (ran.status, ran.out) == (130, "")
    assert not list(here.iterdir())


def test_a_defect_leaves_nothing_and_is_none_of_the_disks(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plan, "write_plan", fail(FileNotFoundError(2, "a defect")))
    with pytest.raises(FileNotFoundError):
        ask("demo")
    assert not list(here.iterdir())


def test_an_installation_without_cases_is_refused_and_leaves_nothing(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "fl_planner.intake.documents.samples.files", lambda _: here / "nowhere" / "package"
    )
    refusal = refused("demo")
    assert refusal["code"] == "sample.unknown"
    assert not list(here.iterdir())
