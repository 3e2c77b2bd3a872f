"""A study as a PACS exports it: slices and segmentations in one dropped folder."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest

from tests.cli.outside import ask
from tests.web.served import CRLM, Browser
from tests.web.test_drop import check, plan
from tests.workup.test_plan_dicom import VOXELS, fill, made

pytestmark = pytest.mark.slow


def test_h16_each_segmentation_of_a_dropped_study_is_a_row_and_can_be_planned(
    browser: Browser, tmp_path: Path
) -> None:
    made(fill(tmp_path))  # writes a SEG of the liver, the tumour and the remnant
    slices = sorted((tmp_path / "ct").iterdir())
    dropped = [(one.name, one.read_bytes()) for one in slices]
    dropped.append(("1-1.dcm", (tmp_path / "out" / "segmentation.dcm").read_bytes()))
    case: Any = browser.post("/cases").json()["id"]
    assert browser.post(f"/cases/{case}/files", {"folder": "study"}, dropped).status == 200
    told = check(browser, case)["told"]["files"]
    assert [(one["file"], one.get("kind")) for one in told] == [
        ("study", "image"), ("1-1.dcm", "segmentation"),
    ]  # fmt: skip
    held = plan(browser, case, roles=[("1-1.dcm", "liver")], no_tumour=True)
    assert held["state"] == "ready", held
    planned = browser.get(f"/cases/{case}/files/plan.json").json()
    assert planned["voxels"]["liver"] == VOXELS["liver"]
    (tmp_path / "study").mkdir()
    for name, content in dropped:
        (tmp_path / "study" / name).write_bytes(content)
    assert ask("check", tmp_path / "study", "--json").record["files"] == told


def pack(files: list[tuple[str, bytes]]) -> bytes:
    held = BytesIO()
    with ZipFile(held, "w") as archive:
        for name, content in files:
            archive.writestr(name, content)
    return held.getvalue()


def test_h16_each_segmentation_of_a_dropped_zip_is_a_row_as_in_a_folder(
    browser: Browser, tmp_path: Path
) -> None:
    made(fill(tmp_path))
    slices = [
        (f"study/ct/{one.name}", one.read_bytes()) for one in sorted((tmp_path / "ct").iterdir())
    ]
    drawn = ("study/seg/1-1.dcm", (tmp_path / "out" / "segmentation.dcm").read_bytes())
    case: Any = browser.post("/cases").json()["id"]
    assert (
        browser.post(f"/cases/{case}/files", {}, [("s.zip", pack([*slices, drawn]))]).status == 200
    )
    told = check(browser, case)["told"]["files"]
    assert [(one["file"], one.get("kind")) for one in told] == [
        ("s.zip", "image"), ("1-1.dcm", "segmentation"),
    ]  # fmt: skip
    (tmp_path / "s.zip").write_bytes(pack([*slices, drawn]))
    assert ask("check", tmp_path / "s.zip", "--json").record["files"] == told
    held = plan(browser, case, roles=[("1-1.dcm", "liver")], no_tumour=True)
    assert held["state"] == "ready", held
    planned = browser.get(f"/cases/{case}/files/plan.json").json()
    assert planned["voxels"]["liver"] == VOXELS["liver"]


def test_a_zip_of_slices_alone_stays_as_it_was_dropped(browser: Browser, tmp_path: Path) -> None:
    made(fill(tmp_path))
    packed = pack([(one.name, one.read_bytes()) for one in sorted((tmp_path / "ct").iterdir())])
    case: Any = browser.post("/cases").json()["id"]
    mask = ("liver.nii.gz", (CRLM.parent / "liver.nii.gz").read_bytes())
    assert browser.post(f"/cases/{case}/files", {}, [("ct.zip", packed), mask]).status == 200
    image = next(one for one in check(browser, case)["told"]["files"] if one["file"] == "ct.zip")
    (tmp_path / "ct.zip").write_bytes(packed)
    assert ask("check", tmp_path / "ct.zip", "--json").record["files"] == [image]
