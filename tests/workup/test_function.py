"""`fl-planner function`, and the function in `plan` and `resections`, on the bundled study."""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
import pydicom
import pytest

from fl_planner.basis.shown import as_number
from sample_data.scintigraphy import write_dicom
from tests.cli.outside import BUNDLED, Record, ask, case_toml, codes, doubts, finding, refused, told
from tests.intake.reading.test_curves import text_of
from tests.niftis import write_nifti
from tests.record.schemas import require_valid
from tests.workup.asked import function_text

FOLDER = BUNDLED / "function"
CASE = FOLDER / "function.toml"
SIZE = ("--height-cm", "176", "--weight-kg", "74")
FRAMES = (
    "--dynamic", FOLDER / "dynamic.dcm", "--region-liver", FOLDER / "region_liver.nii.gz",
    "--region-heart", FOLDER / "region_heart.nii.gz",
)  # fmt: skip


@cache
def truth() -> Record:
    read: Record = json.loads((FOLDER / "truth.json").read_text("utf-8"))
    return read


@pytest.fixture(scope="module")
def answer() -> Record:
    return require_valid(told("function", CASE))


@pytest.fixture(scope="module")
def plan() -> Record:
    return require_valid(told("plan", CASE))


@pytest.mark.essential
@pytest.mark.slow
def test_the_truth_is_recovered(answer: Record) -> None:
    found, known = answer["function"], truth()
    clearance = found["clearance"]
    assert clearance["pct_per_min_per_m2"] == pytest.approx(
        known["clearance"]["pct_per_min_per_m2"], rel=0.02
    )
    low, high = clearance["interval_pct_per_min"]
    assert low <= known["clearance"]["pct_per_min"] <= high
    assert clearance["bsa_m2"] == pytest.approx(known["clearance"]["bsa_m2"])
    assert clearance["variant_of_whole_field_pct_per_min"] == pytest.approx(
        known["clearance"]["variant_of_whole_field_pct_per_min"], rel=0.02
    )
    share = found["share"]
    assert (share["tissue_voxels"], share["flr_voxels"]) == (
        known["spect_voxels"]["tissue"], known["spect_voxels"]["flr"],
    )  # fmt: skip
    assert share["percent"] == pytest.approx(100 * known["share"]["flr"], rel=0.01)
    assert found["flr_pct_per_min_per_m2"] == pytest.approx(
        known["flr_pct_per_min_per_m2"], rel=0.03
    )
    assert answer["adequate"] is True
    assert found["validated_locally"] == "yes"
    assert doubts(answer) == ["function.near_limit"]


def test_roles_and_hashes_of_all_files_are_reported(answer: Record) -> None:
    roles = [one["role"] for one in answer["inputs"]]
    assert roles[-4:] == ["dynamic", "region liver", "region heart", "spect"]
    assert roles[0] == "case"


