"""`dose` from outside: an invented MAA study whose truth is known, and typed numbers."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
from pydicom import dcmread

from sample_data import maa
from tests.cli.outside import BUNDLED, Record, ask, codes, refused, told
from tests.niftis import write_nifti
from tests.record.schemas import require_valid

HCC = BUNDLED / "hcc" / "case.toml"
TYPED = ("--lung-shunt", "0.06", "--tumour-to-normal", "3.2")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("maa")
    maa.make(path)
    return path


@pytest.fixture(scope="module")
def truth(folder: Path) -> Record:
    found: Record = json.loads((folder / "truth.json").read_text("utf-8"))
    return found


@pytest.fixture(scope="module")
def record(folder: Path) -> Record:
    return require_valid(told("dose", folder / "case.toml"))


def changed(folder: Path, **lines: str) -> Path:
    """Give the case with lines of its table [dose] changed, or taken out by ""."""
    text = (folder / "case.toml").read_text("utf-8")
    for key, line in lines.items():
        kept = [one for one in text.splitlines() if not one.startswith(f"{key} =")]
        text = "\n".join([*kept, line, ""])
    path = folder / f"{'-'.join(lines)}.toml"
    path.write_text(text, "utf-8")
    return path


def computed(record: Record) -> Record:
    found: Record = record["dose"]["computed"]
    return found


def with_mebrofenin(folder: Path, patient: str) -> Path:
    """Give the case with a dynamic study of a patient; the masks do not name theirs."""
    study = BUNDLED / "function"
    path = changed(folder, maa_spect="", lungs="")
    regions = ", ".join(f'{part} = "{study}/region_{part}.nii.gz"' for part in ("liver", "heart"))
    table = f'[function]\ndynamic = "dynamic.dcm"\nregions = {{ {regions} }}\n'
    path.write_text(f"{path.read_text()}{table}")
    data = dcmread(study / "dynamic.dcm")
    data.PatientID = patient
    data.save_as(folder / "dynamic.dcm")
    return path


@pytest.mark.slow
def test_h11_mebrofenin_and_maa_of_two_patients_are_refused(folder: Path) -> None:
    wrong = refused("dose", with_mebrofenin(folder, "another"))
    assert (wrong["code"], wrong["file"]) == ("identity.patients_differ", "planar.dcm")
    assert "dynamic.dcm" in wrong["reason"]


@pytest.mark.slow
def test_h11_planar_images_and_spect_of_two_days_are_reported(folder: Path) -> None:
    data = dcmread(folder / "spect.dcm")
    other = changed(folder, maa_spect='maa_spect = "later.dcm"')
    for days in (0, 1):  # after that of the planar images
        data.StudyDate = str(int(data.StudyDate) + days)
        data.save_as(folder / "later.dcm")
        found = told("dose", other)["findings"]
        messages = [one["message"] for one in found if one["code"] == "identity.date_differs"]
        differs = "the date of the examination in the header differs from that of planar.dcm"
        assert messages == [f"later.dcm: {differs}"] * days


@pytest.mark.slow
def test_files_without_a_patient_are_named_once(folder: Path) -> None:
    found = told("dose", with_mebrofenin(folder, "invented"))["findings"]
    (message,) = (one["message"] for one in found if one["code"] == "identity.not_verified")
    assert "liver.nii.gz" in message  # and not "any file": the studies name their patient


def test_h03_the_liver_in_a_lung_mask_does_not_lower_the_lung_dose(folder: Path) -> None:
    """Lungs of -750 HU: the same mass with and without a liver of 50 HU in their mask."""
    phantom = maa.Phantom.of()
    hu = np.where(phantom.lungs, -750, 50)
    for name, voxels in {"chest_ct": hu, "both": phantom.lungs | phantom.liver}.items():
        stored = voxels.astype(np.int16)
        write_nifti(folder / f"{name}.nii", stored, (maa.EDGE_MM,) * 3, maa.FIRST_MM)
    by_ct = {"lung_mass_kg": 'lung_mass_kg = "ct"\nlung_ct = "chest_ct.nii"', "maa_spect": ""}
    right, wrong = (
        told("dose", changed(folder, **by_ct, lungs=f'lungs = "{name}"'))
        for name in ("lungs.nii.gz", "both.nii")
    )
    kg = 0.25 * np.count_nonzero(phantom.lungs) * maa.EDGE_MM**3 / 1e6
    for record in (right, wrong):
        assert computed(record)["masses"]["lungs_kg"] == pytest.approx(kg)
    assert {*codes(wrong)} - {*codes(right)} == {"y90.lungs_in_liver"}


def test_a_planar_study_states_the_true_shunt(record: Record, truth: Record) -> None:
    shunt = computed(record)["lung_shunt"]
    assert shunt["fraction"] == pytest.approx(truth["lung_shunt"], rel=0.03)
    assert shunt["method"] == "planar"
    assert shunt["interval"][0] < shunt["fraction"] < shunt["interval"][1]
    (other,) = computed(record)["other_lung_shunts"]
    assert other["origin"] == "spect_ct"
    assert other["fraction"] == pytest.approx(truth["lung_shunt"], rel=0.01)


def test_a_spect_states_the_true_ratio(record: Record, truth: Record) -> None:
    ratio = computed(record)["tumour_to_normal"]
    assert ratio["ratio"] == pytest.approx(truth["tumour_to_normal"], rel=0.01)
    assert ratio["registered_by"] == "stated"
    assert ratio["range_by_shift"][0] < ratio["ratio"]


def test_masses_doses_and_the_largest_shunt_are_those_of_the_truth(
    record: Record, truth: Record
) -> None:
    found = computed(record)
    assert found["treated"]["tumour_ml"] == pytest.approx(truth["tumour_ml"])
    assert found["treated"]["liver_ml"] == pytest.approx(truth["treated_liver_ml"])
    assert found["treated"]["tumour_outside_ml"] == 0
    dose = record["dose"]
    assert dose["origin"] == "computed"
    assert dose["lung_dose_gy_at_150gy_tumour"] == pytest.approx(
        truth["lung_dose_gy_at_150gy_tumour"], rel=0.03
    )
    limits = {one["name"]: one for one in found["limits"]}
    assert [*limits] == [
        "rescue.lung_dose_15",
        "session.lung_dose_30",
        "resin_label.lung_shunt_0.2",
    ]
    assert [one["decides"] for one in limits.values()] == [True, False, False]
    assert limits["rescue.lung_dose_15"]["largest_lung_shunt"] == pytest.approx(
        truth["largest_lung_shunt_for_15_gy"], rel=0.01
    )


def test_the_order_is_for_the_moment_of_calibration(record: Record) -> None:
    at_150, delivery = computed(record)["at_150_gy"], computed(record)["delivery"]
    assert delivery["hours_from_calibration"] == 22
    assert delivery["residual_fraction"] == 0.02
    prepared = at_150["activity_in_patient_gbq"] / 0.98
    assert at_150["activity_prepared_gbq"] == pytest.approx(prepared)
    assert at_150["activity_at_calibration_gbq"] == pytest.approx(prepared * 2 ** (22 / 64.04))


def test_moments_are_reported_in_the_clinical_profile_alone(folder: Path, record: Record) -> None:
    assert "2026-05-20" not in json.dumps(record)
    clinical = told("dose", folder / "case.toml", "--profile", "clinical")
    assert computed(clinical)["delivery"]["calibrated_at"] == "2026-05-20T12:00:00"
    require_valid(clinical)


def test_a_clean_study_has_no_finding_above_info(record: Record) -> None:
    above = [one["code"] for one in record["findings"] if one["severity"] != "info"]
    assert above == []


def test_plan_judges_by_the_computed_dose(folder: Path, record: Record) -> None:
    plan = told("plan", folder / "case.toml")
    assert plan["dose"] == record["dose"]
    rescue = next(one for one in plan["trials"] if one["name"] == "RESCUE")
    lung = next(one for one in rescue["criteria"] if one["id"] == "E1a")
    assert lung["answer"] == "not_met"
    assert {one["role"] for one in plan["inputs"]} >= {
        "maa_planar", "maa_spect", "lungs", "maa region liver", "maa region background",
    }  # fmt: skip


def test_a_table_shows_three_limits_by_their_names(folder: Path) -> None:
    out = ask("dose", folder / "case.toml").out
    assert "Three separate limits" in out
    for words in ("RESCUE: lung dose", "usual limit per treatment:", "product label (resin): lung"):
        assert words in out
    assert re.search("Three separate limits +limit +value is +largest shunt within limit\n", out)
    assert re.search(r"RESCUE: lung dose.* 15 Gy +below +0\.\d+\n", out)
    assert max(map(len, out.splitlines())) <= 80


@pytest.mark.slow
def test_an_activity_names_its_nuclide() -> None:
    """150 Gy·kg by Ho-166 (15.87 Gy·kg/GBq) take three times the activity of Y-90 (49.67)."""
    assert " GBq of Y-90 in the patient" in ask("dose", HCC, *TYPED).out


@pytest.mark.essential
@pytest.mark.slow
def test_entered_numbers_give_the_dose_by_hand() -> None:
    """0.351304 L of tumour and 0.858 L of liver; 150·(m_T + m_N/3.2)·0.06/0.94."""
    found = require_valid(told("dose", HCC, *TYPED, "--tumour-dose-gy", "200"))
    treated = computed(found)["treated"]
    weighed = 1.03 * (treated["tumour_ml"] + treated["liver_ml"] / 3.2) / 1000
    by_hand = 150 * weighed * 0.06 / 0.94
    assert computed(found)["at_150_gy"]["lung_gy"] == pytest.approx(by_hand)
    assert computed(found)["at_planned_dose"]["lung_gy"] == pytest.approx(by_hand * 4 / 3)


def test_without_a_ratio_the_dose_is_unknown_and_an_upper_bound_is_reported(folder: Path) -> None:
    case = changed(folder, maa_spect="", lungs="", registered="")
    found = require_valid(told("dose", case))
    assert "lung_dose_gy_at_150gy_tumour" not in found["dose"]
    assert computed(found)["most_lung_gy"] > 0
    assert "dose.incomplete" in codes(found)
    out = ask("dose", case).out
    assert "150 Gy: unknown" in out
    assert "at most" in out


def test_a_shunt_entered_next_to_studies_needs_a_word_which_counts(folder: Path) -> None:
    case = changed(folder, method="", lung_shunt="lung_shunt = 0.1")
    assert refused("dose", case)["code"] == "dose.method"
    case = changed(folder, method='method = "given"', lung_shunt="lung_shunt = 0.1")
    found = told("dose", case)
    assert computed(found)["lung_shunt"]["fraction"] == 0.1
    assert codes(found).count("dose.shunts_apart") == 2


def test_a_method_without_its_study_is_how_an_entered_shunt_was_measured(tmp_path: Path) -> None:
    maa.make(tmp_path)
    case = changed(
        tmp_path, maa_planar="", regions="", maa_spect="", lungs="", lung_shunt="lung_shunt = 0.1"
    )
    shunt = computed(told("dose", case))["lung_shunt"]
    assert (shunt["origin"], shunt["method"]) == ("given", "planar")


def test_h17_a_spect_that_nobody_called_registered_is_refused(folder: Path) -> None:
    assert refused("dose", changed(folder, registered=""))["code"] == "function.not_registered"


@pytest.mark.parametrize(
    ("key", "line", "code"),
    [
        ("maa_planar", f'maa_planar = "{BUNDLED}/function/dynamic.dcm"', "scintigram.kind"),
        ("maa_planar", "", "dose.regions"),
        ("regions", "", "dose.regions"),
        ("regions", 'regions = { liver = "region_liver.nii.gz" }', "dose.regions"),
        ("calibration", "calibration = 2026-05-20T12:00:00Z", "dose.moments"),
    ],
    ids=["of function", "no study", "no regions", "no lungs", "one time zone"],
)
def test_a_study_that_gives_no_dose_is_refused(
    key: str, line: str, code: str, folder: Path
) -> None:
    assert refused("dose", changed(folder, **{key: line}))["code"] == code


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (("--lung-shunt", "6"), "--lung-shunt"),
        (("--lung-shunt", "x"), "--lung-shunt"),
        (("--tumour-to-normal", "-1"), "--tumour-to-normal"),
        (("--density", "1030"), "--density"),
        (("--residual-fraction", "nan"), "--residual-fraction"),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, tuple) else "",
)
def test_h09_a_wrong_option_is_refused_by_its_name(options: tuple[str, ...], named: str) -> None:
    assert refused("dose", HCC, *options)["file"] == named


@pytest.mark.slow
def test_a_case_without_a_treated_area_has_no_dose() -> None:
    refusal = refused("dose", BUNDLED / "crlm" / "case.toml", *TYPED)
    assert refusal["code"] == "dose.no_masks"
    assert "no treated area is given" in refusal["reason"]


@pytest.mark.slow
def test_a_case_with_masks_alone_is_asked_for_shunt_and_ratio() -> None:
    """Its treated area and tumour are given: the remedy does not ask for them."""
    refusal = refused("dose", HCC)
    assert (refusal["code"], refusal["file"]) == ("dose.no_inputs", "dose")
    assert "--lung-shunt and --tumour-to-normal" in refusal["remedy"]
    assert told("dose", HCC, *TYPED)["dose"]["computed"]["usable"] is True


@pytest.mark.essential
@pytest.mark.slow
def test_swapped_regions_are_reported_and_no_dose_is_stated(folder: Path) -> None:
    swapped = 'regions = { liver = "region_lungs.nii.gz", lungs = "region_liver.nii.gz" }'
    found = told("dose", changed(folder, regions=swapped))
    assert "y90.regions_swapped" in codes(found)
    assert computed(found)["usable"] is False
    assert "lung_dose_gy_at_150gy_tumour" not in found["dose"]
    assert (
        "do not use this dose: see the findings"
        in ask("dose", changed(folder, regions=swapped)).out
    )


@pytest.mark.slow
def test_h12_a_dose_is_verified_by_the_hashes_of_its_files(folder: Path, tmp_path: Path) -> None:
    maa.make(tmp_path)
    out = tmp_path / "dose.json"
    out.write_bytes(ask("dose", tmp_path / "case.toml", "--json").stdout)
    assert told("verify", out)["holds"] is True
    (tmp_path / "region_lungs.nii.gz").write_bytes(
        (folder / "region_background.nii.gz").read_bytes()
    )
    after = told("verify", out)
    assert after["holds"] is False
    assert [one.get("file") for one in after["changes"]] == ["region_lungs.nii.gz"]
