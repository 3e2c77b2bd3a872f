"""`verify` of every other record that names files: growth, dose, function, check, convert."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.cli.outside import BUNDLED, SMALL, Record, codes, refused
from tests.formats.dicom.dicoms import pack, seg
from tests.niftis import write
from tests.screening.test_verify import changes, verified, written
from tests.workup.files.test_study_archive import draw, zipped
from tests.workup.test_dose import TYPED
from tests.workup.test_function import FRAMES, SIZE
from tests.workup.test_scans import EMBOLISATION, SCANS, write_case


def edited(path: Path, *keys: Any, value: Any) -> Path:
    """Change one entry of an output, deep in it."""
    record = json.loads(path.read_text("utf-8"))
    place = record
    for key in keys[:-1]:
        place = place[key]
    assert place[keys[-1]] != value
    place[keys[-1]] = value
    path.write_text(json.dumps(record), "utf-8")
    return path


@pytest.fixture
def crlm(tmp_path: Path) -> Path:
    """Copy a bundled case with a label map."""
    shutil.copytree(BUNDLED / "crlm", tmp_path / "crlm")
    return tmp_path / "crlm" / "case.toml"


@pytest.fixture
def hcc(tmp_path: Path) -> Path:
    """Copy a bundled case with a territory."""
    shutil.copytree(BUNDLED / "hcc", tmp_path / "hcc")
    return tmp_path / "hcc" / "case.toml"


@pytest.mark.slow
def test_resections_as_a_person_saw_them(crlm: Path) -> None:
    made = written(crlm.parent / "made.json", "resections", crlm, "--resect", "2", "--resect", "7")
    record = verified(made)
    assert (record["holds"], record["recomputed"]) == (True, True)


@pytest.mark.slow
def test_h12_an_edited_volume_of_resections_does_not_pass_for_true(crlm: Path) -> None:
    made = written(crlm.parent / "made.json", "resections", crlm)
    edited(made, "resections", 0, "flr_ml", value=1.0)
    assert refused("verify", made)["code"] == "verify.other_options"


@pytest.mark.slow
def test_h12_an_edited_dose_does_not_pass_for_true(hcc: Path) -> None:
    made = written(hcc.parent / "made.json", "dose", hcc, *TYPED)
    edited(made, "dose", "computed", "gy_kg_per_gbq", value=1.0)
    assert refused("verify", made, *TYPED)["code"] == "verify.other_options"


@pytest.mark.slow
def test_a_dose_needs_the_options_that_it_was_made_with(hcc: Path) -> None:
    made = written(hcc.parent / "dose.json", "dose", hcc, *TYPED)
    record = verified(made, hcc, *TYPED)
    assert (record["holds"], record["recomputed"], codes(record)) == (True, True, [])
    other = refused("verify", made, hcc, "--lung-shunt", "0.05", "--tumour-to-normal", "3.2")
    assert other["code"] == "verify.other_options"
    assert "dose" in other["reason"]


@pytest.mark.slow
def test_a_dose_of_the_clinical_profile(hcc: Path) -> None:
    table = "\n[dose]\nlung_shunt = 0.06\ntumour_to_normal = 3.2\n"
    table += "calibration = 2026-05-20T12:00:00Z\nadministration = 2026-05-20T18:00:00Z\n"
    hcc.write_text(hcc.read_text("utf-8") + table, "utf-8")
    for profile in ("clinical", "shareable"):
        made = written(hcc.parent / "dose.json", "dose", hcc, "--profile", profile)
        assert ("calibrated_at" in made.read_text("utf-8")) is (profile == "clinical")
        assert verified(made)["recomputed"]
    hcc.write_text(hcc.read_text("utf-8").replace("0.06", "0.07"), "utf-8")
    record = verified(made)
    assert (changes(record, "file"), "dose" in changes(record, "answer")) == (["case"], True)


@pytest.mark.essential
@pytest.mark.slow
def test_function_by_options_alone(tmp_path: Path) -> None:
    made = written(tmp_path / "function.json", "function", *FRAMES, *SIZE)
    record = verified(made, *FRAMES, *SIZE)
    assert (record["holds"], record["recomputed"]) == (True, True)
    taller = ("--height-cm", "190", *SIZE[2:])
    assert refused("verify", made, *FRAMES, *taller)["code"] == "verify.other_options"


@pytest.fixture
def scans(tmp_path: Path) -> list[Path]:
    """Write three scans of a patient, each in its folder."""
    more = {"before": "", "day21": EMBOLISATION, "day42": ""}
    return [write_case(tmp_path, name, *scan, more[name]) for name, scan in SCANS.items()]


@pytest.mark.slow
@pytest.mark.parametrize("profile", ["shareable", "clinical"])
def test_h12_growth_is_made_again_from_its_scans(scans: list[Path], profile: str) -> None:
    made = written(scans[0].with_name("growth.json"), "growth", *scans, "--profile", profile)
    for sources in ((), (scans[2], scans[0], scans[1])):
        record = verified(made, *sources)
        assert (record["holds"], record["recomputed"], codes(record)) == (True, True, [])
    SMALL.file(scans[1].parent / "day21" / "flr.nii", SMALL.mask(0, 4001))
    record = verified(made)
    assert (record["holds"], changes(record, "file")) == (False, ["flr"])
    assert {"growth", "time_points"} <= set(changes(record, "answer"))


def test_growth_of_fewer_scans_is_not_that_of_all(scans: list[Path]) -> None:
    made = written(scans[0].with_name("growth.json"), "growth", *scans)
    assert verified(made, *scans[:2])["holds"] is False
    scans[0].unlink()
    assert refused("verify", made)["code"] == "verify.files_missing"


def test_h12_case_files_of_one_name_are_not_taken_for_one_another(
    scans: list[Path], tmp_path: Path
) -> None:
    """Two folders, each with a case.toml: nobody can say which is which, unless they are named."""
    twins = []
    for path in scans[:2]:
        own = tmp_path / f"of_{path.stem}"
        own.mkdir()
        shutil.copytree(tmp_path / path.stem, own / path.stem)
        twins.append(Path(shutil.copy(path, own / "case.toml")))
    made = written(twins[0].with_name("growth.json"), "growth", *twins)
    assert verified(made, *twins)["recomputed"]
    assert refused("verify", made)["code"] == "verify.files_missing"


def test_files_that_were_checked(tmp_path: Path) -> None:
    liver = SMALL.file(tmp_path / "liver.nii", SMALL.mask(0, 8000))
    flr = SMALL.file(tmp_path / "flr.nii", SMALL.mask(0, 2400))
    made = written(tmp_path / "check.json", "check", liver, flr)
    record = verified(made)
    assert (record["holds"], record["recomputed"], codes(record)) == (True, True, [])
    SMALL.file(flr, SMALL.mask(0, 2401))
    record = verified(made)
    assert (changes(record, "file"), changes(record, "answer")) == (["flr.nii"], ["files"])
    flr.unlink()
    assert refused("verify", made)["code"] == "verify.files_missing"


@pytest.mark.parametrize("as_archive", [False, True], ids=["folder", "zip"])
def test_a_study_that_was_checked(tmp_path: Path, *, as_archive: bool) -> None:
    """What is inside a folder or archive is found there, and only it is named as changed."""
    study = draw(tmp_path)
    (study / "seg" / "1-1.dcm").rename(study / "seg" / "1-2.dcm")
    given = zipped(study) if as_archive else study
    made = written(tmp_path / "check.json", "check", given)
    if as_archive:
        shutil.rmtree(study)
    record = verified(made)
    assert (record["holds"], record["recomputed"], codes(record)) == (True, True, [])
    (tmp_path / "again").mkdir()
    study = draw(tmp_path / "again")
    (study / "seg" / "1-1.dcm").unlink()
    write(study / "seg" / "1-2.dcm", pack(seg(labels=("Other",))))
    if as_archive:
        zipped(study).rename(given)
    else:
        shutil.copy(study / "seg" / "1-2.dcm", given / "seg" / "1-2.dcm")
    assert set(changes(verified(made), "file")) == {"1-2.dcm"}
    shutil.rmtree(given) if given.is_dir() else given.unlink()
    assert refused("verify", made)["code"] == "verify.files_missing"


def test_h12_a_file_that_was_written_and_changed_since(tmp_path: Path) -> None:
    liver = SMALL.file(tmp_path / "liver.nii", SMALL.mask(0, 8000))
    target = tmp_path / "out.nii.gz"
    made = written(tmp_path / "convert.json", "convert", liver, "--to", target)
    record = verified(made)
    assert (record["holds"], record["recomputed"]) == (True, False)
    (why,) = record["findings"]
    assert (why["code"], why["severity"]) == ("verify.hashes_only", "info")
    assert not verified(made, "--liver", liver)["recomputed"]
    target.write_bytes(b"other")
    assert changes(verified(made), "file") == ["output"]
    target.unlink()
    assert refused("verify", made)["code"] == "verify.files_missing"


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("screen", "is a worklist"), ("log", "list from a log"), ("outcome", "entered manually"),
        ("withdrawal", "entered manually"), ("calc", "no input files"), ("new-case", "a new case"),
        ("verify", "a result of verify"), ("trial-list", "not a result calculated from"),
    ],
    ids=lambda text: text.replace(" ", "_"),
)  # fmt: skip
def test_what_cannot_be_asked_about_and_why(tmp_path: Path, kind: str, told: str) -> None:
    path = tmp_path / "made.json"
    path.write_text(json.dumps({"schema": f"fl-planner/{kind}/1", "status": "ok"}), "utf-8")
    refusal = refused("verify", path)
    assert refusal["code"] == "verify.not_an_output"
    assert told in refusal["reason"]


@pytest.mark.parametrize(
    "record",
    [
        {"schema": "fl-planner/check/1", "files": 1},
        {"schema": "fl-planner/check/1", "files": [1]},
        {"schema": "fl-planner/check/1", "files": [{"file": "a", "inputs": [{"file": "../a"}]}]},
        {"schema": "fl-planner/convert/1", "output": {}},
        {"schema": "fl-planner/convert/1", "inputs": [], "output": {"file": "a"}},
        {"schema": "fl-planner/convert/1", "inputs": [], "output": {}},
    ],
    ids=range(6),
)
def test_h12_edited_lists_of_files_are_refused(tmp_path: Path, record: Record) -> None:
    path = tmp_path / "made.json"
    path.write_text(json.dumps({"status": "ok", "version": "1", **record}), "utf-8")
    assert refused("verify", path)["code"] == "verify.not_an_output"
