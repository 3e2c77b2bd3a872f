"""`report` and `pictures` from outside: whole files or none, no identifiers, refusals by name."""

import re
import shutil
import subprocess
from dataclasses import replace
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL.Image import open as read
from pydicom import dcmread
from pydicom.dataset import Dataset

from fl_planner.basis import extras as extra
from fl_planner.basis.extras import require_report
from fl_planner.intake.documents.samples import sample_case
from fl_planner.workup.report import PictureSet, draw_case
from fl_planner.workup.request import read_request
from tests.cases import of_many
from tests.cli.outside import BUNDLED, SMALL, Ran, ask, case_toml, told
from tests.formats.dicom.dicoms import CANARIES, PATIENT
from tests.niftis import both_forms, nifti, write
from tests.refusals import refuses
from tests.workup.test_plan_dicom import ct_slices, fill

PLANTED = "Erika-Mustermann"
CASE = """id = "case-9"
label = "Bed 12"
diagnosis = "crlm"

[masks]
liver = "liver.nii"
flr = "flr.nii"
tumour = "tumour.nii"

[imaging]
date = 2026-05-04
reader = "R1"
"""
WRITTEN = {"cuts.png", "contact_sheet.png", "surface.png", "interval_flr.svg"}


@pytest.fixture
def case(tmp_path: Path) -> Path:
    """Write a small case in a folder that is named like a patient, with a name in its header."""
    folder = tmp_path / PLANTED
    folder.mkdir()
    SMALL.write(folder, flr=(0, 2400), tumour=(7600, 8000))
    forms = both_forms((SMALL.step_mm,) * 3, (-40.0, -60.0, 30.0))
    mask = nifti(SMALL.mask(0, 8000), **forms, descrip=PLANTED.encode())
    write(folder / "liver.nii", mask)
    return case_toml(folder, CASE)


def refusal(*args: object) -> str:
    ran = ask(*args)
    assert (ran.status, ran.stdout) == (2, b"")
    return " ".join(ran.err.split())


@pytest.mark.slow
def test_html_and_pdf_are_written_the_same_each_time(case: Path, tmp_path: Path) -> None:
    for name, begin in (("report.html", b"<!DOCTYPE html>"), ("report.pdf", b"%PDF-")):
        out = tmp_path / name
        ran = ask("report", case, "--out", out)
        assert ran == Ran(0, b"", f"report: {name}\n".encode())
        first = out.read_bytes()
        assert first.startswith(begin)
        assert ask("report", case, "--out", out, "--force", "--quiet") == Ran(0, b"", b"")
        assert out.read_bytes() == first


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("pdfinfo") is None, reason="poppler is not installed")
@pytest.mark.parametrize("name", of_many(["crlm"], ["crlm", "hcc"]))
def test_a_bundled_case_has_three_pages_and_an_appendix_on_request(
    name: str, tmp_path: Path
) -> None:
    """Summary, trials with method and sources, all values."""
    pages = {}
    for options in ((), ("--appendix",)):
        out = tmp_path / f"{name}{len(options)}.pdf"
        ask("report", BUNDLED / name / "case.toml", "--out", out, *options)
        told_ = subprocess.run(["pdfinfo", out], capture_output=True, text=True, check=True)
        (count,) = re.findall(r"^Pages:\s+(\d+)$", told_.stdout, re.MULTILINE)
        pages[options] = int(count)
    assert pages[()] == 3
    assert pages[("--appendix",)] > 3


@pytest.mark.essential
@pytest.mark.slow
def test_the_numbers_are_those_of_plan(case: Path, tmp_path: Path) -> None:
    record = told("plan", case)
    ask("report", case, "--out", tmp_path / "report.html", "--appendix")
    html = (tmp_path / "report.html").read_text("utf-8").replace("\u00a0", " ")
    # 2400 and 7600 of 8000 voxels of 0.125 mL
    assert record["flr_percent"] == pytest.approx(100 * 2400 / 7600)
    assert "300 mL = 31.6 % of the non-tumorous liver" in html
    for one in record["inputs"]:
        assert one["sha256"] in html


@pytest.mark.slow
def test_a_judging_date_and_a_centre_are_those_of_plan(case: Path, tmp_path: Path) -> None:
    centre = tmp_path / "centre.toml"
    open_here = '[trials.NCT05428735]\nstatus = "open"\n'
    centre.write_text(f'schema = 1\nname = "Ours"\nas_of = 2026-05-10\n{open_here}', "utf-8")
    with case.open("a", encoding="utf-8") as file:
        file.write("\n[facts]\nlabs_date = 2026-05-14\n")
    given = ("--as-of", "2026-05-20", "--centre", centre)
    ask("report", case, *given, "--out", tmp_path / "a.html")
    page = " ".join((tmp_path / "a.html").read_text("utf-8").split())
    record = told("plan", case, *given)
    assert record["case"]["reading"]["age_days"] == 16
    assert "16 days before the assessment date" in page
    (dragon,) = (one for one in record["trials"] if one["id"] == "NCT05428735")
    assert dragon["reach"] == "open"
    assert ">recruiting here<" in page or ">recruiting here; " in page
    assert "date.as_of_missing" not in page