@pytest.fixture(scope="module")
def dicom(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_dicom(tmp_path_factory.mktemp("spect") / "spect.dcm")


@pytest.mark.essential
@pytest.mark.slow
def test_the_spect_as_dicom_gives_the_same_share(answer: Record, dicom: Path) -> None:
    other = told("function", CASE, "--spect", dicom, "--registered")
    assert other["function"]["share"] == answer["function"]["share"]


@pytest.mark.essential
@pytest.mark.slow
def test_a_plan_has_the_same_function_and_both_disagree_in_the_headline(
    plan: Record, answer: Record
) -> None:
    function = plan["function"]
    assert function["measured"] == answer["function"]
    assert function["origin"] == "measured"
    assert function["flr_function_normalisation"] == "extrahepatic"
    value = answer["function"]["flr_pct_per_min_per_m2"]
    assert function["flr_function_pct_per_min_per_m2"] == value
    assert plan["facts"]["flr_function_pct_per_min_per_m2"] == value
    shown = function["shown"]
    assert plan["pathway"]["headline"].startswith(f"function {shown} %/min/m² exceeds 2.67")
    assert "discordance.volume_function" in codes(plan)


@pytest.mark.slow
def test_volume_suffices_and_function_does_not(tmp_path: Path) -> None:
    ran = told("plan", CASE, "--remnant-segments", "5,6,7,8", "--flr-function", "2.5")
    after = ran["clearing"]["flr_after_clearing_percent_shown"]
    share = ran["flr_percent_shown"]
    assert ran["pathway"]["headline"] == (
        f"FLR {share} %, 467 mL above 30 % (DRAGON 2); < 1 % chance of crossing: volume not "
        "below 30 % (DRAGON 2), function 2.5 %/min/m² insufficient (not above 2.67, DRAGON 2); "
        "for tumour board "
        f"discussion; 4 lesions left in the remnant: FLR {share} % as drawn, {after} % after "
        "clearing with a 10 mm margin; remnant: segments V, VI, VII, VIII, without segment I"
    )
    assert float(after) < float(ran["flr_percent_shown"])
    apart = finding(ran, "evidence.function_apart")
    assert apart["message"].startswith("FLR function: 2.50 entered, ")
    assert ran["function"]["origin"] == "given"
    assert ran["function"]["measured"]["flr_shown"] != "2.50"


@pytest.mark.slow
def test_each_resection_has_its_function(plan: Record, answer: Record) -> None:
    segments = {one["name"]: one for one in answer["function"]["share"]["segments"]}
    rows = {row["code"]: row for row in plan["resections"]}
    kept = sum(segments[name]["pct_per_min_per_m2"] for name in ("2", "3"))
    assert rows["H145678"]["function_pct_per_min_per_m2"] == pytest.approx(kept, rel=1e-6)
    shown = ask("plan", CASE).out
    assert f"  {rows['H145678']['function_shown']}" in shown
    assert "%/min/m\u00b2: uptake in the remaining segments" in shown
    table = require_valid(told("resections", CASE, "--resect", "2,3"))
    assert all("function_shown" in row for row in table["resections"])
    header, first, *_ = ask("resections", CASE, "--csv").out.splitlines()
    place = header.split(",").index("function_pct_min_m2")
    assert float(first.split(",")[place]) > 0


@pytest.mark.essential
@pytest.mark.slow
def test_frames_without_masks(tmp_path: Path) -> None:
    picture = tmp_path / "function.png"
    record = require_valid(told("function", *FRAMES, *SIZE, "--picture", picture, "--quiet"))
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert "share" not in record["function"]
    assert record["function"]["validated_locally"] == "not said"
    assert "function.not_validated" in codes(record)
    again = refused("function", *FRAMES, *SIZE, "--picture", picture)
    assert again["code"] == "output.exists"
    spoken = ask("function", *FRAMES, *SIZE, "--picture", picture, "--force")
    assert (spoken.status, spoken.err.strip()) == (0, "picture: function.png")
    assert "validated locally: not stated" in spoken.out


def test_curves_and_what_is_stated_by_options(tmp_path: Path) -> None:
    path = tmp_path / "curves.csv"
    path.write_text(text_of(), "utf-8")
    said = (
        "--decay-corrected", "yes", "--validated-locally", "no", "--fasting-hours", "2.5",
        "--bilirubin-umol-per-l", "60", "--tracer", "mebrofenin",
    )  # fmt: skip
    record = require_valid(told("function", "--curves", path, *said, *SIZE))
    assert record["function"]["clearance"]["pct_per_min"] == pytest.approx(1_900_000 / 105_600)
    assert record["function"]["to_ask"] == []
    assert doubts(record) == [
        "function.not_validated", "function.field_drifts", "function.not_fasting",
        "function.bilirubin",
    ]  # fmt: skip
    assert "adequate" not in record
    assert refused("function", "--curves", path, *SIZE)["code"] == "curves.decay_not_said"


def test_a_consent_to_a_trial_on_file_does_not_refuse_the_function(tmp_path: Path) -> None:
    path, facts = tmp_path / "curves.csv", tmp_path / "facts.json"
    path.write_text(text_of(), "utf-8")
    facts.write_text('{"written_consent_for": ["NCT05428735"]}', "utf-8")
    curves = ("function", "--curves", path, "--decay-corrected", "yes", *SIZE)
    assert told(*curves, "--facts", facts)["function"] == told(*curves)["function"]


def test_h09_pounds_are_asked_about_without_a_mask(tmp_path: Path) -> None:
    path = tmp_path / "curves.csv"
    path.write_text(text_of(), encoding="utf-8")
    curves = ("function", "--curves", path, "--decay-corrected", "yes", "--height-cm", "178")
    for weight, asked in (("178.6", True), ("81", False), ("115", False), ("40", True)):
        found = {one["code"] for one in told(*curves, "--weight-kg", weight)["findings"]}
        assert ("body.unlikely" in found) is asked


@pytest.mark.essential
@pytest.mark.slow
def test_h03_without_a_word_on_the_tumour_no_limit_is_answered(tmp_path: Path) -> None:
    case = tmp_path / "case.toml"
    case.write_text(re.sub(r"\ntumour = .*", "", function_text()), "utf-8")
    silent, said = told("function", case), told("function", case, "--no-tumour")
    assert finding(silent, "tumour.not_given")["severity"] == "info"
    assert ("adequate" in silent, "adequate" in said) == (False, True)
    for record in (silent, said):
        assert record["function"]["flr_pct_per_min_per_m2"] > 0
    assert "tumour.not_given" not in codes(said)


@pytest.mark.essential
@pytest.mark.slow
def test_h17_a_spect_that_nobody_registered_is_refused(tmp_path: Path) -> None:
    other = tmp_path / "case.toml"
    other.write_text(function_text().replace("registered = true", "registered = false"), "utf-8")
    refusal = refused("function", other)
    assert (refusal["code"], refusal["file"]) == ("function.not_registered", "spect.nii.gz")
    assert told("function", other, "--registered")["adequate"] is True


@pytest.mark.parametrize(
    ("args", "code"),
    [
        ((), "function.no_files"),
        (("--curves", "c.csv", "--fasting-hours", "x"), "usage.wrong"),
        (("--curves", "c.csv", "--fasting-hours", "73"), "usage.wrong"),
        (("--curves", "c.csv", "--fasting-hours", "nan"), "usage.wrong"),
        (("--curves", "c.csv", "--bilirubin-umol-per-l", "2000"), "function.bilirubin_unit"),
        (("--dynamic", FOLDER / "dynamic.dcm"), "function.regions"),
        ((*FRAMES[:4], "--region-heart", FOLDER / "gallbladder.nii.gz"), "region.not_flat"),
        ((*FRAMES, "--ct", "absent.nii.gz"), "function.not_used"),
        ((*FRAMES, "--liver", BUNDLED / "crlm" / "liver.nii.gz"), "function.not_used"),
        (("--spect", "spect.nii", "--exclude", "gallbladder=absent.nii"), "function.not_used"),
        ((*FRAMES, "--remnant-segments", "2,3"), "function.not_used"),
        ((*FRAMES, "--plane", "0,0,0;1,0,0"), "function.not_used"),
        ((*FRAMES, "--wedge", "1"), "function.not_used"),
        ((*FRAMES, "--no-tumour"), "function.not_used"),
        ((*FRAMES, "--resample"), "function.not_used"),
    ],
)
def test_what_is_refused(args: tuple[object, ...], code: str) -> None:
    assert refused("function", *args)["code"] == code


def test_volume_reads_no_scintigraphy() -> None:
    assert [one["role"] for one in told("volume", CASE)["inputs"]][-1] == "labelmap"


def test_a_spect_without_masks_has_no_share(dicom: Path) -> None:
    assert refused("function", "--dynamic", dicom, *FRAMES[2:])["code"] == "scintigram.kind"
    record = told("function", "--spect", dicom, "--registered")
    assert codes(record).count("function.no_remnant") == 1


def test_verified_hashes_may_name_every_file_of_a_study(tmp_path: Path) -> None:
    roles = ("dynamic", "spect", "curves", "region liver", "regions")
    hashes = ", ".join(f'"{role}" = "{"0" * 64}"' for role in roles)
    table = (
        'dynamic = "d.dcm"\nspect = "s.nii"\ncurves = "c.csv"\n'
        'regions = { labels = "r.nii", liver = "l.nii", heart = 2 }\n'
    )
    head = '[masks]\nliver = "liver.nii"\n'
    path = case_toml(tmp_path, f"{head}[imaging]\nsha256 = {{ {hashes} }}\n[function]\n{table}")
    assert refused("function", path)["code"] == "file.missing"
    path = case_toml(tmp_path, f"{head}[imaging]\nsha256 = {{ {hashes} }}\n[function]\n")
    assert "this case has no file with that role" in refused("function", path)["message"]


def test_what_people_see_agrees_with_the_record(answer: Record) -> None:
    shown = ask("function", CASE).out
    value = as_number(answer["function"]["share"]["percent"])
    assert f"share of counts: {value} %" in shown


@pytest.mark.slow
def test_h17_a_spect_that_is_two_centimetres_off_is_found_and_decides_nothing(
    tmp_path: Path,
) -> None:
    image: Any = nib.load(FOLDER / "spect.nii.gz")
    moved = write_nifti(
        tmp_path / "spect.nii.gz",
        np.roll(np.asarray(image.dataobj), 4, 2),  # 19.2 mm upwards
        (4.8, 4.8, 4.8),
        [float(x) for x in image.affine[:3, 3]],
    )
    record = require_valid(told("function", CASE, "--spect", moved, "--registered"))
    found = finding(record, "function.misregistered")
    assert (found["severity"], found["value"]) == ("error", pytest.approx(19.2))
    assert "19 mm towards the head" in found["message"]
    assert record["function"]["usable"] is False
    assert "adequate" not in record
    crlm = BUNDLED / "crlm"
    text = f'''
diagnosis = "crlm"
[patient]
height_cm = 176
weight_kg = 74
[masks]
liver = "{crlm}/liver.nii.gz"
tumour = "{crlm}/tumour.nii.gz"
flr = "{crlm}/flr.nii.gz"
[function]
dynamic = "{FOLDER}/dynamic.dcm"
regions = {{ liver = "{FOLDER}/region_liver.nii.gz", heart = "{FOLDER}/region_heart.nii.gz" }}
spect = "spect.nii.gz"
registered = true
'''
    case = case_toml(tmp_path, text)
    plan = told("plan", case)
    assert "flr_function_pct_per_min_per_m2" not in plan["facts"]
    assert plan["function"]["measured"]["usable"] is False
    assert "not to be used" in ask("plan", case).out


def test_nothing_of_a_header_is_shown(tmp_path: Path) -> None:
    data = pydicom.dcmread(FOLDER / "dynamic.dcm")
    for keyword in ("PatientName", "PatientID", "StudyID", "SeriesDescription", "Manufacturer"):
        setattr(data, keyword, "CANARY")
    data.RadiopharmaceuticalInformationSequence[0].Radiopharmaceutical = "mebrofenin CANARY"
    data.save_as(tmp_path / "dyn.dcm", enforce_file_format=True)
    frames = ("--dynamic", tmp_path / "dyn.dcm", *FRAMES[2:])
    picture = tmp_path / "function.png"
    ran = ask("function", *frames, *SIZE, "--json", "--picture", picture, "--quiet")
    assert ran.status == 0
    for shown in (ran.stdout, ran.stderr, picture.read_bytes()):
        assert b"CANARY" not in shown
        assert str(tmp_path).encode() not in shown
    assert ask("function", *frames, *SIZE, "--json").stdout == ran.stdout


def test_h12_a_changed_study_is_reported_where_no_mask_is_asked_for(tmp_path: Path) -> None:
    text = f'''
[masks]
[patient]
height_cm = 176
weight_kg = 74
[imaging]
sha256 = {{ dynamic = "{"0" * 64}" }}
[function]
dynamic = "{FOLDER}/dynamic.dcm"
regions = {{ liver = "{FOLDER}/region_liver.nii.gz", heart = "{FOLDER}/region_heart.nii.gz" }}
'''
    record = require_valid(told("function", case_toml(tmp_path, text)))
    assert finding(record, "case.mask_changed")["file"] == "dynamic.dcm"
    assert record["function"]["usable"] is False
    assert "adequacy not assessed" in ask("function", case_toml(tmp_path, text)).out
    seen = '[[accepted]]\ncode = "case.mask_changed"\nby = "R1"\nwhy = "exported again"\n'
    accepted = told("function", case_toml(tmp_path, text + seen))
    assert accepted["function"]["usable"] is True


@pytest.mark.slow
def test_h12_a_function_of_changed_masks_is_not_answered(tmp_path: Path) -> None:
    was = f'[imaging]\nsha256 = {{ flr = "{"0" * 64}" }}\n'
    path = tmp_path / "changed.toml"
    path.write_text(function_text() + was, "utf-8")
    record = told("function", path)
    assert finding(record, "case.mask_changed")["severity"] == "error"
    assert "adequate" not in record
    assert "adequate" in told("function", CASE)


def of_mask(name: str, voxels: Any, folder: Path) -> Path:
    """Write a case of the bundled study with another mask of this name."""
    stored: Any = nib.load(BUNDLED / "crlm" / f"{name}.nii.gz")
    changed = np.asarray(voxels(np.asanyarray(stored.dataobj)), dtype=np.uint8)
    file = folder / f"other_{name}.nii.gz"
    nib.save(type(stored)(changed, stored.affine, stored.header), file)
    case = folder / "case.toml"
    text = re.sub(rf'"[^"]*/{name}.nii.gz"', f'"{file.as_posix()}"', function_text())
    case.write_text(text, "utf-8")
    return case


@pytest.mark.slow
def test_h04_a_function_of_a_remnant_beside_the_liver_is_reported_or_refused(
    tmp_path: Path,
) -> None:
    """The FLR of another scan: 16 mm higher, then 48 mm to one side."""
    higher = of_mask("flr", lambda flr: np.roll(flr, 8, axis=2), tmp_path)
    assert finding(told("function", higher), "stray.outside_liver")["severity"] == "warning"
    aside = of_mask("flr", lambda flr: np.roll(flr, -60, axis=0), tmp_path)
    assert refused("function", aside)["code"] == "stray.mostly_outside"


@pytest.mark.slow
def test_h02_a_ct_of_a_function_is_compared_with_the_liver(tmp_path: Path) -> None:
    """The CT was not read: the right one, one flipped from right to left, and a text."""
    ct = BUNDLED / "crlm" / "ct.nii.gz"
    assert doubts(told("function", CASE, "--ct", ct)) == ["function.near_limit"]
    stored: Any = nib.load(ct)
    flipped = tmp_path / "flipped.nii.gz"
    voxels = np.asanyarray(stored.dataobj)[::-1]
    nib.save(type(stored)(voxels, stored.affine, stored.header), flipped)
    record = told("function", CASE, "--ct", flipped)
    assert finding(record, "ct.mask_mirrored")["severity"] == "error"
    assert record["function"]["usable"] is False
    text = tmp_path / "ct.nii"
    text.write_text("no image", "utf-8")
    assert refused("function", CASE, "--ct", text)["file"] == "ct.nii"


@pytest.mark.slow
def test_h13_a_function_of_segments_in_reverse_order_is_not_answered(tmp_path: Path) -> None:
    """Segments 2 and 3 of the map are then VII and VI."""
    case = of_mask("segments", lambda labels: np.where(labels > 0, 9 - labels, 0), tmp_path)
    text = re.sub(r"\nflr = .*", "", case.read_text("utf-8"))
    case.write_text(text.replace("[patient]", "remnant_segments = [2, 3]\n[patient]"), "utf-8")
    record = told("function", case)
    assert "segments.side" in doubts(record)
    assert record["function"]["usable"] is False
    assert "adequate" not in record


@pytest.mark.slow
def test_a_function_has_the_findings_of_volume(tmp_path: Path) -> None:
    case = of_mask("flr", lambda flr: np.roll(flr, 8, axis=2), tmp_path)
    assert doubts(told("volume", case))
    assert {*doubts(told("volume", case))} <= {*doubts(told("function", case))}
    assert doubts(told("volume", CASE)) == []
    assert doubts(told("function", CASE)) == ["function.near_limit"]


@pytest.mark.slow
@pytest.mark.parametrize("drawn", [True, False])
def test_h02_a_mirrored_map_withdraws_the_function_that_is_made_of_it(
    tmp_path: Path, *, drawn: bool
) -> None:
    """Right and left were exchanged: 1.52 instead of 2.97 %/min/m\u00b2, without a finding."""
    segments: Any = nib.load(BUNDLED / "crlm" / "segments.nii.gz")
    numbers = np.asanyarray(segments.dataobj)
    wrong = np.where(numbers > 0, 9 - numbers, 0).astype(np.uint8)  # I as VIII, II as VII
    mirrored: Any = nib.Nifti1Image
    nib.save(mirrored(wrong, segments.affine), tmp_path / "segments.nii.gz")
    remnant = ("--flr", BUNDLED / "crlm" / "flr.nii.gz") if drawn else ("--remnant-segments", "2,3")
    files = ("--labelmap", tmp_path / "segments.nii.gz", *remnant)
    masks = [(f"--{one}", BUNDLED / "crlm" / f"{one}.nii.gz") for one in ("liver", "tumour")]
    given = (*FRAMES, *SIZE, "--spect", FOLDER / "spect.nii.gz", "--registered", *files)
    found = require_valid(told("function", *given, *(word for one in masks for word in one)))
    assert "segments.side" in codes(found)
    gone = [one["number"] for one in found["withdrawn"]]
    assert gone == (["segments"] if drawn else ["segments", "function"])
    assert ("adequate" in found) is drawn
