"""A study as a PACS exports it: slices and segmentations in one dropped folder."""

from __future__ import annotations

from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pydicom
import pytest

from fl_planner.web.dropped_studies import gather_slices, separate_scintigrams
from fl_planner.web.server import link_files
from tests.cli.outside import ask
from tests.formats.dicom.dicoms import pack as pack_dicom
from tests.web.served import CRLM, PROJECT, Browser
from tests.web.test_drop import check, drop, packed, plan
from tests.workup.test_odd_ct import acquisition, write_seg
from tests.workup.test_plan_dicom import VOXELS, fill, made

if TYPE_CHECKING:
    from tests.web.served import Browser


def slices_of(case: Path, at: str = "") -> list[tuple[str, bytes]]:
    """Read the slices of a case, and name each at this place."""
    return [(f"{at}{one.name}", one.read_bytes()) for one in sorted((case / "ct").iterdir())]


def require_planned(browser: Browser, case: str, name: str) -> None:
    """Plan the liver of this file, and demand that all its voxels are counted."""
    held = plan(browser, case, roles=[(name, "liver")], no_tumour=True)
    assert held["state"] == "ready", held.get("reason")
    planned = browser.get(f"/cases/{case}/files/plan.json").json()
    assert planned["voxels"]["liver"] == VOXELS["liver"]


@pytest.mark.slow
@pytest.mark.parametrize("zipped", [pytest.param(False, marks=pytest.mark.essential), True])
def test_h16_each_segmentation_of_a_dropped_study_or_zip_is_a_row_and_can_be_planned(
    browser: Browser, tmp_path: Path, zipped: bool
) -> None:
    made(fill(tmp_path))  # writes a SEG of the liver, the tumour and the remnant
    drawn = (tmp_path / "out" / "segmentation.dcm").read_bytes()
    study = tmp_path / "study"
    if zipped:
        study = tmp_path / "s.zip"
        slices = slices_of(tmp_path, "study/ct/")
        study.write_bytes(packed(*slices, ("study/seg/1-1.dcm", drawn)))
        case = drop(browser, [("s.zip", study.read_bytes())])
    else:
        dropped = [*slices_of(tmp_path), ("1-1.dcm", drawn)]
        case = drop(browser, dropped, "study")
        study.mkdir()
        for name, content in dropped:
            (study / name).write_bytes(content)
    told = check(browser, case)["told"]["files"]
    assert [(one["file"], one.get("kind")) for one in told] == [
        (study.name, "image"), ("1-1.dcm", "segmentation"),
    ]  # fmt: skip
    assert ask("check", study, "--json").record["files"] == told
    require_planned(browser, case, "1-1.dcm")


@pytest.mark.slow
def test_a_zip_of_slices_alone_stays_as_it_was_dropped(browser: Browser, tmp_path: Path) -> None:
    made(fill(tmp_path))
    slices = packed(*slices_of(tmp_path))
    mask = ("liver.nii.gz", (CRLM.parent / "liver.nii.gz").read_bytes())
    case = drop(browser, [("ct.zip", slices), mask])
    image = next(one for one in check(browser, case)["told"]["files"] if one["file"] == "ct.zip")
    (tmp_path / "ct.zip").write_bytes(slices)
    assert ask("check", tmp_path / "ct.zip", "--json").record["files"] == [image]


@pytest.mark.slow
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


@pytest.mark.slow
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


@pytest.mark.slow
def test_a_single_slice_and_an_unreadable_one_stay_files(browser: Browser, tmp_path: Path) -> None:
    fill(tmp_path)
    (name, content), *_ = slices_of(tmp_path)
    dropped = [(name, content), ("cut-off.dcm", content[:2000]), ("note.txt", b"no DICOM")]
    case = drop(browser, dropped)
    told = check(browser, case)["told"]["files"]
    assert len(told) == 3
    assert not any(row["file"].startswith("CT series") for row in told), told


@pytest.mark.slow
def test_of_several_series_none_is_suggested_as_the_ct(browser: Browser, tmp_path: Path) -> None:
    fill(tmp_path)
    case = drop(browser, slices_of(tmp_path), "first")
    again = browser.post(f"/cases/{case}/files", {"folder": "second"}, slices_of(tmp_path))
    assert again.status == 200
    assert check(browser, case)["proposed"] == {}


@pytest.mark.slow
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


# ---- slices dropped one by one, without a server


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


# ---- scintigrams in dropped folders: each is a row


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


def test_files_left_by_macos_or_windows_are_not_listed(tmp_path: Path) -> None:
    given, own = tmp_path / "given", tmp_path / "own"
    for folder in (given, own):
        folder.mkdir()
    for name in ("liver.nii", "Thumbs.db", "desktop.ini", ".DS_Store"):
        (given / name).write_bytes(b"1")
    link_files(given, own)
    assert [one.name for one in own.iterdir()] == ["liver.nii"]
