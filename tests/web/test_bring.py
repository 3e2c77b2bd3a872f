"""Every kind of file that can be dropped, in every role: planned as the command line plans it."""

import gzip
import io
import json
import tomllib
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import numpy as np
import pytest

from fl_planner.web.draft import write_draft
from sample_data import maa
from tests.cases import each_case
from tests.cli.outside import ask
from tests.formats.dicom.dicoms import pack, rtstruct
from tests.intake.reading.test_curves import text_of
from tests.refusals import refuses
from tests.web.served import CRLM, Browser
from tests.web.test_drop import check, plan
from tests.workup.test_plan_dicom import fill

nibabel: Any = import_module("nibabel")  # its calls are untyped
SAMPLES = CRLM.parents[1]
FUNCTION = SAMPLES / "function"
OF_CRLM = {f"{name}.nii.gz": name for name in ("liver", "tumour", "flr", "ct")}


def write(folder: Path, files: Mapping[str, bytes]) -> Mapping[str, bytes]:
    """Write files for the command line too."""
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return files


def drop(browser: Browser, files: Mapping[str, bytes], folder: Path | None = None) -> str:
    case: str = browser.post("/cases").json()["id"]
    browser.post(f"/cases/{case}/files", {}, [*files.items()])
    if folder is not None:
        within = [(one.name, one.read_bytes()) for one in sorted(folder.iterdir())]
        browser.post(f"/cases/{case}/files", {"folder": folder.name}, within)
    return case


def require_same(browser: Browser, case: str, folder: Path) -> Any:
    """Demand of the command line the bytes of the page, of what the page takes away."""
    path = folder / "case.toml"
    path.write_bytes(browser.get(f"/cases/{case}/files/case.toml").body)
    ours = browser.get(f"/cases/{case}/files/plan.json").body
    assert ours == ask("plan", path, "--json").stdout
    return json.loads(ours)


def of_samples(*names: str) -> dict[str, bytes]:
    return {name: (CRLM.parent / name).read_bytes() for name in names}


@pytest.mark.slow
def test_a_dicom_seg_on_its_ct_series(browser: Browser, tmp_path: Path) -> None:
    made = fill(tmp_path)
    own = ("--profile", "clinical", "--quiet")  # of the same patient as the CT
    assert ask("plan", made, "--dicom", tmp_path / "out", *own).status == 0
    segmentation = tmp_path / "segmentation.dcm"
    segmentation.write_bytes((tmp_path / "out" / "segmentation.dcm").read_bytes())
    case = drop(browser, {segmentation.name: segmentation.read_bytes()}, tmp_path / "ct")
    told = check(browser, case)
    proposed = {file: one["role"] for file, one in told["proposed"].items()}
    assert proposed == {"segmentation.dcm": "labelmap", "ct": "ct"}
    held = plan(browser, case, roles=[*proposed.items()], diagnosis="hcc", id="case-001")
    assert (held["state"], held.get("reason")) == ("ready", None)
    record = require_same(browser, case, tmp_path)
    # 8000 and 200 voxels of 5 mm, of which the remnant has 2400
    assert (record["voxels"]["liver"], record["voxels"]["tumour"]) == (8000, 200)
    assert record["voxels"]["flr"] == 2400
    taken = browser.get(f"/cases/{case}/files/dicom.zip")
    out = tmp_path / "again"
    assert ask("plan", tmp_path / "case.toml", "--dicom", out, "--quiet").status == 0
    with ZipFile(io.BytesIO(taken.body)) as archive:
        packed = {name: archive.read(name) for name in archive.namelist()}
    assert packed == {one.name: one.read_bytes() for one in out.iterdir()}


@pytest.mark.essential
@pytest.mark.slow
def test_an_rtstruct_next_to_masks_of_another_format(browser: Browser, tmp_path: Path) -> None:
    fill(tmp_path)
    # 5 mm voxels; the liver's 20 x 20 x 20 lie one voxel within the CT, whose first is at 40, 60
    edge = np.array([40.0 - 5, 60.0 - 5])
    square = edge - 5.0 * np.array([[-0.5, -0.5], [19.5, -0.5], [19.5, 19.5], [-0.5, 19.5]])
    contours = [
        np.column_stack([square, np.full(4, 30.0 + 5 * (1 + layer))]) for layer in range(20)
    ]
    drawn = tmp_path / "drawn.dcm"
    drawn.write_bytes(pack(rtstruct([("Liver", contours)])))
    files = {"drawn.dcm": drawn.read_bytes(), "flr.nii": (tmp_path / "flr.nii").read_bytes()}
    case = drop(browser, files, tmp_path / "ct")
    told = check(browser, case)
    assert {one["file"] for one in told["told"]["files"]} == {"drawn.dcm", "flr.nii", "ct"}
    roles = [("drawn.dcm", "liver"), ("flr.nii", "flr"), ("ct", "ct")]
    held = plan(browser, case, roles=roles, no_tumour=True)
    assert (held["state"], held.get("reason")) == ("ready", None)
    assert require_same(browser, case, tmp_path)["voxels"]["liver"] == 8000


