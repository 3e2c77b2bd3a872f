"""A study as a PACS exports it: slices and segmentations in one dropped folder."""

from __future__ import annotations

from hashlib import sha256
from io import BytesIO
from pathlib import Path

import numpy as np
import pydicom
import pytest

from tests.cli.outside import ask
from tests.formats.dicom.dicoms import pack as pack_dicom
from tests.web.served import CRLM, Browser
from tests.web.test_drop import check, drop, packed, plan
from tests.workup.test_plan_dicom import VOXELS, fill, made
from tests.workup.test_two_acquisitions import acquisition, write_seg

pytestmark = pytest.mark.slow


def slices_of(case: Path, at: str = "") -> list[tuple[str, bytes]]:
    """Read the slices of a case, and name each at this place."""
    return [(f"{at}{one.name}", one.read_bytes()) for one in sorted((case / "ct").iterdir())]


def require_planned(browser: Browser, case: str, name: str) -> None:
    """Plan the liver of this file, and demand that all its voxels are counted."""
    held = plan(browser, case, roles=[(name, "liver")], no_tumour=True)
    assert held["state"] == "ready", held.get("reason")
    planned = browser.get(f"/cases/{case}/files/plan.json").json()
    assert planned["voxels"]["liver"] == VOXELS["liver"]


@pytest.mark.essential
def test_h16_each_segmentation_of_a_dropped_study_is_a_row_and_can_be_planned(
    browser: Browser, tmp_path: Path
) -> None:
    made(fill(tmp_path))  # writes a SEG of the liver, the tumour and the remnant
    drawn = ("1-1.dcm", (tmp_path / "out" / "segmentation.dcm").read_bytes())
    dropped = [*slices_of(tmp_path), drawn]
    case = drop(browser, dropped, "study")
    told = check(browser, case)["told"]["files"]
    assert [(one["file"], one.get("kind")) for one in told] == [
        ("study", "image"), ("1-1.dcm", "segmentation"),
    ]  # fmt: skip
    require_planned(browser, case, "1-1.dcm")
    (tmp_path / "study").mkdir()
    for name, content in dropped:
        (tmp_path / "study" / name).write_bytes(content)
    assert ask("check", tmp_path / "study", "--json").record["files"] == told


def test_h16_each_segmentation_of_a_dropped_zip_is_a_row_as_in_a_folder(
    browser: Browser, tmp_path: Path
) -> None:
    made(fill(tmp_path))
    drawn = ("study/seg/1-1.dcm", (tmp_path / "out" / "segmentation.dcm").read_bytes())
    study = packed(*slices_of(tmp_path, "study/ct/"), drawn)
    case = drop(browser, [("s.zip", study)])
    told = check(browser, case)["told"]["files"]
    assert [(one["file"], one.get("kind")) for one in told] == [
        ("s.zip", "image"), ("1-1.dcm", "segmentation"),
    ]  # fmt: skip
    (tmp_path / "s.zip").write_bytes(study)
    assert ask("check", tmp_path / "s.zip", "--json").record["files"] == told
    require_planned(browser, case, "1-1.dcm")


def test_a_zip_of_slices_alone_stays_as_it_was_dropped(browser: Browser, tmp_path: Path) -> None:
    made(fill(tmp_path))
    slices = packed(*slices_of(tmp_path))
    mask = ("liver.nii.gz", (CRLM.parent / "liver.nii.gz").read_bytes())
    case = drop(browser, [("ct.zip", slices), mask])
    image = next(one for one in check(browser, case)["told"]["files"] if one["file"] == "ct.zip")
    (tmp_path / "ct.zip").write_bytes(slices)
    assert ask("check", tmp_path / "ct.zip", "--json").record["files"] == [image]


