"""One case of each command that shows a use case: its record, its table, and its files."""

import re
import shutil
from pathlib import Path

import numpy as np
import pytest

from fl_planner.intake.documents.samples import sample_case
from tests.cases import each_case
from tests.cli.outside import BUNDLED, SMALL, ask, case_toml, refused, told
from tests.niftis import write_nifti
from tests.record.schemas import require_valid
from tests.workup.test_scans import EMBOLISATION, write_case
from tests.workup.test_volume import CASE

SHOWN = {
    "convert": "convert liver.nii --to liver.nrrd --force",
    "dose": "dose treated.toml --lung-shunt 0.06 --tumour-to-normal 3.2",
    "function": f"function {BUNDLED / 'function' / 'function.toml'}",
    "growth": "growth before.toml after.toml",
    "resections": f"resections {BUNDLED / 'crlm' / 'case.toml'}",
    "screen": "screen patients.csv --as-of 2026-11-20",
    "trials judge": "trials judge facts.json",
    "verify": "verify judged.json facts.json",
}
WRITTEN = {
    "pictures": ("pictures treated.toml --out drawn", "drawn", "pictures: drawn, "),
    "report": ("report treated.toml --out report.html", "report.html", "report: report.html"),
}


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in a folder with small inputs of every kind."""
    monkeypatch.chdir(tmp_path)
    SMALL.write(tmp_path, tumour=(7600, 8000), treated=(4000, 8000))
    case_toml(
        tmp_path,
        'diagnosis = "hcc"\n[masks]\nliver = "liver.nii"\ntumour = "tumour.nii"\n'
        'treated = "treated.nii"\n',
        "treated.toml",
    )
    write_case(tmp_path, "before", "2026-02-20", 2400)
    write_case(tmp_path, "after", "2026-03-23", 4000, EMBOLISATION)
    (tmp_path / "patients.csv").write_text("id,hcc_present\np1,yes\n", "utf-8")
    (tmp_path / "facts.json").write_text('{"hcc_present": true}', "utf-8")
    (tmp_path / "judged.json").write_bytes(ask("trials", "judge", "facts.json", "--json").stdout)
    return tmp_path


@pytest.mark.essential
@pytest.mark.slow
@pytest.mark.usefixtures("here")
@each_case("words", SHOWN)
def test_it_is_reported_to_a_program_and_to_a_person(words: str) -> None:
    ran = ask(*words.split(), "--json")
    assert (ran.status, ran.err) == (0, "")
    require_valid(ran.record)
    ran = ask(*words.split())
    assert (ran.status, ran.err) == (0, "")
    assert ran.out.strip()


@pytest.mark.essential
@pytest.mark.slow
@each_case("words, file, told", WRITTEN)
def test_it_is_written_and_named(words: str, file: str, told: str, here: Path) -> None:
    ran = ask(*words.split())
    assert (ran.status, ran.out) == (0, "")
    assert ran.err.startswith(told)
    assert (here / file).exists()


# ---- check


@pytest.mark.slow
def test_the_bundled_case_fits() -> None:
    record = told("check", *sorted(sample_case("crlm").glob("*.nii.gz")))
    assert (record["schema"], record["fits"]) == ("fl-planner/check/1", True)
    assert told("check", *sorted(sample_case("crlm").glob("*.nii.gz")), "--exit-code") == record
    said = " ".join(ask("check", *sorted(sample_case("crlm").glob("*.nii.gz"))).out.split())
    assert "liver.nii.gz on ct.nii.gz: the mask agrees with the liver on the CT" in said
    kinds = [file["kind"] for file in record["files"]]
    assert kinds == ["image", "mask", "mask", "label map", "mask"]


def test_files_that_do_not_fit_are_an_answer(tmp_path: Path) -> None:
    (tmp_path / "text.nii").write_text("a text")
    ran = ask("check", sample_case("crlm") / "liver.nii.gz", tmp_path / "text.nii")
    assert (ran.status, ran.err) == (0, "")
    assert "text.nii: refused" in ran.out
    assert "do not fit together" in ran.out
    asked = ask("check", sample_case("crlm") / "liver.nii.gz", tmp_path / "text.nii", "--exit-code")
    assert (asked.status, asked.out, asked.err) == (4, ran.out, "")


def test_where_none_can_be_read_it_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.nii").write_text("a text")
    assert refused("check", tmp_path / "a.nii", tmp_path / "b.nii")["file"] == "a.nii"


def test_it_wants_a_file() -> None:
    assert "FILES" in refused("check")["message"]


def test_an_image_with_values_that_are_no_numbers_has_finite_ends(tmp_path: Path) -> None:
    voxels = np.full((4, 4, 4), np.nan, "f4")
    voxels[3, 3, 3] = np.inf
    for name, held in (("all.nii", []), ("some.nii", [-3.5, 7.25])):
        voxels.flat[: len(held)] = held
        path = write_nifti(tmp_path / name, voxels)
        assert ask("check", path).status == 0
        (file,) = told("check", path)["files"]
        assert (file["kind"], file.get("values", [])) == ("image", held)


def test_a_folder_of_masks_is_its_files(tmp_path: Path) -> None:
    for name in ("liver.nii.gz", "tumour.nii.gz"):
        shutil.copy(sample_case("crlm") / name, tmp_path)
    (tmp_path / "notes.txt").write_text("no image")
    record = told("check", tmp_path)
    assert [one["file"] for one in record["files"]] == ["liver.nii.gz", "tumour.nii.gz"]
    assert record == told("check", tmp_path / "liver.nii.gz", tmp_path / "tumour.nii.gz")


# ---- volume


KEYS = {
    "schema", "version", "status", "inputs", "voxels", "volumes_ml", "findings", "refusal",
    "voxel_ml", "denominator", "notice", "share_limits_percent", "flr_percent",
    "flr_percent_shown", "remnant", "masks",
}  # fmt: skip


def test_the_record_has_all_keys(tmp_path: Path) -> None:
    record = told("volume", *SMALL.write(tmp_path, flr=(0, 2400), tumour=(7200, 8000)))
    assert set(record) == KEYS
    assert (record["schema"], record["status"]) == ("fl-planner/volume/1", "ok")
    assert record["flr_percent_shown"] == "33.3"  # 2400 of 7200


def test_a_case_file_is_measured_without_its_ct(tmp_path: Path) -> None:
    """Nothing clinical is asked here, and a CT that stayed elsewhere is no reason to refuse."""
    SMALL.write(tmp_path, flr=(0, 2400), tumour=(7600, 8000))
    text = """
