"""`spect-shift` from outside: the bundled study, whose SPECT is moved by a known way."""

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pytest

import fl_planner
from sample_data import maa
from tests.cli.outside import BUNDLED, Record, ask, refused, told
from tests.record.schemas import require_valid
from tests.workup.asked import function_text

OFF = np.array((-4.0, 6.0, -13.0))  # mm, RAS+


def move(path: Path, out: Path) -> None:
    """Write a SPECT elsewhere."""
    image: Any = nibabel.load(path)
    affine = image.affine.copy()
    affine[:3, 3] += OFF
    nibabel.save(image.__class__(np.asarray(image.dataobj), affine), out)


def write_study(path: Path) -> Path:
    """Write the bundled study with its SPECT elsewhere; give its case file."""
    bundled = BUNDLED / "function"
    move(bundled / "spect.nii.gz", path / "spect.nii.gz")
    case = path / "case.toml"
    case.write_text(function_text().replace(f"{bundled}/spect.nii.gz", "spect.nii.gz"), "utf-8")
    return case


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Hold the bundled study with its SPECT elsewhere, and what was written of it."""
    path = tmp_path_factory.mktemp("spect")
    case = write_study(path)
    text = case.read_text("utf-8")
    (path / "laid.toml").write_text(text.replace('"spect.nii.gz"', '"out/spect_on_ct.nii.gz"'))
    (path / "unsaid.toml").write_text(text.replace("registered = true", ""))
    ran = ask("spect-shift", case, "--out", path / "out", "--json")
    assert (ran.status, ran.err) == (0, "")
    (path / "printed.json").write_bytes(ran.stdout)
    return path


@pytest.fixture(scope="module")
def record(folder: Path) -> Record:
    return require_valid(json.loads((folder / "printed.json").read_text("utf-8")))


@pytest.mark.slow
def test_h17_a_spect_that_is_off_is_found_by_axis(record: Record) -> None:
    place = record["place"]
    found = [place[f"{name}_mm"] for name in ("right", "front", "head")]
    assert found == pytest.approx(OFF.tolist(), abs=1.0)
    assert place["words"].startswith("13 mm towards the feet and 6 mm towards the front")
    assert {one["code"] for one in record["findings"]} >= {"spect.shifted"}
    assert record["likeness"] > record["likeness_as_given"] + 0.1


@pytest.mark.slow
def test_the_share_with_the_shift_is_that_of_the_spect_where_it_was(record: Record) -> None:
    truth = told("function", BUNDLED / "function" / "function.toml")["function"]
    off = {one["name"]: (one["as_given"], one["laid"]) for one in record["weighed"]}
    as_given, laid = off["flr_share"]
    assert laid == pytest.approx(truth["share"]["percent"], abs=0.3)
    assert abs(as_given - truth["share"]["percent"]) > 1.0
    assert off["flr_function"][1] == pytest.approx(truth["flr_pct_per_min_per_m2"], rel=0.01)


@pytest.mark.slow
def test_h17_nothing_is_moved_unless_that_is_asked(record: Record, folder: Path) -> None:
    """A case that does not state a registration has the same place, from Python as well."""
    found = fl_planner.spect_shift(folder / "unsaid.toml")
    assert (found["moved"], "written" in found) == (False, False)
    own = told("function", folder / "case.toml")["function"]["share"]["percent"]
    (share,) = (one for one in found["weighed"] if one["name"] == "flr_share")
    assert share["as_given"] == pytest.approx(own)
    assert found["place"] == record["place"]


@pytest.mark.slow
def test_h04_the_spect_that_is_written_is_a_draft_wherever_it_is_read(
    record: Record, folder: Path
) -> None:
    written, path = record["written"], folder / "out" / "spect_on_ct.nii.gz"
    assert (written["status"], record["moved"]) == ("carried, not drawn", True)
    assert written["sha256"] == sha256(path.read_bytes()).hexdigest()
    assert json.loads((folder / "out" / "spect-shift.json").read_text("utf-8")) == record
    found = told("function", folder / "laid.toml")
    (mark,) = (one for one in found["findings"] if one["code"] == "spect.carried")
    assert (mark["file"], mark["severity"]) == ("spect_on_ct.nii.gz", "warning")
    assert mark["value"] == pytest.approx(written["off_mm"], abs=0.006)
    (share,) = (one for one in record["weighed"] if one["name"] == "flr_share")
    assert found["function"]["share"]["percent"] == pytest.approx(share["laid"], abs=0.05)
    plans = [told("plan", folder / name)["ratios"]["flr"] for name in ("case.toml", "laid.toml")]
    assert plans[0]["interval_percent"] == plans[1]["interval_percent"]


@pytest.mark.slow
def test_h04_a_spect_with_the_mark_of_a_registration_is_a_draft(tmp_path: Path) -> None:
    case = write_study(tmp_path)
    image: Any = nibabel.load(tmp_path / "spect.nii.gz")
    image.header["descrip"] = b"fl-planner: carried, not drawn; SPECT off by 1.50 mm"
    nibabel.save(image, tmp_path / "spect.nii.gz")
    found = told("function", case)["findings"]
    (mark,) = (one for one in found if one["code"] == "spect.carried")
    assert (mark["file"], mark["severity"]) == ("spect.nii.gz", "warning")
    assert (mark["value"], mark["unit"]) == (1.5, "mm")


@pytest.mark.slow
def test_a_placed_spect_stays_marked_in_another_file(folder: Path) -> None:
    laid, again = folder / "out" / "spect_on_ct.nii.gz", folder / "again.nii.gz"
    told("convert", laid, "--to", again)
    (one,) = (
        one
        for one in told("check", again)["files"][0]["findings"]
        if one["code"] == "spect.carried"
    )
    assert one["file"] == "again.nii.gz"
    assert refused("convert", laid, "--to", folder / "again.nrrd")["code"] == "convert.carried"


@pytest.mark.slow
def test_what_rests_on_a_spect_of_maa(tmp_path: Path) -> None:
    """Ratio and shunt are known: the SPECT lies where the liver was drawn."""
    truth = maa.make(tmp_path)
    ran = ask("spect-shift", tmp_path / "case.toml")
    assert (ran.status, ran.err) == (0, "")
    assert "No shift of at least 3 mm that exceeds its uncertainty." in ran.out
    assert "The SPECT was not moved" in ran.out
    found = require_valid(told("spect-shift", tmp_path / "case.toml", "--study", "dose"))
    laid = {one["name"]: one["laid"] for one in found["weighed"]}
    assert laid["tumour_to_normal"] == pytest.approx(truth["tumour_to_normal"], rel=0.05)
    assert laid["lung_shunt"] == pytest.approx(100 * truth["lung_shunt"], rel=0.05)
    assert "words" not in found["place"]


def test_a_case_without_that_spect_is_refused(tmp_path: Path) -> None:
    case = BUNDLED / "function" / "function.toml"
    assert refused("spect-shift", case, "--study", "dose")["code"] == "spect.none"
    assert refused("spect-shift", BUNDLED / "crlm" / "case.toml")["code"] == "spect.none"
    maa.make(tmp_path)
    text = (tmp_path / "case.toml").read_text("utf-8")
    (tmp_path / "both.toml").write_text(f'{text}\n[function]\nspect = "spect.dcm"\n', "utf-8")
    refusal = refused("spect-shift", tmp_path / "both.toml")
    assert refusal["code"] == "spect.which"
    assert "--study function" in refusal["remedy"]
    untreated = text.replace('treated = "treated.nii.gz"\n', "")
    (tmp_path / "untreated.toml").write_text(untreated, "utf-8")
    assert refused("spect-shift", tmp_path / "untreated.toml")["code"] == "dose.no_masks"