def send(browser: Browser, case: str, roles: list[dict[str, str]], **more: Any) -> dict[str, Any]:
    answers = json.dumps({"roles": roles, **more})
    assert browser.post(f"/cases/{case}/plan", {"answers": answers}).status == 202
    return browser.wait(case)


def less(mask: bytes) -> bytes:
    """Give a mask without its layers below the middle."""
    image = nibabel.Nifti1Image.from_bytes(gzip.decompress(mask))
    voxels = np.asarray(image.dataobj).copy()
    filled = np.flatnonzero(voxels.any(axis=(0, 1)))
    voxels[..., : filled[len(filled) // 8]] = 0
    made: bytes = nibabel.Nifti1Image(voxels, image.affine, image.header).to_bytes()
    return gzip.compress(made)


@pytest.mark.slow
def test_excluded_structures_a_second_reader_and_a_further_plan(
    browser: Browser, tmp_path: Path
) -> None:
    files = of_samples(*OF_CRLM)
    files |= {"flr_r2.nii.gz": less(files["flr.nii.gz"]), "left.nii.gz": files["flr.nii.gz"]}
    files["gallbladder.nii.gz"] = (FUNCTION / "gallbladder.nii.gz").read_bytes()
    files["RHV.nii.gz"] = less(files["flr.nii.gz"])
    case = drop(browser, write(tmp_path, files))
    proposed = check(browser, case)["proposed"]
    bladder = {"role": "exclude", "name": "gallbladder", "why": "from its name"}
    assert proposed["gallbladder.nii.gz"] == bladder
    assert proposed["RHV.nii.gz"]["role"] == "vessel"
    assert proposed["RHV.nii.gz"]["name"] == "right_hepatic_vein"
    roles = [{"file": file, "role": role} for file, role in OF_CRLM.items()]
    roles += [
        {"file": "RHV.nii.gz", "role": "vessel", "name": "RHV"},
        {"file": "flr_r2.nii.gz", "role": "second_flr"},
        {"file": "left.nii.gz", "role": "plan_flr", "name": "once more"},
        {"file": "gallbladder.nii.gz", "role": "exclude", "name": "gallbladder"},
    ]
    held = send(browser, case, roles, plan="as drawn")
    assert (held["state"], held.get("reason")) == ("ready", None)
    record = require_same(browser, case, tmp_path)
    assert record["case"]["plan"]["name"] == "as drawn"
    assert [one["name"] for one in record["case"]["other_plans"]] == ["once more"]
    (excluded,) = record["excluded_structures"]
    assert (excluded["name"], excluded["counted"]) == ("gallbladder", "outside")
    told = tomllib.loads((tmp_path / "case.toml").read_text("utf-8"))
    assert told["second_reader"] == {"flr": "flr_r2.nii.gz"}
    assert told["masks"]["vessels"] == {"RHV": "RHV.nii.gz"}
    assert told["plan"] == [{"name": "as drawn"}, {"name": "once more", "flr": "left.nii.gz"}]


@pytest.mark.essential
@pytest.mark.slow
def test_a_scintigraphy_with_its_regions(browser: Browser, tmp_path: Path) -> None:
    files = of_samples("liver.nii.gz", "tumour.nii.gz", "flr.nii.gz")
    own = ("dynamic.dcm", "region_liver.nii.gz", "region_heart.nii.gz", "spect.nii.gz")
    files |= {name: (FUNCTION / name).read_bytes() for name in own}
    case = drop(browser, write(tmp_path, files))
    told = check(browser, case)
    proposed = {file: one["role"] for file, one in told["proposed"].items()}
    assert {name: proposed[name] for name in own} == {name: name.partition(".")[0] for name in own}
    assert told["nuclear"] == {"dynamic.dcm": ["dynamic", "spect", "maa_planar", "maa_spect"]}
    roles = [{"file": file, "role": proposed[file]} for file in files]
    sizes = {"height_cm": "176", "weight_kg": "74"}
    refused = send(browser, case, roles, **sizes)
    assert refused["state"] == "refused"  # nothing says that the SPECT lies on the CT
    said = {"fasting_hours": "4.5", "validated_locally": "yes", "decay_corrected": ""}
    held = send(browser, case, roles, registered=True, **sizes, **said)
    assert (held["state"], held.get("reason")) == ("ready", None)
    record = require_same(browser, case, tmp_path)
    told = tomllib.loads((tmp_path / "case.toml").read_text("utf-8"))["function"]
    assert (told["fasting_hours"], told["validated_locally"]) == (4.5, True)
    assert "decay_corrected" not in told
    assert record["function"]["measured"]["validated_locally"] == "yes"
    typed = ask("plan", FUNCTION / "function.toml", "--json").record
    ours, theirs = (one["function"]["measured"]["clearance"] for one in (record, typed))
    assert ours == theirs


@pytest.mark.slow
def test_curves_are_read_where_their_decay_is_stated(browser: Browser, tmp_path: Path) -> None:
    files = of_samples("liver.nii.gz", "tumour.nii.gz", "flr.nii.gz")
    files["curves.csv"] = text_of().encode()
    case = drop(browser, write(tmp_path, files))
    roles = [{"file": one, "role": one.partition(".")[0]} for one in files]
    sizes = {"height_cm": "176", "weight_kg": "74"}
    refused = send(browser, case, roles, **sizes)
    assert (refused["state"], refused["code"]) == ("refused", "curves.decay_not_said")
    for said, table in (("yes", True), ("no", False)):
        held = send(browser, case, roles, decay_corrected=said, **sizes)
        assert (held["state"], held.get("reason")) == ("ready", None)
        require_same(browser, case, tmp_path)
        told = tomllib.loads((tmp_path / "case.toml").read_text("utf-8"))["function"]
        assert told == {"curves": "curves.csv", "decay_corrected": table}
    for wrong in ("100", "x"):
        held = send(browser, case, roles, decay_corrected="no", fasting_hours=wrong, **sizes)
        assert (held["state"], bool(held["remedy"])) == ("refused", True), wrong


def test_a_size_of_many_digits_is_written_as_it_was_entered(tmp_path: Path) -> None:
    files = [tmp_path / "liver.nii"]
    chosen = [{"file": "liver.nii", "role": "liver"}]
    answers = json.dumps({"roles": chosen, "height_cm": "1e3000"})
    written = write_draft(answers, tmp_path, files).read_text("utf-8")
    assert "height_cm = 1E+3000\n" in written  # refused on reading, as that of any case file
    with refuses("usage.wrong", "--height-cm"):
        write_draft(answers.replace("1e3000", "1e3000000"), tmp_path, files)
    with refuses("page.answers"):
        write_draft("[" * 60_000, tmp_path, files)


def test_files_of_an_maa_study_are_in_the_table_of_the_dose(tmp_path: Path) -> None:
    files = [tmp_path / name for name in ("liver.nii", "maa.dcm", "lungs.nii", "l.nii")]
    roles = ("liver", "maa_spect", "lungs", "maa_region_liver")
    chosen = [{"file": one.name, "role": role} for one, role in zip(files, roles, strict=True)]
    answers = json.dumps({"roles": chosen, "registered": True})
    told = tomllib.loads(write_draft(answers, tmp_path, files).read_text("utf-8"))
    assert told["dose"] == {
        "maa_spect": "maa.dcm",
        "lungs": "lungs.nii",
        "regions": {"liver": "l.nii"},
        "registered": True,
    }
    assert "function" not in told


@pytest.mark.slow
@each_case(
    "roles, field",
    {
        "excluded without a name": (
            [("liver.nii.gz", "liver"), ("tumour.nii.gz", "exclude")],
            "tumour.nii.gz",
        ),
        "a vessel without a name": (
            [("liver.nii.gz", "liver"), ("tumour.nii.gz", "vessel")],
            "tumour.nii.gz",
        ),
        "two second readers": (
            [("liver.nii.gz", "second_flr"), ("tumour.nii.gz", "second_flr")],
            "second reader's FLR mask",
        ),
        "a height in metres": ([("liver.nii.gz", "liver")], "Height, cm"),
    },
)
def test_what_is_missing_or_wrong_is_refused(
    roles: list[tuple[str, str]], field: str, browser: Browser
) -> None:
    case = drop(browser, of_samples("liver.nii.gz", "tumour.nii.gz"))
    chosen = [{"file": file, "role": role} for file, role in roles]
    held = send(browser, case, chosen, height_cm="1.75", no_tumour=True)
    assert (held["state"], held["file"]) == ("refused", field)
    assert held["remedy"]


@pytest.mark.slow
def test_a_dose_is_computed_from_numbers_entered_on_the_page(
    browser: Browser, tmp_path: Path
) -> None:
    """The same numbers as options give the same dose; 150·(m_T + m_N/3.2)·0.06/0.94 by hand."""
    names = {"liver.nii.gz": "liver", "tumour.nii.gz": "tumour", "treated.nii.gz": "treated"}
    hcc = {name: (SAMPLES / "hcc" / name).read_bytes() for name in names}
    case = drop(browser, write(tmp_path, hcc))
    label = {name: words for name, words, *_ in check(browser, case)["dose"]}
    assert label["lung_shunt"] == "Lung shunt as a fraction (0.06 for 6 %)"
    roles = [{"file": file, "role": role} for file, role in names.items()]
    sizes = {"height_cm": "171", "weight_kg": "78.5", "diagnosis": "hcc"}
    refused = send(browser, case, roles, **sizes, dose={"lung_shunt": "6"})
    assert (refused["state"], refused["file"]) == ("refused", label["lung_shunt"])
    dose = {"lung_shunt": "0.06", "shunt_method": "planar", "tumour_to_normal": "3.2"}
    held = send(browser, case, roles, **sizes, dose=dose)
    assert (held["state"], held.get("reason")) == ("ready", None)
    record = require_same(browser, case, tmp_path)
    computed = record["dose"]["computed"]
    masses = computed["masses"]
    weighed = masses["tumour_kg"] + masses["treated_liver_kg"] / 3.2
    assert computed["at_150_gy"]["lung_gy"] == pytest.approx(150 * weighed * 0.06 / 0.94)
    typed = [f"--{role}={tmp_path / file}" for file, role in names.items()]
    options = ("--lung-shunt=0.06", "--shunt-method=planar", "--tumour-to-normal=3.2")
    theirs = ask("dose", *typed, *options, "--diagnosis=hcc", "--json").record["dose"]
    assert record["dose"] == theirs


@pytest.mark.slow
def test_of_two_maa_studies_one_is_selected_and_lungs_are_weighed_on_their_ct(
    browser: Browser, tmp_path: Path
) -> None:
    """2493 mL of lungs at -700 HU are 0.748 kg; Y-90 decays for 22 h to the administration."""
    maa.make(tmp_path)
    lungs = nibabel.load(tmp_path / "lungs.nii.gz")
    drawn = np.asanyarray(lungs.dataobj) > 0
    ct = np.where(drawn, -700, 40).astype(np.int16)
    nibabel.save(nibabel.Nifti1Image(ct, lungs.affine), tmp_path / "chest.nii.gz")
    named = {
        "liver.nii.gz": "liver", "tumour.nii.gz": "tumour", "treated.nii.gz": "treated",
        "planar.dcm": "maa_planar", "region_liver.nii.gz": "maa_region_liver",
        "region_lungs.nii.gz": "maa_region_lungs", "spect.dcm": "maa_spect",
        "lungs.nii.gz": "lungs", "chest.nii.gz": "lung_ct",
    }  # fmt: skip
    case = drop(browser, {name: (tmp_path / name).read_bytes() for name in named})
    check(browser, case)
    roles = [{"file": file, "role": role} for file, role in named.items()]
    more = {"diagnosis": "hcc", "registered": True}
    refused = send(browser, case, roles, **more)
    assert (refused["state"], refused["file"]) == (
        "refused",
        "Lung shunt used, if there are several",
    )
    dose = {
        "lung_mass_kg": "ct",
        "residual_fraction": "0.02",
        "calibration": "2026-05-20 12:00",
        "administration": "2026-05-21 10:00",
    }
    held = send(browser, case, roles, **more, dose={**dose, "method": "planar"})
    assert (held["state"], held.get("reason")) == ("ready", None)
    found = require_same(browser, case, tmp_path)["dose"]["computed"]
    assert found["lung_shunt"]["method"] == "planar"
    assert [one["method"] for one in found["other_lung_shunts"]] == ["spect_ct"]
    assert found["masses"]["lungs_kg"] == pytest.approx(drawn.sum() * 0.125 * 0.3 / 1000)
    order = found["at_150_gy"]
    by_hand = order["activity_in_patient_gbq"] / 0.98 * 2 ** (22 / 64.04)
    assert order["activity_at_calibration_gbq"] == pytest.approx(by_hand)
    by_spect = send(browser, case, roles, **more, dose={"method": "spect_ct"})
    assert by_spect["state"] == "ready"
    found = require_same(browser, case, tmp_path)["dose"]["computed"]
    assert found["lung_shunt"]["method"] == "spect_ct"