id = "case-7"
diagnosis = "crlm"
[masks]
liver = "liver.nii"
tumour = "tumour.nii"
flr = "flr.nii"
[imaging]
ct = "elsewhere.nii"
[facts]
ecog = 1
"""
    record = told("volume", case_toml(tmp_path, text))
    assert set(record) == KEYS
    assert [one["role"] for one in record["inputs"]] == ["case", "liver", "tumour", "flr"]
    assert record["flr_percent_shown"] == "31.6"


# ---- plan


DATE = re.compile(rb"(19|20)\d\d-\d\d-\d\d|(19|20)\d{6}\b|\b\d\d?[./]\d\d?[./](19|20)\d\d")


@pytest.fixture
def dated(tmp_path: Path) -> Path:
    """Write a case with days and a label."""
    SMALL.write(tmp_path, flr=(0, 2400), tumour=(7600, 8000))
    return case_toml(tmp_path, CASE)


@pytest.mark.slow
@pytest.mark.essential
@pytest.mark.parametrize("form", [["--json"], ["-v"]])
@pytest.mark.parametrize("as_of", [[], ["--as-of", "2026-05-20"], ["--as-of", "2026-01-01"]])
def test_a_shareable_output_holds_no_date_and_no_label(
    form: list[str], as_of: list[str], dated: Path
) -> None:
    ran = ask("plan", dated, *as_of, *form)
    assert ran.status == 0
    for output in (ran.stdout, ran.stderr):
        assert not DATE.search(output)
        assert b"Bed 12" not in output


@pytest.mark.slow
@pytest.mark.essential
def test_a_shareable_picture_holds_none_either(dated: Path, tmp_path: Path) -> None:
    pictures = [tmp_path / "one.png", tmp_path / "two.png"]
    told("plan", dated, "--as-of", "2026-05-20", "--quiet", "--picture", pictures[0])
    later = dated.read_text("utf-8").replace("2026-05-", "2027-11-")
    case_toml(dated.parent, later.replace("schema = 1\n", "").replace("Bed 12", "Bed 13"))
    told("plan", dated, "--as-of", "2027-11-20", "--quiet", "--picture", pictures[1])
    assert not DATE.search(pictures[0].read_bytes())
    assert pictures[0].read_bytes() == pictures[1].read_bytes()


@pytest.mark.slow
@pytest.mark.essential
def test_the_clinical_profile_adds_date_and_label_and_nothing_else(dated: Path) -> None:
    shared, clinical = (
        told("plan", dated, "--as-of", "2026-05-20", *profile)
        for profile in ((), ("--profile", "clinical"))
    )
    assert clinical["case"].pop("label") == "Bed 12"
    assert clinical["case"]["reading"].pop("date") == "2026-05-04"
    assert clinical == shared
    assert shared["case"]["reading"]["age_days"] == 16
    first = ask("plan", dated, "--profile", "clinical").out.splitlines()[0]
    assert first == "case-001 · Bed 12 · scan of 2026-05-04 · right hepatectomy · CRLM"


@pytest.mark.slow
@pytest.mark.essential
def test_the_picture_is_reported_by_its_name_and_is_a_png(dated: Path, tmp_path: Path) -> None:
    picture = tmp_path / "a folder" / "plan 1.png"
    picture.parent.mkdir()
    ran = ask("plan", dated, "--picture", picture)
    assert (ran.status, ran.err) == (0, "picture: plan 1.png\n")
    assert picture.read_bytes().startswith(b"\x89PNG\r\n")
    quiet = ask("plan", dated, "--picture", picture, "--force", "--quiet")
    assert (quiet.status, quiet.stdout, quiet.err) == (0, ran.stdout, "")