@pytest.mark.slow
def test_a_shareable_report_has_no_date_label_path_or_name(case: Path, tmp_path: Path) -> None:
    out = tmp_path / "report.html"
    ask("report", case, "--out", out)
    shareable = out.read_text("utf-8")
    for hidden in (PLANTED, "2026-05-04", "Bed 12", str(tmp_path)):
        assert hidden not in shareable
    ask("report", case, "--out", out, "--force", "--profile", "clinical")
    clinical = out.read_text("utf-8")
    assert "2026-05-04" in clinical
    assert "Bed 12" in clinical
    assert PLANTED not in clinical


@pytest.mark.slow
def test_a_pdf_has_no_path_and_no_name_in_its_open_parts(case: Path, tmp_path: Path) -> None:
    ask("report", case, "--out", tmp_path / "report.pdf")
    written = (tmp_path / "report.pdf").read_bytes()
    assert PLANTED.encode() not in written
    assert str(tmp_path).encode() not in written


def test_what_exists_stays_without_force(case: Path, tmp_path: Path) -> None:
    out = tmp_path / "report.html"
    out.write_text("mine")
    assert "already exists" in refusal("report", case, "--out", out)
    assert out.read_text() == "mine"


@pytest.mark.slow
def test_growth_since_an_earlier_scan(case: Path, tmp_path: Path) -> None:
    folder = tmp_path / "later"
    folder.mkdir()
    anew = replace(SMALL, foot_mm=30.02)
    anew.write(folder, flr=(0, 3200), tumour=(7601, 8000))  # 400 mL, 100 more
    later = CASE.replace("2026-05-04", "2026-05-25")
    later += '\n[embolisation]\ndate = 2026-05-04\nkind = "PVE"\nsegments = [5, 6, 7, 8]\n'
    after, out = case_toml(folder, later), tmp_path / "report.html"
    assert ask("report", after, "--earlier", case, "--out", out).status == 0
    html = " ".join(out.read_text("utf-8").split())
    # 100 of 300 mL, and of 950 mL without tumour at the start, in 21 days
    assert "33.3 % of the FLR at baseline, 100 mL" in html
    assert "10.5 percentage points" in html
    assert "3.5 percentage points per week" in html
    assert "2026-05" not in html
    plan = told("plan", after, "--earlier", case, "--as-of", "2026-06-03")  # 400 of 950 mL
    assert plan["embolisation"] == {
        "kind": "PVE",
        "day": 21,
        "age_days": 30,
        "flr_of_baseline_percent": pytest.approx(100 * 400 / 950, abs=5e-7),
        "flr_of_baseline_percent_shown": "42.1",
    }
    message = refusal("report", case, "--earlier", after, "--out", tmp_path / "other.html")
    assert "the scan is not the latest" in message


@pytest.mark.parametrize("name", ["report.docx", "report", "pdf"])
def test_another_kind_is_refused_by_name(name: str, case: Path, tmp_path: Path) -> None:
    assert f"the name {name} does not end in .html or .pdf" in refusal(
        "report", case, "--out", tmp_path / name
    )