@pytest.mark.essential
def test_slices_alone_are_the_ct_and_are_shown_before_any_mask(
    browser: Browser, tmp_path: Path
) -> None:
    """Each section has the HU that pydicom reads from its slice."""
    fill(tmp_path)
    slices = sorted((tmp_path / "ct").iterdir())
    case = drop(browser, slices_of(tmp_path), "study")
    assert check(browser, case)["proposed"] == {"study": {"role": "ct", "why": "from its format"}}
    scan = browser.get(f"/cases/{case}/scan").json()
    assert scan["parts"] == []
    assert [one["text"] for one in scan["notes"]] == ["No mask was added: only the CT is shown."]
    (axial,) = (one for one in scan["views"] if one["name"] == "axial")
    assert axial["layers"] == len(slices)
    read = [pydicom.dcmread(one) for one in slices]
    upwards = sorted(read, key=lambda one: float(one.ImagePositionPatient[2]))
    for layer in (0, len(slices) - 1):
        sent = browser.get(f"/cases/{case}/cuts/axial/{layer}").body
        start = 4 + int.from_bytes(sent[:4], "little")
        one = upwards[layer]
        hu = one.pixel_array * float(one.RescaleSlope) + float(one.RescaleIntercept)
        shown = np.frombuffer(sent[start:], "<f4")
        assert np.sort(shown) == pytest.approx(np.sort(hu, axis=None))


def test_slices_dropped_one_by_one_are_one_row_and_the_ct(browser: Browser, tmp_path: Path) -> None:
    """Of 300 slices, 300 rows cannot be read; slices added later join their series."""
    made(fill(tmp_path))
    first, *others = slices_of(tmp_path)
    drawn = ("liver.dcm", (tmp_path / "out" / "segmentation.dcm").read_bytes())
    case = drop(browser, [*others, drawn])
    for added in ([], [first]):
        if added:
            assert browser.post(f"/cases/{case}/files", {}, added).status == 200
        told = check(browser, case)
        (series, found), (name, _) = ((one["file"], one) for one in told["told"]["files"])
        assert series.startswith("CT series ")
        assert name == "liver.dcm"
        assert found["geometry"]["shape"][2] == len(others) + len(added)
        assert told["proposed"][series]["role"] == "ct"
    uid = str(pydicom.dcmread(BytesIO(first[1])).SeriesInstanceUID)
    assert uid not in series
    require_planned(browser, case, "liver.dcm")


def test_a_single_slice_and_an_unreadable_one_stay_files(browser: Browser, tmp_path: Path) -> None:
    fill(tmp_path)
    (name, content), *_ = slices_of(tmp_path)
    dropped = [(name, content), ("cut-off.dcm", content[:2000]), ("note.txt", b"no DICOM")]
    case = drop(browser, dropped)
    told = check(browser, case)["told"]["files"]
    assert len(told) == 3
    assert not any(row["file"].startswith("CT series") for row in told), told


def test_of_several_series_none_is_suggested_as_the_ct(browser: Browser, tmp_path: Path) -> None:
    fill(tmp_path)
    case = drop(browser, slices_of(tmp_path), "first")
    again = browser.post(f"/cases/{case}/files", {"folder": "second"}, slices_of(tmp_path))
    assert again.status == 200
    assert check(browser, case)["proposed"] == {}


@pytest.mark.parametrize("number", [1, 2])
def test_of_several_series_that_of_the_segmentation_is_suggested(
    browser: Browser, tmp_path: Path, number: int
) -> None:
    """All slices of two series and a SEG, dropped one by one, in one heap."""
    heap = []
    for each in (1, 2):
        for n, data in enumerate(acquisition(each)):
            data.SeriesInstanceUID = f"1.2.826.77.3.9.{each}"
            heap.append((f"{each}-{n}.dcm", pack_dicom(data)))
            if each == number:
                wanted = data
    sources = acquisition(number)
    for data in sources:
        data.SeriesInstanceUID = wanted.SeriesInstanceUID
    write_seg(tmp_path / "seg.dcm", sources)
    heap.append(("seg.dcm", (tmp_path / "seg.dcm").read_bytes()))
    case = drop(browser, heap[:40])
    for start in range(40, len(heap), 40):
        assert browser.post(f"/cases/{case}/files", {}, heap[start : start + 40]).status == 200
    told = check(browser, case)
    assert len(told["told"]["files"]) == 3
    (series,) = (file for file, one in told["proposed"].items() if one["role"] == "ct")
    assert told["proposed"][series]["why"] == "because the segmentation refers to it"
    assert series.endswith(sha256(wanted.SeriesInstanceUID.encode()).hexdigest()[:6])
