"""Scintigrams in dropped folders: each is a row of its own, whatever else the folder holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fl_planner.web.dropped_studies import separate_scintigrams
from tests.web.served import PROJECT
from tests.web.test_drop import check, drop, packed
from tests.web.test_loose_slices import names
from tests.web.test_study_folder import slices_of
from tests.workup.test_plan_dicom import fill

if TYPE_CHECKING:
    from pathlib import Path

    from tests.web.served import Browser

SCINTIGRAM = PROJECT / "sample_data" / "function" / "dynamic.dcm"


def put(*places: Path) -> None:
    for place in places:
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(SCINTIGRAM.read_bytes())


def test_h16_a_scintigram_leaves_its_folder_and_nothing_else_does(tmp_path: Path) -> None:
    fill(tmp_path)
    slices = sorted((tmp_path / "ct").iterdir())
    held = tmp_path / "held"
    put(held / "only" / "a.dcm", held / "both" / "b.dcm", held / "case" / "named.dcm")
    put(held / "twice" / "loose.dcm", held / "loose.dcm", held / "typed" / "x.toml")
    for one in slices:
        (held / "both" / one.name).write_bytes(one.read_bytes())
    (held / "both" / "cut-off.dcm").write_bytes(SCINTIGRAM.read_bytes()[:200])
    (held / "both" / "note.txt").write_text("no DICOM", "utf-8")
    (held / "both" / "linked.dcm").symlink_to(SCINTIGRAM)
    separate_scintigrams(held, {"named.dcm"})
    stay = [*(one.name for one in slices), "cut-off.dcm", "note.txt", "linked.dcm"]
    assert names(held) == sorted([
        "a.dcm", "b.dcm", "loose.dcm", "case/named.dcm", "twice/loose.dcm", "typed/x.toml",
        *(f"both/{one}" for one in stay),
    ])  # fmt: skip
    assert not (held / "only").exists()


def test_h16_a_scintigram_in_a_dropped_folder_can_have_a_role(
    browser: Browser, tmp_path: Path
) -> None:
    fill(tmp_path)
    case = drop(browser, [("dynamic.dcm", SCINTIGRAM.read_bytes())], "nm")
    again = [("spect.dcm", SCINTIGRAM.read_bytes()), *slices_of(tmp_path)]
    assert browser.post(f"/cases/{case}/files", {"folder": "study"}, again).status == 200
    told = check(browser, case)
    assert [one["file"] for one in told["told"]["files"]] == ["dynamic.dcm", "spect.dcm", "study"]
    assert "dynamic" in told["nuclear"]["dynamic.dcm"]
    assert told["proposed"]["dynamic.dcm"]["role"] == "dynamic"
    assert told["proposed"]["study"]["role"] == "ct"


def test_h16_a_scintigram_in_a_dropped_zip_can_have_a_role(browser: Browser) -> None:
    case = browser.post("/cases").json()["id"]
    sent = [("nm.zip", packed(("study/dynamic.dcm", SCINTIGRAM.read_bytes())))]
    assert browser.post(f"/cases/{case}/files", {}, sent).json() == []
    told = check(browser, case)
    assert [one["file"] for one in told["told"]["files"]] == ["dynamic.dcm"]
    assert told["proposed"]["dynamic.dcm"]["role"] == "dynamic"


def test_what_macos_adds_to_a_zip_is_no_second_file(browser: Browser) -> None:
    liver = (PROJECT / "sample_data" / "crlm" / "liver.nii.gz").read_bytes()
    members = (("__MACOSX/a/._liver.nii.gz", b"\0\5\x16\7"), ("a/liver.nii.gz", liver))
    case = browser.post("/cases").json()["id"]
    assert browser.post(f"/cases/{case}/files", {}, [("a.zip", packed(*members))]).json() == []
    files = check(browser, case)["told"]["files"]
    assert [(one["file"], one["status"]) for one in files] == [("liver.nii.gz", "ok")]