def test_a_missing_extra_is_named(
    case: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lacking(name: str) -> Any:
        return None if name == "typst" else find_spec(name)

    monkeypatch.setattr(extra, "find_spec", lacking)
    message = refusal("report", case, "--out", tmp_path / "report.pdf")
    assert "typst" in message
    assert "pip install '.[report]'" in message
    with refuses("extra.missing"):
        require_report("typst")
    require_report("jinja2")


def test_a_case_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    out = tmp_path / "report.html"
    assert "no such file" in refusal("report", tmp_path / "none.toml", "--out", out)
    assert not out.exists()


@pytest.mark.essential
@pytest.mark.slow
def test_pictures_are_files_of_one_folder(case: Path, tmp_path: Path) -> None:
    out = tmp_path / "pictures"
    ran = ask("pictures", case, "--out", out, "--dpi", "60", "--stl")
    assert (ran.status, ran.stdout) == (0, b"")
    parts = {"rest.stl", "remnant.stl", "tumour.stl"}
    held = {one.name: one.read_bytes() for one in out.iterdir()}
    assert {*held} == WRITTEN | parts
    assert all(PLANTED.encode() not in content for content in held.values())
    again = tmp_path / "again"
    assert ask("pictures", case, "--out", again, "--dpi", "60", "--stl", "--quiet").err == ""
    assert {one.name: one.read_bytes() for one in again.iterdir()} == held
    assert "already exists" in refusal("pictures", case, "--out", out)


@pytest.mark.slow
def test_pictures_as_drawings(case: Path, tmp_path: Path) -> None:
    out = tmp_path / "pictures"
    ask("pictures", case, "--out", out, "--format", "svg", "--dpi", "60")
    assert {one.suffix for one in out.iterdir()} == {".svg"}
    assert "contains other files" in refusal(
        "pictures", case, "--out", out, "--force", "--format", "png", "--dpi", "60"
    )


# ---- the contact sheet in the study of the CT


@pytest.fixture
def sliced(tmp_path: Path) -> Path:
    return fill(tmp_path)


def capture(sliced: Path, *options: object, to: str = "out") -> tuple[Dataset, Path]:
    folder = sliced.parent / to
    ran = ask("pictures", sliced, "--out", folder, "--dicom", "--dpi", "60", "--quiet", *options)
    assert ran.err == ""
    return dcmread(folder / "contact_sheet.dcm"), folder


@pytest.mark.essential
@pytest.mark.slow
def test_the_pixels_are_those_of_the_picture(sliced: Path) -> None:
    made, folder = capture(sliced)
    picture = np.asarray(read(BytesIO((folder / "contact_sheet.png").read_bytes())).convert("RGB"))
    assert np.array_equal(made.pixel_array, picture)
    assert made.SOPClassUID.name == "Secondary Capture Image Storage"
    assert (made.BurnedInAnnotation, made.Modality) == ("NO", "OT")
    assert made.BodyPartExamined == "LIVER"
    assert "Laterality" not in made  # required of paired body parts alone [PS3.3 C.7.3.1]


@pytest.mark.slow
def test_a_shareable_one_is_of_another_study_and_bears_the_pseudonym_alone(sliced: Path) -> None:
    made, folder = capture(sliced)
    first = next(iter(ct_slices()))
    assert made.StudyInstanceUID != first.StudyInstanceUID
    assert made.SeriesInstanceUID != first.SeriesInstanceUID
    assert made.PatientID == "case-001"
    assert (made.PatientName, made.StudyDate, made.AccessionNumber) == ("", "", "")
    assert made.PatientIdentityRemoved == "YES"
    written = (folder / "contact_sheet.dcm").read_bytes()
    assert [one for one in CANARIES if one.encode() in written] == []


@pytest.mark.slow
def test_the_clinical_profile_takes_over_the_patient(sliced: Path) -> None:
    made, _ = capture(sliced, "--profile", "clinical")
    assert made.PatientID == PATIENT
    assert made.StudyInstanceUID == next(iter(ct_slices())).StudyInstanceUID
    assert "PatientIdentityRemoved" not in made


@pytest.mark.slow
def test_the_same_bytes_again(sliced: Path) -> None:
    _, first = capture(sliced)
    _, second = capture(sliced, to="again")
    for file in first.iterdir():
        assert file.read_bytes() == (second / file.name).read_bytes()


def test_what_cannot_be_dicom_is_refused(sliced: Path, tmp_path: Path) -> None:
    ran = ask("pictures", sliced, "--out", tmp_path / "out", "--dicom", "--format", "svg")
    assert (ran.status, "an SVG does not" in ran.err) == (2, True)
    bare = sliced.with_name("bare.toml")
    bare.write_text(sliced.read_text("utf-8").replace('ct = "ct"\n', ""), "utf-8")
    ran = ask("pictures", bare, "--out", tmp_path / "out", "--dicom")
    assert (ran.status, "no CT was given" in " ".join(ran.err.split())) == (2, True)
    ran = ask("pictures", sliced, "--out", tmp_path / "out", "--profile", "clinical")
    refusal = " ".join(ran.err.split())
    assert (ran.status, "give --dicom as well" in refusal) == (2, True)
    assert "no patient data" not in refusal  # each picture has the id of the case
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("dciodvfy") is None, reason="dicom3tools is not installed")
def test_a_validator_finds_no_error(sliced: Path) -> None:
    _, folder = capture(sliced)
    ran = subprocess.run(
        ["dciodvfy", folder / "contact_sheet.dcm"], capture_output=True, text=True, check=False
    )
    assert [line for line in ran.stderr.splitlines() if line.startswith("Error")] == []


@pytest.mark.slow
def test_pictures_of_a_case_with_a_study_are_drawn_again_over_themselves(tmp_path: Path) -> None:
    """Beside those of every plan stands that of the function; `force` knows each as its own."""
    case, folder = sample_case("crlm").parent / "function" / "function.toml", tmp_path / "out"
    drawn = draw_case(read_request(case), folder, PictureSet(dpi=50))
    assert {"cuts.png", "contact_sheet.png", "surface.png", "function.png"} <= {*drawn}
    assert draw_case(read_request(case), folder, PictureSet(dpi=50, force=True)) == drawn
